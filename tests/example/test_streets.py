"""The example's streets: quick to lay out, plainly invented, and near every read."""

from datetime import UTC, datetime

import pytest

from ingest.cells import mercator_of_degrees
from ingest.models import AddressMethod, GeoDataset
from ingest.nearest import find_nearest
from lprsvc.example.load.setting import Loading
from lprsvc.example.load.streets import load_streets
from lprsvc.example.streets import make_town
from lprsvc.example.world import make_world

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


def test_the_town_is_small_and_the_same_each_time() -> None:
    town = make_town()
    assert town == make_town()
    assert len(town.segments) + len(town.crossings) + len(town.addresses) < 40_000
    assert len({row.key for row in town.segments}) == len(town.segments)


def test_every_name_says_that_it_is_an_example() -> None:
    town = make_town()
    names = [row.name for row in town.segments] + [row.name for row in town.crossings]
    names += [row.address for row in town.addresses]
    assert all("Example" in name for name in names)
    assert {"1st Example St", "2nd Example St", "11th Example St", "23rd Example St"} <= set(names)


@pytest.mark.django_db
def test_every_read_of_the_example_has_an_address_and_an_intersection() -> None:
    said: list[str] = []
    for _ in range(2):  # the second time there is nothing left to lay out
        load_streets(Loading(now=NOW, say=said.append))
    assert len(said) == 1
    assert GeoDataset.objects.count() == 2
    reads = make_world(NOW, 1_500).reads
    found = find_nearest([mercator_of_degrees(read.latitude, read.longitude) for read in reads])
    assert all(nearest.address and nearest.intersection for nearest in found)
    assert {nearest.address_method for nearest in found} == {
        AddressMethod.ROOFTOP,
        AddressMethod.INTERPOLATED,
        AddressMethod.STREET,
    }
