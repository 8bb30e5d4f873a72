"""How far back a question may reach: the whole table of rules, and its edges (QRY-3)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lprsvc.lib.errors import PolicyDenied
from queries.limits import ComponentRule, OffenseRule, limit_of
from queries.policy import check_time_frame
from queries.rules import DATES
from queries.timeframes import FIRST_DATE, TimeFrame, dates_frame, local_date, years_before

NEW_YORK = "America/New_York"
# 10 p.m. on March 1 in New York: the local day is not the UTC day.
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
TODAY, TOMORROW = date(2026, 3, 1), date(2026, 3, 2)
LEAP, LEAP_DAY = datetime(2028, 2, 29, 15, 0, tzinfo=UTC), date(2028, 2, 29)

ERO = ComponentRule("ERO", 5, "PIA p. 7")
HSI = ComponentRule("HSI", None, "PIA p. 7")


def offense(years: int | None) -> OffenseRule:
    return OffenseRule(code="x", citation="18 U.S.C. 1", title="Offense", years=years)


ALLOWED = "allowed"
TOO_LONG, FUTURE, REVERSED = "time_frame_too_long", "time_frame_future", "time_frame_reversed"
MISSING = "time_frame_missing"

Case = tuple[ComponentRule, OffenseRule | None, datetime, date, date, str]
# Rule, offense, now, first day, last day → the answer. The person's day decides, not UTC's.
TRUTH: dict[str, Case] = {
    "ERO, today alone": (ERO, None, NOW, TODAY, TODAY, ALLOWED),
    "ERO, five years to the day": (ERO, None, NOW, date(2021, 3, 1), TODAY, ALLOWED),
    "ERO, five years and a day": (ERO, None, NOW, date(2021, 2, 28), TODAY, TOO_LONG),
    "ERO, one old day": (ERO, None, NOW, date(2021, 2, 28), date(2021, 2, 28), TOO_LONG),
    "ERO, on a leap day": (ERO, None, LEAP, date(2023, 3, 1), LEAP_DAY, ALLOWED),
    "ERO, on a leap day, a day more": (ERO, None, LEAP, date(2023, 2, 28), LEAP_DAY, TOO_LONG),
    "ERO, from a leap day": (
        ERO,
        None,
        datetime(2029, 2, 28, 15, tzinfo=UTC),
        date(2024, 2, 29),
        date(2029, 2, 28),
        ALLOWED,
    ),
    "ERO, from a leap day, a day later": (
        ERO,
        None,
        datetime(2029, 3, 1, 15, tzinfo=UTC),
        date(2024, 2, 29),
        date(2029, 3, 1),
        TOO_LONG,
    ),
    "starts tomorrow": (ERO, None, NOW, TOMORROW, TOMORROW, FUTURE),
    "ends tomorrow": (ERO, None, NOW, TODAY, TOMORROW, FUTURE),
    "ends the day before it starts": (
        ERO,
        None,
        NOW,
        date(2026, 2, 2),
        date(2026, 2, 1),
        REVERSED,
    ),
    "HSI, three years to the day": (HSI, offense(3), NOW, date(2023, 3, 1), TODAY, ALLOWED),
    "HSI, three years and a day": (HSI, offense(3), NOW, date(2023, 2, 28), TODAY, TOO_LONG),
    "HSI, ten years to the day": (HSI, offense(10), NOW, date(2016, 3, 1), TODAY, ALLOWED),
    "HSI, ten years and a day": (HSI, offense(10), NOW, date(2016, 2, 29), TODAY, TOO_LONG),
    "HSI, twenty years": (HSI, offense(20), NOW, date(2006, 3, 1), TODAY, ALLOWED),
    "HSI, no limitation": (HSI, offense(None), NOW, date(1990, 1, 1), TODAY, ALLOWED),
    "HSI, no limitation, future": (HSI, offense(None), NOW, TODAY, TOMORROW, FUTURE),
    "HSI, no limitation, reversed": (
        HSI,
        offense(None),
        NOW,
        date(2026, 2, 2),
        date(2026, 2, 1),
        REVERSED,
    ),
}


def answer(
    rule: ComponentRule,
    chosen: OffenseRule | None,
    now: datetime,
    frame: TimeFrame | None,
    zone: str = NEW_YORK,
) -> str:
    try:
        check_time_frame(frame, rule=rule, offense=chosen, now=now, timezone=zone)
    except PolicyDenied as denied:
        return denied.code
    return ALLOWED


@pytest.mark.parametrize("case", TRUTH.values(), ids=TRUTH)
def test_truth_table(case: Case) -> None:  # QRY-3
    rule, chosen, now, first, last, expected = case
    frame = dates_frame(first, last, now=now, timezone=NEW_YORK)
    assert answer(rule, chosen, now, frame) == expected


@pytest.mark.parametrize("rule", [ERO, HSI], ids=["ERO", "HSI"])
@pytest.mark.parametrize("years", [5, None])
def test_dates_are_needed_whatever_the_limitation(
    rule: ComponentRule, years: int | None
) -> None:  # QRY-3
    assert answer(rule, offense(years), NOW, None) == MISSING


ZONES = st.sampled_from([NEW_YORK, "America/Chicago", "Pacific/Guam", "America/Havana", "UTC"])
MOMENTS = st.integers(1_000_000_000, 4_102_444_800).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


@given(now=MOMENTS, zone=ZONES, years=st.integers(1, 99), beyond=st.integers(-500, 500))
def test_first_lawful_day_is_allowed_and_nothing_before_it(
    now: datetime, zone: str, years: int, beyond: int
) -> None:  # QRY-3
    """The oracle counts calendar days; the rule is asked by instants."""
    today = local_date(now, zone)
    lawful = years_before(today, years)
    first = max(FIRST_DATE, min(lawful - timedelta(days=beyond), today))
    frame = dates_frame(first, today, now=now, timezone=zone)
    expected = ALLOWED if first >= lawful else TOO_LONG
    if frame.start >= now:
        expected = FUTURE  # the very instant a day begins holds nothing yet
    assert answer(HSI, offense(years), now, frame, zone) == expected
    assert answer(ComponentRule("X", years, "x"), None, now, frame, zone) == expected
    if expected == TOO_LONG:
        assert answer(HSI, offense(None), now, frame, zone) == ALLOWED


@given(now=MOMENTS, zone=ZONES, years=st.integers(1, 99))
def test_what_is_shown_is_what_is_judged_by(now: datetime, zone: str, years: int) -> None:
    limit = limit_of(HSI, offense(years), now=now, timezone=zone)
    assert limit
    assert limit.earliest
    at, before = limit.earliest, limit.earliest - timedelta(microseconds=1)
    assert answer(HSI, offense(years), now, TimeFrame(at, now, DATES), zone) == ALLOWED
    assert answer(HSI, offense(years), now, TimeFrame(before, now, DATES), zone) == TOO_LONG
    day = local_date(at, zone)
    assert f"from {day:%b} {day.day}, {day.year}" in limit.words


def test_words_name_the_rule_and_where_it_stands() -> None:  # QRY-3
    def words(rule: ComponentRule, chosen: OffenseRule | None) -> str:
        limit = limit_of(rule, chosen, now=NOW, timezone=NEW_YORK)
        return limit.words if limit else ""

    assert words(ERO, None) == "ERO may ask for 5 years back at most: from Mar 1, 2021. (PIA p. 7)"
    assert words(HSI, offense(1)) == (
        "18 U.S.C. 1 sets a limitation of 1 year: from Mar 1, 2025. (PIA p. 7)"
    )
    assert "your supervisor will review" in words(HSI, offense(None))
    assert words(HSI, None) == ""
