"""A file of reads on disk, with its photographs beside it or in a zip: what `load_reads` loads.

Nothing is ever unpacked to disk, and no name leads out of the folder or archive it stands in.
"""

import csv
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

from ingest.bodies import Malformed, decode_line
from ingest.rules import MAX_LINE_BYTES, PHOTOGRAPH_MAX_BYTES

_READS_SUFFIXES = (".ndjson", ".jsonl", ".csv")
# The columns of a CSV file of reads; `box` is the plate's place in the scene as "x y w h".
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
# What reading from a folder or archive may raise: missing, damaged, packed in an unknown way.
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


class ReadsFile(AbstractContextManager["ReadsFile"]):
    """The reads file at `path`: NDJSON, CSV, a folder or zip that holds one of them.

    Photographs are found beside it, or in `photographs` (a folder or zip). Raises Malformed.
    """

    def __init__(self, path: Path, photographs: Path | None = None) -> None:
        self._folder = _Folder.at(path)
        self._name = path.name if path.is_file() and self._folder.path != path else ""
        self._name = self._name or self._folder.only_reads_file()
        self._photographs = _Folder.at(photographs) if photographs else self._folder
        self._stream = self._folder.open(self._name)
        self.size = self._folder.size(self._name)

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._folder.close()
        self._photographs.close()

    def payloads(self) -> Iterator[tuple[int, Any]]:
        """Each read's payload with its line number. Raises Malformed, naming the line."""
        if self._name.lower().endswith(".csv"):
            return self._csv_payloads()
        return self._ndjson_payloads()

    def position(self) -> int:
        """How many of `size` bytes have been read."""
        return self._stream.tell()

    def attach(self, way: str, name: str) -> bytes:
        """A photograph that a payload names; see `formats.generic.Attachments`."""
        if way != "file":
            raise LookupError(f"{way} “{name}”: in a file of reads use file, data or sha256.")
        try:
            data = self._photographs.read(name, PHOTOGRAPH_MAX_BYTES + 1)
        except _UNREADABLE as error:
            raise LookupError(f"file “{name}” can't be read: {error}") from None
        return data

    def _ndjson_payloads(self) -> Iterator[tuple[int, Any]]:
        for number, line in self._lines():
            if line.strip():
                yield number, decode_line(line, number)

    def _csv_payloads(self) -> Iterator[tuple[int, Any]]:
        reader = csv.DictReader(self._text_lines(), strict=True)
        try:
            self._check_columns(reader.fieldnames or ())
            for row in reader:
                if None in row or None in row.values():
                    raise Malformed(
                        f"Line {reader.line_num} has more or fewer fields than the first line."
                    )
                yield reader.line_num, _payload_of(row)
        except csv.Error as error:
            raise Malformed(f"No CSV at line {reader.line_num}: {error}.") from None

    def _check_columns(self, names: Sequence[str]) -> None:
        unknown = sorted(set(names) - CSV_COLUMNS)
        if unknown or not names:
            wanted = ", ".join(sorted(CSV_COLUMNS))
            raise Malformed(f"Line 1 names columns {unknown}; known are {wanted}.")

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
        except _UNREADABLE as error:
            raise Malformed(f"{self._name} can't be read after line {number}: {error}") from None

    def _text_lines(self) -> Iterator[str]:
        for number, line in self._lines():
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise Malformed(f"Line {number} is no UTF-8 text: {error.reason}.") from None


class _Folder:
    """A directory, or a zip archive, to read files from by name."""

    def __init__(self, path: Path, archive: zipfile.ZipFile | None) -> None:
        self.path = path
        self._archive = archive

    @classmethod
    def at(cls, path: Path) -> "_Folder":
        """The folder or archive `path`, or the folder that the file `path` stands in."""
        try:
            if path.is_file() and zipfile.is_zipfile(path):
                return cls(path, zipfile.ZipFile(path))
        except (OSError, zipfile.BadZipFile) as error:
            raise Malformed(f"{path} can't be read: {error}") from None
        if not path.exists():
            raise Malformed(f"There is no file {path}.")
        return cls(path if path.is_dir() else path.parent, None)

    def only_reads_file(self) -> str:
        """The name of the one reads file at the top. Raises Malformed."""
        if self._archive:
            names = [name for name in self._archive.namelist() if "/" not in name.strip("/")]
        else:
            names = [entry.name for entry in self.path.iterdir()]
        found = sorted(name for name in names if name.lower().endswith(_READS_SUFFIXES))
        if len(found) != 1:
            raise Malformed(f"{self.path} must hold one NDJSON or CSV file of reads, not {found}.")
        return found[0]

    def open(self, name: str) -> IO[bytes]:
        """The file to read from. Raises Malformed."""
        try:
            if self._archive:
                return self._archive.open(name)
            return (self.path / name).open("rb")
        except (OSError, RuntimeError, zipfile.BadZipFile) as error:
            raise Malformed(f"{name} can't be read: {error}") from None

    def size(self, name: str) -> int:
        """Bytes of the file, unpacked."""
        if self._archive:
            return self._archive.getinfo(name).file_size
        return (self.path / name).stat().st_size

    def read(self, name: str, limit: int) -> bytes:
        """At most `limit` bytes of a file inside; ValueError for a name that leads outside."""
        if self._archive:
            return self._read_member(name, limit)
        path = (self.path / name).resolve()
        if not path.is_relative_to(self.path.resolve()):
            raise ValueError("it is outside the folder")
        with path.open("rb") as file:
            return file.read(limit)

    def _read_member(self, name: str, limit: int) -> bytes:
        assert self._archive  # noqa: S101 - for the type checker
        try:
            # Read in memory under its own name: it leads nowhere else. `limit` stops a bomb.
            with self._archive.open(name) as file:
                return file.read(limit)
        except KeyError:
            raise ValueError("the archive has no such file") from None
        except RuntimeError as error:  # encrypted
            raise ValueError(str(error)) from None

    def close(self) -> None:
        """Close the archive, if it is one."""
        if self._archive:
            self._archive.close()


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
