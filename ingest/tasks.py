"""Nightly work of the room."""

from celery import shared_task
from django.utils import timezone

from ingest.services.maintenance import make_partitions_ahead as make_ahead


@shared_task(name="ingest.tasks.make_partitions_ahead")  # type: ignore[untyped-decorator]
def make_partitions_ahead() -> None:
    """Make the reads' partitions of this month and the three after it; harmless to run twice."""
    make_ahead(now=timezone.now())
