"""The pages of an answer: all of it, one hit, one photograph, and what is thought of each hit."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.people import Person
from ingest.models import ReportStatus
from ingest.selectors import find_waiting_report
from lprsvc.lib.access import requires
from lprsvc.lib.errors import DomainError
from lprsvc.lib.permissions import Permission
from lprsvc.lib.pictures import picture_response, size_asked
from queries import answer_page, hit_page
from queries.arranging import entered, parameters_of, read
from queries.mark_form import MarkIn, read_marks
from queries.records import as_uuid
from queries.schemas import Marked
from queries.services import marking, viewing
from queries.web import SeeOther, person_of


@require_GET
@requires(Permission.RUN_QUERIES)
def query_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The answer to one query, arranged as the query string says.

    A page that turns within the same arrangement says so: map and charts, which show all of it,
    are then left out of the response. The lookup and its event are the same.
    """
    person, now = person_of(request), timezone.now()
    result = viewing.view_result(person=person, pk=pk, now=now, arrangement=entered(request.GET))
    context = answer_page.context(
        result,
        read(request.GET),
        person,
        now=now,
        is_list_only=bool(request.headers.get("Lpr-List-Only")),
    )
    return render(request, "queries/query_results.html", context)


@require_GET
@requires(Permission.RUN_QUERIES)
def hit_detail(request: HttpRequest, pk: UUID, read_id: UUID) -> HttpResponse:
    """One hit of one query; the query string says which hits come before and after it."""
    person, now = person_of(request), timezone.now()
    result = viewing.view_hit(person=person, pk=pk, read_id=read_id, now=now)
    context = hit_page.context(result, read(request.GET), person, now=now)
    context["report_status"] = _report_status(person, read_id)
    return render(request, "queries/hit_detail.html", context)


@require_GET
@requires(Permission.RUN_QUERIES)
def hit_photograph(request: HttpRequest, pk: UUID, read_id: UUID, role: str) -> HttpResponse:
    """One photograph, by a link that is the person's own and a few minutes old (QRY-7);
    `?size=thumb`: small."""
    photograph = viewing.view_photograph(
        person=person_of(request),
        pk=pk,
        read_id=read_id,
        role=role,
        token=request.GET.get("t", ""),
        size=size_asked(request.GET),
        now=timezone.now(),
    )
    return picture_response(photograph.content, photograph.content_type)


@require_POST
@requires(Permission.RUN_QUERIES)
def query_marks(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark hits, or undo the last marking; answered by the changed parts, or by the list again."""
    person = person_of(request)
    back = back_to_list(request, pk)
    try:
        sent = read_marks(request.POST)
    except DomainError as fault:
        if request.headers.get("HX-Request"):
            return HttpResponse(fault.message, status=fault.status, content_type="text/plain")
        messages.error(request, fault.message)
        return SeeOther(back)
    marked = _mark(person, pk, sent)
    shown = set(request.POST.getlist("shown"))
    if request.headers.get("HX-Request"):
        if all(str(read_id) in shown for read_id in marked.changed):
            context = answer_page.marks_context(marked, person, request.POST)
            return render(request, "queries/_marks_changed.html", context)
        # More has changed than the page could be told piece by piece.
        return HttpResponse(status=204, headers={"HX-Redirect": back})
    messages.success(request, answer_page.marks_message(marked))
    return SeeOther(back)


@require_POST
@requires(Permission.RUN_QUERIES)
def query_printed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a page of an answer says of itself when it is printed."""
    viewing.record_printing(
        person=person_of(request), pk=pk, arrangement=entered(request.GET), now=timezone.now()
    )
    return HttpResponse(status=204)


def _report_status(person: Person, read_id: UUID) -> str:
    waiting = find_waiting_report(person, read_id)
    return ReportStatus(waiting.status).label if waiting else ""


def _mark(person: Person, pk: UUID, sent: MarkIn) -> Marked:
    now = timezone.now()
    common: dict[str, Any] = {"person": person, "pk": pk, "now": now}
    if sent.undo:
        return marking.undo_marks(change=sent.undo, **common)
    if sent.wanted:
        return marking.mark_arranged(wanted=sent.wanted, is_relevant=sent.is_relevant, **common)
    return marking.mark_hits(names=sent.names, is_relevant=sent.is_relevant, **common)


def back_to_list(request: HttpRequest, pk: UUID) -> str:
    """The address of the list as the form says it was, on the same page; or of the one hit."""
    wanted = read(QueryDict(request.POST.get("arrangement", "")))
    parameters = parameters_of(wanted)
    if alone := as_uuid(request.POST.get("alone", "")):
        path = reverse("hit_detail", args=[pk, alone])
        return f"{path}?{urlencode(parameters)}".removesuffix("?")
    page = request.POST.get("page", "")
    if page.isdecimal() and page.isascii() and page != "1":
        parameters.append(("page", page))
    return f"{reverse('query_detail', args=[pk])}?{urlencode(parameters)}".removesuffix("?")
