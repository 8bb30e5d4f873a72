"""How long an entry lives: watched, reminded of, ended, removed (ALT-7). Pure: every date of an
entry's life comes from here.

| stage | from | what it means |
|---|---|---|
| watched | it was added, or its need affirmed | new reads are matched |
| ending | 14 days before its end, by the owner's calendar | the same; the need can be affirmed |
| ended | its end, one year on | nothing is matched; the need can still be affirmed |
| over | 7 days after its end | it is removed and erased |
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

# Days before the end on which the owner is asked: two weeks, a week, and the day itself (ALT-7).
REMINDED_BEFORE = (14, 7, 0)
# How long an entry that has ended can still be affirmed (ALT-7: "renewed for one more week").
GRACE = timedelta(days=7)


class Stage(StrEnum):
    """Where an entry is in its life."""

    WATCHED = "watched"
    ENDING = "ending"
    ENDED = "ended"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Life:
    """An entry's life, by the calendar of its owner's time zone."""

    expires_at: datetime
    timezone: str

    @property
    def last_day(self) -> date:
        """The day on which it ends."""
        return self.expires_at.astimezone(ZoneInfo(self.timezone)).date()

    @property
    def affirmed_from(self) -> date:
        """The first day on which its need can be affirmed again."""
        return self.last_day - timedelta(days=REMINDED_BEFORE[0])

    @property
    def removed_at(self) -> datetime:
        """When it is removed, unless its need is affirmed before."""
        return self.expires_at + GRACE

    def stage(self, now: datetime) -> Stage:
        """Where it is at `now`."""
        if now >= self.removed_at:
            return Stage.OVER
        if now >= self.expires_at:
            return Stage.ENDED
        return Stage.ENDING if self._today(now) >= self.affirmed_from else Stage.WATCHED

    def reminders_due(self, now: datetime) -> int:
        """How many of the reminders have come due by `now`, told or not: 0 to 3."""
        left = (self.last_day - self._today(now)).days
        return sum(left <= days for days in REMINDED_BEFORE)

    def _today(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.timezone)).date()
