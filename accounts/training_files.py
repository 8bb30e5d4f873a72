"""Reading files of completions: CSV in what spreadsheets and training systems make, and XLSX.

Pure: no database. A file comes from outside and may be anything: nothing of it is evaluated, and
its size, rows, columns and unpacked size have limits. What is wrong is said by row and column as a
spreadsheet numbers them; what makes the whole file unusable is `UnreadableFile`, in words that say
what to do.
"""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import IO, Any, Final
from xml.etree.ElementTree import ParseError

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from lprsvc.lib.errors import DomainError

MAX_FILE_BYTES: Final = 20 * 1024 * 1024
# What an XLSX file may unpack to: fifty thousand rows take a third of it.
MAX_UNPACKED_BYTES: Final = 64 * 1024 * 1024
MAX_ZIP_MEMBERS: Final = 1_000
MAX_ROWS: Final = 100_000
MAX_COLUMNS: Final = 60
MAX_CELL: Final = 500
# So many faults are shown; the others are counted.
MAX_FAULTS: Final = 500

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DELIMITERS: Final = ",;\t|"
_CHUNK: Final = 1 << 16


class UnreadableFile(DomainError):
    """The whole file can't be used; the message says why and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, status=422)


@dataclass(frozen=True, slots=True)
class CompletionRow:
    """One row that can be read. Names are in small letters, as accounts have them."""

    number: int
    course: str
    username: str
    email: str
    full_name: str
    completed_on: date
    certificate: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell."""

    row: int
    column: str
    message: str


@dataclass(slots=True)
class ReadFile:
    """All that a file holds, and what of it can't be used."""

    rows: list[CompletionRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    unused_columns: list[str] = field(default_factory=list)

    def note(self, fault: Fault) -> None:
        """Count a fault; the first ones are kept."""
        self.fault_count += 1
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(fault)


@dataclass(frozen=True, slots=True)
class Column:
    """A column we know: how it is headed in the template, and what else it may be called."""

    name: str
    heading: str
    aliases: frozenset[str]


COLUMNS: Final = (
    Column("course", "Course code", frozenset({"course", "courseid", "code", "coursenumber"})),
    Column("username", "User name", frozenset({"user", "login", "userid", "loginname"})),
    Column("email", "E-mail", frozenset({"emailaddress", "mail", "useremail"})),
    Column("full_name", "Full name", frozenset({"name", "person", "learner", "employee"})),
    Column(
        "completed_on",
        "Completed on",
        frozenset({"completed", "completiondate", "datecompleted", "completedate", "date"}),
    ),
    Column("certificate", "Certificate", frozenset({"certificatenumber", "certificateid"})),
)
HEADINGS: Final = tuple(column.heading for column in COLUMNS)
_HEADING_OF: Final = {column.name: column.heading for column in COLUMNS}
_LONGEST: Final = {"course": 40, "username": 60, "email": 254, "full_name": 120, "certificate": 80}

Cells = Sequence[Any]
ParseDate = Callable[[Any], date]


def read_completions(file: IO[bytes], *, size: int, today: date) -> ReadFile:
    """Read a CSV or XLSX file of `size` bytes; which of the two is told from its content.

    Raises UnreadableFile.
    """
    if size > MAX_FILE_BYTES:
        raise UnreadableFile(
            "file_too_large",
            f"The file has {size / 1024 / 1024:,.0f} MB; at most {MAX_FILE_BYTES // 1024 // 1024}"
            " MB can be read. Split it.",
        )
    head = file.read(8)
    file.seek(0)
    if not head:
        raise UnreadableFile("file_empty", "The file is empty.")
    if head.startswith(_OLE):
        raise _old_or_encrypted(file)
    if head.startswith(b"PK"):
        return _read_xlsx(file, today)
    return _read_csv(file, today)


def parse_date(value: Any, *, epoch: datetime = datetime(1899, 12, 30)) -> date:  # noqa: DTZ001
    """A day in one of the forms that can be read in one way only; else ValueError, in words.

    2026-03-09, 2026/3/9, 20260309, 9 Mar 2026, Mar 9, 2026, 09-March-2026, 3/25/2026, 25.3.2026,
    each with or without a time behind it; a spreadsheet's date; its serial number.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _serial(value, epoch)
    if len(str(value)) > MAX_CELL:
        raise ValueError(_NO_DATE)
    text = _TIME.sub("", str(value).strip())
    if _SERIAL.fullmatch(text):
        return _serial(float(text), epoch)
    for pattern, read in _FORMS:
        if found := pattern.fullmatch(text):
            return read(found)
    raise ValueError(_NO_DATE)


# --- dates ----------------------------------------------------------------------------------------

_NO_DATE = "This is no date that can be read. Write it as 2026-03-09."
_NO_SUCH_DAY = "There is no such day."
_TIME = re.compile(
    r"[T ]\s*\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$"
)
_SERIAL = re.compile(r"\d{5}(\.\d{1,12})?", re.ASCII)
_NAMES: Final = (
    *("", "January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_MONTHS: Final = (
    {name.lower(): number for number, name in enumerate(_NAMES) if name}
    | {name[:3].lower(): number for number, name in enumerate(_NAMES) if name}
    | {"sept": 9}
)


def _serial(value: float, epoch: datetime) -> date:
    # Below 32,874 a serial is before 1990: rather a number that is no date.
    if not 32_874 <= value <= 80_000:
        raise ValueError(_NO_DATE)
    return (epoch + timedelta(days=int(value))).date()


def _day(year: str, month: int, day: str) -> date:
    try:
        return date(int(year), month, int(day))
    except ValueError as error:
        raise ValueError(_NO_SUCH_DAY) from error


def _named(found: re.Match[str]) -> date:
    month = _MONTHS.get(found["month"].lower())
    if month is None:
        raise ValueError(_NO_DATE)
    return _day(found["year"], month, found["day"])


def _numbered(found: re.Match[str]) -> date:
    return _day(found["year"], int(found["month"]), found["day"])


def _either_way(found: re.Match[str]) -> date:
    """Month first or day first: only where the numbers leave one reading."""
    first, second = int(found["first"]), int(found["second"])
    if first <= 12 and second <= 12 and first != second:
        raise ValueError(
            f"This is {_NAMES[first]} {second} or {_NAMES[second]} {first}: write it as"
            " 2026-03-09, year first."
        )
    month, day = (first, second) if first <= 12 else (second, first)
    if month > 12:
        raise ValueError(_NO_SUCH_DAY)
    return _day(found["year"], month, str(day))


_YEAR = r"(?P<year>\d{4})"
_DAY = r"(?P<day>\d{1,2})"
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], date]], ...] = tuple(
    (re.compile(pattern, re.ASCII), read)
    for pattern, read in (
        (rf"{_YEAR}([-/.])(?P<month>\d{{1,2}})\2{_DAY}", _numbered),
        (r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})", _numbered),
        (rf"{_DAY}(?:st|nd|rd|th)?[ -](?P<month>[A-Za-z]+)\.?,?[ -]{_YEAR}", _named),
        (rf"(?P<month>[A-Za-z]+)\.?[ -]{_DAY}(?:st|nd|rd|th)?,?[ -]{_YEAR}", _named),
        (rf"(?P<first>\d{{1,2}})([-/.])(?P<second>\d{{1,2}})\2{_YEAR}", _either_way),
    )
)


# --- CSV ------------------------------------------------------------------------------------------


def _read_csv(file: IO[bytes], today: date) -> ReadFile:
    encoding = _encoding_of(file)
    text = io.TextIOWrapper(file, encoding=encoding, errors="strict", newline="")
    try:
        delimiter = _delimiter_of(text)
        text.seek(0)
        rows = csv.reader(text, delimiter=delimiter, strict=False)
        return _read_rows(_numbered_rows(rows), today, parse_date)
    except csv.Error as error:
        raise UnreadableFile(
            "csv_broken", f"The file is no table that can be read as CSV ({error})."
        ) from error
    except UnicodeDecodeError as error:
        raise _undecodable() from error
    finally:
        # The file is the caller's: closing the wrapper must not close it.
        text.detach()


def _undecodable() -> UnreadableFile:
    return UnreadableFile(
        "encoding_unknown",
        "The file is no text that can be read. Save it as CSV UTF-8, or as XLSX.",
    )


def _encoding_of(file: IO[bytes]) -> str:
    head = file.read(4)
    file.seek(0)
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return encoding
    # Without a mark, a zero byte beside the first letter tells.
    if len(head) >= 2 and head[1] == 0 and head[0] != 0:
        return "utf-16-le"
    if len(head) >= 2 and head[0] == 0 and head[1] != 0:
        return "utf-16-be"
    return "utf-8" if _is_utf8(file) else "cp1252"


def _is_utf8(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            if b"\0" in chunk:
                raise _undecodable()
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True


def _delimiter_of(text: io.TextIOWrapper) -> str:
    """The one that parts the first line into the most headings that we know."""
    first = next((line for line in _some_lines(text) if line.strip(" \t\r\n,;|")), "")

    def known(delimiter: str) -> int:
        cells = next(csv.reader([first], delimiter=delimiter), [])
        return sum(_column_named(cell) is not None for cell in cells)

    return max(_DELIMITERS, key=known)


def _some_lines(text: io.TextIOWrapper) -> Iterator[str]:
    for _ in range(20):
        line = text.readline(_CHUNK)
        if not line:
            return
        yield line


def _numbered_rows(rows: Iterable[Cells]) -> Iterator[tuple[int, Cells]]:
    yield from enumerate(rows, start=1)


# --- XLSX -----------------------------------------------------------------------------------------


def _old_or_encrypted(file: IO[bytes]) -> UnreadableFile:
    if any(_ENCRYPTED in chunk for chunk in iter(lambda: file.read(1 << 20), b"")):
        return UnreadableFile(
            "file_encrypted",
            "The file is protected by a password. Save it without one, or as CSV UTF-8.",
        )
    return UnreadableFile(
        "file_old_excel",
        "This is an old Excel file (.xls), or one protected by a password. Save it as XLSX"
        " without a password, or as CSV UTF-8.",
    )


def _read_xlsx(file: IO[bytes], today: date) -> ReadFile:
    try:
        _check_zip(file)
        with closing(load_workbook(file, read_only=True, data_only=False)) as book:
            sheet = book.worksheets[0]
            _refuse_merged(file, sheet)
            rows = sheet.iter_rows(max_col=MAX_COLUMNS)
            numbered = ((number, [_cell(cell) for cell in row]) for number, row in _counted(rows))
            return _read_rows(numbered, today, lambda value: parse_date(value, epoch=book.epoch))
    except UnreadableFile:
        raise
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        ParseError,
        KeyError,
        IndexError,
        ValueError,
        TypeError,
        AttributeError,
        EOFError,
        NotImplementedError,
    ) as error:
        # What openpyxl raises at a file that is none of Excel's depends on where it breaks.
        raise UnreadableFile(
            "xlsx_broken",
            "The file is no Excel workbook that can be read. Save it as XLSX, or as CSV UTF-8.",
        ) from error


def _check_zip(file: IO[bytes]) -> None:
    """Look at what it unpacks to before anything is unpacked."""
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        # zipfile never gives more of a member than is declared here.
        unpacked = sum(member.file_size for member in members)
        if unpacked > MAX_UNPACKED_BYTES or len(members) > MAX_ZIP_MEMBERS:
            raise UnreadableFile(
                "unpacks_too_large",
                f"The file unpacks to {unpacked / 1024 / 1024:,.0f} MB in {len(members):,} parts;"
                f" at most {MAX_UNPACKED_BYTES // 1024 // 1024} MB can be read. Save only the"
                " sheet with the completions, or split it.",
            )
        if any(member.flag_bits & 1 for member in members):
            raise UnreadableFile(
                "file_encrypted", "The file is protected by a password. Save it without one."
            )
        for member in members:
            # No workbook declares entities; one that does means harm.
            with archive.open(member) as part:
                if b"<!DOCTYPE" in part.read(4096):
                    raise UnreadableFile(
                        "xlsx_broken", "The file is no Excel workbook that can be read."
                    )
    file.seek(0)


_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z0-9:]+)"')


def _refuse_merged(file: IO[bytes], sheet: Any) -> None:
    """A merged cell says something of several rows, of which only the first would hold it."""
    path: str = sheet._worksheet_path  # noqa: SLF001  openpyxl has no public name for it
    with zipfile.ZipFile(file) as archive, archive.open(path.lstrip("/")) as part:
        before = b""
        for chunk in iter(lambda: part.read(_CHUNK), b""):
            if found := _MERGED.search(before + chunk):
                raise UnreadableFile(
                    "cells_merged",
                    f"The cells {found[1].decode()} are merged. Unmerge them, so that each row"
                    " says everything about its completion.",
                )
            before = chunk[-100:]


def _counted(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, Sequence[Any]]]:
    # Rows that are not in the file are there as empty ones, so this is the spreadsheet's number.
    yield from enumerate(rows, start=1)


@dataclass(frozen=True, slots=True)
class _Formula:
    """A cell that computes something, which nobody here will do."""


def _cell(cell: Any) -> Any:
    return _Formula() if getattr(cell, "data_type", "n") == "f" else cell.value


# --- rows -----------------------------------------------------------------------------------------


def _column_named(heading: Any) -> str | None:
    plain = re.sub(r"[^a-z0-9]", "", str(heading).casefold()) if heading is not None else ""
    for column in COLUMNS:
        own = re.sub(r"[^a-z0-9]", "", column.heading.casefold())
        if plain and (plain in {own, column.name.replace("_", "")} or plain in column.aliases):
            return column.name
    return None


def _read_rows(rows: Iterator[tuple[int, Cells]], today: date, as_date: ParseDate) -> ReadFile:
    result = ReadFile()
    places = _header(rows, result)
    for number, cells in rows:
        if all(_is_blank(cell) for cell in cells):
            continue
        if len(result.rows) + result.fault_count >= MAX_ROWS:
            raise UnreadableFile(
                "too_many_rows", f"The file has more than {MAX_ROWS:,} rows. Split it."
            )
        values = {
            name: cells[place] if place < len(cells) else None for name, place in places.items()
        }
        row = _read_row(number, values, result, today, as_date)
        if row is not None:
            result.rows.append(row)
    if not result.rows and not result.fault_count:
        raise UnreadableFile("no_rows", "The file has headings and no rows below them.")
    return result


def _header(rows: Iterator[tuple[int, Cells]], result: ReadFile) -> dict[str, int]:
    """Where each known column stands. Raises UnreadableFile that names what is missing."""
    cells: Cells = next((cells for _, cells in rows if not all(map(_is_blank, cells))), ())
    found = [_shown(cell) for cell in cells[:MAX_COLUMNS] if not _is_blank(cell)]
    places: dict[str, int] = {}
    for place, cell in enumerate(cells[:MAX_COLUMNS]):
        name = _column_named(cell)
        if name is None:
            if not _is_blank(cell):
                result.unused_columns.append(_shown(cell))
        elif name in places:
            raise UnreadableFile(
                "heading_twice", f"Two columns are headed “{_HEADING_OF[name]}”. Keep one."
            )
        else:
            places[name] = place
    missing = [_HEADING_OF[name] for name in ("course", "completed_on") if name not in places]
    if not {"username", "email"} & places.keys():
        missing.append("User name or E-mail")
    if missing:
        raise UnreadableFile(
            "heading_missing",
            f"The first row must name the columns. Missing: {', '.join(missing)}."
            f" Found: {', '.join(found) or 'nothing'}. Use the template's headings.",
        )
    return places


def _read_row(
    number: int, values: dict[str, Any], result: ReadFile, today: date, as_date: ParseDate
) -> CompletionRow | None:
    before = result.fault_count

    def fault(name: str, message: str) -> None:
        result.note(Fault(number, _HEADING_OF[name], message))

    texts = {name: _text(name, values.get(name), fault) for name in _LONGEST}
    completed_on = _completed_on(values.get("completed_on"), today, as_date, fault)
    if not values.get("course") and not texts["course"]:
        fault("course", "The course is missing.")
    if not (texts["username"] or texts["email"]) and result.fault_count == before:
        fault("username", "Nobody is named: enter the user name or the e-mail address.")
    if texts["email"]:
        try:
            validate_email(texts["email"])
        except ValidationError:
            fault("email", "This is not an e-mail address.")
    if result.fault_count != before or completed_on is None:
        return None
    return CompletionRow(
        number=number,
        course=texts["course"].lower(),
        username=texts["username"].lower(),
        email=texts["email"].lower(),
        full_name=texts["full_name"],
        completed_on=completed_on,
        certificate=texts["certificate"],
    )


_FORMULA = "This is a formula. Enter the value itself."


def _text(name: str, value: Any, fault: Callable[[str, str], None]) -> str:
    if _is_blank(value):
        return ""
    if isinstance(value, _Formula) or str(value).lstrip().startswith("="):
        fault(name, _FORMULA)
        return ""
    # A spreadsheet makes 1234 of a certificate's number, and 1234.0 of it again.
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value) if whole else value).strip()
    if len(text) > _LONGEST[name]:
        fault(name, f"At most {_LONGEST[name]} characters; this has {len(text):,}.")
    elif not text.isprintable() or text.encode("utf-8", "replace") != text.encode(
        "utf-8", "surrogatepass"
    ):
        fault(name, "It holds a character that can't be stored, as a line break.")
    return text


def _completed_on(
    value: Any, today: date, as_date: ParseDate, fault: Callable[[str, str], None]
) -> date | None:
    if _is_blank(value):
        fault("completed_on", "The date is missing.")
        return None
    if isinstance(value, _Formula) or str(value).lstrip().startswith("="):
        fault("completed_on", _FORMULA)
        return None
    try:
        day = as_date(value)
    except (ValueError, OverflowError) as error:
        fault("completed_on", str(error))
        return None
    if day > today:
        fault("completed_on", f"{day:%Y-%m-%d} has not come yet.")
    elif day.year < 1990:
        fault("completed_on", f"{day:%Y-%m-%d} is too long ago to be meant.")
    return day


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _shown(cell: Any) -> str:
    """A heading as a message may quote it."""
    text = "(formula)" if isinstance(cell, _Formula) else str(cell).strip()
    return "".join(c if c.isprintable() else " " for c in text)[:60]
