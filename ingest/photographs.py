"""What a photograph is, by its content; the close-up cut from a scene, and its small copy.

No database, no disk. What is drawn here is pixels alone, 8 bits each of red, green and blue: no
comment, place, profile or further frame of its original, and nothing that stood after its end.
"""

import hashlib
import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from threading import Lock

from PIL import Image, ImageOps

from ingest.rules import (
    CROP_QUALITY,
    PHOTOGRAPH_MAX_BYTES,
    PHOTOGRAPH_MAX_PIXELS,
    PHOTOGRAPH_MIN_SIDE,
    PHOTOGRAPH_TYPES,
    THUMBNAIL_MAX_PIXELS,
    THUMBNAIL_QUALITY,
    THUMBNAIL_SIDE,
    Quarantined,
    QuarantineReason,
)
from ingest.schemas import Box

_PREFIX = "Photograph: "
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
_one_large_at_a_time = Lock()
# Pillow's names of palettes, and of black and white.
_WITHOUT_SHADES = {"1", "P", "PA"}
THUMBNAIL_TYPE = PHOTOGRAPH_TYPES["JPEG"]
# Pillow's name of a JPEG behind which further ones stand, as many phones and some cameras make.
_SEVERAL_JPEG = "MPO"


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
    format_, width, height, frames = _header(data)
    if min(width, height) < PHOTOGRAPH_MIN_SIDE:
        raise _invalid(f"{width} × {height} pixels; at least {PHOTOGRAPH_MIN_SIDE} a side")
    if width * height > PHOTOGRAPH_MAX_PIXELS:
        raise _invalid(f"{width} × {height} pixels; at most {PHOTOGRAPH_MAX_PIXELS} in all")
    if frames > 1:
        raise _invalid(f"an animation of {frames} pictures; one that stands still is taken")
    if not _is_whole(format_, data):
        raise _cut(format_)
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
            with _in_turn(image):
                _pixels(image.crop(edges)).save(target, "JPEG", quality=CROP_QUALITY)
    except _UNDECODABLE as error:
        raise _invalid(f"box {list(box)} can't be cut from the scene: {error}") from error
    return inspect(target.getvalue())


def _in_turn(image: Image.Image) -> AbstractContextManager[object]:
    """What holds hundreds of megabytes while it is decoded waits for others of its kind."""
    is_large = image.width * image.height > THUMBNAIL_MAX_PIXELS
    return _one_large_at_a_time if is_large else nullcontext()


def draw_thumbnail(photograph: bytes) -> bytes | None:
    """A small copy of a photograph, the right way up, as a JPEG (`THUMBNAIL_TYPE`).

    None where it can't be drawn: for damage behind a whole header, or since it would take more
    memory than looking at a list is worth.
    """
    target = io.BytesIO()
    try:
        with _quiet_open(photograph) as image:
            if image.width * image.height > THUMBNAIL_MAX_PIXELS and not _decodes_small(image):
                return None
            turned = ImageOps.exif_transpose(_shrunk(image))
            _pixels(turned).save(target, "JPEG", quality=THUMBNAIL_QUALITY)
    except (*_UNDECODABLE, Quarantined):
        return None
    return target.getvalue()


def _shrunk(image: Image.Image) -> Image.Image:
    # Decodes a JPEG at about this size at once.
    image.draft(None, (2 * THUMBNAIL_SIDE, 2 * THUMBNAIL_SIDE))
    size = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    small = _eight_bits(image)
    small.thumbnail(size, reducing_gap=2.0)
    return small


def _decodes_small(image: Image.Image) -> bool:
    # A progressive one is held whole before anything of it is seen.
    return image.format in {"JPEG", _SEVERAL_JPEG} and "progressive" not in image.info


def _pixels(image: Image.Image) -> Image.Image:
    """What a browser would show of it, on white, and nothing else."""
    shown = _eight_bits(image)
    if shown.has_transparency_data:
        page = Image.new("RGBA", shown.size, "white")
        page.alpha_composite(shown.convert("RGBA"))
        shown = page
    bare = shown.convert("RGB")
    bare.info = {}
    return bare


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits made into 8, all of which Pillow by itself makes white; and what can't be
    drawn small, since it has no shades between, in full color."""
    if image.mode in _WITHOUT_SHADES:
        return image.convert("RGBA")
    if not image.mode.startswith("I"):
        return image
    grey = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    grey.info = image.info
    return grey


def _header(data: bytes) -> tuple[str, int, int, int]:
    """Pillow's name of the format, width, height, and how many pictures are shown in turn."""
    if not data:
        raise _invalid("empty, 0 bytes")
    try:
        with _quiet_open(data) as image:
            if image.format == _SEVERAL_JPEG:
                # Everybody shows the first; the others are as what stands after its end.
                return "JPEG", image.width, image.height, 1
            frames = getattr(image, "n_frames", 1)
            return str(image.format), image.width, image.height, frames
    except _UNDECODABLE as error:
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and not _is_whole("WEBP", data):
            raise _cut("WEBP") from error
        raise _invalid("no JPEG, PNG or WebP by its content") from error


@contextmanager
def _quiet_open(data: bytes) -> Iterator[Image.Image]:
    with warnings.catch_warnings():
        # Too many pixels: our own limit says so, and to the sender. The rest is the sender's too,
        # as damaged notes of the camera, which are read when it is turned the right way up.
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(data), formats=list(PHOTOGRAPH_TYPES))
        except Image.DecompressionBombError as error:
            raise _invalid("far too many pixels") from error
        with image:
            yield image


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


def _cut(format_: str) -> Quarantined:
    return _invalid(f"the {format_} file ends before its picture does")


def named(fault: Quarantined, role: str) -> Quarantined:
    """The same fault, saying which of a read's photographs it is about."""
    detail = fault.detail.removeprefix(_PREFIX)
    return Quarantined(fault.reason, f"The {role or 'unnamed':.40} photograph: {detail}")


def _invalid(detail: str) -> Quarantined:
    return Quarantined(QuarantineReason.PHOTOGRAPH_INVALID, f"{_PREFIX}{detail}.")
