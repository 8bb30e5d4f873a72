"""Hikvision cameras: `anpr.xml` beside the plate's picture and, mostly, that of the whole scene."""

from typing import Any

from ingest.formats import boxes, states
from ingest.formats.nodes import Node, invalid
from ingest.formats.sightings import Message, Pictures, kept, make, photo, storable
from ingest.schemas import DeviceKind, Heartbeat, PhotoRole, Understood

NAME = "hikvision"
DOCUMENT_PARTS = ("anpr.xml", "anpr", "xml")
_SCENE = ("detectionpicture.jpg", "detectionpicture", "vehiclepicture.jpg")
_PLATE = ("licenseplatepicture.jpg", "licenseplatepicture")
_SIDES = ("X", "Y", "width", "height")
_THOUSAND = 1_000
_NO_COLORS = frozenset({"unknown", "other", ""})


def understand(message: Message) -> Understood:
    """The one plate of an event, or a sign of life. Raises Quarantined for another kind."""
    alert = Node(message.document).node("EventNotificationAlert")
    if "ANPR" not in alert:
        return _sign_of_life(alert)
    anpr = alert.node("ANPR")
    pictures, color = Pictures(message), anpr.node("vehicleInfo").text("color").lower()
    fields = {
        "plate": anpr.text("licensePlate", "originalLicensePlate"),
        "state": states.from_region(anpr.text("country", "countryAbbreviation")),
        **_when(alert),
        "cameras": [*_names(alert), message.camera],
        **_place(alert),
        "confidence": anpr.share("confidenceLevel", of=100),
        "color": "" if color in _NO_COLORS else color,
        "photos": _photos(anpr, pictures),
        "keys": _keys(alert),
    }
    return Understood((make(fields, pictures=pictures, original=kept(message.document)),))


def _sign_of_life(alert: Node) -> Understood:
    """A camera that has nothing to tell says that some other event is not going on."""
    names = storable(*_names(alert))
    if alert.text("eventState") != "inactive" or not names:
        raise invalid("eventType", "ANPR", alert.text("eventType"))
    return Understood(heartbeats=(Heartbeat(DeviceKind.CAMERA, names),), note="heartbeat")


def _when(alert: Node) -> dict[str, str]:
    at = alert.text("dateTime")
    # Old firmware tells the time of the camera's own clock.
    has_zone = at.endswith("Z") or "+" in at or at.rfind("-") > len("2026-01-05")
    return {"captured_at" if has_zone else "captured_at_local": at}


def _keys(alert: Node) -> list[str]:
    uuid = alert.text("UUID", "uuid")
    return [f"{NAME}:{uuid}"] if uuid else []


def _names(alert: Node) -> list[str]:
    return [alert.text(name) for name in ("macAddress", "ipAddress", "channelName")]


def _photos(anpr: Node, pictures: Pictures) -> list[dict[str, Any]]:
    scene, close_up = pictures.part(*_SCENE), pictures.part(*_PLATE)
    if scene and close_up:
        return photo(PhotoRole.SCENE, scene) + photo(PhotoRole.PLATE, close_up)
    size = boxes.size_of(pictures.data(scene or close_up))
    box = _plate_in_picture(anpr, size) if size else None
    if scene:
        return photo(PhotoRole.SCENE, scene, box)
    # Of the plate's own picture alone: it is the whole scene, where the plate lies within it.
    inside = box is not None and size is not None and max(size) < _THOUSAND
    return photo(PhotoRole.SCENE if inside else PhotoRole.PLATE, close_up, box if inside else None)


def _plate_in_picture(anpr: Node, size: tuple[int, int]) -> boxes.Box | None:
    """In thousandths of the picture, or in pixels: which a figure above a thousand or a picture
    below it shows."""
    told = [anpr.node("plateRect")]
    told += [one.node("plateRect") for one in anpr.node("pictureInfoList").nodes("pictureInfo")]
    box = next(filter(None, (boxes.from_sides(one, _SIDES) for one in told)), None)
    if box is None:
        return None
    x, y, width, height = box
    if max(size) < _THOUSAND or max(x + width, y + height) > _THOUSAND:
        return box if boxes.fits(box, size) else None
    corners = [side / _THOUSAND for side in (x, y, x + width, y + height)]
    return boxes.from_shares(corners[0], corners[1], corners[2], corners[3], size)


def _place(alert: Node) -> dict[str, float | None]:
    gps = alert.node("DeviceGPSInfo")
    latitude = _degrees(gps.node("Latitude"), south_or_west=gps.text("latitudeType") == "S")
    longitude = _degrees(gps.node("Longitude"), south_or_west=gps.text("longitudeType") == "W")
    return {} if not latitude and not longitude else {"latitude": latitude, "longitude": longitude}


def _degrees(angle: Node, *, south_or_west: bool) -> float | None:
    degree = angle.number("degree")
    if degree is None:
        return None
    minutes, seconds = angle.number("minute") or 0.0, angle.number("sec", "second") or 0.0
    value = degree + minutes / 60 + seconds / 3600
    return -value if south_or_west else value
