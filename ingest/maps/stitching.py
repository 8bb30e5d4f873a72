"""One picture of a view, put together from tiles: for paper, where nobody can move the map."""

import io
import math
from collections.abc import Iterator

from PIL import Image

from ingest.maps.blocks import TileUnavailable
from ingest.maps.mercator import TILE_PIXELS, View
from ingest.maps.pictures import Tile
from ingest.maps.sources import TileSource
from ingest.maps.tiles import find_tile

# Letters on maps suffer below it; above it a page is twice as heavy.
_QUALITY = 88
# Larger views are a mistake of the caller's, not a picture.
_MOST_TILES = 64
_BACKGROUND = (247, 249, 251)


def stitched(source: TileSource, view: View) -> bytes | None:
    """The view as a JPEG of its width and height; None where the source has no tile of it.

    Taken from the next zoom the source has, and scaled. Raises TileUnavailable.
    """
    zoom = max(source.min_zoom, min(source.max_zoom, math.ceil(view.zoom - 0.25)))
    scale = 2.0 ** (zoom - view.zoom)
    width, height = round(view.width * scale), round(view.height * scale)
    whole = View(view.latitude, view.longitude, zoom, width, height)
    canvas = Image.new("RGB", (width, height), _BACKGROUND)
    if not _paste_all(canvas, source, whole):
        return None
    if scale != 1:
        canvas = canvas.resize((view.width, view.height), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    canvas.save(target, "JPEG", quality=_QUALITY)
    return target.getvalue()


def _paste_all(canvas: Image.Image, source: TileSource, view: View) -> bool:
    """Paste every tile of the view; whether there was any."""
    left, top = view.corner
    found = False
    for x, y in _tiles_of(view):
        tile = find_tile(source, int(view.zoom), x, y)
        if tile is not None:
            canvas.paste(
                _decoded(tile), (round(x * TILE_PIXELS - left), round(y * TILE_PIXELS - top))
            )
            found = True
    return found


def _tiles_of(view: View) -> Iterator[tuple[int, int]]:
    left, top = view.corner
    columns = range(int(left // TILE_PIXELS), int((left + view.width - 1) // TILE_PIXELS) + 1)
    rows = range(int(top // TILE_PIXELS), int((top + view.height - 1) // TILE_PIXELS) + 1)
    if len(columns) * len(rows) > _MOST_TILES:
        raise ValueError(f"{len(columns)} × {len(rows)} tiles for one picture")
    return ((x, y) for y in rows for x in columns)


def _decoded(tile: Tile) -> Image.Image:
    try:
        with Image.open(io.BytesIO(tile.content)) as image:
            picture = image.convert("RGB")
    # Its header was sound, and the rest is not.
    except (OSError, ValueError, SyntaxError) as error:
        raise TileUnavailable from error
    if picture.width != TILE_PIXELS:
        picture = picture.resize((TILE_PIXELS, TILE_PIXELS), Image.Resampling.BILINEAR)
    return picture
