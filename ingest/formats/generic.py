"""Our own JSON, as `POST /api/v1/reads/` and `load_reads` take it.

The vendors' formats say what they understood in this form too, with two fields that a sender of
our own JSON may use as well: `camera_names`, further names of the camera, and `keys`, the sender's
own ids of the sighting. A quarantined read of any format can therefore be fed again through here.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ingest.rules import MAX_DELIVERY_KEYS, Quarantined, QuarantineReason
from ingest.schemas import Box, Delivered, PhotoIn, PhotoRole, ReadIn, Unreadable

NAME = "generic"

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TEXT_LIMIT = 60
_ROLES = {role.value: role for role in PhotoRole}
_WAYS = frozenset({"data", "part", "file", "sha256"})

# Finds what a payload names by (way, name): ("part", "scene-1") or ("file", "scenes/1.jpg").
# Raises LookupError with a sentence for the vendor.
Attachments = Callable[[str, str], bytes]


def no_attachments(way: str, name: str) -> bytes:
    """For deliveries that carry nothing beside their JSON."""
    raise LookupError(f"{way} “{name}”: this delivery carries no such photograph")


def parse(payload: Any, attachments: Attachments = no_attachments) -> Delivered:
    """The read that a decoded JSON value describes, or why it describes none."""
    if not isinstance(payload, dict):
        detail = f"A read is a JSON object, not {type(payload).__name__}."
        return Unreadable(QuarantineReason.PAYLOAD_INVALID, detail, payload)
    photos: list[PhotoIn] = []
    try:
        _gather_photos(payload.get("photos"), attachments, photos)
        return _read(payload, tuple(photos))
    except Quarantined as fault:
        return Unreadable(fault.reason, fault.detail, payload, tuple(photos))


def _read(payload: dict[str, Any], photos: tuple[PhotoIn, ...]) -> ReadIn:
    return ReadIn(
        plate=_text(payload, "plate"),
        state=_text(payload, "state"),
        captured_at=_captured_at(payload),
        camera=_text(payload, "camera"),
        latitude=_number(payload, "latitude"),
        longitude=_number(payload, "longitude"),
        photos=photos,
        confidence=_confidence(payload),
        make=_described(payload, "make"),
        model=_described(payload, "model"),
        color=_described(payload, "color"),
        camera_names=_names(payload, "camera_names"),
        keys=_names(payload, "keys"),
        payload=payload,
    )


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    raise _invalid(name, "text", value)


def _described(payload: Mapping[str, Any], name: str) -> str | None:
    """Free text of the camera's software: control characters out, cut at the column's length."""
    value = payload.get(name)
    if not value:
        return None
    if not isinstance(value, str):
        raise _invalid(name, "text", value)
    if not value.isprintable():
        value = "".join(character for character in value if character.isprintable())
    return value[:_TEXT_LIMIT].strip() or None


def _number(payload: Mapping[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < 2**53 else math.inf
    raise _invalid(name, "a number", value)


def _confidence(payload: Mapping[str, Any]) -> float | None:
    value = _number(payload, "confidence")
    if value is None or 0 <= value <= 1:
        return value
    raise _invalid("confidence", "a number from 0 to 1", value)


def _names(payload: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = payload.get(name)
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value[:MAX_DELIVERY_KEYS])
    raise _invalid(name, "a list of texts", value)


def _captured_at(payload: Mapping[str, Any]) -> datetime:
    value = payload.get("captured_at")
    if value is not None and value != "":
        return _time("captured_at", value, with_zone=True)
    if local := payload.get("captured_at_local"):
        return _time("captured_at_local", local, with_zone=False)
    raise Quarantined(QuarantineReason.TIME_MISSING, "captured_at is missing.")


def _time(name: str, value: Any, *, with_zone: bool) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        at = None
    if at is None or (at.tzinfo is not None) != with_zone:
        zone, example = ("with its", "Z") if with_zone else ("without", "")
        detail = (
            f"{name}: {_shown(value)} is no ISO 8601 date and time {zone} zone,"
            f" as 2026-01-05T14:03:11.250{example}."
        )
        raise Quarantined(QuarantineReason.TIME_INVALID, detail)
    return at


def _gather_photos(value: Any, attachments: Attachments, found: list[PhotoIn]) -> None:
    """Add every photograph that came to `found`; raises the first fault afterwards, for a read
    waits in quarantine with all the pictures it has (ING-5)."""
    if value is None:
        return
    if not isinstance(value, list):
        raise _invalid("photos", "a list", value)
    faults: list[Quarantined] = []
    for item in value:
        try:
            found.append(_photo(item, attachments, faults))
        except Quarantined as fault:
            faults.append(fault)
    if faults:
        raise faults[0]


def _photo(item: Any, attachments: Attachments, faults: list[Quarantined]) -> PhotoIn:
    """The photograph; what is wrong with its role or box is added to `faults`. Raises Quarantined
    where there is no photograph at all."""
    if not isinstance(item, dict):
        raise _invalid("photos", "a list of objects", item)
    ways = [name for name in item if name in _WAYS and item[name] is not None]
    way, text = (ways[0], item[ways[0]]) if len(ways) == 1 else ("", None)
    if not isinstance(text, str):
        raise _invalid("photos", f"one of {', '.join(sorted(_WAYS))} as text", ways or None)
    role, box = _role(item.get("role"), faults), _box(item.get("box"), faults)
    if way == "sha256":
        return PhotoIn(role, sha256=_hash(text), box=box)
    try:
        data = _decoded(text) if way == "data" else attachments(way, text)
    except LookupError as missing:
        return PhotoIn(role, box=box, problem=str(missing.args[0]))
    return PhotoIn(role, data=data, box=box)


def _role(value: Any, faults: list[Quarantined]) -> PhotoRole | str:
    if isinstance(value, str) and (role := _ROLES.get(value)) is not None:
        return role
    faults.append(_invalid("photos: role", "“scene” or “plate”", value))
    return value[:_TEXT_LIMIT] if isinstance(value, str) else ""


def _decoded(text: str) -> bytes:
    # Some software sends a data URL.
    body = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise Quarantined(
            QuarantineReason.PHOTOGRAPH_INVALID, "photos: data is no base64 text."
        ) from None


def _hash(text: str) -> bytes:
    if not _SHA256.fullmatch(text):
        raise _invalid("photos: sha256", "64 hexadecimal digits", text)
    return bytes.fromhex(text)


def _box(value: Any, faults: list[Quarantined]) -> Box | None:
    if value is None:
        return None
    if (
        isinstance(value, list)
        and len(value) == 4
        and all(isinstance(side, int | float) and math.isfinite(side) for side in value)
    ):
        x, y, width, height = value
        return x, y, width, height
    faults.append(_invalid("photos: box", "four numbers x, y, width, height", value))
    return None


def _invalid(field: str, wanted: str, got: Any) -> Quarantined:
    detail = f"{field}: expected {wanted}, got {_shown(got)}."
    return Quarantined(QuarantineReason.PAYLOAD_INVALID, detail)


def _shown(value: Any) -> str:
    text = f"{value!r:.60}"
    return text if len(text) < 60 else f"{text}…"
