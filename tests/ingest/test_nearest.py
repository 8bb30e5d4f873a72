"""Nearest address and intersection: which one, how far, and what it is worth (ING-3)."""

import math
import random
from itertools import pairwise

import pytest

from ingest.cells import ground_scale
from ingest.geodata.rows import AddressRow, IntersectionRow, SegmentRow
from ingest.interpolation import Point, Range
from ingest.models import AddressMethod, GeoKind
from ingest.nearest import find_nearest
from tests.ingest.geography import (
    X,
    Y,
    address,
    crossing,
    load,
    load_addresses,
    load_streets,
    street,
)

pytestmark = pytest.mark.django_db

SCALE = ground_scale(Y)
ODD, EVEN = Range(101, 199), Range(100, 198)


def at(east: float = 0.0, north: float = 0.0) -> Point:
    return X + east, Y + north


def test_an_address_point_close_by_is_the_address() -> None:
    load_addresses(address("115 STATE ST", east=20), address("117 STATE ST", east=-30))
    load_streets(street("State St", (-100, 5), (100, 5), left=ODD, right=EVEN))
    [found] = find_nearest([at()])
    assert (found.address, found.address_method) == ("115 STATE ST", AddressMethod.ROOFTOP)
    assert found.address_distance_m == pytest.approx(20 * SCALE, abs=0.1)
    assert found.address_dataset == "test-addresses 2026"


def test_without_one_the_number_is_estimated_along_the_street() -> None:
    load_addresses(address("1 Far Rd", east=0, north=400))
    load_streets(street("State St", (-100, 5), (100, 5), left=ODD, right=EVEN))
    [found] = find_nearest([at(east=1)])
    # South of a street that runs east is its right side; half of the way.
    assert (found.address, found.address_method) == ("150 State St", AddressMethod.INTERPOLATED)
    assert found.address_distance_m == pytest.approx(5 * SCALE, abs=0.1)
    assert found.address_dataset == "test-streets 2026"


def test_a_street_without_numbers_is_named_alone() -> None:
    load_streets(street("I-95", (-100, 5), (100, 5), rank=1))
    [found] = find_nearest([at()])
    assert (found.address, found.address_method) == ("I-95", AddressMethod.STREET)


def test_a_far_address_point_counts_where_no_street_is_nearer() -> None:
    load_addresses(address("1 Ranch Rd", east=500))
    load_streets(street("State St", (-100, 900), (100, 900), left=ODD))
    [found] = find_nearest([at()])
    assert (found.address, found.address_method) == ("1 Ranch Rd", AddressMethod.ROOFTOP)
    assert found.address_distance_m == pytest.approx(500 * SCALE, abs=0.1)


def test_beyond_a_kilometre_on_the_ground_there_is_no_address() -> None:
    beyond = 1_001 / SCALE
    load_addresses(address("1 Ranch Rd", east=beyond), address("2 Ranch Rd", east=-2 * beyond))
    load_streets(street("State St", (-100, beyond), (100, beyond)), crossing("A & B", east=beyond))
    [found] = find_nearest([at()])
    assert (found.address, found.address_method) == ("", AddressMethod.NONE)
    assert found.address_distance_m is None
    # Said of the data that were asked.
    assert found.address_dataset == "test-addresses 2026"
    assert found.intersection == "A & B"
    assert found.intersection_distance_m == pytest.approx(1_001, abs=0.2)


def test_beyond_five_kilometres_there_is_no_intersection() -> None:
    beyond = 5_001 / SCALE
    load_streets(street("State St", (-9, 9), (9, 9)), crossing("A & B", north=beyond))
    [found] = find_nearest([at()])
    assert (found.intersection, found.intersection_distance_m) == ("", None)
    assert found.intersection_dataset == "test-streets 2026"


def test_where_no_data_set_reaches_that_is_said_and_not_that_nothing_is_there() -> None:
    load_addresses(address("115 STATE ST"))
    [near, far] = find_nearest([at(), at(east=200_000)])
    assert near.address == "115 STATE ST"
    assert near.intersection_dataset == ""
    assert (far.address_method, far.address_dataset) == (AddressMethod.NO_DATA, "")


def test_the_nearest_of_several_data_sets_is_taken() -> None:
    load_addresses(address("1 North St", north=60), name="north")
    load_addresses(address("1 South St", north=-40), name="south")
    [found] = find_nearest([at()])
    assert (found.address, found.address_dataset) == ("1 South St", "south 2026")


def test_many_points_on_one_spot_are_kept_as_one() -> None:
    flats = [address(f"{number} TOWER PL", east=10) for number in (9, 7, 8)]
    dataset = load_addresses(*flats, address("1 OTHER ST", east=90))
    assert dataset.addresses == 2
    assert find_nearest([at()])[0].address == "7 TOWER PL"


def test_points_come_back_in_the_order_they_were_given_across_statements() -> None:
    load_addresses(*(address(f"{n} Row", east=n * 10.0) for n in range(1_200)))
    order = random.Random(5).sample(range(1_200), 1_200)
    found = find_nearest([at(east=n * 10.0) for n in order])
    assert [nearest.address for nearest in found] == [f"{n} Row" for n in order]


def test_distances_equal_brute_force_over_random_points() -> None:
    chance = random.Random(20)

    def somewhere() -> Point:
        return X + chance.uniform(-900, 900), Y + chance.uniform(-900, 900)

    addresses = [AddressRow(*somewhere(), f"{n} Random St") for n in range(120)]
    crossings = [IntersectionRow(*somewhere(), f"{n} & {n + 1}") for n in range(200)]
    lines = [tuple(somewhere() for _ in range(chance.randint(2, 6))) for _ in range(80)]
    load(GeoKind.ADDRESSES, addresses)
    streets = [SegmentRow(key, line, f"Street {key}") for key, line in enumerate(lines)]
    load(GeoKind.STREETS, [*streets, *crossings])
    points = [somewhere() for _ in range(700)]
    methods = set()
    for point, found in zip(points, find_nearest(points), strict=True):
        methods.add(found.address_method)
        scale = ground_scale(point[1])
        crossing_away = min(math.dist(point, (row.x, row.y)) for row in crossings) * scale
        assert found.intersection_distance_m == pytest.approx(crossing_away, abs=0.06)
        rooftop = min(math.dist(point, (row.x, row.y)) for row in addresses) * scale
        along = min(_to_line(point, line) for line in lines) * scale
        expected = rooftop if rooftop <= 100 or rooftop <= along else along
        assert found.address_distance_m == pytest.approx(expected, abs=0.06)
    assert methods == {AddressMethod.ROOFTOP, AddressMethod.STREET}


def _to_line(point: Point, line: tuple[Point, ...]) -> float:
    """By trying a thousand places of each edge: slow, and sure."""
    return min(
        math.dist(point, (a[0] + (b[0] - a[0]) * t / 4_000, a[1] + (b[1] - a[1]) * t / 4_000))
        for a, b in pairwise(line)
        for t in _near(point, a, b)
    )


def _near(point: Point, a: Point, b: Point) -> range:
    # The foot of the perpendicular tells where to try; the ends are always tried.
    length = math.dist(a, b) or 1.0
    t = ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / length**2
    middle = round(max(0.0, min(1.0, t)) * 4_000)
    return range(max(0, middle - 2), min(4_000, middle + 2) + 1)
