"""The reads an event has opened, as complete hits; and the event of looking again.

Only the services beside it call these, inside their transaction and after their event.
"""

from collections.abc import Mapping
from uuid import UUID

from accounts.people import Person
from audit.kinds import Kind
from audit.services import record
from ingest.geography import Geography, geography_of
from ingest.models import Read
from ingest.regions import locate
from ingest.selectors import Place, get_read, list_hits
from ingest.services.places import known_places
from queries import records, selectors
from queries.models import RecentQuery
from queries.schemas import Hit, QueryResult
from queries.timeframes import TimeFrame


def open_answer(
    person: Person,
    query: RecentQuery,
    *,
    is_repeat: bool = False,
    arrangement: Mapping[str, str] | None = None,
    read_id: UUID | None = None,
) -> QueryResult:
    """The whole answer of a recent query, selected and recorded anew.

    `arrangement`: how it is looked at; `read_id`: the one hit of it that is.
    """
    fields = records.opening(query)
    if arrangement:
        fields["arrangement"] = records.arrangement(arrangement)
    if read_id:
        fields["read"] = str(read_id)
    event = record(actor=person, kind=Kind.RESULT_VIEWED, fields=fields, parent=query.pk)
    frame = TimeFrame(query.start, query.end, query.period)
    within = geography_of(query.geography)
    hits = hits_of(query.plate_key, query.state, frame, within=within)
    return QueryResult(query, hits, event.id, is_repeat, selectors.marking_of(query))


def hits_of(
    plate_key: str, state: str, frame: TimeFrame, *, within: Geography | None
) -> tuple[Hit, ...]:
    """Every read that the question asks for, newest first."""
    reads = list_hits(
        plate_key=plate_key, state=state, start=frame.start, end=frame.end, within=within
    )
    places = known_places([place_of(read) for read in reads])
    return tuple(hit_of(read, places.get(place_of(read))) for read in reads)


def read_of(query: RecentQuery, read_id: UUID, frame: TimeFrame) -> Read:
    """One read of the query's answer. Raises NotFound."""
    return get_read(
        read_id,
        plate_key=query.plate_key,
        state=query.state,
        start=frame.start,
        end=frame.end,
        within=geography_of(query.geography),
    )


def place_of(read: Read) -> tuple[int, int]:
    """Where the read was made, in 1e-7 degrees."""
    return read.latitude_e7, read.longitude_e7


def hit_of(read: Read, place: Place | None) -> Hit:
    """A read with all that is shown of it."""
    region = locate(read.latitude_e7, read.longitude_e7)
    return Hit(
        id=read.id,
        version=read.version,
        plate_text=read.plate_text,
        state=read.state,
        captured_at=read.captured_at,
        timezone=read.camera.timezone,
        source_name=read.camera.source.name,
        camera_name=read.camera.name,
        latitude=read.latitude,
        longitude=read.longitude,
        place_state=region.state if region else "",
        place_area=(region.metro or region.county) if region else "",
        confidence=read.confidence,
        make=read.make,
        model=read.model,
        color=read.color,
        plate_is_derived=read.plate_is_derived,
        place=place,
    )
