"""ParkPow's `log-vehicle`, as programs send it that were written for ParkPow."""

from typing import Any

import orjson

from ingest.formats.nodes import Node, invalid
from ingest.formats.recognitions import fields_of
from ingest.formats.sightings import Message, Pictures, each, make, of_result
from ingest.schemas import Delivered, Understood

NAME = "parkpow"
DOCUMENT_PARTS = ("json",)


def understand(message: Message) -> Understood:
    """The plates of one picture. Raises Quarantined for a message of no known kind."""
    document = Node(message.document)
    if "results" not in document:
        raise invalid("results", "a list of plates", None)
    pictures = Pictures(message)
    scene = pictures.add("image", document.text("image")) or pictures.part("image", "upload")
    common = {
        "captured_at": document.text("time"),
        "cameras": [document.text("camera"), message.camera],
    }
    original = of_result(message.document, without="results")

    def read_one(index: int, item: Any) -> Delivered:
        fields = fields_of(Node(item, f"results[{index}]"), scene)
        return make(common | fields, pictures=pictures, original=original(item))

    results = _results(document)
    reads = each(results, read_one, pictures=pictures, original=original)
    return Understood(reads, note="" if results else "no plate in the picture")


def _results(document: Node) -> list[Any]:
    """Some programs send the list as text."""
    text = document.value["results"]
    if not isinstance(text, str):
        return document.items("results")
    try:
        decoded = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise invalid("results", "a list of plates", text) from None
    return Node({"results": decoded}).items("results")
