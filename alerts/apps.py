"""Django's registration of the alerts room."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Alert lists and their matches."""

    name = "alerts"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Alerts"

    def ready(self) -> None:
        """Listen for stored reads; register the room's mails."""
        from alerts import letters, receivers  # noqa: F401
