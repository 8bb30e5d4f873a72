"""What tests of alerts need: a camera that reads plates, alerts, and the worker's own rights."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from PIL import Image

from accounts.people import Person
from alerts.models import AlertEntry
from alerts.services.entries import NewAlert, add_single_alert
from alerts.services.matching import Matched, match_batch
from alerts.services.notification import Delivery, send_notification
from audit.actors import system
from audit.models import Event
from ingest.models import Camera, Source
from ingest.schemas import PhotoIn, PhotoRole, ReadIn
from ingest.services.reads import store_reads
from ingest.services.sources import create_camera, create_source
from tests.harness.database import AsRole

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
_SETUP = system("tests")
_WHY = "tests of alerts"


def picture(shade: int) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (64, 40), (shade, 80, 120)).save(target, "JPEG")
    return target.getvalue()


SCENE, CLOSE_UP = picture(10), picture(200)


def alert_on(
    person: Person,
    plate: str = "ABC 123",
    state: str = "US-PA",
    *,
    now: datetime = NOW,
    note: str = "Case 2026-17, subject Q",
    query_id: UUID | None = None,
) -> AlertEntry:
    new = NewAlert(
        plate=plate,
        state=state,
        reason_code="criminal",
        case_reference=note,
        query_id=query_id,
    )
    return add_single_alert(person=person, new=new, now=now)


def events(*kinds: str) -> list[Event]:
    found = Event.objects.filter(kind__in=kinds) if kinds else Event.objects.all()
    return list(found.order_by("at", "id"))


@dataclass
class World:
    """A source with one camera, and what the worker is told instead of a broker."""

    as_role: AsRole
    source: Source
    camera: Camera
    told: list[tuple[str, str]] = field(default_factory=list)
    _read: int = 0

    def deliver(
        self,
        plate: str = "ABC123",
        state: str = "US-PA",
        *,
        at: datetime | None = None,
        now: datetime = NOW,
        times: int = 1,
    ) -> UUID:
        """Store reads of one plate, as a feed does; returns the batch. Each read is a second on."""
        reads = []
        for _ in range(times):
            self._read += 1
            captured = at or now - timedelta(minutes=5) + timedelta(seconds=self._read)
            reads.append(self._read_in(plate, state, captured))
        receipt = store_reads(source=self.source, reads=reads, format="json", now=now)
        assert receipt.stored == times, receipt
        return receipt.receipt

    def _read_in(self, plate: str, state: str, captured_at: datetime) -> ReadIn:
        return ReadIn(
            plate=plate,
            state=state,
            captured_at=captured_at,
            camera=self.camera.code,
            latitude=None,
            longitude=None,
            make="Toyota",
            model="Camry",
            color="silver",
            confidence=0.97,
            photos=(
                PhotoIn(PhotoRole.SCENE, data=SCENE),
                PhotoIn(PhotoRole.PLATE, data=CLOSE_UP),
            ),
        )

    def worker(self, work: Callable[..., Any], **arguments: Any) -> Any:
        """Do something with the rights of the worker's database role."""
        with self.as_role("lpr_worker"):
            return work(**arguments)

    def match(self, batch_id: UUID, now: datetime = NOW) -> Matched | None:
        matched: Matched | None = self.worker(match_batch, batch_id=batch_id, now=now)
        return matched

    def send(self, notification_id: UUID, now: datetime = NOW) -> Delivery:
        delivery: Delivery = self.worker(
            send_notification, notification_id=notification_id, now=now
        )
        return delivery


def make_world(as_role: AsRole) -> World:
    source = create_source(
        actor=_SETUP,
        code="de-toll",
        name="Delaware toll road camera",
        kind="toll_road",
        state="US-DE",
        reason=_WHY,
        now=NOW,
    )
    camera = create_camera(
        actor=_SETUP,
        source=source,
        code="DE-TOLL-014",
        name="I-95 northbound, mile 6",
        timezone="America/New_York",
        latitude=39.68012,
        longitude=-75.65034,
        reason=_WHY,
        now=NOW,
    )
    return World(as_role, source, camera)
