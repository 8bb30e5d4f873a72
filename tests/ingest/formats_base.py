"""What the tests of the vendors' formats share: a message understood, without a database."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from ingest.formats.feeds import FORMATS, Delivery, understand
from ingest.schemas import ReadIn, Understood, Unreadable
from tests.harness.real import REAL_DATA

# Real messages, which are nobody's to publish.
REAL = REAL_DATA / "payloads"


def understood(
    name: str, document: Any, parts: Mapping[str, bytes] | None = None, camera: str = ""
) -> Understood:
    """What a format makes of a document, with other parts beside it where there are any."""
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    feed_format = FORMATS[name]
    if parts:
        return understand(
            feed_format,
            Delivery(parts={feed_format.document_parts[0]: body, **parts}, camera=camera),
        )
    return understand(feed_format, Delivery(document=body, camera=camera))


def reads_of(name: str, document: Any, **more: Any) -> list[ReadIn]:
    """The reads of a message that holds nothing else."""
    found = understood(name, document, **more).reads
    assert all(isinstance(read, ReadIn) for read in found), found
    return [read for read in found if isinstance(read, ReadIn)]


def read_of(name: str, document: Any, **more: Any) -> ReadIn:
    """The one read of a message."""
    (read,) = reads_of(name, document, **more)
    return read


def fault_of(name: str, document: Any, **more: Any) -> Unreadable:
    """The one thing in a message that no read could be made of."""
    (read,) = understood(name, document, **more).reads
    assert isinstance(read, Unreadable), read
    return read


def real(name: str) -> bytes:
    """A real message; the test is skipped where there is none."""
    path = REAL / name
    if not path.exists():
        pytest.skip(f"no real message at {path}")
    return path.read_bytes()
