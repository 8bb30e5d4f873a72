"""Photographs in storage, under the SHA-256 of their bytes: written before the row that names
them is committed, so no row ever names a file that is not there (ING-4).

A crash in between leaves a file that no row names, which is harmless: its name is its content.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

from lprsvc.lib.errors import DomainError

Item = TypeVar("Item")

_PHOTOGRAPH = re.compile(r"[0-9a-f]{64}", re.ASCII)
# As `_write` names what it has not finished.
_LEFTOVER = re.compile(r"\.[0-9a-f]{64}\.[0-9a-f]{32}", re.ASCII)

# Flushing to disk is waiting: several at once take hardly longer than one.
_THREADS = 8


class StorageUnavailable(DomainError):
    """Photographs can't be written or read now; nothing was acknowledged."""

    def __init__(self) -> None:
        super().__init__(
            "storage_unavailable",
            "Photographs cannot be stored or read right now. Nothing was kept; send it again.",
            status=503,
        )


class PhotographGone(StorageUnavailable):
    """The storage answers, and does not have this photograph."""


# Told by what it can do: who has no object store needs none of what asks one.
@runtime_checkable
class _Durable(Protocol):
    """Storage that has stored files when it says so."""

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Store the files that are not there yet."""


@runtime_checkable
class _Listing(Protocol):
    """Storage that lists many files, with their last change, by few questions."""

    def list_below(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """Name and last change of each file below a folder."""


class DurableFileSystemStorage(FileSystemStorage):
    """Files that are on disk, name and content, when `put_all` returns."""

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Write the files that are not there yet, then flush them and their directories."""
        paths = {Path(self.path(name)): data for name, data in files.items()}
        fresh_directories = _make_directories({path.parent for path in paths})
        _each(_write, [item for item in paths.items() if not item[0].exists()])
        # Of those already there too: who wrote them may not have come that far yet.
        _each(_flush_directory, {path.parent for path in paths} | fresh_directories)


def photograph_name(sha256: bytes) -> str:
    """Where the photograph lies: spread over 65,536 directories by its hash."""
    name = sha256.hex()
    return f"{name[:2]}/{name[2:4]}/{name}"


def put_photographs(photographs: Mapping[bytes, bytes]) -> None:
    """Store photographs (SHA-256 → content) durably. Raises StorageUnavailable."""
    storage = storages["default"]
    files = {photograph_name(sha256): data for sha256, data in photographs.items()}
    try:
        if isinstance(storage, _Durable):
            storage.put_all(files)
        else:
            _put_by_api(storage, files)
    except OSError as error:
        raise StorageUnavailable from error


def read_photograph(sha256: bytes) -> bytes:
    """The content of a stored photograph. Raises PhotographGone, StorageUnavailable."""
    try:
        with storages["default"].open(photograph_name(sha256)) as file:
            data: bytes = file.read()
    except FileNotFoundError as error:
        raise PhotographGone from error
    except OSError as error:
        raise StorageUnavailable from error
    return data


def remove_photographs(hashes: Collection[bytes]) -> None:
    """Remove photographs; one that is not there is none to remove. Raises StorageUnavailable."""
    storage = storages["default"]
    try:
        for sha256 in hashes:
            storage.delete(photograph_name(sha256))
    except OSError as error:
        raise StorageUnavailable from error


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the storage; `sha256` is None for what a crash left half written."""

    name: str
    sha256: bytes | None
    changed_at: datetime


def list_files(folder: str) -> Iterator[StoredFile]:
    """The photographs, and what is left of them, whose hash begins with these two digits.

    Files of other names are nobody's business here. Raises StorageUnavailable.
    """
    storage = storages["default"]
    below = storage.list_below if isinstance(storage, _Listing) else _below
    try:
        for path, changed_at in below(folder):
            name = path.rpartition("/")[2]
            if _PHOTOGRAPH.fullmatch(name):
                yield StoredFile(path, bytes.fromhex(name), changed_at)
            elif _LEFTOVER.fullmatch(name):
                yield StoredFile(path, None, changed_at)
    except FileNotFoundError:
        return  # removed since it was listed: the rest is for the next time
    except OSError as error:
        raise StorageUnavailable from error


def discard_leftover(file: StoredFile) -> None:
    """Remove what a crash left half written. Raises StorageUnavailable."""
    try:
        storages["default"].delete(file.name)
    except OSError as error:
        raise StorageUnavailable from error


def _below(folder: str) -> Iterator[tuple[str, datetime]]:
    storage = storages["default"]
    for inner in _listed(storage, folder)[0]:
        for name in _listed(storage, f"{folder}/{inner}")[1]:
            path = f"{folder}/{inner}/{name}"
            yield path, storage.get_modified_time(path)


def _listed(storage: Storage, folder: str) -> tuple[list[str], list[str]]:
    try:
        return storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def _put_by_api(storage: Storage, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        if not storage.exists(name):
            storage.save(name, ContentFile(data))


def _make_directories(directories: set[Path]) -> set[Path]:
    """Make what is missing; returns the directories that have a new entry to flush."""
    changed: set[Path] = set()
    for directory in directories:
        missing = [path for path in (directory, *directory.parents) if not path.exists()]
        directory.mkdir(parents=True, exist_ok=True)
        changed |= {path.parent for path in missing}
    return changed


def _write(item: tuple[Path, bytes]) -> None:
    path, data = item
    # Under another name first: whoever finds the file finds all of it.
    partial = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _each(work: Callable[[Item], None], items: Collection[Item]) -> None:
    """Do the work on each item, at once where there are several; the first error is raised."""
    if len(items) == 1:
        work(next(iter(items)))
    else:
        # list(): an error in a thread is raised here.
        list(_pool(os.getpid()).map(work, items))


@cache
def _pool(_process: int) -> ThreadPoolExecutor:
    """The threads of this process: after a fork those of the parent are not there."""
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="photographs")
