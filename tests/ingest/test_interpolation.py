"""House numbers along a street: parity and bounds hold for every range and place."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.interpolation import Range, house_number, project

numbers = st.integers(0, 99_999)
fractions = st.floats(0, 1)
metres = st.floats(-1_000, 1_000)
points = st.tuples(metres, metres)
lines = st.lists(points, min_size=2, max_size=6)


@given(numbers, st.integers(-500, 500), fractions)
def test_number_keeps_the_ranges_parity_and_stays_within(
    first: int, half: int, fraction: float
) -> None:
    last = max(first % 2, first + 2 * half)
    number = int(Range(first, last).at(fraction))
    assert number % 2 == first % 2
    assert min(first, last) <= number <= max(first, last)


@given(numbers, numbers, fractions)
def test_a_mixed_range_gives_any_number_within(first: int, last: int, fraction: float) -> None:
    number = int(Range(first, last, step=1).at(fraction))
    assert min(first, last) <= number <= max(first, last)


@given(numbers, numbers, fractions)
def test_a_range_said_to_be_of_one_parity_and_is_not_is_still_kept_to(
    first: int, last: int, fraction: float
) -> None:
    number = int(Range(first, last, step=2).at(fraction))
    assert min(first, last) <= number <= max(first, last)


@given(numbers, st.integers(0, 500), fractions, fractions)
def test_numbers_rise_along_the_way(first: int, half: int, one: float, other: float) -> None:
    range_ = Range(first, first + 2 * half)
    early, late = sorted((one, other))
    assert int(range_.at(early)) <= int(range_.at(late))


def test_ends_have_the_ranges_ends() -> None:
    assert (Range(100, 198).at(0.0), Range(100, 198).at(1.0)) == ("100", "198")
    assert (Range(199, 101).at(0.0), Range(199, 101).at(1.0)) == ("199", "101")


def test_prefix_stands_before_the_number() -> None:
    assert Range(1, 99, prefix="12-").at(0.5) in {"12-49", "12-51"}


@given(points, lines)
def test_foot_is_the_nearest_of_the_lines_corners_or_nearer(
    point: tuple[float, float], line: list[tuple[float, float]]
) -> None:
    foot = project(point, line)
    assert 0.0 <= foot.fraction <= 1.0 + 1e-9
    assert foot.distance <= min(math.dist(point, corner) for corner in line) + 1e-9


@pytest.mark.parametrize(
    ("point", "expected"),
    [((52, 10), "151"), ((52, -10), "150"), ((-30, 5), "101"), ((130, -5), "198")],
)
def test_side_decides_by_the_lines_direction(point: tuple[float, float], expected: str) -> None:
    line = [(0.0, 0.0), (100.0, 0.0)]
    assert house_number(point, line, Range(101, 199), Range(100, 198)) == expected


def test_side_of_a_bent_line_is_that_of_its_nearest_edge() -> None:
    line = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0)]
    left, right = Range(1, 1), Range(2, 2)
    assert house_number((90.0, 50.0), line, left, right) == "1"
    assert house_number((110.0, 50.0), line, left, right) == "2"


def test_the_other_sides_numbers_serve_where_only_that_has_any() -> None:
    line = [(0.0, 0.0), (100.0, 0.0)]
    assert house_number((50.0, -9.0), line, Range(101, 199), None) in {"149", "151"}
    assert house_number((50.0, 9.0), line, None, Range(100, 198)) in {"148", "150"}
    assert house_number((50.0, 9.0), line, None, None) is None


def test_a_line_without_length_is_a_point() -> None:
    foot = project((3.0, 4.0), [(0.0, 0.0), (0.0, 0.0)])
    assert (foot.distance, foot.fraction) == (5.0, 0.0)
