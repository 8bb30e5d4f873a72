"""The worker's side of the room. Each task may run twice: then it finds nothing to do."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from ingest.services import (
    coverage,
    feed_hours,
    maintenance,
    mistakes,
    places,
    previews,
    quarantine,
    quarantine_jobs,
    quarantine_law,
    retention,
)
from ingest.services.maintenance import make_partitions_ahead as make_ahead


@shared_task(name="ingest.tasks.make_partitions_ahead")  # type: ignore[untyped-decorator]
def make_partitions_ahead() -> None:
    """Make the reads' partitions of this month and the three after it; harmless to run twice."""
    make_ahead(now=timezone.now())


@shared_task(name="ingest.tasks.fill_places")  # type: ignore[untyped-decorator]
def fill_places() -> None:
    """Look up the places where something was read and of which nothing is known yet."""
    places.fill_waiting(now=timezone.now())


# Beat sends one every ten seconds; those that waited in a long queue for longer have no use.
@shared_task(name="ingest.tasks.sweep_places", expires=10)  # type: ignore[untyped-decorator]
def sweep_places() -> None:
    """Look up what was missed, and anew what changed data cover."""
    places.sweep(now=timezone.now())


@shared_task(name="ingest.tasks.erase_closed_reports")  # type: ignore[untyped-decorator]
def erase_closed_reports() -> None:
    """Erase reports of errors that were closed 60 days ago (QRY-10); harmless to run twice."""
    mistakes.erase_closed(now=timezone.now())


@shared_task(name="ingest.tasks.work_quarantine_job")  # type: ignore[untyped-decorator]
def work_quarantine_job(*, job_id: str) -> None:
    """Work on an order about many quarantined reads; a long one goes on in a task of its own."""
    if quarantine_jobs.work_job(job_id=UUID(job_id), clock=timezone.now):
        quarantine_jobs.tell_worker(UUID(job_id))


# Beat sends one each minute; the next one adds up what this one would have.
@shared_task(name="ingest.tasks.count_feeds", expires=60)  # type: ignore[untyped-decorator]
def count_feeds() -> None:
    """Add up the deliveries of each source by hour."""
    feed_hours.count_feeds(now=timezone.now())


@shared_task(name="ingest.tasks.forget_feed_hours")  # type: ignore[untyped-decorator]
def forget_feed_hours() -> None:
    """Remove old sums and counts of deliveries turned away."""
    feed_hours.forget_feed_hours(now=timezone.now())


# Beat sends one every half minute; those that waited in a long queue for longer have no use.
@shared_task(name="ingest.tasks.sweep_quarantine_jobs", expires=30)  # type: ignore[untyped-decorator]
def sweep_quarantine_jobs() -> None:
    """Go on with orders whose worker died, or that no worker was told of."""
    quarantine_jobs.sweep_jobs(now=timezone.now())


@shared_task(name="ingest.tasks.tidy_quarantine")  # type: ignore[untyped-decorator]
def tidy_quarantine() -> None:
    """Erase what the law of its place lets nobody keep; discard what nobody repaired in half a
    year; erase what was settled a month ago."""
    now = timezone.now()
    quarantine_law.erase_forbidden(now=now)
    quarantine.discard_forgotten(now=now)
    quarantine.erase_settled(now=now)


# Beat sends one every minute; those that waited in a long queue for longer have no use.
@shared_task(name="ingest.tasks.settle_previews", expires=60)  # type: ignore[untyped-decorator]
def settle_previews() -> None:
    """Put away previews whose groups have come, and store those whose groups never will."""
    previews.settle_previews(now=timezone.now())


@shared_task(name="ingest.tasks.forget_delivery_keys")  # type: ignore[untyped-decorator]
def forget_delivery_keys() -> None:
    """Forget vendors' ids of sightings after three months; harmless to run twice."""
    maintenance.forget_delivery_keys(now=timezone.now())


# Well below the limit of every task; what is left over by then the next run does.
_ERASE_SECONDS = 150.0


@shared_task(name="ingest.tasks.roll_up_coverage")  # type: ignore[untyped-decorator]
def roll_up_coverage() -> None:
    """Add what was stored since to the counts of what cameras collect (ING-7)."""
    coverage.roll_up()


@shared_task(name="ingest.tasks.erase_expired")  # type: ignore[untyped-decorator]
def erase_expired() -> None:
    """Erase the reads whose time is over, with their photographs (ING-6); in turns."""
    erased = retention.erase_expired(now=timezone.now(), seconds=_ERASE_SECONDS)
    if erased is not None and not erased.is_finished:
        erase_expired.delay()
