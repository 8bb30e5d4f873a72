"""Reading what cameras saw. Reads are seen only within a transaction that recorded an event which
opens them (row-level security): the caller has done so; without it the database refuses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q, Sum

from accounts.people import Person
from ingest import nearest
from ingest.cells import cell_of
from ingest.credentials import hash_secret
from ingest.geography import Geography
from ingest.models import (
    WAITING_REPORTS,
    AddressMethod,
    Amendment,
    Batch,
    Camera,
    CameraActivity,
    Correction,
    Coverage,
    Device,
    ErrorReport,
    FeedKey,
    JurisdictionRule,
    KnownPlace,
    OutboxEntry,
    Photograph,
    Read,
    Source,
)
from ingest.photographs import THUMBNAIL_TYPE, draw_thumbnail
from ingest.rules import ADDRESS_REACH_METRES, INTERSECTION_REACH_METRES
from ingest.storage import read_photograph
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission
from lprsvc.lib.pictures import Size

_KILOMETRE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The nearest address and intersection of a read's place, and how they were found.

    Texts are empty where there is nothing within reach; distances are metres on the ground; the
    data sets are named with their version, and empty where none covers the place.
    """

    address: str
    address_method: AddressMethod
    address_distance_m: float | None
    address_dataset: str
    intersection: str
    intersection_distance_m: float | None
    intersection_dataset: str

    @property
    def address_text(self) -> str:
        """The address as people read it, never without what it is worth."""
        if self.address_method == AddressMethod.INTERPOLATED:
            return f"approx. {self.address}"
        if self.address_method == AddressMethod.STREET:
            return f"{self.address} (street only)"
        if self.address_method == AddressMethod.NO_DATA:
            return "no address data for this area"
        reach = round(ADDRESS_REACH_METRES / _KILOMETRE)
        return self.address or f"no address within {reach} km"

    @property
    def address_note(self) -> str:
        """Method, distance and data set of the address; empty where there is none."""
        if self.address_distance_m is None:
            return self.address_dataset
        method = AddressMethod(self.address_method).label
        return f"{method}, {_distance(self.address_distance_m)}; {self.address_dataset}"

    @property
    def intersection_text(self) -> str:
        """The intersection as people read it."""
        if not self.intersection_dataset:
            return "no street data for this area"
        reach = round(INTERSECTION_REACH_METRES / _KILOMETRE)
        return self.intersection or f"no intersection within {reach} km"

    @property
    def intersection_note(self) -> str:
        """Distance and data set of the intersection; empty where there is none."""
        if self.intersection_distance_m is None:
            return self.intersection_dataset
        return f"{_distance(self.intersection_distance_m)}; {self.intersection_dataset}"


@dataclass(frozen=True, slots=True)
class Street:
    """A stretch of a street, to draw: points are (latitude, longitude) in degrees.

    `rank` is 1 for highways, 2 for main roads, 3 for streets.
    """

    name: str
    rank: int
    points: tuple[tuple[float, float], ...]


def places_for(points: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Place]:
    """What is known of these places, given as (latitude, longitude) in 1e-7 degrees.

    By one query. What is missing is not known yet: the worker has still to look it up.
    """
    cells = {point: cell_of(*point) for point in points}
    rows = KnownPlace.objects.filter(cell__in=set(cells.values())) if cells else ()
    known = {row.cell: _place(row) for row in rows}
    return {point: known[cell] for point, cell in cells.items() if cell in known}


def streets_within(
    *, south: float, west: float, north: float, east: float, limit: int
) -> list[Street]:
    """Streets that touch a box (degrees), main roads first; at most `limit` stretches.

    Of the data set last taken into use that has any there, so that no street is drawn twice.
    """
    found = nearest.list_segments(south, west, north, east, limit)
    return [Street(name, rank, points) for name, rank, points in found]


def _place(row: KnownPlace) -> Place:
    return Place(
        address=row.address,
        address_method=AddressMethod(row.address_method),
        address_distance_m=row.address_distance_m,
        address_dataset=row.address_dataset,
        intersection=row.intersection,
        intersection_distance_m=row.intersection_distance_m,
        intersection_dataset=row.intersection_dataset,
    )


def _distance(metres: float) -> str:
    """As exact as it is worth: a place is known to a few metres."""
    if metres < _KILOMETRE:
        return f"{metres:.0f} m away"
    return f"{metres / _KILOMETRE:.1f} km away"


if TYPE_CHECKING:
    from django.db.models import QuerySet

# Of each state, by the Census Bureau's numbers: 42 is Pennsylvania, 42001 its first county.
_FIRST_COUNTY = 1_000


def list_hits(
    *,
    plate_key: str,
    state: str,
    start: datetime,
    end: datetime,
    within: Geography | None = None,
) -> list[Read]:
    """Every read of the plate in [start, end), newest first, with camera and source.

    All of them, always (QRY-5); with `within`, all that were made there (QRY-4). The event that
    opens this plate and window has been recorded.
    """
    found = _hits(plate_key, state, start, end).select_related("camera__source")
    return [read for read in found if _lies_within(read, within)]


class Sighting(NamedTuple):
    """One read as an answer lists it: what `list_hits` gives, without a model's cost a row.

    Coordinates are 1e-7 degrees; `timezone` is that of its camera's place.
    """

    id: UUID
    version: int
    plate_text: str
    state: str
    captured_at: datetime
    latitude_e7: int
    longitude_e7: int
    confidence: float | None
    make: str | None
    model: str | None
    color: str | None
    plate_is_derived: bool
    scene_sha256: bytes
    plate_sha256: bytes
    timezone: str
    camera_name: str
    source_name: str


_SIGHTING = (*Sighting._fields[:-3], "camera__timezone", "camera__name", "camera__source__name")


def list_sightings(
    *,
    plate_key: str,
    state: str,
    start: datetime,
    end: datetime,
    within: Geography | None = None,
) -> list[Sighting]:
    """As `list_hits`, the same reads in the same order, for answers of thousands."""
    rows = _hits(plate_key, state, start, end).values_list(*_SIGHTING)
    found = map(Sighting._make, rows)
    return [sighting for sighting in found if _lies_within(sighting, within)]


def _hits(plate_key: str, state: str, start: datetime, end: datetime) -> "QuerySet[Read]":
    hits = Read.objects.filter(
        plate_key=plate_key, state=state, captured_at__gte=start, captured_at__lt=end
    )
    return hits.order_by("-captured_at", "camera_id")


def get_read(
    read_id: UUID,
    *,
    plate_key: str,
    state: str,
    start: datetime,
    end: datetime,
    within: Geography | None = None,
) -> Read:
    """One read of what `list_hits` would give; opened likewise. Raises NotFound."""
    found = Read.objects.filter(
        plate_key=plate_key, state=state, captured_at__gte=start, captured_at__lt=end, id=read_id
    )
    read = found.select_related("camera__source").first()
    if read is None or not _lies_within(read, within):
        raise NotFound("read")
    return read


def _lies_within(read: Read | Sighting, within: Geography | None) -> bool:
    return within is None or within.covers(read.latitude_e7, read.longitude_e7)


def open_photograph(sha256: bytes, size: Size = Size.FULL) -> tuple[bytes, str]:
    """A photograph's content and content type; the caller has recorded its view (QRY-7).

    Small, it is drawn anew each time and kept nowhere (docs/adr/0014); one that can't be drawn is
    given as it is. Raises NotFound, StorageUnavailable.
    """
    photograph = Photograph.objects.filter(sha256=bytes(sha256)).first()
    if photograph is None:
        raise NotFound("photograph")
    content = read_photograph(bytes(photograph.sha256))
    if size is Size.THUMB and (drawn := draw_thumbnail(content)) is not None:
        return drawn, THUMBNAIL_TYPE
    return content, photograph.content_type


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


# --- reports of errors (QRY-10) -------------------------------------------------------------------


def list_own_reports(person: Person) -> "QuerySet[ErrorReport]":
    """What the person reported of reads they saw, newest first; not what was asked for others."""
    if person.agency_id is None:
        return ErrorReport.objects.none()
    own = ErrorReport.objects.filter(
        reporter_id=person.user_id, agency_id=person.agency_id, amendment=None
    )
    return own.select_related("camera__source").order_by("-opened_at", "-pk")


def get_own_report(person: Person, pk: UUID, *, lock: bool = False) -> ErrorReport:
    """One of `list_own_reports`. Raises NotFound, whether unknown or another's."""
    own = list_own_reports(person)
    report = (own.select_for_update(of=("self",)) if lock else own).filter(pk=pk).first()
    if report is None:
        raise NotFound("report")
    return report


def find_waiting_report(person: Person, read_id: UUID) -> ErrorReport | None:
    """The person's own report about this read that nobody has decided yet."""
    return list_own_reports(person).filter(read_id=read_id, status__in=WAITING_REPORTS).first()


def get_waiting_report(pk: UUID) -> ErrorReport:
    """A report, of whatever agency, that nobody has decided: for the vendor. Raises NotFound."""
    waiting = ErrorReport.objects.filter(status__in=WAITING_REPORTS, pk=pk)
    report = waiting.select_related("agency", "camera__source").first()
    if report is None:
        raise NotFound("report")
    return report


def lock_amendments(pks: Iterable[UUID]) -> list[Amendment]:
    """Amendments, held until the transaction ends; always in one order."""
    return list(Amendment.objects.select_for_update().filter(pk__in=pks).order_by("pk"))


def list_earlier(read: Read) -> list[Correction]:
    """What was corrected of a read before, oldest first; opened by the event of its review."""
    return list(Correction.objects.filter(read_id=read.id).order_by("version"))


def list_amendments_for(person: Person) -> "QuerySet[Amendment]":
    """The amendments of the person's own agency, newest first, with their reports: the privacy
    office is one, whoever of it entered them."""
    if person.agency_id is None or not person.may(Permission.REQUEST_AMENDMENTS):
        return Amendment.objects.none()
    own = Amendment.objects.filter(agency_id=person.agency_id).select_related("entered_by")
    return own.prefetch_related("reports").order_by("-entered_at", "-pk")


def get_amendment_for(person: Person, pk: UUID) -> Amendment:
    """One of `list_amendments_for`. Raises NotFound, whether unknown or another agency's."""
    amendment = list_amendments_for(person).filter(pk=pk).first()
    if amendment is None:
        raise NotFound("request")
    return amendment


# --- cameras and agents ---------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class HeldReads:
    """How many reads of one day and county are still held."""

    day: date
    county: int
    reads: int


def list_held(until: Mapping[int, date]) -> list[HeldReads]:
    """The days and counties of which reads are still held, up to a last day for each state or
    county by its number."""
    places: dict[date, Q] = {}
    for geoid, day in until.items():
        is_state = geoid < _FIRST_COUNTY
        place = (
            Q(county__gte=geoid * _FIRST_COUNTY, county__lt=(geoid + 1) * _FIRST_COUNTY)
            if is_state
            else Q(county=geoid)
        )
        places[day] = places.get(day, Q()) | place
    wanted = Q(pk=None)
    for day, place in places.items():
        wanted |= Q(day__lte=day) & place
    rows = Coverage.objects.filter(wanted, held__gt=0).values("day", "county")
    counted = rows.annotate(reads=Sum("held")).order_by("day", "county")
    return [HeldReads(row["day"], row["county"], row["reads"]) for row in counted]


def list_counties_held(since: date, until: date) -> list[int]:
    """The counties of which reads of the days in [since, until) are still held."""
    rows = Coverage.objects.filter(held__gt=0, day__gte=since, day__lt=until)
    return list(rows.order_by("county").values_list("county", flat=True).distinct())


def list_partitions() -> list[date]:
    """The months that the table of reads has a partition for, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_date(substring(relname FROM 'y(\\d{4}m\\d{2})$'), 'YYYY\"m\"MM')"
            " FROM pg_inherits JOIN pg_class ON oid = inhrelid"
            " WHERE inhparent = 'ingest_read'::regclass ORDER BY 1"
        )
        return [month for (month,) in cursor.fetchall()]
