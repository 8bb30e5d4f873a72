"""A vendor's delivery as it came over HTTP or lies in a file, by format: decoded, understood.

Nothing that can be decoded at all is ever dropped: what no format understands is `Unreadable`, with
its pictures, and waits in quarantine.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.bodies import Malformed, check_count, decode_json
from ingest.formats import (
    axis,
    blueiris,
    genetec,
    hikvision,
    openalpr,
    parkpow,
    platerecognizer,
    verkada,
)
from ingest.formats.sightings import Message, Pictures, kept, unreadable
from ingest.formats.xml import decode_xml
from ingest.rules import Quarantined, QuarantineReason
from ingest.schemas import Delivered, Heartbeat, Understood

# By which a document is known among pictures, where its part has a name of its own.
_DOCUMENT_STARTS = (b"{", b"[", b"<")
Decoder = Callable[[bytes], list[Any]]


@dataclass(frozen=True, slots=True)
class FeedFormat:
    """One vendor's format: how its document is found, decoded and understood."""

    name: str
    understand: Callable[[Message], Understood]
    document_parts: tuple[str, ...]
    decode: Decoder


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a request brought: a document, or parts by name, of which one is the document."""

    document: bytes = b""
    parts: Mapping[str, bytes] = field(default_factory=dict)
    camera: str = ""
    beside: Callable[[str], bytes] | None = None


FORMATS: dict[str, FeedFormat] = {
    module.NAME: FeedFormat(module.NAME, module.understand, module.DOCUMENT_PARTS, decode)
    for module, decode in (
        (axis, decode_json),
        (blueiris, decode_json),
        (genetec, genetec.decode),
        (hikvision, decode_xml),
        (openalpr, decode_json),
        (parkpow, decode_json),
        (platerecognizer, decode_json),
        (verkada, decode_json),
    )
}


def understand(
    feed_format: FeedFormat, delivery: Delivery, *, is_kept_elsewhere: bool = False
) -> Understood:
    """What a delivery holds; a document of several messages is all of them.

    Raises Malformed for a delivery without a document, and for one that can't be decoded where it
    is kept elsewhere, as a file; TooMuch for one of too many reads.
    """
    document, parts = _split(feed_format, delivery)

    def message(content: Any) -> Message:
        return Message(content, parts, delivery.camera, delivery.beside)

    try:
        documents = feed_format.decode(document)
    except Malformed as error:
        if is_kept_elsewhere:
            raise
        # Software that writes broken JSON would write it again for ever: people must see it.
        fault = Quarantined(QuarantineReason.PAYLOAD_INVALID, error.message)
        return Understood((_not_understood(fault, message(document.decode(errors="replace"))),))
    return _together([_one(feed_format, message(content)) for content in documents])


def _split(feed_format: FeedFormat, delivery: Delivery) -> tuple[bytes, dict[str, bytes]]:
    """The document, and the other parts by their name in small letters."""
    parts = {name.lower(): data for name, data in delivery.parts.items()}
    if not parts:
        if not delivery.document.strip():
            raise Malformed("The body is empty.")
        return delivery.document, {}
    for name in feed_format.document_parts:
        if name in parts:
            return parts.pop(name), parts
    likely = [name for name, data in parts.items() if data.lstrip()[:1] in _DOCUMENT_STARTS]
    if len({id(parts[name]) for name in likely}) == 1:
        document = parts[likely[0]]
        return document, {name: data for name, data in parts.items() if name not in likely}
    wanted = " or ".join(f"“{name}”" for name in feed_format.document_parts)
    raise Malformed(f"The multipart body has no part named {wanted}.")


def _one(feed_format: FeedFormat, message: Message) -> Understood:
    try:
        return feed_format.understand(message)
    except Quarantined as fault:
        return Understood((_not_understood(fault, message),))


def _not_understood(fault: Quarantined, message: Message) -> Delivered:
    pictures = Pictures(message)
    pictures.search(message.document)
    return unreadable(fault, original=kept(message.document), pictures=pictures)


def _together(all_understood: list[Understood]) -> Understood:
    reads = tuple(read for one in all_understood for read in one.reads)
    check_count(len(reads))
    notes = dict.fromkeys(one.note for one in all_understood if one.note)
    return Understood(reads, tuple(_heartbeats(all_understood)), "; ".join(notes)[:120])


def _heartbeats(all_understood: list[Understood]) -> Iterator[Heartbeat]:
    for one in all_understood:
        yield from one.heartbeats
