"""Entries as a table: CSV, JSON lines, Excel and PDF, each headed by what it is a table of.

All write as they go, so that a million rows need no more memory than a thousand.
"""

import csv
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from reportlab.lib.pagesizes import LETTER, landscape
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from audit.kinds import label_of
from audit.leaf import canonical
from lprsvc.lib.cells import neutral

FORMAT = "lprsvc-audit-table/1"
HEADINGS = (
    *("No.", "Time (UTC)", "Who", "For", "What", "Plate", "State", "Reason", "Case or note"),
    *("Outcome", "Area", "Entry", "Leaf hash"),
)
# Of these the PDF shows all but the last two, which stand in the bundle beside it.
_WIDTHS = (38, 96, 96, 70, 110, 56, 40, 70, 116, 44)
_LINE, _MARGIN, _SIZE = 11, 24, 6.5
# Of the sheet, in characters; its last column is everything else.
_COLUMNS = (8, 27, 22, 18, 28, 12, 9, 18, 40, 14, 14, 38, 66, 60)
# Fields that have a column of their own, or say what another says better.
_SHOWN = frozenset({"actor_name", "behalf_name", "plate", "state", "reason", "note", "outcome"})
_MOST_IN_A_CELL = 32_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What every export says of itself: which log, what was looked for, how much was found, and the
    signed root under which it stands."""

    origin: str
    sought: str
    made_at: str
    made_by: str
    count: int
    size: int
    root: str
    entries_sha256: str

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Name and value, in the order in which they are read."""
        return [
            ("Format", FORMAT),
            ("Log", self.origin),
            ("Looked for", self.sought),
            ("Made", f"{self.made_at}, by {self.made_by}"),
            ("Entries", str(self.count)),
            ("Log size at the checkpoint", str(self.size)),
            ("Root", self.root),
            ("SHA-256 of entries.jsonl", self.entries_sha256),
        ]


@dataclass(frozen=True, slots=True)
class Row:
    """An entry, as its place in the log, its leaf hash and its fields."""

    idx: int
    id: str
    at: str
    kind: str
    leaf_hash: str
    fields: dict[str, Any]

    @property
    def cells(self) -> list[str]:
        """One text for each of `HEADINGS`."""
        said = self.fields
        outcome = f"{said.get('outcome', '')} {said.get('outcome_code') or ''}".strip()
        note = said.get("note") or said.get("message") or ""
        return [
            *(
                str(self.idx),
                self.at,
                _text(said.get("actor_name")),
                _text(said.get("behalf_name")),
            ),
            *(label_of(self.kind), _text(said.get("plate")), _text(said.get("state"))),
            *(_text(said.get("reason")), _text(note), outcome, _text(said.get("aor"))),
            *(self.id, self.leaf_hash),
        ]

    @property
    def rest(self) -> str:
        """Every field without a column, as JSON."""
        kept = {k: v for k, v in self.fields.items() if k not in _SHOWN and v is not None}
        return canonical(kept).decode()


Writer = Callable[[Path, Facts, Iterable[Row]], None]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def write_csv(path: Path, facts: Facts, rows: Iterable[Row]) -> None:
    """UTF-8 with the mark that spreadsheets know it by; lines beginning with # say what it is."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        for name, value in facts.lines:
            file.write(f"# {name}: {' '.join(value.split())}\r\n")
        writer = csv.writer(file)
        writer.writerow([*HEADINGS, "Everything else"])
        for row in rows:
            writer.writerow([neutral(cell) for cell in [*row.cells, row.rest]])


def write_jsonl(path: Path, facts: Facts, rows: Iterable[Row]) -> None:
    """A line that says what it is, then an object for each entry."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        head = {name.lower().replace(" ", "_"): value for name, value in facts.lines}
        file.write(json.dumps({"export": head}, ensure_ascii=False, sort_keys=True) + "\n")
        for row in rows:
            entry = {"i": row.idx, "id": row.id, "at": row.at, "kind": row.kind}
            entry |= {"leaf_hash": row.leaf_hash, "fields": row.fields}
            file.write(canonical(cast("Any", entry)).decode() + "\n")


def write_xlsx(path: Path, facts: Facts, rows: Iterable[Row]) -> None:
    """A sheet of entries, and one that says what they are; no cell computes anything."""
    book = Workbook(write_only=True)
    book.properties.title, book.properties.creator = f"Log {facts.origin}", "lprsvc"
    book.properties.language = "en-US"
    about = book.create_sheet("About")
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 28, 90
    for name, value in facts.lines:
        about.append([_bold(about, name), neutral(value)])
    # More rows than a sheet may have go on in a further one.
    pages = _in_parts(rows, 1_000_000)
    for number, part in enumerate(pages, start=1):
        sheet = book.create_sheet("Entries" if number == 1 else f"Entries {number}")
        sheet.freeze_panes = "A2"
        for place, width in zip("ABCDEFGHIJKLMN", _COLUMNS, strict=True):
            sheet.column_dimensions[place].width = width
        sheet.append([_bold(sheet, text) for text in (*HEADINGS, "Everything else")])
        for row in part:
            cells: list[object] = [_cell(text) for text in [*row.cells, row.rest]]
            cells[0] = row.idx
            sheet.append(cells)
    book.save(path)


def _in_parts(rows: Iterable[Row], most: int) -> Iterator[Iterator[Row]]:
    """The rows in parts of at most `most`, one part even of none."""
    source = iter(rows)
    first: Row | None = next(source, None)
    while True:
        yield _part(first, source, most)
        first = next(source, None)
        if first is None:
            return


def _part(first: Row | None, source: Iterator[Row], most: int) -> Iterator[Row]:
    if first is None:
        return
    yield first
    for _, row in zip(range(most - 1), source, strict=False):
        yield row


def _cell(text: str) -> object:
    # What XML can't hold would break the file: it is said by its number.
    shown = "".join(
        one
        if one in "\t\n"
        or (unicodedata.category(one) not in {"Cc", "Cs"} and one not in "\ufffe\uffff")
        else f"\\x{ord(one):02x}"
        for one in text[:_MOST_IN_A_CELL]
    )
    return neutral(shown)


def _bold(sheet: Any, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=text)
    cell.font = Font(bold=True)
    return cell


def write_pdf(path: Path, facts: Facts, rows: Iterable[Row]) -> None:
    """What it is, then a line for each entry; every page's foot has root and hash."""
    for face in ("Vera", "VeraBd"):
        registerFont(TTFont(face, f"{face}.ttf"))
    canvas = Canvas(str(path), pagesize=landscape(LETTER), lang="en-US", pageCompression=1)
    canvas.setTitle(f"Log {facts.origin}")
    canvas.setAuthor(facts.made_by)
    page = _Page(canvas, facts)
    page.about()
    for row in rows:
        cells = row.cells[: len(_WIDTHS)]
        cells[1] = cells[1][:19].replace("T", " ")
        page.line(cells)
    page.end()
    canvas.save()


class _Page:
    """Where on which page the next line goes."""

    def __init__(self, canvas: Canvas, facts: Facts) -> None:
        self._canvas, self._facts = canvas, facts
        self._width, self._height = landscape(LETTER)
        self._y, self._number = 0.0, 0

    def about(self) -> None:
        self._begin()
        self._canvas.setFont("VeraBd", 14)
        self._canvas.drawString(_MARGIN, self._y - 8, f"Log {self._facts.origin}")
        self._y -= 30
        for name, value in self._facts.lines:
            self._canvas.setFont("VeraBd", 8)
            self._canvas.drawString(_MARGIN, self._y, name)
            self._canvas.setFont("Vera", 8)
            for part in _wrapped(value, self._width - 2 * _MARGIN - 150, 8):
                self._canvas.drawString(_MARGIN + 150, self._y, part)
                self._y -= 12
        self._y -= 10
        self._heading()

    def line(self, cells: Sequence[str]) -> None:
        if self._y < _MARGIN + 2 * _LINE:
            self.end()
            self._begin()
            self._heading()
        self._canvas.setFont("Vera", _SIZE)
        self._draw(cells)

    def end(self) -> None:
        facts = self._facts
        self._canvas.setFont("Vera", 5.5)
        signed = f"{facts.origin}, {facts.size} entries, root {facts.root}"
        foot = f"{signed}, entries.jsonl {facts.entries_sha256}"
        self._canvas.drawString(_MARGIN, _MARGIN - 8, foot)
        self._canvas.drawRightString(self._width - _MARGIN, _MARGIN - 8, f"Page {self._number}")
        self._canvas.showPage()

    def _begin(self) -> None:
        self._number += 1
        self._y = self._height - _MARGIN - 10

    def _heading(self) -> None:
        self._canvas.setFont("VeraBd", _SIZE)
        self._draw(HEADINGS[: len(_WIDTHS)])
        self._canvas.line(_MARGIN, self._y + _LINE - 3, self._width - _MARGIN, self._y + _LINE - 3)

    def _draw(self, cells: Sequence[str]) -> None:
        x = float(_MARGIN)
        for text, width in zip(cells, _WIDTHS, strict=True):
            self._canvas.drawString(x, self._y, _fitted(text, width - 4))
            x += width
        self._y -= _LINE


def _fitted(text: str, width: float) -> str:
    """The text as far as it fits; what is cut off stands in the bundle beside it."""
    # No sign is narrower than a point.
    most = 2 * int(width)
    shown = " ".join(text[:most].split())
    if len(text) <= most and stringWidth(shown, "Vera", _SIZE) <= width:
        return shown
    while shown and stringWidth(f"{shown}…", "Vera", _SIZE) > width:
        shown = shown[:-1]
    return f"{shown}…"


def _wrapped(text: str, width: float, size: float) -> list[str]:
    lines, line = [], ""
    for word in text.split() or [""]:
        longer = f"{line} {word}".strip()
        if line and stringWidth(longer, "Vera", size) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


WRITERS: dict[str, Writer] = {
    "pdf": write_pdf,
    "xlsx": write_xlsx,
    "csv": write_csv,
    "jsonl": write_jsonl,
}


def as_text(lines: Sequence[tuple[str, str]]) -> str:
    """The facts as a text file."""
    return "".join(f"{name}: {value}\n" for name, value in lines)
