"""Pictures that nobody should send, and pictures that are only unusual; made here, never stored."""

import io
import struct
import zlib
from collections.abc import Callable, Iterable
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

SCRIPT = b"<script>alert(document.cookie)</script>"
PAGE = b"<!DOCTYPE html><html><body>" + SCRIPT + b"</body></html>"
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"'
    b' onload="alert(1)">' + SCRIPT + b"</svg>"
)
# 40° N, 75° W, in EXIF's way of writing it.
_GPS = {1: "N", 2: (40.0, 0.0, 0.0), 3: "W", 4: (75.0, 0.0, 0.0)}
_GPS_TAG, _ORIENTATION_TAG, _MAKER_TAG = 0x8825, 0x0112, 0x010F
SIZE = (64, 40)
MAKER = "Made by a camera whose name nobody needs"


def drawn(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """A left half that is red and a right half that is not."""
    image = Image.new("RGB", size, (20, 60, 160))
    image.paste((200, 30, 30), (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture's file."""
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def _animated(kind: str) -> bytes:
    frames = [Image.new("RGB", SIZE, (shade, 90, 160)) for shade in (10, 90, 200)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    check = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + check


def png(width: int, height: int, *, depth: int = 8, color: int = 2, rows: Iterable[bytes]) -> bytes:
    """A PNG of these rows; `color`: 0 grey, 2 color."""
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(b"\0" + row) for row in rows) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(name, data) for name, data in ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    )


def _with_chunk(name: bytes, body: bytes) -> bytes:
    whole = saved(drawn(), "PNG")
    return whole[:33] + chunk(name, body) + whole[33:]


def flat(width: int, height: int) -> bytes:
    """Many pixels in few bytes."""
    row = b"\x55" * width
    return png(width, height, color=0, rows=(row for _ in range(height)))


def _giant_webp() -> bytes:
    """A canvas of 16,383 by 16,383 pixels, said by 10 bytes."""
    side = (16_383 - 1).to_bytes(3, "little")
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + side * 2
    body = b"WEBP" + canvas + saved(drawn(), "WEBP")[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _giant_jpeg() -> bytes:
    """A JPEG that says it is 65,500 pixels high."""
    whole = saved(drawn(), "JPEG")
    at = whole.index(b"\xff\xc0") + 5
    return whole[:at] + struct.pack(">HH", 65_500, 65_500) + whole[at + 4 :]


def with_exif(orientation: int = 1) -> bytes:
    """A JPEG that says where, by what and which way up it was taken."""
    exif = Image.Exif()
    exif[_MAKER_TAG] = MAKER
    exif[_ORIENTATION_TAG] = orientation
    exif[_GPS_TAG] = _GPS
    return saved(drawn(), "JPEG", exif=exif, quality=95)


def _text_in_png() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", PAGE.decode())
    return saved(drawn(), "PNG", pnginfo=text) + PAGE


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _half(kind: str) -> bytes:
    whole = saved(Image.effect_noise((200, 200), 80).convert("RGB"), kind)
    return whole[: len(whole) // 2]


_NO_PICTURE = "no JPEG, PNG or WebP by its content"

# Name → what makes it, and what its sender is told.
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "0 bytes"),
    "one byte": (lambda: b"\xff", _NO_PICTURE),
    "text": (lambda: b"not a picture at all", _NO_PICTURE),
    "SVG": (lambda: SVG, _NO_PICTURE),
    "page": (lambda: PAGE, _NO_PICTURE),
    "page before a JPEG": (lambda: PAGE + saved(drawn(), "JPEG"), _NO_PICTURE),
    "SVG before a PNG": (lambda: SVG + saved(drawn(), "PNG"), _NO_PICTURE),
    "PDF": (lambda: b"%PDF-1.7\n" + saved(drawn(), "JPEG") + b"\n%%EOF", _NO_PICTURE),
    "program": (lambda: b"MZ" + b"\0" * 200, _NO_PICTURE),
    "archive": (lambda: b"PK\x03\x04" + b"\0" * 200, _NO_PICTURE),
    "script for ImageMagick": (lambda: b"push graphic-context\nfill 'url(|id)'", _NO_PICTURE),
    "script for Ghostscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(x) run\n", _NO_PICTURE),
    "GIF": (lambda: saved(drawn(), "GIF"), _NO_PICTURE),
    "animated GIF": (lambda: _animated("GIF"), _NO_PICTURE),
    "BMP": (lambda: saved(drawn(), "BMP"), _NO_PICTURE),
    "TIFF": (lambda: saved(drawn(), "TIFF"), _NO_PICTURE),
    "icon": (lambda: saved(drawn(), "ICO"), _NO_PICTURE),
    "AVIF by its head": (lambda: b"\0\0\0\x1cftypavif" + b"\0" * 64, _NO_PICTURE),
    "JPEG's head alone": (lambda: saved(drawn(), "JPEG")[:11], _NO_PICTURE),
    "PNG's head alone": (lambda: saved(drawn(), "PNG")[:8], _NO_PICTURE),
    "WebP's head alone": (lambda: saved(drawn(), "WEBP")[:12], "the WEBP file ends"),
    "half a JPEG": (lambda: _half("JPEG"), "the JPEG file ends before its picture does"),
    "half a PNG": (lambda: _half("PNG"), "the PNG file ends before its picture does"),
    "half a WebP": (lambda: _half("WEBP"), "the WEBP file ends before its picture does"),
    "animated PNG": (lambda: _animated("PNG"), "an animation of 3 pictures"),
    "animated WebP": (lambda: _animated("WEBP"), "an animation of 3 pictures"),
    "PNG that is a bomb": (lambda: flat(9_000, 8_000), "9000 × 8000 pixels; at most 64000000"),
    "PNG of giant size": (
        lambda: png(2**31 - 1, 2**31 - 1, rows=[b""]),
        "far too many pixels",
    ),
    "PNG of no size": (lambda: png(0, 0, rows=[]), _NO_PICTURE),
    "JPEG of giant size": (_giant_jpeg, "far too many pixels"),
    "WebP of giant size": (_giant_webp, "far too many pixels"),
    "speck": (lambda: saved(drawn(size=(4, 4)), "PNG"), "4 × 4 pixels; at least 8 a side"),
    "PNG whose text is a bomb": (
        lambda: _with_chunk(b"zTXt", b"x\0\0" + zlib.compress(b"\0" * 50_000_000)),
        _NO_PICTURE,
    ),
    "PNG whose profile is a bomb": (
        lambda: _with_chunk(b"iCCP", b"x\0\0" + zlib.compress(b"\0" * 50_000_000)),
        _NO_PICTURE,
    ),
    "too many bytes": (
        lambda: saved(drawn(), "JPEG") + b"\0" * (16 * 1024 * 1024),
        "at most 16777216 are taken",
    ),
}

# Name → what makes it, and the content type it is served with.
ACCEPTED: dict[str, tuple[Callable[[], bytes], str]] = {
    "JPEG": (lambda: saved(drawn(), "JPEG"), "image/jpeg"),
    "progressive JPEG": (lambda: saved(drawn(), "JPEG", progressive=True), "image/jpeg"),
    "grey JPEG": (lambda: saved(drawn("L"), "JPEG"), "image/jpeg"),
    "CMYK JPEG": (lambda: saved(drawn("CMYK"), "JPEG"), "image/jpeg"),
    "JPEG with place and maker": (with_exif, "image/jpeg"),
    "JPEG lying on its side": (lambda: with_exif(6), "image/jpeg"),
    "JPEG with a profile": (
        lambda: saved(drawn(), "JPEG", icc_profile=_profile()),
        "image/jpeg",
    ),
    "JPEG with a script": (
        lambda: saved(drawn(), "JPEG", comment=PAGE) + PAGE,
        "image/jpeg",
    ),
    "JPEG before an archive": (
        lambda: saved(drawn(), "JPEG") + b"PK\x03\x04" + PAGE,
        "image/jpeg",
    ),
    "several JPEGs": (
        lambda: saved(drawn(), "MPO", save_all=True, append_images=[drawn()]),
        "image/jpeg",
    ),
    "PNG": (lambda: saved(drawn(), "PNG"), "image/png"),
    "PNG with a script": (_text_in_png, "image/png"),
    "PNG with a profile": (lambda: saved(drawn(), "PNG", icc_profile=_profile()), "image/png"),
    "PNG with a palette": (lambda: saved(drawn("P"), "PNG", transparency=0), "image/png"),
    "PNG in black and white": (lambda: saved(drawn("1"), "PNG"), "image/png"),
    "PNG with transparency": (lambda: saved(drawn("RGBA"), "PNG"), "image/png"),
    "PNG of 16 bits grey": (
        lambda: png(32, 20, depth=16, color=0, rows=[b"\x80\x00" * 32] * 20),
        "image/png",
    ),
    "PNG of 16 bits a color": (
        lambda: png(32, 20, depth=16, rows=[b"\x80\x00\x20\x00\xf0\x00" * 32] * 20),
        "image/png",
    ),
    "WebP": (lambda: saved(drawn(), "WEBP"), "image/webp"),
    "WebP without loss": (lambda: saved(drawn(), "WEBP", lossless=True), "image/webp"),
    "WebP with transparency": (lambda: saved(drawn("RGBA"), "WEBP"), "image/webp"),
}
