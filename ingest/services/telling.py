"""Telling people that a read they saw was wrong, and reporters what came of it (QRY-10).

Mails are owed in the transaction of the decision and sent after it, once each. Who saw the read is
known from the log; the vendor learns no more of them than how many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import User, user_actor_id
from accounts.selectors import users_of_actors
from accounts.services.notices import queue_notice
from audit.selectors import LoggedRead, Viewer, count_matched_alerts, list_viewers
from ingest import policy
from ingest.geography import geography_of
from ingest.models import Batch, ErrorReport, Read, ReportStatus

VIEWER_TOLD = "read_corrected"
REPORTER_TOLD = {
    ReportStatus.CORRECTED: "report_corrected",
    ReportStatus.REJECTED: "report_rejected",
}
OFFICE_TOLD = "amendment_answered"


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a correction of the read brings about, in numbers: all that the vendor learns."""

    viewers: int
    agencies: int
    alerts: int


def consequences_of(read: Read) -> Consequences:
    """How many people of how many agencies saw the read, and how many alerts it matched."""
    people = _people_who_saw(read)
    return Consequences(
        viewers=len(people),
        agencies=len({person.agency_id for person in people}),
        alerts=count_matched_alerts(_logged(read)),
    )


def owe_viewers(read: Read, *, reports: Sequence[ErrorReport], now: datetime) -> int:
    """Owe a mail to everybody who saw the read and may still see reads, but its reporters, who are
    told what came of their report; returns how many."""
    reporters = {report.reporter_id for report in reports}
    people = [person for person in _people_who_saw(read) if person.pk not in reporters]
    for person in people:
        queue_notice(
            kind=VIEWER_TOLD,
            recipient=person.email,
            about=f"report:{reports[0].pk}/{person.pk}",
            log_id=_log_of(person),
            now=now,
        )
    return len(people)


def owe_reporter(report: ErrorReport, *, log_id: UUID, now: datetime) -> None:
    """Owe the reporter a mail about the decision; the privacy office one when all of an amendment
    is decided."""
    kind, about = REPORTER_TOLD[ReportStatus(report.status)], f"report:{report.pk}"
    if report.amendment_id is not None:
        # It is locked (`reviewing`), so no other decision about it is under way.
        others = ErrorReport.objects.filter(amendment_id=report.amendment_id)
        if any(other.is_waiting for other in others):
            return
        kind, about = OFFICE_TOLD, f"amendment:{report.amendment_id}"
    queue_notice(kind=kind, recipient=report.reporter.email, about=about, log_id=log_id, now=now)


def _people_who_saw(read: Read) -> list[User]:
    """Who saw this version of the read and may still be told, each once."""
    viewers = [viewer for viewer in list_viewers(_logged(read)) if _was_shown(read, viewer)]
    users = users_of_actors(viewer.actor for viewer in viewers)
    saw_in = {(viewer.actor, viewer.log_id) for viewer in viewers}
    return [
        user
        for actor, user in users.items()
        if user.agency is not None
        and (actor, user.agency.log_id) in saw_in
        and policy.can_be_told_of_reads(
            is_active=user.is_active, permissions=user.permissions, is_same_agency=True
        )
    ]


def _was_shown(read: Read, viewer: Viewer) -> bool:
    limit = geography_of(viewer.limit)
    return limit is None or limit.covers(read.latitude_e7, read.longitude_e7)


def _logged(read: Read) -> LoggedRead:
    stored = Batch.objects.get(pk=read.batch_id)
    return LoggedRead(
        read_id=read.id,
        plate=read.plate_key,
        state=read.state,
        captured_at=read.captured_at,
        since=stored.received_at,
    )


def _log_of(user: User) -> UUID:
    if user.agency is None:
        raise ValueError(f"{user_actor_id(user.pk)} is of no agency")
    return user.agency.log_id
