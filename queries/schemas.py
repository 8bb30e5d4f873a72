"""What goes into a query and what comes out, between forms, services and views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ingest.geography import Geography
from ingest.selectors import Place
from queries.models import QueryReport, RecentQuery
from queries.timeframes import TimeFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryIn:
    """One question, its shape checked and normalised; whether it may be asked is policy's.

    `behalf_user` and `behalf_name` are empty where people ask for themselves. `submission` is the
    same for every delivery of one filled-in form: a second one is answered by the first's query.
    `start_text` and `end_text` are the two dates as typed, where the frame was chosen so.
    `offense` is the code of the offense that decides how far back it may reach; `geography` None:
    anywhere; `group`: the user group whose members may recall the question.
    """

    plate_text: str
    plate_key: str
    state: str
    reason_code: str
    case_reference: str
    frame: TimeFrame | None
    submission: UUID
    behalf_user: UUID | None = None
    behalf_name: str = ""
    start_text: str = ""
    end_text: str = ""
    offense: str = ""
    geography: Geography | None = None
    group: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One read of the plate, complete (QRY-6): `timezone` is that of its camera's place.

    `version` is 1 as the camera sent it, more once it was corrected (QRY-10).
    `latitude` and `longitude` are degrees, `confidence` is 0 to 1; None where the feed did not say.
    `place_state` is our id of the state it was read in, `place_area` the metropolitan area there or
    else the county; both empty at sea and abroad.
    """

    id: UUID
    version: int
    plate_text: str
    state: str
    captured_at: datetime
    timezone: str
    source_name: str
    camera_name: str
    latitude: float
    longitude: float
    place_state: str
    place_area: str
    confidence: float | None
    make: str | None
    model: str | None
    color: str | None
    plate_is_derived: bool
    # None while it is not known yet.
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """A query's marks by read, hits without one left out; and the last change, with how many hits
    it concerned and still does: what can be undone. None: nothing was ever marked."""

    marks: Mapping[UUID, bool] = field(default_factory=dict)
    last_change: UUID | None = None
    last_count: int = 0


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The answer: read inside the transaction whose event opened it, and kept nowhere.

    `receipt` is the id of that event. `is_repeat`: the form was sent before, and this is its query.
    `marking`: what was found relevant or not (QRY-11). `reports`: those ordered of it, where asked
    for.
    """

    query: RecentQuery
    hits: tuple[Hit, ...]
    receipt: UUID
    is_repeat: bool = False
    marking: Marking = Marking()
    reports: Sequence[QueryReport] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What one change did to a query's marks: by read, the new one; None: taken back. `marking` is
    how the query's hits are marked now."""

    query: RecentQuery
    changed: Mapping[UUID, bool | None]
    marking: Marking


@dataclass(frozen=True, slots=True)
class ReportFile:
    """Some bytes of a finished report's file, its download recorded. `first` and `last` (both
    included) say which of `size`."""

    content: bytes
    content_type: str
    name: str
    sha256: str
    first: int
    last: int
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the file."""
        return self.last - self.first + 1 == self.size


@dataclass(frozen=True, slots=True)
class HitResult:
    """One hit of an answer, looked at by itself, with `hits`, the answer around it."""

    query: RecentQuery
    hit: Hit
    hits: tuple[Hit, ...]
    receipt: UUID
    marking: Marking


@dataclass(frozen=True, slots=True)
class PhotographResult:
    """The bytes of one photograph, viewed and recorded."""

    content: bytes
    content_type: str
