"""What of the ingest room waits for the vendor: sources at a stand, reads set aside, reported."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Min
from django.urls import reverse

from accounts.board import BoardItem, BoardRow
from accounts.countdown import count_down
from accounts.people import Person
from ingest.models import (
    WAITING_REPORTS,
    ErrorReport,
    GeoDataset,
    GeoStatus,
    QuarantinedRead,
    QueuedPlace,
    Source,
)
from ingest.presenting import wrong_labels
from lprsvc.lib.permissions import Permission

# A place is known seconds after its first read.
_OVERDUE = timedelta(minutes=10)
# Older ones were looked at, or never will be.
_RECENT = timedelta(days=7)
_ROWS = 5


def collect(person: Person, now: datetime) -> list[BoardItem]:
    """Paused sources and what was quarantined in the last week, for who manages sources; reported
    errors, for who reviews reads."""
    items: list[BoardItem] = []
    if person.may(Permission.MANAGE_SOURCES):
        items += [_paused(), _quarantined(now), _places(now)]
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


def _paused() -> BoardItem:
    paused = Source.objects.filter(is_paused=True).order_by("name")
    return BoardItem(
        key="paused",
        title="Paused sources",
        count=paused.count(),
        url=f"{reverse('admin:ingest_source_changelist')}?is_paused__exact=1",
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
    recent = QuarantinedRead.objects.filter(quarantined_at__gte=now - _RECENT)
    return BoardItem(
        key="quarantine",
        title="Reads in quarantine",
        count=recent.count(),
        oldest=recent.aggregate(first=Min("quarantined_at"))["first"],
        url=reverse("admin:ingest_quarantinedread_changelist"),
        empty="No read was set aside in the last seven days.",
        note="Set aside in the last seven days.",
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
