"""The pages of asking: read the request, call one service, show what it returned."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.people import Person
from accounts.policy import TrainingMissing
from ingest.models import ReportStatus
from ingest.selectors import find_waiting_report
from lprsvc.lib.access import requires
from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.permissions import Permission
from queries import presenting, selectors
from queries.forms import QueryForm, recalled
from queries.records import as_uuid
from queries.rules import PHOTOGRAPH_LINK, RECENT_PER_PAGE
from queries.services import asking, recall, viewing


class SeeOther(HttpResponseRedirect):
    """The answer is a page of its own: reloading it asks nothing again."""

    status_code = 303


@require_http_methods(["GET", "POST"])
@requires(Permission.RUN_QUERIES)
def query_new(request: HttpRequest) -> HttpResponse:
    """The form (GET), and asking (POST). ``?again=`` fills it from a recent query."""
    person, now = _person(request), timezone.now()
    if request.method == "POST":
        return _ask(request, person, now)
    grounds = asking.open_form(person=person, now=now)
    initial: dict[str, Any] = {}
    if again := as_uuid(request.GET.get("again", "")):
        initial = recalled(recall.recall_query(person=person, pk=again, now=now))
    return _form_page(request, QueryForm(grounds=grounds, initial=initial))


@require_GET
@requires(Permission.RUN_QUERIES)
def query_list(request: HttpRequest) -> HttpResponse:
    """The person's own recent queries (QRY-13)."""
    person = _person(request)
    recent = recall.list_recent(person=person, now=timezone.now())
    page = Paginator(recent, RECENT_PER_PAGE).get_page(request.GET.get("page"))
    shown = [presenting.summary(query, person) for query in page]
    return render(request, "queries/query_list.html", {"page": page, "queries": shown})


@require_GET
@requires(Permission.RUN_QUERIES)
def query_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The answer to one query: ``?source=``, ``?sort=`` and ``?page=`` arrange it."""
    person, now = _person(request), timezone.now()
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
    person, now = _person(request), timezone.now()
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
        person=_person(request),
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


@require_POST
@requires(Permission.RUN_QUERIES)
def query_forget(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Erase one of the person's recent queries by hand (QRY-13)."""
    recall.forget_query(person=_person(request), pk=pk, now=timezone.now())
    messages.success(request, "The query was deleted. Its log entry stays.")
    return SeeOther(reverse("query_list"))


def _report_status(person: Person, read_id: UUID) -> str:
    waiting = find_waiting_report(person, read_id)
    return ReportStatus(waiting.status).label if waiting else ""


def _ask(request: HttpRequest, person: Person, now: datetime) -> HttpResponse:
    grounds = selectors.grounds_for(person, now=now)
    form = QueryForm(request.POST, grounds=grounds)
    if not form.is_valid():
        asking.record_incomplete(
            person=person,
            grounds=grounds,
            values=form.entered(),
            faults=form.faults(),
            rule=form.first_rule(),
        )
        return _form_page(request, form, status=422)
    question = form.question(now=now, timezone=person.timezone)
    try:
        result = asking.run_query(person=person, ask=question, now=now)
    except TrainingMissing:
        raise  # has a page of its own, that says what to do
    except PolicyDenied as denied:
        if denied.field is None:
            context = {"message": denied.message, "rule": denied.code}
            return render(request, "queries/query_refused.html", context, status=denied.status)
        form.refuse(denied)
        return _form_page(request, form, status=422)
    return SeeOther(reverse("query_detail", args=[result.query.pk]))


def _form_page(request: HttpRequest, form: QueryForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "limit_text": form.limit_text(), "refused": form.is_bound}
    return render(request, "queries/query_new.html", context, status=status)


def _person(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    return person
