"""A file of many reads: NDJSON, our own CSV, or the one that Plate Recognizer Stream writes."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

from ingest.bodies import Malformed, decode_line
from ingest.files.folders import UNREADABLE, Folder, Pictures
from ingest.formats import generic, platerecognizer, stream_csv
from ingest.formats.feeds import FORMATS, Delivery, understand
from ingest.rules import MAX_LINE_BYTES, PHOTOGRAPH_MAX_BYTES
from ingest.schemas import Delivered

SUFFIXES = (".ndjson", ".jsonl", ".csv")
# The columns of our own CSV file; `box` is the plate's place in the scene as "x y w h".
CSV_COLUMNS = frozenset(
    {
        "id",
        "plate",
        "state",
        "captured_at",
        "latitude",
        "longitude",
        "camera",
        "confidence",
        "make",
        "model",
        "color",
        "scene_file",
        "plate_file",
        "scene_sha256",
        "plate_sha256",
        "box",
    }
)
_NUMBERS = ("latitude", "longitude", "confidence")


class ReadsFile(AbstractContextManager["ReadsFile"]):
    """The reads file at `path`: NDJSON, CSV, a folder or zip that holds one of them.

    Photographs are found in `photographs` (folders or zips), else beside it. `format` is our
    own, or that of a vendor's message on each line; Stream's CSV is known by its columns. Raises
    Malformed.
    """

    def __init__(
        self,
        path: Path,
        photographs: Sequence[Path] = (),
        *,
        format: str = "",  # noqa: A002 - as everywhere here
    ) -> None:
        self._folder = Folder.at(path)
        is_one = path.is_file() and not self._folder.is_archive
        self._name = path.name if is_one else self._folder.only_file(SUFFIXES)
        self.pictures = Pictures([Folder.at(place) for place in photographs] or [self._folder])
        # What a person names may be a link; what is found in a folder may not lead out of it.
        self._stream = _opened(path) if is_one else self._folder.open(self._name)
        self.size = self._folder.size(self._name)
        self._format = format

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._folder.close()
        self.pictures.close()

    @property
    def format(self) -> str:
        """The format of its reads, as receipts name it; known once the first was asked for."""
        return self._format or generic.NAME

    def reads(self) -> Iterator[Delivered]:
        """Each read of the file. Raises Malformed, naming the line."""
        if self._name.lower().endswith(".csv"):
            yield from self._csv_reads()
            return
        vendor = FORMATS.get(self._format)
        for number, line in self._lines():
            if line.strip():
                payload = decode_line(line, number)
                if vendor:
                    yield from understand(vendor, Delivery(line, beside=self._picture)).reads
                else:
                    yield generic.parse(payload, self._attach)

    def position(self) -> int:
        """How many of `size` bytes have been read."""
        return self._stream.tell()

    def _attach(self, way: str, name: str) -> bytes:
        """A photograph that a payload names; see `formats.generic.Attachments`."""
        if way != "file":
            raise LookupError(f"{way} “{name}”: in a file of reads use file, data or sha256.")
        return self._picture(name)

    def _picture(self, name: str) -> bytes:
        return self.pictures.read(name, PHOTOGRAPH_MAX_BYTES + 1)

    def _csv_reads(self) -> Iterator[Delivered]:
        reader = csv.DictReader(self._text_lines(), strict=True)
        try:
            is_streams = self._is_streams(reader.fieldnames or ())
            for row in reader:
                if None in row or None in row.values():
                    raise Malformed(
                        f"Line {reader.line_num} has more or fewer fields than the first line."
                    )
                if is_streams:
                    yield stream_csv.parse(row, name=Path(self._name).stem, beside=self._picture)
                else:
                    yield generic.parse(_payload_of(row), self._attach)
        except csv.Error as error:
            raise Malformed(f"No CSV at line {reader.line_num}: {error}.") from None

    def _is_streams(self, columns: Sequence[str]) -> bool:
        """Whether these columns are those of Stream's file. Raises Malformed for nobody's."""
        if not self._format and stream_csv.is_header(columns):
            self._format = platerecognizer.NAME
        if self._format not in {"", generic.NAME, platerecognizer.NAME}:
            raise Malformed(f"No {self._format} software writes CSV that is known here.")
        is_streams = self._format == platerecognizer.NAME
        (stream_csv.check_header if is_streams else _check_columns)(columns)
        return is_streams

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        number = 0
        while line := self._line_after(number):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise Malformed(f"Line {number} is longer than {MAX_LINE_BYTES} bytes.")
            yield number, line

    def _line_after(self, number: int) -> bytes:
        try:
            return self._stream.readline(MAX_LINE_BYTES + 1)
        except UNREADABLE as error:
            raise Malformed(f"{self._name} can't be read after line {number}: {error}") from None

    def _text_lines(self) -> Iterator[str]:
        for number, line in self._lines():
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise Malformed(f"Line {number} is no UTF-8 text: {error.reason}.") from None


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise Malformed(f"{path} can't be read: {error}") from None


def _check_columns(names: Sequence[str]) -> None:
    unknown = sorted(set(names) - CSV_COLUMNS)
    if unknown or not names:
        wanted = ", ".join(sorted(CSV_COLUMNS))
        raise Malformed(f"Line 1 names columns {unknown}; known are {wanted}.")


def _payload_of(row: dict[str, str]) -> dict[str, Any]:
    payload: dict[str, Any] = {
        name: value
        for name, value in row.items()
        if value and not name.endswith(("_file", "_sha256")) and name != "box"
    }
    for name in _NUMBERS:
        if name in payload:
            payload[name] = _number(payload[name])
    payload["photos"] = [
        {"role": role, way: row[f"{role}_{way}"]}
        for role in ("scene", "plate")
        for way in ("file", "sha256")
        if row.get(f"{role}_{way}")
    ]
    if row.get("box") and payload["photos"]:
        payload["photos"][0]["box"] = [_number(side) for side in row["box"].split()]
    return payload


def _number(text: str) -> float | str:
    """The number, or the text as it is: the format then says what is wrong with it."""
    try:
        return float(text)
    except ValueError:
        return text
