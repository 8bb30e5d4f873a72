"""The borders that maps draw, made from TopoJSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from lprsvc.runtime import geo

# Two unit squares side by side; arc 1 is the border they share, run backwards by the second.
SQUARES: dict[str, Any] = {
    "transform": {"scale": [1.0, 1.0], "translate": [-100.0, 40.0]},
    "arcs": [
        [[1, 1], [-1, 0], [0, -1], [1, 0]],
        [[1, 0], [0, 1]],
        [[1, 0], [1, 0], [0, 1], [-1, 0]],
        [[9, 9], [1, 1]],
    ],
    "objects": {
        "states": {
            "geometries": [
                {"type": "Polygon", "arcs": [[0, 1]], "properties": {"name": "West"}},
                {"type": "MultiPolygon", "arcs": [[[2, -2]]], "properties": {"name": "East"}},
            ]
        }
    },
}


def test_borders_hold_each_used_arc_once() -> None:
    borders = geo.states_geojson(SQUARES)["features"][0]

    assert len(borders["geometry"]["coordinates"]) == 3
    assert borders["geometry"]["coordinates"][1] == [(-99.0, 40.0), (-99.0, 41.0)]


def test_names_stand_in_the_middle_with_their_width() -> None:
    names = geo.states_geojson(SQUARES)["features"][1:]

    assert [
        (name["properties"]["name"], name["geometry"]["coordinates"], name["properties"]["width"])
        for name in names
    ] == [("West", [-99.5, 40.5], 1.0), ("East", [-98.5, 40.5], 1.0)]


def test_build_writes_what_the_map_reads(tmp_path: Path) -> None:
    source = tmp_path / "us-atlas" / "states-10m.json"
    source.parent.mkdir()
    source.write_text(json.dumps(SQUARES), "utf-8")
    target = tmp_path / "static" / "geo" / "states.geojson"

    geo.build_states(tmp_path, target)

    assert json.loads(target.read_text("utf-8"))["type"] == "FeatureCollection"


def test_build_without_the_package_says_which_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="states-10m"):
        geo.build_states(tmp_path, tmp_path / "states.geojson")


# --- counties --------------------------------------------------------------------------------


def counties(**changes: Any) -> dict[str, Any]:
    """The two squares as counties, the second with a hole that is only a line."""
    geometries = [
        {"type": "Polygon", "id": "01001", "arcs": [[0, 1]], "properties": {"name": "West"}},
        {
            "type": "MultiPolygon",
            "id": "01003",
            "arcs": [[[2, -2], [3, -4]]],
            "properties": {"name": "East"},
        },
    ]
    return {**SQUARES, "objects": {"counties": {"geometries": geometries}}} | changes


def test_counties_are_rings_of_steps() -> None:
    west, east = geo.counties_chains(counties())["counties"]

    assert (west["fips"], west["name"]) == ("01001", "West")
    assert west["polygons"] == [[[-990_000, 410_000, -10_000, 0, 0, -10_000, 10_000, 0, 0, 10_000]]]
    assert len(east["polygons"]) == 1
    assert len(east["polygons"][0]) == 1, "the line is no hole"


def test_county_of_which_only_a_line_is_left_has_no_polygon() -> None:
    line = {"type": "Polygon", "id": "01005", "arcs": [[3, -4]], "properties": {"name": "Islet"}}
    topology = counties(objects={"counties": {"geometries": [line]}})

    assert geo.counties_chains(topology)["counties"][0]["polygons"] == []


def test_build_counties_leaves_nothing_half_written(tmp_path: Path) -> None:
    source = tmp_path / "us-atlas" / "counties-10m.json"
    source.parent.mkdir()
    source.write_text(json.dumps(counties()), "utf-8")
    target = tmp_path / "geo" / "counties.json"

    geo.build_counties(tmp_path, target)

    assert len(json.loads(target.read_text("utf-8"))["counties"]) == 2
    assert [path.name for path in target.parent.iterdir()] == ["counties.json"]
