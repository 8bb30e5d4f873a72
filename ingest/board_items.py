"""What of the ingest room waits for the vendor: sources at a stand, reads set aside, reported."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Min
from django.urls import reverse

from accounts.board import BoardItem, BoardRow
from accounts.countdown import count_down
from accounts.people import Person
from ingest.feeds import list_silent
from ingest.models import (
    WAITING_REPORTS,
    ErrorReport,
    GeoDataset,
    GeoStatus,
    QuarantinedRead,
    QuarantineState,
    QueuedPlace,
    Source,
)
from ingest.presenting import wrong_labels
from ingest.quarantine import Which, list_heaps
from ingest.rules import QUARANTINE_WAITS, reason_label
from lprsvc.lib.permissions import Permission

# A place is known seconds after its first read.
_OVERDUE = timedelta(minutes=10)
# What is to be discarded so soon is worth a warning.
_SOON = timedelta(days=14)
_ROWS = 5


def collect(person: Person, now: datetime) -> list[BoardItem]:
    """Silent and paused sources and what waits in quarantine, for who manages sources; reported
    errors, for who reviews reads."""
    items: list[BoardItem] = []
    if person.may(Permission.MANAGE_SOURCES):
        items += [_silent(now), _paused(), _quarantined(now), _places(now)]
    if person.may(Permission.REVIEW_READS):
        items.append(_reported(now))
    return items


def _reported(now: datetime) -> BoardItem:
    waiting = ErrorReport.objects.filter(status__in=WAITING_REPORTS)
    first = waiting.select_related("agency", "camera__source").order_by("due_at")[:_ROWS]
    return BoardItem(
        key="reports",
        title="Reported errors",
        count=waiting.count(),
        oldest=waiting.aggregate(first=Min("opened_at"))["first"],
        url=reverse("admin:ingest_errorreport_changelist"),
        empty="No read is reported as wrong.",
        rows=[
            BoardRow(
                key=str(report.pk),
                label=f"{report.agency.name}: {', '.join(wrong_labels(report.wrong)).lower()}",
                url=reverse("admin:ingest_errorreport_review", args=[report.pk]),
                countdown=count_down(report.due_at, now, ZoneInfo(report.agency.timezone)),
            )
            for report in first
        ],
    )


def _silent(now: datetime) -> BoardItem:
    silent = list_silent(now=now)
    return BoardItem(
        key="silent",
        title="Silent feeds",
        count=len(silent),
        oldest=silent[0].stored_at if silent else None,
        url=f"{reverse('admin:ingest_source_changelist')}?standing=silent",
        empty="Every feed that ever delivered still does.",
        note="No new read for longer than each may be silent.",
        rows=[
            BoardRow(
                key=feed.source.code,
                label=feed.source.name,
                url=reverse("admin:ingest_source_change", args=[feed.source.pk]),
                note=f"nothing for {_hours(now, feed.stored_at)}",
            )
            for feed in silent[:_ROWS]
        ],
    )


def _hours(now: datetime, since: datetime | None) -> str:
    hours = int((now - since).total_seconds() // 3600) if since else 0
    return f"{hours} hours" if hours < 72 else f"{hours // 24} days"


def _paused() -> BoardItem:
    paused = Source.objects.filter(is_paused=True).order_by("name")
    return BoardItem(
        key="paused",
        title="Paused sources",
        count=paused.count(),
        url=f"{reverse('admin:ingest_source_changelist')}?standing=paused",
        empty="Every source delivers.",
        note="Nothing they send is stored.",
        rows=[
            BoardRow(
                key=source.code,
                label=source.name,
                url=reverse("admin:ingest_source_change", args=[source.pk]),
            )
            for source in paused[:_ROWS]
        ],
    )


def _quarantined(now: datetime) -> BoardItem:
    waiting = QuarantinedRead.objects.filter(state=QuarantineState.WAITING)
    lists = reverse("admin:ingest_quarantinedread_changelist")
    forgotten = waiting.filter(quarantined_at__lt=now - QUARANTINE_WAITS + _SOON).count()
    return BoardItem(
        key="quarantine",
        title="Reads in quarantine",
        count=waiting.count(),
        oldest=waiting.aggregate(first=Min("quarantined_at"))["first"],
        url=lists,
        empty="No read waits to be repaired.",
        note=f"{forgotten} will be discarded within {_SOON.days} days." if forgotten else "",
        rows=[
            BoardRow(
                key=f"{heap.source_id} {heap.reason} {heap.camera}",
                label=f"{reason_label(heap.reason)}: {heap.source_name}",
                url=f"{lists}?{heap.query}",
                note=f"{heap.count}" + (f", camera {heap.camera}" if heap.camera else ""),
            )
            for heap in list_heaps(Which(), limit=_ROWS)
        ],
    )


def _places(now: datetime) -> BoardItem:
    overdue = QueuedPlace.objects.filter(queued_at__lt=now - _OVERDUE)
    has_data = GeoDataset.objects.filter(status=GeoStatus.ACTIVE).exists()
    return BoardItem(
        key="places",
        title="Places not looked up",
        count=overdue.count(),
        oldest=overdue.aggregate(first=Min("queued_at"))["first"],
        url=reverse("admin:ingest_geodataset_changelist"),
        empty="Every place where something was read has been looked up.",
        note="Their hits show coordinates alone."
        if has_data
        else "No streets or addresses are loaded: hits show coordinates alone.",
    )
