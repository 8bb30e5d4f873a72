"""Which photographs the new rows of a delivery name: by that they are found again when the rows are
erased, without an index on the reads (ING-6)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.checking import Row


@dataclass(slots=True)
class Named:
    """How often one photograph is named, and between which captures; none: by the quarantine."""

    times: int = 0
    read_from: datetime | None = None
    read_until: datetime | None = None

    def by_read(self, captured_at: datetime) -> None:
        """One more read names it."""
        self.times += 1
        if self.read_from is None or captured_at < self.read_from:
            self.read_from = captured_at
        if self.read_until is None or captured_at > self.read_until:
            self.read_until = captured_at


Names = dict[bytes, Named]


def names_of(rows: Iterable[Row], quarantined: Iterable[Sequence[bytes]]) -> Names:
    """What the reads that are new and the quarantined ones name, by SHA-256; of each quarantined
    read its photographs."""
    names: Names = {}
    for row in rows:
        scene, plate = row.scene_sha256, row.plate_sha256
        for sha256 in (scene,) if scene == plate else (scene, plate):
            named = names.get(sha256)
            if named is None:
                named = names[sha256] = Named()
            named.by_read(row.captured_at)
    for photographs in quarantined:
        for sha256 in set(photographs):
            names.setdefault(sha256, Named()).times += 1
    return names
