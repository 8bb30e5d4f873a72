"""What an agency's privacy office asks for an individual: to amend reads it may not see (QRY-10).

The office names plate, state and days. The event of its request opens those reads to the very
transaction that makes a report of each; to the office nothing of them is shown, not even whether
there is one, until the vendor has decided.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.business_time import deadline
from accounts.people import Person
from accounts.services.governed import check_text, loggable
from audit.kinds import Kind
from audit.leaf import Value, format_at
from audit.services import record, recording_refusals
from ingest import policy, selectors
from ingest.claims import MAX_PLATE_TEXT, Claim, check_claim
from ingest.models import Amendment, ErrorReport, Read, ReportStatus
from ingest.rules import AMENDMENT_MAX_DAYS, AMENDMENT_WITHIN
from ingest.services.mistakes import agency_zone, check_answer, claimed, close, naming, told_of
from ingest.states import report_step
from lprsvc.lib.errors import InvalidInput
from lprsvc.lib.jurisdictions import JURISDICTIONS
from lprsvc.lib.plates import InvalidPlate, plate_key

MAX_LINE = 200
# As old as partitions of reads may be.
FIRST_DAY = date(1990, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAmendment:
    """What the office enters. `plate` and `state` are as recorded; `reference` names the individual
    or the office's file, and stays in the agency; `basis` is the law it rests on."""

    plate: str
    state: str
    first_day: date
    last_day: date
    reference: str
    basis: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class _Window:
    start: datetime
    end: datetime


def request_amendment(*, person: Person, new: NewAmendment, now: datetime) -> Amendment:
    """Ask for the amendment of every read of a plate on some days, of the person's time zone.

    Raises PolicyDenied, and InvalidInput with the faults by field; both are recorded.
    """
    said = _said(new)
    with recording_refusals(
        actor=person, refused=Kind.READ_REFUSED, failed=Kind.READ_FAILED, fields=said
    ):
        agency_id = policy.check_can_request_amendments(person)
        key, window = _check(new, person.timezone, now)
        event = record(
            actor=person,
            kind=Kind.READ_AMENDMENT_REQUESTED,
            fields=said
            | {"plate": key, "start": format_at(window.start), "end": format_at(window.end)},
        )
        reads = selectors.list_hits(
            plate_key=key, state=new.state, start=window.start, end=window.end
        )
        amendment = Amendment.objects.create(
            agency_id=agency_id,
            entered_by_id=person.user_id,
            reference=new.reference.strip(),
            basis=new.basis.strip(),
            plate_text=new.plate.strip(),
            plate_key=key,
            state=new.state,
            start=window.start,
            end=window.end,
            entered_at=now,
        )
        _open_reports(amendment, new.claim, reads, cause=event.id, now=now)
    return amendment


def view_amendments(*, person: Person) -> list[Amendment]:
    """What the person's privacy office has asked for; looking is recorded. Raises PolicyDenied."""
    with _looking(person, {}):
        policy.check_can_request_amendments(person)
        amendments = list(selectors.list_amendments_for(person))
        record(actor=person, kind=Kind.READ_REPORTS_VIEWED, fields={"count": len(amendments)})
    return amendments


def view_amendment(*, person: Person, pk: UUID) -> Amendment:
    """One request of the person's privacy office; looking is recorded. Raises PolicyDenied,
    NotFound."""
    with _looking(person, {"amendment": str(pk)}):
        policy.check_can_request_amendments(person)
        amendment = selectors.get_amendment_for(person, pk)
        record(actor=person, kind=Kind.READ_REPORTS_VIEWED, fields={"amendment": str(pk)})
    return amendment


def withdraw_amendment(*, person: Person, pk: UUID, reason: str, now: datetime) -> int:
    """Take back what the vendor has not decided; returns how many reports that were.

    Raises PolicyDenied where all is decided, NotFound, InvalidInput.
    """
    with _looking(person, {"amendment": str(pk), "reason": loggable(reason)}):
        policy.check_can_request_amendments(person)
        check_answer(reason)
        amendment = selectors.get_amendment_for(person, pk)
        reports = list(
            ErrorReport.objects.select_for_update(of=("self",))
            .filter(amendment=amendment)
            .order_by("opened_at", "pk")
        )
        waiting = [report for report in reports if report.is_waiting]
        # Where none waits, the refusal names what became of the first.
        for report in waiting or reports[:1]:
            kind = report_step(report.status, ReportStatus.WITHDRAWN)
            close(report, ReportStatus.WITHDRAWN, answer=reason.strip(), now=now)
            record(actor=person, kind=kind, fields=told_of(report), parent=report.cause)
    return len(waiting)


def _check(new: NewAmendment, timezone: str, now: datetime) -> tuple[str, _Window]:
    """The plate's key and the days as instants. Raises InvalidInput."""
    errors: dict[str, list[str]] = {}
    key = _check_plate(new, errors)
    for name, text in (("reference", new.reference), ("basis", new.basis)):
        if not text.strip():
            errors[name] = ["Enter it."]
        elif len(text) > MAX_LINE:
            errors[name] = [f"Use {MAX_LINE} characters at most."]
    window = _check_days(new, timezone, now, errors)
    try:
        check_claim(new.claim, read={"plate": key, "state": new.state})
    except InvalidInput as fault:
        errors |= fault.errors
    if errors:
        raise InvalidInput(errors)
    for name, text in (
        ("reference", new.reference),
        ("basis", new.basis),
        ("text", new.claim.text),
    ):
        check_text(name, text)
    return key, window


def _check_plate(new: NewAmendment, errors: dict[str, list[str]]) -> str:
    if new.state not in JURISDICTIONS:
        errors["recorded_state"] = ["Choose the state of registration."]
    if len(new.plate) > MAX_PLATE_TEXT:
        errors["recorded_plate"] = [f"Use {MAX_PLATE_TEXT} characters at most."]
    try:
        return plate_key(new.plate)
    except InvalidPlate as fault:
        errors["recorded_plate"] = [str(fault)]
        return ""


def _check_days(
    new: NewAmendment, timezone: str, now: datetime, errors: dict[str, list[str]]
) -> _Window:
    zone = ZoneInfo(timezone)
    if new.first_day < FIRST_DAY:
        errors["first_day"] = [f"Nothing is kept from before {FIRST_DAY.year}."]
    elif new.last_day < new.first_day:
        errors["last_day"] = ["The last day comes before the first."]
    elif new.last_day > now.astimezone(zone).date():
        errors["last_day"] = ["This day has not come yet."]
    elif (new.last_day - new.first_day).days >= AMENDMENT_MAX_DAYS:
        errors["last_day"] = [f"Enter {AMENDMENT_MAX_DAYS} days at most."]
    else:
        after = new.last_day + timedelta(days=1)
        return _Window(_midnight(new.first_day, zone), _midnight(after, zone))
    return _Window(now, now)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _open_reports(
    amendment: Amendment, claim: Claim, reads: list[Read], *, cause: UUID, now: datetime
) -> None:
    """One report for each read, or one that names none, for the vendor to say so."""
    due_at = deadline(now, AMENDMENT_WITHIN, agency_zone(amendment.agency_id))
    of_none: dict[str, object] = {
        "plate_text": amendment.plate_text,
        "plate_key": amendment.plate_key,
        "state": amendment.state,
    }
    named = [naming(read) for read in reads] or [of_none]
    ErrorReport.objects.bulk_create(
        ErrorReport(
            agency_id=amendment.agency_id,
            reporter_id=amendment.entered_by_id,
            amendment=amendment,
            cause=cause,
            opened_at=now,
            due_at=due_at,
            **fields,
            **claimed(claim),
        )
        for fields in named
    )


def _said(new: NewAmendment) -> dict[str, Value]:
    return {
        "plate_raw": loggable(new.plate),
        "state": loggable(new.state),
        "first_day": new.first_day.isoformat(),
        "last_day": new.last_day.isoformat(),
        "reference": loggable(new.reference),
        "basis": loggable(new.basis),
        "wrong": [str(wrong) for wrong in new.claim.wrong],
        "claimed": {name: loggable(text) for name, text in new.claim.values().items()},
        "text": loggable(new.claim.text),
    }


def _looking(person: Person, fields: dict[str, Value]) -> AbstractContextManager[None]:
    return recording_refusals(
        actor=person, refused=Kind.READ_REFUSED, failed=Kind.READ_FAILED, fields=fields
    )
