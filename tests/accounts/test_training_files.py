"""Files of completions, good and bad (ACC-8): what is read, and what is said of the rest."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from accounts import training_files
from accounts.training_files import (
    MAX_FAULTS,
    MAX_FILE_BYTES,
    ReadFile,
    UnreadableFile,
    parse_date,
    read_completions,
)

TODAY = date(2026, 3, 2)
HEAD = "Course code,User name,E-mail,Full name,Completed on,Certificate"
ALICE = "LPR-USE,AMoreno,Alice@Example.test,Alice Moreno,2026-01-12,C-1"


def read(content: bytes, *, size: int | None = None) -> ReadFile:
    return read_completions(
        io.BytesIO(content), size=len(content) if size is None else size, today=TODAY
    )


def read_csv(*lines: str, encoding: str = "utf-8") -> ReadFile:
    return read("\r\n".join(lines).encode(encoding))


def xlsx(*rows: list[Any], merge: str = "") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def faults(found: ReadFile) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.message) for fault in found.faults]


# --- CSV in the ways it is written ----------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_is_read_in_each_encoding_and_with_each_delimiter(
    encoding: str, delimiter: str
) -> None:
    lines = [HEAD, ALICE.replace("Alice Moreno", "Zoé Núñez")]
    found = read_csv(*(line.replace(",", delimiter) for line in lines), encoding=encoding)
    (row,) = found.rows
    assert (row.number, row.course, row.username) == (2, "lpr-use", "amoreno")
    assert (row.email, row.full_name) == ("alice@example.test", "Zoé Núñez")
    assert (row.completed_on, row.certificate) == (date(2026, 1, 12), "C-1")
    assert found.fault_count == 0


def test_headings_may_be_called_otherwise_and_stand_in_any_order() -> None:
    found = read_csv(
        "date completed;Learner;EMAIL ADDRESS;course;Department", "2026-01-12;A B;a@b.test;X;Y"
    )
    assert found.rows[0].email == "a@b.test"
    assert found.unused_columns == ["Department"]


def test_blank_rows_count_as_rows_and_nothing_more() -> None:
    assert read_csv("", HEAD, "", ",,,,,", ALICE).rows[0].number == 5


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "file_empty", "empty"),
        (b"Name,Birthday\r\nA,B", "heading_missing", "Found: Name, Birthday"),
        (b"Course,E-mail\r\nA,B", "heading_missing", "Missing: Completed on"),
        (b"Course,Course code,E-mail,Date\r\n", "heading_twice", "Course code"),
        (HEAD.encode(), "no_rows", "no rows"),
        (HEAD.encode() + b"\r\n" + b"\x00\x01" * 40, "encoding_unknown", "Save it as CSV UTF-8"),
        (b"\x81\x8d\x8f" * 9, "encoding_unknown", "Save it as CSV UTF-8"),
        (b"PK\x03\x04 not really", "xlsx_broken", "no Excel workbook"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "file_old_excel", "XLSX"),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
            "file_encrypted",
            "password",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(
    content: bytes, code: str, words: str
) -> None:
    with pytest.raises(UnreadableFile, match=words) as refused:
        read(content)
    assert refused.value.code == code


def test_200_megabytes_are_refused_unread() -> None:
    with pytest.raises(UnreadableFile, match="200 MB"):
        read(b"x", size=200 * 1024 * 1024)
    assert MAX_FILE_BYTES < 200 * 1024 * 1024


def test_faults_name_row_and_column() -> None:
    found = read_csv(
        HEAD,
        ALICE,
        ",amoreno,,Alice,2026-01-12,",
        "LPR-USE,,,Nobody,2026-01-12,",
        "LPR-USE,,not an address,A,2026-01-12,",
        "LPR-USE,amoreno,,A,03/04/2026,",
        "LPR-USE,amoreno,,A,soon,",
        "LPR-USE,amoreno,,A,2026-02-30,",
        "LPR-USE,amoreno,,A,2026-03-03,",
        "LPR-USE,amoreno,,A,1876-03-03,",
        "LPR-USE,amoreno,,A,,",
        f"LPR-USE,{'x' * 61},,A,2026-01-12,",
        'LPR-USE,amoreno,,"A\nB",2026-01-12,',
    )
    assert [row.number for row in found.rows] == [2]
    assert faults(found) == [
        (3, "Course code", "The course is missing."),
        (4, "User name", "Nobody is named: enter the user name or the e-mail address."),
        (5, "E-mail", "This is not an e-mail address."),
        (
            6,
            "Completed on",
            "This is March 4 or April 3: write it as 2026-03-09, year first.",
        ),
        (7, "Completed on", "This is no date that can be read. Write it as 2026-03-09."),
        (8, "Completed on", "There is no such day."),
        (9, "Completed on", "2026-03-03 has not come yet."),
        (10, "Completed on", "1876-03-03 is too long ago to be meant."),
        (11, "Completed on", "The date is missing."),
        (12, "User name", "At most 60 characters; this has 61."),
        (13, "Full name", "It holds a character that can't be stored, as a line break."),
    ]


@pytest.mark.parametrize("formula", ['=HYPERLINK("http://x.test","A")', " =1+1", "=cmd|'/c'!A1"])
def test_a_formula_is_a_fault_and_never_evaluated(formula: str) -> None:
    quoted = '"' + formula.replace('"', '""') + '"'
    found = read_csv(HEAD, f"LPR-USE,amoreno,,{quoted},2026-01-12,")
    assert faults(found) == [(2, "Full name", "This is a formula. Enter the value itself.")]
    sheet = xlsx(HEAD.split(","), ["LPR-USE", "amoreno", None, "A", "=TODAY()", None])
    assert faults(read(sheet)) == [
        (2, "Completed on", "This is a formula. Enter the value itself.")
    ]


def test_faults_without_end_are_counted_and_not_kept() -> None:
    found = read_csv(HEAD, *(["LPR-USE,amoreno,,A,soon,"] * (MAX_FAULTS + 7)))
    assert (found.fault_count, len(found.faults)) == (MAX_FAULTS + 7, MAX_FAULTS)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_files, "MAX_ROWS", 1_000)
    assert len(read((HEAD + "\n" + (ALICE + "\n") * 1_000).encode()).rows) == 1_000
    with pytest.raises(UnreadableFile, match="more than 1,000 rows"):
        read((HEAD + "\n" + (ALICE + "\n") * 1_001).encode())


# --- XLSX -----------------------------------------------------------------------------------------


def test_xlsx_is_read_with_its_dates_and_numbers() -> None:
    found = read(
        xlsx(
            HEAD.split(","),
            ["LPR-USE", "amoreno", None, "Alice", datetime(2026, 1, 12, 9, 30), 1042],  # noqa: DTZ001
            ["LPR-USE", "amoreno", None, "Alice", 46034, 1042.0],
            [],
            ["LPR-USE", "amoreno", None, "Alice", "12 Jan 2026", None],
        )
    )
    assert [row.completed_on for row in found.rows] == [date(2026, 1, 12)] * 3
    assert [row.number for row in found.rows] == [2, 3, 5]
    assert [row.certificate for row in found.rows] == ["1042", "1042", ""]


def test_merged_cells_are_refused_by_name() -> None:
    content = xlsx(HEAD.split(","), ALICE.split(","), [None] * 6, merge="A2:A3")
    with pytest.raises(UnreadableFile, match="A2:A3 are merged"):
        read(content)


def _zip(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_a_zip_bomb_is_refused_before_it_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = _zip({f"xl/{number}.xml": b"\0" * (1 << 20) for number in range(100)})
    assert len(bomb) < 1 << 20

    def unpack(*_: object, **__: object) -> None:
        raise AssertionError("something was unpacked")

    monkeypatch.setattr(zipfile.ZipFile, "open", unpack)
    with pytest.raises(UnreadableFile, match="unpacks to 100 MB"):
        read(bomb)


@pytest.mark.parametrize(
    "members",
    [
        {"readme.txt": b"a zip, but no workbook"},
        {f"{number}": b"" for number in range(1_001)},
        {"xl/workbook.xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'},
    ],
)
def test_what_is_no_workbook_is_refused(members: dict[str, bytes]) -> None:
    with pytest.raises(UnreadableFile):
        read(_zip(members))


def test_every_cut_of_a_workbook_is_refused_in_words() -> None:
    whole = xlsx(HEAD.split(","), ALICE.split(","))
    for length in range(4, len(whole) - 1, 97):
        with pytest.raises(UnreadableFile):
            read(whole[:length])


@given(st.binary(max_size=400))
def test_no_bytes_at_all_break_the_reader(content: bytes) -> None:
    try:
        found = read(content)
    except UnreadableFile:
        return
    assert found.rows or found.fault_count


@given(st.lists(st.lists(st.text(max_size=30), max_size=8), max_size=6))
def test_no_cells_at_all_break_the_reader(rows: list[list[str]]) -> None:
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    content = "\n".join([HEAD, *lines]).encode("utf-8", "replace")
    try:
        found = read(content)
    except UnreadableFile:
        return
    for row in found.rows:
        assert row.username or row.email
        assert row.completed_on <= TODAY


# --- dates ----------------------------------------------------------------------------------------

DAYS = st.dates(date(1990, 1, 1), date(2026, 3, 2))
FORMS = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d %b %Y",
    "%d-%B-%Y",
    "%b %d, %Y",
    "%B %d %Y",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
]


@given(DAYS, st.sampled_from(FORMS))
def test_every_unambiguous_form_of_every_day_is_that_day(day: date, form: str) -> None:
    written = datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC).strftime(form)
    assert parse_date(written) == day


@given(DAYS)
def test_a_serial_number_is_the_day_a_spreadsheet_shows(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert parse_date(serial) == parse_date(f"{serial}") == parse_date(serial + 0.75) == day


@given(DAYS)
def test_numbers_that_may_be_read_in_two_ways_are_never_guessed(day: date) -> None:
    american, european = day.strftime("%m/%d/%Y"), day.strftime("%d/%m/%Y")
    if day.day <= 12 and day.day != day.month:
        for written in (american, european):
            with pytest.raises(ValueError, match="year first"):
                parse_date(written)
    else:
        assert parse_date(american) == parse_date(european) == day


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.booleans()))
def test_whatever_is_no_date_is_a_value_error(value: Any) -> None:
    try:
        found = parse_date(value)
    except ValueError:
        return
    assert type(found) is date


def test_leap_days() -> None:
    assert parse_date("29 Feb 2024") == date(2024, 2, 29)
    for written in ("2023-02-29", "29 Feb 2023", "February 29, 2100"):
        with pytest.raises(ValueError, match="no such day"):
            parse_date(written)
    assert parse_date(date(2024, 2, 28) + timedelta(days=1)) == date(2024, 2, 29)
