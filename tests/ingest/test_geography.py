"""Parts of the earth: what a circle and states cover, and what they are in the log (QRY-4)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.geography import (
    EARTH_RADIUS_M,
    LOCATED_STATES,
    Circle,
    States,
    distance_m,
    geography_of,
)
from lprsvc.lib.jurisdictions import JURISDICTIONS

E7 = 10_000_000
LIBERTY = (406_892_494, -740_445_004)  # the statue, New York Harbor
LATITUDES = st.integers(-90 * E7, 90 * E7)
LONGITUDES = st.integers(-180 * E7, 180 * E7)
POINTS = st.tuples(LATITUDES, LONGITUDES)


def test_a_degree_of_a_meridian_is_the_360th_of_its_circle() -> None:
    degree = 2 * math.pi * EARTH_RADIUS_M / 360
    assert distance_m((0, 0), (E7, 0)) == pytest.approx(degree)
    assert distance_m((0, 0), (0, 180 * E7)) == pytest.approx(180 * degree)
    # Across the 180th meridian, and round the pole, the way is the short one.
    assert distance_m((0, 179 * E7), (0, -179 * E7)) == pytest.approx(2 * degree)
    assert distance_m((89 * E7, 0), (89 * E7, 180 * E7)) == pytest.approx(2 * degree)


@given(one=POINTS, other=POINTS)
def test_distance_is_the_angle_between_the_points(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    """The oracle: the angle between two vectors, by their cross and dot product."""

    def vector(point: tuple[int, int]) -> tuple[float, float, float]:
        latitude, longitude = (math.radians(value / E7) for value in point)
        return (
            math.cos(latitude) * math.cos(longitude),
            math.cos(latitude) * math.sin(longitude),
            math.sin(latitude),
        )

    (a, b, c), (x, y, z) = vector(one), vector(other)
    cross = math.hypot(b * z - c * y, c * x - a * z, a * y - b * x)
    angle = math.atan2(cross, a * x + b * y + c * z)
    assert distance_m(one, other) == pytest.approx(angle * EARTH_RADIUS_M, abs=0.5)
    assert distance_m(one, other) == distance_m(other, one)


@given(center=POINTS, point=POINTS, radius=st.integers(1, 1_000_000))
def test_circle_covers_what_is_no_further_than_its_radius(
    center: tuple[int, int], point: tuple[int, int], radius: int
) -> None:
    circle = Circle(*center, radius)
    assert circle.covers(*point) is (distance_m(center, point) <= radius)
    assert circle.covers(*center)


def test_states_cover_what_lies_in_them() -> None:
    assert States(("US-NY",)).covers(407_484_000, -739_857_000)  # Times Square
    assert States(("US-NJ", "US-NY")).covers(407_282_000, -740_776_000)  # Jersey City
    assert not States(("US-NY",)).covers(407_282_000, -740_776_000)
    assert not States(("US-NY",)).covers(0, 0)  # the Gulf of Guinea


def test_states_that_can_be_chosen_issue_plates() -> None:
    assert len(LOCATED_STATES) == 56
    assert JURISDICTIONS.keys() >= LOCATED_STATES


@pytest.mark.parametrize(
    "make",
    [
        lambda: Circle(90 * E7 + 1, 0, 1),
        lambda: Circle(0, -180 * E7 - 1, 1),
        lambda: Circle(0, 0, 0),
        lambda: States(()),
        lambda: States(("CA-ON",)),
        lambda: States(("US-NY", "%")),
    ],
)
def test_what_is_not_on_earth_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"no circle|no states"):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("geography", [Circle(*LIBERTY, 8_047), States(("US-NJ", "US-NY")), None])
def test_log_holds_exactly_what_was_applied(geography: Circle | States | None) -> None:
    fields = geography.as_fields() if geography else None
    assert geography_of(fields) == geography
    values = [] if fields is None else fields.values()
    assert all(isinstance(value, int | list) for value in values)
