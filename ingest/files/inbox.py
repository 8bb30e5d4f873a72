"""A folder into which files of reads are put, and what becomes of each: the file system's part.

    PATH/…           what was put here; left alone while it still changes
    PATH/working/…   picked up, by one rename; found here after a crash, and taken up again
    PATH/done/DAY/…  stored, with its receipts and the pictures it named
    PATH/failed/DAY/…  what could not be read, with the reason

Everything stays in a folder of its own inside these, so no name ever meets another. Links are never
followed: a link that is put here is set aside as it is.
"""

import fcntl
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.bodies import Malformed
from ingest.files import messages, reads
from ingest.files.folders import Folder

WORKING, DONE, FAILED = "working", "done", "failed"
_OWN = frozenset({WORKING, DONE, FAILED})
# What programs call a file that they still write.
_UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".crdownload", ".swp", "~")
# Message files that are picked up at once: SharpV cameras write one for each plate.
_TOGETHER = 200
_RECEIPTS, _REASON = "receipts.json", "reason.txt"
_SAFE = re.compile(r"[^A-Za-z0-9._-]+")

Look = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class PickedUp:
    """Something in the working folder: `folder` is its own, `path` what to open in it."""

    folder: Path
    path: Path

    @property
    def name(self) -> str:
        """Its name for people, whatever bytes it is made of."""
        return shown(self.path.name if self.path != self.folder else self.folder.name)


@dataclass(slots=True)
class Inbox:
    """The watched folder. `settle`: seconds without a change after which a file is whole."""

    root: Path
    settle: float
    _looks: dict[str, tuple[Look, float]] = field(default_factory=dict)

    def prepare(self) -> None:
        """Make the folders. Raises Malformed when it can't be done."""
        try:
            if not self.root.is_dir():
                raise Malformed(f"{self.root} is no folder.")
            for name in _OWN:
                (self.root / name).mkdir(exist_ok=True)
        except OSError as error:
            raise Malformed(f"{self.root} can't be used: {error}") from None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder for oneself, until the process ends. Raises Malformed."""
        lock = os.open(self.root / WORKING / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise Malformed(f"{self.root} is watched by another process already.") from None
        finally:
            os.close(lock)

    def left_over(self) -> list[PickedUp]:
        """What was being worked on when the last watcher ended."""
        found = []
        for folder in sorted((self.root / WORKING).iterdir()):
            if folder.is_dir() and not folder.is_symlink():
                if not any(folder.iterdir()):
                    folder.rmdir()
                    continue
                found.append(PickedUp(folder, _what_to_open(folder)))
        return found

    def pick_up(self, *, clock: float) -> list[PickedUp]:
        """Take what is whole out of the folder; `clock` is in seconds and never goes back."""
        names = self._whole(clock)
        together = [name for name in names if _is_message(self.root / name)]
        batches = [
            together[start : start + _TOGETHER] for start in range(0, len(together), _TOGETHER)
        ]
        batches += [[name] for name in names if name not in set(together)]
        return list(filter(None, map(self._take, batches)))

    def unsettled(self) -> list[str]:
        """What is there to be picked up, and has changed too lately."""
        return [shown(name) for name in self._candidates()]

    def done(self, unit: PickedUp, receipts: Sequence[Mapping[str, Any]], at: datetime) -> Path:
        """Put away what is stored, with its receipts; returns where it is now."""
        text = json.dumps(list(receipts), indent=1, default=str)
        (unit.folder / _RECEIPTS).write_text(text + "\n", "utf-8")
        return self._put_away(unit, DONE, at)

    def failed(self, unit: PickedUp, reason: str, at: datetime) -> Path:
        """Set aside what could not be read, with the reason; returns where it is now."""
        (unit.folder / _REASON).write_text(reason + "\n", "utf-8", errors="replace")
        return self._put_away(unit, FAILED, at)

    def split(self, unit: PickedUp, name: str) -> PickedUp:
        """Take one file out of several that were picked up together."""
        folder = self._new_folder(name)
        (unit.path / name).rename(folder / name)
        return PickedUp(folder, folder / name)

    def gather(self, unit: PickedUp, used: Mapping[str, Folder]) -> None:
        """Put the pictures that it named, and that lay in the watched folder, beside it."""
        for name, folder in used.items():
            if folder.path == self.root and not folder.is_archive:
                self._move_picture(unit, name)

    def _move_picture(self, unit: PickedUp, name: str) -> None:
        picture = self.root / name
        inside = picture.resolve().relative_to(self.root.resolve())
        if inside.parts[0] in _OWN or not picture.exists():
            return
        target = unit.folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        (self.root / inside).rename(target)
        for parent in list(inside.parents)[:-1]:
            try:
                (self.root / parent).rmdir()
            except OSError:
                return  # it holds other pictures

    def _put_away(self, unit: PickedUp, where: str, at: datetime) -> Path:
        day = self.root / where / f"{at:%Y-%m-%d}"
        day.mkdir(parents=True, exist_ok=True)
        return unit.folder.rename(day / unit.folder.name)

    def _take(self, names: Sequence[str]) -> PickedUp | None:
        """Into the working folder; None when it is gone, as when its sender took it back."""
        folder = self._new_folder(names[0])
        for name in names:
            try:
                (self.root / name).rename(folder / name)
            except FileNotFoundError:
                continue
            self._looks.pop(name, None)
        if not any(folder.iterdir()):
            folder.rmdir()
            return None
        return PickedUp(folder, _what_to_open(folder))

    def _new_folder(self, name: str) -> Path:
        folder = (
            self.root / WORKING / f"{_SAFE.sub('_', name)[:60].strip('.')}-{secrets.token_hex(4)}"
        )
        folder.mkdir()
        return folder

    def _whole(self, clock: float) -> list[str]:
        """What has not changed between two looks at least `settle` seconds apart."""
        candidates = self._candidates()
        self._looks = {name: look for name, look in self._looks.items() if name in set(candidates)}
        whole = []
        for name in candidates:
            look = _look_at(self.root / name)
            before, since = self._looks.get(name, (None, clock))
            if look is None or look != before:
                if look is not None:
                    self._looks[name] = (look, clock)
                continue
            if clock - since >= self.settle:
                whole.append(name)
        return whole

    def _candidates(self) -> list[str]:
        return [name for name in self._names() if _may_be_reads(self.root / name)]

    def _names(self) -> list[str]:
        return sorted(
            name
            for name in (path.name for path in self.root.iterdir())
            if name not in _OWN
            and not name.startswith(".")
            and not name.lower().endswith(_UNFINISHED)
        )


def shown(name: str) -> str:
    """A file's name as it may be printed and recorded, whatever bytes it is made of."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)[:200]


def _may_be_reads(path: Path) -> bool:
    """Also a link, which is picked up to be set aside."""
    if path.is_symlink():
        return True
    if path.is_dir():
        return _holds_reads(path)
    suffixes = (*reads.SUFFIXES, *messages.SUFFIXES, ".zip")
    return path.is_file() and path.name.lower().endswith(suffixes)


def _holds_reads(folder: Path) -> bool:
    """Not a folder of pictures alone, which belongs to a file beside it."""
    suffixes = (*reads.SUFFIXES, *messages.SUFFIXES)
    try:
        return any(path.name.lower().endswith(suffixes) for path in folder.iterdir())
    except OSError:
        return False


def _is_message(path: Path) -> bool:
    return (
        not path.is_symlink() and path.is_file() and path.name.lower().endswith(messages.SUFFIXES)
    )


def _what_to_open(folder: Path) -> Path:
    """Of a working folder: the one thing in it, or the folder where there are several."""
    entries = [entry for entry in folder.iterdir() if entry.name not in {_RECEIPTS, _REASON}]
    files = [entry for entry in entries if _may_be_reads(entry)]
    if len(files) == 1:
        return files[0]
    return folder if files or len(entries) != 1 else entries[0]


def _look_at(path: Path) -> Look | None:
    """Count, bytes and last change of a file or of all in a folder; None where it is gone."""
    try:
        if path.is_symlink() or not path.is_dir():
            stats = [path.lstat()]
        else:
            stats = [
                os.lstat(os.path.join(parent, name))  # noqa: PTH118 - names of any bytes
                for parent, _, names in os.walk(path)
                for name in names
            ]
    except OSError:
        return None
    size = sum(stat.st_size for stat in stats)
    return len(stats), size, max((stat.st_mtime_ns for stat in stats), default=0)
