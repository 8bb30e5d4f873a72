"""`create_feed_key SOURCE LABEL`: a credential for a camera operator's software."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.actors import system
from ingest import selectors
from ingest.services.sources import create_feed_key
from lprsvc.lib.errors import DomainError


class Command(BaseCommand):
    """Prints the secret alone on a line, so that a script can take it."""

    help = "Makes a feed key and prints its secret, which is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See `--help`."""
        parser.add_argument("source", help="code of the source it delivers for")
        parser.add_argument("label", help="whose software will hold it")
        parser.add_argument("--reason", default="Made from the command line.")

    def handle(self, **options: Any) -> None:
        """Make it, or say why not."""
        source = selectors.find_source(options["source"])
        if source is None:
            raise CommandError(f"There is no source {options['source']}.")
        try:
            issued = create_feed_key(
                actor=system("create_feed_key"),
                source=source,
                label=options["label"],
                reason=options["reason"],
                now=timezone.now(),
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(issued.secret)
