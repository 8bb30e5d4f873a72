"""Ids that follow from what they stand for: the same delivery has the same, whenever it comes."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID


def read_id(*, plate_key: str, state: str, captured_at: datetime, camera_id: int) -> UUID:
    """The id of the read with this natural key: the same for every delivery of it (ING-4)."""
    if captured_at.tzinfo is not UTC:
        captured_at = captured_at.astimezone(UTC)
    at = captured_at.isoformat(timespec="microseconds")
    return content_uuid(f"{plate_key}\n{state}\n{at}\n{camera_id}".encode())


def delivery_key(source_id: int, key: str) -> UUID:
    """How the id that a source's software gave to a sighting is kept."""
    return content_uuid(f"{source_id}\n{key}".encode(errors="replace"))


# Version 8 of RFC 9562: the application says what the other bits mean.


_UUID_VERSION_8 = 0x8000 << 64 | 0x8000 << 48


_UUID_FREE_BITS = ~(0xF000 << 64 | 0xC000 << 48)


def content_uuid(content: bytes) -> UUID:
    """A UUID that the content alone decides."""
    bits = int.from_bytes(hashlib.sha256(content).digest()[:16])
    return UUID(int=bits & _UUID_FREE_BITS | _UUID_VERSION_8)
