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


def parkpow(**changes: Any) -> Message:
    """`log-vehicle`, as programs send it that were written for ParkPow."""
    return {
        "camera": "GATE",
        "image": text_of(SCENE),
        "results": [stream_result()],
        "time": CAPTURED.strftime("%Y-%m-%d %H:%M:%S.%f%z"),
    } | changes


def blueiris_dump(*plates: str) -> list[Message]:
    """The recogniser's whole answer, as the macro &JSON gives it."""
    predictions = [
        {"confidence": 0.94, "label": "Plate: SOMETHING ELSE", "plate": plate,
         "x_min": 8, "y_min": 6, "x_max": 40, "y_max": 20}
        for plate in plates
    ]  # fmt: skip
    found = {
        "success": True,
        "predictions": predictions,
        "requestId": "6a5d387c-807a-47b6-a4f7-17425b934318",
        "timestampUTC": CAPTURED.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }
    return [{"api": "objects", "found": {"predictions": [{"label": "car"}]}},
            {"api": "alpr", "found": found}]  # fmt: skip


def blueiris(**changes: Any) -> Message:
    """An alert's web request with all that people put into one."""
    return {
        "ai_dump": blueiris_dump("ABC 123"),
        "Image": text_of(SCENE),
        "camera": "GATE",
        "ALERT_PATH": "alerts/GATE.jpg",
        "timestamp": CAPTURED.isoformat(),
    } | changes


def axis_event(**changes: Any) -> Message:
    """The part `event` of an Axis camera's request."""
    return {
        "packetCounter": "11890300",
        "capture_timestamp": str(epoch_ms(CAPTURED)),
        "plateText": "ABC123",
        "plateUTF8": "ABC123",
        "plateCountry": "USA",
        "plateConfidence": "0.719034",
        "carState": "lost",
        "geotag": {"lat": 39.9501, "lon": -75.1601},
        "plateCoordinates": [8, 6, 32, 14],
        "plateCoordinatesRelative": [2, 2, 32, 14],
        "imagesURI": ["/local/app/tools.cgi?action=getImage&name=1.jpg"],
        "camera_info": {"SerialNumber": "ACCC8E000001", "MACAddress": "AC:CC:8E:00:00:01"},
    } | changes


def verkada(**data: Any) -> Message:
    """A webhook; changes are to its `data`."""
    return {
        "org_id": "01ec0956",
        "webhook_type": "lpr",
        "created_at": 1758302865,
        "webhook_id": "a73b17d4-d7ae-4631-8365-d72776bd5f4c",
        "data": {
            "camera_id": "38718198-8a78-4718-a60f-68e1a8de30ac",
            "created": epoch_ms(CAPTURED) // 1000 - 1,
            "detected": epoch_ms(CAPTURED),
            "license_plate_number": "ABC123",
            "license_plate_state": "us-pa",
            "confidence": 0.963,
            "crop": [0.125, 0.15, 0.625, 0.5],
            "image_url": "http://169.254.169.254/latest/meta-data/",
        }
        | data,
    }


def genetec(**changes: Any) -> Message:
    """AutoVu's webhook, which tells day before month."""
    return {
        "CameraName": "GATE",
        "Plate": "ABC123",
        "State": "PA",
        "DateUtc": CAPTURED.strftime("%d/%m/%Y"),
        "TimeUtc": CAPTURED.strftime("%H:%M:%S"),
        "ConfidenceScore": "97",
        "ContextImage": text_of(SCENE),
        "PlateImage": text_of(CLOSE_UP),
        "Guid": "5D3C7A10-0000-4000-8000-000000000001",
        "Attributes": {
            "Vehicle Make": "Toyota",
            "Vehicle Model": "Camry",
            "Vehicle Color": "silver",
            "State Name Confidence Score": "80",
        },
    } | changes


def sharpv(**changes: str) -> bytes:
    """The file a SharpV camera writes for each plate."""
    fields = {
        "Plate": "ABC123",
        "State": "PA",
        "UTCDate": CAPTURED.strftime("%Y:%m:%d"),
        "UTCTime": CAPTURED.strftime("%H:%M:%S.000"),
        "CameraName": "GATE",
        "SourceName": "SHARP-1",
        "ConfidenceScore": "97",
        "ContextImage": text_of(SCENE),
        "PlateImage": text_of(CLOSE_UP),
        "LongitudeX": "-75.1601",
        "LatitudeY": "39.9501",
        "Guid": "5D3C7A10-0000-4000-8000-000000000001",
    } | changes
    elements = "".join(f"   <{name}>{value}</{name}>\n" for name, value in fields.items())
    return f'<?xml version="1.0" encoding="utf-8"?>\n<AutoVu>\n{elements}</AutoVu>\n'.encode()


HIKVISION_GPS = """<DeviceGPSInfo>
<longitudeType>W</longitudeType><latitudeType>N</latitudeType>
<Longitude><degree>75</degree><minute>9</minute><sec>36.36</sec></Longitude>
<Latitude><degree>39</degree><minute>57</minute><sec>0.36</sec></Latitude>
</DeviceGPSInfo>"""


def hikvision(
    *, anpr: str = "", more: str = HIKVISION_GPS, at: str = "", namespace: str = "ver20"
) -> bytes:
    """`anpr.xml` of a Hikvision camera; `anpr` and `more` are further elements."""
    at = at or CAPTURED.isoformat()
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/{namespace}/XMLSchema">
<ipAddress>10.199.27.128</ipAddress>
<macAddress>e8:a0:ed:00:00:01</macAddress>
<channelID>1</channelID>
<dateTime>{at}</dateTime>
<eventType>ANPR</eventType>
<eventState>active</eventState>
<channelName>Gate 1</channelName>
<ANPR>
<country>46</country>
<licensePlate>ABC123</licensePlate>
<confidenceLevel>97</confidenceLevel>
<vehicleInfo><index>1</index><color>white</color></vehicleInfo>
<pictureInfoList>
<pictureInfo><fileName>licensePlatePicture.jpg</fileName></pictureInfo>
<pictureInfo><fileName>detectionPicture.jpg</fileName>
<plateRect><X>8</X><Y>6</Y><width>32</width><height>14</height></plateRect></pictureInfo>
</pictureInfoList>
{anpr}</ANPR>
<UUID>20260521161006973</UUID>
{more}
</EventNotificationAlert>""".encode()
