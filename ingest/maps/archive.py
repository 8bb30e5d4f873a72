"""Tiles out of a PMTiles file on this machine: no request leaves, and nothing is copied."""

import zlib
from functools import cache
from pathlib import Path
from typing import Any

from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import MagicNumberNotFound, SpecVersionUnsupported, TileType

from ingest.maps.pictures import NotATile, checked
from ingest.maps.sources import TileSource

# The package has no types.
_Reader: Any = Reader
_mapped: Any = MmapSource
_RASTER = {TileType.PNG, TileType.JPEG, TileType.WEBP}
# What a file that is damaged or none makes the reader raise.
_UNREADABLE = (
    *(MagicNumberNotFound, SpecVersionUnsupported, OSError, EOFError, ValueError, LookupError),
    *(TypeError, zlib.error, OverflowError),
)


class ArchiveUnreadable(Exception):
    """The file is not there, or holds no pictures."""


def read_tile(source: TileSource, z: int, x: int, y: int) -> bytes:
    """The tile's bytes; empty where the archive has none. Raises ArchiveUnreadable."""
    path = Path(source.path)
    try:
        # By its time of change, so that a new file in the same place is opened anew.
        reader = _reader(source.path, path.stat().st_mtime_ns)
        content: bytes = reader.get(z, x, y) or b""
        if content:
            checked(content)
    except NotATile as error:
        raise ArchiveUnreadable(f"{path.name}: {error}") from error
    except _UNREADABLE as error:
        raise ArchiveUnreadable(f"{path.name}: {type(error).__name__}") from error
    return content


def fault_of(path: str) -> str:
    """Why the file can't be used, in words; empty where it can."""
    try:
        with Path(path).open("rb") as file:
            kind = _Reader(_mapped(file)).header()["tile_type"]
    except _UNREADABLE as error:
        return f"{path} can't be read: {type(error).__name__}"
    return "" if kind in _RASTER else f"{path} holds no pictures but {kind.name.lower()}"


@cache
def _reader(path: str, _changed: int) -> Any:
    # The mapping holds the file open by itself.
    with Path(path).open("rb") as file:
        return _Reader(_mapped(file))
