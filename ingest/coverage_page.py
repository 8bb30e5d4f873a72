"""The coverage made ready for a page: the map and the time-line as SVG, the table's headings."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ingest.coverage import By, Chosen, Found, Row, Sort
from ingest.maps.national import HEIGHT, WIDTH, area_point, state_shapes
from ingest.metropolitan import metropolitan_areas
from lprsvc.lib.charts import Bar, Chart, bar_chart
from lprsvc.lib.timelines import day_name, step_for

SHADES = 5
_LEAST_RADIUS, _MOST_RADIUS = 2.0, 8.0
_HEADINGS = {
    Sort.NAME: "Place",
    Sort.RANK: "Rank",
    Sort.CAMERAS: "Cameras",
    Sort.READS: "Reads collected",
    Sort.HELD: "Still held",
    Sort.LAST: "Last read (UTC)",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading and the address that sorts by it; `order` is ARIA's word for how it is
    sorted now."""

    label: str
    url: str
    order: str


@dataclass(frozen=True, slots=True)
class Band:
    """One shade of the map's key: reads from `least` to `most`."""

    shade: int
    least: int
    most: int


def headings(chosen: Chosen) -> list[Heading]:
    """Of the table's columns; states have no rank."""
    columns = [sort for sort in _HEADINGS if sort != Sort.RANK or chosen.by == By.AREA]
    return [_heading(sort, chosen) for sort in columns]


def _heading(sort: Sort, chosen: Chosen) -> Heading:
    is_here = sort == chosen.sort
    # Numbers are asked for from the top, names from A.
    first = sort in {Sort.NAME, Sort.RANK}
    turned = chosen.is_descending if is_here else first
    query = dict(parse_qsl(chosen.query, keep_blank_values=True))
    query["sort"] = sort.value if turned else f"-{sort}"
    order = ("descending" if chosen.is_descending else "ascending") if is_here else "none"
    return Heading(_HEADINGS[sort], f"?{urlencode(query)}", order)


def shade_of(reads: int, most: int) -> int:
    """0 for nothing, else 1 to `SHADES`: each shade stands for as many times more as the last,
    since a metropolis has a thousand times the reads of a prairie."""
    if not reads:
        return 0
    if most <= 1:
        return SHADES
    return min(SHADES, 1 + int(SHADES * math.log(reads) / math.log(most + 1)))


def bands(found: Found) -> list[Band]:
    """The map's key; empty where there is nothing."""
    most = _most(found.states.values())
    reads = sorted(row.reads for row in found.states.values() if row.reads)
    shaded = [(shade_of(count, most), count) for count in reads]
    return [
        Band(shade, min(counts), max(counts))
        for shade in range(1, SHADES + 1)
        if (counts := [count for one, count in shaded if one == shade])
    ]


def map_svg(found: Found) -> SafeString:
    """States shaded by their reads, a circle for each metropolitan area with any."""
    most = _most(found.states.values())
    states = format_html_join(
        "",
        '<path class="lpr-coverage__state lpr-shade-{}" d="{}"><title>{}</title></path>',
        [
            (shade_of(found.states[state].reads, most), shape.path, _told(found.states[state]))
            for state, shape in state_shapes().items()
            if state in found.states
        ],
    )
    circles = format_html_join(
        "",
        '<circle class="lpr-coverage__area" cx="{}" cy="{}" r="{}"><title>{}</title></circle>',
        [
            (f"{x:.1f}", f"{y:.1f}", f"{radius:.1f}", _told(row))
            for row, x, y, radius in area_circles(found)
        ],
    )
    return format_html(
        '<svg class="lpr-coverage__map" viewBox="0 0 {} {}" role="img" aria-label="{}"'
        ' focusable="false">{}{}</svg>',
        WIDTH,
        HEIGHT,
        map_words(found),
        states,
        circles,
    )


def area_circles(found: Found) -> list[tuple[Row, float, float, float]]:
    """Each area with reads: where it stands on the map, and its circle's radius; large ones first,
    so that none hides another."""
    most = _most(found.areas.values())
    drawn = []
    for code, row in found.areas.items():
        at = area_point(metropolitan_areas()[code]) if row.is_covered else None
        if at is not None:
            radius = max(_LEAST_RADIUS, _MOST_RADIUS * math.sqrt(row.reads / most))
            drawn.append((row, *at, radius))
    return sorted(drawn, key=lambda one: -one[3])


def map_words(found: Found) -> str:
    """What the map shows, in words."""
    states = sum(row.is_covered for row in found.states.values())
    areas = sum(row.is_covered for row in found.areas.values())
    return (
        f"Map of the United States: reads in {states} states and districts and {areas}"
        f" metropolitan areas, {found.chosen.period}. The table says the same."
    )


def timeline(found: Found) -> Chart:
    """Reads collected over the period."""
    first, last = found.chosen.start, found.chosen.end
    step = step_for((last - first).days + 1)
    sums: dict[str, int] = {}
    bars = []
    for start in step.starts(first, last):
        name = step.name(start)
        sums[name] = sum(
            reads for day, reads in found.by_day.items() if start <= day < step.after(start)
        )
        bars.append(Bar(name=name, value=sums[name], tick=step.tick(start)))
    best = max(sums, key=lambda name: sums[name])
    summary = (
        f"Reads by {step.noun}, {day_name(first)} to {day_name(last)}."
        f" Most in one {step.noun}: {sums[best]:,}, {best}."
    )
    return bar_chart(
        "coverage",
        title=f"Reads collected by {step.noun}",
        summary=summary,
        bars=bars,
        unit="Reads",
        per=step.noun.capitalize(),
    )


def _told(row: Row) -> str:
    return f"{row.name}: {row.reads:,} reads, {row.cameras:,} cameras"


def _most(rows: Iterable[Row]) -> int:
    return max((row.reads for row in rows), default=0)
