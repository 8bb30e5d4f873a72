"""Workbooks (XLSX) and CSV files whose cells never compute anything."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from lprsvc.lib.cells import neutral

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDEST = 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its title, headings and rows."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]


def workbook(title: str, sheets: Iterable[Sheet], *, made_at: datetime) -> bytes:
    """An XLSX workbook with a sheet for each table, headings kept in sight."""
    book = Workbook(write_only=True)
    book.properties.title = title
    book.properties.creator = "lprsvc"
    book.properties.language = "en-US"
    book.properties.created = book.properties.modified = made_at.replace(tzinfo=None)
    for table in sheets:
        sheet = book.create_sheet(table.title)
        sheet.freeze_panes = "A2"
        for place, width in enumerate(_widths(table), start=1):
            sheet.column_dimensions[get_column_letter(place)].width = width
        heading = []
        for text in table.headings:
            cell = WriteOnlyCell(sheet, value=text)
            cell.font = Font(bold=True)
            heading.append(cell)
        sheet.append(heading)
        for row in table.rows:
            sheet.append([neutral(value) for value in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def csv_text(table: Sheet) -> bytes:
    """The table as CSV, in UTF-8 with the mark by which spreadsheets know it."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(table.headings)
    writer.writerows([neutral(value) for value in row] for row in table.rows)
    return stream.getvalue().encode("utf-8-sig")


def _widths(table: Sheet) -> list[int]:
    columns = zip(*([table.headings, *table.rows[:500]]), strict=True)
    return [min(_WIDEST, max(len(str(value or "")) for value in column) + 2) for column in columns]
