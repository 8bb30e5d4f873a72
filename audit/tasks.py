"""The log's nightly jobs; running one twice is harmless."""

from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from audit import services
from audit.actors import system
from audit.exports import making, orders
from audit.kinds import Kind

# This month and three to come: a job that fails for weeks still leaves the log writable.
MONTHS_AHEAD = 4


@shared_task(name="audit.tasks.make_partitions_ahead")  # type: ignore[untyped-decorator]
def make_partitions_ahead() -> None:
    """Make the log's partitions for the coming months, and record it when any was missing."""
    with transaction.atomic(durable=True):
        made = services.make_partitions(since=timezone.now().date(), months=MONTHS_AHEAD)
        if made:
            services.record(
                actor=system("audit.make_partitions_ahead"),
                kind=Kind.SYSTEM_MAINTAINED,
                fields={"object": "audit.event", "partitions_made": made},
            )


@shared_task(name="audit.tasks.make_export")  # type: ignore[untyped-decorator]
def make_export(*, export_id: str) -> None:
    """Make one ordered export of the log (AUD-6)."""
    making.make_export(export_id=UUID(export_id), clock=timezone.now)


# Those that waited in a long queue for longer have no use.
@shared_task(name="audit.tasks.sweep_exports", expires=30)  # type: ignore[untyped-decorator]
def sweep_exports() -> None:
    """Go on with exports whose worker died; erase those whose week is over."""
    now = timezone.now()
    orders.erase_due(now=now)
    making.go_on(now=now)
