"""The vendor's pages about feeds: all of them, and one with everything that tells how it fares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from ingest import selectors
from ingest.feed_forms import FeedFilterForm
from ingest.feeds import (
    ADVICE,
    HOURS,
    STANDING_WORDS,
    Feed,
    Refused,
    Standing,
    list_feeds,
    list_refused,
)
from ingest.formats.feeds import FORMATS
from ingest.models import Batch, FeedKey, Source
from ingest.quarantine import Which, list_heaps
from ingest.rules import reason_label
from ingest.selectors import CameraHealth

_LATEST = 10
_REFUSED_FOR = timedelta(days=7)
_BAR = 6
_HEIGHT = 28


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of a chart, in its units; the label is read when pointed at."""

    x: int
    y: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Reads stored by hour, drawn as bars by the page itself."""

    bars: Sequence[Bar]
    width: int
    height: int
    words: str


@dataclass(frozen=True, slots=True)
class ShownFeed:
    """A feed with what a page says of it."""

    feed: Feed
    standing: Standing
    words: str
    chart: Chart


def list_context(
    form: FeedFilterForm, sources: Any, *, now: datetime, timezone: str
) -> dict[str, Any]:
    """What the page of all feeds shows, the worst first."""
    feeds = list_feeds(form.sources(sources), now=now)
    kept = [feed for feed in feeds if form.keeps(feed, now)]
    order = list(Standing)
    kept.sort(key=lambda feed: (order.index(feed.standing(now)), feed.source.code))
    unknown = [one for one in list_refused(since=now - _REFUSED_FOR) if one.source is None]
    return {
        "feeds": [_shown(feed, now, timezone) for feed in kept],
        "has_sources": sources.exists(),
        "form": form,
        "refused": _with_advice(unknown),
        "refused_days": _REFUSED_FOR.days,
    }


def feed_context(source: Source, *, now: datetime, timezone: str) -> dict[str, Any]:
    """What the page of one feed shows."""
    [feed] = list_feeds(Source.objects.filter(pk=source.pk), now=now)
    heaps = list_heaps(Which(source_id=source.pk), limit=_LATEST)
    cameras = selectors.camera_health(source=source)
    return {
        "shown": _shown(feed, now, timezone),
        "source": source,
        "keys": FeedKey.objects.filter(source=source).order_by("revoked_at", "-created_at"),
        "cameras": sorted(cameras, key=_quietest_first),
        "agents": selectors.list_agents(source=source),
        "batches": Batch.objects.filter(source=source).order_by("-received_at", "-pk")[:_LATEST],
        "heaps": [(heap, reason_label(heap.reason)) for heap in heaps],
        "refused": _with_advice(list_refused(since=now - _REFUSED_FOR, source=source)),
        "refused_days": _REFUSED_FOR.days,
        "addresses": delivery_addresses(),
        "now": now,
    }


def delivery_addresses() -> list[tuple[str, str]]:
    """Where software delivers: our own interface, then each vendor's format."""
    base = settings.BASE_URL.rstrip("/")
    vendors = [(name, reverse("api_feed", args=[name])) for name in FORMATS]
    return [(name, base + path) for name, path in [("own JSON", reverse("api_reads")), *vendors]]


def _shown(feed: Feed, now: datetime, timezone: str) -> ShownFeed:
    standing = feed.standing(now)
    return ShownFeed(feed, standing, STANDING_WORDS[standing], _chart(feed, now, timezone))


def _chart(feed: Feed, now: datetime, timezone: str) -> Chart:
    most = max((sums.stored for sums in feed.by_hour), default=0)
    bars = []
    for place, sums in enumerate(feed.by_hour):
        # What is there at all is seen.
        height = max(1.0, (_HEIGHT - 2) * sums.stored / most) if sums.stored else 0.0
        begins = now - timedelta(hours=HOURS - 1 - place)
        local = begins.astimezone(ZoneInfo(timezone))
        label = f"{local:%b} {local.day}, {local:%H}:00: {sums.stored:,}"
        bars.append(Bar(place * _BAR, round(_HEIGHT - height, 1), round(height, 1), label))
    stored = feed.last_day.stored
    words = f"Reads stored by hour in the last {HOURS} hours: {stored:,} in all, {most:,} at most"
    return Chart(bars, HOURS * _BAR, _HEIGHT, words)


def _quietest_first(health: CameraHealth) -> tuple[bool, float]:
    """Cameras in use that never delivered first, then those that did longest ago."""
    in_use = health.camera is not None and health.camera.is_active
    last = health.activity.last_received_at.timestamp() if health.activity else 0.0
    return not in_use, last


def _with_advice(refused: Sequence[Refused]) -> list[tuple[Refused, str]]:
    return [(one, ADVICE.get(one.code, "")) for one in refused]
