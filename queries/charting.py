"""When one plate was read: a time-line, and hours by weekdays. Of this plate alone (QRY-2). Pure.

By the clock at each camera. What is marked not relevant is left out: it says nothing of the plate.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lprsvc.lib.charts import Bar, Chart, bar_chart, grid_chart
from queries.arranging import WEEKDAYS, Seen

# From a stretch of days to the address that shows it alone.
DaysUrl = Callable[[date, date], str]

_HOUR_NAMES = tuple(f"{hour:02}:00 to {hour:02}:59" for hour in range(24))
_HOUR_TICKS = {0: "00", 6: "06", 12: "12", 18: "18"}
# A time-line of up to so many days has bars of days, of weeks, of months; longer ones, of years.
_MOST_FOR_DAYS, _MOST_FOR_WEEKS, _MOST_FOR_MONTHS = 62, 400, 10 * 366


def charts(
    hits: Sequence[Seen], *, frame: tuple[date, date], url_of: DaysUrl
) -> tuple[Chart, Chart] | None:
    """The time-line over `frame`, first and last day, and the week; None without a hit to draw."""
    drawn = [seen for seen in hits if seen.is_relevant is not False]
    if not drawn:
        return None
    return _timeline(drawn, frame, url_of), _week(drawn)


def _timeline(hits: Sequence[Seen], frame: tuple[date, date], url_of: DaysUrl) -> Chart:
    days = [seen.local.date() for seen in hits]
    # A day at the camera may lie outside the frame, whose days are those of the one who asked.
    first, last = min(frame[0], *days), max(frame[1], *days)
    step = _step_for((last - first).days + 1)
    counts = Counter(map(step.start, days))
    bars = []
    start = step.start(first)
    while start <= last:
        after = step.after(start)
        bars.append(
            Bar(
                name=step.name(start),
                value=counts[start],
                tick=step.tick(start),
                url=url_of(start, after - timedelta(days=1)) if counts[start] else "",
            )
        )
        start = after
    most, when = max((bar.value, -index) for index, bar in enumerate(bars))
    summary = (
        f"Hits by {step.noun}, {_day(first)} to {_day(last)}."
        f" Most in one {step.noun}: {most:,}, {bars[-when].name}."
    )
    return bar_chart(
        "timeline",
        title=f"Hits by {step.noun}",
        summary=summary,
        bars=bars,
        unit="Hits",
        per=step.noun.capitalize(),
    )


def _week(hits: Sequence[Seen]) -> Chart:
    values: Mapping[tuple[int, int], int] = Counter(
        (seen.local.weekday(), seen.local.hour) for seen in hits
    )
    (day, hour), most = max(values.items(), key=lambda item: (item[1], -item[0][0], -item[0][1]))
    return grid_chart(
        "week",
        title="Hits by hour and weekday",
        summary=f"Hits by weekday and hour, on the clock at each camera. Most: {most:,} on"
        f" {WEEKDAYS[day]}s, {_HOUR_NAMES[hour]}.",
        rows=WEEKDAYS,
        columns=_HOUR_NAMES,
        values=values,
        corner="Weekday",
        ticks=_HOUR_TICKS,
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """One width of a bar, and how its bars are named."""

    noun: str
    start: Callable[[date], date]
    after: Callable[[date], date]
    name: Callable[[date], str]
    tick: Callable[[date], str]


def _step_for(days: int) -> _Step:
    if days <= _MOST_FOR_DAYS:
        return _DAYS
    if days <= _MOST_FOR_WEEKS:
        return _WEEKS
    return _MONTHS if days <= _MOST_FOR_MONTHS else _YEARS


def _day(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


_DAYS = _Step(
    "day",
    start=lambda day: day,
    after=lambda day: day + timedelta(days=1),
    name=_day,
    tick=lambda day: f"{day:%b} {day.day}" if day.weekday() == 0 else "",
)
_WEEKS = _Step(
    "week",
    start=_monday,
    after=lambda monday: monday + timedelta(days=7),
    name=lambda monday: f"week of {_day(monday)}",
    tick=lambda monday: f"{monday:%b %Y}" if monday.day <= 7 else "",
)
_MONTHS = _Step(
    "month",
    start=lambda day: day.replace(day=1),
    after=_next_month,
    name=lambda first: f"{first:%B %Y}",
    tick=lambda first: str(first.year) if first.month == 1 else "",
)
_YEARS = _Step(
    "year",
    start=lambda day: date(day.year, 1, 1),
    after=lambda first: date(first.year + 1, 1, 1),
    name=lambda first: str(first.year),
    tick=lambda first: str(first.year),
)
