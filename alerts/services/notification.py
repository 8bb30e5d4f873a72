"""Telling recipients, once each: claim, hand over, note.

What is guaranteed: every notification is handed over at least once or is recorded as failed, and
exactly once unless the worker dies between the server's "250" and the commit that follows it.
No program can close that gap, for server and database don't commit together. The repeat, sent
when the claim has run out, carries the same Message-ID: mail servers and programs that look for
repeats drop it, and a person can tell it from a second match.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.models import user_actor_id
from accounts.policy import TrainingMissing, check_is_trained
from accounts.standing import training_of_user
from alerts import mail, policy, rules
from alerts.models import Notification, NotificationStatus
from alerts.services.facts import job_for, match_fields, owner_of
from alerts.states import notification_step
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record
from ingest.selectors import Place
from ingest.services.places import place_now

JOB = "alerts.send_notification"


class Delivery(StrEnum):
    """What came of one try."""

    NOT_CLAIMED = "not claimed"
    SENT = "sent"
    POSTPONED = "postponed"
    # Postponed, and so would be every other mail: the server itself does not answer.
    SERVER_AWAY = "server away"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class _Claim:
    """A notification that is ours to send until the claim runs out."""

    notification: Notification
    attempt: int


def send_notification(*, notification_id: UUID, now: datetime) -> Delivery:
    """Send one notification if it is due and nobody else is at it.

    A passing failure puts it back with a later due time, for days; a refusal of the recipient
    ends it. A recipient who lost access meanwhile is not told, and nobody of a match that was
    withdrawn. Each end is recorded.
    """
    claim = _claim(notification_id, now)
    if claim is None:
        return Delivery.NOT_CLAIMED
    if (against := _reason_against(claim.notification, now)) is not None:
        return _fail(claim, *against)
    # No transaction is open here: the server may take its time.
    try:
        mail.hand_over(mail.compose(claim.notification, _place(claim.notification, now)))
    except mail.MailRefusedError as error:
        return _fail(claim, "refused", str(error))
    except mail.MailPostponedError as error:
        return _postpone(claim, error, now)
    return _sent(claim, now)


def _claim(notification_id: UUID, now: datetime) -> _Claim | None:
    """Take it by conditional update: of any number of workers, one sees one row changed."""
    with transaction.atomic(durable=True):
        taken = Notification.objects.filter(
            pk=notification_id, status=NotificationStatus.WAITING, due_at__lte=now
        ).update(status=NotificationStatus.SENDING, claimed_at=now, attempts=F("attempts") + 1)
        if not taken:
            return None
        notification = Notification.objects.select_related(
            "recipient",
            "match__camera__source",
            "match__entry__alert_list__owner__aor",
            "match__entry__alert_list__agency",
        ).get(pk=notification_id)
    return _Claim(notification, notification.attempts)


def _reason_against(notification: Notification, now: datetime) -> tuple[str, str] | None:
    """Why the mail must not go out any more: a code, and words for the log."""
    if notification.match.withdrawn_at is not None:
        return "match_withdrawn", "The read was corrected: it is no match."
    if not _may_be_told(notification):
        return "recipient_lost_access", "The recipient may no longer see alerts."
    try:
        # The owner too: nobody is told on behalf of somebody who may not watch.
        for user_id in _people_behind(notification):
            check_is_trained(training_of_user(user_id, now=now))
    except TrainingMissing as missing:
        return missing.code, "Recipient or owner: " + missing.gaps[0].sentence
    return None


def _may_be_told(notification: Notification) -> bool:
    recipient = notification.recipient
    return policy.can_be_told(
        is_active=recipient.is_active,
        permissions=recipient.permissions,
        same_agency=recipient.agency_id == notification.match.entry.alert_list.agency_id,
    )


def _place(notification: Notification, now: datetime) -> Place | None:
    """Looked up here where it is not known: the mail is often quicker than who fills places."""
    match = notification.match
    return place_now((match.latitude_e7, match.longitude_e7), now=now)


def _people_behind(notification: Notification) -> set[UUID]:
    return {notification.recipient_id, notification.match.entry.alert_list.owner_id}


def _step(claim: _Claim, after: NotificationStatus, **changes: object) -> bool:
    """Move our claim on; False when it ran out and another has it, or the entry was erased."""
    return bool(
        Notification.objects.filter(
            pk=claim.notification.pk,
            status=NotificationStatus.SENDING,
            attempts=claim.attempt,
        ).update(status=after, **changes)
    )


def _sent(claim: _Claim, now: datetime) -> Delivery:
    with transaction.atomic(durable=True):
        _step(claim, NotificationStatus.SENT, sent_at=now, claimed_at=None, last_error="")
        # Also when the row is gone or another's: the mail did go out.
        _record(claim, NotificationStatus.SENT, {})
    return Delivery.SENT


def _fail(claim: _Claim, code: str, words: str) -> Delivery:
    with transaction.atomic(durable=True):
        if _step(claim, NotificationStatus.FAILED, claimed_at=None, last_error=words):
            _record(claim, NotificationStatus.FAILED, {"error": words}, code)
    return Delivery.FAILED


def _postpone(claim: _Claim, error: mail.MailPostponedError, now: datetime) -> Delivery:
    if now - claim.notification.match.matched_at >= rules.GIVE_UP_AFTER:
        return _fail(claim, "gave_up", str(error))
    with transaction.atomic(durable=True):
        _step(
            claim,
            NotificationStatus.WAITING,
            claimed_at=None,
            due_at=now + rules.retry_delay(claim.attempt),
            last_error=str(error),
        )
    return Delivery.SERVER_AWAY if error.is_server else Delivery.POSTPONED


def _record(
    claim: _Claim, after: NotificationStatus, fields: dict[str, Value], code: str | None = None
) -> None:
    notification = claim.notification
    entry = notification.match.entry
    kind = notification_step(NotificationStatus.SENDING, after)
    if kind is None:
        raise ValueError(f"no event for a notification that becomes {after}")
    record(
        actor=job_for(entry, JOB),
        kind=kind,
        fields=match_fields(notification.match)
        | fields
        | {
            "recipient": user_actor_id(notification.recipient_id),
            "address": notification.recipient.email,
            "message_id": mail.message_id(notification),
            "attempt": claim.attempt,
        },
        outcome="ok" if kind is Kind.ALERT_NOTIFIED else "failed",
        outcome_code=code,
        behalf=owner_of(entry),
    )


def release_stale_claims(*, now: datetime) -> int:
    """Put back what a worker that died had claimed; returns how many.

    Counted by the number of the try, so that a worker that was only slow can't end what another
    has claimed since.
    """
    return Notification.objects.filter(
        status=NotificationStatus.SENDING, claimed_at__lt=now - rules.CLAIM_LASTS
    ).update(status=NotificationStatus.WAITING, claimed_at=None, due_at=now)
