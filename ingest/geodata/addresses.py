"""Address points from CSV and GeoJSON: the National Address Database, OpenAddresses, state E911.

Columns are found by the names those use, or named by the operator. A file may be packed by gzip,
or be the only one of its kind in a zip; nothing is unpacked to disk.
"""

import codecs
import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import orjson

from ingest.bodies import Malformed
from ingest.cells import mercator_of_degrees
from ingest.geodata.files import GeoFiles, fault_of
from ingest.geodata.rows import AddressRow, GeoRow

_TABLES = (".csv", ".txt", ".tsv")
_FEATURES = (".geojson", ".geojsonl", ".ndgeojson", ".json")
_PLAIN = _TABLES + _FEATURES
SUFFIXES = (*_PLAIN, *(f"{suffix}.gz" for suffix in _PLAIN), ".zip")
_UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)
_MAX_LINE = 1 << 20
# Where a collection says that it is one.
_HEAD = 512
# A whole FeatureCollection as one document is held in memory.
_MAX_DOCUMENT = 256 << 20
# Names of columns, as `_plain` writes them, in the order in which they are preferred.
_KNOWN: Mapping[str, tuple[str, ...]] = {
    "number": ("number", "addnofull", "housenumber", "addrhousenumber", "housenum", "houseno",
               "addrnum", "addrnumber", "addressnumber", "addnumber", "addnum", "stnum",
               "strnum", "streetnumber", "primarynumber", "hseno", "hsenumber", "num"),
    "street": ("street", "stnamfull", "fullstreet", "streetname", "fullname", "addrstreet",
               "stname", "strname", "roadname", "rdname", "primaryname", "street1", "lstname",
               "fullstname", "stfullname"),
    "address": ("fulladdress", "fulladdr", "address", "addrfull", "siteaddress", "addressfull",
                "primaryaddress", "siteaddr", "addr", "e911address"),
    "longitude": ("lon", "longitude", "long", "lng", "x", "pointx", "xcoord", "xlong",
                  "gpsx", "longitudex"),
    "latitude": ("lat", "latitude", "y", "pointy", "ycoord", "ylat", "gpsy", "latitudey"),
}  # fmt: skip
# A number and a street in parts, as the national standard (CLDXF) has them.
_NUMBER_PARTS = ("addnumpre", "addnumber", "addnumsuf")
_STREET_PARTS = ("stpremod", "stpredir", "stpretyp", "stpresep", "stname", "stpostyp", "stposdir",
                 "stposmod")  # fmt: skip
_WHOLE = re.compile(r"(\d+)\.0+")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; empty: found by its name. `address` stands for number and street."""

    number: str = ""
    street: str = ""
    address: str = ""
    longitude: str = ""
    latitude: str = ""


@dataclass(frozen=True, slots=True)
class _Mapping:
    """The columns of one file, several where a value is in parts."""

    number: tuple[str, ...]
    street: tuple[str, ...]
    longitude: str
    latitude: str

    def row(self, values: Mapping[str, Any]) -> tuple[str, str]:
        """Number and street."""
        return _joined(values, self.number), _joined(values, self.street)


class AddressFiles(GeoFiles):
    """CSV or GeoJSON files; counted in bytes of what lies on disk."""

    format = "addresses"

    def __init__(
        self, paths: Sequence[Path], columns: Columns | None = None, encoding: str = "utf-8"
    ) -> None:
        super().__init__(paths)
        self._columns = columns or Columns()
        self._encoding = encoding
        self.total = sum(path.stat().st_size for path in paths)

    def options(self) -> str:
        """The columns that were named, and the encoding."""
        return f"{self._columns} {self._encoding}"

    def rows(self) -> Iterator[GeoRow]:
        """File by file."""
        before = 0
        for path in self.paths:
            with _Packed(path) as file:
                try:
                    for row in self._rows_of(file):
                        self.position = before + file.position()
                        yield row
                except _UNREADABLE as error:
                    raise Malformed(f"{path.name} can't be read: {error}") from None
            before += path.stat().st_size
            self.position = before

    def _rows_of(self, file: "_Packed") -> Iterator[AddressRow]:
        if file.name.lower().endswith(_TABLES):
            yield from self._table(file)
        else:
            yield from self._features(file)

    def _table(self, file: "_Packed") -> Iterator[AddressRow]:
        lines = self._lines(file)
        first = next(lines, "")
        delimiter = max(",\t;|", key=first.count)
        reader = csv.DictReader(_chain(first, lines), strict=True, delimiter=delimiter)
        try:
            mapping = self._mapping(file, [name.strip() for name in reader.fieldnames or ()])
            reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
            for values in reader:
                if None in values or None in values.values():
                    raise Malformed(
                        f"{file.name}, line {reader.line_num}: it has more or fewer fields than"
                        f" the first line, which has {len(reader.fieldnames)}."
                    )
                where = f"{file.name}, line {reader.line_num}"
                place = _place(values[mapping.latitude], values[mapping.longitude])
                yield from self._address(*mapping.row(values), place, where)
        except csv.Error as error:
            # The line that could not be read: the reader of rows still stands at the one before.
            number = reader.reader.line_num
            raise Malformed(f"{file.name}, line {number}: no CSV, {error}.") from None

    def _features(self, file: "_Packed") -> Iterator[AddressRow]:
        mapping: _Mapping | None = None
        for where, feature in _each_feature(file):
            properties, place = _feature(feature, where)
            # Their place is in the geometry; the mapping's two columns of it are not looked at.
            mapping = mapping or self._mapping(file, [*properties, "lon", "lat"])
            yield from self._address(*mapping.row(properties), place, where)

    def _address(
        self, number: str, street: str, place: tuple[float, float] | None, where: str
    ) -> Iterator[AddressRow]:
        fault = _fault(number, street, place)
        if fault:
            self.skipped.add(fault, where)
        elif place is not None:
            yield AddressRow(*mercator_of_degrees(*place), f"{number} {street}".strip())

    def _mapping(self, file: "_Packed", names: Sequence[str]) -> _Mapping:
        """Where everything is in a file with these columns. Raises Malformed."""
        given = self._columns
        for field in fields(given):
            name = getattr(given, field.name)
            if name and name not in names:
                raise Malformed(f"{file.name} has no column {name}; it has {_listed(names)}.")
        by_plain = {_plain(name): name for name in reversed(names)}
        found = {
            field: getattr(given, field) or _first(by_plain, known)
            for field, known in _KNOWN.items()
        }
        number, street = _number_and_street(found, by_plain, given)
        missing = [field for field in ("longitude", "latitude") if not found[field]]
        if not street:
            missing = ["number", "street", *missing]
        if missing:
            raise Malformed(
                f"{file.name}: which column holds the {' and the '.join(missing)}? Say so by"
                f" {' and '.join('--' + field for field in missing)}; there are {_listed(names)}."
            )
        return _Mapping(number, street, found["longitude"], found["latitude"])

    def _lines(self, file: "_Packed") -> Iterator[str]:
        for number, line in file.lines():
            try:
                text = line.decode(self._encoding)
            except UnicodeDecodeError as error:
                raise Malformed(
                    f"{file.name}, line {number}: no {self._encoding} text ({error.reason}); name"
                    " another encoding, as --encoding latin-1."
                ) from None
            except LookupError:
                raise Malformed(f"There is no encoding {self._encoding}.") from None
            yield text.removeprefix("\ufeff") if number == 1 else text


class _Packed:
    """A file to read from, plain or packed; `name` is that of what is inside."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack = ExitStack()
        self.name = path.name.removesuffix(".gz")

    def __enter__(self) -> "_Packed":
        with self._stack as stack:
            try:
                self._raw = stack.enter_context(self._path.open("rb"))
                self._stream: io.BufferedReader[Any] = io.BufferedReader(self._unpacked(stack))
            except _UNREADABLE as error:
                raise Malformed(f"{self._path.name} can't be read: {error}") from None
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def position(self) -> int:
        """How many bytes of the file on disk have been read."""
        return self._raw.tell()

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines with their numbers. Raises Malformed for one that never ends."""
        number = 0
        while line := self._stream.readline(_MAX_LINE + 1):
            number += 1
            if len(line) > _MAX_LINE:
                raise Malformed(f"{self.name}, line {number}: it is longer than {_MAX_LINE} bytes.")
            yield number, line

    def start(self) -> bytes:
        """The first bytes, which are read again afterwards."""
        return self._stream.peek(1)[:_HEAD].removeprefix(codecs.BOM_UTF8).lstrip()

    def whole(self) -> bytes:
        """All of it. Raises Malformed when it is too much."""
        data = self._stream.read(_MAX_DOCUMENT + 1)
        if len(data) > _MAX_DOCUMENT:
            raise Malformed(f"{self.name} is too large for one document; give a feature a line.")
        return data

    def _unpacked(self, stack: ExitStack) -> Any:
        """What to read from; each kind has a type of its own."""
        if self._path.name.lower().endswith(".gz"):
            return stack.enter_context(gzip.GzipFile(fileobj=self._raw))
        if not self._path.name.lower().endswith(".zip"):
            return self._raw
        archive = stack.enter_context(zipfile.ZipFile(self._raw))
        names = [name for name in archive.namelist() if name.lower().endswith(_PLAIN)]
        # The National Address Database brings a schema.ini and a licence beside its one table.
        if len(names) != 1:
            raise Malformed(
                f"{self._path.name} must hold one CSV or GeoJSON file; it holds {_listed(names)}."
            )
        self.name = names[0].rsplit("/", 1)[-1]
        return stack.enter_context(archive.open(names[0]))


def _each_feature(file: _Packed) -> Iterator[tuple[str, Any]]:
    """A feature a line, or a whole collection; each with where it stands."""
    start = file.start()
    if start.startswith(b"{") and b'"FeatureCollection"' in start.split(b'"features"')[0]:
        yield from _collection(file)
        return
    for number, line in file.lines():
        if line.strip():
            where = f"{file.name}, line {number}"
            yield where, _json(line.removeprefix(codecs.BOM_UTF8), where)


def _collection(file: _Packed) -> Iterator[tuple[str, Any]]:
    document = _json(file.whole().removeprefix(codecs.BOM_UTF8), file.name)
    features = document.get("features")
    if not isinstance(features, list):
        raise Malformed(f"{file.name}: its “features” are no list.")
    for number, feature in enumerate(features, 1):
        yield f"{file.name}, feature {number}", feature


def _json(data: bytes, where: str) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        raise Malformed(f"{where}: no JSON at {at}: {error.msg}.") from None


def _feature(feature: Any, where: str) -> tuple[Mapping[str, Any], tuple[float, float] | None]:
    """Properties and (latitude, longitude). Raises Malformed for what is no feature."""
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        raise Malformed(f"{where}: it is no GeoJSON feature with properties.")
    match feature.get("geometry"):
        case {"type": "Point", "coordinates": [longitude, latitude, *_]}:
            return feature["properties"], _place(latitude, longitude)
    return feature["properties"], None


def _place(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    try:
        return float(latitude), float(longitude)
    except (TypeError, ValueError):
        return None


def _fault(number: str, street: str, place: tuple[float, float] | None) -> str:
    if not street:
        return "it has no street"
    # A whole address holds its number.
    if not number and not street[:1].isdigit():
        return "it has no house number"
    if number in {"0", "-1"}:
        return "it has no house number"
    if place is None:
        return "it has no coordinates"
    return fault_of(*place)


def _number_and_street(
    found: Mapping[str, str], by_plain: Mapping[str, str], given: Columns
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of number and street; both in one, or each in parts."""
    if given.address:
        return (), (given.address,)
    number: tuple[str, ...] = (found["number"],) if found["number"] else ()
    street: tuple[str, ...] = (found["street"],) if found["street"] else ()
    parts = tuple(by_plain[part] for part in _STREET_PARTS if part in by_plain)
    if not given.number and "addnofull" not in by_plain and "addnumber" in by_plain:
        number = tuple(by_plain[part] for part in _NUMBER_PARTS if part in by_plain)
    if not given.street and "stnamfull" not in by_plain and len(parts) > 1:
        street = parts
    if number and street:
        return number, street
    return (), (found["address"],) if found["address"] else ()


def _joined(values: Mapping[str, Any], columns: Iterable[str]) -> str:
    return " ".join(part for column in columns if (part := _text(values.get(column))))


def _text(value: Any) -> str:
    """A value as one writes it: without doubled blanks, and 115, not 115.0."""
    text = "" if value is None else " ".join(str(value).replace("\0", "").split())
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _first(by_plain: Mapping[str, str], known: Iterable[str]) -> str:
    return next((by_plain[name] for name in known if name in by_plain), "")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _chain(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest
