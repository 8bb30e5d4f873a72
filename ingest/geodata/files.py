"""What all formats of streets and addresses have in common: how far, and what was left out."""

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ingest.bodies import Malformed
from ingest.geodata.rows import GeoRow
from ingest.rules import LAWFUL_BOXES

_BLOCK = 1 << 20
# So many rows are named; of the rest only how many.
_EXAMPLES = 5


class Skipped:
    """Rows that could not be used: how many for each reason, and where the first ones stand."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: list[str] = []

    def add(self, reason: str, where: str) -> None:
        """Count one; `where` names its file and row."""
        self.counts[reason] += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(f"{where}: {reason}")

    @property
    def total(self) -> int:
        """How many rows were left out."""
        return self.counts.total()


class GeoFiles(ABC):
    """Files of one format. `rows` may be gone through once; `position` of `total` tells how far it
    is, in whatever unit the format counts."""

    format: str
    # Raised when the way the format is read changes, so that the same file is taken in again.
    revision = 1

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        self.skipped = Skipped()
        self.position = 0
        self.total = 0

    @abstractmethod
    def rows(self) -> Iterator[GeoRow]:
        """Every row that can be used. Raises Malformed, naming file and row."""

    def options(self) -> str:
        """What else decides what is read; part of `fingerprint`."""
        return ""

    def fingerprint(self) -> bytes:
        """The SHA-256 of the files and of how they are read. Raises Malformed."""
        digest = hashlib.sha256(f"{self.format}/{self.revision}\n{self.options()}\n".encode())
        for path in self.paths:
            try:
                with path.open("rb") as file:
                    while block := file.read(_BLOCK):
                        digest.update(block)
            except OSError as error:
                raise Malformed(f"{path} can't be read: {error.strerror}.") from None
        return digest.digest()

    def version(self) -> str:
        """What to call the version when nobody says: the day of the newest file."""
        newest = max(path.stat().st_mtime for path in self.paths)
        return f"{datetime.fromtimestamp(newest, UTC):%Y-%m-%d}"

    def title(self) -> str:
        """The files' names, for the log."""
        first, *others = sorted(path.name for path in self.paths)
        return f"{first} and {len(others)} more" if others else first


def find_files(paths: Sequence[Path], suffixes: tuple[str, ...]) -> list[Path]:
    """The files meant by `paths`: themselves, or those within a folder that end so, in order.

    Raises Malformed for what is not there.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise Malformed(f"There is no file {path}.")
        if path.is_dir():
            inside = [file for file in path.rglob("*") if file.name.lower().endswith(suffixes)]
            if not inside:
                raise Malformed(f"The folder {path} holds no file that ends in {_or(suffixes)}.")
            found += sorted(inside)
        elif path.name.lower().endswith(suffixes):
            found.append(path)
        else:
            raise Malformed(f"{path.name} is no file that ends in {_or(suffixes)}.")
    return list(dict.fromkeys(found))


def fault_of(latitude: float, longitude: float) -> str:
    """Why a place in degrees can't be one of ours; empty when it can."""
    if _is_ours(latitude, longitude):
        return ""
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return "the coordinates are no degrees"
    if latitude == longitude == 0:
        return "the coordinates are 0, 0"
    if _is_ours(longitude, latitude):
        return "latitude and longitude are swapped"
    return "the coordinates are not where cameras stand"


def _is_ours(latitude: float, longitude: float) -> bool:
    return any(
        south <= latitude <= north and west <= longitude <= east
        for south, north, west, east in LAWFUL_BOXES
    )


def _or(suffixes: tuple[str, ...]) -> str:
    return ", ".join(suffixes[:-1]) + f" or {suffixes[-1]}" if suffixes[1:] else suffixes[0]
