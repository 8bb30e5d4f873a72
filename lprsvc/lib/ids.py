"""Identifiers that sort by the time they were made."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """A new UUID version 7 (RFC 9562); PostgreSQL below 18 has none of its own."""
    return _uuid7()
