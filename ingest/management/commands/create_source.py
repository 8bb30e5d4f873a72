"""`create_source CODE NAME --kind … --state …`: an operator of cameras."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.actors import system
from ingest.models import SourceKind
from ingest.services.sources import create_source
from lprsvc.lib.errors import DomainError
from lprsvc.lib.jurisdictions import UnknownState, state_id


class Command(BaseCommand):
    """For installations set up from a shell; the admin does the same."""

    help = "Makes a source of reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See `--help`."""
        parser.add_argument("code")
        parser.add_argument("name", help="what a hit shows, as “Delaware toll road camera”")
        parser.add_argument("--kind", required=True, choices=SourceKind.values)
        parser.add_argument("--state", required=True, help="as PA or US-PA")
        parser.add_argument("--reason", default="Made from the command line.")

    def handle(self, **options: Any) -> None:
        """Make it, or say why not."""
        try:
            source = create_source(
                actor=system("create_source"),
                code=options["code"],
                name=options["name"],
                kind=options["kind"],
                state=state_id(options["state"]),
                reason=options["reason"],
                now=timezone.now(),
            )
        except (DomainError, UnknownState) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Source {source.code} made.")
