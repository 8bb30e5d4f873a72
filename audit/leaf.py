"""Leaf format v1: from an event to the bytes that will be hashed into the tree, for ever.

    salt(name)   = SHA-256( seed[32] ‖ name )
    commit(name) = SHA-256( salt(name) ‖ JCS(value) )                JCS = RFC 8785
    body         = SHA-256( for each name ascending:  name "=" hex(commit) "\\n" )
    leaf bytes   = {"at":"…","body":"<hex>","id":"<uuid7>","kind":"…","v":1}
    leaf hash    = SHA-256( 0x00 ‖ leaf bytes )                      RFC 6962

The salts let a single field be closed, or all of them erased, without touching the tree; without
them an erased plate could be found again by trying every plate there is.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
# Made once: making it takes longer than writing most values.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_MAX_INTEGER = 2**53

# What a field may hold; nested values follow the same rule.
Value = None | bool | int | str | list["Value"] | dict[str, "Value"]


class InvalidField(ValueError):
    """A field whose value has no single canonical form, so it can't be committed to."""


def check_fields(fields: Mapping[str, Value]) -> None:
    """Raise InvalidField unless every name and value may stand in a leaf."""
    for name, value in fields.items():
        if not _FIELD_NAME.fullmatch(name):
            raise InvalidField(f"field name {name!r} is not like [a-z][a-z0-9_]*, 40 at most")
        _check_value(name, value)


def _check_value(name: str, value: object) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) >= _MAX_INTEGER:
            raise InvalidField(f"{name}: {value} is not within 2^53")
    elif isinstance(value, str):
        _check_text(name, value)
    elif isinstance(value, list):
        for item in value:
            _check_value(name, item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise InvalidField(f"{name}: key {key!r} is not ASCII text")
            _check_text(name, key)
            _check_value(name, item)
    else:
        raise InvalidField(f"{name}: {type(value).__name__} is not allowed (no floats, no dates)")


def _check_text(name: str, text: str) -> None:
    if "\0" in text:
        raise InvalidField(f"{name}: U+0000 is not allowed")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise InvalidField(f"{name}: lone surrogate is not allowed")


def canonical(value: Value) -> bytes:
    """RFC 8785 for the values a field may hold; equal to it because keys are ASCII, no floats."""
    return b"null" if value is None else _CANONICAL(value).encode()


def salt(seed: bytes, name: str) -> bytes:
    """What one field's commitment is salted with; opens that field alone."""
    return hashlib.sha256(seed + name.encode()).digest()


def commitment(seed: bytes, name: str, value: Value) -> bytes:
    """The salted commitment to one field."""
    return hashlib.sha256(salt(seed, name) + canonical(value)).digest()


def body_hash(seed: bytes, fields: Mapping[str, Value]) -> bytes:
    """The hash over the commitments to all fields, names ascending."""
    sha256 = hashlib.sha256
    lines = []
    for name in sorted(fields):  # `commitment` of each, without a call for each
        salted = sha256(seed + name.encode()).digest()
        lines.append(f"{name}={sha256(salted + canonical(fields[name])).hexdigest()}\n")
    return sha256("".join(lines).encode()).digest()


def format_at(at: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SS.ffffffZ`` in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def leaf_bytes(*, at: datetime, body: bytes, event_id: UUID, kind: str) -> bytes:
    """The leaf exactly as it will be hashed; ``at`` and ``kind`` survive erasure."""
    leaf: dict[str, Value] = {
        "at": format_at(at),
        "body": body.hex(),
        "id": str(event_id),
        "kind": kind,
        "v": 1,
    }
    return canonical(leaf)


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 6962 leaf hash."""
    return hashlib.sha256(b"\x00" + leaf).digest()
