"""Looking at an answer: what of it, in which order, which page; all of it said by the address.

Works in memory on the hits of one selection, and so changes nothing of what was asked: the answer
stays the same, and its count is shown whatever is left out. Hours, weekdays and dates are those of
the clock at the camera, which is what a habit goes by. Pure.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator

from queries.rules import HITS_PER_PAGE
from queries.schemas import Hit

NEWEST, OLDEST, PLACE = "newest", "oldest", "place"
SORTS = {NEWEST: "Newest first", OLDEST: "Oldest first", PLACE: "By place, then newest"}
RELEVANT, NOT_RELEVANT, UNMARKED = "relevant", "not_relevant", "unmarked"
MARKS = {RELEVANT: "Relevant", NOT_RELEVANT: "Not relevant", UNMARKED: "Not marked"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# The names by which an address says how an answer is looked at.
PLACES = ("state", "area", "source", "camera")
PARAMETERS = (
    *PLACES, "from", "to", "hour_from", "hour_to", "day", "map", "mark", "sort", "page",
)  # fmt: skip
# What is shown of something that was typed and is not understood.
_SHOWN_CHARACTERS = 40


class Parameters(Protocol):
    """The part of a request's query string that is needed here."""

    def get(self, name: str, default: str) -> str: ...  # noqa: D102
    def getlist(self, name: str) -> list[str]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Bounds:
    """A section of the map, in degrees; `west` is the greater one across the date line."""

    south: float
    west: float
    north: float
    east: float

    def hold(self, latitude: float, longitude: float) -> bool:
        """Whether the place lies within."""
        if not self.south <= latitude <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= longitude <= self.east
        return longitude >= self.west or longitude <= self.east

    def __str__(self) -> str:
        return ",".join(f"{edge:.5f}" for edge in (self.south, self.west, self.north, self.east))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an address asks to see; everything empty is all of the answer, newest first.

    `places` by the names of `PLACES`. `hours` is half-open and may pass midnight. `faults` says by
    parameter what was not understood, and was therefore left aside.
    """

    places: Mapping[str, str] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None
    hours: tuple[int, int] | None = None
    weekdays: frozenset[int] = frozenset()
    bounds: Bounds | None = None
    mark: str = ""
    sort: str = NEWEST
    page: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A hit with what an answer is arranged by: the clock at its camera, and its mark."""

    hit: Hit
    local: datetime
    is_relevant: bool | None

    @property
    def mark(self) -> str:
        """The word of `MARKS` for it."""
        return mark_word(self.is_relevant)

    def place(self, name: str) -> str:
        """Its value for a name of `PLACES`."""
        return _PLACE_OF[name](self.hit)


@dataclass(frozen=True, slots=True)
class Arranged:
    """One answer as it was wanted.

    `around` is what is left by every filter but the map's: what the map itself shows. `numbers`
    gives each hit's place in the list, from 1. `choices` are the values of `PLACES` and of `mark`
    in the whole answer, each with how many hits it has.
    """

    wanted: Wanted
    hits: Sequence[Seen]
    around: Sequence[Seen]
    page: "Page[Seen]"
    choices: Mapping[str, Mapping[str, int]]

    def numbers(self) -> dict[UUID, int]:
        """Each listed hit's number."""
        return {seen.hit.id: number for number, seen in enumerate(self.hits, 1)}


def mark_word(is_relevant: bool | None) -> str:
    """The word of `MARKS` for a mark."""
    if is_relevant is None:
        return UNMARKED
    return RELEVANT if is_relevant else NOT_RELEVANT


def read(parameters: Parameters) -> Wanted:
    """What the query string asks for. Nothing in it is an error: what can't be understood is
    named in `faults` and left aside."""
    faults: dict[str, str] = {}
    first = _date("from", parameters, faults)
    last = _date("to", parameters, faults)
    if first and last and last < first:
        faults["to"] = "The last day comes before the first; both were left aside."
        first = last = None
    sort = parameters.get("sort", "")
    mark = parameters.get("mark", "")
    if sort and sort not in SORTS:
        faults["sort"] = f"There is no order “{_shown(sort)}”."
    if mark and mark not in MARKS:
        faults["mark"] = f"There is no mark “{_shown(mark)}”."
    return Wanted(
        places={name: value for name in PLACES if (value := parameters.get(name, ""))},
        first=first,
        last=last,
        hours=_hours(parameters, faults),
        weekdays=_weekdays(parameters, faults),
        bounds=_bounds(parameters, faults),
        mark=mark if mark in MARKS else "",
        sort=sort if sort in SORTS else NEWEST,
        page=parameters.get("page", ""),
        faults=faults,
    )


def entered(parameters: Parameters) -> dict[str, str]:
    """The parts of the query string that `read` looks at, as they came."""
    found = {name: ",".join(parameters.getlist(name)) for name in PARAMETERS}
    return {name: value for name, value in found.items() if value}


def parameters_of(wanted: Wanted) -> list[tuple[str, str]]:
    """The query string's parts that ask for the same, but for the page."""
    found = list(wanted.places.items())
    if wanted.first:
        found.append(("from", wanted.first.isoformat()))
    if wanted.last:
        found.append(("to", wanted.last.isoformat()))
    if wanted.hours:
        found += zip(("hour_from", "hour_to"), map(str, wanted.hours), strict=True)
    found += [("day", str(day)) for day in sorted(wanted.weekdays)]
    if wanted.bounds:
        found.append(("map", str(wanted.bounds)))
    if wanted.mark:
        found.append(("mark", wanted.mark))
    if wanted.sort != NEWEST:
        found.append(("sort", wanted.sort))
    return found


def see(hits: Iterable[Hit], marks: Mapping[UUID, bool]) -> list[Seen]:
    """The hits with the clock at their cameras and their marks."""
    zones: dict[str, ZoneInfo] = {}
    return [
        Seen(
            hit,
            hit.captured_at.astimezone(
                zones.get(hit.timezone) or zones.setdefault(hit.timezone, ZoneInfo(hit.timezone))
            ),
            marks.get(hit.id),
        )
        for hit in hits
    ]


def arrange(answer: Sequence[Seen], wanted: Wanted) -> Arranged:
    """Filter, order and page the hits of one answer.

    A place that no hit of the answer has is named among the faults and left aside.
    """
    choices = {name: Counter(seen.place(name) for seen in answer) for name in PLACES}
    wanted = _known(wanted, choices)
    around = _ordered(_kept(answer, wanted), wanted.sort)
    bounds = wanted.bounds
    hits = around
    if bounds is not None:
        hits = [seen for seen in around if bounds.hold(seen.hit.latitude, seen.hit.longitude)]
    page = Paginator(hits, HITS_PER_PAGE).get_page(wanted.page)
    return Arranged(
        wanted,
        hits,
        around,
        page,
        {**choices, "mark": Counter(seen.mark for seen in answer)},
    )


def _known(wanted: Wanted, choices: Mapping[str, Mapping[str, int]]) -> Wanted:
    """Without the places that the answer does not have."""
    unknown = {name for name, value in wanted.places.items() if value not in choices[name]}
    if not unknown:
        return wanted
    said = {
        name: f"No hit of this answer has the {name} “{_shown(wanted.places[name])}”;"
        " it was left aside."
        for name in unknown
    }
    known = {name: value for name, value in wanted.places.items() if name not in unknown}
    return replace(wanted, places=known, faults={**wanted.faults, **said})


def _kept(answer: Sequence[Seen], wanted: Wanted) -> list[Seen]:
    tests: list[Callable[[Seen], bool]] = [
        # Bound now: the loop's own names change.
        lambda seen, name=name, value=value: seen.place(name) == value  # type: ignore[misc]
        for name, value in wanted.places.items()
    ]
    if (first := wanted.first) is not None:
        tests.append(lambda seen: seen.local.date() >= first)
    if (last := wanted.last) is not None:
        tests.append(lambda seen: seen.local.date() <= last)
    if (hours := wanted.hours) is not None:
        tests.append(lambda seen: _is_within(seen.local.hour, hours))
    if weekdays := wanted.weekdays:
        tests.append(lambda seen: seen.local.weekday() in weekdays)
    if mark := wanted.mark:
        tests.append(lambda seen: seen.mark == mark)
    return [seen for seen in answer if all(test(seen) for test in tests)]


def _is_within(hour: int, hours: tuple[int, int]) -> bool:
    start, end = hours
    return start <= hour < end if start < end else hour >= start or hour < end


def _ordered(hits: list[Seen], sort: str) -> list[Seen]:
    hits.sort(key=lambda seen: (seen.hit.captured_at, seen.hit.id), reverse=sort != OLDEST)
    if sort == PLACE:
        # Stable: within one place they stay newest first.
        hits.sort(key=lambda seen: tuple(seen.place(name) for name in PLACES))
    return hits


def _date(name: str, parameters: Parameters, faults: dict[str, str]) -> date | None:
    text = parameters.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults[name] = f"“{_shown(text)}” is no date: write it as 2026-01-31."
        return None


def _hours(parameters: Parameters, faults: dict[str, str]) -> tuple[int, int] | None:
    start = _number("hour_from", parameters, faults, most=23)
    end = _number("hour_to", parameters, faults, most=24)
    if start is None and end is None:
        return None
    # The same hour twice is once around the clock.
    found = (start or 0, 24 if end is None else end)
    return None if found[0] % 24 == found[1] % 24 else found


def _weekdays(parameters: Parameters, faults: dict[str, str]) -> frozenset[int]:
    found: set[int] = set()
    for text in parameters.getlist("day"):
        if text in {"0", "1", "2", "3", "4", "5", "6"}:
            found.add(int(text))
        elif text:
            faults["day"] = f"“{_shown(text)}” is no weekday: 0 is Monday, 6 is Sunday."
    return frozenset(found) if len(found) < len(WEEKDAYS) else frozenset()


def _number(name: str, parameters: Parameters, faults: dict[str, str], *, most: int) -> int | None:
    text = parameters.get(name, "")
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= 2 and int(text) <= most:
        return int(text)
    faults[name] = f"“{_shown(text)}” is no hour from 0 to {most}."
    return None


def _bounds(parameters: Parameters, faults: dict[str, str]) -> Bounds | None:
    text = parameters.get("map", "")
    if not text:
        return None
    try:
        south, west, north, east = (float(edge) for edge in text.split(","))
    except ValueError:
        south = north = float("nan")
        west = east = 0.0
    # A map can be moved around the world more than once; whatever is no number fails here too.
    if -90 <= south <= north <= 90 and abs(west) <= 720 and abs(east) <= 720 and west <= east:
        if east - west >= 360:
            return Bounds(south, -180.0, north, 180.0)
        return Bounds(south, _around(west), north, _around(east))
    faults["map"] = "The section of the map can't be understood; all places are shown."
    return None


def _around(longitude: float) -> float:
    """The same meridian from -180 to 180."""
    return (longitude + 180) % 360 - 180


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


_PLACE_OF: Mapping[str, Callable[[Hit], str]] = {
    "state": lambda hit: hit.place_state,
    "area": lambda hit: hit.place_area,
    "source": lambda hit: hit.source_name,
    "camera": lambda hit: f"{hit.source_name}: {hit.camera_name}",
}
