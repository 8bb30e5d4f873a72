"""The log's pages."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audit import services
from audit.exports.orders import FORMS
from audit.forms import LogFilterForm
from audit.kinds import Kind, label_of
from audit.proof_drawing import proof_path
from audit.scopes import reader_of
from audit.selectors import EventFilter, LogEntry, Position
from audit.tree import proving
from audit.tree import services as tree_services
from lprsvc.lib.access import requires
from lprsvc.lib.permissions import Permission

READERS = (
    Permission.READ_LOG_AGENCY,
    Permission.READ_LOG_AORS,
    Permission.READ_LOG_TEAM,
    Permission.READ_LOG_VENDOR,
)


@requires(*READERS)
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """The log, newest first, as far as the reader may see it."""
    person, reader = request.person, reader_of(request)  # type: ignore[attr-defined]
    form = LogFilterForm(request.GET)
    page = services.LogPage(entries=[], older=None)
    if form.is_valid():
        wanted = form.wanted(zone=person.timezone, find_actors=reader.find_actors)
        page = services.search_log(
            actor=person, reader=reader, wanted=wanted, older_than=_position(request)
        )
    context = {
        "form": form,
        "events": [_row(entry) for entry in page.entries],
        "older_url": _older_url(request, page.older),
        "is_filtered": form.is_valid() and wanted != EventFilter(),
        "timezone": person.timezone,
        "export_forms": FORMS.items(),
    }
    return render(request, "audit/event_list.html", context)


@requires(*READERS)
@require_safe
def log_event(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """One entry of the log, whole, with its receipt."""
    person = request.person  # type: ignore[attr-defined]
    reader = reader_of(request)
    entry, children = services.view_entry(actor=person, reader=reader, event_id=event_id)
    proof = proving.find_proof(reader.scope.log_id, event_id)
    leaf_hash = services.leaf_hash_of(entry.id, entry.at, entry.kind, entry.seed, entry.fields)
    context = {
        "event": _row(entry) | {"fields": entry.fields, "leaf_hash": leaf_hash},
        "related": [_row(child) for child in children],
        "list_url": reverse("log"),
        "proof": proof,
        "path": proof_path(proof) if proof else None,
        "timezone": person.timezone,
    }
    return render(request, "audit/event_detail.html", context)


@requires(*READERS)
@require_safe
def log_proof(request: HttpRequest) -> HttpResponse:
    """How the reader's log stands, and what its signatures prove."""
    person, reader = request.person, reader_of(request)  # type: ignore[attr-defined]
    standing = tree_services.view_standing(actor=person, reader=reader)
    context = {"standing": standing, "findings": None, "timezone": person.timezone}
    return render(request, "audit/log_proof.html", context)


@requires(*READERS)
@require_POST
def log_check(request: HttpRequest) -> HttpResponse:
    """Check what is stored of the reader's log, now."""
    person, reader = request.person, reader_of(request)  # type: ignore[attr-defined]
    findings = tree_services.check_log(actor=person, reader=reader)
    standing = tree_services.view_standing(actor=person, reader=reader)
    context = {
        "standing": standing,
        "findings": findings,
        "all_hold": all(one.holds for one in findings),
        "timezone": person.timezone,
    }
    return render(request, "audit/log_proof.html", context)


@requires(*READERS)
@require_safe
def log_event_proof(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """An entry's proof as a file, for a program of somebody else's."""
    proof = tree_services.view_proof(
        actor=request.person,  # type: ignore[attr-defined]
        reader=reader_of(request),
        event_id=event_id,
    )
    name = f"attachment; filename={event_id}.tlog-proof"
    return HttpResponse(
        proof.text, content_type="text/plain; charset=utf-8", headers={"Content-Disposition": name}
    )


def _position(request: HttpRequest) -> Position | None:
    text = request.GET.get("older", "")
    try:
        return Position.parse(text) if text else None
    except (ValueError, OverflowError):
        # A link somebody mended by hand: the newest page is the honest answer.
        return None


def _older_url(request: HttpRequest, older: Position | None) -> str | None:
    if older is None:
        return None
    kept = {name: value for name, value in request.GET.items() if name != "older" and value}
    return f"{request.path}?{urlencode(kept | {'older': str(older)})}"


def _row(entry: LogEntry) -> dict[str, Any]:
    fields = entry.fields
    return {
        "id": entry.id,
        "url": reverse("log_event", args=[entry.id]),
        "at": entry.at,
        "kind": entry.kind,
        "kind_label": label_of(entry.kind),
        "actor_name": fields.get("actor_name"),
        "behalf_name": fields.get("behalf_name"),
        "plate": fields.get("plate"),
        "outcome": fields.get("outcome"),
        "outcome_code": fields.get("outcome_code"),
        "detail": _detail(entry),
    }


def _detail(entry: LogEntry) -> str:
    """The one thing more that tells entries of a kind apart in the list."""
    fields = entry.fields
    if fields.get("message"):
        return str(fields["message"])
    if entry.kind == Kind.QUERY_RESULT and "count" in fields:
        return f"{fields['count']} hits" if fields["count"] != 1 else "1 hit"
    for name in ("note", "path", "object"):
        if fields.get(name):
            return str(fields[name])
    return ""
