"""Reports of errors in reads: opened by who saw the read, withdrawn, erased when done (QRY-10).

What the vendor makes of them is in `reviewing` and `corrections`; what an agency's privacy office
asks for an individual, in `amendments`.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q

from accounts.business_time import deadline
from accounts.people import Person
from accounts.selectors import find_agency
from accounts.services.governed import check_text
from audit.actors import system
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record, recording_refusals
from ingest import policy, selectors
from ingest.claims import Claim, check_claim
from ingest.geography import Geography
from ingest.models import Amendment, ErrorReport, Read, ReportStatus
from ingest.rules import REPORT_KEPT, REPORT_TEXT_MAX, REVIEW_WITHIN
from ingest.states import report_step
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound, PolicyDenied

__all__ = [
    "Claim",
    "NamedRead",
    "erase_closed",
    "report_error",
    "view_own_report",
    "view_own_reports",
    "withdraw_report",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRead:
    """A read by its id and what opens it: its plate, state and a window that holds it; and where
    it must lie to be the person's to see."""

    read_id: UUID
    plate_key: str
    state: str
    start: datetime
    end: datetime
    within: Geography | None = None


def report_error(
    *, person: Person, read: NamedRead, claim: Claim, cause: UUID, now: datetime
) -> ErrorReport:
    """Report what is wrong with a read that the caller's event `cause` has opened.

    Within the caller's transaction, which has seen to it that the read is the person's to see.
    Raises PolicyDenied (``already_reported``), InvalidInput with the faults by field, NotFound.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a report belongs to its event's transaction")
    agency_id = policy.check_can_report_errors(person)
    lock_read(read.read_id)
    # After the lock: whatever a correction has made of it is seen.
    found = selectors.get_read(
        read.read_id,
        plate_key=read.plate_key,
        state=read.state,
        start=read.start,
        end=read.end,
        within=read.within,
    )
    check_claim(claim, read=recorded_of(found))
    check_text("text", claim.text)
    if selectors.find_waiting_report(person, read.read_id) is not None:
        raise PolicyDenied(
            "already_reported", "You have reported this read already, and it is being looked at."
        )
    return ErrorReport.objects.create(
        agency_id=agency_id,
        reporter_id=person.user_id,
        cause=cause,
        due_at=deadline(now, REVIEW_WITHIN, agency_zone(agency_id)),
        opened_at=now,
        **naming(found),
        **claimed(claim),
    )


def view_own_reports(*, person: Person, now: datetime) -> list[ErrorReport]:
    """What the person reported, newest first; looking is recorded. Raises PolicyDenied."""
    with _looking(person, {}):
        policy.check_can_report_errors(person)
        reports = list(selectors.list_own_reports(person).filter(_is_kept(now)))
        record(actor=person, kind=Kind.READ_REPORTS_VIEWED, fields={"count": len(reports)})
    return reports


def view_own_report(*, person: Person, pk: UUID, now: datetime) -> ErrorReport:
    """One of the person's reports; looking is recorded. Raises NotFound, PolicyDenied."""
    with _looking(person, {"report": str(pk)}):
        policy.check_can_report_errors(person)
        report = selectors.get_own_report(person, pk)
        if report.erase_after is not None and report.erase_after <= now:
            raise NotFound("report")
        record(actor=person, kind=Kind.READ_REPORTS_VIEWED, fields=told_of(report))
    return report


def withdraw_report(*, person: Person, pk: UUID, reason: str, now: datetime) -> ErrorReport:
    """Take back an own report that nobody has decided. Raises NotFound, PolicyDenied,
    InvalidInput."""
    with recording_refusals(
        actor=person,
        refused=Kind.READ_REFUSED,
        failed=Kind.READ_FAILED,
        fields={"report": str(pk), "reason": reason[:REPORT_TEXT_MAX]},
    ):
        report = selectors.get_own_report(person, pk, lock=True)
        check_answer(reason)
        kind = report_step(report.status, ReportStatus.WITHDRAWN)
        close(report, ReportStatus.WITHDRAWN, answer=reason.strip(), now=now)
        record(actor=person, kind=kind, fields=told_of(report), parent=report.cause)
    return report


def erase_closed(*, now: datetime) -> int:
    """Erase reports that were closed long enough ago; returns how many. Safe to run again."""
    with transaction.atomic(durable=True):
        due = ErrorReport.objects.filter(erase_after__lte=now)
        erased = due.count()
        due.delete()
        # One that still has a report waits for it.
        Amendment.objects.filter(reports=None).delete()
        record(
            actor=system("ingest.erase_closed_reports"),
            kind=Kind.SYSTEM_MAINTAINED,
            fields={"job": "ingest.erase_closed_reports", "erased": erased},
        )
    return erased


def _looking(person: Person, fields: dict[str, Value]) -> AbstractContextManager[None]:
    return recording_refusals(
        actor=person, refused=Kind.READ_REFUSED, failed=Kind.READ_FAILED, fields=fields
    )


def _is_kept(now: datetime) -> Q:
    return Q(erase_after=None) | Q(erase_after__gt=now)


# --- for the services beside this one -------------------------------------------------------------


def lock_read(read_id: UUID) -> None:
    """Until the transaction ends, nobody else reports or corrects this read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ingest.read:{read_id}"]
        )


def naming(read: Read) -> dict[str, object]:
    """The fields of a report that name the read."""
    return {
        "read_id": read.id,
        "version": read.version,
        "captured_at": read.captured_at,
        "camera_id": read.camera_id,
        "plate_text": read.plate_text,
        "plate_key": read.plate_key,
        "state": read.state,
    }


def claimed(claim: Claim) -> dict[str, object]:
    """The fields of a report that say what is wrong."""
    return {
        "wrong": [str(wrong) for wrong in claim.wrong],
        "claimed": claim.values(),
        "text": claim.text.strip(),
    }


def recorded_of(read: Read) -> dict[str, str]:
    """What is recorded of a read, in the words of a claim."""
    return {
        "plate": read.plate_key,
        "state": read.state,
        "make": read.make or "",
        "model": read.model or "",
        "color": read.color or "",
    }


def agency_zone(agency_id: int) -> ZoneInfo:
    """The zone whose midnights part the business days of an agency."""
    agency = find_agency(agency_id)
    return ZoneInfo(agency.timezone if agency else "UTC")


def check_answer(text: str) -> None:
    """Raise InvalidInput unless it says why, in words that can be kept."""
    if not text.strip():
        raise InvalidInput({"reason": ["Say why."]})
    if len(text) > REPORT_TEXT_MAX:
        raise InvalidInput({"reason": [f"Use {REPORT_TEXT_MAX:,} characters at most."]})
    check_text("reason", text)


def close(
    report: ErrorReport, status: ReportStatus, *, answer: str, now: datetime, **changes: object
) -> None:
    """End a report that the caller has locked and may end."""
    fields = {
        "status": status,
        "answer": answer,
        "closed_at": now,
        "erase_after": now + REPORT_KEPT,
        **changes,
    }
    for name, value in fields.items():
        setattr(report, name, value)
    report.save(update_fields=list(fields))


def told_of(report: ErrorReport) -> dict[str, Value]:
    """What the log is told of a report in every event about it."""
    return {
        "report": str(report.pk),
        "amendment": str(report.amendment_id) if report.amendment_id else None,
        "read": str(report.read_id) if report.read_id else None,
        "version": report.version,
        "plate": report.plate_key,
        "state": report.state,
        "wrong": list(report.wrong),
        "reason": report.answer or None,
    }


class ReadChanged(DomainError):
    """The read is not any more what the person was looking at."""

    def __init__(self) -> None:
        super().__init__(
            "read_changed",
            "Somebody has decided about this read meanwhile. Look at it again.",
            status=409,
        )
