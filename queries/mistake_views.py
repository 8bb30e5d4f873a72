"""The page on which somebody says what is wrong with a hit (QRY-10)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.people import Person
from ingest.forms import ErrorReportForm
from ingest.selectors import find_waiting_report
from lprsvc.lib.access import requires
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from lprsvc.lib.permissions import Permission
from queries import presenting
from queries.rules import PHOTOGRAPH_LINK
from queries.services import mistakes, viewing


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.RUN_QUERIES)
def hit_report(request: HttpRequest, pk: UUID, read_id: UUID) -> HttpResponse:
    """The form beside the photographs, and sending it."""
    person: Person = request.person  # type: ignore[attr-defined]
    form = ErrorReportForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            report = mistakes.report_hit(
                person=person, pk=pk, read_id=read_id, claim=form.claim(), now=timezone.now()
            )
        except InvalidInput as error:
            for field, faults in error.errors.items():
                form.add_error(field, faults)
        except PolicyDenied as denied:
            if denied.code != "already_reported":
                raise
            # As after a double click: the page says where the first one is.
            form = ErrorReportForm()
        else:
            # No plate in a message: it would outlive the report in the session.
            messages.success(
                request, "Your report was sent. You are told by e-mail what comes of it."
            )
            return redirect("error_report_detail", pk=report.pk)
    return _form_page(request, person, pk, read_id, form)


def _form_page(
    request: HttpRequest, person: Person, pk: UUID, read_id: UUID, form: ErrorReportForm
) -> HttpResponse:
    now = timezone.now()
    result = viewing.view_hit(person=person, pk=pk, read_id=read_id, now=now)
    waiting = find_waiting_report(person, read_id)
    context = {
        "form": form,
        "query": presenting.summary(result.query, person),
        "hit": presenting.hit_card(result.hit, result.query, person, now=now),
        "hit_url": reverse("hit_detail", args=[pk, read_id]),
        "report_url": reverse("error_report_detail", args=[waiting.pk]) if waiting else None,
        "photographs_end_after": int(PHOTOGRAPH_LINK.total_seconds()),
    }
    return render(request, "queries/hit_report.html", context, status=422 if form.errors else 200)
