"""Making an ordered report: the worker's part (QRY-8, docs/adr/0020).

Claim; look up what was chosen, in one transaction with its events, as the one who ordered it;
draw, outside of any transaction, since map servers take their time; keep the file, with the event.
Whether it may be made is asked anew, at the beginning and at the end. A worker that dies leaves a
claim that runs out; one that was only slow finds that its claim is gone, and keeps nothing.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from accounts.models import User
from accounts.people import Person, person_for
from accounts.selectors import find_retention
from accounts.standing import training_of
from audit.actors import Origin
from audit.kinds import Kind
from audit.services import Recorded, record
from ingest.geography import geography_of
from ingest.selectors import Sighting, list_sightings, open_photograph
from ingest.services.places import known_places
from lprsvc.lib.errors import DomainError, PolicyDenied
from queries import policy, records, selectors, states
from queries.models import QueryReport, RecentQuery, ReportFormat, ReportState
from queries.presenting import where_words
from queries.reports.content import PrintedHit, PrintedPhotograph, Report
from queries.reports.pdf import report_pdf
from queries.reports.workbook import report_workbook
from queries.rules import FILE_KEPT, MOST_TRIES, REPORT_CLAIM_LASTS
from queries.sealed_files import erase_files, write_file
from queries.services.answers import hit_of, place_of
from queries.services.ordering import about, tell_worker
from queries.timeframes import TimeFrame

Clock = Callable[[], datetime]
_INSTANT = timedelta(microseconds=1)
# How often a report that is being made says how far it is; often enough for its page.
_SAYS_EVERY = timedelta(seconds=1)


class _ClaimLost(Exception):
    """The report was canceled or removed, or another worker has it."""


class _TryAgain(Exception):
    """A photograph was erased while its page was drawn, or the storage is away: begin anew."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A report that is ours to make."""

    report: QueryReport
    token: UUID

    @property
    def row(self) -> Q:
        """The row, for as long as the claim stands."""
        return Q(pk=self.report.pk, claim=self.token, state=ReportState.RUNNING)


@dataclass(frozen=True, slots=True)
class _Made:
    """The finished file. `pages` None: it has none."""

    content: bytes
    pages: int | None


def make_report(*, report_id: UUID, clock: Clock) -> None:
    """Make one report, unless another worker is at it, it has ended, or is gone."""
    claim = _claim(report_id, clock())
    if claim is None:
        return
    try:
        report = _gather(claim, clock())
        made = _draw(claim, report, clock)
        _keep(claim, report, made, clock())
    except _ClaimLost:
        return
    except _TryAgain:
        _release(claim)
    except DomainError as error:
        if error.status >= 500:
            _release(claim)
        else:
            _fail(claim, clock(), error.code, error.message)
    except SoftTimeLimitExceeded:
        _fail(claim, clock(), "took_too_long", "It took too long. Choose fewer hits.")
    except (OperationalError, InterfaceError):
        # Without a database nothing can be said; the claim runs out by itself.
        raise
    except Exception as error:
        # The type only: a message may quote anything.
        _fail(claim, clock(), type(error).__name__, "Something went wrong. The vendor can see it.")
        raise


def sweep_reports(*, now: datetime) -> int:
    """Go on with every report that nobody makes; erase files whose day is over or that are
    outdated. Returns how many went on."""
    over = Q(file_until__lte=now) | Q(state=ReportState.FAILED)
    files = QueryReport.objects.filter(over, size__isnull=False)
    erase_files(files.values_list("pk", flat=True))
    waiting = QueryReport.objects.filter(state__in=[ReportState.WAITING, ReportState.RUNNING])
    idle = [report.pk for report in waiting.order_by("ordered_at") if not _is_claimed(report, now)]
    for report_id in idle:
        tell_worker(report_id)
    return len(idle)


# --- claims ---------------------------------------------------------------------------------------


def _claim(report_id: UUID, now: datetime) -> _Claim | None:
    with transaction.atomic(durable=True):
        found = QueryReport.objects.select_for_update().filter(pk=report_id).first()
        if found is None or not found.is_open or _is_claimed(found, now):
            return None
        claim = _Claim(found, uuid4())
        found.state, found.claim, found.claimed_at = ReportState.RUNNING, claim.token, now
        found.attempts, found.done = found.attempts + 1, 0
        found.save(update_fields=["state", "claim", "claimed_at", "attempts", "done"])
        if found.attempts <= MOST_TRIES:
            return claim
        _end_failed(claim, now, "broke_off", "It broke off several times. Try again later.")
    return None


def _is_claimed(report: QueryReport, now: datetime) -> bool:
    return report.claimed_at is not None and report.claimed_at > now - REPORT_CLAIM_LASTS


def _still(held: _Claim, **changes: object) -> None:
    """Change the row while the claim stands. Raises _ClaimLost."""
    if not QueryReport.objects.filter(held.row).update(**changes):
        raise _ClaimLost


def _release(claim: _Claim) -> None:
    """Let the sweep begin anew."""
    QueryReport.objects.filter(claim.row).update(
        state=ReportState.WAITING, claim=None, claimed_at=None
    )


def _fail(claim: _Claim, now: datetime, code: str, message: str) -> None:
    with transaction.atomic(durable=True):
        _end_failed(claim, now, code, message)


def _end_failed(claim: _Claim, now: datetime, code: str, message: str) -> None:
    """In the caller's transaction, with its event; nothing where the claim is lost."""
    report = QueryReport.objects.select_for_update().filter(claim.row).first()
    query = selectors.find_reported(claim.report.pk, claim.token)
    if report is None or query is None:
        return
    record(
        actor=_owner(query),
        kind=states.REPORT[ReportState.RUNNING][ReportState.FAILED] or Kind.REPORT_FAILED,
        fields=about(query, report) | {"message": message},
        outcome="failed",
        outcome_code=code,
        parent=report.event,
    )
    report.state, report.finished_at, report.fault = ReportState.FAILED, now, message[:300]
    report.claim = report.claimed_at = None
    report.save(update_fields=["state", "finished_at", "fault", "claim", "claimed_at"])


# --- whether it may be made -----------------------------------------------------------------------


def _owner(query: RecentQuery) -> Person:
    """Who ordered it, as the log names them: what the worker does for them is theirs."""
    people = User.objects.select_related("agency", "component", "aor")
    return person_for(people.get(pk=query.owner_id), origin=Origin(client="job"))


def _check_may(claim: _Claim, now: datetime) -> tuple[Person, RecentQuery]:
    """Whoever lost the right since, or marked a hit, gets no report. Raises DomainError."""
    query = selectors.find_reported(claim.report.pk, claim.token)
    if query is None or query.erase_after <= now:
        raise _ClaimLost
    person = _owner(query)
    policy.check_has_access(
        is_active=User.objects.filter(pk=query.owner_id, is_active=True).exists()
    )
    policy.check_can_ask(person, training_of(person, now=now))
    marks = selectors.reported_marks(claim.report.pk, claim.token)
    policy.check_can_print(marks, claim.report.read_ids)
    return person, query


# --- looking up -----------------------------------------------------------------------------------


def _gather(claim: _Claim, now: datetime) -> Report:
    """All that stands in it, but for the bytes of photographs and maps. Every photograph is
    recorded as viewed (QRY-7)."""
    with transaction.atomic(durable=True):
        person, query = _check_may(claim, now)
        opened = record(
            actor=person,
            kind=Kind.RESULT_VIEWED,
            fields=records.opening(query)
            | {"report": str(claim.report.pk), "format": claim.report.format},
            parent=query.pk,
        )
        within = geography_of(query.geography)
        reads = list_sightings(
            plate_key=query.plate_key,
            state=query.state,
            start=query.start,
            end=query.end,
            within=within,
        )
        wanted = set(claim.report.read_ids)
        chosen = [read for read in reads if read.id in wanted]
        if not chosen:
            raise PolicyDenied("hits_gone", "None of the chosen hits is held any longer.")
        places = known_places({place_of(read) for read in chosen})
        hits = tuple(
            PrintedHit(
                number,
                hit_of(read, places.get(place_of(read))),
                _photographs(person, query, read, opened),
            )
            for number, read in enumerate(chosen, start=1)
        )
        today = now.astimezone(ZoneInfo(person.timezone)).date()
        return Report(
            person=person,
            query=query,
            query_id=query.pk,
            where=where_words(within) or "",
            hits=hits,
            total=len(reads),
            left_out=len(wanted) - len(chosen),
            opened=opened,
            retention=find_retention(person, recorded_on=today),
            made_at=now,
        )


def _photographs(
    person: Person, query: RecentQuery, read: Sighting, opened: Recorded
) -> tuple[PrintedPhotograph, ...]:
    frame = TimeFrame(read.captured_at, read.captured_at + _INSTANT, query.period)
    found = []
    for role, sha256 in (("scene", read.scene_sha256), ("plate", read.plate_sha256)):
        record(
            actor=person,
            kind=Kind.RESULT_PHOTO_VIEWED,
            fields=records.opening(query, frame)
            | {"read": str(read.id), "photograph": role, "report": str(opened.id)},
            parent=query.pk,
        )
        derived = role == "plate" and read.plate_is_derived
        found.append(PrintedPhotograph(role, _load, bytes(sha256).hex(), derived))
    return tuple(found)


def _load(sha256: str) -> bytes:
    """A photograph whose view is recorded. Raises _TryAgain, for the drawing library makes
    exceptions anew from a text alone."""
    try:
        return open_photograph(bytes.fromhex(sha256))[0]
    except DomainError as error:
        raise _TryAgain(error.message) from error


# --- drawing and keeping --------------------------------------------------------------------------


def _draw(claim: _Claim, report: Report, clock: Clock) -> _Made:
    """The file; says how far it is, and stops where the claim is lost."""
    said_at = clock()

    def say(done: int) -> None:
        nonlocal said_at
        now = clock()
        if now - said_at >= _SAYS_EVERY:
            said_at = now
            _still(claim, claimed_at=now, done=min(done, claim.report.count))

    if claim.report.format == ReportFormat.PDF:
        printed = report_pdf(report, say=say)
        return _Made(printed.content, printed.pages)
    return _Made(report_workbook(report), None)


def _keep(claim: _Claim, report: Report, made: _Made, now: datetime) -> None:
    """The file, its event and the end of the claim; all of it or nothing."""
    sha256 = hashlib.sha256(made.content).hexdigest()
    digest = records.digest(one.hit for one in report.hits)
    with transaction.atomic(durable=True):
        # Held until the commit: nobody cancels or removes it half-way.
        _still(claim, claimed_at=now)
        person, query = _check_may(claim, now)
        write_file(claim.report.pk, made.content)
        record(
            actor=person,
            kind=Kind.REPORT_PRINTED,
            fields=records.named(query)
            | {
                "report": str(claim.report.pk),
                "format": claim.report.format,
                "count": len(report.hits),
                "left_out": report.left_out,
                "digest": digest,
                "sha256": sha256,
                "pages": made.pages,
                "opened": str(report.opened.id),
            },
            parent=claim.report.event,
        )
        _still(
            claim,
            state=ReportState.DONE,
            claim=None,
            claimed_at=None,
            done=len(report.hits),
            left_out=report.left_out,
            finished_at=now,
            fault="",
            sha256=sha256,
            hits_digest=digest,
            size=len(made.content),
            pages=made.pages,
            file_until=now + FILE_KEPT,
        )
