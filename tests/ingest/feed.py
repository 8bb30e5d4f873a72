"""A camera operator for the tests: a source, its cameras, its key, and what its software sends."""

import base64
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.test import Client
from PIL import Image

from audit.actors import system
from audit.kinds import Kind
from audit.services import record
from ingest import selectors
from ingest.formats import generic
from ingest.models import Camera, Read, Source
from ingest.schemas import Receipt
from ingest.services.reads import store_reads
from ingest.services.sources import IssuedKey, create_camera, create_feed_key, create_source

ACTOR = system("tests")
WHY = "a test's camera"
NOW = datetime.now(UTC).replace(microsecond=0)
CAPTURED = NOW - timedelta(hours=1)


def picture(shade: int = 0, *, kind: str = "JPEG", size: tuple[int, int] = (64, 40)) -> bytes:
    """A small photograph; another shade, another picture."""
    target = io.BytesIO()
    Image.new("RGB", size, (shade, 90, 160)).save(target, kind)
    return target.getvalue()


SCENE, CLOSE_UP = picture(10), picture(200)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def payload(**changes: Any) -> dict[str, Any]:
    """One good read as the operator sends it, but for `changes`."""
    return {
        "id": "v-1",
        "plate": "ABC 123",
        "state": "PA",
        "captured_at": CAPTURED.isoformat(),
        "latitude": 39.95,
        "longitude": -75.16,
        "camera": "FIXED",
        "confidence": 0.97,
        "make": "Toyota",
        "model": "Camry",
        "color": "silver",
        "photos": [
            {"role": "scene", "data": encoded(SCENE)},
            {"role": "plate", "data": encoded(CLOSE_UP)},
        ],
    } | changes


@dataclass
class Feed:
    """A source with a fixed camera FIXED and a mobile one MOBILE, and a key to deliver with."""

    source: Source
    fixed: Camera
    mobile: Camera
    issued: IssuedKey

    def store(self, *payloads: Any, now: datetime = NOW) -> Receipt:
        reads = [generic.parse(item) for item in payloads]
        return store_reads(
            source=self.source, feed_key=self.issued.key, reads=reads, format="generic", now=now
        )

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.issued.secret}"}

    def post(self, body: Any, content_type: str = "application/json", **extra: Any) -> Any:
        data = body if isinstance(body, bytes | dict) else orjson.dumps(body)
        if content_type == "multipart":
            return Client().post("/api/v1/reads/", data, headers=self.headers(), **extra)
        return Client().post(
            "/api/v1/reads/", data, content_type=content_type, headers=self.headers(), **extra
        )


def make_feed(code: str = "DE-TOLL") -> Feed:
    common: dict[str, Any] = {"actor": ACTOR, "reason": WHY, "now": NOW}
    source = create_source(
        code=code, name=f"{code} camera", kind="toll_road", state="US-DE", **common
    )
    zone = "America/New_York"
    fixed = create_camera(
        source=source, code="FIXED", name="Gantry", timezone=zone, latitude=39.95,
        longitude=-75.16, **common,
    )  # fmt: skip
    mobile = create_camera(
        source=source, code="MOBILE", name="Car", timezone=zone, is_mobile=True, **common
    )
    issued = create_feed_key(source=source, label="their software", **common)
    return Feed(source, fixed, mobile, issued)


def hits(plate_key: str = "ABC123", state: str = "US-PA") -> list[Read]:
    """The stored reads of a plate, as a query sees them: after its event."""
    start, end = NOW - timedelta(days=3_700), NOW + timedelta(days=1)
    with transaction.atomic():
        record(
            actor=ACTOR,
            kind=Kind.QUERY_RUN,
            fields={
                "plate": plate_key,
                "state": state,
                "start": start.isoformat(),
                "end": end.isoformat(),
            },
        )
        return selectors.list_hits(plate_key=plate_key, state=state, start=start, end=end)


def ids_of(receipt: Receipt) -> list[UUID]:
    """The ids of a delivery's reads, in its order; each has one."""
    ids = [outcome.id for outcome in receipt.reads if outcome.id is not None]
    assert len(ids) == len(receipt.reads), receipt
    return ids
