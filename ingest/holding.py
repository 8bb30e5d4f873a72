"""What quarantine keeps of a delivered read: enough to see what is wrong, and to feed it again.

Pure. Photographs are named by their hash; the bytes are kept with all others.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from ingest.checking import Album
from ingest.models import content_uuid
from ingest.rules import PAYLOAD_MAX_BYTES, Quarantined
from ingest.schemas import Delivered, PhotoIn

# How deep a payload may nest and still be kept whole.
_MAX_DEPTH = 50
# A field of `read` longer than this is no plate and no camera.
_MAX_TEXT = 200
_MAX_CAMERA = 60
# What `formats.generic` reads, in which every format says what it understood.
_FIELDS = (
    "plate",
    "state",
    "captured_at",
    "captured_at_local",
    "camera",
    "latitude",
    "longitude",
    "confidence",
    "make",
    "model",
    "color",
)
_LISTS = ("camera_names", "keys")


@dataclass(frozen=True, slots=True)
class Held:
    """One read that goes to quarantine, in the columns of `QuarantinedRead`."""

    id: UUID
    index: int
    fault: Quarantined
    camera: str
    read: Mapping[str, Any]
    payload: Any
    photographs: Sequence[bytes]


def hold(read: Delivered, fault: Quarantined, *, index: int, album: Album, source_id: int) -> Held:
    """What is kept of a read that breaks a rule.

    The id is the same for every delivery of the same payload, so that it waits once only.
    """
    photos = [_kept_photo(photo, album) for photo in read.photos]
    payload = _kept_payload(read.payload, photos)
    fields = _understood(read.payload)
    canonical = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    return Held(
        id=content_uuid(f"{source_id}\n".encode() + canonical),
        index=index,
        fault=fault,
        camera=str(fields.get("camera", ""))[:_MAX_CAMERA],
        read=fields | {"photos": photos},
        payload=payload,
        photographs=[bytes.fromhex(photo["sha256"]) for photo in photos if "sha256" in photo],
    )


def _understood(payload: Any) -> dict[str, Any]:
    """The fields of our own JSON in a payload, where they are texts, numbers or lists of texts."""
    if not isinstance(payload, dict):
        return {}
    found = {name: _short(_storable(payload[name])) for name in _FIELDS if name in payload}
    lists = {
        name: [_short(_storable(text)) for text in payload[name] if isinstance(text, str)]
        for name in _LISTS
        if isinstance(payload.get(name), list)
    }
    return lists | {
        name: value
        for name, value in found.items()
        if isinstance(value, str | int | float) and value != ""
    }


def _short(value: Any) -> Any:
    return value[:_MAX_TEXT] if isinstance(value, str) else value


def _kept_payload(payload: Any, photos: list[dict[str, Any]]) -> Any:
    kept = _storable(payload)
    if isinstance(kept, dict) and "photos" in kept:
        kept["photos"] = photos
    encoded = orjson.dumps(kept)
    if len(encoded) > PAYLOAD_MAX_BYTES:
        cut = encoded[:PAYLOAD_MAX_BYTES].decode(errors="replace")
        return {"cut": cut, "bytes": len(encoded)}
    return kept


def _kept_photo(photo: PhotoIn, album: Album) -> dict[str, Any]:
    kept: dict[str, Any] = {"role": _storable(str(photo.role))}
    try:
        kept["sha256"] = album.add(photo).hex()
    except Quarantined as fault:
        kept["problem"] = fault.detail
    if photo.box is not None:
        kept["box"] = list(photo.box)
    return kept


def _storable(value: Any, depth: int = 0) -> Any:
    """The value without what JSONB can't hold: U+0000, numbers that are none, bottomless nests."""
    if depth > _MAX_DEPTH:
        return "…"
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {_storable(str(name)): _storable(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [_storable(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
