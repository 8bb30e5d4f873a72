"""Plate Recognizer: webhooks of Stream and of Snapshot, and what Stream writes into its files."""

from typing import Any

from ingest.formats import moments
from ingest.formats.nodes import Node, invalid
from ingest.formats.recognitions import fields_of
from ingest.formats.sightings import Message, Pictures, each, make, of_result
from ingest.schemas import Delivered, Understood

NAME = "platerecognizer"
DOCUMENT_PARTS = ("json",)
_PICTURE = ("upload", "image", "original_image")
# Snapshot says when a picture is done, with or without a plate in it.
_OF_SNAPSHOT = "image.done"


def understand(message: Message) -> Understood:
    """What a webhook's message holds. Raises Quarantined for one of no known kind."""
    document = Node(message.document)
    data = document.node("data") if "data" in document else document
    if "results" not in data:
        raise invalid(data.path("results"), "a list of plates", None)
    pictures = Pictures(message)
    scene = pictures.part(*_PICTURE) or pictures.file(data.text("filename").lstrip("/"))
    common = {
        # Both programs write UTC, and Snapshot without saying so.
        "captured_at": moments.as_utc(data.text("timestamp")),
        "cameras": _cameras(document.node("hook"), data, message),
    }
    original = of_result(data.value, without="results")

    def read_one(index: int, item: Any) -> Delivered:
        fields = fields_of(Node(item, f"results[{index}]"), scene)
        return make(common | fields, pictures=pictures, original=original(item))

    results = data.items("results")
    reads = each(results, read_one, pictures=pictures, original=original)
    return Understood(reads, note="" if results else "no plate in the picture")


def _cameras(hook: Node, data: Node, message: Message) -> list[str]:
    # Stream's hook is named as the camera; Snapshot's is not.
    hook_id = "" if hook.text("event") == _OF_SNAPSHOT else hook.text("id")
    return [data.text("camera_id"), hook_id, message.camera]
