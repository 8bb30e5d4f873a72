"""The reporter's own pages: how the reports stand, and withdrawing one (QRY-10)."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people import Person
from ingest import presenting
from ingest.forms import WithdrawalForm
from ingest.rules import REPORTS_PER_PAGE
from ingest.services import mistakes
from lprsvc.lib.access import requires
from lprsvc.lib.permissions import Permission

requires_reads = requires(Permission.RUN_QUERIES, Permission.KEEP_ALERTS)


@requires_reads
@require_safe
def error_report_list(request: HttpRequest) -> HttpResponse:
    """What the person reported, newest first: ``?waiting=1`` without what is decided."""
    person: Person = request.person  # type: ignore[attr-defined]
    reports = mistakes.view_own_reports(person=person, now=timezone.now())
    is_waiting = request.GET.get("waiting") == "1"
    shown = [report for report in reports if report.is_waiting or not is_waiting]
    page = Paginator(shown, REPORTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "reports": [presenting.report_row(report) for report in page],
        "is_waiting": is_waiting,
        "has_any": bool(reports),
        "timezone": person.timezone,
    }
    return render(request, "ingest/error_report_list.html", context)


@requires_reads
@require_safe
def error_report_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One report: what was said, how it stands, and what the vendor answered."""
    person: Person = request.person  # type: ignore[attr-defined]
    report = mistakes.view_own_report(person=person, pk=pk, now=timezone.now())
    context = {"report": presenting.report_page(report), "timezone": person.timezone}
    return render(request, "ingest/error_report_detail.html", context)


@requires_reads
@require_http_methods(["GET", "HEAD", "POST"])
def error_report_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a report back, with a reason."""
    person: Person = request.person  # type: ignore[attr-defined]
    form = WithdrawalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        mistakes.withdraw_report(person=person, pk=pk, reason=reason, now=timezone.now())
        messages.success(request, "The report was withdrawn.")
        return redirect("error_report_detail", pk=pk)
    report = mistakes.view_own_report(person=person, pk=pk, now=timezone.now())
    context = {
        "form": form,
        "report": presenting.report_page(report),
        "cancel_url": reverse("error_report_detail", args=[pk]),
    }
    status = 422 if form.errors else 200
    return render(request, "ingest/error_report_withdraw.html", context, status=status)
