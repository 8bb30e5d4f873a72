"""Django's registration of the ingest room."""

from django.apps import AppConfig


class IngestConfig(AppConfig):
    """Sources, cameras, reads."""

    name = "ingest"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Camera reads"

    def ready(self) -> None:
        """Put what waits for the vendor on the admin's board; register the mails."""
        from accounts.board import register_board
        from ingest import board_items, letters  # noqa: F401

        register_board(board_items.collect)
