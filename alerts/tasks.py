"""The worker's side of alerts. Each task may run twice: the second time it finds nothing to do."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from alerts.services import lifetime, matching, notification, retracting, sweeping


@shared_task(name="alerts.tasks.match_batch")  # type: ignore[untyped-decorator]
def match_batch(*, batch_id: str) -> None:
    """Match a batch of stored reads, and whatever else waits by now."""
    matching.match_waiting(first=UUID(batch_id), now=timezone.now())


@shared_task(name="alerts.tasks.send_notification")  # type: ignore[untyped-decorator]
def send_notification(*, notification_id: str) -> None:
    """Send one notification."""
    notification.send_notification(notification_id=UUID(notification_id), now=timezone.now())


@shared_task(name="alerts.tasks.retract")  # type: ignore[untyped-decorator]
def retract() -> None:
    """Withdraw the matches of reads that were corrected."""
    retracting.retract_waiting(now=timezone.now())


@shared_task(name="alerts.tasks.keep_time")  # type: ignore[untyped-decorator]
def keep_time() -> None:
    """Remove alerts that are over, remind of those that end, end those that have."""
    lifetime.keep_time(now=timezone.now())


# Beat sends one every ten seconds; those that waited in a long queue for longer have no use.
@shared_task(name="alerts.tasks.sweep", expires=10)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Finish what was missed."""
    sweeping.sweep(now=timezone.now())
