"""Our own JSON: what of it is no read, and how that is said (ING-5)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.formats import generic
from ingest.schemas import PhotoIn, ReadIn, Unreadable
from tests.ingest.feed import SCENE, encoded, payload

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def parsed(**changes: Any) -> ReadIn:
    read = generic.parse(payload(**changes))
    assert isinstance(read, ReadIn), read
    return read


def fault(**changes: Any) -> Unreadable:
    read = generic.parse(payload(**changes))
    assert isinstance(read, Unreadable), read
    return read


@pytest.mark.parametrize("document", [None, 5, "text", [], True, 1.5])
def test_what_is_no_object_is_unreadable(document: Any) -> None:
    read = generic.parse(document)
    assert isinstance(read, Unreadable)
    assert (read.reason, read.payload) == ("payload_invalid", document)


@pytest.mark.parametrize(
    ("changes", "reason", "named"),
    [
        ({"plate": 5}, "payload_invalid", "plate: expected text, got 5"),
        ({"state": ["PA"]}, "payload_invalid", "state"),
        ({"camera": {}}, "payload_invalid", "camera"),
        ({"latitude": "north"}, "payload_invalid", "latitude: expected a number, got 'north'"),
        ({"longitude": True}, "payload_invalid", "longitude"),
        ({"confidence": 97}, "payload_invalid", "0 to 1"),
        ({"make": 3}, "payload_invalid", "make"),
        ({"photos": "none"}, "payload_invalid", "photos"),
        ({"photos": [1]}, "payload_invalid", "photos"),
        ({"photos": [{"role": "side", "data": ""}]}, "payload_invalid", "role"),
        ({"photos": [{"role": "scene"}]}, "payload_invalid", "one of data, file, part, sha256"),
        ({"photos": [{"role": "scene", "data": "", "file": ""}]}, "payload_invalid", "one of"),
        ({"photos": [{"role": "scene", "sha256": "zz"}]}, "payload_invalid", "64 hex"),
        ({"photos": [{"role": "scene", "data": "!!"}]}, "photograph_invalid", "base64"),
        ({"photos": [{"role": "scene", "data": "", "box": [1]}]}, "payload_invalid", "box"),
        ({"captured_at": None}, "time_missing", "captured_at"),
        ({"captured_at": "yesterday"}, "time_invalid", "yesterday"),
        ({"captured_at": 1767621791250}, "time_invalid", "1767621791250"),
        ({"captured_at": "2026-01-05T14:03:11"}, "time_invalid", "zone"),
    ],
)
def test_wrong_field_is_named(changes: dict[str, Any], reason: str, named: str) -> None:
    read = fault(**changes)
    assert read.reason == reason
    assert named in read.detail


def test_time_is_taken_to_the_microsecond() -> None:
    at = parsed(captured_at="2026-01-05T14:03:11.250Z").captured_at
    assert at == datetime(2026, 1, 5, 14, 3, 11, 250_000, tzinfo=UTC)


def test_description_is_cut_to_what_the_table_holds() -> None:
    read = parsed(make="Toyota\0\n" + "x" * 100, model="", color=None)
    assert (read.make, read.model, read.color) == ("Toyota" + "x" * 54, None, None)


def test_photograph_comes_as_data_url_too() -> None:
    read = parsed(photos=[{"role": "scene", "data": f"data:image/jpeg;base64,{encoded(SCENE)}"}])
    assert read.photos[0].data == SCENE


def test_photograph_that_did_not_come_is_a_problem_of_the_read() -> None:
    def find(way: str, name: str) -> bytes:
        raise LookupError(f"no {way} {name}")

    read = generic.parse(payload(photos=[{"role": "scene", "part": "p1"}]), find)
    assert isinstance(read, ReadIn)
    assert isinstance(read.photos[0], PhotoIn)
    assert read.photos[0].problem == "no part p1"


@given(JSON)
def test_no_document_makes_it_fall_over(document: Any) -> None:
    assert generic.parse(document) is not None


@given(st.sampled_from(sorted(payload())), JSON)
def test_no_field_makes_it_fall_over(name: str, value: Any) -> None:
    assert generic.parse(payload(**{name: value})) is not None
