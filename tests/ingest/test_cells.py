"""The arithmetic of places: pure."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cells import (
    CELL_METRES,
    cell_of,
    centre_of,
    degrees_of,
    ground_scale,
    mercator,
    mercator_of_degrees,
)
from ingest.checking import distance_metres

latitudes = st.integers(-840_000_000, 840_000_000)
longitudes = st.integers(-1_800_000_000, 1_800_000_000)


@given(latitudes, longitudes)
def test_a_place_is_within_half_a_cell_of_its_cells_centre(latitude: int, longitude: int) -> None:
    x, y = mercator(latitude, longitude)
    centre_x, centre_y = centre_of(cell_of(latitude, longitude))
    assert abs(x - centre_x) <= CELL_METRES / 2 + 1e-6
    assert abs(y - centre_y) <= CELL_METRES / 2 + 1e-6


@given(latitudes, longitudes)
def test_degrees_come_back_from_mercator(latitude: int, longitude: int) -> None:
    back = degrees_of(*mercator(latitude, longitude))
    assert back == pytest.approx((latitude / 1e7, longitude / 1e7), abs=1e-8)


@given(
    st.integers(-600_000_000, 750_000_000),
    st.integers(-1_790_000_000, 1_790_000_000),
    st.integers(-90_000, 90_000),
    st.integers(-90_000, 90_000),
)
def test_ground_metres_are_those_on_the_sphere(
    latitude: int, longitude: int, north: int, east: int
) -> None:
    one, other = (latitude, longitude), (latitude + north, longitude + east)
    scale = ground_scale(mercator(*one)[1])
    metres = math.dist(mercator(*one), mercator(*other)) * scale
    # The sphere of the map is a thousandth larger than that of `distance_metres`.
    assert metres == pytest.approx(distance_metres(one, other) * 6_378_137 / 6_371_000, rel=2e-3)


@given(latitudes, longitudes)
def test_cells_fit_into_the_databases_integer_and_are_never_negative(
    latitude: int, longitude: int
) -> None:
    assert 0 <= cell_of(latitude, longitude) < 2**48


def test_cells_never_change() -> None:
    # Everything known of places is kept under them.
    assert cell_of(399_500_000, -751_600_000) == 157_040_503_060_341
    assert cell_of(0, 0) == (2**23 << 24) + 2**23


def test_poles_have_a_cell() -> None:
    assert cell_of(900_000_000, 0) == cell_of(850_000_000, 0)
    assert mercator_of_degrees(-90, 0) == mercator_of_degrees(-85, 0)
