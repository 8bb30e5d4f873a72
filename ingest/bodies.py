"""From the bytes of a delivery to its payloads, before anybody asks what they mean."""

from typing import Any

import orjson

from ingest.rules import MAX_READS_PER_DELIVERY
from lprsvc.lib.errors import DomainError


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
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno} (character {error.pos})"
        raise Malformed(f"No JSON at {where}: {error.msg}.") from None
    payloads = document if isinstance(document, list) else [document]
    check_count(len(payloads))
    return payloads


def decode_ndjson(body: bytes) -> list[Any]:
    """The payloads of newline-delimited JSON; empty lines do not count.

    Raises Malformed, TooMuch.
    """
    lines = body.split(b"\n")
    # Cheap, before any of it is decoded.
    check_count(len(lines) - lines.count(b"") - lines.count(b"\r"))
    return [decode_line(line, number) for number, line in enumerate(lines, start=1) if line.strip()]


def decode_line(line: bytes, number: int) -> Any:
    """The payload of one line. Raises Malformed with the line's number."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        where = f"line {number}, column {error.colno}"
        raise Malformed(f"No JSON at {where}: {error.msg}.") from None


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
