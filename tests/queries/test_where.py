"""A geographic limit: what lies inside comes back, all of it, and nothing else (QRY-4)."""

import math
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.kinds import Kind
from ingest.geography import Circle, States
from ingest.services.sources import create_camera
from lprsvc.lib.errors import NotFound
from queries.models import RecentQuery
from queries.services import asking, viewing
from tests.audited import events_of
from tests.cast import Cast, cast, client_for
from tests.queries.reads import NOW, WHY, days_ago, make_source, read_in, store
from tests.queries.test_services import ASK, see_photograph
from tests.queries.test_views import dates, send, text

__all__ = ["cast"]

# New York, Jersey City, Newark, Philadelphia, Wilmington, Chicago.
PLACES = [
    (40.7484, -73.9857),
    (40.7282, -74.0776),
    (40.7357, -74.1724),
    (39.9526, -75.1652),
    (39.7447, -75.5484),
    (41.8781, -87.6298),
]
PER_PLACE = 2


@pytest.fixture
def indexed(cast: Cast) -> dict[UUID, tuple[float, float]]:
    """Reads of ABC123 at each place, as a mobile camera would send them."""
    source = make_source(cast)
    create_camera(
        actor=cast.vendor.person,
        source=source,
        code="DE-CAR",
        name="Car 1",
        timezone="America/New_York",
        is_mobile=True,
        reason=WHY,
        now=NOW,
    )
    spots = [place for place in PLACES for _ in range(PER_PLACE)]
    reads = [
        replace(
            read_in("ABC123", days_ago(1 + number), camera="DE-CAR"),
            latitude=latitude,
            longitude=longitude,
        )
        for number, (latitude, longitude) in enumerate(spots)
    ]
    return {UUID(id_): spot for id_, spot in zip(store(source, reads), spots, strict=True)}


def found(cast: Cast, geography: Circle | States | None) -> set[UUID]:
    ask = replace(ASK, geography=geography, submission=uuid4())
    result = asking.run_query(person=cast.investigator.person, ask=ask, now=NOW)
    assert len({hit.id for hit in result.hits}) == len(result.hits)
    return {hit.id for hit in result.hits}


def flat_distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres as on a flat map about halfway: an oracle that is near enough for kilometres."""
    high = (other[0] - one[0]) * 111_195
    wide = (other[1] - one[1]) * 111_195 * math.cos(math.radians((one[0] + other[0]) / 2))
    return math.hypot(high, wide)


CENTERS = st.sampled_from(PLACES) | st.tuples(st.floats(39, 42), st.floats(-76, -73))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(center=CENTERS, radius=st.integers(100, 200_000))
def test_circle_gives_exactly_what_lies_in_it(
    cast: Cast,
    indexed: dict[UUID, tuple[float, float]],
    center: tuple[float, float],
    radius: int,
) -> None:
    circle = Circle(round(center[0] * 1e7), round(center[1] * 1e7), radius)
    answer = found(cast, circle)
    for read_id, spot in indexed.items():
        distance = flat_distance(center, spot)
        # Where the two ways to measure could differ the oracle does not judge.
        if not 0.98 * radius < distance < 1.02 * radius:
            assert (read_id in answer) is (distance < radius)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ids=st.sets(st.sampled_from(["US-NY", "US-NJ", "US-PA", "US-DE", "US-IL"]), min_size=1))
def test_states_give_exactly_what_lies_in_them(
    cast: Cast, indexed: dict[UUID, tuple[float, float]], ids: set[str]
) -> None:
    states = ["US-NY", "US-NJ", "US-NJ", "US-PA", "US-DE", "US-IL"]
    in_state = dict(zip(PLACES, states, strict=True))
    expected = {read_id for read_id, spot in indexed.items() if in_state[spot] in ids}
    assert found(cast, States(tuple(sorted(ids)))) == expected


def test_without_a_limit_all_come_back(
    cast: Cast, indexed: dict[UUID, tuple[float, float]]
) -> None:  # QRY-5
    assert found(cast, None) == set(indexed)


def test_limit_is_recorded_in_whole_numbers_and_kept_with_the_query(
    cast: Cast, indexed: dict[UUID, tuple[float, float]]
) -> None:  # AUD-2, QRY-4
    found(cast, Circle(407_484_000, -739_857_000, 8_047))
    found(cast, States(("US-NJ", "US-NY")))
    fields = [event.fields["geography"] for event in events_of(Kind.QUERY_RUN)]
    assert fields == [
        {"lat_e7": 407_484_000, "lon_e7": -739_857_000, "radius_m": 8_047},
        {"states": ["US-NJ", "US-NY"]},
    ]
    assert sorted(map(str, RecentQuery.objects.values_list("geography", flat=True))) == sorted(
        map(str, fields)
    )


def test_what_lies_outside_is_no_hit_of_the_query_by_any_address(
    committed_db: None, cast: Cast
) -> None:  # QRY-2, QRY-4
    source, person = make_source(cast), cast.investigator.person
    [inside, outside] = store(
        source, [read_in("ABC123", days_ago(10)), read_in("ABC123", days_ago(20))]
    )
    del inside
    ask = replace(ASK, geography=Circle(407_484_000, -739_857_000, 1_000))
    query = asking.run_query(person=person, ask=ask, now=NOW).query
    assert query.hit_count == 0
    assert viewing.view_result(person=person, pk=query.pk, now=NOW).hits == ()
    with pytest.raises(NotFound):
        viewing.view_hit(person=person, pk=query.pk, read_id=UUID(outside), now=NOW)
    with pytest.raises(NotFound):
        see_photograph(person, query.pk, UUID(outside), at=days_ago(20))
    [viewed] = events_of(Kind.RESULT_VIEWED)
    assert viewed.fields["geography"] == ask.geography.as_fields()  # type: ignore[union-attr]


# --- the form -------------------------------------------------------------------------------------

CIRCLE = {
    "where": "circle",
    "center_latitude": "39.7",
    "center_longitude": "-75.6",
    "radius_miles": "2.5",
}


def test_circle_and_states_are_asked_by_the_form(cast: Cast) -> None:
    store(make_source(cast), [read_in("ABC123", days_ago(10))])
    client = client_for(cast.investigator)
    for entered, words, hits in (
        (CIRCLE, "Within 2.50 miles of 39.70000, -75.60000", 1),
        (CIRCLE | {"center_latitude": "41"}, "Within 2.50 miles of 41.00000, -75.60000", 0),
        ({"where": "states", "where_states": ["US-DE", "US-PA"]}, "Delaware, Pennsylvania", 1),
        ({"where": "states", "where_states": ["US-NY"]}, "New York", 0),
    ):
        response = send(client, **entered)
        assert response.status_code == 303, response.content.decode()
        page = text(client.get(response["Location"]))
        assert words in page
        assert f"{hits} hit" in page


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"where": "states"}, "where_states", "geography_missing"),
        ({"where": "states", "where_states": "CA-ON"}, "where_states", "where_states_invalid"),
        ({"where": "states", "where_states": "%"}, "where_states", "where_states_invalid"),
        ({"where": "everywhere"}, "where", "where_invalid"),
        (CIRCLE | {"center_latitude": ""}, "center_latitude", "geography_missing"),
        (CIRCLE | {"center_latitude": "90.1"}, "center_latitude", "center_latitude_invalid"),
        (CIRCLE | {"center_latitude": "north"}, "center_latitude", "center_latitude_invalid"),
        (CIRCLE | {"center_latitude": "nan"}, "center_latitude", "center_latitude_invalid"),
        (CIRCLE | {"center_longitude": "-181"}, "center_longitude", "center_longitude_invalid"),
        (CIRCLE | {"radius_miles": ""}, "radius_miles", "geography_missing"),
        (CIRCLE | {"radius_miles": "0"}, "radius_miles", "radius_miles_invalid"),
        (CIRCLE | {"radius_miles": "501"}, "radius_miles", "radius_miles_invalid"),
        (CIRCLE | {"radius_miles": "-1"}, "radius_miles", "radius_miles_invalid"),
    ],
)
def test_what_is_no_place_is_named_beside_its_field_and_logged(
    cast: Cast, changes: dict[str, str], field: str, rule: str
) -> None:  # QRY-4, QRY-15
    response = send(client_for(cast.investigator), **changes)
    assert response.status_code == 422
    page = response.content.decode()
    assert f'id="id_{field}_error"' in page
    [refused] = events_of(Kind.QUERY_REFUSED)
    assert refused.fields["outcome_code"] == rule
    assert refused.fields["where_raw"][field] == changes.get(field, "")
    if field not in {"where", "where_states"}:  # what was typed stays
        assert f'value="{changes[field]}"' in page or not changes[field]


def test_equator_is_a_place(cast: Cast) -> None:
    entered = CIRCLE | {"center_latitude": "0", "center_longitude": "0", "radius_miles": "0.05"}
    assert send(client_for(cast.investigator), **entered).status_code == 303
    [run] = events_of(Kind.QUERY_RUN)
    assert run.fields["geography"] == {"lat_e7": 0, "lon_e7": 0, "radius_m": 80}


@pytest.mark.parametrize("entered", [CIRCLE, {"where": "states", "where_states": ["US-DE"]}])
def test_asking_again_keeps_the_place(cast: Cast, entered: dict[str, Any]) -> None:  # QRY-13
    client = client_for(cast.investigator)
    send(client, **entered, **dates(17, 3))
    [first] = RecentQuery.objects.all()
    page = text(client.get("/queries/new/", {"again": str(first.pk)}))
    if "radius_miles" in entered:
        for shown in ('value="39.7000000"', 'value="-75.6000000"', 'value="2.50"'):
            assert shown in page
    else:
        assert page.count(" checked") == 3  # states, Delaware, two dates
