"""Finding what nobody finished: corrections, batches not matched, mails not sent (ING-8)."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime

from alerts import rules
from alerts.models import Notification, NotificationStatus
from alerts.services.matching import match_batch
from alerts.services.notification import Delivery, release_stale_claims, send_notification
from alerts.services.retracting import retract_waiting
from ingest.selectors import list_unmatched
from ingest.services import outbox
from lprsvc.lib.alone import only_one

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did."""

    retracted: int = 0
    batches: int = 0
    released: int = 0
    tried: int = 0


def sweep(*, now: datetime) -> Swept | None:
    """Match overdue batches and send due notifications, oldest first; None while another sweeps.

    The work is done here and not handed to the worker's queue, which would fill with the same
    work every ten seconds while the mail server is away. Limited in number and time.
    """
    with only_one("alerts.sweep") as alone:
        if not alone:
            return None
        deadline = time.monotonic() + rules.SWEEP_SECONDS
        return Swept(
            retracted=_retract(now),
            batches=_match_overdue(now, deadline),
            released=release_stale_claims(now=now),
            tried=_send_due(now, deadline),
        )


def _retract(now: datetime) -> int:
    try:
        return retract_waiting(now=now) if outbox.has_retractions() else 0
    except Exception:
        # They stay where they are; what is behind them must not wait.
        logger.exception("matches of corrected reads could not be withdrawn")
        return 0


def _match_overdue(now: datetime, deadline: float) -> int:
    done = 0
    for batch_id in list_unmatched(older_than=now - rules.BATCH_OVERDUE, limit=rules.SWEEP_BATCHES):
        if time.monotonic() > deadline:
            break
        try:
            done += match_batch(batch_id=batch_id, now=now) is not None
        except Exception:
            # It stays in the outbox; the batches behind it must not wait for it.
            logger.exception("batch %s could not be matched", batch_id)
    return done


def _send_due(now: datetime, deadline: float) -> int:
    due = Notification.objects.filter(status=NotificationStatus.WAITING, due_at__lte=now)
    tried = 0
    for notification_id in list(
        due.order_by("due_at").values_list("pk", flat=True)[: rules.SWEEP_NOTIFICATIONS]
    ):
        if time.monotonic() > deadline:
            break
        try:
            delivery = send_notification(notification_id=notification_id, now=now)
        except Exception:
            # Its claim runs out and it is tried again; those behind it must not wait for that.
            logger.exception("notification %s could not be sent", notification_id)
            continue
        tried += delivery is not Delivery.NOT_CLAIMED
        if delivery is Delivery.SERVER_AWAY:
            break
    return tried
