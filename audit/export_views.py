"""Pages of what somebody takes out of the log: ordering, watching, taking it away (AUD-6)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST, require_safe

from audit.exports import orders
from audit.forms import LogFilterForm
from audit.kinds import label_of
from audit.models import LogExport
from audit.scopes import reader_of
from audit.views import READERS
from lprsvc.lib.access import requires
from lprsvc.lib.errors import DomainError
from lprsvc.lib.pictures import upload_response


class _SeeOther(HttpResponseRedirect):
    status_code = 303


@requires(*READERS)
@require_POST
def export_order(request: HttpRequest) -> HttpResponse:
    """What the search on the log's page finds (its fields, again) as a file (`form`)."""
    person, reader = request.person, reader_of(request)  # type: ignore[attr-defined]
    form = LogFilterForm(request.POST)
    if not form.is_valid():
        # The log's page says what is wrong with it, beside the field.
        return _SeeOther(f"{reverse('log')}?{urlencode(_search(request.POST))}")
    try:
        orders.order_export(
            actor=person,
            reader=reader,
            wanted=form.wanted(zone=person.timezone, find_actors=reader.find_actors),
            sought=_sought(form, person.timezone),
            form=request.POST.get("form", ""),
            now=timezone.now(),
        )
    except DomainError as fault:
        messages.error(request, fault.message.partition(": ")[2] or fault.message)
        return _SeeOther(f"{reverse('log')}?{urlencode(_search(request.POST))}")
    return _SeeOther(reverse("log_exports"))


@requires(*READERS)
@require_safe
def export_list(request: HttpRequest) -> HttpResponse:
    """A person's own exports; asked by its own script, the table alone."""
    person, now = request.person, timezone.now()  # type: ignore[attr-defined]
    found = [_line(one) for one in orders.list_exports(person, now=now)]
    context = {
        "exports": found,
        "is_any_open": any(one["export"].is_open for one in found),
        "timezone": person.timezone,
        "kept_days": orders.KEPT.days,
    }
    is_part = request.headers.get("HX-Request")
    template = "audit/_export_table.html" if is_part else "audit/export_list.html"
    return render(request, template, context)


@requires(*READERS)
@require_POST
def export_remove(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Stop one that is being made, or erase one with its file."""
    orders.remove_export(
        actor=request.person,  # type: ignore[attr-defined]
        export_id=export_id,
        now=timezone.now(),
    )
    messages.success(request, "The export and its file are removed.")
    return _SeeOther(reverse("log_exports"))


@requires(*READERS)
@require_GET
def export_file(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """The file, to keep; or the rest of it, where a download broke off."""
    file = orders.download(
        actor=request.person,  # type: ignore[attr-defined]
        export_id=export_id,
        wanted=request.headers.get("Range", ""),
        unless=request.headers.get("If-Range", ""),
        now=timezone.now(),
    )
    response = upload_response(file.content, "application/zip", name=file.name, is_attachment=True)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = f'"{file.sha256}"'
    if len(file.content) != file.size:
        response.status_code = 206
        response["Content-Range"] = f"bytes {file.first}-{file.last}/{file.size}"
    return response


def _search(post: QueryDict) -> dict[str, str]:
    return {name: str(post[name]) for name in LogFilterForm.base_fields if post.get(name)}


def _sought(form: LogFilterForm, zone: str) -> str:
    """The search in words, as it stands on the file."""
    cleaned: dict[str, Any] = form.cleaned_data
    said = []
    if cleaned["user"]:
        said.append(f"by or for “{cleaned['user']}”")
    if cleaned["plate"]:
        said.append(f"plate {cleaned['plate']}")
    if cleaned["kind"]:
        said.append(f"“{label_of(cleaned['kind'])}”")
    if cleaned["start"]:
        said.append(f"from {cleaned['start']}")
    if cleaned["end"]:
        said.append(f"through {cleaned['end']}")
    if cleaned["start"] or cleaned["end"]:
        said.append(f"(days of {zone})")
    return ", ".join(said) or "everything within the reader's scope"


def _line(export: LogExport) -> dict[str, Any]:
    return {
        "export": export,
        "form": orders.FORMS[export.form],
        "remove_url": reverse("log_export_remove", args=[export.pk]),
        "file_url": reverse("log_export_file", args=[export.pk]),
    }
