"""The page of one report, and the list of a query's reports. Pure but for addresses."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts.people import Person
from queries import presenting
from queries.models import QueryReport, RecentQuery, ReportState
from queries.services.filing import OUTDATED
from queries.services.ordering import can_be_made_again


def context(
    query: RecentQuery, report: QueryReport, person: Person, *, now: datetime
) -> dict[str, Any]:
    """All that ``report_detail.html`` shows."""
    return {
        "query": presenting.summary(query, person),
        "report": line_of(report, now=now),
        "results_url": reverse("query_detail", args=[query.pk]),
    }


def line_of(report: QueryReport, *, now: datetime) -> dict[str, Any]:
    """A report as pages show it. `is_over`: its file was there, and is gone."""
    is_over = report.state == ReportState.DONE and can_be_made_again(report, now)
    addresses = [report.query_id, report.pk]
    return {
        "id": report.pk,
        "format": report.get_format_display(),
        "state": _state_words(report, is_over=is_over),
        "is_open": report.is_open,
        "is_ready": report.state == ReportState.DONE and not is_over,
        "is_failed": report.state == ReportState.FAILED,
        "is_over": is_over,
        "can_again": can_be_made_again(report, now),
        "count": report.count,
        "done": report.done,
        "left_out": report.left_out,
        "fault": report.fault,
        "ordered_at": report.ordered_at,
        "finished_at": report.finished_at,
        "file_until": report.file_until,
        "size": report.size,
        "pages": report.pages,
        "sha256": report.sha256,
        "event": report.event,
        "url": reverse("report_detail", args=addresses),
        "act_url": reverse("report_act", args=addresses),
        "file_url": reverse("report_file", args=addresses),
    }


def _state_words(report: QueryReport, *, is_over: bool) -> str:
    if is_over:
        return "Its file was erased"
    if report.state == ReportState.FAILED and report.fault == OUTDATED:
        return "No longer up to date"
    return report.get_state_display()
