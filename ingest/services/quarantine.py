"""What becomes of a quarantined read: repaired and stored, or discarded; then erased (ING-5).

A repaired read goes the way of every read (`ingest.services.reads`), in the transaction that says
that it was repaired: of two people at once one is told that the other was quicker. Events name the
read, never its plate.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.people import Person
from accounts.services.governed import governing
from audit.actors import Actor, system
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record, recording_refusals
from ingest import policy
from ingest.formats import generic
from ingest.insertion import KeyTaken
from ingest.models import QuarantinedRead, QuarantineState
from ingest.quarantine_links import check_photograph_link
from ingest.rules import (
    QUARANTINE_SETTLED_KEPT,
    QUARANTINE_WAITS,
    Quarantined,
    QuarantineReason,
)
from ingest.schemas import Box, Outcome, ReadOutcome, Receipt
from ingest.selectors import open_photograph
from ingest.services.reads import Prepared, insert_prepared, make_months_for, prepare_reads
from ingest.storage import PhotographGone, read_photograph
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound

# How receipts name what was fed again out of quarantine.
REFED = "quarantine"
# Rows in one statement of the nightly job.
_CHUNK = 1_000
_DESCRIBED = ("make", "model", "color")
_FIELD_OF = {
    QuarantineReason.NO_PLATE: "plate",
    QuarantineReason.PLATE_UNREADABLE: "plate",
    QuarantineReason.STATE_UNKNOWN: "state",
    QuarantineReason.TIME_MISSING: "captured_at",
    QuarantineReason.TIME_INVALID: "captured_at",
    QuarantineReason.CAPTURED_IN_FUTURE: "captured_at",
    QuarantineReason.CAPTURED_TOO_OLD: "captured_at",
    QuarantineReason.CAMERA_UNKNOWN: "camera",
    QuarantineReason.CAMERA_INACTIVE: "camera",
    QuarantineReason.PLACE_MISSING: "latitude",
    QuarantineReason.PLACE_INVALID: "latitude",
    QuarantineReason.PLACE_FAR_FROM_CAMERA: "latitude",
    QuarantineReason.PHOTOGRAPHS_MISSING: "scene",
    QuarantineReason.PHOTOGRAPH_INVALID: "scene",
    QuarantineReason.PHOTOGRAPH_UNKNOWN: "scene",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """The read as it is to be stored. `captured_at` as ISO 8601 with its zone, `latitude` and
    `longitude` in degrees (None: the camera's own place), `state` may be empty (the camera's).

    `scene` and `close_up` are new pictures, or the number of one that came with the read; without
    a close-up `box` (x, y, width, height) is cut from the scene.
    """

    plate: str
    state: str
    captured_at: str
    camera: str
    latitude: float | None
    longitude: float | None
    confidence: float | None
    scene: bytes | int | None
    close_up: bytes | int | None
    box: Box | None = None


class StillFaulty(InvalidInput):
    """The read can't be stored like this either. Its message, which the log keeps, quotes nothing
    of the read; `errors` does, for the page."""

    def __init__(self, fault: Quarantined) -> None:
        super().__init__({_FIELD_OF.get(fault.reason, ""): [fault.detail]})
        self.message = f"It can't be stored like this: {fault.reason}."


class Forbidden(InvalidInput):
    """The law of the place forbids keeping the read (ING-6)."""

    def __init__(self, outcome: ReadOutcome) -> None:
        super().__init__(
            {"latitude": [f"Reads of this place and time may not be kept ({outcome.reason})."]}
        )


class AlreadySettled(DomainError):
    """Somebody was quicker."""

    def __init__(self, read: QuarantinedRead) -> None:
        super().__init__(
            "quarantine_settled",
            f"This read has been {read.state} meanwhile. Nothing was changed.",
            status=409,
        )


def repair_read(
    *, actor: Actor, pk: UUID, repair: Repair, reason: str, now: datetime
) -> ReadOutcome:
    """Store a quarantined read as corrected; returns whether it was new, with its id.

    Raises PolicyDenied, NotFound, AlreadySettled, StillFaulty and Forbidden (with the faults by
    field of `Repair`), StorageUnavailable, RulesChanged; nothing is changed then.
    """
    with governing(actor, subject=f"quarantinedread:{pk}", reason=reason):
        policy.check_can_manage_sources(actor)
        held = _lock_waiting(pk)
        payload, attach = _repaired_payload(held, repair)
        prepared = prepare_reads(
            source=held.source, reads=[generic.parse(payload, attach)], format=REFED, now=now
        )
        for fault in prepared.take_faults().values():
            raise StillFaulty(fault)
        make_months_for(prepared)
        receipt = _insert(prepared)
        [outcome] = receipt.reads
        if outcome.outcome is Outcome.REFUSED:
            raise Forbidden(outcome)
        held.became_id = receipt.receipt
        settle(held, QuarantineState.REPAIRED, actor=actor, now=now)
        record(
            actor=actor,
            kind=Kind.QUARANTINE_REPAIRED,
            fields={
                "object": f"quarantinedread:{pk}",
                "source": held.source.code,
                "fault": held.reason,
                "corrected": [*_corrected(held, payload, repair)],
                "became": outcome.outcome,
                "read": str(outcome.id),
                "receipt": str(receipt.receipt),
                "reason": reason,
            },
        )
    return outcome


def discard_read(*, actor: Actor, pk: UUID, reason: str, now: datetime) -> None:
    """Say that a quarantined read will never be stored; it is erased later.

    Raises PolicyDenied, NotFound, AlreadySettled, InvalidInput.
    """
    with governing(actor, subject=f"quarantinedread:{pk}", reason=reason):
        policy.check_can_manage_sources(actor)
        held = _lock_waiting(pk)
        settle(held, QuarantineState.DISCARDED, actor=actor, now=now)
        record(
            actor=actor,
            kind=Kind.QUARANTINE_DISCARDED,
            fields={
                "object": f"quarantinedread:{pk}",
                "source": held.source.code,
                "fault": held.reason,
                "reason": reason,
            },
        )


def view_photograph(
    *, person: Person, pk: UUID, number: int, token: str, now: datetime
) -> tuple[bytes, str]:
    """A picture that came with a quarantined read, and its content type; recorded first (QRY-7).

    `token` is that of the address `ingest.links` made. Raises NotFound, StorageUnavailable.
    """
    about: dict[str, Value] = {"object": f"quarantinedread:{pk}", "photograph": number}
    with recording_refusals(
        actor=person, refused=Kind.ADMIN_REFUSED, failed=Kind.ADMIN_FAILED, fields=about
    ):
        policy.check_can_manage_sources(person)
        check_photograph_link(person, pk, number, token, now=now)
        held = get_held(pk)
        if not 0 <= number < len(held.photographs):
            raise NotFound("photograph")
        record(actor=person, kind=Kind.QUARANTINE_PHOTO_VIEWED, fields=about)
        return open_photograph(bytes(held.photographs[number]))


def get_held(pk: UUID) -> QuarantinedRead:
    """A quarantined read, settled or not. Raises NotFound."""
    found = QuarantinedRead.objects.select_related("source", "batch").filter(pk=pk).first()
    if found is None:
        raise NotFound("quarantined read")
    return found


def settle(
    held: QuarantinedRead,
    state: QuarantineState,
    *,
    actor: Actor,
    now: datetime,
    kept: timedelta = QUARANTINE_SETTLED_KEPT,
) -> None:
    """Write what became of a locked, waiting read; in the caller's transaction."""
    held.state = state
    held.settled_at, held.settled_by = now, actor.id
    held.erase_after = now + kept
    held.save(update_fields=["state", "settled_at", "settled_by", "erase_after", "became"])


def discard_forgotten(*, now: datetime) -> int:
    """Discard what nobody has repaired for half a year; returns how many. Safe to run again."""
    with transaction.atomic(durable=True):
        forgotten = QuarantinedRead.objects.filter(
            state=QuarantineState.WAITING, quarantined_at__lt=now - QUARANTINE_WAITS
        )
        actor = system("ingest.tidy_quarantine")
        discarded = forgotten.update(
            state=QuarantineState.DISCARDED,
            settled_at=now,
            settled_by=actor.id,
            erase_after=now + QUARANTINE_SETTLED_KEPT,
        )
        if discarded:
            _record_tidied(actor, discarded=discarded)
    return discarded


def erase_settled(*, now: datetime) -> int:
    """Erase what was settled long enough ago; returns how many. Safe to run again."""
    erased = 0
    while True:
        with transaction.atomic(durable=True):
            due = QuarantinedRead.objects.filter(erase_after__lte=now).order_by("erase_after")
            keys = list(due.values_list("pk", flat=True)[:_CHUNK])
            if not keys:
                return erased
            count, _ = QuarantinedRead.objects.filter(pk__in=keys).delete()
            _record_tidied(system("ingest.tidy_quarantine"), erased=count)
        erased += count


def _record_tidied(actor: Actor, **counts: int) -> None:
    fields: dict[str, Any] = {"job": "ingest.tidy_quarantine", "object": "ingest_quarantinedread"}
    record(actor=actor, kind=Kind.SYSTEM_MAINTAINED, fields=fields | counts)


def _insert(prepared: Prepared) -> Receipt:
    try:
        return insert_prepared(prepared)
    except KeyTaken as error:
        message = "The same sighting was delivered at this very moment. Look at it again."
        raise DomainError("sighting_taken", message, status=409) from error


def _lock_waiting(pk: UUID) -> QuarantinedRead:
    rows = QuarantinedRead.objects.select_related("source").select_for_update(of=("self",))
    held = rows.filter(pk=pk).first()
    if held is None:
        raise NotFound("quarantined read")
    if held.state != QuarantineState.WAITING:
        raise AlreadySettled(held)
    return held


# --- from what was kept to what is fed ------------------------------------------------------------


@dataclass(slots=True)
class _Pictures:
    """The pictures of a read to be fed, by the name its payload gives them: new ones, the number
    of one that came, or why there is none."""

    held: QuarantinedRead
    given: dict[str, bytes | int | str] = field(default_factory=dict)

    def find(self, _: str, name: str) -> bytes:
        """As `formats.generic.Attachments`."""
        found = self.given[name]
        if isinstance(found, bytes):
            return found
        if isinstance(found, int):
            return self._kept(found)
        raise LookupError(found)

    def _kept(self, number: int) -> bytes:
        if not 0 <= number < len(self.held.photographs):
            raise LookupError(f"The read has no photograph {number + 1}.")
        try:
            # The bytes, not the hash: the picture's row may be another source's, who sent it first.
            return read_photograph(bytes(self.held.photographs[number]))
        except PhotographGone:
            raise LookupError(f"Photograph {number + 1} is no longer kept.") from None


def as_it_came(held: QuarantinedRead) -> tuple[dict[str, Any], generic.Attachments]:
    """The payload that feeds a quarantined read again as it is, with its photographs."""
    pictures, number = _Pictures(held), 0
    photos: list[dict[str, Any]] = []
    for place, kept in enumerate(held.read.get("photos", [])):
        photo = {name: kept[name] for name in ("role", "box") if name in kept}
        photos.append(photo | {"part": str(place)})
        if "sha256" in kept:
            pictures.given[str(place)] = number
            number += 1
        else:
            pictures.given[str(place)] = str(kept.get("problem", "This photograph did not come."))
    return {**held.read, "photos": photos}, pictures.find


def _repaired_payload(
    held: QuarantinedRead, repair: Repair
) -> tuple[dict[str, Any], generic.Attachments]:
    pictures = _Pictures(held)
    photos: list[dict[str, Any]] = []
    for role, picture in (("scene", repair.scene), ("plate", repair.close_up)):
        if picture is not None:
            photos.append({"role": role, "part": role})
            pictures.given[role] = picture
    if photos and repair.box is not None:
        photos[0]["box"] = list(repair.box)
    described = {
        name: value for name in _DESCRIBED if isinstance(value := held.read.get(name), str)
    }
    # The sender's own ids of the sighting go with it: it stays the same sighting (ING-4).
    keys = {"keys": held.read["keys"]} if isinstance(held.read.get("keys"), list) else {}
    payload = {
        **described,
        **keys,
        "plate": repair.plate,
        "state": repair.state,
        "captured_at": repair.captured_at,
        "camera": repair.camera,
        "latitude": repair.latitude,
        "longitude": repair.longitude,
        "confidence": repair.confidence,
        "photos": photos,
    }
    return payload, pictures.find


def _corrected(held: QuarantinedRead, payload: Mapping[str, Any], repair: Repair) -> list[str]:
    """Names of what differs from what came; the values are nobody's but the read's."""
    names = [
        name
        for name, value in payload.items()
        if name != "photos" and (value or None) != (held.read.get(name) or None)
    ]
    pictures = {"scene": repair.scene, "close_up": repair.close_up}
    added = [name for name, picture in pictures.items() if isinstance(picture, bytes)]
    return sorted(names + added)
