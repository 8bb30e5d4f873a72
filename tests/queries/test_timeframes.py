"""From a choice or two dates to instants (QRY-3)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.rules import DATES, PRESETS, PRESETS_BY_CODE
from queries.timeframes import (
    dates_frame,
    earliest_start,
    local_date,
    preset_frame,
    years_before,
)

NEW_YORK = "America/New_York"
# 10 p.m. on March 1 in New York: the local day is not the UTC day.
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SECONDS = st.integers(min_value=631_152_000, max_value=4_102_444_800)  # 1990 to 2100
MOMENTS = SECONDS.map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
ZONES = st.sampled_from([NEW_YORK, "America/Chicago", "Pacific/Guam", "America/Havana", "UTC"])


@pytest.mark.parametrize(
    ("code", "start"),
    [
        ("previous-30-days", datetime(2026, 1, 30, 5, tzinfo=UTC)),
        ("previous-60-days", datetime(2025, 12, 31, 5, tzinfo=UTC)),
        ("previous-90-days", datetime(2025, 12, 1, 5, tzinfo=UTC)),
        ("previous-1-year", datetime(2025, 3, 1, 5, tzinfo=UTC)),
        ("previous-5-years", datetime(2021, 3, 1, 5, tzinfo=UTC)),
    ],
)
def test_preset_begins_at_local_midnight_and_ends_now(code: str, start: datetime) -> None:
    frame = preset_frame(PRESETS_BY_CODE[code], now=NOW, timezone=NEW_YORK)
    assert (frame.start, frame.end, frame.period) == (start, NOW, code)


def test_dates_cover_the_whole_last_day() -> None:
    frame = dates_frame(date(2026, 2, 1), date(2026, 2, 1), now=NOW, timezone=NEW_YORK)
    assert frame.start == datetime(2026, 2, 1, 5, tzinfo=UTC)
    assert frame.end == datetime(2026, 2, 2, 5, tzinfo=UTC)
    assert frame.period == DATES


def test_today_as_the_last_day_ends_now_and_a_later_day_is_not_bent() -> None:
    today = dates_frame(date(2026, 2, 1), date(2026, 3, 1), now=NOW, timezone=NEW_YORK)
    later = dates_frame(date(2026, 2, 1), date(2026, 3, 2), now=NOW, timezone=NEW_YORK)
    assert today.end == NOW
    assert later.end == datetime(2026, 3, 3, 5, tzinfo=UTC)


def test_day_of_the_clock_change_is_23_hours_long() -> None:
    later = datetime(2026, 4, 1, tzinfo=UTC)
    frame = dates_frame(date(2026, 3, 8), date(2026, 3, 8), now=later, timezone=NEW_YORK)
    assert frame.end - frame.start == timedelta(hours=23)


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (date(2026, 3, 2), 5, date(2021, 3, 2)),
        (date(2028, 2, 29), 4, date(2024, 2, 29)),
        # No February 29 there: the later day, so that the frame is not longer than the rule.
        (date(2028, 2, 29), 5, date(2023, 3, 1)),
        (date(2029, 2, 28), 5, date(2024, 2, 28)),
        (date(2029, 3, 1), 5, date(2024, 3, 1)),
    ],
)
def test_calendar_years_before(day: date, years: int, expected: date) -> None:
    assert years_before(day, years) == expected


@given(now=MOMENTS, zone=ZONES)
def test_every_preset_is_within_a_rule_of_five_years(now: datetime, zone: str) -> None:
    earliest = earliest_start(now=now, timezone=zone, years=5)
    for preset in PRESETS:
        frame = preset_frame(preset, now=now, timezone=zone)
        assert earliest <= frame.start < frame.end == now


@given(now=MOMENTS, zone=ZONES, back=st.integers(0, 4000), days=st.integers(0, 400))
def test_instants_of_the_days_chosen_and_no_others_are_covered(
    now: datetime, zone: str, back: int, days: int
) -> None:
    first = local_date(now, zone) - timedelta(days=back)
    last = first + timedelta(days=days)
    frame = dates_frame(first, last, now=now, timezone=zone)
    assert local_date(frame.start, zone) == first
    assert local_date(frame.start - timedelta(microseconds=1), zone) < first
    if last != local_date(now, zone):
        assert local_date(frame.end - timedelta(microseconds=1), zone) == last
        assert local_date(frame.end, zone) > last
    else:
        assert frame.end == now
