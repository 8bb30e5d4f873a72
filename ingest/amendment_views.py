"""The privacy office's pages: asking for an amendment, and what came of it (QRY-10)."""

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
from ingest.forms import AmendmentForm, WithdrawalForm
from ingest.rules import AMENDMENT_BASIS, AMENDMENT_MAX_DAYS, REPORTS_PER_PAGE
from ingest.services import amendments
from lprsvc.lib.access import requires
from lprsvc.lib.errors import InvalidInput
from lprsvc.lib.permissions import Permission

requires_office = requires(Permission.REQUEST_AMENDMENTS)


@requires_office
@require_safe
def amendment_list(request: HttpRequest) -> HttpResponse:
    """What the office asked for, newest first: ``?waiting=1`` without what is decided."""
    person: Person = request.person  # type: ignore[attr-defined]
    found = amendments.view_amendments(person=person)
    rows = [presenting.amendment_row(amendment, person.timezone) for amendment in found]
    is_waiting = request.GET.get("waiting") == "1"
    shown = [row for row in rows if row["is_waiting"] or not is_waiting]
    page = Paginator(shown, REPORTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "amendments": list(page),
        "is_waiting": is_waiting,
        "has_any": bool(rows),
        "timezone": person.timezone,
    }
    return render(request, "ingest/amendment_list.html", context)


@requires_office
@require_http_methods(["GET", "HEAD", "POST"])
def amendment_new(request: HttpRequest) -> HttpResponse:
    """Ask for an amendment on an individual's behalf."""
    person: Person = request.person  # type: ignore[attr-defined]
    if request.method != "POST":
        form = AmendmentForm(initial={"basis": AMENDMENT_BASIS})
        return _form_page(request, form)
    form = AmendmentForm(request.POST)
    if form.is_valid():
        try:
            made = amendments.request_amendment(
                person=person, new=form.wanted(), now=timezone.now()
            )
        except InvalidInput as error:
            for field, faults in error.errors.items():
                form.add_error(field, faults)
        else:
            messages.success(request, "The request was sent to the vendor.")
            return redirect("amendment_detail", pk=made.pk)
    return _form_page(request, form)


@requires_office
@require_safe
def amendment_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One request and what came of it."""
    person: Person = request.person  # type: ignore[attr-defined]
    amendment = amendments.view_amendment(person=person, pk=pk)
    context = {
        "amendment": presenting.amendment_page(amendment, person.timezone),
        "timezone": person.timezone,
    }
    return render(request, "ingest/amendment_detail.html", context)


@requires_office
@require_http_methods(["GET", "HEAD", "POST"])
def amendment_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a request back, with a reason."""
    person: Person = request.person  # type: ignore[attr-defined]
    form = WithdrawalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        amendments.withdraw_amendment(person=person, pk=pk, reason=reason, now=timezone.now())
        messages.success(request, "The request was withdrawn.")
        return redirect("amendment_detail", pk=pk)
    amendment = amendments.view_amendment(person=person, pk=pk)
    context = {
        "form": form,
        "amendment": presenting.amendment_page(amendment, person.timezone),
        "cancel_url": reverse("amendment_detail", args=[pk]),
    }
    status = 422 if form.errors else 200
    return render(request, "ingest/amendment_withdraw.html", context, status=status)


def _form_page(request: HttpRequest, form: AmendmentForm) -> HttpResponse:
    context = {
        "form": form,
        "max_days": AMENDMENT_MAX_DAYS,
        "cancel_url": reverse("amendment_list"),
    }
    return render(request, "ingest/amendment_new.html", context, status=422 if form.errors else 200)
