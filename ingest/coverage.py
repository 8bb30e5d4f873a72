"""How much is collected where: reads and cameras by state and metropolitan area (ING-7).

From the counts alone (`ingest.models.Coverage`): who sees this sees no read. Days are UTC's.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from django.db.models import Max, Q, Sum

from ingest.metropolitan import area_of_county, largest_areas, metropolitan_areas
from ingest.models import Coverage, SourceKind
from ingest.regions import STATE_OF_FIPS
from ingest.rules import AREAS_IN_CONTRACT, STATES_IN_CONTRACT
from lprsvc.lib.jurisdictions import state_name
from lprsvc.lib.timelines import day_name

_COUNTIES_OF_STATE = 1_000
_DAY = timedelta(days=1)
# Of these ids the contract's "states" are those that are one: not the District, no territory.
_NO_STATES = frozenset({"US-DC", "US-AS", "US-GU", "US-MP", "US-PR", "US-VI"})
_OFTEN_EMPTY = _NO_STATES - {"US-DC"}


class By(StrEnum):
    """What the rows of the table are."""

    STATE = "state"
    AREA = "area"


class Show(StrEnum):
    """Which rows are shown."""

    ALL = "all"
    COVERED = "covered"
    MISSING = "missing"


class Sort(StrEnum):
    """What the rows go by; a leading minus in the address turns it round."""

    NAME = "name"
    RANK = "rank"
    CAMERAS = "cameras"
    READS = "reads"
    HELD = "held"
    LAST = "last"


BY_LABELS = {By.STATE: "State", By.AREA: "Metropolitan area"}
SHOW_LABELS = {Show.ALL: "All", Show.COVERED: "With reads", Show.MISSING: "Without reads"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is looked at: days from `start` through `end`, the kind of source ("": all), the rows
    and their order."""

    start: date
    end: date
    kind: str = ""
    by: By = By.STATE
    show: Show = Show.ALL
    sort: Sort = Sort.READS
    is_descending: bool = True

    @property
    def query(self) -> str:
        """The choice as the address holds it."""
        return urlencode(
            {
                "start": self.start,
                "end": self.end,
                "kind": self.kind,
                "by": self.by,
                "show": self.show,
                "sort": f"-{self.sort}" if self.is_descending else self.sort,
            }
        )

    @property
    def period(self) -> str:
        """The days in words."""
        return f"{day_name(self.start)} to {day_name(self.end)}"

    @property
    def sentence(self) -> str:
        """The choice in words."""
        kind = SourceKind(self.kind).label.lower() if self.kind else "all"
        return f"{self.period} (UTC). Sources: {kind}. Shown: {SHOW_LABELS[self.show].lower()}."


@dataclass(slots=True)
class Row:
    """One state or metropolitan area. `rank`: by population, of the thirty largest areas.

    `cameras` that made a read there in the period; `held`: reads of the period still kept;
    `last_at`: the newest capture.
    """

    key: str
    name: str
    rank: int | None = None
    reads: int = 0
    held: int = 0
    last_at: datetime | None = None
    camera_ids: set[int] = field(default_factory=set)

    @property
    def cameras(self) -> int:
        """How many there are."""
        return len(self.camera_ids)

    @property
    def is_covered(self) -> bool:
        """Whether at least one read was made there in the period."""
        return self.reads > 0

    def add(self, line: Mapping[str, Any]) -> None:
        """Count one camera's reads in one county."""
        self.reads += line["reads"]
        self.held += line["kept"]
        self.last_at = max(filter(None, (self.last_at, line["last"])), default=None)
        self.camera_ids.add(line["camera_id"])


@dataclass(frozen=True, slots=True)
class ContractLine:
    """One line of the contract: so many covered of so many, and which are not."""

    what: str
    covered: int
    demanded: int
    of: int
    missing: Sequence[str]

    @property
    def is_kept(self) -> bool:
        """Whether the line is reached."""
        return self.covered >= self.demanded

    @property
    def short(self) -> int:
        """How many more it takes."""
        return max(0, self.demanded - self.covered)


@dataclass(frozen=True, slots=True)
class Found:
    """What the counts say. `rows` are those chosen, in order; `states` and `areas` all of them.

    `by_day`: reads collected on each day. The contract's lines look at every kind of source.
    """

    chosen: Chosen
    rows: Sequence[Row]
    states: Mapping[str, Row]
    areas: Mapping[str, Row]
    by_day: Mapping[date, int]
    lines: Sequence[ContractLine]

    @property
    def reads(self) -> int:
        """In all, of the kind of source chosen."""
        return sum(row.reads for row in self.states.values())

    @property
    def held(self) -> int:
        """Of them still kept."""
        return sum(row.held for row in self.states.values())

    @property
    def cameras(self) -> int:
        """In all; one that moves between states is one."""
        return len(set().union(*(row.camera_ids for row in self.states.values())))


def coverage_of(chosen: Chosen) -> Found:
    """The counts of the period, by two queries over the table of counts."""
    counted = list(_counted(chosen))
    kept = [line for line in counted if chosen.kind in {"", line["camera__source__kind"]}]
    states, areas = _by_state(kept), _by_area(kept)
    rows = states if chosen.by == By.STATE else areas
    return Found(
        chosen=chosen,
        rows=_in_order(_shown(rows.values(), chosen), chosen),
        states=states,
        areas=areas,
        by_day=_by_day(chosen),
        lines=_contract(_by_state(counted), _by_area(counted)),
    )


def _within(chosen: Chosen) -> Q:
    return Q(day__gte=chosen.start, day__lte=chosen.end)


def _counted(chosen: Chosen) -> Iterable[Mapping[str, Any]]:
    rows = Coverage.objects.filter(_within(chosen), collected__gt=0)
    grouped = rows.values("camera_id", "camera__source__kind", "county").order_by()
    return grouped.annotate(reads=Sum("collected"), kept=Sum("held"), last=Max("last_at"))


def _by_day(chosen: Chosen) -> Mapping[date, int]:
    rows = Coverage.objects.filter(_within(chosen))
    if chosen.kind:
        rows = rows.filter(camera__source__kind=chosen.kind)
    return Counter(dict(rows.order_by().values_list("day").annotate(Sum("collected"))))


def _by_state(lines: Iterable[Mapping[str, Any]]) -> dict[str, Row]:
    rows = {state: Row(state, state_name(state)) for state in STATE_OF_FIPS.values()}
    for line in lines:
        rows[STATE_OF_FIPS[f"{line['county'] // _COUNTIES_OF_STATE:02}"]].add(line)
    return {
        state: row
        for state, row in rows.items()
        # Nobody expects cameras in Guam: it is listed once there is one.
        if row.is_covered or state not in _OFTEN_EMPTY
    }


def _by_area(lines: Iterable[Mapping[str, Any]]) -> dict[str, Row]:
    """The areas with reads, and the thirty largest."""
    area_of = area_of_county()
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for line in lines:
        area = area_of.get(f"{line['county']:05}")
        if area is not None:
            found[area.code].append(line)
    rows = {}
    for code, area in metropolitan_areas().items():
        if code in found or area.rank:
            rows[code] = Row(code, area.title, area.rank)
            for line in found.get(code, ()):
                rows[code].add(line)
    return rows


def _contract(states: Mapping[str, Row], areas: Mapping[str, Row]) -> Sequence[ContractLine]:
    wanted = [row for state, row in states.items() if state not in _NO_STATES]
    largest = [areas[area.code] for area in largest_areas()]
    return (
        _line("states", wanted, STATES_IN_CONTRACT),
        _line("largest metropolitan areas", largest, AREAS_IN_CONTRACT),
    )


def _line(what: str, rows: Sequence[Row], demanded: int) -> ContractLine:
    missing = [row.name for row in rows if not row.is_covered]
    return ContractLine(what, len(rows) - len(missing), demanded, len(rows), missing)


def _shown(rows: Iterable[Row], chosen: Chosen) -> list[Row]:
    if chosen.show == Show.ALL:
        return list(rows)
    return [row for row in rows if row.is_covered == (chosen.show == Show.COVERED)]


_VALUES: Mapping[Sort, Callable[[Row], Any]] = {
    Sort.RANK: lambda row: row.rank,
    Sort.CAMERAS: lambda row: row.cameras,
    Sort.READS: lambda row: row.reads,
    Sort.HELD: lambda row: row.held,
    Sort.LAST: lambda row: row.last_at,
}


def _in_order(rows: list[Row], chosen: Chosen) -> list[Row]:
    """By name where what is asked for is the same; what has no rank or no read comes last."""
    rows = sorted(rows, key=lambda row: row.name)
    if chosen.sort == Sort.NAME:
        return rows[::-1] if chosen.is_descending else rows
    known = _VALUES[chosen.sort]
    having = [row for row in rows if known(row) is not None]
    having.sort(key=known, reverse=chosen.is_descending)
    return having + [row for row in rows if known(row) is None]


def usual_period(today: date, days: int) -> tuple[date, date]:
    """So many days, today the last of them."""
    return today - (days - 1) * _DAY, today
