"""The law of its place holds for a quarantined read as for a stored one (ING-6).

At the door only reads that say where they were made can be ruled on. What waits in quarantine is
looked at again every night: its time runs out, rules change, and a camera that nobody knew may
have been registered meanwhile, in a place that forbids collection. What may not be kept is erased
whole, waiting or settled, and the log says how many.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.functions import TransactionNow
from django.db import transaction

from audit.actors import system
from audit.kinds import Kind
from audit.services import record
from ingest.known import cameras_named
from ingest.lawfulness import Rulebook, may_wait
from ingest.models import Camera, QuarantinedRead, QuarantineState, Source
from ingest.regions import FIPS_OF_STATE, locate
from ingest.selectors import list_rules_in_use

JOB = "ingest.tidy_quarantine"
_E7 = 10_000_000
# Rows looked at, and erased at most, in one step.
_PART = 1_000

Cameras = Mapping[tuple[int, str], Camera]


def erase_forbidden(*, now: datetime) -> int:
    """Erase every quarantined read that may be kept no longer; how many. Safe to run again, and to
    be killed between two steps. For the worker."""
    book = Rulebook(list_rules_in_use())
    erased, last = 0, UUID(int=0)
    while part := _part_after(last):
        last = part[-1].pk
        cameras = _cameras_of(part)
        erased += _erase([one.pk for one in part if not _may_wait(one, book, cameras, now)])
    return erased


def _part_after(last: UUID) -> list[QuarantinedRead]:
    rows = QuarantinedRead.objects.select_related("source").order_by("pk")
    # Not what came, which may be large and may hold a picture's worth of text.
    return list(rows.defer("payload", "photographs", "detail").filter(pk__gt=last)[:_PART])


def _cameras_of(part: Sequence[QuarantinedRead]) -> Cameras:
    names: dict[Source, set[str]] = defaultdict(set)
    for one in part:
        names[one.source].update(_names(one))
    return {
        (source.pk, name): camera
        for source, asked in names.items()
        for name, camera in cameras_named(source, asked).items()
    }


def _names(held: QuarantinedRead) -> list[str]:
    others = held.read.get("camera_names", [])
    return [held.camera, *(name for name in others if isinstance(name, str))]


def _may_wait(held: QuarantinedRead, book: Rulebook, cameras: Cameras, now: datetime) -> bool:
    known = (cameras.get((held.source_id, name)) for name in _names(held))
    camera = next(filter(None, known), None)
    place = _place(held, camera)
    # Of a read that names no place, of a source abroad, nothing is known.
    return place is None or may_wait(
        book,
        place,
        captured_at=_captured_at(held, camera),
        received_at=held.quarantined_at,
        now=now,
    )


def _place(held: QuarantinedRead, camera: Camera | None) -> int | None:
    """The county where it was made, by a fixed camera's record or the read's own words; else the
    state where the source works."""
    if camera is not None and camera.latitude_e7 is not None and camera.longitude_e7 is not None:
        region = locate(camera.latitude_e7, camera.longitude_e7)
    else:
        latitude, longitude = (_degrees(held.read.get(name)) for name in ("latitude", "longitude"))
        region = None
        if latitude is not None and longitude is not None:
            region = locate(round(latitude * _E7), round(longitude * _E7))
    if region is not None:
        return region.geoid
    state = FIPS_OF_STATE.get(held.source.state)
    return int(state) if state else None


def _degrees(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and -180 <= value <= 180 else None


def _captured_at(held: QuarantinedRead, camera: Camera | None) -> datetime | None:
    try:
        captured_at = datetime.fromisoformat(str(held.read.get("captured_at")))
        if captured_at.tzinfo is None:
            zone = ZoneInfo(camera.timezone) if camera else UTC
            captured_at = captured_at.replace(tzinfo=zone)
        # Or a time at the calendar's end can't be compared.
        return captured_at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _erase(keys: Sequence[UUID]) -> int:
    if not keys:
        return 0
    with transaction.atomic(durable=True):
        # What somebody is repairing at this moment is left to the next night.
        rows = QuarantinedRead.objects.filter(pk__in=keys)
        locked = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
        due = QuarantinedRead.objects.filter(pk__in=locked)
        actor = system(JOB)
        due.filter(state=QuarantineState.WAITING).update(
            state=QuarantineState.DISCARDED,
            settled_at=TransactionNow(),
            settled_by=actor.id,
            erase_after=TransactionNow(),
        )
        due.filter(erase_after__gt=TransactionNow()).update(erase_after=TransactionNow())
        erased, _ = due.delete()
        if erased:
            record(
                actor=actor,
                kind=Kind.SYSTEM_MAINTAINED,
                fields={"job": JOB, "object": "ingest_quarantinedread", "forbidden": erased},
            )
    return erased
