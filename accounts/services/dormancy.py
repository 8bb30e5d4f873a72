"""Accounts nobody uses are suspended (ACC-15): told 14 days before, suspended after 90.

Counted from the last log-on; for an account that never had one from its creation, and for one
that was reinstated from then, or the next night would suspend it again.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from accounts.models import User
from accounts.selectors import left_unmanaged_without
from accounts.services.governed import in_log
from accounts.services.notices import queue_notice
from accounts.services.people import lock_person, suspend_locked
from accounts.services.reminders import remember
from audit.actors import VENDOR_LOG_ID, Actor, system
from audit.kinds import Kind
from audit.services import record

UNUSED_FOR = timedelta(days=90)
TOLD_BEFORE = timedelta(days=14)
JOB = "accounts.suspend_unused"
REASON = "Not used for 90 days (ACC-15)"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What one night's run did."""

    told: int = 0
    suspended: int = 0
    failed: int = 0


def unused_since(moment: datetime) -> "QuerySet[User]":
    """Open accounts not used since `moment`, each with ``used_at``, longest unused first."""
    history = User.history.filter(id=OuterRef("pk"))
    # The newest row in which it was suspended; the first one after it reopened the account.
    shut = history.filter(is_active=False).order_by("-history_date", "-history_id")
    opened = (
        history.filter(is_active=True, history_date__gte=OuterRef("shut_at"))
        .order_by("history_date", "history_id")
        .values("history_date")[:1]
    )
    began = F("created_at")
    return (
        User.objects.filter(is_active=True, deleted_at=None)
        # Cheap and nearly always enough; what follows is asked for the few that are left.
        .filter(Q(last_login=None) | Q(last_login__lte=moment), created_at__lte=moment)
        .alias(shut_at=Subquery(shut.values("history_date")[:1]))
        .annotate(
            used_at=Greatest(
                Coalesce(F("last_login"), began),
                began,
                Coalesce(Subquery(opened, output_field=DateTimeField()), began),
            )
        )
        .filter(used_at__lte=moment)
        .select_related("agency", "aor")
        .order_by("used_at", "pk")
    )


def suspend_unused(*, now: datetime) -> Swept:
    """Tell who is about to be suspended, and suspend who is due; once a night.

    Running it twice, or for the first time after days, does what is due and nothing twice. Each
    account is a transaction of its own: one that fails does not keep the others open.
    """
    told = suspended = failed = 0
    for user in unused_since(now - UNUSED_FOR + TOLD_BEFORE):
        try:
            if user.used_at <= now - UNUSED_FOR:  # type: ignore[attr-defined]  # annotated
                suspended += _suspend(user, now)
            else:
                told += _tell(user, now)
        except Exception:
            # The others must not stay open for it; the job's event says that one is left.
            logger.exception("account %s could not be seen to", user.pk)
            failed += 1
    _record(told, suspended, failed)
    return Swept(told, suspended, failed)


def _suspend(user: User, now: datetime) -> bool:
    actor = _actor(user)
    with transaction.atomic(durable=True):
        locked = lock_person(user)
        # Somebody may have logged on, or been suspended, while this waited for the row.
        if not unused_since(now - UNUSED_FOR).filter(pk=user.pk).exists():
            return False
        if user.agency_id is None and left_unmanaged_without(locked):
            # The vendor's last account: without it nobody could let anybody in again.
            return False
        suspend_locked(locked, actor=actor, reason=REASON, now=now)
        queue_notice(
            kind="account_suspended_unused",
            recipient=user.email,
            about=f"user:{user.pk}",
            log_id=actor.log_id,
            now=now,
        )
    return True


def _tell(user: User, now: datetime) -> bool:
    used_at: datetime = user.used_at  # type: ignore[attr-defined]  # annotated
    with transaction.atomic(durable=True):
        if not remember(user, f"account_unused:{used_at.date()}", now=now):
            return False
        queue_notice(
            kind="account_unused",
            recipient=user.email,
            about=f"user:{user.pk}",
            log_id=_actor(user).log_id,
            now=now,
        )
    return True


def _record(told: int, suspended: int, failed: int) -> None:
    if not (told or suspended or failed):
        return
    with transaction.atomic(durable=True):
        record(
            actor=system(JOB),
            kind=Kind.SYSTEM_MAINTAINED,
            fields={"job": JOB, "told": told, "suspended": suspended, "failed": failed},
        )


def _actor(user: User) -> Actor:
    return in_log(system(JOB), user.agency.log_id if user.agency else VENDOR_LOG_ID)
