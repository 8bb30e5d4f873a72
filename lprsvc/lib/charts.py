"""Charts drawn on the server: a picture as SVG, and the table that says the same (SAF-4).

No script and no inline style: the policy in the response header forbids both, so colors come from
classes of the style sheet and sizes from the picture's own attributes. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_WIDTH = 440
_LEFT = 34
_BAR_HEIGHT = 96
_CELL_HEIGHT = 15
_AXIS = 18
# Shades of a grid's cells, as classes `lpr-shade-1` and so on.
_SHADES = 5
# Room for a word below an axis, in the picture's own units.
_TICK_WIDTH = 44


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name in full, its value, and the short word below it, if any.

    `url`: what the table's row leads to.
    """

    name: str
    value: int
    tick: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table beside a chart."""

    name: str
    cells: tuple[int, ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture and its table. `summary` says in words what the picture shows."""

    id: str
    title: str
    summary: str
    svg: SafeString
    head: tuple[str, ...]
    rows: tuple[Row, ...]


def bar_chart(
    id_: str, *, title: str, summary: str, bars: Sequence[Bar], unit: str, per: str
) -> Chart:
    """Bars from left to right, as a time-line. The table leaves out those of nothing.

    `unit` heads the table's numbers ("Hits"), `per` its names ("Week").
    """
    most = max((bar.value for bar in bars), default=0)
    step = (_WIDTH - _LEFT) / max(len(bars), 1)
    drawn = [
        (
            f"{_LEFT + index * step:.1f}",
            f"{_BAR_HEIGHT - (height := _height(bar.value, most)):.1f}",
            f"{max(step - 1, 1):.1f}",
            f"{height:.1f}",
            f"{bar.name}: {bar.value:,}",
        )
        for index, bar in enumerate(bars)
        if bar.value
    ]
    picture = format_html_join(
        "",
        '<rect class="lpr-chart__bar" x="{}" y="{}" width="{}" height="{}"><title>{}</title>'
        "</rect>",
        drawn,
    )
    svg = _svg(summary, _BAR_HEIGHT + _AXIS, _scale(most) + picture + _ticks(bars, step))
    rows = tuple(Row(bar.name, (bar.value,), bar.url) for bar in bars if bar.value)
    return Chart(id_, title, summary, svg, (per, unit), rows)


def grid_chart(
    id_: str,
    *,
    title: str,
    summary: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Mapping[tuple[int, int], int],
    corner: str,
    ticks: Mapping[int, str],
) -> Chart:
    """Shaded cells by row and column, as weekdays by hours; `values` by their two indexes.

    `ticks` are the words below some columns. The table leaves out columns of nothing.
    """
    most = max(values.values(), default=0)
    step = (_WIDTH - _LEFT) / len(columns)
    height = _CELL_HEIGHT * len(rows)
    ground = format_html(
        '<rect class="lpr-chart__ground" x="{}" y="0" width="{}" height="{}"></rect>',
        _LEFT,
        _WIDTH - _LEFT,
        height,
    )
    cells = format_html_join(
        "",
        '<rect class="lpr-shade-{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        [
            (
                -(-value * _SHADES // most),
                f"{_LEFT + column * step + 0.5:.1f}",
                row * _CELL_HEIGHT + 0.5,
                f"{step - 1:.1f}",
                _CELL_HEIGHT - 1,
                f"{rows[row]}, {columns[column]}: {value:,}",
            )
            for (row, column), value in sorted(values.items())
            if value
        ],
    )
    names = format_html_join(
        "",
        '<text class="lpr-chart__text" x="{}" y="{}" text-anchor="end">{}</text>',
        [
            (_LEFT - 5, row * _CELL_HEIGHT + _CELL_HEIGHT - 4, name[:3])
            for row, name in enumerate(rows)
        ],
    )
    below = _words((_LEFT + index * step, height, word) for index, word in ticks.items())
    used = sorted({column for _, column in values})
    table = tuple(
        Row(name, tuple(values.get((row, column), 0) for column in used))
        for row, name in enumerate(rows)
    )
    head = (corner, *(columns[column] for column in used))
    svg = _svg(summary, height + _AXIS, ground + cells + names + below)
    return Chart(id_, title, summary, svg, head, table)


def _svg(summary: str, height: int, content: SafeString) -> SafeString:
    return format_html(
        '<svg class="lpr-chart__picture" viewBox="0 0 {} {}" role="img" aria-label="{}"'
        ' focusable="false">{}</svg>',
        _WIDTH,
        height,
        summary,
        content,
    )


def _height(value: int, most: int) -> float:
    """A bar of anything at all can be seen."""
    return max(value / most * (_BAR_HEIGHT - 12), 2.0) if most else 0.0


def _scale(most: int) -> SafeString:
    """The line the bars stand on, the one the highest reaches, and how much that is."""
    return format_html(
        '<path class="lpr-chart__line" d="M{0} {1}H{2}M{0} 12H{2}"></path>'
        '<text class="lpr-chart__text" x="{3}" y="16" text-anchor="end">{4}</text>'
        '<text class="lpr-chart__text" x="{3}" y="{1}" text-anchor="end">0</text>',
        _LEFT,
        _BAR_HEIGHT,
        _WIDTH,
        _LEFT - 5,
        f"{most:,}",
    )


def _ticks(bars: Sequence[Bar], step: float) -> SafeString:
    """Words below bars, where they do not run into each other."""
    words: list[tuple[float, float, str]] = []
    for index, bar in enumerate(bars):
        at = _LEFT + index * step
        is_free = not words or at - words[-1][0] >= _TICK_WIDTH
        if bar.tick and is_free and at <= _WIDTH - _TICK_WIDTH / 2:
            words.append((at, _BAR_HEIGHT, bar.tick))
    return _words(words)


def _words(words: Iterable[tuple[float, float, str]]) -> SafeString:
    return format_html_join(
        "",
        '<text class="lpr-chart__text" x="{}" y="{}">{}</text>',
        ((f"{x:.1f}", y + 13, word) for x, y, word in words),
    )
