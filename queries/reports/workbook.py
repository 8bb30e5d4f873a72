"""The chosen hits as XLSX: who asked and why above the table; no cell computes anything."""

import io
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from accounts.reports.spreadsheet import XLSX_TYPE
from lprsvc.lib.cells import neutral
from queries.reports import words
from queries.reports.content import WARNING, PrintedHit, Report

__all__ = ["XLSX_TYPE", "report_workbook"]

_HEADINGS = (
    *("No.", "Local time", "UTC", "Plate as read", "State", "Source", "Camera", "Latitude"),
    *("Longitude", "Nearest address", "Nearest intersection", "Make", "Model", "Color", "OCR"),
    *("Vehicle photograph, SHA-256", "Plate photograph, SHA-256"),
)
_WIDTHS = (14, 30, 26, 14, 8, 26, 26, 11, 11, 44, 44, 14, 14, 12, 7, 24, 24)


def report_workbook(report: Report) -> bytes:
    """One sheet: the head, then a line for each hit."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "Hits"
    book.properties.title = f"License plate reader report: {report.query.plate_key}"
    book.properties.creator = report.person.name
    book.properties.language = "en-US"
    for place, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    head = words.question(report) + words.keeping(report) + words.receipts(report)
    for name, text in [*head, ("Warning", WARNING)]:
        sheet.append([name, neutral(text)])
        sheet.cell(sheet.max_row, 1).font = Font(bold=True)
    sheet.append([])
    sheet.append(list(_HEADINGS))
    for cell in sheet[sheet.max_row]:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for one in report.hits:
        sheet.append([neutral(value) for value in _row(one)])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _row(one: PrintedHit) -> list[object]:
    hit = one.hit
    hashes = {photograph.role: photograph.sha256 for photograph in one.photographs}
    return [
        one.number,
        words.clock(hit.captured_at, hit.timezone),
        words.clock(hit.captured_at, "UTC"),
        hit.plate_text,
        hit.state,
        hit.source_name,
        hit.camera_name,
        hit.latitude,
        hit.longitude,
        words.address(hit),
        words.intersection(hit),
        hit.make,
        hit.model,
        hit.color,
        hit.confidence,
        hashes.get("scene"),
        hashes.get("plate"),
    ]
