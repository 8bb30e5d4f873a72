"""Leaf format v1: fixed for ever, so its bytes are written out here (AUD-4)."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit import leaf

SEED = bytes(range(32))
AT = datetime(2026, 1, 5, 14, 3, 11, 250000, tzinfo=UTC)
ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")

_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_keys = st.text(st.characters(max_codepoint=127, exclude_characters="\0"), max_size=8)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=10,
)
_names = st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True)


@given(_values)
def test_canonical_form_equals_rfc_8785(value: Any) -> None:  # AUD-4
    assert leaf.canonical(value) == rfc8785.dumps(value)


@given(st.dictionaries(_names, _values, max_size=5))
def test_what_check_fields_admits_has_a_body(fields: dict[str, Any]) -> None:
    leaf.check_fields(fields)
    assert len(leaf.body_hash(SEED, fields)) == 32


def test_leaf_bytes_are_exactly_these() -> None:  # AUD-4
    body = leaf.body_hash(SEED, {"plate": "XYZ1234", "actor": "user:1"})
    raw = leaf.leaf_bytes(at=AT, body=body, event_id=ID, kind="query.run")
    assert raw == (
        b'{"at":"2026-01-05T14:03:11.250000Z","body":"' + body.hex().encode() + b'",'
        b'"id":"01890a5d-ac96-774b-bcce-b302099a8057","kind":"query.run","v":1}'
    )
    assert leaf.leaf_hash(raw) == hashlib.sha256(b"\x00" + raw).digest()


def test_body_is_the_hash_of_named_commitments_in_order() -> None:
    def commit(name: str, value: str) -> str:
        salt = hashlib.sha256(SEED + name.encode()).digest()
        return hashlib.sha256(salt + json.dumps(value).encode()).hexdigest()

    expected = hashlib.sha256(
        f"actor={commit('actor', 'user:1')}\nplate={commit('plate', 'A')}\n".encode()
    ).digest()
    assert leaf.body_hash(SEED, {"plate": "A", "actor": "user:1"}) == expected


@pytest.mark.parametrize("changed", [{"plate": "B"}, {"plate": "A", "x": None}, {}])
def test_any_change_of_fields_changes_the_body(changed: dict[str, Any]) -> None:  # AUD-4
    assert leaf.body_hash(SEED, changed) != leaf.body_hash(SEED, {"plate": "A"})


@pytest.mark.parametrize(
    "fields",
    [
        {"Plate": "A"},
        {"1plate": "A"},
        {"a" * 41: "A"},
        {"plate": 1.5},
        {"plate": float("nan")},
        {"plate": AT},
        {"plate": b"A"},
        {"plate": ("A",)},
        {"plate": 2**53},
        {"plate": "a\0b"},
        {"plate": "\ud800"},
        {"plate": {"é": 1}},
        {"plate": {1: 1}},
        {"plate": [1.0]},
    ],
    ids=repr,
)
def test_values_without_one_canonical_form_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(leaf.InvalidField):
        leaf.check_fields(fields)


def test_time_is_written_in_utc_with_six_digits() -> None:
    from datetime import timedelta, timezone

    east = AT.replace(microsecond=5).astimezone(timezone(timedelta(hours=9)))
    assert leaf.format_at(east) == "2026-01-05T14:03:11.000005Z"
