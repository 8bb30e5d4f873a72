"""Ordering a report, watching it being made, and taking its file."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from lprsvc.lib.access import requires
from lprsvc.lib.errors import DomainError, NotFound
from lprsvc.lib.permissions import Permission
from lprsvc.lib.pictures import upload_response
from queries import report_page, selectors
from queries.report_form import read_report
from queries.schemas import ReportFile
from queries.services import filing, ordering
from queries.views import back_to_list
from queries.web import SeeOther, person_of


@require_POST
@requires(Permission.RUN_QUERIES)
def report_order(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The hits chosen on a page of an answer (`hit`, several; or all of a kind) as a file."""
    try:
        report = ordering.order_report(
            person=person_of(request),
            pk=pk,
            wanted=read_report(request.POST),
            now=timezone.now(),
        )
    except NotFound:
        raise
    except DomainError as fault:
        messages.error(request, fault.message.partition(": ")[2] or fault.message)
        return SeeOther(back_to_list(request, pk))
    return SeeOther(reverse("report_detail", args=[pk, report.pk]))


@require_GET
@requires(Permission.RUN_QUERIES)
def report_detail(request: HttpRequest, pk: UUID, report_id: UUID) -> HttpResponse:
    """How far a report has come; asked by its own script, that part alone."""
    now = timezone.now()
    person = person_of(request)
    query, report = selectors.get_report_for(person, pk, report_id, now=now)
    context = report_page.context(query, report, person, now=now)
    is_part = request.headers.get("HX-Request")
    template = "queries/_report_progress.html" if is_part else "queries/report_detail.html"
    return render(request, template, context)


@require_POST
@requires(Permission.RUN_QUERIES)
def report_act(request: HttpRequest, pk: UUID, report_id: UUID) -> HttpResponse:
    """Cancel a report, have it made again, or remove it (`do`)."""
    acts = {
        "cancel": ordering.cancel_report,
        "again": ordering.order_again,
        "remove": ordering.remove_report,
    }
    do = request.POST.get("do", "")
    if do not in acts:
        raise NotFound
    here = reverse("report_detail", args=[pk, report_id])
    try:
        acts[do](person=person_of(request), pk=pk, report_id=report_id, now=timezone.now())
    except NotFound:
        raise
    except DomainError as fault:
        messages.error(request, fault.message.partition(": ")[2] or fault.message)
        return SeeOther(here)
    if do == "remove":
        messages.success(request, "The report and its file are removed.")
        return SeeOther(reverse("query_detail", args=[pk]))
    return SeeOther(here)


@require_GET
@requires(Permission.RUN_QUERIES)
def report_file(request: HttpRequest, pk: UUID, report_id: UUID) -> HttpResponse:
    """The file, to keep; or the rest of it, where a download broke off."""
    file = filing.download_report(
        person=person_of(request),
        pk=pk,
        report_id=report_id,
        wanted=request.headers.get("Range", ""),
        unless=request.headers.get("If-Range", ""),
        now=timezone.now(),
    )
    return _file_response(file)


def _file_response(file: ReportFile) -> HttpResponse:
    response = upload_response(file.content, file.content_type, name=file.name, is_attachment=True)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = filing.etag(file.sha256)
    if not file.is_whole:
        response.status_code = 206
        response["Content-Range"] = f"bytes {file.first}-{file.last}/{file.size}"
    return response
