"""Watching a folder: each file that is put there is loaded once, whatever dies in between (ING-2).

A file's own fault sets it aside with the reason. What is not its fault (a paused source, a
database or disk that is away) leaves it where it is, and it is tried again.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, close_old_connections, connection

from audit.actors import Actor
from ingest.bodies import Malformed
from ingest.files.inbox import Inbox, PickedUp
from ingest.files.messages import MessageFiles
from ingest.files.opening import AnyFile, open_reads
from ingest.models import Source
from ingest.schemas import Delivered, Receipt
from ingest.services.loading import Load, Loaded, Stopped
from lprsvc.lib.errors import DomainError, PolicyDenied

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Watched:
    """What became of the files so far."""

    done: int = 0
    failed: int = 0
    put_off: int = 0


class PutOff(Exception):
    """Not the file's fault: it is to be tried again later."""


@dataclass(slots=True)
class Watch:
    """One watcher: of whose folder, and how. `say` is told what became of each file.

    `progress` is told how far a file is; `stopping` is asked before each read.
    """

    actor: Actor
    source: Source
    inbox: Inbox
    clock: Callable[[], datetime]
    say: Callable[[str], None]
    format: str = ""
    jobs: int = 1
    create_cameras: bool = False
    progress: Callable[[Loaded], None] = lambda _: None
    stopping: Callable[[], bool] = lambda: False
    watched: Watched = field(default_factory=Watched)

    def take_up(self) -> None:
        """Load what another watcher left behind. Raises Stopped."""
        for unit in self.inbox.left_over():
            self.say(f"{unit.name}: taken up again")
            self._load(unit)

    def look(self, *, seconds: float) -> int:
        """Load what is whole by now; returns how many files were taken. Raises Stopped.

        `seconds` is a clock that never goes back.
        """
        if not connection.in_atomic_block:
            # Else one that was lost while nothing came would be found out by the next file.
            close_old_connections()
        if self.watched.put_off:
            self.watched.put_off = 0
            for unit in self.inbox.left_over():
                self._load(unit)
        units = self.inbox.pick_up(clock=seconds)
        for unit in units:
            self._load(unit)
        return len(units)

    def _load(self, unit: PickedUp) -> None:
        try:
            self._load_or_set_aside(unit)
        except (PutOff, OSError) as error:
            self.watched.put_off += 1
            self.say(f"{unit.name}: put off: {error}")

    def _load_or_set_aside(self, unit: PickedUp) -> None:
        try:
            self._load_whole(unit)
        except (PutOff, OSError, Stopped):
            raise
        except DomainError as error:
            self._set_aside(unit, error.message)
        except Exception as error:
            # A fault of ours: the next file must not wait for its mending.
            logger.exception("watch_folder: %s", unit.name)
            self._set_aside(unit, f"It could not be loaded: {type(error).__name__}.")

    def _load_whole(self, unit: PickedUp) -> None:
        if unit.path.is_symlink():
            raise Malformed("It is a link, and links are not followed.")
        load = Load(
            actor=self.actor,
            source=self.source,
            clock=self.clock,
            jobs=self.jobs,
            create_cameras=self.create_cameras,
            progress=self.progress,
        )
        # Pictures lie in its own folder, else in the watched one: some may have been moved beside
        # it before a crash.
        is_folder = unit.path.is_dir() and unit.path != unit.folder
        has_its_own = is_folder or unit.path.suffix.lower() == ".zip"
        places = [] if has_its_own else [unit.folder, self.inbox.root]
        with open_reads(unit.path, places, format=self.format) as file:
            self._run(load, file, unit)
            self._set_broken_aside(file, unit)
            self.inbox.gather(unit, file.pictures.used)
        self._put_away(unit, load)

    def _set_broken_aside(self, file: AnyFile, unit: PickedUp) -> None:
        """Each broken file of many; a lone one, or an archive with one in it, as a whole."""
        if not isinstance(file, MessageFiles) or not file.broken:
            return
        if not unit.path.is_dir() or len(file.broken) == len(file.names):
            raise Malformed(" ".join(f"{name}: {why}" for name, why in file.broken.items()))
        for name, reason in file.broken.items():
            self._set_aside(self.inbox.split(unit, name), reason)

    def _run(self, load: Load, file: AnyFile, unit: PickedUp) -> None:
        try:
            load.run(_Stoppable(file, self.stopping), name=unit.name)
        except DatabaseError as error:
            raise PutOff("the database does not answer") from error
        except DomainError as error:
            if error.status >= 500 or isinstance(error, PolicyDenied):
                raise PutOff(error.message) from error
            raise DomainError(error.code, f"{error.message} {_so_far(load.loaded)}") from error

    def _put_away(self, unit: PickedUp, load: Load) -> None:
        now = self.clock()
        where = self.inbox.done(unit, [_kept(receipt) for receipt in load.receipts], now)
        self.watched.done += 1
        self.say(f"{unit.name}: {_counts(load.loaded)} → {where.relative_to(self.inbox.root)}")

    def _set_aside(self, unit: PickedUp, reason: str) -> None:
        where = self.inbox.failed(unit, reason, self.clock())
        self.watched.failed += 1
        self.say(f"{unit.name}: failed: {reason} → {where.relative_to(self.inbox.root)}")


@dataclass(frozen=True, slots=True)
class _Stoppable:
    """A file whose reading ends by Stopped when that is wished: what was stored is a duplicate
    when the file is taken up again."""

    file: AnyFile
    stopping: Callable[[], bool]

    @property
    def format(self) -> str:
        return self.file.format

    def reads(self) -> Iterator[Delivered]:
        for read in self.file.reads():
            if self.stopping():
                raise Stopped
            yield read


def _counts(loaded: Loaded) -> str:
    refused = f", {loaded.refused} refused" if loaded.refused else ""
    return (
        f"{loaded.stored} stored, {loaded.duplicate} duplicate,"
        f" {loaded.quarantined} quarantined{refused}"
    )


def _so_far(loaded: Loaded) -> str:
    return f"Before that: {_counts(loaded)}." if loaded.reads else "Nothing of it was stored."


def _kept(receipt: Receipt) -> Mapping[str, Any]:
    return {
        "receipt": receipt.receipt,
        "stored": receipt.stored,
        "duplicate": receipt.duplicate,
        "quarantined": receipt.quarantined,
        "refused": receipt.refused,
    }
