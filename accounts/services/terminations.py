"""Ending somebody's access on request: at once, or within 24 business hours (ACC-10).

A request made in the system cuts access in the same transaction. One received by e-mail is entered
with the time of its receipt and counts down until it is carried out or withdrawn; the sweep tells
the AOR's managers when it is overdue, and the vendor when it still is `VENDOR_AFTER` later. Nothing
is overdue while the account is shut: that is what was asked for.
"""

import logging
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import policy, selectors
from accounts.business_time import BUSINESS_HOURS_TO_TERMINATE, deadline, elapsed
from accounts.models import (
    Termination,
    TerminationEffect,
    TerminationOrigin,
    TerminationState,
    User,
)
from accounts.people import Person
from accounts.services.governed import (
    change_governed,
    check_text,
    create_governed,
    governing,
    in_log,
)
from accounts.services.notices import queue_notice
from accounts.services.people import close_locked, lock_person, managing, suspend_locked
from audit.actors import VENDOR_LOG_ID, Actor, system
from lprsvc.lib.errors import InvalidInput, NotFound

JOB = "accounts.escalate_terminations"
OVERDUE = "termination_overdue"
# Business time by which a request may be overdue before the vendor is told as well.
VENDOR_AFTER = timedelta(hours=4)
_SWEEP_AT_MOST = 200
logger = logging.getLogger(__name__)


def terminate_now(
    *, actor: Actor, user: User, effect: str, reason: str, now: datetime
) -> Termination:
    """End somebody's access at once; an open request about them is thereby carried out.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    effect = _checked_effect(effect)
    with managing(actor, user, reason=reason) as (acting, locked):
        policy.check_can_terminate(acting, locked)
        _shut(locked, effect, actor=acting, reason=reason, now=now)
        found = _lock_open(user=locked)
        if found is None:
            found = _new(locked, TerminationOrigin.SYSTEM, now, actor=acting, now=now)
            _set_done(found, effect, cut_at=now)
            create_governed(found, actor=acting, reason=reason, now=now)
        else:
            _finish(found, effect, cut_at=now, actor=acting, reason=reason, now=now)
    return found


def enter_termination(
    *,
    actor: Actor,
    user: User,
    requested_by: str,
    received_at: datetime,
    reason: str,
    now: datetime,
) -> Termination:
    """Enter a request that came by e-mail, with the time of its receipt; nothing is cut yet.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    with managing(actor, user, reason=reason) as (acting, locked):
        policy.check_can_terminate(acting, locked)
        requested_by = requested_by.strip()
        check_text("requested_by", requested_by)
        if not requested_by:
            raise InvalidInput({"requested_by": ["Say who asked."]})
        if received_at > now:
            raise InvalidInput({"received_at": ["This lies in the future."]})
        if received_at < locked.created_at:
            raise InvalidInput({"received_at": ["The account did not exist yet."]})
        if _lock_open(user=locked) is not None:
            raise InvalidInput({"": ["There is an open request about this person."]})
        entered = _new(locked, TerminationOrigin.EMAIL, received_at, actor=acting, now=now)
        entered.requested_by = requested_by
        create_governed(entered, actor=acting, reason=reason, now=now)
    return entered


def carry_out_termination(
    *, actor: Actor, termination: Termination, effect: str, reason: str, now: datetime
) -> Termination:
    """Cut the access of the person of an open request, and note how long it took.

    Where access was cut already, by suspending say, the time until then counts. Raises
    PolicyDenied, InvalidInput, NotFound.
    """
    effect = _checked_effect(effect)
    user = termination.user
    actor = in_log(actor, _log_of(user))
    with governing(actor, subject=f"termination:{termination.pk}", reason=reason):
        locked = lock_person(user)
        policy.check_can_terminate(actor, locked)
        found = _still_open(termination)
        cut_at = max(_cut_at(locked) or now, found.received_at)
        if locked.deleted_at is not None:
            effect = TerminationEffect.CLOSED
        elif locked.is_active or effect == TerminationEffect.CLOSED:
            _shut(locked, effect, actor=actor, reason=reason, now=now)
        _finish(found, effect, cut_at=cut_at, actor=actor, reason=reason, now=now)
    return found


def withdraw_termination(
    *, actor: Actor, termination: Termination, reason: str, now: datetime
) -> Termination:
    """End an open request without cutting access, as when it was a mistake.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    actor = in_log(actor, _log_of(termination.user))
    with governing(actor, subject=f"termination:{termination.pk}", reason=reason):
        policy.check_can_terminate(actor, lock_person(termination.user))
        found = _still_open(termination)
        changes = {"state": TerminationState.WITHDRAWN, "ended_at": now}
        change_governed(found, changes, actor=actor, reason=reason, now=now)
    return found


def escalate_overdue(*, now: datetime) -> int:
    """Tell who must know of overdue requests, each of them once; how many were escalated."""
    overdue = _awaited().filter(due_at__lte=now)
    untold = overdue.filter(Q(managers_told_at=None) | Q(vendor_told_at=None))
    escalated = 0
    for pk in list(untold.values_list("pk", flat=True)[:_SWEEP_AT_MOST]):
        try:
            escalated += _escalate(Termination.objects.filter(pk=pk), now)
        except Exception:
            # The others must not wait for it; the next sweep tries it again.
            logger.exception("termination %s could not be escalated", pk)
    return escalated


def _escalate(one: "QuerySet[Termination]", now: datetime) -> bool:
    """Note that people were told, and owe them the mail: both or neither, and once."""
    with transaction.atomic(durable=True):
        found = (
            (one & _awaited())
            .select_for_update(of=("self",), skip_locked=True)
            .select_related("user__agency")
            .first()
        )
        steps = _steps_due(found, now) if found is not None else {}
        if found is None or not steps:
            return False
        actor = system(JOB, log_id=_log_of(found.user))
        change_governed(
            found,
            dict.fromkeys(steps, now),
            actor=actor,
            reason="Not carried out within 24 business hours.",
            now=now,
        )
        for address in sorted({person.email for people in steps.values() for person in people}):
            queue_notice(
                kind=OVERDUE,
                recipient=address,
                about=f"termination:{found.pk}",
                log_id=actor.log_id,
                now=now,
            )
    return True


def _awaited() -> "QuerySet[Termination]":
    """Requests about people who can still get in."""
    return Termination.objects.filter(state=TerminationState.OPEN, user__is_active=True)


def _steps_due(termination: Termination, now: datetime) -> "dict[str, list[User]]":
    """Which people to tell now, by the field that notes it. Without managers, the vendor at
    once."""
    steps: dict[str, list[User]] = {}
    managers = list(_managers_of(termination.user))
    if termination.managers_told_at is None:
        steps["managers_told_at"] = managers
    vendor_from = deadline(termination.due_at, VENDOR_AFTER, zone_of(termination.user))
    if termination.vendor_told_at is None and (now >= vendor_from or not managers):
        steps["vendor_told_at"] = list(
            selectors.list_vendor_administrators().exclude(pk=termination.user_id)
        )
    return steps


def _managers_of(user: User) -> "QuerySet[User]":
    if user.aor_id is None:
        return User.objects.none()
    return selectors.list_managers_of(user.aor_id).exclude(pk=user.pk)


def zone_of(user: User) -> ZoneInfo:
    """The zone whose midnights part the business days of a request about `user`."""
    return ZoneInfo(user.agency.timezone if user.agency else user.timezone)


def _new(
    user: User, origin: TerminationOrigin, received_at: datetime, *, actor: Actor, now: datetime
) -> Termination:
    return Termination(
        user=user,
        origin=origin,
        received_at=received_at,
        due_at=deadline(received_at, BUSINESS_HOURS_TO_TERMINATE, zone_of(user)),
        entered_at=now,
        entered_by_id=actor.user_id if isinstance(actor, Person) else None,
    )


def _set_done(termination: Termination, effect: TerminationEffect, *, cut_at: datetime) -> None:
    for field, value in _done(termination, effect, cut_at).items():
        setattr(termination, field, value)


def _done(
    termination: Termination, effect: TerminationEffect, cut_at: datetime
) -> dict[str, object]:
    return {
        "state": TerminationState.DONE,
        "effect": effect,
        "ended_at": cut_at,
        "taken": elapsed(termination.received_at, cut_at, zone_of(termination.user)),
    }


def _finish(
    termination: Termination,
    effect: TerminationEffect,
    *,
    cut_at: datetime,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    changes = _done(termination, effect, cut_at)
    change_governed(termination, changes, actor=actor, reason=reason, now=now)


def _shut(
    locked: User, effect: TerminationEffect, *, actor: Actor, reason: str, now: datetime
) -> None:
    if effect is TerminationEffect.CLOSED:
        close_locked(locked, actor=actor, reason=reason, now=now)
    else:
        suspend_locked(locked, actor=actor, reason=reason, now=now)


def _cut_at(user: User) -> datetime | None:
    """Since when a shut account has been shut; None for an open one."""
    if user.is_active:
        return None
    rows = user.history.order_by("-history_date", "-history_id")
    shut = list(takewhile(lambda row: not row.is_active, rows))
    return shut[-1].history_date if shut else None


def _checked_effect(effect: str) -> TerminationEffect:
    if effect not in TerminationEffect.values:
        raise InvalidInput({"effect": ["Choose what becomes of the account."]})
    return TerminationEffect(effect)


def _lock_open(*, user: User) -> Termination | None:
    requests = Termination.objects.select_for_update().select_related(None)
    return requests.filter(user=user, state=TerminationState.OPEN).first()


def _still_open(termination: Termination) -> Termination:
    found = Termination.objects.select_for_update().filter(pk=termination.pk).first()
    if found is None:
        raise NotFound("termination")
    if found.state != TerminationState.OPEN:
        raise InvalidInput({"": ["This request was carried out or withdrawn meanwhile."]})
    return found


def _log_of(user: User) -> UUID:
    return user.agency.log_id if user.agency else VENDOR_LOG_ID
