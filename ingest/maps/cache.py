"""Tiles kept on this machine, so that each is asked for once; also that there is none.

A file a tile: ``<folder>/<z>/<x>/<y>``, empty where the source said there is none. Nothing in it
names a person or a plate, but it does show, to a block, where people looked: it is private.
"""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings

# Own choices: maps change by the season; a gap in them may be filled sooner.
KEPT, GAP_KEPT = timedelta(days=60), timedelta(days=1)
# What is over is removed once in so many writes, by who writes: each machine sees to its own.
_WRITES_BETWEEN_PRUNINGS = 2_000
# Pruning goes on to this share of the limit, so that it is not needed again at once.
_PRUNE_TO = 0.8

_counting = threading.Lock()
_pruning = threading.Lock()
_writes = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one tile; no content: the source has no such tile."""

    content: bytes
    is_fresh: bool


def read(folder: str, z: int, x: int, y: int) -> Kept | None:
    """What is kept, however old; None for nothing."""
    path = _path(folder, z, x, y)
    try:
        with path.open("rb") as file:
            content, written = file.read(), os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return None
    age = timedelta(seconds=time.time() - written)
    return Kept(content, age < (KEPT if content else GAP_KEPT))


def write(folder: str, z: int, x: int, y: int, content: bytes) -> None:
    """Keep a tile, or by no content that there is none. Whoever reads meanwhile finds it whole."""
    path = _path(folder, z, x, y)
    # The outermost folder alone keeps others out.
    Path(settings.TILE_CACHE_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{uuid4().hex}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    partial.replace(path)
    if _is_time_to_prune():
        prune(limit=settings.TILE_CACHE_BYTES)


def prune(*, limit: int) -> int:
    """Remove the oldest files until the rest is well below `limit` bytes; returns how many."""
    if not _pruning.acquire(blocking=False):
        return 0  # another thread is at it
    try:
        return _remove_oldest(limit)
    finally:
        _pruning.release()


def _remove_oldest(limit: int) -> int:
    files = sorted(_files(), key=lambda found: found[1].st_mtime)
    # What a file takes of the disk, the empty ones too.
    size = sum(status.st_blocks * 512 for _, status in files)
    if size <= limit:
        return 0
    removed = 0
    for path, status in files:
        if size <= limit * _PRUNE_TO:
            break
        path.unlink(missing_ok=True)
        size -= status.st_blocks * 512
        removed += 1
    return removed


def _files() -> Iterator[tuple[Path, os.stat_result]]:
    for folder, _, names in os.walk(settings.TILE_CACHE_DIR):
        for name in names:
            path = Path(folder, name)
            try:
                yield path, path.stat()
            except FileNotFoundError:
                continue  # another process was faster


def _is_time_to_prune() -> bool:
    global _writes  # noqa: PLW0603 - one count a process
    with _counting:
        _writes += 1
        return _writes % _WRITES_BETWEEN_PRUNINGS == 0


def _path(folder: str, z: int, x: int, y: int) -> Path:
    return Path(settings.TILE_CACHE_DIR, folder, str(z), str(x), str(y))
