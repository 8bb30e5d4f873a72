"""What a report says, gathered under the event that opened it; only pictures are fetched later."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.disposal import Retention
from accounts.people import Person
from audit.services import Recorded
from queries.models import RecentQuery
from queries.schemas import Hit

# QRY-9, as on the pages.
WARNING = (
    "Corroborate before you act. No enforcement action may rest on these results alone. Plates are"
    " read by machine and can be wrong; a plate says nothing of who was driving. Compare each"
    " photograph with the plate and vehicle, and confirm by another source first."
)
NOT_THEN = "Imagery was not taken at the time of the read."


@dataclass(frozen=True, slots=True)
class PrintedPhotograph:
    """One photograph, and the hash it is kept under; `load` gives the bytes of a hash. They are
    read when its page is drawn, so that a long report does not hold all of them."""

    role: str
    load: Callable[[str], bytes]
    sha256: str
    is_derived: bool

    @property
    def content(self) -> bytes:
        """Its bytes as they are kept."""
        return self.load(self.sha256)

    @property
    def caption(self) -> str:
        """What it shows."""
        if self.role == "scene":
            return "Vehicle"
        return "Plate, cut from the picture of the vehicle" if self.is_derived else "Plate"


@dataclass(frozen=True, slots=True)
class PrintedHit:
    """A hit with its two photographs."""

    number: int
    hit: Hit
    photographs: tuple[PrintedPhotograph, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it. `opened` is the log entry under which the hits were looked up for it; `left_out`
    of the chosen hits are no longer held."""

    person: Person
    query: RecentQuery
    where: str
    hits: tuple[PrintedHit, ...]
    total: int
    left_out: int
    opened: Recorded
    retention: Retention | None
    made_at: datetime
    query_id: UUID
