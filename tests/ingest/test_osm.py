"""OpenStreetMap extracts."""

from pathlib import Path
from typing import Any

import osmium
import pytest
from osmium.osm.mutable import Node, Way

from ingest.bodies import Malformed
from ingest.cells import mercator_of_degrees
from ingest.geodata.osm import OsmFiles
from ingest.geodata.rows import AddressRow, IntersectionRow, SegmentRow

# A cross of two streets around node 5, and what lies about it.
_NODES = {
    1: (-122.680, 45.520),
    2: (-122.670, 45.520),
    3: (-122.675, 45.525),
    4: (-122.675, 45.515),
    5: (-122.675, 45.520),
    6: (-122.660, 45.520),
}


def write(path: Path, *ways: tuple[int, list[int], dict[str, str]], **nodes: Any) -> OsmFiles:
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for ref, place in _NODES.items():
            tags = nodes.get(f"n{ref}", {})
            writer.add_node(Node(id=ref, location=place, tags=tags, version=1))
        for ref, refs, tags in ways:
            writer.add_way(Way(id=ref, nodes=refs, tags=tags, version=1))
    return OsmFiles([path])


def street(name: str = "", kind: str = "residential", **tags: str) -> dict[str, str]:
    return {"highway": kind, **({"name": name} if name else {}), **tags}


def rows(files: OsmFiles, kind: type) -> list[Any]:
    return [row for row in files.rows() if isinstance(row, kind)]


def crossings(files: OsmFiles) -> list[str]:
    return [row.name for row in rows(files, IntersectionRow)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "town.osm.pbf"


def test_streets_of_different_names_cross_at_the_node_they_share(path: Path) -> None:
    files = write(path, (10, [1, 5, 2], street("Burnside")), (11, [3, 5, 4], street("Broadway")))
    [crossing] = rows(files, IntersectionRow)
    assert crossing.name == "Broadway & Burnside"
    assert (crossing.x, crossing.y) == pytest.approx(
        mercator_of_degrees(45.520, -122.675), abs=0.02
    )


def test_a_street_that_ends_on_another_crosses_it(path: Path) -> None:
    files = write(path, (10, [1, 5, 2], street("Burnside")), (11, [3, 5], street("Broadway")))
    assert crossings(files) == ["Broadway & Burnside"]


def test_a_street_that_changes_its_name_does_not_cross_itself(path: Path) -> None:
    files = write(path, (10, [1, 5], street("West St")), (11, [5, 2], street("East St")))
    assert crossings(files) == []


def test_one_street_in_two_ways_does_not_cross_itself(path: Path) -> None:
    files = write(
        path,
        (10, [1, 5], street("Burnside")),
        (11, [5, 2], street("Burnside")),
        (12, [5, 3], street("Old Burnside", alt_name="Burnside")),
    )
    assert crossings(files) == []


def test_paths_and_nameless_roads_cross_nothing(path: Path) -> None:
    files = write(
        path,
        (10, [1, 5, 2], street("Burnside")),
        (11, [3, 5, 4], street("Riverside Walk", "footway")),
        (12, [3, 5], street("", "service")),
    )
    assert crossings(files) == []
    assert {row.name for row in rows(files, SegmentRow)} == {"Burnside"}


def test_a_highway_without_a_name_has_its_number(path: Path) -> None:
    files = write(
        path,
        (10, [1, 5, 2], street("", "motorway", ref="I 5;OR 99")),
        (11, [3, 5, 4], street("Broadway")),
    )
    assert crossings(files) == ["Broadway & I 5"]
    assert [(row.name, row.rank) for row in rows(files, SegmentRow)][:1] == [("I 5", 1)]


def test_streets_are_cut_where_they_cross(path: Path) -> None:
    files = write(path, (10, [1, 5, 2, 6], street("Burnside")), (11, [3, 5, 4], street("Broadway")))
    segments = rows(files, SegmentRow)
    assert [(row.name, len(row.line)) for row in segments] == [
        ("Burnside", 2), ("Burnside", 3), ("Broadway", 2), ("Broadway", 2)
    ]  # fmt: skip
    assert len({row.key for row in segments}) == 4
    assert (files.position, files.total) == (2, 2)


def test_house_numbers_of_nodes_and_buildings_are_addresses(path: Path) -> None:
    house = {"addr:housenumber": "10", "addr:street": "Broadway"}
    building = {"building": "yes", "addr:housenumber": "12", "addr:street": "Broadway"}
    files = write(
        path,
        (10, [1, 3, 2, 1], building),
        n6=house,
        n4={"addr:housenumber": "9"},
    )
    assert [row.address for row in rows(files, AddressRow)] == ["10 Broadway", "12 Broadway"]
    assert files.skipped.examples == ["town.osm.pbf, node 4: the address has no street"]


def test_a_street_cut_off_by_the_extract_keeps_what_is_there(path: Path) -> None:
    files = write(path, (10, [1, 5, 99], street("Burnside")), (11, [98, 99], street("Far St")))
    assert [(row.name, len(row.line)) for row in rows(files, SegmentRow)] == [("Burnside", 2)]
    assert files.skipped.examples == ["town.osm.pbf, way 11: it has no line"]


def test_a_torn_file_is_named(path: Path) -> None:
    write(path, (10, [1, 5, 2], street("Burnside")))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(Malformed, match=r"town\.osm\.pbf can't be read"):
        list(OsmFiles([path]).rows())


def test_version_is_the_day_of_the_map_else_of_the_file(path: Path) -> None:
    files = write(path)
    assert files.version() == f"{_day_of(path):%Y-%m-%d}"
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2026-03-01T21:20:59Z")
    osmium.SimpleWriter(str(path), header=header, overwrite=True).close()
    assert OsmFiles([path]).version() == "2026-03-01"


def _day_of(path: Path) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
