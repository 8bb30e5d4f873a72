"""Sessions as the log sees them: log-on, log-out, time-out, and doors that stayed shut.

A session's own key never stands in the log: who reads the log must not be able to take one over.
"""

from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User
from accounts.people import Person, person_for
from accounts.services import lockout
from audit.actors import Actor, Origin
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record, record_alone


class _Failure(TypedDict):
    """The part of an event that a failed log-on fills in."""

    kind: Kind
    fields: dict[str, Value]
    outcome: str
    outcome_code: str


_STARTED = "lprsvc_started"
_SEEN = "lprsvc_seen"
_PROVEN = "lprsvc_proven"
# How stale the "last seen" of a session may be, in seconds, so that not every request writes it.
_SEEN_STEP = 60


def begin(session: MutableMapping[str, Any] | SessionBase, *, now: datetime) -> None:
    """Start the session's two clocks (ACC-2)."""
    session[_STARTED] = session[_SEEN] = int(now.timestamp())
    session.pop(_PROVEN, None)


def note_proven(session: SessionBase, *, user: User) -> None:
    """Note which password, and which epoch of the account, a log-on that now waits has proven."""
    session[_PROVEN] = user.get_session_auth_hash()


def is_still_proven(session: SessionBase, *, user: User) -> bool:
    """Whether what the waiting log-on has proven still holds: a password changed meanwhile, or a
    suspension, even one that was lifted, ends it."""
    return constant_time_compare(session.get(_PROVEN, ""), user.get_session_auth_hash())


def end_everywhere(user: User) -> None:
    """End every session of the person's, and every log-on that still waits, in the caller's
    transaction, which records why. See `User._get_session_auth_hash`."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])


def is_over(
    session: SessionBase,
    *,
    now: datetime,
    idle_seconds: int | None = None,
    is_unattended: bool = False,
) -> bool:
    """Whether the session was idle or open for too long; else notes that it was used.

    `idle_seconds`: what the person's agency allows, never more than the service does.
    `is_unattended`: a page asks by itself, which is no use of the session. A session without
    clocks was not begun by a log-on here, and is over.
    """
    moment = int(now.timestamp())
    started, seen = session.get(_STARTED), session.get(_SEEN)
    if not (isinstance(started, int) and isinstance(seen, int)):
        return True
    if moment - started >= settings.SESSION_COOKIE_AGE:
        return True
    limit = settings.SESSION_IDLE_SECONDS
    if moment - seen >= min(limit, idle_seconds or limit):
        return True
    if moment - seen >= _SEEN_STEP and not is_unattended:
        session[_SEEN] = moment
    return False


def label_of(session: SessionBase) -> str:
    """The name by which the log tells sessions apart; empty where there is none yet."""
    key = session.session_key
    return salted_hmac("audit.session", key).hexdigest()[:16] if key else ""


def methods_of(session: SessionBase) -> list[str]:
    """How the session's person proved who they are, as ["password", "totp"]."""
    records: list[Mapping[str, Any]] = session.get("account_authentication_methods", [])
    named = [str(entry.get("type") or entry.get("method")) for entry in records]
    return list(dict.fromkeys(named))


def record_login(*, user: User, origin: Origin, session: SessionBase, now: datetime) -> None:
    """Record a finished log-on (password, second factor, rules) in the caller's transaction."""
    methods = methods_of(session)
    # Not save(): the time of a log-on is no change of the account, so it has no history.
    User.objects.filter(pk=user.pk).update(last_login=now)
    origin = replace(origin, session=label_of(session), auth="+".join(methods))
    record(
        actor=person_for(user, origin=origin),
        kind=Kind.SESSION_LOGIN,
        fields={
            "method": methods[0] if methods else None,
            "second_factor": methods[1] if len(methods) > 1 else None,
        },
    )


def record_login_failed(*, user: User | None, origin: Origin, cause: str) -> None:
    """Record a failed log-on that does not count towards a lock: `cause` is "suspended", or
    "outdated" (the password was changed, or all sessions ended, before the rules were affirmed).
    """
    record_alone(actor=_claimed(user, origin), **_failed(user, cause))


def fail_password(
    attempt: lockout.Attempt, *, user: User | None, origin: Origin, now: datetime
) -> None:
    """Record a wrong password, and count it (ACC-11).


    It stands under the account that was tried, in its agency's log. What was typed as user name
    is recorded only by being somebody's: people type passwords into the wrong field.
    """
    with transaction.atomic(durable=True):
        record(actor=_claimed(user, origin), **_failed(user, "password"))
        lockout.count_failure(attempt, user=user, origin=origin, now=now)


def _failed(user: User | None, cause: str) -> _Failure:
    return {
        "kind": Kind.SESSION_LOGIN_FAILED,
        "fields": {"account_known": user is not None},
        "outcome": "failed",
        "outcome_code": cause,
    }


def record_locked(*, user: User | None, origin: Origin) -> None:
    """Record a log-on turned away unread, after too many failures."""
    record_alone(
        actor=_claimed(user, origin),
        kind=Kind.SESSION_LOCKED,
        fields={"account_known": user is not None},
        outcome="refused",
        outcome_code="too_many_attempts",
    )


def end_by_logout(request: HttpRequest, *, person: Person) -> None:
    """End a session because its person asked to, and record it; both or neither."""
    with transaction.atomic(durable=True):
        record(actor=person, kind=Kind.SESSION_LOGOUT, fields={"cause": "asked"})
        logout(request)


def end_by_timeout(request: HttpRequest, *, person: Person) -> None:
    """End a session that has been idle or open for too long (ACC-2), and record it."""
    with transaction.atomic(durable=True):
        record(actor=person, kind=Kind.SESSION_TIMEOUT, fields={})
        logout(request)


def end_by_revocation(request: HttpRequest, *, person: Person, cause: str) -> None:
    """End a session that its account no longer honours: `cause` is "suspended" or "revoked" (the
    password was changed elsewhere, or a suspension has been lifted since)."""
    with transaction.atomic(durable=True):
        record(actor=person, kind=Kind.SESSION_LOGOUT, fields={"cause": cause})
        logout(request)


def record_access_refused(*, person: Person, path: str) -> None:
    """Record that somebody tried a page their roles do not allow. `path` is the URL's pattern."""
    record_alone(
        actor=person,
        kind=Kind.ACCESS_REFUSED,
        fields={"path": path},
        outcome="refused",
        outcome_code="forbidden",
    )


def _claimed(user: User | None, origin: Origin) -> Actor:
    """Whom somebody who did not get in claimed to be."""
    return person_for(user, origin=origin) if user is not None else lockout.nobody(origin)
