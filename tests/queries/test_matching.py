"""Every indexed read of the plate, state and time frame comes back, and no other (QRY-5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lprsvc.lib.plates import plate_key
from queries.schemas import QueryIn
from queries.services.asking import run_query
from queries.timeframes import TimeFrame
from tests.cast import Cast, cast
from tests.queries.reads import NOW, days_ago, make_source, read_in, store

__all__ = ["cast"]

# As near to each other as plates can be: letters like digits, parts of each other, transposed.
PLATES = ["O01I", "0O1I", "001I", "O0I1", "O01", "1O01", "O01I0", "B8S5", "88S5"]
STATES = ["US-PA", "US-DE", "CA-ON"]
TIMES = [days_ago(days) for days in (0.5, 1, 1.5, 30, 59.9, 400)]
SEPARATORS = st.text(" -._/\u00a0\u200b·•–", max_size=2)
EDGES = st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(hours=7)])


@dataclass(frozen=True)
class Indexed:
    """One stored read, as the oracle of this test knows it."""

    id: UUID
    plate: str
    state: str
    at: datetime


@pytest.fixture
def indexed(cast: Cast) -> list[Indexed]:
    """Every plate in every state at every time; some seen by two cameras at the same instant."""
    source = make_source(cast)
    seen = list(product(PLATES, STATES, TIMES))
    twice = [(plate, state, at) for plate, state, at in seen if at == TIMES[1]]
    reads = [read_in(plate, at, state=state) for plate, state, at in seen]
    reads += [read_in(plate, at, state=state, camera="DE-TOLL-2") for plate, state, at in twice]
    ids = store(source, reads)
    return [
        Indexed(UUID(id_), plate, state, at)
        for id_, (plate, state, at) in zip(ids, seen + twice, strict=True)
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


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_answer_is_exactly_what_is_indexed(
    cast: Cast, indexed: list[Indexed], data: st.DataObject
) -> None:
    plate = data.draw(st.sampled_from(PLATES))
    typed = data.draw(spellings(plate).filter(lambda text: len(text) <= 40))
    state = data.draw(st.sampled_from(STATES))
    start, end = sorted((data.draw(edges()), data.draw(edges())))
    if start == end:
        end = NOW

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
        ),
        now=NOW,
    )

    expected = {
        read.id
        for read in indexed
        if (read.plate, read.state) == (plate, state) and start <= read.at < end
    }
    assert {hit.id for hit in result.hits} == expected
    assert len(result.hits) == len(expected)
