"""Django's registration of the queries room."""

from importlib import import_module

from django.apps import AppConfig


class QueriesConfig(AppConfig):
    """Queries and their results."""

    name = "queries"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Queries"

    def ready(self) -> None:
        """Register the room's mails."""
        import_module("queries.letters")
