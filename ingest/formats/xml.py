"""A small XML document as plain objects, for formats to read like JSON.

Document types, entities and outside references are refused, and there may be only so many elements
so deep: a few kilobytes must never become all of memory. Namespaces are dropped, since firmware of
the same camera writes its own.
"""

from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ingest.bodies import Malformed

_MAX_ELEMENTS = 2_000
_MAX_DEPTH = 32
_MAX_ATTRIBUTES = 50
_XML_START = b"<"


class _TooBig(ValueError):
    """More elements than any camera sends."""


class _Builder:
    """The parser's target: elements as objects, text as text, elements of one name as a list."""

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self._open: list[dict[str, Any]] = [self.root]
        self._names: list[str] = []
        self._texts: list[list[str]] = [[]]
        self._elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > _MAX_ELEMENTS or len(self._open) > _MAX_DEPTH:
            raise _TooBig(f"it has over {_MAX_ELEMENTS} elements, or over {_MAX_DEPTH} deep")
        if len(attributes) > _MAX_ATTRIBUTES:
            raise _TooBig(f"an element has over {_MAX_ATTRIBUTES} attributes")
        self._names.append(tag.rpartition("}")[2])
        self._open.append({})
        self._texts.append([])

    def data(self, text: str) -> None:
        self._texts[-1].append(text)

    def end(self, _tag: str) -> None:
        element, text = self._open.pop(), "".join(self._texts.pop()).strip()
        _add(self._open[-1], self._names.pop(), element or text)

    def close(self) -> dict[str, Any]:
        return self.root


def _add(parent: dict[str, Any], name: str, value: Any) -> None:
    if name not in parent:
        parent[name] = value
    elif isinstance(parent[name], list):
        parent[name].append(value)
    else:
        parent[name] = [parent[name], value]


def is_xml(document: bytes) -> bool:
    """Whether it begins as XML does."""
    return document.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_XML_START)


def decode_xml(document: bytes) -> list[Any]:
    """The one document as {root's name: its content}. Raises Malformed."""
    parser = DefusedXMLParser(target=_Builder(), forbid_dtd=True)
    try:
        parser.feed(document)
        return [parser.close()]
    except ParseError as error:
        line, column = error.position
        raise Malformed(f"No XML at line {line}, column {column}: {error.msg}.") from None
    except DefusedXmlException as error:
        raise Malformed(f"XML with what cameras never send: {type(error).__name__}.") from None
    except (ValueError, LookupError) as error:
        raise Malformed(f"The XML can't be read: {error}.") from None
