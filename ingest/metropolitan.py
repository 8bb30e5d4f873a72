"""Metropolitan statistical areas, as frozen in ``facts/metropolitan_areas.txt``."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FACTS = Path(__file__).parent / "facts" / "metropolitan_areas.txt"


@dataclass(frozen=True, slots=True)
class MetropolitanArea:
    """One area by the Census Bureau's code; `rank` by population, None below the thirtieth."""

    code: str
    title: str
    rank: int | None
    counties: tuple[str, ...]


@cache
def metropolitan_areas() -> dict[str, MetropolitanArea]:
    """Every area by its code, in the order of titles."""
    lines = _FACTS.read_text("utf-8").splitlines()
    areas = [_parse(line) for line in lines if not line.startswith("#")]
    return {area.code: area for area in areas}


@cache
def largest_areas() -> tuple[MetropolitanArea, ...]:
    """The thirty most populous, the largest first: what the contract's line counts."""
    ranked = [(area.rank, area) for area in metropolitan_areas().values() if area.rank]
    return tuple(area for _, area in sorted(ranked, key=lambda pair: pair[0]))


@cache
def area_of_county() -> dict[str, MetropolitanArea]:
    """FIPS code of a county → the area it is part of; counties outside of all are not in it."""
    return {county: area for area in metropolitan_areas().values() for county in area.counties}


def _parse(line: str) -> MetropolitanArea:
    code, rank, title, counties = line.split("|")
    return MetropolitanArea(code, title, int(rank) if rank else None, tuple(counties.split()))
