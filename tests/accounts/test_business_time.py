"""The business clock: week-ends, federal holidays, nights when clocks change (ACC-10)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.business_time import (
    BUSINESS_HOURS_TO_TERMINATE,
    deadline,
    elapsed,
    is_business_day,
)

NEW_YORK = ZoneInfo("America/New_York")
ZONES = [NEW_YORK, ZoneInfo("America/Los_Angeles"), ZoneInfo("Pacific/Honolulu"), ZoneInfo("UTC")]
DAY = BUSINESS_HOURS_TO_TERMINATE


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        ("2026-03-06", True),  # Friday
        ("2026-03-07", False),
        ("2026-03-08", False),
        ("2026-01-19", False),  # Martin Luther King Jr. Day
        ("2026-06-19", False),  # Juneteenth
        ("2026-07-03", False),  # Independence Day on a Saturday, observed on Friday
        ("2027-07-05", False),  # on a Sunday, observed on Monday
        ("2021-12-31", False),  # New Year's Day 2022, observed in the year before
        ("2026-11-26", False),  # Thanksgiving
        ("2026-11-27", True),  # the day after it is no federal holiday
        ("2026-12-24", True),
        ("2026-12-25", False),
    ],
)
def test_business_days(day: str, counts: bool) -> None:
    assert is_business_day(date.fromisoformat(day)) is counts


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-03T15:00", "2026-03-04T15:00"),  # Tuesday to Wednesday
        ("2026-03-06T15:00", "2026-03-09T15:00"),  # over a week-end on which clocks change
        ("2026-10-30T15:00", "2026-11-02T15:00"),  # and over the one on which they change back
        ("2026-03-07T11:00", "2026-03-10T00:00"),  # on Saturday: all of Monday
        ("2026-03-08T02:30", "2026-03-10T00:00"),  # in the hour that does not exist
        ("2026-12-24T15:00", "2026-12-28T15:00"),  # Christmas on a Friday: to Monday
        ("2027-12-23T15:00", "2027-12-27T15:00"),  # Christmas on a Saturday: Friday is off
        ("2026-11-25T23:59", "2026-11-27T23:59"),  # over Thanksgiving
        ("2026-07-02T09:00", "2026-07-06T09:00"),  # Independence Day on a Saturday
        ("2026-03-03T00:00", "2026-03-04T00:00"),
    ],
)
def test_due_after_24_business_hours(received: str, due: str) -> None:
    assert deadline(at(received), DAY, NEW_YORK) == at(due)


def test_zone_decides_which_day_it_is() -> None:
    # Friday evening in Honolulu is Saturday in Greenwich.
    moment = at("2026-03-06T20:00", ZoneInfo("Pacific/Honolulu"))
    honolulu = deadline(moment, DAY, ZoneInfo("Pacific/Honolulu"))
    assert honolulu == at("2026-03-09T20:00", ZoneInfo("Pacific/Honolulu"))
    assert deadline(moment, DAY, ZoneInfo("UTC")) == datetime(2026, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [("2025-11-02", 25), ("2026-03-08", 23), ("2026-03-09", 24)]
)
def test_day_on_which_clocks_change_counts_what_really_passed(
    day: str, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Here clocks change on Sundays, which do not count; elsewhere they would.
    monkeypatch.setattr("accounts.business_time.is_business_day", lambda day: True)
    midnight = at(day)
    next_midnight = midnight + timedelta(days=1)  # by the clock on the wall
    assert elapsed(midnight, next_midnight, NEW_YORK) == timedelta(hours=hours)


def test_time_before_the_start_is_none() -> None:
    assert elapsed(at("2026-03-04T15:00"), at("2026-03-03T15:00"), NEW_YORK) == timedelta()


def test_week_end_has_no_business_time() -> None:
    assert elapsed(at("2026-03-07T00:00"), at("2026-03-09T00:00"), NEW_YORK) == timedelta()


def test_moment_without_zone_is_an_error() -> None:
    naive = datetime(2026, 3, 3)  # noqa: DTZ001
    with pytest.raises(ValueError, match="needs its time zone"):
        deadline(naive, DAY, NEW_YORK)
    with pytest.raises(ValueError, match="needs its time zone"):
        elapsed(at("2026-03-03T00:00"), naive, NEW_YORK)


def test_time_backwards_is_an_error() -> None:
    with pytest.raises(ValueError, match="runs forward"):
        deadline(at("2026-03-03T00:00"), timedelta(seconds=-1), NEW_YORK)


moments = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001
    max_value=datetime(2029, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
zones = st.sampled_from(ZONES)
spans = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=10))


@given(moments, spans, zones)
def test_deadline_is_when_that_much_has_passed(
    start: datetime, allowed: timedelta, zone: ZoneInfo
) -> None:
    due = deadline(start, allowed, zone)
    assert elapsed(start, due, zone) == allowed
    # And not a moment later than needed.
    assert elapsed(start, due - timedelta(microseconds=1), zone) < allowed


@given(moments, spans, zones)
def test_deadline_falls_on_a_business_day(
    start: datetime, allowed: timedelta, zone: ZoneInfo
) -> None:
    last_moment = deadline(start, allowed, zone) - timedelta(microseconds=1)
    assert is_business_day(last_moment.astimezone(zone).date())


@given(moments, moments, spans, zones)
def test_later_request_is_never_due_earlier(
    one: datetime, other: datetime, allowed: timedelta, zone: ZoneInfo
) -> None:
    first, second = sorted((one, other))
    assert deadline(first, allowed, zone) <= deadline(second, allowed, zone)


@given(moments, spans, spans, zones)
def test_elapsed_adds_up(start: datetime, one: timedelta, other: timedelta, zone: ZoneInfo) -> None:
    middle, end = start + one, start + one + other
    parts = elapsed(start, middle, zone) + elapsed(middle, end, zone)
    assert parts == elapsed(start, end, zone)
    assert parts <= one + other


@given(moments, zones)
def test_no_more_than_six_days_from_request_to_deadline(start: datetime, zone: ZoneInfo) -> None:
    # A week-end, a holiday beside it, and the day itself.
    assert deadline(start, DAY, zone) - start <= timedelta(days=5, hours=1)
