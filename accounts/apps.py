"""Django's registration of the accounts room."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Agencies, users, roles, rules of behavior."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Connect what allauth and Django tell by signal alone; register the mails."""
        from accounts import board, board_items, letters, receivers, selectors
        from audit.scopes import register_reader_finder

        receivers.connect()
        letters.register_all()
        register_reader_finder(selectors.find_log_reader)
        board.register_board(board_items.collect)
