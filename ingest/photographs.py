"""What a photograph is, by its content; and the close-up cut from a scene. No database, no disk."""

import hashlib
import io
import struct
import warnings
import zlib
from dataclasses import dataclass

from PIL import Image

from ingest.rules import (
    CROP_QUALITY,
    PHOTOGRAPH_MAX_BYTES,
    PHOTOGRAPH_MAX_PIXELS,
    PHOTOGRAPH_MIN_SIDE,
    PHOTOGRAPH_TYPES,
    Quarantined,
    QuarantineReason,
)
from ingest.schemas import Box

_JPEG_END, _PNG_END = b"\xff\xd9", b"IEND\xaeB`\x82"
_JPEG_SCAN = 0xDA
# What Pillow's decoders let out of damaged files.
_UNDECODABLE = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    struct.error,
    zlib.error,
)
_RIFF_HEADER = 8


@dataclass(frozen=True, slots=True)
class Picture:
    """A photograph's bytes, with what its content says about it."""

    sha256: bytes
    content_type: str
    width: int
    height: int
    data: bytes


def inspect(data: bytes) -> Picture:
    """The picture in `data`: a whole JPEG, PNG or WebP within the limits.

    Reads the header only; nothing is decompressed. Raises Quarantined (photograph_invalid).
    """
    if len(data) > PHOTOGRAPH_MAX_BYTES:
        raise _invalid(f"{len(data)} bytes; at most {PHOTOGRAPH_MAX_BYTES} are taken")
    format_, width, height = _header(data)
    if min(width, height) < PHOTOGRAPH_MIN_SIDE:
        raise _invalid(f"{width} × {height} pixels; at least {PHOTOGRAPH_MIN_SIDE} a side")
    if width * height > PHOTOGRAPH_MAX_PIXELS:
        raise _invalid(f"{width} × {height} pixels; at most {PHOTOGRAPH_MAX_PIXELS} in all")
    if not _is_whole(format_, data):
        raise _invalid(f"the {format_} file ends before its picture does")
    return Picture(
        sha256=hashlib.sha256(data).digest(),
        content_type=PHOTOGRAPH_TYPES[format_],
        width=width,
        height=height,
        data=data,
    )


def crop_plate(scene: bytes, box: Box) -> Picture:
    """The close-up that `box` (x, y, width, height in pixels) cuts from a scene, as a JPEG.

    Raises Quarantined (photograph_invalid) when the box is not inside the scene or too small, or
    the scene can't be decoded.
    """
    x, y, width, height = box
    target = io.BytesIO()
    try:
        with _quiet_open(scene) as image:
            if not (0 <= x < x + width <= image.width and 0 <= y < y + height <= image.height):
                raise _invalid(f"box {list(box)} is not inside {image.width} × {image.height}")
            edges = (int(x), int(y), round(x + width), round(y + height))
            # An empty one, or one longer than a JPEG can be, can't be saved either.
            image.convert("RGB").crop(edges).save(target, "JPEG", quality=CROP_QUALITY)
    except _UNDECODABLE as error:
        raise _invalid(f"box {list(box)} can't be cut from the scene: {error}") from error
    return inspect(target.getvalue())


def _header(data: bytes) -> tuple[str, int, int]:
    try:
        with _quiet_open(data) as image:
            return str(image.format), image.width, image.height
    except _UNDECODABLE as error:
        raise _invalid("no JPEG, PNG or WebP by its content") from error


def _quiet_open(data: bytes) -> Image.Image:
    with warnings.catch_warnings():
        # Too many pixels: our own limit says so, and to the sender. The rest is the sender's too.
        warnings.simplefilter("ignore")
        try:
            return Image.open(io.BytesIO(data), formats=list(PHOTOGRAPH_TYPES))
        except Image.DecompressionBombError as error:
            raise _invalid("far too many pixels") from error


def _is_whole(format_: str, data: bytes) -> bool:
    """Whether the file's end is there; cameras append things after it, so not at the very end."""
    if format_ == "JPEG":
        return data.find(_JPEG_END, _jpeg_scan(data)) >= 0
    if format_ == "PNG":
        return _PNG_END in data
    return len(data) >= int.from_bytes(data[4:8], "little") + _RIFF_HEADER


def _jpeg_scan(data: bytes) -> int:
    """Where a JPEG's picture begins: a thumbnail in the segments before has an end of its own."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _JPEG_SCAN:
        # A fill byte stands alone; a segment says its own length.
        fill = data[at + 1] == 0xFF
        at += 1 if fill else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at


def _invalid(detail: str) -> Quarantined:
    return Quarantined(QuarantineReason.PHOTOGRAPH_INVALID, f"Photograph: {detail}.")
