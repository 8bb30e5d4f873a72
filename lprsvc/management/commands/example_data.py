"""`example_data`: the example agencies, people, cameras, reads and alerts (never in production)."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lprsvc.example.load import NotAnExample, load_example, match_waiting


class Command(BaseCommand):
    """Make what is missing of the example world; once all is there, do nothing."""

    help = "Load the example agencies, people, cameras, reads with photographs, and alerts."

    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`--match`: the part that needs the worker's rights; called by the command itself."""
        parser.add_argument(
            "--match", action="store_true", help="only match the reads that wait (as the worker)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load it, or say why not."""
        try:
            if options["match"]:
                match_waiting(datetime.now(UTC))
            else:
                load_example(self.stdout.write)
        except NotAnExample as error:
            raise CommandError(error.message) from error
