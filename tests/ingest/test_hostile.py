"""What a hostile or broken sender sends: each read has its outcome, and none of them costs the
others theirs. A delivery that fails whole would be sent again for ever (ING-4, ING-5)."""

import io
import random
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from ingest.models import QuarantinedRead
from ingest.photographs import crop_plate, inspect
from ingest.rules import Quarantined
from tests.ingest.feed import CLOSE_UP, SCENE, Feed, encoded, payload, picture

SCENE_PHOTO = {"role": "scene", "data": encoded(SCENE)}
PLATE_PHOTO = {"role": "plate", "data": encoded(CLOSE_UP)}


def png(width: int, height: int) -> bytes:
    target = io.BytesIO()
    Image.new("L", (width, height), 90).save(target, "PNG")
    return target.getvalue()


def boxed(data: bytes, box: list[float]) -> dict[str, Any]:
    return {"photos": [{"role": "scene", "data": encoded(data), "box": box}]}


@pytest.mark.parametrize(
    "changes",
    [
        {"camera": "FIX\0ED"},
        {"state": "P\0A"},
        {"state": "PA\0"},
        {"plate": "ABC\0 123"},
        {"photos": [{"role": "scene", "part": "a\0b"}, PLATE_PHOTO]},
        {"photos": [{"role": "sc\0ene", "data": "QQ=="}]},
        {"photos": [{"role": "scene", "sha256": "\0" * 64}]},
        {"captured_at": "2016-12-31T23:59:60Z"},
        {"captured_at": "2026-01-05T14:03:11"},
        {"captured_at": "0001-01-01T00:00:00+23:59"},
        {"captured_at": "9999-12-31T23:59:59-23:59"},
        {"latitude": "39.95"},
        {"latitude": 1e308, "longitude": -1e308},
        {"latitude": 2**64 - 1},
        {"confidence": 2**63},
        {"photos": [{"role": "overview", "data": encoded(SCENE)}]},
        boxed(SCENE, [10, 10, 0.2, 0.2]),
        boxed(SCENE, [0.6, 0.6, 0.3, 20]),
        boxed(SCENE, [1e308, 0, 1e308, 1]),
        boxed(SCENE, [0, 0, 1e-320, 1e-320]),
        boxed(png(65_530, 9), [0, 0, 65_530, 9]),
        boxed(png(9, 65_530), [0, 0, 9, 65_530]),
    ],
)
def test_one_bad_read_is_quarantined_and_the_other_is_stored(
    feed: Feed, changes: dict[str, Any]
) -> None:
    receipt = feed.store(payload() | changes, payload(plate="GOOD1"))
    assert [read.outcome for read in receipt.reads] == ["quarantined", "stored"]
    assert QuarantinedRead.objects.get().detail


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("confidence", [5e-324, 1e-50, 1e-39, 0, 1, 0.1 + 0.2])
def test_any_confidence_is_stored(feed: Feed, count: int, confidence: float) -> None:
    reads = [payload(plate=f"AB{number}", confidence=confidence) for number in range(count)]
    assert feed.store(*reads).stored == count


def test_photographs_of_a_read_with_a_bad_one_are_kept(feed: Feed) -> None:  # ING-5
    strange = {"role": "overview", "data": encoded(picture(77))}
    feed.store(payload(photos=[SCENE_PHOTO, strange, PLATE_PHOTO | {"box": "all of it"}]))
    kept = QuarantinedRead.objects.get().payload["photos"]
    assert [photo["role"] for photo in kept] == ["scene", "overview", "plate"]
    hashes = [inspect(data).sha256.hex() for data in (SCENE, picture(77), CLOSE_UP)]
    assert [photo["sha256"] for photo in kept] == hashes


def test_jpeg_cut_short_behind_its_thumbnail_is_no_photograph() -> None:
    """EXIF holds a small JPEG with an end of its own."""
    whole = picture(30, size=(400, 300))
    thumbnail = picture(30, size=(16, 16))
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 8) + b"Exif\0\0" + thumbnail
    data = whole[:2] + segment + whole[2:]
    assert inspect(data).width == 400
    with pytest.raises(Quarantined, match="ends before"):
        inspect(data[: len(data) - 200])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_damaged_pictures_are_quarantined_or_taken(kind: str) -> None:
    """A thousand damages: nothing but Quarantined is ever raised."""
    dice = random.Random(kind)
    whole = picture(30, kind=kind, size=(48, 32))
    faults = 0
    for _ in range(1_000):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        cut = bytes(data[: dice.choice([len(data), dice.randrange(len(data))])])
        try:
            inspect(cut)
            crop_plate(cut, (0, 0, 20, 20))
        except Quarantined:
            faults += 1
    assert faults > 100


@pytest.mark.filterwarnings("ignore:Invalid APNG")
def test_png_with_wrong_chunks_raises_nothing_else() -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head, tail = png(16, 16)[:33], png(16, 16)[33:]
    for name in (b"acTL", b"fcTL", b"fdAT", b"zTXt", b"iTXt", b"iCCP", b"pHYs", b"tRNS", b"PLTE"):
        for body in (b"", b"\0", b"\xff" * 3, b"\0" * 40):
            for data in (
                head + chunk(name, body) + tail,
                head + tail[:-12] + chunk(name, body) + tail[-12:],
            ):
                try:
                    inspect(data)
                    crop_plate(data, (0, 0, 10, 10))
                except Quarantined:
                    continue
