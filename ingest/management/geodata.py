"""What the commands that load streets and addresses have in common."""

import re
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from audit.actors import system
from ingest.geodata.files import GeoFiles
from ingest.models import GeoDataset, GeoKind
from ingest.services.geodata import Description, GeoLoad
from lprsvc.lib.errors import DomainError


class GeoCommand(BaseCommand):
    """Safe to run again: the very same files change nothing. What is in use stays so until all of
    the new data is in; a load that is killed changes nothing either."""

    kind: GeoKind
    # The command's own name, for the log.
    job: str
    # Of all rows, at most so many per cent may be of no use.
    most_skipped = 100

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See `--help`."""
        parser.add_argument("path", type=Path, nargs="+", help="files, or folders that hold them")
        parser.add_argument(
            "--name",
            help="what the data set is called: it takes the place of the one in use with this name",
        )
        parser.add_argument(
            "--data-version", help="shown with each address, as 2026 or 2026-03; else guessed"
        )
        parser.add_argument(
            "--most-skipped",
            type=int,
            choices=range(101),
            default=self.most_skipped,
            metavar="PERCENT",
            help="refuse files of which more can't be used (default: %(default)s)",
        )

    def files(self, options: dict[str, Any]) -> GeoFiles:
        """The files to read. Raises Malformed."""
        raise NotImplementedError

    def default_name(self, files: GeoFiles) -> str:
        """The data set's name when none is given."""
        return _slug(files.paths[0].name.split(".", 1)[0])

    def handle(self, **options: Any) -> None:
        """Load, print the outcome; a fault ends it with exit status 1 and where it is."""
        try:
            files = self.files(options)
            what = self._description(files, options)
            load = GeoLoad(
                actor=system(self.job),
                what=what,
                clock=timezone.now,
                skipped=files.skipped.counts,
                most_skipped=options["most_skipped"] / 100,
            )
            with _progress(load, files):
                loaded = load.run(files.rows())
        except DomainError as error:
            raise CommandError(error.message) from error
        self._tell(loaded.dataset, files, is_fresh=loaded.is_fresh)

    def _description(self, files: GeoFiles, options: dict[str, Any]) -> Description:
        return Description(
            kind=self.kind,
            name=options["name"] or self.default_name(files),
            version=options["data_version"] or files.version(),
            format=files.format,
            file=files.title(),
            content_sha256=files.fingerprint(),
        )

    def _tell(self, dataset: GeoDataset, files: GeoFiles, *, is_fresh: bool) -> None:
        if not is_fresh:
            self.stdout.write(f"{dataset} is in use already; nothing was changed.")
            return
        counts = {
            "address": dataset.addresses,
            "street segment": dataset.segments,
            "intersection": dataset.intersections,
        }
        held = ", ".join(_counted(count, noun) for noun, count in counts.items() if count)
        self.stdout.write(f"{dataset} is in use: {held}.")
        for reason, count in files.skipped.counts.most_common():
            self.stdout.write(f"  left out, because {reason}: {count:,}")
        for example in files.skipped.examples:
            self.stdout.write(f"    {example}")
        self.stdout.write("Places known before are looked up anew in the background.")


def _counted(count: int, noun: str) -> str:
    plural = "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{plural if count != 1 else ''}"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]


def _progress(load: GeoLoad, files: GeoFiles) -> Progress:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    task = bar.add_task("reading", total=None)

    def show(step: str, rows: int) -> None:
        is_reading = step == "reading"
        # Sorting and indexing happen in the database, which does not say how far it is.
        total = files.total or None if is_reading else None
        bar.update(
            task,
            total=total,
            completed=files.position if is_reading else 0,
            description=f"{step}, {rows:,} rows",
        )

    load.progress = show
    return bar
