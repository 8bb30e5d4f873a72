"""How a termination stands against its 24 business hours, in words and a tone. Pure (ACC-10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from accounts.business_time import elapsed

# From here on the countdown warns.
SOON = timedelta(hours=6)


class Tone(StrEnum):
    """How urgent it is; the words say the same to who sees no colour."""

    CALM = "calm"
    SOON = "soon"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Countdown:
    """What is left, or by how much it is too late, in business time."""

    tone: Tone
    words: str


def count_down(
    due_at: datetime, now: datetime, zone: ZoneInfo, *, is_cut: bool = False
) -> Countdown:
    """The standing at `now` of what is due at `due_at`, in the agency's time zone; `is_cut`: the
    account is shut already, so that nothing runs out."""
    if is_cut:
        return Countdown(Tone.CALM, "access is cut already: close the request")
    if now >= due_at:
        return Countdown(Tone.OVERDUE, f"overdue by {spelt(elapsed(due_at, now, zone))}")
    left = elapsed(now, due_at, zone)
    return Countdown(Tone.SOON if left <= SOON else Tone.CALM, f"{spelt(left)} left")


def spelt(span: timedelta) -> str:
    """Hours and minutes, the hours not broken into days: "25 h 5 min"."""
    minutes = int(span.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
