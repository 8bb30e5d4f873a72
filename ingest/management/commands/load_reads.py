"""`load_reads PATH --source CODE`: loads a file of reads with its photographs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.actors import system
from ingest import selectors
from ingest.files.messages import MessageFiles
from ingest.files.opening import NAMES, AnyFile, open_reads
from ingest.management.progress import progress_bar, summary
from ingest.services.loading import Load
from lprsvc.lib.errors import DomainError


class Command(BaseCommand):
    """Safe to run again: what is stored already is counted as duplicate."""

    help = (
        "Loads reads from an NDJSON or CSV file, from vendors' message files, or from a folder or"
        " zip that holds them, with the photographs beside it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See `--help`."""
        parser.add_argument("path", type=Path)
        parser.add_argument("--source", required=True, help="code of the source they come from")
        parser.add_argument("--photographs", type=Path, help="a folder or zip, if not beside PATH")
        parser.add_argument(
            "--format",
            choices=NAMES,
            default="",
            help="whose reads they are; without it our own, Plate Recognizer Stream's CSV by its"
            " columns, and Genetec's XML",
        )
        parser.add_argument(
            "--create-cameras",
            action="store_true",
            help="make unknown cameras, fixed at the place of their first read",
        )
        parser.add_argument("--jobs", type=int, choices=range(1, 17), default=2, metavar="N")

    def handle(self, **options: Any) -> None:
        """Load, print the outcome; a fault ends it with exit status 1 and where it is."""
        source = selectors.find_source(options["source"])
        if source is None:
            raise CommandError(f"There is no source {options['source']}; see create_source.")
        load = Load(
            actor=system("load_reads"),
            source=source,
            clock=timezone.now,
            jobs=options["jobs"],
            create_cameras=options["create_cameras"],
        )
        path: Path = options["path"]
        photographs = [options["photographs"]] if options["photographs"] else []
        try:
            with open_reads(path, photographs, format=options["format"]) as file:
                with progress_bar(load, file):
                    load.run(file, name=path.name)
                _check_whole(file)
        except DomainError as error:
            raise CommandError(f"{error.message} {summary(load.loaded)}") from error
        except _Broken as error:
            raise CommandError(f"{error} {summary(load.loaded)}") from error
        self.stdout.write(summary(load.loaded))


class _Broken(Exception):
    """Some of the files could not be read; the others are loaded."""


def _check_whole(file: AnyFile) -> None:
    if isinstance(file, MessageFiles) and file.broken:
        raise _Broken(" ".join(f"{name}: {reason}" for name, reason in file.broken.items()))
