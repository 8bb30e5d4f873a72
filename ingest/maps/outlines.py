"""Borders of states, as set-up made them for pages: drawn where there is nothing else to draw."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders

from ingest.maps.mercator import Box

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch of border: (latitude, longitude) in degrees, and the box around it."""

    points: tuple[Point, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class Name:
    """Where a state's name is written, and how many degrees wide the state is there."""

    text: str
    latitude: float
    longitude: float
    width: float


def borders_within(box: Box) -> list[Line]:
    """The stretches of border that may be seen in a box."""
    lines, _ = _outlines()
    return [line for line in lines if _touch(line.box, box)]


def names_within(box: Box) -> list[Name]:
    """The states whose name's place lies in a box."""
    _, names = _outlines()
    return [
        name
        for name in names
        if box.south <= name.latitude <= box.north and box.west <= name.longitude <= box.east
    ]


def _touch(one: Box, other: Box) -> bool:
    return (
        one.south <= other.north
        and other.south <= one.north
        and one.west <= other.east
        and other.west <= one.east
    )


@cache
def _outlines() -> tuple[list[Line], list[Name]]:
    found = finders.find("vendor/geo/states.geojson")
    if not isinstance(found, str):
        return [], []  # set-up has not made it
    features: list[dict[str, Any]] = json.loads(Path(found).read_text("utf-8"))["features"]
    lines = [
        _line(points)
        for feature in features
        if feature["properties"]["kind"] == "border"
        for points in feature["geometry"]["coordinates"]
    ]
    names = [_name(one) for one in features if one["properties"]["kind"] == "name"]
    return lines, names


def _line(points: list[list[float]]) -> Line:
    longitudes, latitudes = zip(*points, strict=True)
    box = Box(min(latitudes), min(longitudes), max(latitudes), max(longitudes))
    return Line(tuple(zip(latitudes, longitudes, strict=True)), box)


def _name(feature: dict[str, Any]) -> Name:
    longitude, latitude = feature["geometry"]["coordinates"]
    properties = feature["properties"]
    return Name(properties["name"], latitude, longitude, properties["width"])
