"""Mails about passwords, security questions, second factors, locks and new places (ACC-6, 11)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from accounts.log_on_rules import LOCK, TEMPORARY_PASSWORD, TEMPORARY_PASSWORD_OWED
from accounts.models import Notice, User
from accounts.notices import Letter, link, notice_kind, subject_of
from accounts.selectors import find_user
from accounts.services.recovery import issue_temporary_password, managers_to_tell

_OWN = "You get this mail because it is about your own account."
_MANAGER = "You get this mail because you manage this person's area of responsibility."
_AT = "March 2, 2026, 10:00 a.m. (America/New_York)"
_PERSON: dict[str, Any] = {
    "name": "Alice Moreno",
    "username": "amoreno",
    "at": _AT,
    "manager": "the manager of your area of responsibility (Grace Whitfield)",
}


@notice_kind(
    "temporary_password",
    why=_OWN,
    sample=lambda: (
        _PERSON
        | {
            "secret": "K7QFM-…",
            "minutes": _minutes(TEMPORARY_PASSWORD),
            "url": link("account_login"),
        }
    ),
)
def compose_temporary_password(notice: Notice, now: datetime) -> Letter | None:
    """Makes the password; nothing for an account closed meanwhile, or long after it was asked."""
    user = _open_account(notice)
    if user is None or now - notice.created_at > TEMPORARY_PASSWORD_OWED:
        return None
    secret = issue_temporary_password(user, now=now)
    more = {
        "secret": secret,
        "minutes": _minutes(TEMPORARY_PASSWORD),
        "url": link("account_login"),
    }
    return Letter(_facts(user, notice.created_at) | more, holds_secret=True)


@notice_kind(
    "recovery_told",
    why=_MANAGER,
    sample=lambda: _PERSON | {"place": " (ERO, New York)", "url": link("home")},
)
def compose_recovery_told(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """To the person's managers, in the time zone of the person."""
    user = _open_account(notice)
    if user is None:
        return None
    parts = [part.code for part in (user.component,) if part]
    parts += [user.aor.name] if user.aor else []
    place = f" ({', '.join(parts)})" if parts else ""
    url = link("admin:accounts_user_suspend", user.pk)
    return Letter(_facts(user, notice.created_at) | {"place": place, "url": url})


@notice_kind("password_changed", why=_OWN, sample=_PERSON)
def compose_password_changed(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """To the person, whoever changed it."""
    return _plain(notice)


@notice_kind("security_questions_changed", why=_OWN, sample=_PERSON)
def compose_security_questions_changed(
    notice: Notice,
    now: datetime,  # noqa: ARG001
) -> Letter | None:
    """To the person."""
    return _plain(notice)


@notice_kind("account_locked", why=_OWN, sample=lambda: _PERSON | {"minutes": _minutes(LOCK)})
def compose_account_locked(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """To the person, once for each lock."""
    return _plain(notice, minutes=_minutes(LOCK))


@notice_kind(
    "second_factor_changed",
    why=_OWN,
    sample=lambda: _PERSON | {"url": link("mfa_index")},
)
def compose_second_factor_changed(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """To the person."""
    return _plain(notice, url=link("mfa_index"))


@notice_kind(
    "new_place",
    why=_OWN,
    sample=lambda: (
        _PERSON
        | {
            "browser": "Firefox on Windows",
            "browser_is_new": True,
            "network": "203.0.113.0/24",
            "network_is_new": False,
            "url": link("account_change_password"),
        }
    ),
)
def compose_new_place(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """To the person; what was new stands in `about`."""
    parts = subject_of(notice).split("|")
    user = find_user(UUID(parts[0]))
    if user is None or not user.is_active:
        return None
    _, browser, browser_is_new, network, network_is_new = parts
    return Letter(
        _facts(user, notice.created_at)
        | {
            "browser": browser,
            "browser_is_new": browser_is_new == "new",
            "network": network,
            "network_is_new": network_is_new == "new",
            "url": link("account_change_password"),
        }
    )


def _plain(notice: Notice, **more: Any) -> Letter | None:
    user = _open_account(notice)
    return Letter(_facts(user, notice.created_at) | more) if user else None


def _open_account(notice: Notice) -> User | None:
    user = find_user(UUID(subject_of(notice)))
    return user if user is not None and user.is_active else None


def _facts(user: User, at: datetime) -> dict[str, Any]:
    return {
        "name": user.full_name,
        "username": user.username,
        "at": local_time(at, user.timezone),
        "manager": _manager_of(user),
    }


def local_time(at: datetime, zone: str) -> str:
    """A time as a mail says it: on the person's clock, and on which that is."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{date_format(local, 'F j, Y, g:i a')} ({zone})"


def _manager_of(user: User) -> str:
    names = ", ".join(manager.full_name for manager in managers_to_tell(user))
    if user.agency_id is None:
        return f"another administrator ({names})" if names else "another administrator"
    whose = "the manager of your area of responsibility"
    return f"{whose} ({names})" if names else whose


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
