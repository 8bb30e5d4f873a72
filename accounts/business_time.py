"""The business clock: time that counts towards the 24 business hours of a termination (ACC-10).

The vendor must end an account "within 24 business hours of receiving a request" (PIA-039(a),
2017). Business days are Monday to Friday without the federal holidays of 5 U.S.C. 6103, on the
days they are observed. A business day counts whole, from midnight to midnight in the agency's
time zone, so 24 business hours are the elapsed time of one business day, and never eight of its
office hours three times over (docs/adr/0006). Time outside business days does not count.

On the nights when clocks change, what counts is the time that really passed.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

BUSINESS_HOURS_TO_TERMINATE = timedelta(hours=24)
_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


def is_business_day(day: date) -> bool:
    """Whether time of that day counts: no Saturday, no Sunday, no federal holiday observed."""
    return day.weekday() < _SATURDAY and day not in _federal_holidays(day.year)


def deadline(start: datetime, allowed: timedelta, zone: ZoneInfo) -> datetime:
    """The moment (UTC) when `allowed` business time has passed since `start`.

    Raises ValueError for a `start` without time zone or a negative `allowed`.
    """
    _check_aware(start)
    if allowed < timedelta():
        raise ValueError(f"business time runs forward; got {allowed}")
    left = allowed
    for opens, closes in _stretches(start, zone):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    raise AssertionError("business days never end")


def elapsed(start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
    """The business time from `start` to `end`; none when `end` lies before.

    Raises ValueError for a moment without time zone.
    """
    _check_aware(start)
    _check_aware(end)
    total = timedelta()
    for opens, closes in _stretches(start, zone):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total


def _stretches(start: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """The business days from `start` on, as moments in UTC; the first begins no earlier."""
    first = start.astimezone(UTC)
    day = start.astimezone(zone).date()
    while True:
        if is_business_day(day):
            yield max(_midnight(day, zone), first), _midnight(day + _ONE_DAY, zone)
        day += _ONE_DAY


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


@cache
def _federal_holidays(year: int) -> frozenset[date]:
    """As observed: one on a Saturday moves to Friday, one on a Sunday to Monday."""
    return frozenset(holidays.country_holidays("US", years=year, observed=True))


def _check_aware(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs its time zone; got {moment.isoformat()}")
