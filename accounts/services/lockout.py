"""Five failures in 15 minutes lock an account for 10 (ACC-11).

Kept in the database: a cache that is emptied would unlock everybody. Counted for every name that
is tried, whether it is somebody's or not, so that nothing tells the two apart. An attempt counts
from its beginning and is taken back when it was right: a hundred guesses sent at once are five.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from accounts import policy
from accounts.log_on_rules import FAILURE_WINDOW, FAILURES_KEPT, FAILURES_UNTIL_LOCK, LOCK
from accounts.models import FailedLogOns, User
from accounts.people import person_for
from accounts.services.governed import governing, in_log
from accounts.services.notices import queue_notice
from audit.actors import VENDOR_LOG_ID, Actor, Origin
from audit.kinds import Kind
from audit.services import record
from lprsvc.lib.errors import DomainError, InvalidInput

# What lies further ahead than this was written by a clock that has been put right since.
_SKEW = timedelta(minutes=5)


class AccountLocked(DomainError):
    """Too many failures under this name; nothing was looked at."""

    def __init__(self) -> None:
        minutes = int(LOCK.total_seconds() // 60)
        super().__init__(
            "account_locked",
            f"Too many failed attempts. Wait {minutes} minutes and try again, or ask the manager of"
            " your area of responsibility to unlock the account.",
            status=429,
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was begun, to be taken back or to count."""

    name_hash: str
    at: datetime


def hash_of(username: str) -> str:
    """By what a name is counted, in whatever case it was typed."""
    name = username.strip().lower()
    return salted_hmac("accounts.failed_log_ons", name, algorithm="sha256").hexdigest()


def begin_attempt(*, username: str, now: datetime) -> Attempt:
    """Count an attempt under `username`, before anything is looked at. Raises AccountLocked."""
    attempt = Attempt(hash_of(username), now)
    with transaction.atomic(durable=True):
        row = _row(attempt.name_hash, now)
        failures = _recent(row, now)
        if is_locked(row, now=now) or len(failures) >= FAILURES_UNTIL_LOCK:
            raise AccountLocked
        _write(row, [*failures, now], locked_until=None, now=now)
    return attempt


def take_back(attempt: Attempt) -> None:
    """The attempt was right. Failures before it stay: an attacker's guesses are not forgiven
    because the person logs on in between."""
    with transaction.atomic(durable=True):
        row = _row(attempt.name_hash, attempt.at)
        failures = list(row.failures)
        if attempt.at in failures:
            failures.remove(attempt.at)
            _write(row, failures, locked_until=row.locked_until, now=attempt.at)


def count_failure(
    attempt: Attempt, *, user: User | None, origin: Origin, now: datetime
) -> datetime | None:
    """The attempt was wrong, in the caller's transaction: until when the account is locked now.

    Recorded, and the person told, with the failure that locks and not with those after it.
    """
    row = _row(attempt.name_hash, now)
    if is_locked(row, now=now):
        return row.locked_until
    failures = _recent(row, now)
    if len(failures) < FAILURES_UNTIL_LOCK:
        return None
    until = now + LOCK
    row.user = user
    # An empty list: the lock is the punishment, and what follows it begins anew.
    _write(row, [], locked_until=until, now=now)
    _tell_locked(user, origin, until=until, now=now)
    return until


def is_locked(row: FailedLogOns, *, now: datetime) -> bool:
    """Whether the lock still holds; one further ahead than any lock lasts is a clock's mistake."""
    return row.locked_until is not None and now < row.locked_until <= now + LOCK + _SKEW


def find_lock(user: User, *, now: datetime) -> datetime | None:
    """Until when a person is locked out; None: they are not."""
    row = FailedLogOns.objects.filter(pk=hash_of(user.username)).first()
    return row.locked_until if row and is_locked(row, now=now) else None


def list_locked(*, now: datetime) -> list[UUID]:
    """Users who are locked out at present."""
    rows = FailedLogOns.objects.filter(
        user__isnull=False, locked_until__gt=now, locked_until__lte=now + LOCK + _SKEW
    )
    return [row.user_id for row in rows if row.user_id is not None]


def unlock_user(*, actor: Actor, user: User, reason: str, now: datetime) -> None:
    """End a lock early, and forget the failures that led to it. Raises PolicyDenied, InvalidInput
    (where nothing is locked)."""
    actor = in_log(actor, user.agency.log_id if user.agency else VENDOR_LOG_ID)
    with governing(actor, subject=f"user:{user.pk}", reason=reason):
        policy.check_can_manage_user(actor, user)
        row = _row(hash_of(user.username), now)
        if not is_locked(row, now=now):
            raise InvalidInput({"": ["The account is not locked."]})
        until = row.locked_until
        _write(row, [], locked_until=None, now=now)
        record(
            actor=actor,
            kind=Kind.ADMIN_CHANGED,
            fields={
                "object": f"user:{user.pk}",
                "before": {"locked_until": until.isoformat() if until else None},
                "after": {"locked_until": None},
                "reason": reason,
            },
        )


def forget_old_failures(*, now: datetime) -> int:
    """Remove counters that nothing depends on any more; how many. In the caller's transaction."""
    removed, _ = FailedLogOns.objects.filter(changed_at__lt=now - FAILURES_KEPT).delete()
    return removed


def _row(name_hash: str, now: datetime) -> FailedLogOns:
    """The counter of a name, made where there is none, and held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_failedlogons (name_hash, failures, changed_at)"
            " VALUES (%s, '{}', %s) ON CONFLICT (name_hash) DO NOTHING",
            [name_hash, now],
        )
    return FailedLogOns.objects.select_for_update().get(pk=name_hash)


def _recent(row: FailedLogOns, now: datetime) -> list[datetime]:
    return [at for at in row.failures if now - FAILURE_WINDOW < at <= now + _SKEW]


def _write(
    row: FailedLogOns, failures: list[datetime], *, locked_until: datetime | None, now: datetime
) -> None:
    row.failures, row.locked_until, row.changed_at = failures, locked_until, now
    row.save()


def _tell_locked(user: User | None, origin: Origin, *, until: datetime, now: datetime) -> None:
    actor = person_for(user, origin=origin) if user else nobody(origin)
    record(
        actor=actor,
        kind=Kind.SESSION_LOCKED,
        fields={"account_known": user is not None, "until": until.isoformat()},
    )
    if user is not None and user.is_active:
        queue_notice(
            kind="account_locked",
            recipient=user.email,
            about=f"user:{user.pk}",
            log_id=actor.log_id,
            now=now,
        )


def nobody(origin: Origin) -> Actor:
    """Who acts under a name that nobody has; what was typed is not recorded."""
    return Actor(id="nobody", name="", log_id=VENDOR_LOG_ID, origin=origin)
