"""Where streets meet, and what the place is called. Pure."""

import re
from collections.abc import Iterable

# What a road is called on the map of the whole country, and seldom on its own sign.
_HIGHWAY = re.compile(
    r"\b(I|US|SR|CR|Hwy|Highway|Rte|Route|Interstate|State Rd|Co Rd|County Rd)\b[ -]{0,2}\d"
    r"|\b(Hwy|Highway|State Rte|US Rte|Co Hwy)\b"
    r"|^[A-Z]{1,4}[ -]?\d+[A-Z]?$",
    re.IGNORECASE,
)
_MOST_NAMES = 4


def preferred(names: Iterable[str]) -> str:
    """Of the names of one street, the local one before a highway's number; else the first."""
    given = list(names)
    return (_local(given) or given)[0]


def crossing_name(streets: Iterable[Iterable[str]]) -> str:
    """What the place is called where these meet, each given with all its names.

    Empty where they are all one street.
    """
    groups: list[list[list[str]]] = []
    for names in map(list, streets):
        same = [group for group in groups if any(_are_one(names, other) for other in group)]
        groups = [group for group in groups if group not in same]
        groups.append([*(other for group in same for other in group), names])
    if len(groups) < 2:
        return ""
    called = {preferred(name for names in group for name in names) for group in groups}
    return " & ".join(sorted(called, key=str.casefold)[:_MOST_NAMES])


def _are_one(one: list[str], other: list[str]) -> bool:
    """Whether two stretches are of one street. A highway that turns a corner joins two streets: its
    number counts only where one of them has no name of its own."""
    if _local(one) and _local(other):
        return not set(_local(one)).isdisjoint(_local(other))
    return not set(one).isdisjoint(other)


def _local(names: list[str]) -> list[str]:
    return [name for name in names if not _HIGHWAY.search(name)]
