"""Every indexed read of the plate, state, frame and place comes back, and no other (QRY-4, QRY-5).

A frame holds its first instant and not its last; a circle holds its edge. The database gives the
same to a bare connection that has recorded the event, and without one nothing (decision 2).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle, product
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from ingest.geography import Circle, Geography, States
from ingest.services.sources import create_camera
from lprsvc.lib.errors import NotFound
from lprsvc.lib.ids import uuid7
from lprsvc.lib.plates import plate_key
from queries.schemas import QueryIn
from queries.services.asking import run_query
from queries.services.viewing import view_hit, view_result
from queries.timeframes import TimeFrame
from tests.cast import Cast, cast
from tests.harness.database import Connect
from tests.queries.reads import NOW, WHY, days_ago, make_source, read_in, store

__all__ = ["cast"]

# As near to each other as plates can be: letters like digits, parts of each other, transposed.
PLATES = ["O01I", "0O1I", "001I", "O0I1", "O01", "1O01", "O01I0", "B8S5", "88S5"]
STATES = ["US-PA", "US-DE", "CA-ON"]
TIMES = [days_ago(days) for days in (0.5, 1, 1.5, 30, 59.9, 400)]
# Where, and the state it lies in: New York, Jersey City over the river from it, Philadelphia.
PLACES = {
    (40.7484, -73.9857): "US-NY",
    (40.7282, -74.0776): "US-NJ",
    (39.9526, -75.1652): "US-PA",
}
# By center and kilometers: the places within, as an atlas has them. New York to Jersey City: 8.1.
CIRCLES = {
    (40.7484, -73.9857, 7): {"US-NY"},
    (40.7484, -73.9857, 9): {"US-NY", "US-NJ"},
    (40.7383, -74.0317, 5): {"US-NY", "US-NJ"},
    (39.9526, -75.1652, 1): {"US-PA"},
    (40.2, -74.6, 120): {"US-NY", "US-NJ", "US-PA"},
    (0.0, 0.0, 800): set[str](),
}
SEPARATORS = st.text(" -._/\u00a0\u200b·•–", max_size=2)
EDGES = st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(hours=7)])


@dataclass(frozen=True)
class Indexed:
    """One stored read, as the oracle of this test knows it."""

    id: UUID
    plate: str
    state: str
    at: datetime
    read_in: str


@pytest.fixture
def indexed(cast: Cast) -> list[Indexed]:
    """Every plate in every state at every time; some seen by two cameras at the same instant."""
    source = make_source(cast)
    for number in (1, 2):
        create_camera(
            actor=cast.vendor.person,
            source=source,
            code=f"CAR-{number}",
            name=f"Car {number}",
            timezone="America/New_York",
            is_mobile=True,
            reason=WHY,
            now=NOW,
        )
    seen = [(*one, "CAR-1") for one in product(PLATES, STATES, TIMES)]
    seen += [(plate, state, at, "CAR-2") for plate, state, at, _ in seen if at == TIMES[1]]
    spots = [spot for spot, _ in zip(cycle(PLACES), seen, strict=False)]
    reads = [
        replace(
            read_in(plate, at, state=state, camera=camera),
            latitude=latitude,
            longitude=longitude,
        )
        for (plate, state, at, camera), (latitude, longitude) in zip(seen, spots, strict=True)
    ]
    return [
        Indexed(UUID(id_), plate, state, at, PLACES[spot])
        for id_, (plate, state, at, _), spot in zip(store(source, reads), seen, spots, strict=True)
    ]


@st.composite
def spellings(draw: st.DrawFn, plate: str) -> str:
    """The plate in any case, with separators anywhere."""
    letters: Iterator[str] = (draw(st.sampled_from([c.upper(), c.lower()])) for c in plate)
    return "".join(draw(SEPARATORS) + letter for letter in letters) + draw(SEPARATORS)


@st.composite
def edges(draw: st.DrawFn) -> datetime:
    """An instant at, just before or just after a read, or well off it."""
    at = draw(st.sampled_from(TIMES)) + draw(st.sampled_from([1, -1])) * draw(EDGES)
    return min(at, NOW - timedelta(seconds=1))


@st.composite
def frames(draw: st.DrawFn) -> tuple[datetime, datetime]:
    """Two different instants, the earlier first."""
    start, end = sorted((draw(edges()), draw(edges())))
    return (start, end) if start < end else (start, NOW)


@st.composite
def limits(draw: st.DrawFn) -> tuple[Geography | None, set[str]]:
    """A geographic limit, and the states whose places lie in it."""
    kind = draw(st.sampled_from(["anywhere", "states", "circle"]))
    if kind == "states":
        ids = draw(st.sets(st.sampled_from([*PLACES.values(), "US-CT"]), min_size=1))
        return States(tuple(sorted(ids))), ids
    if kind == "circle":
        (latitude, longitude, km), within = draw(st.sampled_from(list(CIRCLES.items())))
        return Circle(round(latitude * 1e7), round(longitude * 1e7), km * 1_000), within
    return None, set(PLACES.values())


def expected(
    indexed: list[Indexed], plate: str, state: str, start: datetime, end: datetime
) -> list[Indexed]:
    """What is indexed of it, found without the service."""
    return [
        read
        for read in indexed
        if (read.plate, read.state) == (plate, state) and start <= read.at < end
    ]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_answer_is_exactly_what_is_indexed(
    cast: Cast, indexed: list[Indexed], data: st.DataObject
) -> None:
    """QRY-4, QRY-5, QRY-14."""
    plate = data.draw(st.sampled_from(PLATES))
    typed = data.draw(spellings(plate).filter(lambda text: len(text) <= 40))
    state = data.draw(st.sampled_from(STATES))
    start, end = data.draw(frames())
    geography, within = data.draw(limits())

    result = run_query(
        person=cast.investigator.person,
        ask=QueryIn(
            plate_text=typed,
            plate_key=plate_key(typed),
            state=state,
            reason_code="criminal",
            case_reference="case 12345678",
            frame=TimeFrame(start, end, "dates"),
            submission=uuid4(),
            geography=geography,
        ),
        now=NOW,
    )

    wanted = {r.id for r in expected(indexed, plate, state, start, end) if r.read_in in within}
    assert {hit.id for hit in result.hits} == wanted
    assert len(result.hits) == len(wanted)
    # Of whose agency it is not, nobody sees anything of it, not even one hit by its address.
    with pytest.raises(NotFound):
        view_result(person=cast.other.person, pk=result.query.pk, now=NOW)
    for read_id in list(wanted)[:1]:
        with pytest.raises(NotFound):
            view_hit(person=cast.other.person, pk=result.query.pk, read_id=read_id, now=NOW)


_EVENT = (
    "INSERT INTO audit.event (id, log_id, kind, seed, fields)"
    " SELECT %s, id, 'query.run', %s, %s FROM audit.log ORDER BY id LIMIT 1"
    " RETURNING set_config('audit.open', id::text, true),"
    " set_config('audit.open_at', at::text, true)"
)


def test_bare_connection_sees_exactly_what_its_event_opens(
    committed_db: None, cast: Cast, indexed: list[Indexed], connect_as: Connect
) -> None:
    """AUD-3, QRY-5: whatever the statement says; and without an event, nothing."""
    with connect_as("lpr_app") as connection:

        @settings(max_examples=40, deadline=None)
        @given(plate=st.sampled_from(PLATES), state=st.sampled_from(STATES), frame=frames())
        def check(plate: str, state: str, frame: tuple[datetime, datetime]) -> None:
            fields = {"actor": "user:x", "outcome": "ok", "plate": plate, "state": state}
            fields |= {"start": frame[0].isoformat(), "end": frame[1].isoformat()}
            with connection.transaction(force_rollback=True):
                connection.execute(_EVENT, [uuid7(), bytes(32), Jsonb(fields)])
                rows = connection.execute("SELECT id FROM ingest_read").fetchall()
            found = sorted(read_id for (read_id,) in rows)
            assert found == sorted(read.id for read in expected(indexed, plate, state, *frame))
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege, match="no audit, no read"),
                connection.transaction(),
            ):
                connection.execute(
                    "SELECT FROM ingest_read WHERE plate_key = %s AND state = %s", [plate, state]
                )

        check()
