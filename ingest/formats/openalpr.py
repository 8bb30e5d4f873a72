"""OpenALPR and Rekor Scout agents: groups of one vehicle's plates, single results, heartbeats.

An agent's group that is only a preview is followed by one that shares its `uuids` and counts: the
preview waits in quarantine, for the case that the agent never comes to send the other.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ingest.formats import moments, states
from ingest.formats.nodes import Node, invalid
from ingest.formats.sightings import (
    Message,
    Pictures,
    clean,
    each,
    kept,
    make,
    of_result,
    photo,
    storable,
)
from ingest.rules import QuarantineReason
from ingest.schemas import (
    Delivered,
    DeviceKind,
    Heartbeat,
    PhotoRole,
    ReadIn,
    Understood,
    Unreadable,
)

NAME = "openalpr"
DOCUMENT_PARTS = ("json", "data")

# What an agent without a receiver sends as its place.
_NO_PLACES = frozenset({(0.0, 0.0), (-1.0, -1.0)})
_INITIALS = frozenset({"bmw", "gmc"})
# What of an agent's heartbeat says how it fares; the rest are addresses and ids.
_AGENT_FACTS = (
    "system_uptime_seconds",
    "daemon_uptime_seconds",
    "cpu_cores",
    "cpu_usage_percent",
    "disk_quota_total_bytes",
    "disk_quota_consumed_bytes",
    "memory_total_bytes",
    "memory_consumed_bytes",
    "processing_threads_active",
    "processing_threads_configured",
    "beanstalk_queue_size",
    "license_key_valid",
)
_STREAM_FACTS = ("total_plate_reads", "last_plate_read", "last_update")


def understand(message: Message) -> Understood:
    """What an agent's message holds. Raises Quarantined for a message of no known kind."""
    document = Node(message.document)
    if "openalpr_webhook" in document:
        return Understood(note="test of the address")
    kind = document.text("data_type")
    if kind not in _KINDS:
        raise invalid("data_type", f"one of {', '.join(_KINDS)}", kind)
    return _KINDS[kind](document, message)


def _group(document: Node, message: Message) -> Understood:
    best, vehicle = document.node("best_plate"), document.node("vehicle")
    pictures = Pictures(message)
    scene = pictures.add("vehicle_crop_jpeg", document.text("vehicle_crop_jpeg"))
    close_up = pictures.add("plate_crop_jpeg", best.text("plate_crop_jpeg"))
    manufacturer = vehicle.best("make", "name", score="confidence")
    region = document.text("best_region") or best.text("region")
    read = make(
        {
            "plate": document.text("best_plate_number") or best.text("plate"),
            "state": _state(region, document.text("country")),
            "captured_at": moments.from_epoch_ms(document.number("epoch_start")),
            "cameras": _cameras(document, message),
            **_place(document),
            "confidence": document.share("best_confidence", of=100),
            "make": _words(manufacturer),
            "model": _model(vehicle.best("make_model", "name", score="confidence"), manufacturer),
            "color": _words(vehicle.best("color", "name", score="confidence")),
            "photos": photo(PhotoRole.SCENE, scene) + photo(PhotoRole.PLATE, close_up),
            "keys": _keys(document),
        },
        pictures=pictures,
        original=kept(message.document),
    )
    return Understood((_preview(read) if document.flag("is_preview") else read,))


def _preview(read: Delivered) -> Delivered:
    if not isinstance(read, ReadIn):
        return read
    detail = "A preview of a group; the group itself counts, and has not come yet."
    return Unreadable(QuarantineReason.PREVIEW, detail, read.payload, read.photos, read.keys)


def _keys(document: Node) -> list[str]:
    named = [uuid for uuid in document.items("uuids") if isinstance(uuid, str) and uuid]
    best = document.text("best_uuid")
    return [f"{NAME}:{uuid}" for uuid in dict.fromkeys([*filter(None, [best]), *named])]


def _results(document: Node, message: Message) -> Understood:
    """The plates of one picture. Their ids are of their own kind: a group names many pictures."""
    pictures = Pictures(message)
    at = moments.from_epoch_ms(document.number("epoch_time"))
    frame, place = document.text("uuid"), _place(document)
    cameras = _cameras(document, message)

    def read_one(index: int, item: Any) -> Delivered:
        result = Node(item, f"results[{index}]")
        close_up = pictures.add(f"plate {index}", result.text("plate_crop_jpeg"))
        return make(
            {
                "plate": result.text("plate"),
                "state": _state(result.text("region"), document.text("country")),
                "captured_at": at,
                "cameras": cameras,
                **place,
                "confidence": result.share("confidence", of=100),
                "photos": photo(PhotoRole.PLATE, close_up),
                "keys": [f"{NAME}-picture:{frame}:{index}"] if frame else [],
            },
            pictures=pictures,
            original=original(item),
        )

    original = of_result(message.document, without="results")
    results = document.items("results")
    reads = each(results, read_one, pictures=pictures, original=original)
    return Understood(reads, note="" if results else "no plate in the picture")


def _alert(_document: Node, _message: Message) -> Understood:
    return Understood(note="an alert of the agent's own: its group comes apart")


def _heartbeat(document: Node, _message: Message) -> Understood:
    agent = clean(document.text("agent_uid", "site_id"))
    if not agent:
        raise invalid("agent_uid", "the agent's id", document.value.get("agent_uid"))
    software = " ".join(filter(None, (document.text("agent_version"), document.text("agent_type"))))
    common = Heartbeat(
        kind=DeviceKind.AGENT,
        names=storable(agent, document.text("agent_hostname")),
        reported_at=moments.iso(moments.from_epoch_ms(document.number("timestamp"))),
        software=clean(software, 60),
    )
    streams = [_stream(common, stream) for stream in document.nodes("video_streams")]
    return Understood(
        heartbeats=(
            replace(common, facts=_facts(document, _AGENT_FACTS)),
            *(stream for stream in streams if stream.names),
        ),
        note="heartbeat",
    )


def _stream(agent: Heartbeat, stream: Node) -> Heartbeat:
    camera, name = stream.text("camera_id"), agent.names[0]
    both = f"{name}/{camera}" if camera else ""
    return replace(
        agent,
        kind=DeviceKind.CAMERA,
        names=storable(both, camera, stream.text("camera_name")),
        agent=name,
        fps=_finite(stream.number("fps")),
        is_streaming=stream.flag("is_streaming") if "is_streaming" in stream else None,
        facts=_facts(stream, _STREAM_FACTS),
    )


_KINDS: dict[str, Callable[[Node, Message], Understood]] = {
    "alpr_group": _group,
    "alpr_results": _results,
    "alpr_alert": _alert,
    "heartbeat": _heartbeat,
}


def _cameras(document: Node, message: Message) -> list[str]:
    agent, camera = document.text("agent_uid", "site_id"), document.text("camera_id")
    both = f"{agent}/{camera}" if agent and camera else ""
    label = document.node("web_server_config").text("camera_label")
    return [both, camera, label, message.camera]


def _place(document: Node) -> dict[str, float | None]:
    latitude, longitude = document.number("gps_latitude"), document.number("gps_longitude")
    if (latitude, longitude) in _NO_PLACES:
        return {}
    return {"latitude": latitude, "longitude": longitude}


def _state(region: str, country: str) -> str:
    if "-" not in region and country.lower() not in {"", "us"}:
        return states.from_region(f"{country}-{region}" if region else country)
    return states.from_state(region)


def _model(make_model: str, manufacturer: str) -> str:
    """As "toyota_camry" of make "toyota": "Camry"."""
    return _words(make_model.removeprefix(f"{manufacturer}_"))


def _words(name: str) -> str:
    """As people write it, where the agent writes all in small letters."""
    text = name.replace("_", " ")
    if not text.islower():
        return text
    return text.upper() if text in _INITIALS else text.title()


def _facts(node: Node, names: tuple[str, ...]) -> dict[str, bool | int | float]:
    facts: dict[str, bool | int | float] = {}
    for name in names:
        value = node.value.get(name)
        if isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < 2**53):
            facts[name] = value
    return facts


def _finite(value: float | None) -> float | None:
    """A figure that database and page can hold."""
    return value if value is not None and abs(value) < 2**53 else None
