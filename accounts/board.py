"""The admin's first page: what waits for a person, as each room tells it.

A room registers one callable in its ``AppConfig.ready``; the frame draws what they return. A room
can't see the rooms above it, so none could collect for all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.countdown import Countdown
from accounts.people import Person


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One of the first things that wait, with its countdown if it has one."""

    key: str
    label: str
    url: str
    countdown: Countdown | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class BoardItem:
    """One kind of thing that waits: how many, since when, and where they are listed.

    `empty` is what is said when nothing waits; `oldest` is when the longest waiting began.
    """

    key: str
    title: str
    count: int
    url: str
    empty: str
    oldest: datetime | None = None
    note: str = ""
    rows: Sequence[BoardRow] = ()


Collect = Callable[[Person, datetime], Sequence[BoardItem]]

_COLLECTORS: list[Collect] = []


def register_board(collect: Collect) -> None:
    """Have `collect` asked for every board. It returns nothing for whom it has no work for."""
    if collect not in _COLLECTORS:
        _COLLECTORS.append(collect)


def board_for(person: Person, now: datetime) -> list[BoardItem]:
    """All that may wait for the person at `now`, what does wait first."""
    items = [item for collect in _COLLECTORS for item in collect(person, now)]
    return sorted(items, key=lambda item: item.count == 0)
