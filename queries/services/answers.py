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
from ingest.selectors import Place, Sighting, get_read, list_sightings
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
    report_id: UUID | None = None,
) -> QueryResult:
    """The whole answer of a recent query, selected and recorded anew.

    `arrangement`: how it is looked at; `read_id`: the one hit of it that is; `report_id`: the
    report whose file is about to be given out.
    """
    fields = records.opening(query)
    if arrangement:
        fields["arrangement"] = records.arrangement(arrangement)
    if read_id:
        fields["read"] = str(read_id)
    if report_id:
        fields["report"] = str(report_id)
    event = record(actor=person, kind=Kind.RESULT_VIEWED, fields=fields, parent=query.pk)
    frame = TimeFrame(query.start, query.end, query.period)
    within = geography_of(query.geography)
    hits = hits_of(query.plate_key, query.state, frame, within=within)
    return QueryResult(query, hits, event.id, is_repeat, selectors.marking_of(query))


def hits_of(
    plate_key: str, state: str, frame: TimeFrame, *, within: Geography | None
) -> tuple[Hit, ...]:
    """Every read that the question asks for, newest first."""
    sightings = list_sightings(
        plate_key=plate_key, state=state, start=frame.start, end=frame.end, within=within
    )
    places = known_places({place_of(sighting) for sighting in sightings})
    return tuple(hit_of(sighting, places.get(place_of(sighting))) for sighting in sightings)


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


def place_of(sighting: Sighting) -> tuple[int, int]:
    """Where the read was made, in 1e-7 degrees."""
    return sighting.latitude_e7, sighting.longitude_e7


def hit_of(sighting: Sighting, place: Place | None) -> Hit:
    """A read with all that is shown of it."""
    region = locate(sighting.latitude_e7, sighting.longitude_e7)
    return Hit(
        id=sighting.id,
        version=sighting.version,
        plate_text=sighting.plate_text,
        state=sighting.state,
        captured_at=sighting.captured_at,
        timezone=sighting.timezone,
        source_name=sighting.source_name,
        camera_name=sighting.camera_name,
        latitude=sighting.latitude_e7 / 1e7,
        longitude=sighting.longitude_e7 / 1e7,
        place_state=region.state if region else "",
        place_area=(region.metro or region.county) if region else "",
        confidence=sighting.confidence,
        make=sighting.make,
        model=sighting.model,
        color=sighting.color,
        plate_is_derived=sighting.plate_is_derived,
        place=place,
    )
