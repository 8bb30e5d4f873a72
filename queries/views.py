"""The pages of an answer: read the request, call one service, show what it returned."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.people import Person
from ingest.models import ReportStatus
from ingest.selectors import find_waiting_report
from lprsvc.lib.access import requires
from lprsvc.lib.permissions import Permission
from queries import presenting
from queries.rules import PHOTOGRAPH_LINK
from queries.services import viewing
from queries.web import person_of


@require_GET
@requires(Permission.RUN_QUERIES)
def query_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The answer to one query: ``?source=``, ``?sort=`` and ``?page=`` arrange it."""
    person, now = person_of(request), timezone.now()
    result = viewing.view_result(person=person, pk=pk, now=now)
    arranged = presenting.arrange(
        result.hits,
        source=request.GET.get("source", ""),
        sort=request.GET.get("sort", ""),
        page=request.GET.get("page", ""),
    )
    context = {
        "query": presenting.summary(result.query, person),
        "hit_count": len(result.hits),
        "arranged": arranged,
        "page": arranged.page,
        "hits": [presenting.hit_card(hit, result.query, person, now=now) for hit in arranged.page],
        "watch_url": presenting.watch_url(result.query, person),
        "photographs_end_after": int(PHOTOGRAPH_LINK.total_seconds()),
    }
    return render(request, "queries/query_results.html", context)


@require_GET
@requires(Permission.RUN_QUERIES)
def hit_detail(request: HttpRequest, pk: UUID, read_id: UUID) -> HttpResponse:
    """One hit of one query."""
    person, now = person_of(request), timezone.now()
    result = viewing.view_hit(person=person, pk=pk, read_id=read_id, now=now)
    context = {
        "query": presenting.summary(result.query, person),
        "hit": presenting.hit_card(result.hit, result.query, person, now=now),
        "results_url": reverse("query_detail", args=[pk]),
        "report_status": _report_status(person, read_id),
        "watch_url": presenting.watch_url(result.query, person),
        "photographs_end_after": int(PHOTOGRAPH_LINK.total_seconds()),
        "receipt_id": result.receipt,
    }
    return render(request, "queries/hit_detail.html", context)


@require_GET
@requires(Permission.RUN_QUERIES)
def hit_photograph(request: HttpRequest, pk: UUID, read_id: UUID, role: str) -> HttpResponse:
    """One photograph, by a link that is the person's own and a few minutes old (QRY-7)."""
    photograph = viewing.view_photograph(
        person=person_of(request),
        pk=pk,
        read_id=read_id,
        role=role,
        token=request.GET.get("t", ""),
        now=timezone.now(),
    )
    return HttpResponse(
        photograph.content,
        content_type=photograph.content_type,
        headers={"Cache-Control": "private, no-store"},
    )


def _report_status(person: Person, read_id: UUID) -> str:
    waiting = find_waiting_report(person, read_id)
    return ReportStatus(waiting.status).label if waiting else ""
