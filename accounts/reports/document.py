"""PDF documents: a title, paragraphs and tables, numbered pages, said to be in English."""

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from reportlab.lib import colors
from reportlab.lib.pagesizes import LETTER, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.pdfbase.pdfmetrics import getFont, registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

PDF_TYPE = "application/pdf"
_TEXT = ParagraphStyle("text", fontName="Vera", fontSize=8, leading=11, spaceAfter=6)
_CELL = ParagraphStyle("cell", fontName="Vera", fontSize=7, leading=9)
_HEAD = ParagraphStyle("head", parent=_CELL, fontName="Vera-Bold")
_TITLE = ParagraphStyle(
    "title", fontName="Vera-Bold", fontSize=16, leading=20, spaceAfter=8, outlineLevel=0
)
_SECTION = ParagraphStyle(
    "section", fontName="Vera-Bold", fontSize=12, leading=15, spaceBefore=10, spaceAfter=6
)


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `widths` are shares of the page's width. Its headings repeat on every page."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    empty: str = "None."
    # Room to write in by hand, in points below each line.
    room: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing (``reportlab.graphics``); what it shows stands in the tables, too."""

    drawing: Any


Part = Heading | Text | Table | Figure


def pdf(title: str, parts: Sequence[Part], *, made_at: datetime, subject: str = "") -> bytes:
    """A PDF on letter paper, lying."""
    stream = io.BytesIO()
    page = landscape(LETTER)
    document = SimpleDocTemplate(
        stream,
        pagesize=page,
        leftMargin=0.6 * inch,
        rightMargin=0.6 * inch,
        topMargin=0.6 * inch,
        bottomMargin=0.7 * inch,
        title=title,
        author=settings.SERVICE_NAME,
        subject=subject or title,
        creator="lprsvc",
        lang="en-US",
        displayDocTitle=1,
    )
    story: list[Any] = [_paragraph(title, _TITLE)]
    for part in parts:
        story += _flowables(part, document.width)
    made = f"{title} · made {made_at:%Y-%m-%d %H:%M} UTC"

    class Numbered(_NumberedCanvas):
        footer = made

    document.build(story, canvasmaker=Numbered)
    return stream.getvalue()


class _NumberedCanvas(Canvas):  # type: ignore[misc]
    """Writes "Page 2 of 5" when it knows how many there are."""

    footer = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  reportlab's name
        """Keep the page until the number of pages is known."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Number the pages and write them all."""
        for page in self._pages:
            self.__dict__.update(page)
            self.setFont("Vera", 7)
            width, _ = self._pagesize
            self.drawString(0.6 * inch, 0.4 * inch, self.footer)
            self.drawRightString(
                width - 0.6 * inch, 0.4 * inch, f"Page {self._pageNumber} of {len(self._pages)}"
            )
            super().showPage()
        super().save()


def _flowables(part: Part, width: float) -> list[Any]:
    if isinstance(part, Heading):
        return [_paragraph(part.text, _SECTION)]
    if isinstance(part, Text):
        return [_paragraph(part.text, _TEXT)]
    if isinstance(part, Figure):
        return [part.drawing, Spacer(1, 8)]
    if not part.rows:
        return [_paragraph(part.empty, _TEXT)]
    cells = [[_paragraph(text, _HEAD) for text in part.headings]]
    cells += [[_paragraph(text, _CELL) for text in row] for row in part.rows]
    table = LongTable(
        cells, colWidths=[share * width / sum(part.widths) for share in part.widths], repeatRows=1
    )
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#dfe1e2")),
                ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#71767a")),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 1), (-1, -1), 3 + part.room),
            ]
        )
    )
    return [table, Spacer(1, 8)]


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape("".join(map(_printable, text))), style)


def _printable(letter: str) -> str:
    """The letter if the embedded font has it; else without its marks; else a sign in its place."""
    if ord(letter) in _glyphs():
        return letter
    plain = unicodedata.normalize("NFKD", letter)[0]
    return plain if ord(plain) in _glyphs() else "?"


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(getFont("Vera").face.charToGlyph)


# Embedded, so that a document looks the same for ever; it comes with reportlab.
for _name, _file in (("Vera", "Vera.ttf"), ("Vera-Bold", "VeraBd.ttf")):
    registerFont(TTFont(_name, _file))
