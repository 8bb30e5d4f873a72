"""Mails owed to people: queued with the change that causes them, sent once each after it.

How to add a mail: `accounts.notices`. Sending is as `alerts.services.notification` does it: claim,
compose, hand over, note. Each notice is handed over at least once, or recorded as dropped or
failed; exactly once unless the worker dies between the server's "250" and the commit behind it.
"""

import logging
import time
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from uuid import UUID

from celery import current_app
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.db.models import F, QuerySet
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from accounts.models import Notice, NoticeStatus
from accounts.notices import kind_named, message_of
from audit.actors import system
from audit.kinds import Kind
from audit.services import record
from lprsvc.lib.alone import only_one
from lprsvc.lib.mailing import (
    CLAIM_LASTS,
    GIVE_UP_AFTER,
    MailPostponedError,
    MailRefusedError,
    hand_over,
    one_line,
    retry_delay,
)

JOB = "accounts.send_notice"
SEND_NOTICE = "accounts.tasks.send_notice"

# How long what became of a mail can be looked up here; the log has it for as long as it is kept.
NOTICES_KEPT = timedelta(days=30)
FORGETTING = "accounts.forget_notices"
# One sweep takes no more than this, so that fresh work is not kept waiting behind it.
_SWEEP_NOTICES = 200
_SWEEP_SECONDS = 45.0
logger = logging.getLogger(__name__)


class Delivery(StrEnum):
    """What came of one try."""

    NOT_CLAIMED = "not claimed"
    SENT = "sent"
    DROPPED = "dropped"
    POSTPONED = "postponed"
    # Postponed, and so would be every other mail: the server itself does not answer.
    SERVER_AWAY = "server away"
    FAILED = "failed"


def queue_notice(*, kind: str, recipient: str, about: str, log_id: UUID, now: datetime) -> Notice:
    """Owe a mail, in the caller's transaction; a worker is told after commit.

    `about` names what the composer of `kind` looks for, as "user:<id>"; `log_id` is the log in
    which the sending is recorded. Raises KeyError for a kind nobody composes.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a mail is owed by the change that causes it: queue it inside")
    kind_named(kind)
    notice = Notice.objects.create(
        kind=kind, recipient=recipient, about=about, log_id=log_id, created_at=now, due_at=now
    )
    transaction.on_commit(partial(_tell, notice.pk), robust=True)
    return notice


def send_notice(*, notice_id: UUID, now: datetime) -> Delivery:
    """Send one notice if it is due and nobody else is at it.

    A passing failure puts it back with a later due time, for days; a refusal of the recipient
    ends it. Every end is recorded.
    """
    notice = _claim(notice_id, now)
    if notice is None:
        return Delivery.NOT_CLAIMED
    try:
        message = _composed(notice, now)
    except Exception as error:
        # Whatever it is, the mails behind it must not wait for it, and somebody must see it.
        logger.exception("notice %s could not be composed", notice_id)
        return _postpone(notice, one_line(f"{type(error).__name__}"), now)
    if message is None:
        _end(notice, NoticeStatus.DROPPED, now)
        return Delivery.DROPPED
    # No transaction is open here: the server may take its time.
    try:
        hand_over(message)
    except MailRefusedError as error:
        _end(notice, NoticeStatus.FAILED, now, code="refused", error=str(error))
        return Delivery.FAILED
    except MailPostponedError as error:
        postponed = _postpone(notice, str(error), now)
        return Delivery.SERVER_AWAY if error.is_server else postponed
    _end(notice, NoticeStatus.SENT, now, message_id=message.extra_headers["Message-ID"])
    return Delivery.SENT


def _claim(notice_id: UUID, now: datetime) -> Notice | None:
    """Take it by conditional update: of any number of workers, one sees one row changed."""
    with transaction.atomic(durable=True):
        taken = Notice.objects.filter(
            pk=notice_id, status=NoticeStatus.WAITING, due_at__lte=now
        ).update(status=NoticeStatus.SENDING, claimed_at=now, attempts=F("attempts") + 1)
        return Notice.objects.get(pk=notice_id) if taken else None


def _composed(notice: Notice, now: datetime) -> EmailMultiAlternatives | None:
    """The mail, with whatever its composer stored; nothing when it is no longer needed, or when
    the claim ran out meanwhile (another's try has made a newer secret)."""
    with transaction.atomic(durable=True):
        ours = _ours(notice).select_for_update().first()
        letter = kind_named(notice.kind).compose(ours, now) if ours else None
        return message_of(notice, letter) if letter else None


def _ours(notice: Notice) -> "QuerySet[Notice]":
    return Notice.objects.filter(
        pk=notice.pk, status=NoticeStatus.SENDING, attempts=notice.attempts
    )


def _end(
    notice: Notice,
    after: NoticeStatus,
    now: datetime,
    *,
    code: str | None = None,
    error: str = "",
    message_id: str = "",
) -> None:
    with transaction.atomic(durable=True):
        still_ours = _ours(notice).update(
            status=after, claimed_at=None, ended_at=now, last_error=error
        )
        # A mail that went out did so, even if the claim ran out meanwhile.
        if still_ours or after is NoticeStatus.SENT:
            _record(notice, after, code=code, error=error, message_id=message_id)


_ENDS = {
    NoticeStatus.SENT: (Kind.NOTICE_SENT, "ok"),
    NoticeStatus.DROPPED: (Kind.NOTICE_DROPPED, "ok"),
    NoticeStatus.FAILED: (Kind.NOTICE_FAILED, "failed"),
}


def _record(
    notice: Notice, after: NoticeStatus, *, code: str | None, error: str, message_id: str
) -> None:
    kind, outcome = _ENDS[after]
    record(
        actor=system(JOB, log_id=notice.log_id),
        kind=kind,
        fields={
            "notice": notice.kind,
            "about": notice.about,
            "address": notice.recipient,
            "attempt": notice.attempts,
            "message_id": message_id,
            "error": error,
        },
        outcome=outcome,
        outcome_code=code,
    )


def _postpone(notice: Notice, error: str, now: datetime) -> Delivery:
    if now - notice.created_at >= GIVE_UP_AFTER:
        _end(notice, NoticeStatus.FAILED, now, code="gave_up", error=error)
        return Delivery.FAILED
    with transaction.atomic(durable=True):
        _ours(notice).update(
            status=NoticeStatus.WAITING,
            claimed_at=None,
            due_at=now + retry_delay(notice.attempts),
            last_error=error,
        )
    return Delivery.POSTPONED


def sweep_notices(*, now: datetime) -> int | None:
    """Send what is due and was missed, oldest first; how many were tried, None while another
    sweeps. The work is done here, not queued, so that it can't pile up."""
    with only_one("accounts.sweep_notices") as alone:
        if not alone:
            return None
        _release_stale_claims(now)
        return _send_due(now, time.monotonic() + _SWEEP_SECONDS)


def forget_ended(*, now: datetime) -> int:
    """Remove mails that came to their end a month ago, whose addresses nobody needs any more; how
    many. The log keeps that they were sent. Safe to run again."""
    with transaction.atomic(durable=True):
        old = Notice.objects.filter(ended_at__lt=now - NOTICES_KEPT)
        forgotten, _ = old.delete()
        if forgotten:
            record(
                actor=system(FORGETTING),
                kind=Kind.SYSTEM_MAINTAINED,
                fields={"job": FORGETTING, "object": "accounts_notice", "forgotten": forgotten},
            )
    return forgotten


def _release_stale_claims(now: datetime) -> None:
    """Put back what a worker that died had claimed."""
    Notice.objects.filter(status=NoticeStatus.SENDING, claimed_at__lt=now - CLAIM_LASTS).update(
        status=NoticeStatus.WAITING, claimed_at=None, due_at=now
    )


def _send_due(now: datetime, deadline: float) -> int:
    due = Notice.objects.filter(status=NoticeStatus.WAITING, due_at__lte=now)
    tried = 0
    for notice_id in list(due.order_by("due_at").values_list("pk", flat=True)[:_SWEEP_NOTICES]):
        if time.monotonic() > deadline:
            break
        delivery = send_notice(notice_id=notice_id, now=now)
        tried += delivery is not Delivery.NOT_CLAIMED
        if delivery is Delivery.SERVER_AWAY:
            break
    return tried


def _tell(notice_id: UUID) -> None:
    """Have a worker send it; when the broker is away, the sweep will."""
    try:
        current_app.send_task(SEND_NOTICE, kwargs={"notice_id": str(notice_id)})
    except (KombuError, RedisError, OSError) as error:
        logger.warning("broker away, left to the sweep: notice %s (%s)", notice_id, error)
