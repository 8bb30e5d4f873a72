"""Looking at what waits in quarantine: one list at a time, by why and where from, never by plate
(ING-5, QRY-2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, QuerySet

from ingest.models import QuarantinedRead, QuarantineJob, QuarantineState

# In one list of a page's filter.
_MAX_CHOICES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """A choice of quarantined reads; empty and None: any. `until` is not among them."""

    source_id: int | None = None
    reason: str = ""
    camera: str = ""
    since: datetime | None = None
    until: datetime | None = None
    state: str = QuarantineState.WAITING

    def rows(self) -> "QuerySet[QuarantinedRead]":
        """The reads it finds."""
        wanted: dict[str, Any] = {
            "source_id": self.source_id,
            "reason": self.reason,
            "camera": self.camera,
            "quarantined_at__gte": self.since,
            "quarantined_at__lt": self.until,
            "state": self.state,
        }
        return QuarantinedRead.objects.filter(
            **{name: value for name, value in wanted.items() if value}
        )

    def described(self) -> dict[str, Any]:
        """The filter as an event holds it."""
        return {
            "source_id": self.source_id,
            "fault": self.reason or None,
            "camera": self.camera or None,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "state": str(self.state) or None,
        }


@dataclass(frozen=True, slots=True)
class Heap:
    """What waits for one reason, of one source and camera."""

    source_id: int
    source_name: str
    reason: str
    camera: str
    count: int
    oldest: datetime

    @property
    def query(self) -> str:
        """The list of exactly these, as the address has it."""
        return urlencode({"source": self.source_id, "reason": self.reason, "camera": self.camera})


def which_of(job: QuarantineJob) -> Which:
    """The reads a job is about, those that came before it was ordered."""
    until = min(job.until, job.ordered_at) if job.until else job.ordered_at
    return Which(
        source_id=job.source_id,
        reason=job.reason,
        camera=job.camera,
        since=job.since,
        until=until,
    )


def list_heaps(which: Which, *, limit: int) -> list[Heap]:
    """What waits, by source, reason and camera, the largest heaps first."""
    rows = which.rows().values_list("source_id", "source__name", "reason", "camera")
    counted = rows.annotate(count=Count("pk"), oldest=Min("quarantined_at")).order_by("-count")
    return [Heap(*row) for row in counted[:limit]]


def reasons_in_use() -> Sequence[str]:
    """The reasons for which anything is in quarantine."""
    found = QuarantinedRead.objects.order_by("reason").values_list("reason", flat=True)
    return list(found.distinct()[:_MAX_CHOICES])


def cameras_in_use(source_id: int) -> Sequence[str]:
    """The cameras of a source that quarantined reads name, known ones or not."""
    found = QuarantinedRead.objects.filter(source_id=source_id).exclude(camera="")
    return list(found.order_by("camera").values_list("camera", flat=True).distinct()[:_MAX_CHOICES])


def list_open_jobs() -> "QuerySet[QuarantineJob]":
    """Jobs that the worker is to begin or finish, oldest first."""
    return QuarantineJob.objects.filter(state__in=["waiting", "running"]).order_by("ordered_at")
