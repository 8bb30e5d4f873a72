"""Axis cameras with a plate reader on board: the part `event`, and `image` with what was seen."""

from typing import Any

from ingest.formats import boxes, moments, states
from ingest.formats.nodes import Node, invalid
from ingest.formats.sightings import Message, Pictures, kept, make, photo
from ingest.schemas import PhotoRole, Understood

NAME = "axis"
DOCUMENT_PARTS = ("event", "json")
_PICTURE = ("image", "upload", "picture")
_PLATE_FIELDS = ("plateUTF8", "plateUnicode", "plateText", "plateASCII")


def understand(message: Message) -> Understood:
    """The one plate of an event. Raises Quarantined for a message of no known kind."""
    event = Node(message.document)
    if not any(name in event for name in _PLATE_FIELDS):
        raise invalid("The event", f"one of {', '.join(_PLATE_FIELDS)}", sorted(event.value)[:10])
    pictures, camera = Pictures(message), event.node("camera_info")
    scene, place = pictures.part(*_PICTURE), event.node("geotag")
    fields = {
        "plate": event.text(*_PLATE_FIELDS),
        "state": states.from_region(event.text("plateCountry")),
        "captured_at": moments.from_epoch_ms(event.number("capture_timestamp")),
        "cameras": [camera.text("SerialNumber"), camera.text("MACAddress"), message.camera],
        **_place(place.number("lat"), place.number("lon")),
        "confidence": event.share("plateConfidence"),
        "photos": photo(PhotoRole.SCENE, scene, _box(event, boxes.size_of(pictures.data(scene)))),
    }
    return Understood((make(fields, pictures=pictures, original=kept(message.document)),))


def _place(latitude: float | None, longitude: float | None) -> dict[str, Any]:
    # A camera that nobody told where it stands says so by zeros.
    return {} if not latitude and not longitude else {"latitude": latitude, "longitude": longitude}


def _box(event: Node, size: tuple[int, int] | None) -> boxes.Box | None:
    """The plate in the picture: told for the whole of it, and for the part that is read from, of
    which the picture may be one."""
    told = [event.items(name) for name in ("plateCoordinates", "plateCoordinatesRelative")]
    found = [box for box in map(boxes.from_list, told) if box]
    fitting = [box for box in found if size is None or boxes.fits(box, size)]
    return next(iter(fitting or found), None)
