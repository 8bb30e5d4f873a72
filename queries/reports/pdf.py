"""The report as PDF: an overview, then a page for each hit. Title, language, numbered pages."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from PIL import Image as Pillow
from reportlab.lib import colors
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import getFont, registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    LongTable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from ingest.maps.mercator import View, zoom_to_fit
from ingest.maps.sources import Layer
from lprsvc.lib.jurisdictions import state_name
from queries.reports import words
from queries.reports.content import WARNING, PrintedHit, PrintedPhotograph, Report
from queries.reports.plots import SHARPNESS, Atlas, MapBox, Pin, caption
from queries.reports.tagging import Element, Structure, TaggedCanvas, tagged_table

PDF_TYPE = "application/pdf"
_MARGIN, _WIDTH = 43.0, LETTER[0] - 86.0
_PHOTOGRAPH_HEIGHT, _MAP_HEIGHT = 185.0, 175.0
# What paper can show of a photograph; larger ones are made smaller, and say their own hash.
_LONGEST_SIDE = 1600
_LINE = colors.HexColor("#a9aeb1")

for _name, _file in (("Vera", "Vera.ttf"), ("Vera-Bold", "VeraBd.ttf")):
    registerFont(TTFont(_name, _file))

# `tag`: what the text is, in the structure of the file (`queries.reports.tagging`).
_TEXT = ParagraphStyle(
    "text", fontName="Vera", fontSize=8, leading=10.5, splitLongWords=1, tag="LBody"
)
_SMALL = ParagraphStyle(
    "small", parent=_TEXT, fontSize=6, leading=8, textColor="#3d4551", tag="Caption"
)
_NAME = ParagraphStyle("name", parent=_TEXT, fontSize=7, textColor="#565c65", tag="Lbl")
_WARNING = ParagraphStyle("warning", parent=_SMALL, tag="")
_CELL = ParagraphStyle("cell", parent=_NAME, tag="TD")
_HEAD = ParagraphStyle("head", parent=_TEXT, fontName="Vera-Bold", fontSize=7, tag="TH")
_TITLE = ParagraphStyle("title", fontName="Vera-Bold", fontSize=17, leading=22, tag="H1")
_SECTION = ParagraphStyle(
    "section", fontName="Vera-Bold", fontSize=11, leading=14, spaceBefore=9, spaceAfter=4, tag="H2"
)


@dataclass(frozen=True, slots=True)
class Printed:
    """The finished file."""

    content: bytes
    pages: int


def report_pdf(report: Report, *, say: Callable[[int], None]) -> Printed:
    """The whole report. Reads tiles, streets and photographs; everything else is in `report`.

    `say` is told, page by page, how many hits are drawn; what it raises ends the drawing.
    """
    stream, atlas = io.BytesIO(), Atlas()
    title = f"License plate reader report: {report.query.plate_key}"
    document = SimpleDocTemplate(
        stream,
        pagesize=LETTER,
        leftMargin=_MARGIN - 6,
        rightMargin=_MARGIN - 6,
        topMargin=46,
        bottomMargin=62,
        title=title,
        author=report.person.name,
        subject=f"Log entry {report.query_id}",
        creator=settings.SERVICE_NAME,
        lang="en-US",
        displayDocTitle=1,
    )
    counted: list[int] = []

    class Pages(_NumberedCanvas):
        structure = Structure()
        # Stands first, though it is drawn last, at the foot of the first page (QRY-9).
        warning = structure.leaf("P")
        head, count = f"{report.query.plate_key} {state_name(report.query.state)}", counted
        foot = f"{report.opened.id} · made {report.made_at:%Y-%m-%d %H:%M} UTC"

        def showPage(self) -> None:  # noqa: N802  reportlab's name
            super().showPage()
            say(max(len(self._pages) - 1, 0))

    document.build(_overview(report, atlas) + _hit_pages(report, atlas), canvasmaker=Pages)
    return Printed(stream.getvalue(), counted[0])


def _overview(report: Report, atlas: Atlas) -> list[Any]:
    parts: list[Any] = [
        _paragraph("License plate reader report", _TITLE),
        _paragraph("The query", _SECTION),
        _facts(words.question(report)),
        _paragraph("Hits in this report", _SECTION),
        _hit_table(report.hits),
        Spacer(1, 8),
        _overview_map(report.hits, atlas),
        _paragraph("Keeping and proof", _SECTION),
        _facts(words.keeping(report) + words.receipts(report)),
    ]
    return parts


def _hit_table(hits: Sequence[PrintedHit]) -> Any:
    rows = [[_paragraph(text, _HEAD) for text in ("No.", "Time", "Camera", "Place")]]
    for one in hits:
        hit = one.hit
        times = (
            f"{words.clock(hit.captured_at, hit.timezone)} ({words.clock(hit.captured_at, 'UTC')})"
        )
        place = hit.place.address_text if hit.place else words.coordinates(hit)
        camera = f"{hit.source_name}, {hit.camera_name}"
        rows.append([_paragraph(text, _CELL) for text in (str(one.number), times, camera, place)])
    table = LongTable(
        rows,
        colWidths=[30, 165, 175, _WIDTH - 370],
        repeatRows=1,
        renderCB=tagged_table("Table", "TR"),
    )
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#dfe1e2")),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ]
        )
    )
    return table


def _overview_map(hits: Sequence[PrintedHit], atlas: Atlas) -> MapBox:
    width, height = round(_WIDTH * SHARPNESS), 190 * SHARPNESS
    places = [(one.hit.latitude, one.hit.longitude) for one in hits]
    margin = 40 * SHARPNESS
    latitude, longitude, zoom = zoom_to_fit(places, width - margin, height - margin, closest=14)
    pins: dict[tuple[float, float], list[str]] = {}
    for one in hits:
        pins.setdefault((one.hit.latitude, one.hit.longitude), []).append(str(one.number))
    marks = [
        Pin(*place, numbers[0] if len(numbers) == 1 else f"{len(numbers)}×")
        for place, numbers in pins.items()
    ]
    view = View(latitude, longitude, zoom, width, height)
    shows = f"Map of all {len(hits)} hits of this report; the table says where each was."
    return MapBox(atlas, Layer.MAP, view, marks, shows)


def _hit_pages(report: Report, atlas: Atlas) -> list[Any]:
    parts: list[Any] = []
    for one in report.hits:
        heading = f"Hit {one.number}: {words.clock(one.hit.captured_at, one.hit.timezone)}"
        parts += [PageBreak(), _paragraph(heading, _SECTION), _photographs(one)]
        parts += [Spacer(1, 4), _two_columns(words.facts(one.hit)), Spacer(1, 6)]
        parts.append(_maps(one, atlas))
    return parts


def _photographs(one: PrintedHit) -> Any:
    width = _WIDTH / 2 - 4
    pictures = [_PhotographBox(photograph, width) for photograph in one.photographs]
    below = [
        _paragraph(f"{photograph.caption}. SHA-256 {photograph.sha256}", _SMALL)
        for photograph in one.photographs
    ]
    return _grid([pictures, below], [width + 4] * 2)


class _PhotographBox(Flowable):  # type: ignore[misc]
    """A photograph within its box, never distorted; read when its page is laid out."""

    def __init__(self, photograph: PrintedPhotograph, width: float) -> None:
        super().__init__()
        self._photograph, self._most = photograph, width
        self._picture: ImageReader | None = None
        self._is_read = False

    def wrap(self, *_: float) -> tuple[float, float]:
        """Its size on paper."""
        if not self._is_read:
            self._is_read = True
            self.width, self.height = self._read()
        return self.width, self.height

    def draw(self) -> None:
        """The picture, or why there is none."""
        if self._picture is None:
            with self.canv.tagged("P"):
                self.canv.setFont("Vera", 7)
                self.canv.drawString(0, 4, "This photograph can't be decoded.")
            return
        with self.canv.tagged("Figure", f"Photograph: {self._photograph.caption}"):
            self.canv.drawImage(self._picture, 0, 0, self.width, self.height)
        self._picture = None

    def _read(self) -> tuple[float, float]:
        try:
            content, size = _for_paper(self._photograph.content)
        except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
            return self._most, 14
        self._picture = ImageReader(io.BytesIO(content))
        scale = min(self._most / size[0], _PHOTOGRAPH_HEIGHT / size[1])
        return size[0] * scale, size[1] * scale


def _for_paper(content: bytes) -> tuple[bytes, tuple[int, int]]:
    """A JPEG of moderate size as it is; anything else as one."""
    with Pillow.open(io.BytesIO(content)) as image:
        if image.format == "JPEG" and image.mode == "RGB" and max(image.size) <= _LONGEST_SIDE:
            return content, image.size
        picture = image.convert("RGB")
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=90)
    return target.getvalue(), picture.size


def _maps(one: PrintedHit, atlas: Atlas) -> Any:
    """Two different views of the map, and the satellite picture (QRY-8)."""
    width = (_WIDTH - 12) / 3
    shown = (
        (Layer.MAP, 16.0, "Street view"),
        (Layer.MAP, 12.0, "Area view"),
        (Layer.IMAGERY, 16.0, "Satellite"),
    )
    pixels = round(width * SHARPNESS), round(_MAP_HEIGHT * SHARPNESS)
    place = one.hit.latitude, one.hit.longitude
    boxes = [
        MapBox(
            *(atlas, layer, View(*place, zoom, *pixels), [Pin(*place)]),
            f"{text} around {words.coordinates(one.hit)}, where the read was made",
        )
        for layer, zoom, text in shown
    ]
    below = [_paragraph(caption(layer, text), _SMALL) for layer, _, text in shown]
    return _grid([boxes, below], [width + 4] * 3)


def _grid(rows: list[list[Any]], widths: list[float], *, kind: str = "", row_kind: str = "") -> Any:
    table = Table(rows, colWidths=widths, renderCB=tagged_table(kind, row_kind))
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    return table


def _facts(lines: Sequence[tuple[str, str]]) -> Any:
    rows = [[_paragraph(name, _NAME), _paragraph(text, _TEXT)] for name, text in lines]
    # Each line may go on over pages: a case reference has up to 2,000 characters.
    return _grid(rows, [110, _WIDTH - 110], kind="L", row_kind="LI")


def _two_columns(lines: Sequence[tuple[str, str]]) -> Any:
    half = (len(lines) + 1) // 2
    cells = [_facts_of(lines[:half]), _facts_of(lines[half:])]
    return _grid([cells], [_WIDTH / 2, _WIDTH / 2])


def _facts_of(lines: Sequence[tuple[str, str]]) -> Any:
    rows = [[[_paragraph(name, _NAME), _paragraph(text, _TEXT)]] for name, text in lines]
    return _grid(rows, [_WIDTH / 2 - 8], kind="L", row_kind="LI")


class _NumberedCanvas(TaggedCanvas):
    """Heads each page with the plate, and foots it with the warning (QRY-9) and its number."""

    head, foot = "", ""
    warning: Element
    count: list[int]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  reportlab's name
        """Keep the page until the number of pages is known."""
        self._pages.append(dict(self.__dict__))
        self.structure.marked.append([])
        self._startPage()

    def save(self) -> None:
        """Number the pages and write them all."""
        self.count.append(len(self._pages))
        for page in self._pages:
            self.__dict__.update(page)
            self._frame()
            super().showPage()
        self.write_structure()
        super().save()

    def _frame(self) -> None:
        with self.artifact():
            self._rim()
        warning = _paragraph(WARNING, _WARNING)
        _, height = warning.wrap(_WIDTH - 12, 60)
        with self.artifact():
            self.setFillColor(colors.HexColor("#faf3d1"))
            self.rect(_MARGIN, 32, _WIDTH, height + 6, stroke=0, fill=1)
        # Read once, though each page has it.
        is_first = self._pageNumber == 1
        with self.part_of(self.warning, page=0) if is_first else self.artifact():
            warning.drawOn(self, _MARGIN + 6, 35)

    def _rim(self) -> None:
        right = LETTER[0] - _MARGIN
        self.setFillColor(colors.HexColor("#1b1b1b"))
        self.setFont("Vera-Bold", 8)
        self.drawString(_MARGIN, LETTER[1] - 34, self.head)
        self.setFont("Vera", 7)
        self.drawRightString(right, LETTER[1] - 34, settings.SERVICE_NAME)
        self.setStrokeColor(_LINE)
        self.line(_MARGIN, LETTER[1] - 39, right, LETTER[1] - 39)
        self.setFont("Vera", 6)
        self.drawString(_MARGIN, 20, self.foot)
        self.drawRightString(right, 20, f"Page {self._pageNumber} of {len(self._pages)}")


class _Tagged(Paragraph):  # type: ignore[misc]
    """A text that is what its style's `tag` says; without one, whoever draws it has said it."""

    def draw(self) -> None:
        """As any, marked."""
        if not (kind := getattr(self.style, "tag", "")):
            super().draw()
            return
        with self.canv.tagged(kind):
            super().draw()


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    glyphs = getFont("Vera").face.charToGlyph
    shown = "".join(letter if ord(letter) in glyphs or letter == "\n" else "?" for letter in text)
    return _Tagged(escape(shown).replace("\n", "<br/>"), style)
