"""Reading a vendor's message field by field: what is not as it should be is named with its path.

Every getter takes several names, of which the first that has a value counts: software of different
versions spells the same thing differently.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.rules import Quarantined, QuarantineReason

# Stricter than `float`, which takes "nan", "1_000" and the digits of every script.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


class Node:
    """A JSON object, or an XML element, of a vendor's message. Raises Quarantined."""

    __slots__ = ("_path", "value")

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, dict):
            raise invalid(path or "The message", "an object", value)
        self.value: Mapping[str, Any] = value
        self._path = path

    def __contains__(self, name: str) -> bool:
        return self.value.get(name) is not None

    def text(self, *names: str) -> str:
        """Text; a whole number counts as its digits. Empty where there is none."""
        for name, value in self._given(names):
            if isinstance(value, str):
                if value.strip():
                    return value.strip()
            elif isinstance(value, int) and not isinstance(value, bool):
                return f"{value:d}" if abs(value) < 10**18 else ""
            else:
                raise invalid(self.path(name), "text", value)
        return ""

    def number(self, *names: str) -> float | None:
        """A number, or one written as text."""
        for name, value in self._given(names):
            if isinstance(value, str):
                if not value.strip():
                    continue
                if _NUMBER.fullmatch(value.strip()):
                    return float(value)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                return float(value) if abs(value) < 2**63 else math.inf
            raise invalid(self.path(name), "a number", value)
        return None

    def share(self, *names: str, of: float = 1.0) -> float | None:
        """A confidence from 0 to `of`, as one from 0 to 1."""
        value = self.number(*names)
        return None if value is None else value / of

    def flag(self, name: str) -> bool:
        """Whether it is said to be so."""
        value = self.value.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise invalid(self.path(name), "true or false", value)

    def node(self, name: str) -> "Node":
        """The object inside; an empty one where there is none."""
        value = self.value.get(name)
        return Node({} if value is None else value, self.path(name))

    def nodes(self, name: str) -> "list[Node]":
        """The objects of a list; a single one counts as a list of it."""
        return [Node(item, f"{self.path(name)}[{i}]") for i, item in enumerate(self.items(name))]

    def items(self, name: str) -> list[Any]:
        """The members of a list, whatever they are; a single object counts as a list of it."""
        value = self.value.get(name)
        if value is None:
            return []
        if isinstance(value, dict):
            return [value]
        if isinstance(value, list):
            return value
        raise invalid(self.path(name), "a list", value)

    def best(self, name: str, *fields: str, score: str) -> str:
        """The text of the likeliest member of a list of guesses."""
        guesses = [(guess.number(score) or 0.0, guess.text(*fields)) for guess in self.nodes(name)]
        return max(guesses, key=lambda guess: guess[0])[1] if guesses else ""

    def path(self, name: str) -> str:
        """Where in the message a field is."""
        return f"{self._path}.{name}" if self._path else name

    def _given(self, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        for name in names:
            if self.value.get(name) is not None:
                yield name, self.value[name]


def invalid(field: str, wanted: str, got: Any) -> Quarantined:
    """The fault of a field that holds something else than it should."""
    shown = f"{got!r:.60}"
    shown = shown if len(shown) < 60 else f"{shown}…"
    return Quarantined(
        QuarantineReason.PAYLOAD_INVALID, f"{field}: expected {wanted}, got {shown}."
    )
