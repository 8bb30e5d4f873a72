"""What the pages about reported errors show, in plain values. Pure but for addresses."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from ingest.models import Amendment, ErrorReport, ReportStatus, Wrong
from lprsvc.lib.jurisdictions import JURISDICTIONS, state_name

# How the status is coloured, as the log's outcomes are; its words say the same.
_TONES = {
    ReportStatus.OPEN: "partial",
    ReportStatus.UNDER_REVIEW: "partial",
    ReportStatus.CORRECTED: "ok",
    ReportStatus.REJECTED: "refused",
    ReportStatus.WITHDRAWN: "",
}
_PART_LABELS = {
    "plate": "Plate",
    "state": "State",
    "make": "Make",
    "model": "Model",
    "color": "Color",
    "place": "Place",
}


def report_row(report: ErrorReport) -> dict[str, Any]:
    """A report in a list; its camera and source should be selected."""
    camera = report.camera
    return {
        "url": reverse("error_report_detail", args=[report.pk]),
        "opened_at": report.opened_at,
        "plate": report.plate_text,
        "state_name": state_name(report.state),
        "captured_at": report.captured_at,
        "timezone": camera.timezone if camera else "UTC",
        "source_name": camera.source.name if camera else "",
        "camera_name": camera.name if camera else "",
        "wrong": wrong_labels(report.wrong),
        "status": ReportStatus(report.status).label,
        "tone": _TONES[ReportStatus(report.status)],
        "is_waiting": report.is_waiting,
        "closed_at": report.closed_at,
    }


def report_page(report: ErrorReport) -> dict[str, Any]:
    """A report on a page of its own, with what it says and what came of it."""
    return report_row(report) | {
        "claimed": claimed_lines(report.claimed),
        "text": report.text,
        "due_at": report.due_at,
        "reviewed_at": report.reviewed_at,
        "answer": report.answer,
        "outcome": outcome_of(report),
        "became": claimed_lines(report.became),
        "erase_after": report.erase_after,
        "withdraw_url": reverse("error_report_withdraw", args=[report.pk])
        if report.is_waiting
        else None,
    }


def wrong_labels(wrong: list[str]) -> list[str]:
    """What is wrong, in words, in the order of the form."""
    return [part.label for part in Wrong if part.value in wrong]


def claimed_lines(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """What it should be, or became, part by part."""
    return [
        (label, state_name(values[name]) if values[name] in JURISDICTIONS else values[name])
        for name, label in _PART_LABELS.items()
        if values.get(name)
    ]


def outcome_of(report: ErrorReport) -> str:
    """What became of the read, as far as its reporter and viewers may know.

    A corrected plate is not named: it is another vehicle's, about which they have not asked.
    """
    if report.status != ReportStatus.CORRECTED:
        return ""
    if not report.changed:
        return "The read was withdrawn. It answers no query any more."
    if {Wrong.PLATE, Wrong.STATE} & set(report.changed):
        return "The read was corrected, and is not a read of this plate any more."
    return "The read was corrected: " + ", ".join(wrong_labels(report.changed)).lower() + "."


def amendment_outcome(reports: Sequence[ErrorReport]) -> str:
    """What came of an amendment, in a sentence. Nothing of its reads until all are decided."""
    if any(report.is_waiting for report in reports):
        return "The vendor is looking at it."
    if all(report.read_id is None for report in reports):
        return "No read of this plate is kept for these days, or the request was withdrawn."
    counts = Counter(ReportStatus(report.status) for report in reports)
    words = {
        ReportStatus.CORRECTED: "corrected or withdrawn by the vendor",
        ReportStatus.REJECTED: "left as recorded",
        ReportStatus.WITHDRAWN: "not decided, because the request was withdrawn",
    }
    parts = [
        f"{counts[status]} read{'' if counts[status] == 1 else 's'} {text}"
        for status, text in words.items()
        if counts[status]
    ]
    return "; ".join(parts).capitalize() + "."


def amendment_row(amendment: Amendment, timezone: str) -> dict[str, Any]:
    """An amendment in a list; its reports should be fetched. Nothing of any read."""
    reports = list(amendment.reports.all())
    is_waiting = any(report.is_waiting for report in reports)
    zone = ZoneInfo(timezone)
    return {
        "url": reverse("amendment_detail", args=[amendment.pk]),
        "reference": amendment.reference,
        "basis": amendment.basis,
        "plate": amendment.plate_text,
        "state_name": state_name(amendment.state),
        "first_day": amendment.start.astimezone(zone),
        # Half-open: its last instant is of the last day.
        "last_day": (amendment.end - timedelta(microseconds=1)).astimezone(zone),
        "entered_at": amendment.entered_at,
        "entered_by": amendment.entered_by.full_name,
        "due_at": min(report.due_at for report in reports),
        "is_waiting": is_waiting,
        "outcome": amendment_outcome(reports),
        "status": "Waiting" if is_waiting else "Decided",
        "tone": "partial" if is_waiting else "ok",
    }


def amendment_page(amendment: Amendment, timezone: str) -> dict[str, Any]:
    """An amendment on a page of its own: what was asked for, and the answers once all are there."""
    reports = list(amendment.reports.all())
    row = amendment_row(amendment, timezone)
    answers = {report.answer for report in reports if report.answer}
    first = reports[0]
    return row | {
        "wrong": wrong_labels(first.wrong),
        "claimed": claimed_lines(first.claimed),
        "text": first.text,
        "answers": [] if row["is_waiting"] else sorted(answers),
        "withdraw_url": reverse("amendment_withdraw", args=[amendment.pk])
        if row["is_waiting"]
        else None,
    }
