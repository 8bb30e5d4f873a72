"""What a tile is, by its content: whoever sent it, only a small square picture goes further."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image

# Own choice: imagery of 512 by 512 pixels is a third of it.
MAX_BYTES = 1024 * 1024
_SIDES = (256, 512)
_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


class NotATile(ValueError):
    """What came is no tile; the message says why."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture, checked."""

    content: bytes
    content_type: str


def checked(content: bytes) -> Tile:
    """The tile in `content`: a PNG, JPEG or WebP square. Only its header is read.

    Raises NotATile.
    """
    if len(content) > MAX_BYTES:
        raise NotATile(f"{len(content)} bytes; at most {MAX_BYTES} are taken")
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=[*_TYPES]) as image:
            format_, size = str(image.format), image.size
    # What Pillow lets out of damaged files, and of files with far too many pixels.
    except (OSError, ValueError, SyntaxError, LookupError, Image.DecompressionBombError) as error:
        raise NotATile(f"no picture: {error}") from error
    if size[0] != size[1] or size[0] not in _SIDES:
        raise NotATile(f"{size[0]} × {size[1]} pixels; a tile has {_SIDES} a side")
    return Tile(content, _TYPES[format_])
