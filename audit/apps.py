"""Django's registration of the audit room."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The room every other room writes its events to."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Audit log"
