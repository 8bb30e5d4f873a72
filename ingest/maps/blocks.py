"""Whole blocks of an http source: one tile that is missing has all of its block fetched.

So the tile server learns that somebody looks somewhere in a block, not at which place in it. Each
block is fetched once at a time in a process; a source that answers nothing is left alone a while.
"""

import logging
import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache, partial

from ingest.maps import cache as kept
from ingest.maps import upstream
from ingest.maps.mercator import block_of
from ingest.maps.sources import TileSource
from lprsvc.lib.errors import DomainError

# Tiles asked for at the same time, blocks at the same time, and blocks that may wait.
_TILE_THREADS, _BLOCK_THREADS, _MOST_BLOCKS = 8, 4, 24
# Requests that may wait here: some threads must stay free for pages that need no map.
_MOST_WAITING = 6
# How long a source is left alone after a block of which no tile came.
_REST = 15.0

_log = logging.getLogger(__name__)

Block = tuple[TileSource, int, int, int]


class TileUnavailable(DomainError):
    """The tile may exist, but can't be had now."""

    def __init__(self) -> None:
        super().__init__("tile_unavailable", "This part of the map can't be shown now.", status=503)


class _Desk:
    """The fetching of one process: what is under way, and which sources rest."""

    def __init__(self) -> None:
        self.tiles = ThreadPoolExecutor(_TILE_THREADS, thread_name_prefix="tiles")
        self.blocks = ThreadPoolExecutor(_BLOCK_THREADS, thread_name_prefix="tile-blocks")
        self.waiting = threading.BoundedSemaphore(_MOST_WAITING)
        self.lock = threading.Lock()
        self.under_way: dict[Block, Future[None]] = {}
        self.rest_until: dict[str, float] = {}

    def join(self, block: Block) -> "Future[None]":
        """The fetching of this block, begun now unless it is under way. Raises TileUnavailable."""
        with self.lock:
            found = self.under_way.get(block)
            if found is not None:
                return found
            rests = time.monotonic() < self.rest_until.get(block[0].folder, 0)
            if rests or len(self.under_way) >= _MOST_BLOCKS:
                raise TileUnavailable
            begun = self.under_way[block] = self.blocks.submit(self.fetch, block)
        begun.add_done_callback(lambda _: self.leave(block))
        return begun

    def leave(self, block: Block) -> None:
        with self.lock:
            self.under_way.pop(block, None)

    def fetch(self, block: Block) -> None:
        """Fetch and keep all tiles of a block, always in the same order."""
        source, z, left, top = block
        places = block_of(z, left, top, source.block)
        asked = [self.tiles.submit(partial(_fetch_one, source, z, *place)) for place in places]
        wait(asked)
        faults = [fault for one in asked if (fault := one.result())]
        if faults:
            # Not which tiles: a log is no place for where people look.
            _log.warning(
                "tiles of %s: %d of a block failed: %s", source.code, len(faults), faults[0]
            )
        if len(faults) == len(asked):
            with self.lock:
                self.rest_until[source.folder] = time.monotonic() + _REST


def fetch_block(source: TileSource, z: int, x: int, y: int) -> None:
    """Have the whole block of a tile kept. Raises TileUnavailable when that takes too long.

    What is under way goes on behind it: who asks again finds it.
    """
    left, top = next(block_of(z, x, y, source.block))
    desk = _desk(os.getpid())
    begun = desk.join((source, z, left, top))
    if not desk.waiting.acquire(blocking=False):
        raise TileUnavailable
    try:
        begun.result(timeout=upstream.PATIENCE)
    except TimeoutError:
        raise TileUnavailable from None
    finally:
        desk.waiting.release()


def _fetch_one(source: TileSource, z: int, x: int, y: int) -> str:
    """Keep what the server has of this tile, a picture or that there is none; what went wrong."""
    try:
        kept.write(source.folder, z, x, y, upstream.fetch(source, z, x, y))
    except upstream.UpstreamFault as fault:
        return str(fault)
    except OSError as error:  # the disk is full, or not ours
        return f"cache: {error.strerror}"
    return ""


@cache
def _desk(_process: int) -> _Desk:
    """Of this process: after a fork the threads of the parent are not there."""
    return _Desk()
