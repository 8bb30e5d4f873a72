"""What a training course and a completion of it mean on a given day. Pure: no database (ACC-8)."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

# How long before its end a completion counts as due, in days; the person is told at each of these.
REMINDER_DAYS = (30, 7, 0)
DUE_DAYS = max(REMINDER_DAYS)


class CourseState(StrEnum):
    """How somebody stands with one course."""

    CURRENT = "current"
    DUE = "due"
    EXPIRED = "expired"
    MISSING = "missing"


STATE_LABELS: dict[CourseState, str] = {
    CourseState.CURRENT: "Current",
    CourseState.DUE: "Due soon",
    CourseState.EXPIRED: "Expired",
    CourseState.MISSING: "Never completed",
}
# What keeps a person from queries and alerts.
GAPS = frozenset({CourseState.EXPIRED, CourseState.MISSING})


@dataclass(frozen=True, slots=True)
class CourseStanding:
    """One person and one course on one day. `valid_until` is the last day on which it counts;
    None: never completed, or valid for good."""

    course_id: int
    code: str
    title: str
    completed_on: date | None
    valid_until: date | None
    state: CourseState

    @property
    def is_gap(self) -> bool:
        """Whether it keeps the person from queries and alerts."""
        return self.state in GAPS

    @property
    def label(self) -> str:
        """The state in words."""
        return STATE_LABELS[self.state]

    @property
    def sentence(self) -> str:
        """What is wrong, for the person it is about."""
        if self.state is CourseState.MISSING:
            return f"{self.title} ({self.code}): no completion on record."
        if self.valid_until is None:
            return f"{self.title} ({self.code}): completed, valid for good."
        verb = "expired after" if self.state is CourseState.EXPIRED else "valid through"
        return f"{self.title} ({self.code}): {verb} {spelt(self.valid_until)}."


def last_valid_day(completed_on: date, validity_months: int | None) -> date | None:
    """The last day on which a completion counts; None where it never lapses.

    The same day of the month, so many months later, itself included. Where that month is too
    short, its last day: 29 February 2024 and twelve months end on 28 February 2025.
    """
    if validity_months is None:
        return None
    months = completed_on.month - 1 + validity_months
    year, month = completed_on.year + months // 12, months % 12 + 1
    if year > date.max.year:
        return date.max
    return date(year, month, min(completed_on.day, calendar.monthrange(year, month)[1]))


def standing(
    *,
    course_id: int,
    code: str,
    title: str,
    validity_months: int | None,
    completed_on: date | None,
    today: date,
) -> CourseStanding:
    """How a person stands whose latest completion was on `completed_on` (None: there is none)."""
    until = last_valid_day(completed_on, validity_months) if completed_on else None
    return CourseStanding(
        course_id=course_id,
        code=code,
        title=title,
        completed_on=completed_on,
        valid_until=until,
        state=_state(completed_on, until, today),
    )


def _state(completed_on: date | None, until: date | None, today: date) -> CourseState:
    # A completion of tomorrow is none yet.
    if completed_on is None or completed_on > today:
        return CourseState.MISSING
    if until is None:
        return CourseState.CURRENT
    left = (until - today).days
    if left < 0:
        return CourseState.EXPIRED
    return CourseState.DUE if left <= DUE_DAYS else CourseState.CURRENT


def reminder_due(standing: CourseStanding, today: date) -> int | None:
    """Which of `REMINDER_DAYS` the person should have been told of by now; None: none yet.

    The most urgent alone: after an outage nobody gets three mails at once. Once it has expired
    the last of them still stands, so that a reminder missed on the day is sent later.
    """
    if standing.valid_until is None:
        return None
    left = (standing.valid_until - today).days
    passed = [days for days in REMINDER_DAYS if left <= days]
    return min(passed, default=None)


def gaps(standings: Iterable[CourseStanding]) -> tuple[CourseStanding, ...]:
    """Those that keep a person out."""
    return tuple(one for one in standings if one.is_gap)


def today_in(timezone: str, now: datetime) -> date:
    """The date on somebody's calendar."""
    return now.astimezone(ZoneInfo(timezone)).date()


def spelt(day: date) -> str:
    """A date with the month spelt: 04/05 reads differently on the two sides of an ocean."""
    return f"{day:%b} {day.day}, {day.year}"
