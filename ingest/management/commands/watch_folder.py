"""`watch_folder PATH --source CODE`: loads each file of reads that is put into a folder."""

import signal
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.actors import system
from ingest import selectors
from ingest.files.inbox import Inbox
from ingest.files.opening import NAMES
from ingest.management.progress import summary
from ingest.services.loading import Loaded, Stopped
from ingest.services.watching import Watch
from lprsvc.lib.errors import DomainError


class Command(BaseCommand):
    """Ends cleanly at SIGINT and SIGTERM: what was being loaded is taken up again next time."""

    help = (
        "Watches a folder: NDJSON, CSV, zips, folders of these, Plate Recognizer Stream's CSV and"
        " vendors' message files are loaded with their photographs, then moved to done/ or failed/."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See `--help`."""
        parser.add_argument("path", type=Path)
        parser.add_argument("--source", required=True, help="code of the source they come from")
        parser.add_argument("--format", choices=NAMES, default="", help="as of load_reads")
        parser.add_argument("--once", action="store_true", help="end when what is there is loaded")
        parser.add_argument(
            "--settle",
            type=float,
            default=5.0,
            metavar="SECONDS",
            help="how long a file must not have changed before it is taken (5)",
        )
        parser.add_argument(
            "--interval", type=float, default=2.0, metavar="SECONDS", help="between looks (2)"
        )
        parser.add_argument(
            "--create-cameras",
            action="store_true",
            help="make unknown cameras, fixed at the place of their first read",
        )
        parser.add_argument("--jobs", type=int, choices=range(1, 17), default=2, metavar="N")

    def handle(self, **options: Any) -> None:
        """Watch until told to stop; with `--once`, fail when a file did."""
        source = selectors.find_source(options["source"])
        if source is None:
            raise CommandError(f"There is no source {options['source']}; see create_source.")
        inbox = Inbox(options["path"], settle=max(0.0, options["settle"]))
        stop = threading.Event()
        watch = Watch(
            actor=system("watch_folder"),
            source=source,
            inbox=inbox,
            clock=timezone.now,
            say=self._say,
            format=options["format"],
            jobs=options["jobs"],
            create_cameras=options["create_cameras"],
            progress=_show,
            stopping=stop.is_set,
        )
        try:
            inbox.prepare()
            with inbox.alone(), _stopped_by_signals(stop):
                self._say(f"watching {inbox.root} for {source.code}")
                self._watch(watch, stop, options)
        except DomainError as error:
            raise CommandError(error.message) from error
        totals = watch.watched
        self._say(f"{totals.done} done, {totals.failed} failed, {totals.put_off} put off")
        if options["once"] and (totals.failed or totals.put_off):
            raise CommandError("Not everything was loaded; see above.")

    def _watch(self, watch: Watch, stop: threading.Event, options: dict[str, Any]) -> None:
        settle, interval = watch.inbox.settle, max(0.05, options["interval"])
        patience = time.monotonic() + 2 * settle + 1
        try:
            watch.take_up()
            while not stop.is_set():
                if watch.look(seconds=time.monotonic()):
                    patience = time.monotonic() + 2 * settle + 1
                if options["once"]:
                    waiting = watch.inbox.unsettled()
                    if not waiting or time.monotonic() > patience:
                        self._say_left(waiting)
                        break
                stop.wait(min(interval, settle) if options["once"] else interval)
        except Stopped:
            self._say("stopped; what was being loaded is taken up again next time")

    def _say_left(self, names: list[str]) -> None:
        for name in names:
            self._say(f"{name}: left: it still changes")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _show(loaded: Loaded) -> None:
    """Tell a terminal how far a file is."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{summary(loaded)} ")


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """The first signal ends the watch between two deliveries, a second one at once."""
    ended_by = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in ended_by}

    def note(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in ended_by:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
