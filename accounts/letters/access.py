"""Mails about requests for access and registration keys (ACC-4, ACC-5, ACC-9)."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from accounts.models import AccessRequest, AccessRequestState, Notice
from accounts.notices import Letter, link, notice_kind, subject_of
from accounts.selectors import find_user, list_managers_of
from accounts.services.access import find_key_to_send, issue_secret

_UNTIL = "March 9, 2026, 10:00 a.m. (America/New_York)"
_REQUEST: dict[str, Any] = {
    "name": "Nora Ek",
    "aor": "New York",
    "manager": "Grace Whitfield",
}


@notice_kind(
    "registration_key",
    why="You get this mail because your access to this service was approved, or is being renewed.",
    sample=lambda: (
        _REQUEST
        | {
            "secret": "7QKFM-…",
            "until": _UNTIL,
            "address": "nora.ek@example.test",
            "username": "",
            "url": f"{link('register')}#7QKFM-…",
            "page": link("register"),
        }
    ),
)
def compose_registration_key(notice: Notice, now: datetime) -> Letter | None:
    """Makes the key's secret; nothing for a key that was revoked meanwhile."""
    key = find_key_to_send(subject_of(notice))
    if key is None:
        return None
    secret = issue_secret(key, now=now)
    holder = key.request or key.user
    if holder is None or key.expires_at is None:
        return None
    page = link("register")
    return Letter(
        {
            "name": holder.full_name,
            "secret": secret,
            "until": _local(key.expires_at, holder.timezone),
            "address": key.email,
            "username": key.user.username if key.user else "",
            # Behind "#": a browser sends that to no server, so the key stands in no server's log.
            "url": f"{page}#{secret}",
            "page": page,
        },
        holds_secret=True,
    )


@notice_kind(
    "access_requested",
    why="You get this mail because you manage this area of responsibility.",
    sample=lambda: _REQUEST | {"url": link("home")},
)
def compose_access_requested(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """To each manager of the AOR; nothing once somebody has decided."""
    request = _request(notice)
    if request is None or request.state != AccessRequestState.WAITING or request.aor is None:
        return None
    url = link("admin:accounts_accessrequest_change", request.pk)
    return Letter({"name": request.full_name, "aor": request.aor.name, "url": url})


@notice_kind(
    "access_refused",
    why="You get this mail because access to this service was asked for with this address.",
    sample=_REQUEST | {"decision_reason": "Your work does not need these records."},
)
def compose_access_refused(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """To who asked, with the manager's reason."""
    request = _request(notice)
    if request is None:
        return None
    return Letter({"name": request.full_name, "decision_reason": request.decision_reason})


@notice_kind(
    "email_changed",
    why="You get this mail because this was the address of your account.",
    sample=_REQUEST | {"username": "nora.ek"},
)
def compose_email_changed(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """To the former address, so that nobody's mail is led elsewhere unnoticed."""
    user = find_user(UUID(subject_of(notice)))
    if user is None:
        return None
    managers = list_managers_of(user.aor_id) if user.aor_id else ()
    names = ", ".join(manager.full_name for manager in managers)
    return Letter({"name": user.full_name, "username": user.username, "manager": names})


def _request(notice: Notice) -> AccessRequest | None:
    return AccessRequest.objects.select_related("aor").filter(pk=subject_of(notice)).first()


def _local(at: datetime, zone: str) -> str:
    name = zone or "UTC"
    return f"{date_format(at.astimezone(ZoneInfo(name)), 'F j, Y, g:i a')} ({name})"
