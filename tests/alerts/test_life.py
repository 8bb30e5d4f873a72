"""The dates of an entry's life: one pure function, over years, leap days and time zones (ALT-7)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.life import GRACE, REMINDED_BEFORE, Life, Stage
from alerts.rules import expires_at

ZONES = sorted(zone for zone in available_timezones() if "/" in zone)
MOMENTS = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001  bounds are without a zone, moments are not
    datetime(2060, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
LIVES = st.builds(Life, MOMENTS.map(expires_at), st.sampled_from(ZONES))
ORDER = list(Stage)


@pytest.mark.parametrize(
    ("now", "stage", "reminders"),
    [
        (datetime(2027, 2, 16, 4, 59, tzinfo=UTC), Stage.WATCHED, 0),
        (datetime(2027, 2, 16, 5, 0, tzinfo=UTC), Stage.ENDING, 1),  # midnight in New York
        (datetime(2027, 2, 23, 5, 0, tzinfo=UTC), Stage.ENDING, 2),
        (datetime(2027, 3, 2, 5, 0, tzinfo=UTC), Stage.ENDING, 3),
        (datetime(2027, 3, 2, 15, 0, tzinfo=UTC), Stage.ENDED, 3),
        (datetime(2027, 3, 9, 14, 59, tzinfo=UTC), Stage.ENDED, 3),
        (datetime(2027, 3, 9, 15, 0, tzinfo=UTC), Stage.OVER, 3),
    ],
)
def test_stages_of_a_year(now: datetime, stage: Stage, reminders: int) -> None:
    life = Life(expires_at(datetime(2026, 3, 2, 15, tzinfo=UTC)), "America/New_York")
    assert (life.stage(now), life.reminders_due(now)) == (stage, reminders)


def test_ending_is_by_the_owners_calendar() -> None:
    moment = datetime(2027, 1, 1, 2, tzinfo=UTC)
    assert Life(moment, "America/New_York").last_day == date(2026, 12, 31)
    assert Life(moment, "Pacific/Guam").last_day == date(2027, 1, 1)


@given(MOMENTS)
def test_no_entry_is_valid_longer_than_a_year(added: datetime) -> None:
    ends = expires_at(added)
    assert timedelta(days=365) <= ends - added <= timedelta(days=366)
    assert (ends.month, ends.hour) == (added.month, added.hour)


@given(LIVES, MOMENTS, st.timedeltas(timedelta(), timedelta(days=400)))
def test_life_goes_one_way(life: Life, now: datetime, later: timedelta) -> None:
    assert ORDER.index(life.stage(now)) <= ORDER.index(life.stage(now + later))
    assert life.reminders_due(now) <= life.reminders_due(now + later)


@given(LIVES)
def test_who_is_reminded_can_affirm_and_all_three_come_before_removal(life: Life) -> None:
    reminded: dict[int, datetime] = {}
    for hours in range(-17 * 24, 9 * 24):
        now = life.expires_at + timedelta(hours=hours)
        due = life.reminders_due(now)
        reminded.setdefault(due, now)
        # Before an entry can be affirmed nobody is asked to, and from then on somebody is.
        assert (due > 0) is (life.stage(now) is not Stage.WATCHED)
    assert set(reminded) == {0, 1, 2, 3}
    assert reminded[3] <= life.expires_at < life.removed_at == life.expires_at + GRACE
    # A day has 23 to 25 hours, and here and there a whole one was left out.
    apart = timedelta(days=REMINDED_BEFORE[0] - REMINDED_BEFORE[1])
    for step in (1, 2):
        assert abs(reminded[step + 1] - reminded[step] - apart) <= timedelta(hours=25)
