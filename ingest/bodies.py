"""From the bytes of a delivery to its payloads, before anybody asks what they mean."""

import codecs
from collections.abc import Callable
from typing import Any

import orjson

from ingest.rules import MAX_READS_PER_DELIVERY
from lprsvc.lib.errors import DomainError

_PACKED = (b"\x1f\x8b", b"PK\x03\x04")
# By the first four bytes; UTF-32 first, for its mark begins as that of UTF-16.
_WIDE: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("UTF-32", lambda head: head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE))),
    ("UTF-32", lambda head: head.endswith(b"\0\0\0") or head.startswith(b"\0\0\0")),
    ("UTF-16", lambda head: head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))),
    ("UTF-16", lambda head: head[:1] == b"\0" or head[1:2] == b"\0"),
)


class Malformed(DomainError):
    """The delivery can't be read at all, so nothing of it was kept; the message says where."""

    def __init__(self, message: str) -> None:
        super().__init__("malformed", message, status=400)


class TooMuch(DomainError):
    """The delivery is over a limit; nothing of it was kept."""

    def __init__(self, message: str) -> None:
        super().__init__("too_much", message, status=413)


def decode_json(body: bytes) -> list[Any]:
    """The payloads of a JSON document: one object, or a list. Raises Malformed, TooMuch."""
    text = _utf8(body)
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno} (character {error.pos})"
        raise _no_json(text, where, error) from None
    payloads = document if isinstance(document, list) else [document]
    check_count(len(payloads))
    return payloads


def decode_ndjson(body: bytes) -> list[Any]:
    """The payloads of newline-delimited JSON; empty lines do not count.

    Raises Malformed, TooMuch.
    """
    lines = _utf8(body).split(b"\n")
    # Cheap, before any of it is decoded.
    check_count(len(lines) - lines.count(b"") - lines.count(b"\r"))
    return [decode_line(line, number) for number, line in enumerate(lines, start=1) if line.strip()]


def decode_line(line: bytes, number: int) -> Any:
    """The payload of one line. Raises Malformed with the line's number."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _no_json(line, f"line {number}, column {error.colno}", error) from None


def _utf8(body: bytes) -> bytes:
    """The body without a byte order mark. Raises Malformed for what is surely no UTF-8 text."""
    if not body.strip():
        raise Malformed("The body is empty.")
    if body.startswith(_PACKED):
        raise Malformed("The body is packed (gzip or zip); send the text itself, as UTF-8.")
    # Every JSON text begins with two ASCII characters: the zeros beside them tell (RFC 4627, 3).
    for name, is_so in _WIDE:
        if is_so(body[:4]):
            raise Malformed(f"The body is {name} text; JSON is sent as UTF-8.")
    return body.removeprefix(codecs.BOM_UTF8)


def _no_json(text: bytes, where: str, error: orjson.JSONDecodeError) -> Malformed:
    """What is wrong with it, and where: the byte where it stops being UTF-8, if that is why."""
    try:
        text.decode()
    except UnicodeDecodeError as fault:
        line, _, _ = where.partition(", ")
        found = f"no UTF-8 at byte {fault.start + 1} (0x{text[fault.start]:02x})"
        return Malformed(f"{line}: {found}; JSON is sent as UTF-8.")
    return Malformed(f"No JSON at {where}: {error.msg}.")


def decode_either(body: bytes) -> list[Any]:
    """The payloads of what may be a JSON document or newline-delimited JSON."""
    try:
        return decode_json(body)
    except Malformed:
        if b"\n" not in body.strip():
            raise
        return decode_ndjson(body)


def check_count(count: int) -> None:
    """Raise TooMuch for more reads than one delivery may hold."""
    if count > MAX_READS_PER_DELIVERY:
        raise TooMuch(f"{count} reads; at most {MAX_READS_PER_DELIVERY} in one request.")
