"""What vendors' camera software sends, as plain Python: messages of the shapes seen in life, with
values of our own. Each takes changes to its top level."""

import base64
from datetime import datetime
from typing import Any

from tests.ingest.feed import CAPTURED, CLOSE_UP, SCENE

Message = dict[str, Any]


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def epoch_ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def openalpr_group(**changes: Any) -> Message:
    """Version 2, as Rekor Scout's agents send it."""
    at = epoch_ms(CAPTURED)
    return {
        "version": 2,
        "data_type": "alpr_group",
        "epoch_start": at,
        "epoch_end": at + 1_500,
        "company_id": "example",
        "agent_uid": "AGENT7",
        "agent_version": "4.0.1",
        "camera_id": 1414799424,
        "gps_latitude": 39.9501,
        "gps_longitude": -75.1601,
        "country": "us",
        "uuids": [f"AGENT7-cam-{at}", f"AGENT7-cam-{at + 300}"],
        "vehicle_crop_jpeg": text_of(SCENE),
        "best_plate": {
            "plate": "ABC123",
            "confidence": 92.075203,
            "region": "us-pa",
            "plate_crop_jpeg": text_of(CLOSE_UP),
            "candidates": [{"plate": "A8C123", "confidence": 83.3}],
        },
        "best_confidence": 92.075203,
        "best_uuid": f"AGENT7-cam-{at + 300}",
        "best_plate_number": "ABC123",
        "best_region": "us-pa",
        "is_preview": False,
        "vehicle": {
            "color": [{"name": "black", "confidence": 8.1}, {"name": "silver", "confidence": 81.2}],
            "make": [{"name": "toyota", "confidence": 77.0}],
            "make_model": [{"name": "toyota_camry", "confidence": 61.0}],
        },
        "web_server_config": {"camera_label": "Gantry", "agent_label": "North"},
    } | changes


def openalpr_results(**changes: Any) -> Message:
    """Single results of one picture: two plates."""
    return {
        "version": 2,
        "data_type": "alpr_results",
        "epoch_time": epoch_ms(CAPTURED),
        "uuid": "AGENT7-picture-1",
        "agent_uid": "AGENT7",
        "camera_id": 1414799424,
        "results": [
            {"plate": "ABC123", "confidence": 94.3, "region": "pa",
             "plate_crop_jpeg": text_of(CLOSE_UP), "candidates": [{"plate": "A8C123"}]},
            {"plate": "XYZ9", "confidence": 71.0, "region": "us-nj"},
        ],
    } | changes  # fmt: skip


def openalpr_heartbeat(**changes: Any) -> Message:
    """An agent with one camera, whose stream's address holds a log-on."""
    return {
        "version": 2,
        "data_type": "heartbeat",
        "company_id": "example",
        "agent_uid": "AGENT7",
        "agent_hostname": "lane-pc",
        "agent_version": "4.0.1",
        "timestamp": epoch_ms(CAPTURED),
        "cpu_usage_percent": 18.5,
        "daemon_uptime_seconds": 2_594_832,
        "internal_ip_address": "192.168.0.54",
        "video_streams": [
            {"camera_id": 1414799424, "camera_name": "Gantry", "fps": 12, "is_streaming": True,
             "url": "rtsp://admin:secret@192.168.0.5/axis-media", "last_update": epoch_ms(CAPTURED)}
        ],
    } | changes  # fmt: skip


def stream_result(**changes: Any) -> Message:
    """One plate as Stream and Snapshot tell it."""
    return {
        "box": {"xmin": 8, "ymin": 6, "xmax": 40, "ymax": 20},
        "plate": "abc123",
        "score": 0.902,
        "dscore": 0.757,
        "region": {"code": "us-pa", "score": 0.4},
        "candidates": [{"plate": "abc123", "score": 0.902}, {"plate": "a8c123", "score": 0.758}],
        "model_make": [
            {"make": "Porsche", "model": "911", "score": 0.2},
            {"make": "Toyota", "model": "Camry", "score": 0.6},
        ],
        "color": [{"color": "silver", "score": 0.7}, {"color": "black", "score": 0.1}],
        "vehicle": {"score": 0.709, "type": "Sedan", "box": {"xmin": 0, "ymin": 0, "xmax": 60}},
    } | changes


def vehicle_result(**changes: Any) -> Message:
    """The same in vehicle mode."""
    return {
        "vehicle": {
            "score": 0.8,
            "type": "Sedan",
            "box": {"xmin": 0, "ymin": 0, "xmax": 60, "ymax": 40},
            "props": {
                "make_model": [{"make": "Toyota", "model": "Camry", "score": 0.6}],
                "color": [{"value": "silver", "score": 0.7}],
            },
        },
        "plate": {
            "type": "Plate",
            "score": 0.902,
            "box": {"xmin": 8, "ymin": 6, "xmax": 40, "ymax": 20},
            "props": {
                "plate": [{"value": "a8c123", "score": 0.3}, {"value": "abc123", "score": 0.9}],
                "region": [{"value": "us-pa", "score": 0.4}],
            },
        },
    } | changes


def stream_webhook(*results: Message, **data: Any) -> Message:
    """Plate Recognizer Stream; changes are to its `data`."""
    return {
        "hook": {"target": "https://here.example/", "id": "GATE", "event": "recognition"},
        "data": {
            "camera_id": "GATE",
            "filename": "GATE_screenshots/image.jpg",
            "timestamp": CAPTURED.isoformat().replace("+00:00", "Z"),
            "timestamp_local": "2001-01-01T00:00:00Z",
            "results": list(results or [stream_result()]),
        }
        | data,
    }


def snapshot_webhook(*results: Message, **data: Any) -> Message:
    """Plate Recognizer Snapshot, which writes UTC without saying so."""
    at = CAPTURED.replace(tzinfo=None).isoformat(sep=" ") + ".03"
    return {
        "hook": {"target": "https://here.example/", "id": "7f0c", "event": "image.done"},
        "data": {"camera_id": "GATE", "timestamp": at, "results": list(results)} | data,
    }
