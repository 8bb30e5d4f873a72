"""Correcting a read that was reported as wrong, and telling whoever saw it (QRY-10).

One transaction: the event `read.corrected` → the mails that are owed → the wrong version out of the
index, kept beside it → the right one stored as a delivery is, so that alerts are matched again if
it is of another plate → the reports closed, each with an event in its agency's log. Whatever dies
on the way, all of it has happened or nothing; done twice, the second finds the reports closed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import OperationalError, connection, transaction

from accounts.people import Person
from audit.kinds import Kind
from audit.services import record, recording_refusals
from ingest import insertion, policy
from ingest.checking import Row
from ingest.models import CorrectionOutcome, Read, ReportStatus, Wrong
from ingest.naming import names_of
from ingest.regions import locate
from ingest.revision import Revision, changed_parts, check_revision, revised
from ingest.services import placing_queue, telling
from ingest.services.mistakes import ReadChanged, check_answer
from ingest.services.reviewing import close_all, lock_for_decision, opening_of, reported_read
from ingest.signals import read_retracted, reads_stored
from lprsvc.lib.dbrole import acting_as
from lprsvc.lib.errors import DomainError, InvalidInput, PolicyDenied
from lprsvc.lib.ids import uuid7

# How a correction's batch is called among the deliveries of its source.
FORMAT = "correction"
# Deliveries wait behind a correction that waits for one: not for long.
_LOCK_TIMEOUT = "5s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What came of a correction: who is told, and the read it was merged with, if any."""

    correction: UUID
    outcome: CorrectionOutcome
    reports: int
    told: int
    merged_into: UUID | None = None


def correct_read(
    *,
    person: Person,
    report_id: UUID,
    seen: frozenset[UUID],
    revision: Revision | None,
    reason: str,
    now: datetime,
) -> Corrected:
    """Correct the read that the report names, or withdraw it (`revision` None).

    `seen`: the reports about it that the person has decided upon; one that came in since is not
    decided unread. Raises PolicyDenied, NotFound, InvalidInput, ReadChanged.
    """
    withdrawn = revision is None
    with recording_refusals(
        actor=person,
        refused=Kind.READ_REFUSED,
        failed=Kind.READ_FAILED,
        fields={"report": str(report_id), "withdrawn": withdrawn, "reason": reason[:2_000]},
    ):
        policy.check_can_review_reads(person)
        check_answer(reason)
        reports = lock_for_decision(report_id, seen, ReportStatus.CORRECTED)
        first = reports[0]
        after = revised(revision) if revision is not None else None
        event = record(
            actor=person,
            kind=Kind.READ_CORRECTED,
            fields=opening_of(first)
            | {"reason": reason.strip(), "after": after, "reports": [str(r.pk) for r in reports]},
        )
        read = reported_read(first)
        changed = _changed(read, revision)
        correction = uuid7()
        told = telling.owe_viewers(read, reports=reports, now=now)
        with _waiting_briefly():
            outcome, merged_into = insertion.supersede_read(correction, moment=now)
            if outcome == CorrectionOutcome.CORRECTED and revision is not None:
                _store(read, revision, now)
        close_all(
            reports,
            ReportStatus.CORRECTED,
            person=person,
            answer=reason.strip(),
            parent=event.id,
            now=now,
            correction=correction,
            changed=changed,
            became=_tellable(revision, changed),
        )
        announce = partial(read_retracted.send_robust, sender=Corrected, correction_id=correction)
        transaction.on_commit(announce, robust=True)
    return Corrected(
        correction=correction,
        outcome=CorrectionOutcome(outcome),
        reports=len(reports),
        told=told,
        merged_into=merged_into,
    )


def _changed(read: Read, revision: Revision | None) -> list[Wrong]:
    """The parts that become another, none for a read that is withdrawn. Raises InvalidInput."""
    if revision is None:
        return []
    check_revision(read, revision)
    return changed_parts(read, revision)


def _tellable(revision: Revision | None, changed: list[Wrong]) -> dict[str, str]:
    """What the read became, as far as who saw it may know. Nothing of a corrected plate or state:
    that is a read of another vehicle, about which they have not asked."""
    if revision is None or {Wrong.PLATE, Wrong.STATE} & set(changed):
        return {}
    became: dict[str, str] = {}
    if Wrong.VEHICLE in changed:
        became |= {"make": revision.make, "model": revision.model, "color": revision.color}
    if Wrong.PLACE in changed:
        became["place"] = f"{revision.latitude_e7 / 1e7:.5f}, {revision.longitude_e7 / 1e7:.5f}"
    return {name: text for name, text in became.items() if text}


def _store(read: Read, revision: Revision, now: datetime) -> None:
    """The next version of the read, by the way every read comes in."""
    batch, is_same_plate = uuid7(), _is_same_plate(read, revision)
    row = _next_version(read, revision, _county_of(read, revision))
    with acting_as("lpr_ingest"):
        insertion.insert_batch(
            batch=batch,
            source_id=read.camera.source_id,
            feed_key_id=None,
            format_name=FORMAT,
            now=now,
            even_paused=True,
        )
        try:
            known = insertion.insert_reads([row], batch=batch, now=now, to_match=not is_same_plate)
        except insertion.NotLawful as error:
            raise PolicyDenied(
                "not_lawful_there",
                "No jurisdiction's rule lets a read of this place and age be kept."
                " Withdraw the read instead.",
            ) from error
        if known:
            raise ReadChanged
        # Original and correction may be kept by different laws: neither takes them along alone.
        insertion.name_photographs(names_of([row], ()))
        has_new_place = insertion.queue_places([row], now=now) > 0
        insertion.update_batch(
            batch, stored=1, duplicate=0, quarantined=0, refused=0, exceptions=[]
        )
    if not is_same_plate:
        announce = partial(reads_stored.send_robust, sender=Corrected, batch_id=batch)
        transaction.on_commit(announce, robust=True)
    if has_new_place:
        transaction.on_commit(placing_queue.fill_later, robust=True)


def _is_same_plate(read: Read, revision: Revision) -> bool:
    return (read.plate_key, read.state) == (revision.plate_key, revision.state)


def _county_of(read: Read, revision: Revision) -> int:
    """Whose law the read is kept by (ING-6). Raises InvalidInput for a place in no state."""
    place = (revision.latitude_e7, revision.longitude_e7)
    if read.county is not None and place == (read.latitude_e7, read.longitude_e7):
        return read.county
    region = locate(*place)
    if region is None:
        raise InvalidInput({"latitude": ["This place is in no state."]})
    return region.geoid


def _next_version(read: Read, revision: Revision, county: int) -> Row:
    return Row(
        index=0,
        plate_key=revision.plate_key,
        state=revision.state,
        captured_at=read.captured_at,
        camera_id=read.camera_id,
        id=read.id,
        latitude_e7=revision.latitude_e7,
        longitude_e7=revision.longitude_e7,
        # How sure the machine was of something else says nothing of this.
        confidence=read.confidence if _is_same_plate(read, revision) else None,
        plate_is_derived=read.plate_is_derived,
        scene_sha256=bytes(read.scene_sha256),
        plate_sha256=bytes(read.plate_sha256),
        plate_text=revision.plate_text,
        make=revision.make or None,
        model=revision.model or None,
        color=revision.color or None,
        county=county,
        version=read.version + 1,
    )


@contextmanager
def _waiting_briefly() -> Iterator[None]:
    """Raises DomainError (503) when deliveries hold the table of reads for too long."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
    try:
        yield
    except OperationalError as error:
        if type(error.__cause__).__name__ != "LockNotAvailable":
            raise
        raise DomainError(
            "reads_busy",
            "Reads are being stored just now, so nothing was changed. Try again in a moment.",
            status=503,
        ) from error
