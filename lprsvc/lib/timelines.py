"""How a stretch of days is cut into bars of a time-line: days, weeks, months or years. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

# A time-line of up to so many days has bars of days, of weeks, of months; longer ones, of years.
_MOST_FOR_DAYS, _MOST_FOR_WEEKS, _MOST_FOR_MONTHS = 62, 400, 10 * 366


@dataclass(frozen=True, slots=True)
class Step:
    """One width of a bar, and how its bars are named; `tick` is the word below it, if any."""

    noun: str
    start: Callable[[date], date]
    after: Callable[[date], date]
    name: Callable[[date], str]
    tick: Callable[[date], str]

    def starts(self, first: date, last: date) -> Iterator[date]:
        """The first day of each bar that holds a day from `first` to `last`."""
        start = self.start(first)
        while start <= last:
            yield start
            start = self.after(start)


def step_for(days: int) -> Step:
    """The width of a bar where so many days are drawn."""
    if days <= _MOST_FOR_DAYS:
        return _DAYS
    if days <= _MOST_FOR_WEEKS:
        return _WEEKS
    return _MONTHS if days <= _MOST_FOR_MONTHS else _YEARS


def day_name(day: date) -> str:
    """As "Mar 4, 2026"."""
    return f"{day:%b} {day.day}, {day.year}"


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


_DAYS = Step(
    "day",
    start=lambda day: day,
    after=lambda day: day + timedelta(days=1),
    name=day_name,
    tick=lambda day: f"{day:%b} {day.day}" if day.weekday() == 0 else "",
)
_WEEKS = Step(
    "week",
    start=_monday,
    after=lambda monday: monday + timedelta(days=7),
    name=lambda monday: f"week of {day_name(monday)}",
    tick=lambda monday: f"{monday:%b %Y}" if monday.day <= 7 else "",
)
_MONTHS = Step(
    "month",
    start=lambda day: day.replace(day=1),
    after=_next_month,
    name=lambda first: f"{first:%B %Y}",
    tick=lambda first: str(first.year) if first.month == 1 else "",
)
_YEARS = Step(
    "year",
    start=lambda day: date(day.year, 1, 1),
    after=lambda first: date(first.year + 1, 1, 1),
    name=lambda first: str(first.year),
    tick=lambda first: str(first.year),
)
