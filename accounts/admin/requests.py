"""Requests for access in the admin: read, decide, send the key, see the form (ACC-4, ACC-5)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts import policy, selectors
from accounts.admin.people import ADD_PERSON, MANAGERS
from accounts.admin_forms import ApproveForm, prepare_approve
from accounts.governed_admin import GovernedAdmin, GovernedPage, as_text
from accounts.models import AccessRequest, AccessRequestState, RegistrationKey
from accounts.people import Person
from accounts.request_forms import PDF, RequestForm
from accounts.roles import ROLE_LABELS, Role
from accounts.services.access import (
    Grant,
    approve_request,
    read_form,
    refuse_request,
    send_key,
    withdraw_request,
)
from accounts.states import EXPECTING_A_KEY, may_become
from lprsvc.lib.access import requires
from lprsvc.lib.errors import NotFound
from lprsvc.lib.pictures import upload_response

Data = Mapping[str, Any]


def _given(request: AccessRequest | None) -> AccessRequest:
    if request is None:
        raise NotFound("request")
    return request


def _approve(person: Person, request: AccessRequest | None, data: Data, now: datetime) -> None:
    approve_request(
        actor=person,
        request=_given(request),
        grant=Grant(data["roles"], data["component"], data["supervisor"], data["timezone"]),
        reason=data["reason"],
        now=now,
    )


def _refuse(person: Person, request: AccessRequest | None, data: Data, now: datetime) -> None:
    refuse_request(actor=person, request=_given(request), reason=data["reason"], now=now)


def _withdraw(person: Person, request: AccessRequest | None, data: Data, now: datetime) -> None:
    withdraw_request(actor=person, request=_given(request), reason=data["reason"], now=now)


def _send_key(person: Person, request: AccessRequest | None, data: Data, now: datetime) -> None:
    send_key(actor=person, request=_given(request), reason=data["reason"], now=now)


class _CanBecome:
    """Offered while the request can become `after` and the person may decide about it."""

    def __init__(self, after: AccessRequestState) -> None:
        self.after = after

    def __call__(self, person: Person, request: AccessRequest | None) -> bool:
        return (
            request is not None
            and may_become(request.state, self.after)
            and policy.can_decide_request(person, request)
        )


def _expects_key(person: Person, request: AccessRequest | None) -> bool:
    return (
        request is not None
        and request.state in EXPECTING_A_KEY
        and policy.can_decide_request(person, request)
    )


def _of_approving(_: Person, request: AccessRequest | None) -> list[str]:
    if request is None:
        return []
    return [
        f"A registration key is mailed to {request.email}; it works once and for seven days.",
        f"With it {request.full_name} makes an account in {request.aor or 'no AOR'}.",
    ]


def _of_refusing(_: Person, request: AccessRequest | None) -> list[str]:
    return [f"Your reason is mailed to {request.email}."] if request is not None else []


def _of_withdrawing(_: Person, _request: AccessRequest | None) -> list[str]:
    return [
        "The request ends. A key that was sent works no more.",
        "Nobody is told; the person may ask again.",
    ]


def _of_key(_: Person, request: AccessRequest | None) -> list[str]:
    if request is None:
        return []
    return [
        f"A new key is mailed to {request.email}; it works once and for seven days.",
        "The key that was sent before works no more.",
    ]


@admin.register(AccessRequest)
class AccessRequestAdmin(GovernedAdmin[AccessRequest]):
    """Requests of the manager's AORs; for the vendor, those it entered."""

    view_permissions = MANAGERS
    list_display = ("full_name", "email", "aor", "state", "submitted_at", "decided_by")
    list_filter = ("state", ("aor", admin.RelatedOnlyFieldListFilter))
    search_fields = ("full_name", "email", "title")
    ordering = ("-submitted_at",)
    fields = (
        "full_name",
        "email",
        "title",
        "agency_name",
        "aor_name",
        "need",
        "form_link",
        "submitted_at",
        "entered_by_name",
        "state",
        "decided_by_name",
        "decided_at",
        "decision_reason",
        "role_names",
        "component_name",
        "supervisor_name",
        "timezone",
        "key_facts",
        "user",
    )
    readonly_fields = (
        "agency_name",
        "aor_name",
        "form_link",
        "entered_by_name",
        "decided_by_name",
        "role_names",
        "component_name",
        "supervisor_name",
        "key_facts",
    )
    agency_name = as_text("agency", "Agency")
    aor_name = as_text("aor", "AOR")
    entered_by_name = as_text("entered_by", "Entered by")
    decided_by_name = as_text("decided_by", "Decided by")
    component_name = as_text("component", "Component")
    supervisor_name = as_text("supervisor", "Supervisor")
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        ADD_PERSON,
        GovernedPage(
            name="approve",
            title="Approve this request",
            permissions=MANAGERS,
            act=_approve,
            form=ApproveForm,
            offered=_CanBecome(AccessRequestState.APPROVED),
            prepare=prepare_approve,
            consequences=_of_approving,
        ),
        GovernedPage(
            name="refuse",
            title="Refuse this request",
            permissions=MANAGERS,
            act=_refuse,
            offered=_CanBecome(AccessRequestState.REFUSED),
            consequences=_of_refusing,
        ),
        GovernedPage(
            name="send-key",
            title="Send a new registration key",
            permissions=MANAGERS,
            act=_send_key,
            offered=_expects_key,
            consequences=_of_key,
        ),
        GovernedPage(
            name="withdraw",
            title="Withdraw this request",
            permissions=MANAGERS,
            act=_withdraw,
            offered=_CanBecome(AccessRequestState.WITHDRAWN),
            consequences=_of_withdrawing,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[AccessRequest]":
        """Those that `accounts.selectors` lets the person see."""
        return selectors.list_requests_for(person)

    def get_urls(self) -> list[URLPattern]:
        """With the uploaded form beside the pages."""
        view = requires(*MANAGERS)(self.admin_site.admin_view(self.form_view))
        route = path("<path:object_id>/form/", view, name="accounts_accessrequest_form")
        return [route, *super().get_urls()]

    def form_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The uploaded form, recorded as seen; never under its own name or type."""
        person: Person = request.person  # type: ignore[attr-defined]
        found = self._object_or_404(request, object_id)
        form = RequestForm(read_form(person=person, request=found), found.form_type, "")
        # A picture can be shown here; a PDF may hold scripts, so it is handed over as a file.
        return upload_response(
            form.data, form.type, name=form.download_name, is_attachment=form.type == PDF
        )

    @admin.display(description="Signed form")
    def form_link(self, request: AccessRequest) -> str:
        """A link to the uploaded form."""
        if not request.form_sha256:
            return "none: asked for electronically"
        address = reverse("admin:accounts_accessrequest_form", args=[request.pk])
        return format_html(
            '<a href="{}">{}</a> ({}, SHA-256 <code>{}</code>)',
            address,
            request.form_name or "the form",
            request.form_type,
            request.form_sha256,
        )

    @admin.display(description="Roles")
    def role_names(self, request: AccessRequest) -> str:
        """The roles as people call them."""
        return ", ".join(ROLE_LABELS[Role(role)] for role in request.roles)

    @admin.display(description="Registration keys")
    def key_facts(self, request: AccessRequest) -> str:
        """What became of each key, newest first."""
        keys = RegistrationKey.objects.filter(request=request).order_by("-issued_at", "-pk")
        return "; ".join(_fate_of(key) for key in keys)


def _fate_of(key: RegistrationKey) -> str:
    facts = [f"issued {key.issued_at:%Y-%m-%d %H:%M} UTC"]
    if key.sent_at:
        facts.append(f"mailed {key.sent_at:%Y-%m-%d %H:%M}")
    if key.used_at:
        facts.append(f"used {key.used_at:%Y-%m-%d %H:%M}")
    elif key.revoked_at:
        facts.append(f"revoked {key.revoked_at:%Y-%m-%d %H:%M}")
    elif key.expires_at:
        facts.append(f"works until {key.expires_at:%Y-%m-%d %H:%M}")
    return ", ".join(facts)
