"""Every picture that a sender may come up with is refused, and its read told why, or is stored and
served as a picture and nothing else (ING-5, QRY-7, SAF-2)."""

import hashlib
import io
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ingest import selectors
from ingest.models import Photograph, QuarantinedRead
from ingest.photographs import crop_plate, draw_thumbnail, inspect
from ingest.rules import Quarantined, QuarantineReason
from lprsvc.lib.pictures import Size, picture_response
from tests.ingest.feed import CLOSE_UP, SCENE, Feed, encoded, hits, payload
from tests.ingest.hostile_pictures import (
    ACCEPTED,
    MAKER,
    REFUSED,
    SCRIPT,
    chunk,
    drawn,
    flat,
    saved,
    with_exif,
)
from tests.ingest.wire import multipart

_PHOTOS = {"scene": SCENE, "plate": CLOSE_UP}


def sha256_of(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def photos(**changes: bytes) -> list[dict[str, Any]]:
    """Scene and close-up, but for `changes`."""
    return [{"role": role, "data": encoded(data)} for role, data in (_PHOTOS | changes).items()]


def files(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["scene", "plate"])
@pytest.mark.parametrize("name", REFUSED)
def test_bad_picture_puts_its_read_aside_and_says_which_and_why(
    feed: Feed, photograph_folder: Path, name: str, role: str
) -> None:  # ING-5
    """The sender hears it, the vendor sees it; the other read is stored, the other photograph kept,
    and of the bad file there is nothing."""
    make, why = REFUSED[name]
    bad = make()
    reads = [payload(plate="GOOD 1"), payload(photos=photos(**{role: bad}))]
    answer = feed.post(reads)
    assert answer.status_code == 200
    good, held = answer.json()["reads"]
    assert (good["outcome"], held["outcome"]) == ("stored", "quarantined")
    assert held["reason"] == "photograph_invalid"
    assert held["detail"].startswith(f"The {role} photograph: ")
    assert why in held["detail"]
    entry = QuarantinedRead.objects.get()
    assert (str(entry.pk), entry.reason, entry.detail) == (
        held["id"], QuarantineReason.PHOTOGRAPH_INVALID, held["detail"],
    )  # fmt: skip
    [kept] = [photo for photo in entry.read["photos"] if "sha256" in photo]
    [problem] = [photo for photo in entry.read["photos"] if "problem" in photo]
    assert (problem["role"], problem["problem"]) == (role, held["detail"])
    assert kept["sha256"] == sha256_of(SCENE if role == "plate" else CLOSE_UP).hex()
    assert files(photograph_folder) == {SCENE, CLOSE_UP}


def test_receipt_asked_for_again_quotes_nothing_that_was_sent(feed: Feed) -> None:
    """It is kept for longer than the read: the reason's code alone."""
    receipt = feed.post([payload(photos=photos(scene=b"bad"))]).json()["receipt"]
    again = Client().get(f"/api/v1/receipts/{receipt}/", headers=feed.headers()).json()
    assert set(again["reads"][0]) == {"index", "outcome", "id", "reason"}


def test_read_whose_picture_was_bad_is_stored_when_it_comes_with_a_good_one(feed: Feed) -> None:
    assert feed.post([payload(photos=photos(scene=b"bad"))]).json()["quarantined"] == 1
    assert feed.post([payload()]).json()["stored"] == 1
    assert len(hits()) == 1


# --- what a picture is called --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x.svg", "image/svg+xml"),
        ("x.html", "text/html"),
        ("x.gif", "image/gif"),
        ("..%2f..%2fetc%2fpasswd", "application/x-php"),
        ("x.jpg", "image/png"),
    ],
)
def test_picture_is_what_it_is_whatever_it_is_called(
    feed: Feed, photograph_folder: Path, name: str, said: str
) -> None:  # SAF-2
    body = payload(photos=[{"role": role, "part": role} for role in _PHOTOS])
    parts: dict[str, bytes | tuple[str, bytes]] = {"reads": orjson.dumps([body])}
    parts |= {role: (name, data) for role, data in _PHOTOS.items()}
    raw, content_type = multipart(parts)
    typed = f'filename="{name}"\r\nContent-Type: {said}\r\n'.encode()
    raw = raw.replace(f'filename="{name}"\r\n'.encode(), typed)
    assert feed.post(raw, content_type).json()["stored"] == 1
    assert set(Photograph.objects.values_list("content_type", flat=True)) == {"image/jpeg"}
    names = {path.name for path in photograph_folder.rglob("*") if path.is_file()}
    assert names == {sha256_of(data).hex() for data in _PHOTOS.values()}


# --- what is stored ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACCEPTED)
def test_unusual_picture_is_stored_as_it_came_and_served_as_a_picture(
    feed: Feed, photograph_folder: Path, name: str
) -> None:  # QRY-7
    make, content_type = ACCEPTED[name]
    scene = make()
    assert feed.post([payload(photos=photos(scene=scene))]).json()["stored"] == 1
    [hit] = hits()
    assert bytes(hit.scene_sha256) == sha256_of(scene)
    assert files(photograph_folder) == {scene, CLOSE_UP}
    content, type_ = selectors.open_photograph(bytes(hit.scene_sha256))
    assert (content, type_) == (scene, content_type)
    response = picture_response(content, type_)
    assert response["Content-Type"] == content_type
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.parametrize("name", ACCEPTED)
def test_small_copy_and_close_up_are_pixels_alone(name: str) -> None:
    """Whatever is in the picture: a JPEG of three colors of 8 bits, without place, profile, comment
    or what stood behind its end; of the right colors."""
    scene = ACCEPTED[name][0]()
    small = draw_thumbnail(scene)
    assert small is not None
    for copy in (small, crop_plate(scene, (0, 0, 16, 16)).data):
        assert SCRIPT not in copy
        assert MAKER.encode() not in copy
        with Image.open(io.BytesIO(copy)) as image:
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert not image.getexif()
            assert not {"exif", "icc_profile", "comment", "xmp"} & set(image.info)
            image.load()


@pytest.mark.parametrize("name", [name for name in ACCEPTED if "CMYK" in name or "prof" in name])
def test_small_copy_has_the_colors_of_its_picture(name: str) -> None:
    small = draw_thumbnail(ACCEPTED[name][0]())
    assert small is not None
    with Image.open(io.BytesIO(small)) as image:
        red, green, blue = image.getpixel((8, 20))  # type: ignore[misc]
    assert red > 150, "the left half is red"
    assert max(green, blue) < 90


@pytest.mark.parametrize(("orientation", "corner"), [(1, 8), (2, 56), (3, 56)])
def test_small_copy_stands_the_right_way_up(orientation: int, corner: int) -> None:
    small = draw_thumbnail(with_exif(orientation))
    assert small is not None
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == (64, 40)
        red, _, blue = image.getpixel((corner, 20))  # type: ignore[misc]
    assert red > blue, "the half that is red"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_box_is_in_the_pixels_as_they_are_stored(orientation: int) -> None:
    """Recognition works on what the sensor gave; the turn is for those who look at it."""
    crop = crop_plate(with_exif(orientation), (4, 4, 20, 12))
    assert (crop.width, crop.height, crop.content_type) == (20, 12, "image/jpeg")
    with Image.open(io.BytesIO(crop.data)) as image:
        red, _, blue = image.getpixel((10, 6))  # type: ignore[misc]
    assert red > blue, "cut from the left half"


# --- anything at all -----------------------------------------------------------------------------

_WHOLE = [
    *(saved(drawn(size=(48, 32)), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF")),
    with_exif(6),
    saved(drawn("CMYK"), "JPEG"),
    saved(drawn("RGBA"), "PNG"),
    chunk(b"IHDR", b"\0" * 13),
]


@st.composite
def bytes_of_any_kind(draw: st.DrawFn) -> bytes:
    """Bytes; or a picture that is cut, has bytes changed, doubled or put in."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.binary(max_size=300))
    data = bytearray(draw(st.sampled_from(_WHOLE)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        data[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=6))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


_ANYTHING = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_numbers = iter(range(10_000_000))


@_ANYTHING
@given(scene=bytes_of_any_kind(), plate=bytes_of_any_kind(), has_box=st.booleans())
def test_any_bytes_end_in_a_receipt(feed: Feed, scene: bytes, plate: bytes, has_box: bool) -> None:
    """Never an error of ours; one outcome for each read, and the good one among them is stored."""
    taken: list[dict[str, Any]] = [{"role": "scene", "data": encoded(scene)}]
    taken += [] if has_box else [{"role": "plate", "data": encoded(plate)}]
    if has_box:
        taken[0]["box"] = [2, 2, 20, 12]
    number = next(_numbers)
    reads = [payload(plate=f"A{number}", photos=taken), payload(plate=f"B{number}")]
    answer = feed.post(reads)
    assert answer.status_code == 200
    one, good = answer.json()["reads"]
    assert good["outcome"] == "stored"
    if one["outcome"] == "quarantined":
        assert one["reason"] in {"photograph_invalid", "photographs_missing"}
        assert one["detail"]
        return
    [hit] = hits(f"A{number}")
    for sha256 in (bytes(hit.scene_sha256), bytes(hit.plate_sha256)):
        for size in Size:
            content, type_ = selectors.open_photograph(sha256, size)
            assert picture_response(content, type_)["Content-Type"].startswith("image/")


@settings(max_examples=200, deadline=None)
@given(data=bytes_of_any_kind(), box=st.tuples(*[st.floats(allow_nan=False)] * 4))
def test_any_bytes_are_a_picture_or_quarantined(
    data: bytes, box: tuple[float, float, float, float]
) -> None:
    reasons: set[QuarantineReason] = set()
    for work in (inspect, lambda picture: crop_plate(picture, box)):
        try:
            picture = work(data)
        except Quarantined as fault:
            reasons.add(fault.reason)
        else:
            assert picture.width * picture.height <= 64_000_000
    assert reasons <= {QuarantineReason.PHOTOGRAPH_INVALID}
    small = draw_thumbnail(data)
    assert small is None or small.startswith(b"\xff\xd8")


# --- memory --------------------------------------------------------------------------------------

_MEASURE = """
import resource, sys
from ingest.photographs import crop_plate, draw_thumbnail, inspect
from ingest.rules import Quarantined
from tests.ingest.hostile_pictures import REFUSED, flat
pictures = [make() for make, _ in REFUSED.values()]
if sys.argv[1] == "largest":
    pictures = [flat(8_000, 8_000)]
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = peak()
for data in pictures:
    for work in (inspect, draw_thumbnail, lambda one: crop_plate(one, (0, 0, 100, 100))):
        try:
            work(data)
        except Quarantined:
            pass
print(peak() - before)
"""


@pytest.mark.parametrize(
    ("which", "megabytes"),
    [
        # Nothing of them is unpacked.
        ("refused", 48),
        # The largest that is taken, in one byte for each of its pixels, and not twice.
        ("largest", 100),
    ],
)
def test_memory_that_a_picture_takes_is_bounded(which: str, megabytes: int) -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, which],
        cwd=root, capture_output=True, text=True, check=True, timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30,) * 2),
    )  # fmt: skip
    assert int(done.stdout) <= megabytes


def test_largest_picture_that_is_taken_is_stored_and_shown_whole(feed: Feed) -> None:
    """Its small copy would have to be unpacked whole, so there is none: it is shown as it is."""
    scene = flat(8_000, 8_000)
    box = {"role": "scene", "data": encoded(scene), "box": [100, 100, 60, 20]}
    assert feed.post([payload(photos=[box])]).json()["stored"] == 1
    [hit] = hits()
    assert hit.plate_is_derived
    assert selectors.open_photograph(sha256_of(scene), Size.THUMB) == (scene, "image/png")
