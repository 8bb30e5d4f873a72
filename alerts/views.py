"""Pages about alerts: parse, one service, respond."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.people import Person
from alerts import links, presenting, rules, selectors
from alerts.forms import (
    AffirmForm,
    AlertForm,
    ChosenForm,
    RemovalForm,
    SearchForm,
    show_refusal,
)
from alerts.services import entries, lifetime, viewing
from alerts.services.entries import NewAlert
from lprsvc.lib.access import requires
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound, PolicyDenied
from lprsvc.lib.handover import unseal
from lprsvc.lib.permissions import Permission
from lprsvc.lib.pictures import picture_response, size_asked

requires_alerts = requires(Permission.KEEP_ALERTS)


def _person(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    return person


@requires_alerts
@require_GET
def entry_list(request: HttpRequest) -> HttpResponse:
    """The person's own alerts, searched and sorted by the address."""
    person, form, now = _person(request), SearchForm(request.GET), timezone.now()
    context: dict[str, Any] = {"form": form, "new_url": reverse("alert_new"), "entries": []}
    if form.is_valid():
        page = viewing.view_entries(
            person=person,
            which=form.chosen(),
            page_number=request.GET.get("page", 1),
            now=now,
        )
        context |= {
            "page": page,
            "entries": [presenting.listed(entry, now) for entry in page],
            "columns": presenting.columns(form.chosen(), request.GET),
        }
    else:
        viewing.check_open(person=person, now=now)
    context |= {
        "timezone": person.timezone,
        "is_search": bool(request.GET.get("plate") or request.GET.get("shown")),
    }
    return render(request, "alerts/entry_list.html", context)


@requires_alerts
@require_http_methods(["GET", "HEAD", "POST"])
def entry_new(request: HttpRequest) -> HttpResponse:
    """Watch one plate: by hand, or as a query proposed it (``?from=``)."""
    person = _person(request)
    reasons = selectors.list_reasons(person)
    if request.method != "POST":
        viewing.check_open(person=person, now=timezone.now())
        form = AlertForm(initial=_proposed(request, person), reasons=reasons)
        return _new_page(request, form)
    form = AlertForm(request.POST, reasons=reasons)
    if form.is_valid():
        try:
            entry = entries.add_single_alert(
                person=person, new=_new_alert(form.cleaned_data, person), now=timezone.now()
            )
        except DomainError as error:
            show_refusal(form, error)
        else:
            # No plate in a message: it would outlive the alert in the session (ALT-9).
            messages.success(request, "The plate is watched from now on.")
            return redirect("alert_detail", pk=entry.pk)
    else:
        viewing.check_open(person=person, now=timezone.now())
    return _new_page(request, form, status=422)


def _new_page(request: HttpRequest, form: AlertForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "recipient_count": 1,
        "recipients": ["only you"],
        "expires_on": rules.expires_at(timezone.now()),
        "cancel_url": reverse("alert_list"),
    }
    return render(request, "alerts/entry_new.html", context, status=status)


def _proposed(request: HttpRequest, person: Person) -> dict[str, str]:
    token = request.GET.get("from", "")
    if not token:
        return {}
    proposal = unseal(token, person.user_id)
    return {
        "plate": proposal.plate,
        "state": proposal.state,
        "reason": proposal.reason_code,
        "note": proposal.case_reference,
        "proposal": token,
    }


def _new_alert(data: dict[str, Any], person: Person) -> NewAlert:
    new = NewAlert(
        plate=data["plate"],
        state=data["state"],
        reason_code=data["reason"],
        case_reference=data["note"],
    )
    if data["proposal"]:
        return entries.from_query(new, unseal(data["proposal"], person.user_id))
    return new


@requires_alerts
@require_GET
def entry_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One alert with its matches."""
    person, now = _person(request), timezone.now()
    shown = viewing.view_entry(
        person=person, pk=pk, now=now, page_number=request.GET.get("page", 1)
    )
    context = {
        "entry": presenting.detailed(shown.entry, now),
        "matches": [presenting.matched(match, person, now=now) for match in shown.matches],
        "photographs_end_after": int(rules.PHOTOGRAPH_LINK_AGE.total_seconds()),
        "page": shown.matches,
        "remove_url": f"{reverse('alert_remove')}?e={pk}",
        "timezone": person.timezone,
    }
    return render(request, "alerts/entry_detail.html", context)


@requires_alerts
@require_http_methods(["GET", "HEAD", "POST"])
def entries_remove(request: HttpRequest) -> HttpResponse:
    """Stop watching the plates chosen: what that does is said first, and a reason is asked for."""
    form = RemovalForm(request.POST or None)
    return _act(request, form, entries.remove_entries, "entries_remove", _REMOVED)


@requires_alerts
@require_http_methods(["GET", "HEAD", "POST"])
def entries_affirm(request: HttpRequest) -> HttpResponse:
    """Affirm the need of the plates chosen, with a reason, for another year (ALT-7)."""
    form = AffirmForm(request.POST or None)
    return _act(request, form, lifetime.affirm_need, "entries_affirm", _AFFIRMED)


_REMOVED = "What you chose was removed and erased."
_AFFIRMED = "What you chose is watched for another year."


def _act(
    request: HttpRequest, form: forms.Form, act: Callable[..., object], page: str, done: str
) -> HttpResponse:
    """One act about the alerts that the address names (``?e=``, repeated)."""
    person, now = _person(request), timezone.now()
    chosen = ChosenForm(request.GET).chosen()
    if not chosen:
        messages.warning(request, "Choose at least one alert, and no more than a page lists.")
        return redirect("alert_list")
    if request.method == "POST" and form.is_valid():
        try:
            act(person=person, pks=chosen, reason=form.cleaned_data["reason"], now=now)
        except (InvalidInput, PolicyDenied) as error:
            show_refusal(form, error)
        else:
            messages.success(request, done)
            return redirect("alert_list")
    shown = viewing.view_chosen(person=person, pks=chosen, now=now)
    rows = [presenting.listed(entry, now) for entry in shown]
    context = {
        "form": form,
        "entries": rows,
        "match_count": sum(row.match_count for row in rows),
        "expires_on": rules.expires_at(now),
        "timezone": person.timezone,
        "cancel_url": rows[0].url if len(rows) == 1 else reverse("alert_list"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, f"alerts/{page}.html", context, status=status)


@requires_alerts
@require_GET
def match_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One match: the read with its photographs, and why the plate is watched."""
    person, now = _person(request), timezone.now()
    shown = viewing.view_match(person=person, pk=pk, now=now)
    if shown.read is None:
        return _withdrawn_page(request, person, shown, now)
    photographs = [
        {
            "role": role,
            "url": links.photograph_url(person, pk, role, now=now),
            "derived": role == "plate" and shown.read.plate_is_derived,
        }
        for role in links.ROLES
    ]
    context = {
        "match": shown.match,
        "entry": presenting.detailed(shown.match.entry, now),
        "hit": presenting.hit(shown.match, shown.read, shown.place, photographs),
        "receipt_id": shown.recorded.id,
        "photographs_end_after": int(rules.PHOTOGRAPH_LINK_AGE.total_seconds()),
        "timezone": person.timezone,
        "now": now,
    }
    return render(request, "alerts/match_detail.html", context)


def _withdrawn_page(
    request: HttpRequest, person: Person, shown: viewing.MatchShown, now: datetime
) -> HttpResponse:
    context = {
        "match": presenting.matched(shown.match, person, now=now),
        "entry": presenting.detailed(shown.match.entry, now),
        "timezone": person.timezone,
    }
    return render(request, "alerts/match_withdrawn.html", context)


@requires_alerts
@require_GET
def match_photograph(request: HttpRequest, pk: UUID, role: str) -> HttpResponse:
    """One photograph of a match, by a signed address; `?size=thumb`: small."""
    person = _person(request)
    if role not in links.ROLES:
        raise NotFound("photograph")
    shown = viewing.view_photograph(
        person=person,
        pk=pk,
        role=role,
        token=request.GET.get("t", ""),
        size=size_asked(request.GET),
        now=timezone.now(),
    )
    return picture_response(shown.data, shown.content_type)
