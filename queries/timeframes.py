"""From a choice or two dates to the instants a query covers. Pure; half-open, in UTC.

Days are those of the person who asks: a day begins at local midnight, whatever the clocks did.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from queries.rules import DATES, Preset

# Dates so far off that no instant can be made of them are refused by the form.
FIRST_DATE = date(1900, 1, 1)
LAST_DATE = date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class TimeFrame:
    """Reads captured at `start` or later and before `end`; `period` is how it was chosen."""

    start: datetime
    end: datetime
    period: str


def preset_frame(preset: Preset, *, now: datetime, timezone: str) -> TimeFrame:
    """From the local midnight so many days or calendar years before today, until now."""
    today = local_date(now, timezone)
    first = years_before(today, preset.years) if preset.years else today
    first -= timedelta(days=preset.days)
    return TimeFrame(midnight(first, timezone), now, preset.code)


def dates_frame(first: date, last: date, *, now: datetime, timezone: str) -> TimeFrame:
    """From the midnight `first` begins with to the one `last` ends with; today ends now.

    A later day stays what it is, for policy to refuse: nobody's question is bent.
    """
    today = local_date(now, timezone)
    end = now if last == today else midnight(last + timedelta(days=1), timezone)
    return TimeFrame(midnight(first, timezone), end, DATES)


def earliest_start(*, now: datetime, timezone: str, years: int) -> datetime:
    """The earliest start a rule of so many years allows: that day's local midnight."""
    return midnight(years_before(local_date(now, timezone), years), timezone)


def years_before(day: date, years: int) -> date:
    """The same day so many calendar years ago.

    Where that year has no February 29 it is March 1: a frame is never longer than its rule.
    """
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)


def midnight(day: date, timezone: str) -> datetime:
    """The instant a local day begins."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def local_date(moment: datetime, timezone: str) -> date:
    """The day it is at that moment in that place."""
    return moment.astimezone(ZoneInfo(timezone)).date()
