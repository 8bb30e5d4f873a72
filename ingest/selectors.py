"""Reading what cameras saw. Reads are seen only within a transaction that recorded an event which
opens them (row-level security): the caller has done so; without it the database refuses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ingest.credentials import hash_secret
from ingest.models import (
    Batch,
    Camera,
    CameraActivity,
    Device,
    FeedKey,
    JurisdictionRule,
    OutboxEntry,
    Photograph,
    Read,
    Source,
)
from ingest.storage import read_photograph
from lprsvc.lib.errors import NotFound


def list_hits(*, plate_key: str, state: str, start: datetime, end: datetime) -> list[Read]:
    """Every read of the plate in [start, end), newest first, with camera and source.

    All of them, always (QRY-5). The event that opens this plate and window has been recorded.
    """
    hits = Read.objects.filter(
        plate_key=plate_key, state=state, captured_at__gte=start, captured_at__lt=end
    )
    return list(hits.select_related("camera__source").order_by("-captured_at", "camera_id"))


def get_read(read_id: UUID, *, plate_key: str, state: str, start: datetime, end: datetime) -> Read:
    """One read of what `list_hits` would give; opened likewise. Raises NotFound."""
    found = Read.objects.filter(
        plate_key=plate_key, state=state, captured_at__gte=start, captured_at__lt=end, id=read_id
    )
    read = found.select_related("camera__source").first()
    if read is None:
        raise NotFound("read")
    return read


def open_photograph(sha256: bytes) -> tuple[bytes, str]:
    """A photograph's content and content type; the caller has recorded its view (QRY-7).

    Raises NotFound, StorageUnavailable.
    """
    photograph = Photograph.objects.filter(sha256=bytes(sha256)).first()
    if photograph is None:
        raise NotFound("photograph")
    return read_photograph(bytes(photograph.sha256)), photograph.content_type


def list_unmatched(*, older_than: datetime, limit: int) -> list[UUID]:
    """The oldest batches that still wait in the outbox; for the worker's sweep."""
    waiting = OutboxEntry.objects.filter(stored_at__lt=older_than).order_by("stored_at")
    return list(waiting.values_list("batch_id", flat=True)[:limit])


def find_source(code: str) -> Source | None:
    """The source with this code."""
    return Source.objects.filter(code=code).first()


def find_feed_key(secret: str) -> FeedKey | None:
    """The key with this secret, with its source; revoked ones too."""
    key_hash = hash_secret(secret)
    return FeedKey.objects.select_related("source").filter(key_hash=key_hash).first()


def get_batch(batch_id: UUID, *, source: Source) -> Batch:
    """A receipt of this very source; another's looks like none. Raises NotFound."""
    batch = Batch.objects.filter(pk=batch_id, source=source).first()
    if batch is None:
        raise NotFound("receipt")
    return batch


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """How one camera fares. `camera` is None for a device whose names no camera has; `device` for
    a camera that sends no heartbeat, `activity` for one that no read ever came from."""

    source: Source
    camera: Camera | None
    activity: CameraActivity | None
    device: Device | None


def camera_health(*, source: Source | None = None) -> list[CameraHealth]:
    """Every camera of the source, or of all of them, with its last read and heartbeat; then the
    devices that nobody has named as a camera's. Asks three queries."""
    cameras = Camera.objects.select_related("source", "cameraactivity").prefetch_related("names")
    devices = Device.objects.filter(kind=Device.Kind.CAMERA).select_related("source")
    if source is not None:
        cameras, devices = cameras.filter(source=source), devices.filter(source=source)
    by_name = {
        (device.source_id, name.lower()): device
        for device in devices.order_by("last_heartbeat_at")
        for name in device.names
    }
    health = [_health_of(camera, by_name) for camera in cameras.order_by("source__code", "code")]
    named = {one.device.pk for one in health if one.device}
    unnamed = {device.pk: device for device in by_name.values() if device.pk not in named}
    return health + [
        CameraHealth(device.source, None, None, device)
        for device in sorted(unnamed.values(), key=lambda one: (one.source.code, one.name))
    ]


def list_agents(*, source: Source | None = None) -> list[Device]:
    """The programs that read plates and report themselves, each with its last heartbeat."""
    agents = Device.objects.filter(kind=Device.Kind.AGENT).select_related("source")
    if source is not None:
        agents = agents.filter(source=source)
    return list(agents.order_by("source__code", "name"))


def _health_of(camera: Camera, by_name: Mapping[tuple[int, str], Device]) -> CameraHealth:
    names = [camera.code, *(known.name for known in camera.names.all())]
    found = (by_name.get((camera.source_id, name.lower())) for name in names)
    activity: CameraActivity | None = getattr(camera, "cameraactivity", None)
    return CameraHealth(camera.source, camera, activity, next(filter(None, found), None))


def list_rules_in_use() -> list[JurisdictionRule]:
    """The rules of all jurisdictions that are not withdrawn, those to come included."""
    return list(JurisdictionRule.objects.filter(withdrawn_at=None))
