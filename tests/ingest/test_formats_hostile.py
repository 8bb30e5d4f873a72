"""What hostile or broken software sends to the vendors' addresses. Whatever it is: each read of it
is stored, a duplicate, in quarantine or refused, or the sender got no 2xx (ING-4, ING-5, SAF-2)."""

import base64
import copy
import random
from typing import Any

import orjson
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.bodies import Malformed, TooMuch
from ingest.formats.feeds import FORMATS, Delivery, understand
from ingest.models import Batch, QuarantinedRead
from ingest.schemas import ReadIn, Unreadable
from tests.ingest import vendors
from tests.ingest.feed import CLOSE_UP, SCENE, Feed
from tests.ingest.formats_base import reads_of
from tests.ingest.test_feed_api import part, post

SAMPLES: dict[str, list[Any]] = {
    "openalpr": [
        vendors.openalpr_group(),
        vendors.openalpr_results(),
        vendors.openalpr_heartbeat(),
    ],
    "platerecognizer": [
        vendors.stream_webhook(vendors.stream_result(), vendors.vehicle_result()),
        vendors.snapshot_webhook(vendors.stream_result()),
    ],
    "parkpow": [vendors.parkpow()],
    "blueiris": [
        vendors.blueiris(),
        vendors.blueiris(ai_dump=None, memo="A1:97%,car:85%"),
        vendors.blueiris(ai_dump=None, plate_number="A1"),
        vendors.blueiris_dump("A1"),
    ],
    "axis": [vendors.axis_event()],
    "verkada": [vendors.verkada()],
    "genetec": [vendors.genetec(), vendors.sharpv()],
    "hikvision": [vendors.hikvision()],
}
# Those of them that are no XML.
OBJECTS = {
    name: objects
    for name, samples in SAMPLES.items()
    if (objects := [sample for sample in samples if not isinstance(sample, bytes)])
}
PICTURES = {
    "upload": SCENE,
    "image": SCENE,
    "detectionpicture.jpg": SCENE,
    "licenseplatepicture.jpg": CLOSE_UP,
}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc"), inner, max_size=4),
    max_leaves=12,
)
NASTY: tuple[Any, ...] = (
    *(None, "", [], {}, [[]], [{}], True, 0, -1, 1e308, 2**63, {"a": {"b": []}}),
    *("\0", "NaN", "1_0", "٣", "x" * 999, "9" * 400),
    *("0001-01-01", "9999-12-31T23:59:59.9999999-23:59"),
)


def fields_in(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all that a document holds."""
    if isinstance(document, dict):
        inner = list(document.items())
    else:
        inner = list(enumerate(document)) if isinstance(document, list) else []
    here = [(*path, key) for key, _ in inner]
    return here + [deep for key, item in inner for deep in fields_in(item, (*path, key))]


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at the path."""
    copied = copy.deepcopy(document)
    inner = copied
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copied


def assert_understood(name: str, delivery: Delivery) -> None:
    """It is understood, or refused by the room's own errors."""
    try:
        found = understand(FORMATS[name], delivery)
    except (Malformed, TooMuch):
        return
    assert all(isinstance(read, ReadIn | Unreadable) for read in found.reads)
    assert all(len(name) <= 120 for beat in found.heartbeats for name in beat.names)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_has_a_sample_here(name: str) -> None:
    assert SAMPLES[name]


@pytest.mark.parametrize("name", sorted(FORMATS))
@settings(deadline=None)
@given(data=st.data())
def test_no_document_makes_a_format_fall_over(name: str, data: st.DataObject) -> None:
    document = data.draw(JSON)
    assert_understood(name, Delivery(orjson.dumps(document)))
    assert_understood(name, Delivery(parts={"json": orjson.dumps(document), **PICTURES}))


@pytest.mark.parametrize("name", sorted(OBJECTS))
@settings(deadline=None)
@given(data=st.data())
def test_no_value_in_a_message_makes_a_format_fall_over(name: str, data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(OBJECTS[name]))
    path = data.draw(st.sampled_from(fields_in(document)))
    broken = changed(document, path, data.draw(JSON | st.sampled_from(NASTY)))
    assert_understood(name, Delivery(orjson.dumps(broken)))
    first = FORMATS[name].document_parts[0]
    assert_understood(name, Delivery(parts={first: orjson.dumps(broken), **PICTURES}))


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_every_field_is_tried_with_every_nasty_value(name: str) -> None:
    for document in OBJECTS[name]:
        for path in fields_in(document):
            for value in NASTY:
                assert_understood(name, Delivery(orjson.dumps(changed(document, path, value))))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_no_damage_makes_a_format_fall_over(name: str) -> None:
    dice = random.Random(name)
    for sample in SAMPLES[name]:
        whole = sample if isinstance(sample, bytes) else orjson.dumps(sample)
        for _ in range(150):
            data = bytearray(whole)
            for _ in range(dice.randint(1, 8)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            cut = bytes(data[: dice.choice([len(data), dice.randrange(len(data))])])
            assert_understood(name, Delivery(cut))


@pytest.mark.parametrize("name", ["genetec", "hikvision"])
@given(text=st.text("<>/&;ab!-[]CDAT \"='?", max_size=60))
def test_no_xml_makes_a_format_fall_over(name: str, text: str) -> None:
    assert_understood(name, Delivery(f"<AutoVu>{text}</AutoVu>".encode()))
    assert_understood(name, Delivery(f"<{text}".encode()))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_each_read_ends_in_one_way(feed: Feed, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(OBJECTS)))
    document = data.draw(st.sampled_from(OBJECTS[name]))
    path = data.draw(st.sampled_from(fields_in(document)))
    document = changed(document, path, data.draw(JSON | st.sampled_from(NASTY)))
    response = post(feed, name, document)
    assert response.status_code in {200, 413}, response.content
    if response.status_code == 200:
        body = response.json()
        counts = [body[outcome] for outcome in ("stored", "duplicate", "quarantined", "refused")]
        assert sum(counts) == len(body["reads"])
        assert Batch.objects.filter(pk=body["receipt"]).exists()


# --- one by one ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "picture",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a<script>alert(1)</script>",
        b"%PDF-1.7 /JS (app.alert(1))",
        SCENE[:100],
    ],
    ids=["svg", "html", "gif", "pdf", "cut"],
)
def test_picture_with_a_script_inside_is_no_photograph(feed: Feed, picture: bytes) -> None:
    """SAF-2: by content, whatever it is called."""
    form = {
        "json": orjson.dumps(vendors.stream_webhook()).decode(),
        "upload": part("image.jpg", picture),
    }
    (read,) = post(feed, "platerecognizer", form, "multipart").json()["reads"]
    assert (read["outcome"], read["reason"]) == ("quarantined", "photograph_invalid")
    group = vendors.openalpr_group(vehicle_crop_jpeg=base64.b64encode(picture).decode())
    (read,) = post(feed, "openalpr", group).json()["reads"]
    assert (read["outcome"], read["reason"]) == ("quarantined", "photograph_invalid")


def test_one_picture_of_many_plates_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def count(text: Any, **more: Any) -> bytes:
        calls.append(1)
        return b64decode(text, **more)

    b64decode = base64.b64decode
    monkeypatch.setattr(base64, "b64decode", count)
    plates = [f"A{number}" for number in range(100)]
    reads_of("blueiris", vendors.blueiris(ai_dump=vendors.blueiris_dump(*plates)))
    assert len(calls) == 1


def test_nested_bomb_is_kept_short(feed: Feed) -> None:
    nest: Any = "x" * 5_000
    for _ in range(200):
        nest = {"a": nest, "b": [1] * 500}
    response = post(feed, "openalpr", nest)
    assert response.json()["quarantined"] == 1
    assert len(orjson.dumps(QuarantinedRead.objects.get().payload)) < 20_000


def test_list_of_thousands_is_refused_or_counted(feed: Feed) -> None:
    assert post(feed, "openalpr", [{}] * 5_001).status_code == 413
    assert post(feed, "parkpow", vendors.parkpow(results=[7] * 101)).status_code == 413
    body = post(feed, "openalpr", [{"data_type": f"x{number}"} for number in range(500)]).json()
    assert (body["quarantined"], len(body["reads"])) == (500, 500)


@pytest.mark.parametrize("camera", ["%00", "%ff%fe", "x" * 5_000, "%F0%9F%9A%97", "'%22%3Cscript"])
def test_camera_in_the_address_may_be_anything(feed: Feed, camera: str) -> None:
    (read,) = post(feed, "openalpr", vendors.openalpr_group(), camera=camera).json()["reads"]
    assert (read["outcome"], read["reason"]) == ("quarantined", "camera_unknown")


@pytest.mark.parametrize("name", ["", "..", "openalpr%00", "OPENALPR", "generic", "x" * 900])
def test_format_in_the_address_may_be_anything(feed: Feed, name: str) -> None:
    response = Client().post(
        f"/api/v1/feeds/{name}/", b"{}", content_type="application/json", headers=feed.headers()
    )
    assert response.status_code == 404


def test_multipart_that_breaks_off_is_malformed(feed: Feed) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="json"\r\n\r\n{"a'
    response = post(feed, "openalpr", body, "multipart/form-data; boundary=x")
    assert response.status_code == 400 or response.json()["quarantined"] == 1
    assert post(feed, "openalpr", b"--x", "multipart/form-data").status_code == 400
