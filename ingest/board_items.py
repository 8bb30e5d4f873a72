"""What of the ingest room waits for the vendor: sources at a stand, reads set aside."""

from datetime import datetime, timedelta

from django.db.models import Min
from django.urls import reverse

from accounts.board import BoardItem, BoardRow
from accounts.people import Person
from ingest.models import QuarantinedRead, Source
from lprsvc.lib.permissions import Permission

# Older ones were looked at, or never will be.
_RECENT = timedelta(days=7)
_ROWS = 5


def collect(person: Person, now: datetime) -> list[BoardItem]:
    """Paused sources and what was quarantined in the last week, for who manages sources."""
    if not person.may(Permission.MANAGE_SOURCES):
        return []
    return [_paused(), _quarantined(now)]


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
