"""Mails about reported errors: to who reported one, and to who saw a read that was wrong (QRY-10).

No subject names a plate. The plate that a read was corrected to is nobody's to be told.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Notice, User
from accounts.notices import Letter, link, notice_kind, subject_of
from accounts.selectors import find_user
from ingest import policy
from ingest.models import Amendment, ErrorReport, ReportStatus
from ingest.presenting import amendment_outcome, claimed_lines, outcome_of, wrong_labels
from ingest.services.telling import OFFICE_TOLD, REPORTER_TOLD, VIEWER_TOLD
from lprsvc.lib.jurisdictions import state_name

_REPORTERS_WHY = "You get this mail because you reported an error in a license plate read."


def _sample(outcome: str, answer: str) -> Mapping[str, Any]:
    return {
        "plate": "ABC 123",
        "state": "Pennsylvania",
        "source": "Delaware toll road camera",
        "camera": "I-95 northbound, mile 6",
        "local_time": "Jan 5, 2026, 09:03:11 EST",
        "utc_time": "Jan 5, 2026, 14:03:11 UTC",
        "wrong": "Plate number",
        "outcome": outcome,
        "became": [],
        "answer": answer,
        "url": link("error_report_list"),
    }


@notice_kind(
    REPORTER_TOLD[ReportStatus.CORRECTED],
    why=_REPORTERS_WHY,
    sample=lambda: _sample(
        "The read was corrected, and is not a read of this plate any more.",
        "The photograph shows another last figure.",
    ),
)
def compose_report_corrected(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """What became of the read; nothing for who may not see reads any more."""
    return _to_reporter(notice)


@notice_kind(
    REPORTER_TOLD[ReportStatus.REJECTED],
    why=_REPORTERS_WHY,
    sample=lambda: _sample("", "Both photographs show the plate as it was read."),
)
def compose_report_rejected(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """Why the read stays as it is; nothing for who may not see reads any more."""
    return _to_reporter(notice)


@notice_kind(
    VIEWER_TOLD,
    why="You get this mail because the log shows that this read was shown or mailed to you.",
    sample=lambda: _sample("The read was corrected, and is not a read of this plate any more.", ""),
)
def compose_read_corrected(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """That a read they saw was wrong; nothing for who lost access meanwhile."""
    report_id, _, user_id = subject_of(notice).partition("/")
    report = _find_report(report_id)
    user = User.objects.select_related("agency").filter(pk=user_id).first()
    if report is None or user is None or not _may_be_told(user, notice):
        return None
    return Letter(_facts(report) | {"url": link("query_list")})


@notice_kind(
    OFFICE_TOLD,
    why="You get this mail because you entered a request for an amendment.",
    sample=lambda: {
        "reference": "PRIV-2026-17",
        "basis": "5 U.S.C. 552a(d)(2)",
        "outcome": "1 read was corrected, 2 were left as they are.",
        "url": link("amendment_list"),
    },
)
def compose_amendment_answered(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """What came of an individual's request, to the office that has to answer them."""
    amendment = Amendment.objects.filter(pk=subject_of(notice)).first()
    if amendment is None:
        return None
    officer = find_user(amendment.entered_by_id)
    if officer is None or not policy.can_be_told_of_amendments(officer.permissions):
        return None
    return Letter(
        {
            "reference": amendment.reference,
            "basis": amendment.basis,
            "outcome": amendment_outcome(list(amendment.reports.all())),
            "url": link("amendment_detail", amendment.pk),
        }
    )


def _to_reporter(notice: Notice) -> Letter | None:
    report = _find_report(subject_of(notice))
    if report is None or not _may_be_told(report.reporter, notice):
        return None
    return Letter(_facts(report) | {"url": link("error_report_detail", report.pk)})


def _find_report(pk: str) -> ErrorReport | None:
    reports = ErrorReport.objects.select_related("reporter__agency", "camera__source")
    return reports.filter(pk=pk).first()


def _may_be_told(user: User, notice: Notice) -> bool:
    return policy.can_be_told_of_reads(
        is_active=user.is_active,
        permissions=user.permissions,
        is_same_agency=user.agency is not None and user.agency.log_id == notice.log_id,
    )


def _facts(report: ErrorReport) -> dict[str, Any]:
    camera, at = report.camera, report.captured_at
    if camera is None or at is None:
        raise ValueError(f"report {report.pk} names no read")
    return {
        "plate": report.plate_text,
        "state": state_name(report.state),
        "source": camera.source.name,
        "camera": camera.name,
        "local_time": _clock(at.astimezone(ZoneInfo(camera.timezone))),
        "utc_time": _clock(at.astimezone(UTC)),
        "wrong": ", ".join(wrong_labels(report.wrong)),
        "outcome": outcome_of(report),
        "became": claimed_lines(report.became),
        "answer": report.answer,
    }


def _clock(moment: datetime) -> str:
    """The month spelt: 04/05 reads differently on the two sides of an ocean."""
    return f"{moment:%b} {moment.day}, {moment.year}, {moment:%H:%M:%S} {moment.tzname()}"
