"""Making, changing, suspending, reinstating and closing accounts (ACC-1, ACC-9)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import F

from accounts import policy, selectors
from accounts.models import (
    Agency,
    Aor,
    Component,
    ManagedAor,
    PastPassword,
    RegistrationKey,
    SecurityAnswer,
    TemporaryPassword,
    User,
)
from accounts.roles import Role
from accounts.services.agencies import check_timezone
from accounts.services.governed import (
    change_governed,
    create_governed,
    governing,
    in_log,
    remove_governed,
)
from accounts.services.notices import queue_notice
from accounts.services.passwords import check_new_password, write_password
from accounts.services.sessions import end_everywhere
from audit.actors import VENDOR_LOG_ID, Actor
from lprsvc.lib.errors import InvalidInput, NotFound

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,58}[a-z0-9]", re.ASCII)


def create_user(
    *,
    actor: Actor,
    username: str,
    password: str,
    email: str,
    full_name: str,
    roles: Sequence[str],
    timezone: str,
    reason: str,
    now: datetime,
    agency: Agency | None = None,
    component: Component | None = None,
    aor: Aor | None = None,
    supervisor: User | None = None,
    title: str = "",
) -> User:
    """A person with a user name and password of their own. Without `agency`: of the vendor.

    User names are kept in small letters, so that no two differ by case alone. Raises
    PolicyDenied, InvalidInput.
    """
    actor = in_log(actor, agency.log_id if agency else VENDOR_LOG_ID)
    user = User(
        username=username.strip().lower(),
        email=email.strip(),
        full_name=full_name.strip(),
        title=title.strip(),
        agency=agency,
        component=component,
        aor=aor,
        supervisor=supervisor,
        roles=list(dict.fromkeys(roles)),
        timezone=timezone,
        created_at=now,
    )
    with governing(actor, subject=f"user {username}", reason=reason):
        policy.check_can_create_user(
            actor, agency_id=user.agency_id, aor_id=user.aor_id, roles=user.roles
        )
        check_person(user)
        check_timezone(timezone)
        check_new_password(user, password)
        user.set_unusable_password()
        create_governed(user, actor=actor, reason=reason, now=now)
        write_password(user, password, now=now)
    return user


def change_user(
    *,
    actor: Actor,
    user: User,
    full_name: str,
    email: str,
    title: str,
    component: Component | None,
    aor: Aor | None,
    supervisor: User | None,
    roles: Sequence[str],
    timezone: str,
    reason: str,
    now: datetime,
) -> User:
    """Change who a person is here: all fields as they shall be (ACC-9).

    A changed address is told to the former one. Raises PolicyDenied, InvalidInput, NotFound.
    """
    after: dict[str, Any] = {
        "full_name": full_name.strip(),
        "email": email.strip(),
        "title": title.strip(),
        "component": component,
        "aor": aor,
        "supervisor": supervisor,
        "roles": list(dict.fromkeys(roles)),
        "timezone": timezone,
    }
    with managing(actor, user, reason=reason) as (by, locked):
        policy.check_can_change_user(
            by, locked, aor_id=aor.pk if aor else None, roles=after["roles"]
        )
        if _manages_less(locked, after):
            policy.check_keeps_managers(
                by, locked, unmanaged=selectors.left_unmanaged_without(locked)
            )
        changes = {name: new for name, new in after.items() if getattr(locked, name) != new}
        if not changes:
            raise InvalidInput({"": ["Nothing was changed."]})
        check_person(User(username=locked.username, agency=locked.agency, pk=locked.pk, **after))
        check_timezone(timezone)
        former = locked.email
        change_governed(locked, changes, actor=by, reason=reason, now=now)
        if "email" in changes:
            _tell("email_changed", former, locked, by, now)
    return locked


def suspend_user(*, actor: Actor, user: User, reason: str, now: datetime) -> User:
    """Close an account at once: open sessions end at their next request, keys are revoked.

    Suspending a suspended person is refused, so that no reason replaces the first; so is leaving
    an AOR without manager. Raises PolicyDenied, InvalidInput, NotFound.
    """
    with managing(actor, user, reason=reason) as (by, locked):
        policy.check_can_manage_user(by, locked)
        suspend_locked(locked, actor=by, reason=reason, now=now)
    return locked


def reinstate_user(*, actor: Actor, user: User, reason: str, now: datetime) -> User:
    """Open a suspended account again. Raises PolicyDenied, InvalidInput, NotFound."""
    with managing(actor, user, reason=reason) as (by, locked):
        policy.check_can_manage_user(by, locked)
        if locked.is_active:
            raise InvalidInput({"": ["The account is already open."]})
        change_governed(locked, {"is_active": True}, actor=by, reason=reason, now=now)
    return locked


def delete_user(*, actor: Actor, user: User, reason: str, now: datetime) -> User:
    """Close an account for ever (ACC-9): whatever proves who the person is gets wiped, sessions
    end, memberships and managed AORs are removed. Name and user name stay taken, for the log.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    with managing(actor, user, reason=reason) as (by, locked):
        policy.check_can_manage_user(by, locked)
        close_locked(locked, actor=by, reason=reason, now=now)
    return locked


def set_managed_aors(
    *, actor: Actor, user: User, aors: Sequence[Aor], reason: str, now: datetime
) -> None:
    """Say which AORs an agency manager manages beside the own one. By the vendor, on the agency's
    order. Raises PolicyDenied, InvalidInput, NotFound."""
    with managing(actor, user, reason=reason) as (by, locked):
        policy.check_can_set_managed_aors(by)
        if Role.AGENCY_MANAGER.value not in locked.roles:
            raise InvalidInput({"": ["Only an agency manager manages AORs."]})
        if any(aor.agency_id != locked.agency_id for aor in aors):
            raise InvalidInput({"aors": ["It belongs to another agency."]})
        wanted = {aor.pk: aor for aor in aors if aor.pk != locked.aor_id}
        held = {row.aor_id: row for row in locked.managed.all()}
        if wanted.keys() == held.keys():
            raise InvalidInput({"": ["Nothing was changed."]})
        for aor_id in sorted(held.keys() - wanted.keys()):
            remove_governed(held[aor_id], actor=by, reason=reason, now=now)
        for aor_id in sorted(wanted.keys() - held.keys()):
            row = ManagedAor(user=locked, aor=wanted[aor_id])
            create_governed(row, actor=by, reason=reason, now=now)


@contextmanager
def managing(actor: Actor, user: User, *, reason: str) -> Iterator[tuple[Actor, User]]:
    """The transaction of one act about a person: the actor in the right log, and the person's row,
    locked. Raises NotFound, InvalidInput for who was deleted."""
    actor = in_log(actor, user.agency.log_id if user.agency else VENDOR_LOG_ID)
    with governing(actor, subject=f"user:{user.pk}", reason=reason):
        locked = lock_person(user)
        if locked.deleted_at is not None:
            raise InvalidInput({"": ["The account was closed for ever."]})
        yield actor, locked


def lock_person(user: User) -> User:
    """The person's row, locked; before it those of all who manage, in one order, so that two
    managers who suspend each other at once come one after the other. Raises NotFound."""
    rows = User.objects.select_for_update(no_key=True).order_by("pk")
    if user.agency_id is None:
        managers = rows.filter(agency=None)
    else:
        managers = rows.filter(
            agency_id=user.agency_id, roles__contains=[Role.AGENCY_MANAGER.value]
        )
    list(managers.values_list("pk", flat=True))
    locked = rows.filter(pk=user.pk).first()
    if locked is None:
        raise NotFound("user")
    return locked


def suspend_locked(locked: User, *, actor: Actor, reason: str, now: datetime) -> None:
    """Suspend somebody whose row the caller holds in `managing` and may suspend.

    Raises PolicyDenied, InvalidInput.
    """
    policy.check_keeps_managers(actor, locked, unmanaged=selectors.left_unmanaged_without(locked))
    if not locked.is_active:
        raise InvalidInput({"": ["The account is already suspended."]})
    _revoke_keys(locked, now)
    change_governed(locked, {"is_active": False}, actor=actor, reason=reason, now=now)
    # Or reinstating would revive a session that nobody used meanwhile.
    end_everywhere(locked)


def close_locked(locked: User, *, actor: Actor, reason: str, now: datetime) -> None:
    """Close for ever the account of somebody whose row the caller holds in `managing` and may
    close. Raises PolicyDenied."""
    policy.check_keeps_managers(actor, locked, unmanaged=selectors.left_unmanaged_without(locked))
    _revoke_keys(locked, now)
    wipe_credentials(locked)
    for row in (*locked.memberships.all(), *locked.managed.all()):
        remove_governed(row, actor=actor, reason=reason, now=now)
    change_governed(
        locked, {"is_active": False, "deleted_at": now}, actor=actor, reason=reason, now=now
    )


def wipe_credentials(user: User) -> None:
    """Remove whatever would let the person in again, in the caller's transaction."""
    user.set_unusable_password()
    User.objects.filter(pk=user.pk).update(
        password=user.password, session_epoch=F("session_epoch") + 1
    )
    user.session_epoch += 1
    SecurityAnswer.objects.filter(user=user).delete()
    TemporaryPassword.objects.filter(user=user).delete()
    PastPassword.objects.filter(user=user).delete()
    # Without signals: those would record that the person took their own factor away.
    factors = Authenticator.objects.filter(user_id=user.pk)
    factors._raw_delete(factors.db)  # noqa: SLF001


def _revoke_keys(user: User, now: datetime) -> None:
    RegistrationKey.objects.filter(user=user, used_at=None, revoked_at=None).update(revoked_at=now)


def _manages_less(user: User, after: Mapping[str, Any]) -> bool:
    stays_manager = Role.AGENCY_MANAGER.value in after["roles"]
    return Role.AGENCY_MANAGER.value in user.roles and not (
        stays_manager and user.aor == after["aor"]
    )


def _tell(kind: str, address: str, user: User, actor: Actor, now: datetime) -> None:
    queue_notice(
        kind=kind, recipient=address, about=f"user:{user.pk}", log_id=actor.log_id, now=now
    )


def check_person(user: User) -> None:
    """Raise InvalidInput, by field, for somebody who can't be: an unknown role, parts of another
    agency, a supervisor who is no supervisor."""
    faults: dict[str, list[str]] = {}
    if not _USERNAME.fullmatch(user.username):
        faults["username"] = ["Use 3 to 60 letters, digits, dots, hyphens or underscores."]
    if unknown := set(user.roles) - {role.value for role in Role}:
        faults["roles"] = [f"Unknown: {', '.join(sorted(unknown))}."]
    elif not user.roles:
        faults["roles"] = ["Give at least one role."]
    elif (user.agency is None) != (user.roles == [Role.VENDOR_ADMINISTRATOR]):
        faults["roles"] = ["The vendor's people have that role alone, and no agency."]
    for name, part in (("component", user.component), ("aor", user.aor)):
        if part is not None and part.agency_id != user.agency_id:
            faults[name] = ["It belongs to another agency."]
    if user.supervisor is not None and (fault := _supervisor_fault(user, user.supervisor)):
        faults["supervisor"] = [fault]
    if faults:
        raise InvalidInput(faults)


def _supervisor_fault(user: User, supervisor: User) -> str:
    if supervisor.agency_id != user.agency_id:
        return "The supervisor belongs to another agency."
    if supervisor.pk == user.pk:
        return "Nobody supervises themselves."
    if Role.SUPERVISOR.value not in supervisor.roles:
        return f"{supervisor.full_name} does not have the supervisor's role."
    return ""
