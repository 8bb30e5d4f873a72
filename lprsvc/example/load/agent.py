"""One operator whose cameras a Rekor Scout agent reads: what it sends goes the vendor's way in, so
that there is a heartbeat, and cameras known by other names than their own."""

import base64
from datetime import datetime
from typing import Any

import orjson

from ingest.formats.feeds import FORMATS, Delivery, understand
from ingest.models import Camera, CameraName, Device, Source
from ingest.schemas import Delivered, Understood
from ingest.services.reads import store_reads
from ingest.services.sources import name_camera
from lprsvc.example.drawing.scenes import Pictures
from lprsvc.example.load.setting import REASON, Loading
from lprsvc.example.world import ExampleRead

AGENT_SOURCE = "CHI-PARK"
_AGENT, _VERSION = "EXAMPLEAGENT01", "4.0.1"
_FORMAT = FORMATS["openalpr"]


def load_agent(loading: Loading, source: Source) -> None:
    """Name the cameras as the agent does, and take its heartbeat; makes only what is missing."""
    named = set(CameraName.objects.filter(source=source).values_list("name", flat=True))
    cameras = list(Camera.objects.filter(source=source))
    for camera in cameras:
        if (name := f"{_AGENT}/{_id_of(camera.code)}") not in named:
            name_camera(
                actor=loading.actor, camera=camera, name=name, reason=REASON, now=loading.now
            )
    if not Device.objects.filter(source=source).exists():
        beat = _understood(_heartbeat(cameras, loading.now))
        store_reads(
            source=source,
            reads=beat.reads,
            heartbeats=beat.heartbeats,
            note=beat.note,
            format=_FORMAT.name,
            now=loading.now,
        )
        loading.say(f"the agent of {source.code} has sent its heartbeat")


def by_agent(read: ExampleRead, pictures: Pictures) -> Delivered:
    """The read as the agent tells it."""
    (found,) = _understood(_group(read, pictures)).reads
    return found


def _understood(message: dict[str, Any]) -> Understood:
    return understand(_FORMAT, Delivery(orjson.dumps(message)))


def _group(read: ExampleRead, pictures: Pictures) -> dict[str, Any]:
    vehicle, at = read.vehicle, _epoch_ms(read.captured_at)
    uuid = f"{_AGENT}-{_id_of(read.camera.code)}-{vehicle.number}-{at}"
    return {
        "data_type": "alpr_group",
        "version": 2,
        "epoch_start": at,
        "agent_uid": _AGENT,
        "camera_id": _id_of(read.camera.code),
        "gps_latitude": read.latitude,
        "gps_longitude": read.longitude,
        "uuids": [uuid],
        "best_uuid": uuid,
        "best_plate_number": vehicle.plate,
        "best_region": vehicle.state,
        "best_confidence": read.confidence * 100,
        "is_preview": False,
        "vehicle_crop_jpeg": _text_of(pictures.scene),
        "best_plate": {"plate_crop_jpeg": _text_of(pictures.plate)},
        "vehicle": {
            "make": [{"name": vehicle.make, "confidence": 90.0}],
            "make_model": [{"name": f"{vehicle.make}_{vehicle.model}", "confidence": 80.0}],
            "color": [{"name": vehicle.color, "confidence": 85.0}],
        },
    }


def _heartbeat(cameras: list[Camera], now: datetime) -> dict[str, Any]:
    return {
        "data_type": "heartbeat",
        "version": 2,
        "agent_uid": _AGENT,
        "agent_version": _VERSION,
        "timestamp": _epoch_ms(now),
        "cpu_usage_percent": 31.5,
        "daemon_uptime_seconds": 864_000,
        "video_streams": [
            {"camera_id": _id_of(camera.code), "camera_name": camera.name, "fps": 15,
             "is_streaming": True}
            for camera in cameras
        ],
    }  # fmt: skip


def _id_of(code: str) -> int:
    """The agent's number for a camera: it knows no codes."""
    return 1_414_799_000 + int(code.rpartition("-")[2])


def _epoch_ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _text_of(picture: bytes) -> str:
    return base64.b64encode(picture).decode()
