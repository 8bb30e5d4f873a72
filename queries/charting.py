"""When one plate was read: a time-line, and hours by weekdays. Of this plate alone (QRY-2). Pure.

By the clock at each camera. What is marked not relevant is left out: it says nothing of the plate.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from lprsvc.lib.charts import Bar, Chart, bar_chart, grid_chart
from lprsvc.lib.timelines import day_name, step_for
from queries.arranging import WEEKDAYS, Seen

# From a stretch of days to the address that shows it alone.
DaysUrl = Callable[[date, date], str]

_HOUR_NAMES = tuple(f"{hour:02}:00 to {hour:02}:59" for hour in range(24))
_HOUR_TICKS = {0: "00", 6: "06", 12: "12", 18: "18"}


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
    step = step_for((last - first).days + 1)
    counts = Counter(map(step.start, days))
    bars = []
    for start in step.starts(first, last):
        last_day = step.after(start) - timedelta(days=1)
        bars.append(
            Bar(
                name=step.name(start),
                value=counts[start],
                tick=step.tick(start),
                url=url_of(start, last_day) if counts[start] else "",
            )
        )
    most, when = max((bar.value, -index) for index, bar in enumerate(bars))
    summary = (
        f"Hits by {step.noun}, {day_name(first)} to {day_name(last)}."
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
