"""What a vendor's format understood, said in our own JSON and read by `generic` like anyone's.

So every check of a field stands in one place, and a read that waits in quarantine is a form that
can be repaired and fed again, with what the vendor sent beside it as `original`.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ingest.bodies import TooMuch
from ingest.formats import generic
from ingest.rules import (
    MAX_DELIVERY_KEYS,
    MAX_PLATES_PER_MESSAGE,
    Quarantined,
    QuarantineReason,
)
from ingest.schemas import Delivered, PhotoIn, PhotoRole, Unreadable

_KEPT_TEXT = 300
_KEPT_ITEMS = 60
_KEPT_DEPTH = 12
_KEPT_BYTES = 16 * 1024
# How JPEG, PNG and WebP begin in base64, and enough of what follows to be one.
_PICTURE = re.compile(r"(?:/9j/|iVBOR|UklGR)[A-Za-z0-9+/\s]{100,}={0,2}", re.ASCII)
_MAX_SEARCHED = 10
# No base64 has a full stop in it.
_FILE_NAME = re.compile(r"[^\0]{1,250}\.(?:jpe?g|png|webp)", re.ASCII | re.IGNORECASE)
# The address of a camera's stream often holds its log-on.
_LOG_ON = re.compile(r"(\w{1,20}://)[^/@\s]{1,200}@")


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came: its decoded document, the other parts of the request by name.

    `camera` is the camera that the address names, for software that names none. `beside` reads a
    file that lies beside a document on disk; raises LookupError with a sentence.
    """

    document: Any
    parts: Mapping[str, bytes] = field(default_factory=dict)
    camera: str = ""
    beside: Callable[[str], bytes] | None = None


class Pictures:
    """The pictures of one message by name; a text of base64 is decoded once, however many plates
    are cut from it, and a file is read once."""

    def __init__(self, message: Message) -> None:
        self._parts = dict(message.parts)
        self._texts: dict[str, str] = {}
        self._beside = message.beside

    def add(self, name: str, text: str) -> str:
        """Keep a text of base64 under a name; returns the name, or nothing where there is none.

        A text that is the name of a file is a name already.
        """
        if not text or _FILE_NAME.fullmatch(text):
            return text
        self._texts[name] = text
        return name

    def part(self, *names: str) -> str:
        """The first of the names that the request has a part for."""
        return next((name for name in names if self._parts.get(name)), "")

    def file(self, name: str) -> str:
        """The name, where files can lie beside the message."""
        return name if self._beside else ""

    def data(self, name: str) -> bytes | None:
        """The picture's bytes, where there are any."""
        try:
            return self.find("part", name)
        except (LookupError, Quarantined):
            return None

    def find(self, _way: str, name: str) -> bytes:
        """See `generic.Attachments`."""
        if name in self._texts:
            self._parts[name] = _decoded(self._texts[name])
            del self._texts[name]
        if name not in self._parts:
            if self._beside is None:
                raise LookupError(f"The message has no picture “{name}”.")
            self._parts[name] = self._beside(name)
        return self._parts[name]

    def search(self, value: Any) -> None:
        """Add what looks like a picture in base64 anywhere in a message that nobody understands."""
        for text in _texts(value, 0):
            for found in _PICTURE.finditer(text):
                if len(self._texts) >= _MAX_SEARCHED:
                    return
                self._texts[f"picture {len(self._texts) + 1}"] = found[0]

    def all(self) -> tuple[PhotoIn, ...]:
        """Every picture that can be had, for a message that nothing was made of."""
        names = sorted({*self._parts, *self._texts})
        # A part may have a name and a file name.
        found = {id(data): (name, data) for name in names if (data := self.data(name))}
        return tuple(PhotoIn(name, data) for name, data in found.values())


def photo(role: PhotoRole, name: str, box: Sequence[float] | None = None) -> list[dict[str, Any]]:
    """The picture of this name in the form of our own JSON; none where the name is empty."""
    if not name:
        return []
    return [{"role": role.value, "part": name} | ({} if box is None else {"box": list(box)})]


def make(fields: Mapping[str, Any], *, pictures: Pictures, original: Any) -> Delivered:
    """The read that `fields` describe, with the names of our own JSON; empty ones are left out.

    `cameras`: the names the camera may be known by, best first.
    """
    names = [name for name in fields.get("cameras", ()) if name]
    payload = {
        name: value
        for name, value in fields.items()
        if name != "cameras" and value not in ("", None, [], ())
    }
    if names:
        payload["camera"] = names[0]
    if others := [name for name in dict.fromkeys(names) if name != names[0]]:
        payload["camera_names"] = others
    if keys := [key[:200] for key in fields.get("keys", ())]:
        payload["keys"] = keys[:MAX_DELIVERY_KEYS]
    payload.setdefault("photos", [])
    return generic.parse({**payload, "original": original}, pictures.find)


def each(
    items: Sequence[Any],
    read_one: Callable[[int, Any], Delivered],
    *,
    pictures: Pictures,
    original: Callable[[Any], Any],
) -> tuple[Delivered, ...]:
    """What `read_one` makes of each (index, item); one that it can't read costs no other.

    Raises TooMuch for more plates than any picture holds.
    """
    if len(items) > MAX_PLATES_PER_MESSAGE:
        raise TooMuch(
            f"{len(items)} plates in one message; at most {MAX_PLATES_PER_MESSAGE} are taken."
        )
    return tuple(
        _one(index, item, read_one, pictures, original) for index, item in enumerate(items)
    )


def _one(
    index: int,
    item: Any,
    read_one: Callable[[int, Any], Delivered],
    pictures: Pictures,
    original: Callable[[Any], Any],
) -> Delivered:
    try:
        return read_one(index, item)
    except Quarantined as fault:
        return unreadable(fault, original=original(item), pictures=pictures)


def storable(*names: str) -> tuple[str, ...]:
    """The names of a device as the database holds them, each once; empty ones are left out."""
    return tuple(dict.fromkeys(filter(None, map(clean, names))))


def clean(text: str, limit: int = 120) -> str:
    """The text without U+0000, which no text of the database holds, cut at a column's length."""
    return text.replace("\0", "")[:limit].strip()


def unreadable(fault: Quarantined, *, original: Any, pictures: Pictures) -> Unreadable:
    """What no read could be made of, with all its pictures."""
    payload = {"photos": [], "original": original}
    return Unreadable(fault.reason, fault.detail, payload, pictures.all())


def of_result(message: Any, without: str) -> Callable[[Any], dict[str, Any]]:
    """How to keep one of the plates in a message: what it says of this one, and of all."""
    rest = message if isinstance(message, dict) else {}
    header = kept({name: value for name, value in rest.items() if name != without})
    return lambda item: {"message": header, "result": kept(item)}


def kept(value: Any) -> Any:
    """What a vendor sent, for people to read: pictures, endless lists and log-ons cut out."""
    short = _shortened(value, 0)
    text = orjson.dumps(short, option=orjson.OPT_NON_STR_KEYS)
    if len(text) > _KEPT_BYTES:
        return {"cut": text[:_KEPT_BYTES].decode(errors="replace"), "bytes": len(text)}
    return short


def _shortened(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _kept_text(value)
    if isinstance(value, dict | list) and depth >= _KEPT_DEPTH:
        return "…"
    if isinstance(value, dict):
        pairs = list(value.items())
        found = {str(key)[:_KEPT_TEXT]: _shortened(one, depth + 1) for key, one in _first(pairs)}
        return found | ({"…": f"{len(pairs)} in all"} if len(pairs) > _KEPT_ITEMS else {})
    if isinstance(value, list):
        items = [_shortened(one, depth + 1) for one in _first(value)]
        return items + ([f"… {len(value)} in all"] if len(value) > _KEPT_ITEMS else [])
    return value


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth < _KEPT_DEPTH:
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item, depth + 1)


def _first(items: Sequence[Any]) -> Iterable[Any]:
    return items[:_KEPT_ITEMS]


def _kept_text(text: str) -> str:
    if len(text) > _KEPT_TEXT:
        text = f"{text[:_KEPT_TEXT]}… ({len(text)} characters)"
    return _LOG_ON.sub(r"\1…@", text)


def _decoded(text: str) -> bytes:
    # Some software sends a data URL, some wraps lines.
    body = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        detail = "photos: a picture is no base64 text."
        raise Quarantined(QuarantineReason.PHOTOGRAPH_INVALID, detail) from None
