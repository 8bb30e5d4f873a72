"""What the vendor chooses and enters about feeds and their receipts."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q, QuerySet

from accounts.forms import ReasonForm
from accounts.people import Person
from ingest.feeds import STANDING_WORDS, Feed
from ingest.models import Batch, Source, SourceKind

_OUTCOMES: dict[str, tuple[str, Q]] = {
    "stored": ("Reads stored", Q(stored__gt=0)),
    "duplicate": ("Reads stored before", Q(duplicate__gt=0)),
    "quarantined": ("Reads in quarantine", Q(quarantined__gt=0)),
    "refused": ("Reads refused by law", Q(refused__gt=0)),
    "nothing": ("No read", Q(stored=0, duplicate=0, quarantined=0, refused=0)),
}


class FeedFilterForm(forms.Form):
    """Which feeds a list shows, from the address."""

    kind = forms.ChoiceField(choices=SourceKind.choices, required=False)
    standing = forms.ChoiceField(
        choices=[(standing.value, words) for standing, words in STANDING_WORDS.items()],
        required=False,
    )
    q = forms.CharField(required=False, max_length=60)

    def sources(self, visible: "QuerySet[Source]") -> "QuerySet[Source]":
        """Those of the visible sources that are asked for; what can't be read is left out."""
        self.is_valid()
        kind, text = self.cleaned_data.get("kind"), self.cleaned_data.get("q", "")
        if kind:
            visible = visible.filter(kind=kind)
        if text:
            visible = visible.filter(Q(code__icontains=text) | Q(name__icontains=text))
        return visible

    def keeps(self, feed: Feed, now: datetime) -> bool:
        """Whether the feed stands as is asked for."""
        wanted = self.cleaned_data.get("standing")
        return not wanted or feed.standing(now) == wanted


class SilenceForm(ReasonForm):
    """When a silent source is worth a warning."""

    silent_after_hours = forms.IntegerField(
        label="Hours without a new read",
        min_value=0,
        max_value=24 * 90,
        help_text="0: never warn, as for a source whose files are loaded by hand.",
    )
    field_order = ("silent_after_hours", "reason")


def prepare_silence(form: SilenceForm, _: Person, source: Source | None) -> None:
    """What it is now."""
    if source is not None:
        form.initial = {"silent_after_hours": source.silent_after_hours}


@dataclass(frozen=True, slots=True)
class WhichReceipts:
    """A choice of receipts; `before` is the last one of the page before."""

    source_id: int | None
    outcome: str
    since: datetime | None
    until: datetime | None
    before: UUID | None

    def rows(self) -> "QuerySet[Batch]":
        """The receipts, newest first."""
        wanted: dict[str, Any] = {
            "source_id": self.source_id,
            "received_at__gte": self.since,
            "received_at__lt": self.until,
        }
        rows = Batch.objects.filter(**{name: value for name, value in wanted.items() if value})
        if self.outcome:
            rows = rows.filter(_OUTCOMES[self.outcome][1])
        last = Batch.objects.filter(pk=self.before).first() if self.before else None
        if last is not None:
            same = Q(received_at=last.received_at, pk__lt=last.pk)
            rows = rows.filter(Q(received_at__lt=last.received_at) | same)
        return rows.select_related("source").order_by("-received_at", "-pk")


class ReceiptFilterForm(forms.Form):
    """Which receipts a list shows, from the address."""

    source = forms.IntegerField(required=False, min_value=1, max_value=2**31)
    outcome = forms.ChoiceField(
        choices=[(code, label) for code, (label, _) in _OUTCOMES.items()], required=False
    )
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    before = forms.UUIDField(required=False)

    def chosen(self, timezone: str) -> WhichReceipts:
        """The filter; what can't be read is left out. Days are those of `timezone`, both whole."""
        self.is_valid()
        data = self.cleaned_data
        until: date | None = data.get("until")
        return WhichReceipts(
            source_id=data.get("source"),
            outcome=data.get("outcome", ""),
            since=midnight(data.get("since"), timezone),
            until=midnight(until + timedelta(days=1) if until else None, timezone),
            before=data.get("before"),
        )


def midnight(day: date | None, timezone: str) -> datetime | None:
    """When a day begins in a zone."""
    return datetime.combine(day, time.min, ZoneInfo(timezone)) if day else None
