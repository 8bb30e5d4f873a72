"""An answer is filtered, ordered and paged by its address, and nothing of it is lost."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from queries.arranging import Seen, arrange, parameters_of, read, see
from queries.rules import HITS_PER_PAGE
from queries.schemas import Hit

# A Monday; in New York five hours earlier.
NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
HIT = Hit(
    id=UUID(int=0),
    version=1,
    plate_text="ABC123",
    state="US-PA",
    captured_at=NOON,
    timezone="America/New_York",
    source_name="Toll road",
    camera_name="Gantry 1",
    latitude=39.7,
    longitude=-75.6,
    place_state="US-DE",
    place_area="Philadelphia",
    place=None,
    confidence=0.9,
    make=None,
    model=None,
    color=None,
    plate_is_derived=False,
)


def hit(hours: float = 0, **changes: object) -> Hit:
    """A hit so many hours after noon."""
    return replace(HIT, id=uuid4(), captured_at=NOON + timedelta(hours=hours), **changes)  # type: ignore[arg-type]


def listed(hits: list[Hit], asked: str, marks: dict[UUID, bool] | None = None) -> list[Hit]:
    return [seen.hit for seen in arrange(see(hits, marks or {}), read(QueryDict(asked))).hits]


# --- Filters ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "changes"),
    [
        ("state=US-NJ", {"place_state": "US-NJ"}),
        ("area=New+York", {"place_area": "New York"}),
        ("source=Parking", {"source_name": "Parking"}),
        ("camera=Toll+road:+Gantry+2", {"camera_name": "Gantry 2"}),
    ],
)
def test_filter_by_place(asked: str, changes: dict[str, Any]) -> None:
    wanted, other = hit(**changes), hit()
    assert listed([wanted, other], asked) == [wanted]


def test_days_are_those_at_the_camera() -> None:
    late, early = hit(-8), hit(-6)  # 23:00 on Sunday, and 01:00 on Monday, in New York
    assert listed([late, early], "from=2026-01-05") == [early]
    assert listed([late, early], "to=2026-01-04") == [late]
    assert listed([late, early], "from=2026-01-04&to=2026-01-05") == [early, late]
    assert listed([late, early], "day=6") == [late]
    assert listed([late, early], "day=6&day=0") == [early, late]


@pytest.mark.parametrize(
    ("asked", "hours"),
    [
        ("hour_from=7&hour_to=8", [7]),
        ("hour_from=22&hour_to=2", [22, 23, 0, 1]),
        ("hour_from=22", [22, 23]),
        ("hour_to=2", [0, 1]),
        ("hour_from=5&hour_to=5", list(range(24))),
        ("hour_from=0&hour_to=24", list(range(24))),
    ],
)
def test_hours_of_the_day_may_pass_midnight(asked: str, hours: list[int]) -> None:
    every = [hit(number) for number in range(24)]
    local = [(found.captured_at.hour - 5) % 24 for found in listed(every, asked)]
    assert sorted(local) == sorted(hours)


def test_filter_by_mark() -> None:
    good, bad, new = hit(), hit(), hit()
    marks = {good.id: True, bad.id: False}
    assert listed([good, bad, new], "mark=relevant", marks) == [good]
    assert listed([good, bad, new], "mark=not_relevant", marks) == [bad]
    assert listed([good, bad, new], "mark=unmarked", marks) == [new]


def test_map_filters_the_list_and_not_the_map() -> None:
    inside, outside = hit(), hit(latitude=45.0)
    arranged = arrange(see([inside, outside], {}), read(QueryDict("map=39,-76,40,-75")))
    assert [seen.hit for seen in arranged.hits] == [inside]
    assert {seen.hit for seen in arranged.around} == {inside, outside}
    assert arranged.numbers() == {inside.id: 1}


@pytest.mark.parametrize(
    ("section", "longitudes"),
    [
        ("40,170,60,200", [175.0, -170.0]),
        ("40,-200,60,-160", [175.0, -170.0]),
        ("0,-400,90,400", None),
    ],
)
def test_map_may_be_moved_around_the_world(section: str, longitudes: list[float] | None) -> None:
    every = [hit(latitude=51.0, longitude=x) for x in (175.0, -170.0, -75.0)]
    found = [one.longitude for one in listed(every, f"map={section}")]
    assert sorted(found) == sorted(longitudes or [175.0, -170.0, -75.0])


# --- Order and pages ----------------------------------------------------------------------------


def test_orders() -> None:
    hits = [hit(1), hit(3, place_state="US-NJ"), hit(2)]
    one, three, two = hits
    assert listed(hits, "") == [three, two, one]
    assert listed(hits, "sort=oldest") == [one, two, three]
    assert listed(hits, "sort=place") == [two, one, three]


@st.composite
def answers(draw: st.DrawFn) -> list[Hit]:
    hours = draw(st.lists(st.integers(-2_000, 2_000), max_size=4 * HITS_PER_PAGE))
    sources = st.sampled_from(["Toll road", "Parking"])
    return [hit(one, source_name=draw(sources)) for one in hours]


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """Anything a person or a script may put behind the question mark."""
    value = st.one_of(
        st.sampled_from(["Toll road", "2026-01-05", "7", "oldest", "39,-76,40,-75", "relevant"]),
        st.text(max_size=8),
    )
    names = st.sampled_from(
        ["state", "source", "from", "to", "hour_from", "hour_to", "day", "map", "mark", "sort"]
    )
    return urlencode(draw(st.lists(st.tuples(names, value), max_size=5)))


@given(hits=answers(), asked=addresses())
def test_pages_hold_every_listed_hit_once_whatever_the_address_says(
    hits: list[Hit], asked: str
) -> None:  # QRY-5
    answer = see(hits, {})
    first = arrange(answer, read(QueryDict(asked)))
    shown: list[Seen] = []
    for number in first.page.paginator.page_range:
        shown += arrange(answer, read(QueryDict(f"{asked}&page={number}"))).page
    assert shown == list(first.hits)
    assert len({seen.hit.id for seen in shown}) == len(shown)
    assert {seen.hit.id for seen in shown} <= {one.id for one in hits}


@given(hits=answers())
def test_without_filters_the_pages_hold_the_whole_answer(hits: list[Hit]) -> None:  # QRY-5
    assert {one.id for one in listed(hits, "")} == {one.id for one in hits}


@given(asked=addresses())
def test_address_of_what_was_understood_asks_for_the_same(asked: str) -> None:
    wanted = read(QueryDict(asked))
    again = read(QueryDict(urlencode(parameters_of(wanted))))
    assert parameters_of(again) == parameters_of(wanted)
    assert again.faults == {}


# --- What is not understood ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "name", "said"),
    [
        ("from=01/31/2026", "from", "“01/31/2026” is no date: write it as 2026-01-31."),
        ("to=2026-02-30", "to", "“2026-02-30” is no date"),
        ("from=2026-02-01&to=2026-01-01", "to", "The last day comes before the first"),
        ("hour_from=24", "hour_from", "“24” is no hour from 0 to 23"),
        ("hour_to=noon", "hour_to", "“noon” is no hour from 0 to 24"),
        ("hour_to=٣", "hour_to", "is no hour"),
        ("day=8", "day", "“8” is no weekday"),
        ("map=here", "map", "can't be understood"),
        ("map=1,2,3", "map", "can't be understood"),
        ("map=nan,0,nan,1", "map", "can't be understood"),
        ("map=40,0,39,1", "map", "can't be understood"),
        ("map=39,-inf,40,inf", "map", "can't be understood"),
        ("sort=best", "sort", "There is no order “best”"),
        ("mark=good", "mark", "There is no mark “good”"),
        ("source=" + "x" * 500, "source", f"has the source “{'x' * 40}…”; it was left aside"),
        ("camera=%00", "camera", "left aside"),
    ],
)
def test_what_is_not_understood_is_named_and_left_aside(asked: str, name: str, said: str) -> None:
    hits = [hit(1), hit(2)]
    arranged = arrange(see(hits, {}), read(QueryDict(asked)))
    assert list(arranged.wanted.faults) == [name]
    assert said in arranged.wanted.faults[name]
    assert len(arranged.hits) == len(hits)


def test_page_beyond_the_last_is_the_last() -> None:
    hits = [hit(number) for number in range(30)]
    for page in ("99", "-1", "x", "9" * 400):
        assert arrange(see(hits, {}), read(QueryDict(f"page={page}"))).page.object_list


def test_choices_count_the_whole_answer() -> None:
    hits = [hit(1), hit(2, source_name="Parking"), hit(3)]
    arranged = arrange(see(hits, {}), read(QueryDict("source=Parking")))
    assert arranged.choices["source"] == {"Toll road": 2, "Parking": 1}


def test_date_of_a_filter_is_a_date() -> None:
    assert read(QueryDict("from=2026-01-05")).first == date(2026, 1, 5)
