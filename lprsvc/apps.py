"""Django's registration of the frame, listed last so that it acts after every room, and admin."""

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.db.models.signals import post_migrate


class FrameConfig(AppConfig):
    """Applies the database grants after migrations and registers the system checks."""

    name = "lprsvc"
    verbose_name = "LPR service"

    def ready(self) -> None:
        """Connect what has to wait for every room to be loaded."""
        # The Celery application, so that tasks sent from any process use our broker.
        from lprsvc import celery, checks  # noqa: F401
        from lprsvc.database.grants import apply_grants_after_migrate

        # The signal is sent for each app with models, in order; the grants need all their tables.
        last = [config for config in apps.get_app_configs() if config.models_module][-1]
        post_migrate.connect(apply_grants_after_migrate, sender=last)


class AdminConfig(DjangoAdminConfig):
    """Makes `GovernanceSite` the site that ``@admin.register`` registers with."""

    default_site = "lprsvc.admin_site.GovernanceSite"
