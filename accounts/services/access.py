"""Requests for access: asked for in public, decided by the AOR's agency manager (ACC-4, ACC-5).

Approving owes the registration key's mail; its secret is made when the mail is (`issue_secret`).
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts import policy, selectors
from accounts.models import (
    AccessRequest,
    AccessRequestState,
    Agency,
    Aor,
    Component,
    RegistrationKey,
    User,
)
from accounts.people import Person
from accounts.request_forms import RequestForm, load_form, store_form
from accounts.services.agencies import check_timezone
from accounts.services.governed import (
    change_governed,
    create_governed,
    governing,
    in_log,
    name_of,
    validate,
)
from accounts.services.notices import queue_notice
from accounts.services.people import check_person, managing
from accounts.states import EXPECTING_A_KEY, may_become
from audit.actors import VENDOR_LOG_ID, Actor, Origin, system
from audit.kinds import Kind
from audit.services import record, record_alone
from lprsvc.lib.errors import InvalidInput, NotFound

KEY_LASTS = timedelta(days=7)
# How long who changed somebody's address may not be the one who sends a key to it: the former
# address was told, and its owner has this long to object.
ADDRESS_SETTLES = timedelta(days=7)
MAX_NEED = 2_000
JOB = "accounts.send_notice"
# Base 32 without letters that are read as digits (Crockford): 26 of them are 130 bits.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_KEY_LENGTH = 26
_GROUP = 5
_MISREAD = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who asks for access and why, as entered."""

    full_name: str
    email: str
    title: str
    need: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What an approved person will be: roles and place."""

    roles: Sequence[str]
    component: Component | None
    supervisor: User | None
    timezone: str


def submit_request(
    *, aor: Aor, applicant: Applicant, form: RequestForm | None, origin: Origin, now: datetime
) -> AccessRequest:
    """Somebody asks for access on the public page; the AOR's managers are told.

    Nothing is looked up by what was entered, so nothing can be learned from the answer. Raises
    InvalidInput, DomainError (the form can't be stored).
    """
    actor = Actor(
        id="nobody",
        name="",
        log_id=aor.agency.log_id,
        agency=aor.agency.code,
        aor=aor.name,
        origin=origin,
    )
    reason = "Asked for access on the public page."
    request = _request_of(aor.agency, aor, applicant, form, entered_by=None, now=now)
    with governing(actor, subject="access request", reason=reason):
        _create(request, form, actor=actor, reason=reason, now=now)
        for manager in selectors.list_managers_of(aor.pk):
            _owe("access_requested", manager.email, name_of(request), actor, now)
    return request


def add_person(
    *,
    actor: Person,
    agency: Agency | None,
    aor: Aor | None,
    applicant: Applicant,
    grant: Grant,
    form: RequestForm | None,
    reason: str,
    now: datetime,
) -> AccessRequest:
    """A manager enters a request that came on paper or by word, and approves it in one act: the
    key's mail is on its way (ACC-9). Never for themselves. Raises PolicyDenied, InvalidInput."""
    recorded = in_log(actor, agency.log_id if agency else VENDOR_LOG_ID)
    entered_by = User.objects.get(pk=actor.user_id)
    request = _request_of(agency, aor, applicant, form, entered_by=entered_by, now=now)
    with governing(recorded, subject=f"access request of {applicant.full_name}", reason=reason):
        policy.check_can_decide_request(recorded, request)
        _check_grant(recorded, request, grant)
        _create(request, form, actor=recorded, reason=reason, now=now)
        _approve(request, grant, actor=recorded, decided_by=entered_by, reason=reason, now=now)
    return request


def approve_request(
    *, actor: Person, request: AccessRequest, grant: Grant, reason: str, now: datetime
) -> AccessRequest:
    """Approve a waiting request and owe its registration key. Of two managers who decide at once
    one wins, and the other is told who. Raises PolicyDenied, InvalidInput, NotFound."""
    with _deciding(actor, request, AccessRequestState.APPROVED, reason) as (recorded, locked):
        _check_grant(recorded, locked, grant)
        decided_by = User.objects.get(pk=actor.user_id)
        _approve(locked, grant, actor=recorded, decided_by=decided_by, reason=reason, now=now)
    return locked


def refuse_request(
    *, actor: Person, request: AccessRequest, reason: str, now: datetime
) -> AccessRequest:
    """Refuse a waiting request; the reason is mailed to who asked. Raises PolicyDenied,
    InvalidInput, NotFound."""
    after = AccessRequestState.REFUSED
    with _deciding(actor, request, after, reason) as (recorded, locked):
        _decide(locked, after, actor=recorded, by=actor.user_id, reason=reason, now=now)
        _owe("access_refused", locked.email, name_of(locked), recorded, now)
    return locked


def withdraw_request(
    *, actor: Person, request: AccessRequest, reason: str, now: datetime
) -> AccessRequest:
    """End a request that is no longer wanted; a key that was sent works no more. Raises
    PolicyDenied, InvalidInput, NotFound."""
    after = AccessRequestState.WITHDRAWN
    with _deciding(actor, request, after, reason) as (recorded, locked):
        _revoke_open(now, request=locked)
        _decide(locked, after, actor=recorded, by=actor.user_id, reason=reason, now=now)
    return locked


def send_key(*, actor: Person, request: AccessRequest, reason: str, now: datetime) -> None:
    """Send a new registration key for an approved request; the former one works no more.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    with _locking(actor, request, reason) as (recorded, locked):
        if locked.state not in EXPECTING_A_KEY:
            raise InvalidInput({"": [_standing(locked)]})
        _issue_key(locked, actor=recorded, reason=reason, now=now)


def send_user_key(*, actor: Person, user: User, reason: str, now: datetime) -> None:
    """Send somebody who has an account a key with which they choose a new password and new
    questions; until it is used everything stays as it is. Who changed the address sends none to
    it for a week: one person alone could make the account theirs. Raises PolicyDenied,
    InvalidInput."""
    with managing(actor, user, reason=reason) as (recorded, locked):
        policy.check_can_manage_user(recorded, locked)
        if not locked.is_active:
            raise InvalidInput({"": ["The account is suspended: reinstate it first."]})
        _check_address_settled(locked, by=recorded, now=now)
        _issue_key(locked, actor=recorded, reason=reason, now=now)


def read_form(*, person: Person, request: AccessRequest) -> bytes:
    """The uploaded form of a request the person may see, recorded as seen (ACC-9).

    Raises NotFound where none was handed in, AuditUnavailable, DomainError (503).
    """
    if not request.form_sha256:
        raise NotFound("form")
    record_alone(
        actor=in_log(person, _log_of(request)),
        kind=Kind.ADMIN_VIEWED,
        fields={
            "object": f"{name_of(request)} form",
            "search": "",
            "sha256": request.form_sha256,
        },
    )
    return load_form(request.form_sha256)


# --- the key's secret -----------------------------------------------------------------------------


def issue_secret(key: RegistrationKey, *, now: datetime) -> str:
    """Make the key's secret while its mail is written, in that transaction: only its hash stays.

    A repeat replaces it, so of two mails about one key the later works. The seven days begin here.
    """
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(_KEY_LENGTH))
    key.key_hash, key.sent_at, key.expires_at = hash_of(secret), now, now + KEY_LASTS
    key.save(update_fields=["key_hash", "sent_at", "expires_at"])
    request = key.request
    if request is not None and may_become(request.state, AccessRequestState.KEY_SENT):
        actor = system(JOB, log_id=_log_of(request))
        changes = {"state": AccessRequestState.KEY_SENT}
        change_governed(request, changes, actor=actor, reason="The key was mailed.", now=now)
    return "-".join(secret[at : at + _GROUP] for at in range(0, _KEY_LENGTH, _GROUP))


def find_key_to_send(key_id: str) -> RegistrationKey | None:
    """The key that a mail is owed for, locked after its request; None: it was revoked or used."""
    key = RegistrationKey.objects.filter(pk=key_id).first()
    return lock_key(key) if key is not None else None


def lock_key(key: RegistrationKey) -> RegistrationKey | None:
    """The key as long as it can be used, locked after whom it is for (as everywhere, so that
    nobody waits for each other); None: it was used or revoked meanwhile."""
    request = user = None
    if key.request_id is not None:
        request = AccessRequest.objects.select_for_update(no_key=True).get(pk=key.request_id)
    if key.user_id is not None:
        user = User.objects.select_for_update(no_key=True).get(pk=key.user_id)
    open_keys = RegistrationKey.objects.select_for_update().filter(used_at=None, revoked_at=None)
    locked = open_keys.filter(pk=key.pk).first()
    if locked is not None:
        locked.request, locked.user = request, user
    return locked


def hash_of(secret: str) -> str:
    """Of a key as typed: case, hyphens and spaces do not matter, nor O for 0 and I or L for 1."""
    plain = "".join(letter for letter in secret.upper() if letter.isalnum()).translate(_MISREAD)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


# --- details --------------------------------------------------------------------------------------


def _request_of(
    agency: Agency | None,
    aor: Aor | None,
    applicant: Applicant,
    form: RequestForm | None,
    *,
    entered_by: User | None,
    now: datetime,
) -> AccessRequest:
    return AccessRequest(
        agency=agency,
        aor=aor,
        full_name=" ".join(applicant.full_name.split()),
        email=applicant.email.strip(),
        title=applicant.title.strip(),
        need=applicant.need.strip(),
        form_sha256=form.sha256 if form else "",
        form_type=form.type if form else "",
        form_name=form.name if form else "",
        submitted_at=now,
        entered_by=entered_by,
    )


def _create(
    request: AccessRequest,
    form: RequestForm | None,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    if len(request.need) > MAX_NEED:
        raise InvalidInput({"need": [f"Use {MAX_NEED:,} characters at most."]})
    validate(request)
    if form is not None:
        # Before the row that names it is committed; a form that no row names harms nobody.
        store_form(form)
    create_governed(request, actor=actor, reason=reason, now=now)


@contextmanager
def _locking(
    actor: Person, request: AccessRequest, reason: str
) -> Iterator[tuple[Actor, AccessRequest]]:
    """The transaction of one act about a request, with its row locked and the policy asked."""
    recorded = in_log(actor, _log_of(request))
    with governing(recorded, subject=name_of(request), reason=reason):
        rows = AccessRequest.objects.select_for_update(no_key=True)
        locked = rows.filter(pk=request.pk).first()
        if locked is None:
            raise NotFound("request")
        policy.check_can_decide_request(recorded, locked)
        yield recorded, locked


@contextmanager
def _deciding(
    actor: Person, request: AccessRequest, after: AccessRequestState, reason: str
) -> Iterator[tuple[Actor, AccessRequest]]:
    with _locking(actor, request, reason) as (recorded, locked):
        if not may_become(locked.state, after):
            raise InvalidInput({"": [_standing(locked)]})
        yield recorded, locked


def _standing(request: AccessRequest) -> str:
    """Why nothing more can be done: what was decided, and by whom."""
    state = AccessRequestState(request.state).label.lower()
    if request.decided_by is None or request.decided_at is None:
        return f"This request is not decided yet ({state})."
    when = f"{request.decided_at:%Y-%m-%d %H:%M} UTC"
    return f"This request was decided by {request.decided_by} on {when} ({state})."


def _check_grant(actor: Actor, request: AccessRequest, grant: Grant) -> None:
    """That such a person may be, and may be made by this actor."""
    policy.check_can_create_user(
        actor, agency_id=request.agency_id, aor_id=request.aor_id, roles=grant.roles
    )
    check_timezone(grant.timezone)
    check_person(
        User(
            # Any that is good: it is chosen at registration.
            username="any-user-name",
            agency=request.agency,
            aor=request.aor,
            component=grant.component,
            supervisor=grant.supervisor,
            roles=list(grant.roles),
        )
    )


def _approve(
    request: AccessRequest,
    grant: Grant,
    *,
    actor: Actor,
    decided_by: User,
    reason: str,
    now: datetime,
) -> None:
    given: dict[str, Any] = {
        "roles": list(dict.fromkeys(grant.roles)),
        "component": grant.component,
        "supervisor": grant.supervisor,
        "timezone": grant.timezone,
    }
    after = AccessRequestState.APPROVED
    _decide(request, after, actor=actor, by=decided_by.pk, reason=reason, now=now, given=given)
    _issue_key(request, actor=actor, reason=reason, now=now)


def _decide(
    request: AccessRequest,
    after: AccessRequestState,
    *,
    actor: Actor,
    by: object,
    reason: str,
    now: datetime,
    given: Mapping[str, Any] | None = None,
) -> None:
    decision = {
        "state": after,
        "decided_at": now,
        "decided_by_id": by,
        "decision_reason": reason.strip(),
    }
    changes = decision | dict(given or {})
    change_governed(request, changes, actor=actor, reason=reason, now=now)


def _issue_key(holder: AccessRequest | User, *, actor: Actor, reason: str, now: datetime) -> None:
    """Revoke what was sent before and owe the mail with a new key."""
    request = holder if isinstance(holder, AccessRequest) else None
    user = holder if isinstance(holder, User) else None
    _revoke_open(now, request=request, user=user)
    key = RegistrationKey(
        request=request, user=user, email=holder.email, issued_at=now, issued_by=actor.id
    )
    validate(key)
    key.save()
    record(
        actor=actor,
        kind=Kind.ADMIN_CREATED,
        fields={
            "object": name_of(key),
            "before": None,
            "after": {"for": name_of(holder), "email": key.email},
            "reason": reason,
        },
    )
    _owe("registration_key", key.email, name_of(key), actor, now)


def _check_address_settled(user: User, *, by: Actor, now: datetime) -> None:
    """That `by` did not change the address lately themselves. Raises InvalidInput."""
    newer: Any = None
    for row in user.history.order_by("-history_date", "-history_id"):
        if newer is not None and newer.email != row.email and newer.history_user_id == by.id:
            free_from = newer.history_date + ADDRESS_SETTLES
            fault = (
                "You changed this person's address yourself. Another manager may send the key, or"
                f" you from {free_from:%Y-%m-%d %H:%M} UTC on."
            )
            raise InvalidInput({"": [fault]})
        if row.history_date <= now - ADDRESS_SETTLES:
            return
        newer = row


def _revoke_open(
    now: datetime, *, request: AccessRequest | None = None, user: User | None = None
) -> None:
    RegistrationKey.objects.filter(
        request=request, user=user, used_at=None, revoked_at=None
    ).update(revoked_at=now)


def _owe(kind: str, recipient: str, about: str, actor: Actor, now: datetime) -> None:
    queue_notice(kind=kind, recipient=recipient, about=about, log_id=actor.log_id, now=now)


def _log_of(request: AccessRequest) -> UUID:
    return request.agency.log_id if request.agency else VENDOR_LOG_ID
