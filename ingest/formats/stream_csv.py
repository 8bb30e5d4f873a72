"""The CSV file that Plate Recognizer Stream writes beside its pictures: a line for each plate, in
which whatever is no plain text is written as Python does. It is read as literals, never run."""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ingest.bodies import Malformed
from ingest.formats import moments
from ingest.formats.nodes import Node, invalid
from ingest.formats.recognitions import fields_of
from ingest.formats.sightings import Message, Pictures, kept, make, unreadable
from ingest.rules import Quarantined
from ingest.schemas import Delivered

_NEEDED = ("timestamp", "plate", "score", "file", "box")
_LITERALS = ("box", "model_make", "color", "vehicle", "region", "orientation", "candidates")
_MAX_LITERAL = 20_000
# As /camera-1_screenshots/21-10-27/06-20-43.970337.jpg, and camera-1_21-10-27 of the file itself.
_CAMERA = re.compile(r"(?:.*/)?(?P<camera>[^/]+)_screenshots/")
_DATED = re.compile(r"(?P<camera>.+?)_\d{2,4}-\d{2}-\d{2}")


def is_header(columns: Sequence[str]) -> bool:
    """Whether these are the columns of Stream's file."""
    return set(_NEEDED) <= set(columns)


def check_header(columns: Sequence[str]) -> None:
    """Raise Malformed for a file that lacks what each of Stream's has."""
    if missing := sorted(set(_NEEDED) - set(columns)):
        raise Malformed(f"Line 1 lacks the columns {missing} of Plate Recognizer Stream.")


def parse(row: Mapping[str, str], *, name: str, beside: Callable[[str], bytes]) -> Delivered:
    """The read of a line; `name` is the file's without its suffix, `beside` reads pictures."""
    pictures = Pictures(Message(row, beside=beside))
    try:
        picture = row["file"].lstrip("/")
        result: dict[str, Any] = {column: _literal(row, column) for column in _LITERALS}
        result |= {"plate": row["plate"], "score": row["score"]}
        fields = fields_of(Node(result), picture) | {
            "captured_at": moments.as_utc(row["timestamp"].strip()),
            "cameras": _cameras(row["file"], name),
        }
        return make(fields, pictures=pictures, original=kept(dict(row)))
    except Quarantined as fault:
        return unreadable(fault, original=kept(dict(row)), pictures=pictures)


def _literal(row: Mapping[str, str], column: str) -> Any:
    text = row.get(column, "").strip()
    if not text:
        return None
    if len(text) > _MAX_LITERAL:
        raise invalid(column, f"at most {_MAX_LITERAL} characters", text)
    try:
        return ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise invalid(column, "a list or dictionary as Python writes it", text) from None


def _cameras(picture: str, name: str) -> list[str]:
    by_picture, dated = _CAMERA.match(picture), _DATED.fullmatch(name)
    return [
        by_picture["camera"] if by_picture else "",
        dated["camera"] if dated else "",
        name,
    ]
