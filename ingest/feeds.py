"""How feeds fare: last reads, rates, what was turned away, which are silent (ING-1).

Rates come from `FeedHour`, which the worker adds up each minute, and from the batches since then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import TruncHour

from ingest.models import (
    Batch,
    FeedHour,
    FeedKey,
    FeedsCounted,
    QuarantinedRead,
    QuarantineState,
    Source,
    TurnedAway,
)

HOURS = 24
_HOUR = timedelta(hours=1)
_SUMS = ("deliveries", "stored", "duplicate", "quarantined", "refused")


class Standing(StrEnum):
    """How a feed stands, the worst first."""

    SILENT = "silent"
    NEVER = "never"
    NO_KEY = "no_key"
    PAUSED = "paused"
    DELIVERING = "delivering"


STANDING_WORDS: dict[Standing, str] = {
    Standing.SILENT: "Silent",
    Standing.NEVER: "Never delivered",
    Standing.NO_KEY: "No feed key",
    Standing.PAUSED: "Paused",
    Standing.DELIVERING: "Delivering",
}

# What the sender's operator can do about deliveries turned away, by their code.
ADVICE: dict[str, str] = {
    "feed_key_wrong": "Somebody delivers with a key that is none: paste the right one.",
    "feed_key_revoked": "Software still uses a key that was cut off: give it the new one.",
    "source_paused": "The source is paused; its software sends again once it is resumed.",
    "malformed": "The software sends what is no JSON or no multipart; see what it says it sends.",
    "too_much": "Deliveries are too large: send fewer reads in each.",
    "unsupported": "The content type or encoding is not taken; see the answer.",
    "length_required": "The software must say how long a delivery is (Content-Length).",
    "not_found": "The address names a format that does not exist.",
    "storage_unavailable": "Photographs could not be stored. Look at the disk or object store.",
    "database_unavailable": "The database did not answer. Nothing was lost: it is sent again.",
    "rules_changed": "A jurisdiction's rule was entered at that moment; it is sent again.",
    "internal": "The service failed; its messages say why. Report it.",
}


@dataclass(slots=True)
class Sums:
    """Deliveries and what became of their reads."""

    deliveries: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    refused: int = 0

    def add(self, other: "Sums") -> None:
        """Add another's counts."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Feed:
    """One source with what it has delivered. `by_hour`: the last `HOURS` hours, the present last.

    `stored_at`: when a read was last stored; `delivered_at`: when anything last came.
    """

    source: Source
    has_key: bool
    delivered_at: datetime | None
    stored_at: datetime | None
    by_hour: list[Sums] = field(default_factory=lambda: [Sums() for _ in range(HOURS)])
    waiting: int = 0
    turned_away: int = 0

    @property
    def this_hour(self) -> Sums:
        """Since the last full hour."""
        return self.by_hour[-1]

    @property
    def last_day(self) -> Sums:
        """Of all `HOURS` hours."""
        total = Sums()
        for sums in self.by_hour:
            total.add(sums)
        return total

    def standing(self, now: datetime) -> Standing:
        """How it stands at `now`."""
        if self.source.is_paused:
            return Standing.PAUSED
        if self.stored_at is None:
            return Standing.NEVER if self.has_key else Standing.NO_KEY
        return Standing.SILENT if self.is_silent(now) else Standing.DELIVERING

    def is_silent(self, now: datetime) -> bool:
        """Whether no read has come for longer than the source is allowed to be silent."""
        allowed = timedelta(hours=self.source.silent_after_hours)
        return bool(allowed) and self.stored_at is not None and now - self.stored_at >= allowed


@dataclass(frozen=True, slots=True)
class Refused:
    """Deliveries turned away for one reason: how many, and when and why last. `source` is None
    where the key told nothing."""

    source: Source | None
    format: str
    code: str
    status: int
    count: int
    last_at: datetime
    detail: str


def list_feeds(sources: "QuerySet[Source]", *, now: datetime) -> list[Feed]:
    """These sources with what they delivered in the last day. A fixed number of queries."""
    feeds = {source.pk: _feed(source) for source in _with_last(sources)}
    _add_hours(feeds, now)
    for source_id, count in _waiting(feeds):
        feeds[source_id].waiting = count
    day = TurnedAway.objects.filter(source__in=feeds, hour__gte=now - HOURS * _HOUR)
    for source_id, count in day.values_list("source_id").annotate(Sum("count")):
        feeds[source_id].turned_away = count
    return list(feeds.values())


def list_silent(*, now: datetime) -> list[Feed]:
    """The feeds that are silent for longer than they may be, the longest first."""
    listening = Source.objects.filter(is_paused=False, silent_after_hours__gt=0)
    feeds = [_feed(source) for source in _with_last(listening)]
    silent = [feed for feed in feeds if feed.is_silent(now)]
    return sorted(silent, key=lambda feed: feed.stored_at or now)


def has_key(source: Source) -> bool:
    """Whether anything may deliver for the source over HTTP."""
    return FeedKey.objects.filter(source=source, revoked_at=None).exists()


def list_refused(*, since: datetime, source: Source | None = None) -> list[Refused]:
    """What was turned away since then, of one source or of all, the most frequent first."""
    rows = TurnedAway.objects.filter(hour__gt=since - _HOUR).select_related("source")
    if source is not None:
        rows = rows.filter(source=source)
    heaps: dict[tuple[int | None, str, str], list[TurnedAway]] = {}
    for row in rows.order_by("last_at"):
        heaps.setdefault((row.source_id, row.format, row.code), []).append(row)
    refused = [
        Refused(
            source=rows[-1].source,
            format=rows[-1].format,
            code=rows[-1].code,
            status=rows[-1].status,
            count=sum(row.count for row in rows),
            last_at=rows[-1].last_at,
            detail=rows[-1].detail,
        )
        for rows in heaps.values()
    ]
    return sorted(refused, key=lambda one: (-one.count, one.code))


def _with_last(sources: "QuerySet[Source]") -> "QuerySet[Source]":
    hours = FeedHour.objects.filter(source=OuterRef("pk")).order_by("-hour")
    fresh = Batch.objects.filter(source=OuterRef("pk"), pk__gte=_counted_to())
    keys = FeedKey.objects.filter(source=OuterRef("pk"), revoked_at=None)
    return sources.annotate(
        has_key=Exists(keys),
        hour_delivered_at=Subquery(hours.values("delivered_at")[:1]),
        hour_stored_at=Subquery(hours.exclude(stored_at=None).values("stored_at")[:1]),
        fresh_delivered_at=Subquery(_latest(fresh)),
        fresh_stored_at=Subquery(_latest(fresh.filter(stored__gt=0))),
    )


def _latest(batches: "QuerySet[Batch]") -> Any:
    return batches.order_by("-received_at").values("received_at")[:1]


def _feed(source: Any) -> Feed:
    return Feed(
        source=source,
        has_key=source.has_key,
        delivered_at=_later(source.hour_delivered_at, source.fresh_delivered_at),
        stored_at=_later(source.hour_stored_at, source.fresh_stored_at),
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    known = [at for at in (one, other) if at is not None]
    return max(known, default=None)


def _add_hours(feeds: Mapping[int, Feed], now: datetime) -> None:
    present = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    first = present - (HOURS - 1) * _HOUR
    for source_id, hour, sums in (*_counted(feeds, first), *_uncounted(feeds, first)):
        place = (hour - first) // _HOUR
        if 0 <= place < HOURS:
            feeds[source_id].by_hour[place].add(sums)


_Row = tuple[int, datetime, Sums]


def _counted(feeds: Iterable[int], first: datetime) -> Sequence[_Row]:
    rows = FeedHour.objects.filter(source__in=list(feeds), hour__gte=first)
    values = rows.values_list("source_id", "hour", *_SUMS)
    return [(source_id, hour, Sums(*sums)) for source_id, hour, *sums in values]


def _uncounted(feeds: Iterable[int], first: datetime) -> Sequence[_Row]:
    rows = Batch.objects.filter(
        source__in=list(feeds), pk__gte=_counted_to(), received_at__gte=first
    )
    grouped = rows.values("source_id", hour=TruncHour("received_at", tzinfo=UTC)).annotate(
        n=Count("pk"),
        new=Sum("stored"),
        again=Sum("duplicate"),
        aside=Sum("quarantined"),
        no=Sum("refused"),
    )
    return [
        (
            row["source_id"],
            row["hour"],
            Sums(row["n"], row["new"], row["again"], row["aside"], row["no"]),
        )
        for row in grouped.order_by()
    ]


def _counted_to() -> UUID:
    counted = FeedsCounted.objects.filter(pk=1).values_list("batch_id", flat=True).first()
    return counted or UUID(int=0)


def _waiting(feeds: Iterable[int]) -> Iterable[tuple[int, int]]:
    rows = QuarantinedRead.objects.filter(
        state=QuarantineState.WAITING, source__in=list(feeds)
    ).order_by()
    return rows.values_list("source_id").annotate(Count("pk"))
