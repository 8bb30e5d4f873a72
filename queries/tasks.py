"""What the worker does for this room, at night."""

from celery import shared_task
from django.utils import timezone

from queries.services import recall


@shared_task(name="queries.tasks.erase_recent_queries")  # type: ignore[untyped-decorator]
def erase_recent_queries() -> None:
    """Erase the recent queries whose 60 days are over (QRY-13). Safe to run again."""
    recall.erase_due(now=timezone.now())
