"""One tile of one configured source, from archive, cache or its server."""

import logging

from ingest.maps import cache
from ingest.maps.archive import ArchiveUnreadable, read_tile
from ingest.maps.blocks import TileUnavailable, fetch_block
from ingest.maps.mercator import exists
from ingest.maps.pictures import NotATile, Tile, checked
from ingest.maps.sources import Kind, TileSource

_log = logging.getLogger(__name__)


def find_tile(source: TileSource, z: int, x: int, y: int) -> Tile | None:
    """The picture, or None where the source has none there. Raises TileUnavailable."""
    if not exists(z, x, y) or not source.has_zoom(z):
        return None
    if source.kind is Kind.ARCHIVE:
        return _from_archive(source, z, x, y)
    return _from_server(source, z, x, y) if source.kind is Kind.HTTP else None


def _from_archive(source: TileSource, z: int, x: int, y: int) -> Tile | None:
    try:
        content = read_tile(source, z, x, y)
    except ArchiveUnreadable as error:
        _log.warning("tiles of %s: %s", source.code, error)
        raise TileUnavailable from error
    return checked(content) if content else None


def _from_server(source: TileSource, z: int, x: int, y: int) -> Tile | None:
    found = cache.read(source.folder, z, x, y)
    if found is None or not found.is_fresh:
        try:
            fetch_block(source, z, x, y)
        except TileUnavailable:
            # An old map is better than none.
            if found is None:
                raise
        found = cache.read(source.folder, z, x, y) or found
    if found is None:
        raise TileUnavailable
    try:
        return checked(found.content) if found.content else None
    except NotATile as error:  # somebody wrote into the cache
        _log.warning("tiles of %s, in the cache: %s", source.code, error)
        raise TileUnavailable from error
