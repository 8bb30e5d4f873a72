"""The coverage as PDF and as a workbook (ING-7)."""

from collections.abc import Sequence
from datetime import datetime

from reportlab.graphics.shapes import Circle, Drawing, Path, Rect, String
from reportlab.lib import colors

from accounts.reports.document import PDF_TYPE, Figure, Heading, Part, Table, Text, pdf
from accounts.reports.spreadsheet import XLSX_TYPE, Sheet, workbook
from ingest.coverage import BY_LABELS, By, Found, Row
from ingest.coverage_page import area_circles, map_words, shade_of, timeline
from ingest.maps.national import HEIGHT, WIDTH, state_shapes
from lprsvc.lib.charts import Chart

TITLE = "Coverage"
_SHADES = ("#f0f0f0", "#aacdec", "#73b3e7", "#2491ff", "#005ea2", "#162e51")
_CIRCLE, _BORDER = colors.HexColor("#b50909"), colors.HexColor("#71767a")
_BAR = colors.HexColor("#005ea2")
_CHART_WIDTH, _CHART_HEIGHT = 680.0, 90.0
_COLUMNS = ("Code", "Place", "Rank", "Cameras", "Reads collected", "Still held", "Last read (UTC)")


def coverage_pdf(found: Found, *, now: datetime) -> bytes:
    """Map, the contract's lines, the time-line and the rows chosen."""
    chart = timeline(found)
    parts: list[Part] = [
        Text(f"{found.chosen.sentence} {found.reads:,} reads of {found.cameras:,} cameras."),
        *(Text(text) for text in contract_words(found)),
        Figure(_map(found)),
        Text(map_words(found)),
        Heading(chart.title),
        Text(chart.summary),
        Figure(_bars(chart)),
        Heading(f"By {BY_LABELS[found.chosen.by].lower()}"),
        Table(
            _COLUMNS[1:],
            [[str(cell) for cell in _cells(row)[1:]] for row in found.rows],
            widths=(7, 2, 3, 3, 3, 5),
            empty="No place of this kind.",
        ),
    ]
    return pdf(TITLE, parts, made_at=now)


def coverage_workbook(found: Found, *, now: datetime) -> bytes:
    """A sheet for states, one for areas, one by day, and one that says what was chosen."""
    about = [
        ("Report", TITLE),
        ("Made at (UTC)", f"{now:%Y-%m-%d %H:%M}"),
        ("Shown", found.chosen.sentence),
        ("Reads", found.reads),
        ("Cameras", found.cameras),
        *(("Contract", text) for text in contract_words(found)),
    ]
    days = [(f"{day:%Y-%m-%d}", reads) for day, reads in sorted(found.by_day.items())]
    return workbook(
        TITLE,
        [
            Sheet("States", _COLUMNS, _lines(found, By.STATE)),
            Sheet("Metropolitan areas", _COLUMNS, _lines(found, By.AREA)),
            Sheet("Days", ("Day (UTC)", "Reads collected"), days),
            Sheet("About", ("What", "Which"), about),
        ],
        made_at=now,
    )


TYPES = {"xlsx": XLSX_TYPE, "pdf": PDF_TYPE}
MAKERS = {"xlsx": coverage_workbook, "pdf": coverage_pdf}


def contract_words(found: Found) -> list[str]:
    """The contract's lines, each in a sentence or two."""
    return [
        f"{line.covered} of {line.of} {line.what}; the contract's line is {line.demanded}:"
        f" {'kept' if line.is_kept else 'not kept'}."
        + (f" Without a read: {'; '.join(line.missing)}." if line.missing else "")
        for line in found.lines
    ]


def _lines(found: Found, by: By) -> list[list[object]]:
    """The rows chosen, in their order; of the other kind all there are."""
    if by == found.chosen.by:
        return [_cells(row) for row in found.rows]
    return [_cells(row) for row in (found.states if by == By.STATE else found.areas).values()]


def _cells(row: Row) -> list[object]:
    last = f"{row.last_at:%Y-%m-%d %H:%M}" if row.last_at else ""
    return [row.key, row.name, row.rank or "", row.cameras, row.reads, row.held, last]


def _map(found: Found) -> Drawing:
    drawing = Drawing(WIDTH, HEIGHT)
    most = max((row.reads for row in found.states.values()), default=0)
    for state, shape in state_shapes().items():
        fill = colors.HexColor(_SHADES[shade_of(found.states[state].reads, most)])
        for ring in shape.rings:
            drawing.add(_outline(ring, fill))
    for _, x, y, radius in area_circles(found):
        drawing.add(
            Circle(
                x, HEIGHT - y, radius, fillColor=_CIRCLE, fillOpacity=0.55,
                strokeColor=colors.white, strokeWidth=0.5,
            )
        )  # fmt: skip
    return drawing


def _outline(ring: Sequence[tuple[float, float]], fill: colors.Color) -> Path:
    path = Path(fillColor=fill, strokeColor=_BORDER, strokeWidth=0.4)
    for place, (x, y) in enumerate(ring):
        (path.lineTo if place else path.moveTo)(x, HEIGHT - y)
    path.closePath()
    return path


def _bars(chart: Chart) -> Drawing:
    """The chart's rows as bars; those of nothing are not among them, so each has its name."""
    drawing = Drawing(_CHART_WIDTH, _CHART_HEIGHT)
    most = max((row.cells[0] for row in chart.rows), default=0)
    step = _CHART_WIDTH / max(len(chart.rows), 1)
    for place, row in enumerate(chart.rows):
        height = max(1.0, (_CHART_HEIGHT - 14) * row.cells[0] / most)
        drawing.add(
            Rect(
                place * step, 12, min(max(step - 1, 0.5), 40), height, fillColor=_BAR,
                strokeColor=None,
            )
        )  # fmt: skip
    if chart.rows:
        ends = ((0.0, chart.rows[0], "start"), (_CHART_WIDTH, chart.rows[-1], "end"))
        for x, row, anchor in ends[: len(chart.rows)]:
            drawing.add(String(x, 2, row.name, fontName="Vera", fontSize=7, textAnchor=anchor))
    return drawing
