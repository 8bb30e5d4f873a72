"""Verkada's webhook. It tells where its picture may be fetched; this service fetches nothing that a
message names. Whoever relays the webhook sends the picture along, as the part `image`."""

from typing import Any

from ingest.formats import boxes, moments, states
from ingest.formats.nodes import Node, invalid
from ingest.formats.sightings import Message, Pictures, kept, make, photo
from ingest.schemas import PhotoRole, Understood

NAME = "verkada"
DOCUMENT_PARTS = ("json", "event")
_PICTURE = ("image", "upload")


def understand(message: Message) -> Understood:
    """The one plate of a webhook. Raises Quarantined for a message of no known kind."""
    document = Node(message.document)
    if document.text("webhook_type") != "lpr":
        raise invalid("webhook_type", "lpr", document.value.get("webhook_type"))
    data, pictures = document.node("data"), Pictures(message)
    scene, webhook = pictures.part(*_PICTURE), document.text("webhook_id")
    fields = {
        "plate": data.text("license_plate_number"),
        "state": states.from_region(data.text("license_plate_state")),
        "captured_at": _when(data),
        "cameras": [data.text("camera_id"), message.camera],
        "confidence": data.share("confidence"),
        "photos": photo(PhotoRole.SCENE, scene, _box(data, boxes.size_of(pictures.data(scene))))
        or _not_fetched(data),
        "keys": [f"{NAME}:{webhook}"] if webhook else [],
    }
    return Understood((make(fields, pictures=pictures, original=kept(message.document)),))


def _when(data: Node) -> str:
    detected = moments.from_epoch_ms(data.number("detected"))
    return detected or moments.from_epoch_seconds(data.number("created"))


def _box(data: Node, size: tuple[int, int] | None) -> boxes.Box | None:
    """Two corners in shares of the picture's width and height."""
    crop = boxes.from_list(data.items("crop"))
    if size is None or crop is None or not all(0 <= share <= 1 for share in crop):
        return None
    west, north, east, south = crop
    return boxes.from_shares(west, north, east, south, size)


def _not_fetched(data: Node) -> list[dict[str, Any]]:
    if "image_url" not in data:
        return []
    return [{"role": PhotoRole.SCENE.value, "part": "of image_url, which is not fetched"}]
