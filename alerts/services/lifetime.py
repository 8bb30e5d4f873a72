"""An entry's time: its need affirmed, its owner reminded, its end and its removal (ALT-7, ALT-9).

`keep_time` is the daily job. It is safe to run twice, late, or after days: what was told stands in
the entry, several reminders that were missed are told once, and an entry is removed no sooner than
in the run after the one that ended it, so that its owner has been told.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.people import Person
from accounts.services.notices import queue_notice
from accounts.standing import training_of
from alerts import policy, rules, selectors
from alerts.life import GRACE, REMINDED_BEFORE, Stage
from alerts.models import AlertEntry, EntryStatus
from alerts.services.entries import MAX_NOTE, check_reason, erase_recorded
from alerts.services.facts import entry_fields, job_for, life_of, owner_of
from audit.kinds import Kind
from audit.leaf import Value, format_at
from audit.services import record, recording_refusals
from lprsvc.lib.errors import InvalidInput

JOB = "alerts.keep_time"
EXPIRING = "alert_expiring"
# Entries in one transaction of the job.
_PART = 200
# A day on the owner's calendar may begin this much before the same one in UTC.
_ZONES_APART = timedelta(days=1)
_Act = Callable[[AlertEntry, datetime], None]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What one run did, in entries."""

    removed: int
    reminded: int
    ended: int


def affirm_need(*, person: Person, pks: Collection[UUID], reason: str, now: datetime) -> int:
    """Watch these plates for another year from now; how many. All of them, or none.

    Raises PolicyDenied, NotFound for what is not the person's own, InvalidInput without a reason,
    for an entry whose end is not near, or is over.
    """
    fields: dict[str, Value] = {
        "entries": [*sorted(map(str, pks))],
        "renewal_reason": reason[:MAX_NOTE],
    }
    with recording_refusals(
        actor=person, refused=Kind.ALERT_REFUSED, failed=Kind.ALERT_FAILED, fields=fields
    ):
        policy.check_can_keep_alerts(person, training_of(person, now=now))
        check_reason(reason, "Say why this plate must still be watched.")
        entries = selectors.lock_entries_for(person, pks)
        for entry in entries:
            _check_can_be_affirmed(person, entry, now)
        for entry in entries:
            _affirm(person, entry, reason.strip(), now)
    return len(entries)


def _check_can_be_affirmed(person: Person, entry: AlertEntry, now: datetime) -> None:
    life = life_of(entry)
    stage = life.stage(now)
    if stage is Stage.WATCHED:
        day = life.affirmed_from
        raise InvalidInput(
            {"": [f"An alert that ends later can be affirmed from {day:%B} {day.day} on."]}
        )
    if stage is Stage.OVER:
        raise InvalidInput({"": ["An alert is over: watch the plate anew."]})
    # An ended one may have been added anew meanwhile.
    if stage is Stage.ENDED and selectors.is_watching(
        person, plate_key=entry.plate_key, state=entry.state, now=now
    ):
        raise InvalidInput({"": ["You already watch a plate of these by a newer alert."]})


def _affirm(person: Person, entry: AlertEntry, reason: str, now: datetime) -> None:
    ended = entry.expires_at
    entry.status, entry.reminded = EntryStatus.ACTIVE, 0
    entry.expires_at = rules.expires_at(now)
    entry.save(update_fields=["status", "reminded", "expires_at"])
    record(
        actor=person,
        kind=Kind.ALERT_RENEWED,
        fields=entry_fields(entry)
        | {"renewal_reason": reason, "expired": format_at(ended), "cause": "by owner"},
    )


# --- the daily job --------------------------------------------------------------------------------


def keep_time(*, now: datetime) -> Kept:
    """Remove what is over, remind, and end what ends; for the worker."""
    # In this order: nothing is removed in the run that ends it.
    removed = _in_parts(_over(now), _remove, now)
    reminded = _remind(now)
    return Kept(removed, reminded, _in_parts(_ending(now), _end, now))


def _over(now: datetime) -> "QuerySet[AlertEntry]":
    return AlertEntry.objects.filter(status=EntryStatus.EXPIRED, expires_at__lte=now - GRACE)


def _ending(now: datetime) -> "QuerySet[AlertEntry]":
    return AlertEntry.objects.filter(status=EntryStatus.ACTIVE, expires_at__lte=now)


def _in_parts(due: "QuerySet[AlertEntry]", act: _Act, now: datetime) -> int:
    """Do it to each entry that is due, some in one transaction; how many."""
    keys = iter(list(due.order_by("expires_at", "pk").values_list("pk", flat=True)))
    return sum(_do(due, act, now, part) for part in iter(lambda: list(islice(keys, _PART)), []))


def _do(due: "QuerySet[AlertEntry]", act: _Act, now: datetime, keys: Sequence[UUID]) -> int:
    """To these; what somebody holds at this moment is left to the next run."""
    try:
        with transaction.atomic(durable=True):
            some = selectors.whole(due.filter(pk__in=keys))
            found = list(some.select_for_update(of=("self",), skip_locked=True))
            for entry in found:
                act(entry, now)
    except Exception:
        if len(keys) > 1:
            return sum(_do(due, act, now, [key]) for key in keys)
        # The others must not wait for it; the next run tries it again.
        logger.exception("alert %s: its time could not be kept", keys[0])
        return 0
    return len(found)


def _end(entry: AlertEntry, _now: datetime) -> None:
    entry.status = EntryStatus.EXPIRED
    entry.save(update_fields=["status"])
    record(
        actor=job_for(entry, JOB),
        kind=Kind.ALERT_EXPIRED,
        fields=entry_fields(entry) | {"removed_at": format_at(life_of(entry).removed_at)},
        behalf=owner_of(entry),
    )


def _remove(entry: AlertEntry, now: datetime) -> None:
    erase_recorded(
        entry,
        actor=job_for(entry, JOB),
        behalf=owner_of(entry),
        fields={"cause": "not renewed", "removal_reason": "Its need was not affirmed in time."},
        now=now,
    )


def _remind(now: datetime) -> int:
    """One mail to each owner about all that ends; how many entries were newly told of."""
    horizon = now + timedelta(days=REMINDED_BEFORE[0]) + _ZONES_APART
    soon = AlertEntry.objects.filter(
        status=EntryStatus.ACTIVE, expires_at__lte=horizon, reminded__lt=len(REMINDED_BEFORE)
    )
    owners = soon.order_by().values_list("alert_list__owner_id", flat=True).distinct()
    told = 0
    for owner_id in list(owners):
        try:
            with transaction.atomic(durable=True):
                told += _remind_owner(soon.filter(alert_list__owner_id=owner_id), now)
        except Exception:
            # The others must not wait for it; the next run tries it again.
            logger.exception("alerts of %s: their owner could not be reminded", owner_id)
    return told


def _remind_owner(theirs: "QuerySet[AlertEntry]", now: datetime) -> int:
    locked = selectors.whole(theirs).select_for_update(of=("self",), skip_locked=True)
    due = [
        (entry, step)
        for entry in locked.order_by("expires_at", "pk")
        if (step := life_of(entry).reminders_due(now)) > entry.reminded
    ]
    for entry, step in due:
        entry.reminded = step
        entry.save(update_fields=["reminded"])
        record(
            actor=job_for(entry, JOB),
            kind=Kind.ALERT_REMINDED,
            fields=entry_fields(entry) | {"reminder": step},
            behalf=owner_of(entry),
        )
    if due:
        first = due[0][0].alert_list
        queue_notice(
            kind=EXPIRING,
            recipient=first.owner.email,
            about=f"user:{first.owner_id}",
            log_id=first.agency.log_id,
            now=now,
        )
    return len(due)
