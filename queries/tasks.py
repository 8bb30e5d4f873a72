"""What the worker does for this room. Each task may run twice: then it finds nothing to do."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from queries.services import recall, reports


@shared_task(name="queries.tasks.make_report")  # type: ignore[untyped-decorator]
def make_report(*, report_id: str) -> None:
    """Make one ordered report (QRY-8)."""
    reports.make_report(report_id=UUID(report_id), clock=timezone.now)


# Beat sends one every half minute; those that waited in a long queue for longer have no use.
@shared_task(name="queries.tasks.sweep_reports", expires=30)  # type: ignore[untyped-decorator]
def sweep_reports() -> None:
    """Go on with reports whose worker died; erase files whose day is over."""
    reports.sweep_reports(now=timezone.now())


@shared_task(name="queries.tasks.erase_recent_queries")  # type: ignore[untyped-decorator]
def erase_recent_queries() -> None:
    """Erase the recent queries whose 60 days are over (QRY-13). Safe to run again."""
    recall.erase_due(now=timezone.now())
