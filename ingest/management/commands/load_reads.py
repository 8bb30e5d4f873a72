"""`load_reads PATH --source CODE`: loads a file of reads with its photographs."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from audit.actors import system
from ingest import selectors
from ingest.folders import ReadsFile
from ingest.services.loading import Load, Loaded
from lprsvc.lib.errors import DomainError


class Command(BaseCommand):
    """Safe to run again: what is stored already is counted as duplicate."""

    help = (
        "Loads reads from an NDJSON or CSV file, a folder or a zip that holds one,"
        " with the photographs beside it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See `--help`."""
        parser.add_argument("path", type=Path)
        parser.add_argument("--source", required=True, help="code of the source they come from")
        parser.add_argument("--photographs", type=Path, help="a folder or zip, if not beside PATH")
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
        try:
            with ReadsFile(path, options["photographs"]) as file, _progress(load, file):
                load.run(file, name=path.name)
        except DomainError as error:
            raise CommandError(f"{error.message} {_summary(load.loaded)}") from error
        self.stdout.write(_summary(load.loaded))


def _summary(loaded: Loaded) -> str:
    return (
        f"{loaded.stored} stored, {loaded.duplicate} duplicate, {loaded.quarantined} quarantined"
        f" ({loaded.reads} reads in {loaded.deliveries} deliveries)."
    )


def _progress(load: Load, file: ReadsFile) -> Progress:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    task = bar.add_task("0 reads", total=file.size)

    def show(loaded: Loaded) -> None:
        bar.update(task, completed=file.position(), description=f"{loaded.reads} reads")

    load.progress = show
    return bar
