"""Genetec AutoVu: the webhook's JSON, and the XML that a SharpV camera writes for each plate.

The webhook tells day before month; the camera's files tell year, month and day.
"""

from typing import Any

from ingest.bodies import decode_json
from ingest.formats import moments, states
from ingest.formats.nodes import Node, invalid
from ingest.formats.sightings import Message, Pictures, kept, make, photo
from ingest.formats.xml import decode_xml, is_xml
from ingest.schemas import Delivered, PhotoRole, Understood

NAME = "genetec"
DOCUMENT_PARTS = ("json", "xml")
_ROOT = "AutoVu"
_CONTEXT, _PLATE = "ContextImage", "PlateImage"


def decode(document: bytes) -> list[Any]:
    """The messages of a body of either kind. Raises Malformed, TooMuch."""
    return decode_xml(document) if is_xml(document) else decode_json(document)


def understand(message: Message) -> Understood:
    """The one plate of a message. Raises Quarantined for a message of no known kind."""
    document = Node(message.document)
    if _ROOT in document:
        return Understood((_of_file(document.node(_ROOT), message),))
    if "Plate" not in document:
        raise invalid("Plate", "the plate's number", sorted(document.value)[:10])
    return Understood((_of_webhook(document, message),))


def _of_webhook(document: Node, message: Message) -> Delivered:
    more = document.node("Attributes")
    fields = _common(document, message) | {
        "captured_at": moments.from_parts(
            document.text("DateUtc"), document.text("TimeUtc"), "%d/%m/%Y"
        ),
        "latitude": document.number("Latitude", "LatitudeY"),
        "longitude": document.number("Longitude", "LongitudeX"),
        "confidence": document.share("ConfidenceScore", of=100),
        "make": more.text("Vehicle Make"),
        "model": more.text("Vehicle Model"),
        "color": more.text("Vehicle Color"),
    }
    return _made(document, fields, message)


def _of_file(document: Node, message: Message) -> Delivered:
    fields = _common(document, message) | {
        "captured_at": moments.from_parts(
            document.text("UTCDate"), document.text("UTCTime"), "%Y:%m:%d", "%Y-%m-%d"
        ),
        "latitude": document.number("LatitudeY"),
        "longitude": document.number("LongitudeX"),
        "confidence": document.share("ConfidenceScore", of=100),
    }
    return _made(document, fields, message)


def _common(document: Node, message: Message) -> dict[str, Any]:
    camera, unit = document.text("CameraName"), document.text("SourceName")
    both = f"{unit}/{camera}" if unit and camera else ""
    guid = document.text("Guid", "GUID", "Id")
    return {
        "plate": document.text("Plate"),
        "state": states.from_state(document.text("State")),
        "cameras": [camera, both, unit, message.camera],
        "keys": [f"{NAME}:{guid.lower()}"] if guid else [],
    }


def _made(document: Node, fields: dict[str, Any], message: Message) -> Delivered:
    """With its pictures: in the message as base64, beside it as parts, or as files of that name."""
    if not fields["latitude"] and not fields["longitude"]:
        fields |= {"latitude": None, "longitude": None}
    pictures = Pictures(message)
    scene = pictures.add(_CONTEXT, document.text(_CONTEXT)) or pictures.part(_CONTEXT.lower())
    close_up = pictures.add(_PLATE, document.text(_PLATE)) or pictures.part(_PLATE.lower())
    photos = photo(PhotoRole.SCENE, scene) + photo(PhotoRole.PLATE, close_up)
    return make(fields | {"photos": photos}, pictures=pictures, original=kept(message.document))
