"""The nearest address, street and intersection, in core PostgreSQL.

One statement for some 500 points. It takes the nearest of each kind whatever its distance, by the
index; the distance is tested afterwards: a radius among the conditions would cost seconds where
nothing is near. A data set is asked only for points that it covers.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from ingest.cells import degrees_of, ground_scale, mercator_of_degrees
from ingest.driver import driver_cursor
from ingest.interpolation import Point, Range, house_number
from ingest.models import AddressMethod, GeoDataset, GeoKind, GeoStatus
from ingest.rules import (
    ADDRESS_REACH_METRES,
    INTERSECTION_REACH_METRES,
    PLACES_PER_STATEMENT,
    ROOFTOP_REACH_METRES,
)

_NEAREST = """
SELECT q.n,
       a.dataset_id, a.address, a.distance,
       s.dataset_id, s.name, s.distance, s.line, s.left_from, s.left_to, s.left_step,
       s.left_prefix, s.right_from, s.right_to, s.right_step, s.right_prefix,
       i.dataset_id, i.name, i.distance
  FROM unnest(%(xs)s::float8[], %(ys)s::float8[], %(close)s::float8[])
       WITH ORDINALITY AS q (x, y, close, n)
  LEFT JOIN LATERAL (
       SELECT dataset_id, address, pt <-> point(q.x, q.y) AS distance
         FROM geo_address WHERE dataset_id = ANY(%(addresses)s::int8[])
        ORDER BY pt <-> point(q.x, q.y) LIMIT 1) AS a ON true
  LEFT JOIN LATERAL (
       SELECT dataset_id, name, poly <-> point(q.x, q.y) AS distance, poly::text AS line,
              left_from, left_to, left_step, left_prefix,
              right_from, right_to, right_step, right_prefix
         FROM geo_segment WHERE dataset_id = ANY(%(streets)s::int8[])
              -- Asked once a point: no street is looked for where an address point is close by.
          AND coalesce(a.distance > q.close, true)
        ORDER BY poly <-> point(q.x, q.y) LIMIT 1) AS s ON true
  LEFT JOIN LATERAL (
       SELECT dataset_id, name, pt <-> point(q.x, q.y) AS distance
         FROM geo_intersection WHERE dataset_id = ANY(%(streets)s::int8[])
        ORDER BY pt <-> point(q.x, q.y) LIMIT 1) AS i ON true
 ORDER BY q.n
"""
_WITHIN = """
SELECT name, rank, poly::text FROM geo_segment
 WHERE dataset_id = %s AND poly && polygon(box(point(%s, %s), point(%s, %s)))
 ORDER BY rank, name LIMIT %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """What was found for one point; names and units as in `ingest.models.KnownPlace`."""

    address: str = ""
    address_method: AddressMethod = AddressMethod.NO_DATA
    address_distance_m: float | None = None
    address_dataset: str = ""
    intersection: str = ""
    intersection_distance_m: float | None = None
    intersection_dataset: str = ""


class _Row(NamedTuple):
    """What the statement finds for one point; distances in Mercator metres, NULL where nothing."""

    n: int
    address_dataset: int | None
    address: str
    address_distance: float
    street_dataset: int | None
    street: str
    street_distance: float
    line: str
    left_from: int | None
    left_to: int | None
    left_step: int | None
    left_prefix: str | None
    right_from: int | None
    right_to: int | None
    right_step: int | None
    right_prefix: str | None
    intersection_dataset: int | None
    intersection: str
    intersection_distance: float


def find_nearest(points: Sequence[Point]) -> list[Nearest]:
    """What is nearest to each point (Web Mercator metres), from the data sets in use.

    The caller sees to it that none is taken out of use meanwhile (`ingest.services.places`).
    """
    in_use = list(GeoDataset.objects.filter(status=GeoStatus.ACTIVE).order_by("id"))
    labels = {dataset.pk: dataset.label for dataset in in_use}
    found: list[Nearest] = [Nearest()] * len(points)
    for covering, indexes in _by_cover(points, in_use).items():
        for part in _parts(indexes):
            these = [points[index] for index in part]
            for index, row in zip(part, _ask(these, covering), strict=True):
                found[index] = _Finding(points[index], row, covering, labels).nearest()
    return found


def list_segments(
    south: float, west: float, north: float, east: float, limit: int
) -> list[tuple[str, int, tuple[Point, ...]]]:
    """(name, rank, points in degrees) of street stretches that touch a box given in degrees.

    Of the data set last taken into use that has any there.
    """
    low, high = mercator_of_degrees(south, west), mercator_of_degrees(north, east)
    streets = GeoDataset.objects.filter(
        status=GeoStatus.ACTIVE,
        kind=GeoKind.STREETS,
        west__lte=high[0],
        east__gte=low[0],
        south__lte=high[1],
        north__gte=low[1],
    )
    for pk in streets.order_by("-activated_at", "-id").values_list("pk", flat=True):
        with connection.cursor() as cursor:
            cursor.execute(_WITHIN, [pk, *low, *high, limit])
            rows = cursor.fetchall()
        if rows:
            return [(name, rank, tuple(_degrees(line))) for name, rank, line in rows]
    return []


def _degrees(line: str) -> Iterator[Point]:
    return (degrees_of(x, y) for x, y in line_of(line))


@dataclass(frozen=True, slots=True)
class _Cover:
    """The data sets that cover a point, by id."""

    addresses: tuple[int, ...]
    streets: tuple[int, ...]


def _by_cover(points: Sequence[Point], in_use: list[GeoDataset]) -> dict[_Cover, list[int]]:
    """The points' indexes by what covers them; a point that nothing covers is left out."""
    groups: dict[_Cover, list[int]] = defaultdict(list)
    for index, (x, y) in enumerate(points):
        scale = ground_scale(y)
        near = [dataset for dataset in in_use if _covers(dataset, x, y, scale)]
        cover = _Cover(
            addresses=tuple(dataset.pk for dataset in near if dataset.addresses),
            streets=tuple(dataset.pk for dataset in near if dataset.segments),
        )
        if near:
            groups[cover].append(index)
    return groups


def _covers(dataset: GeoDataset, x: float, y: float, scale: float) -> bool:
    if dataset.box is None:
        return False
    west, south, east, north = dataset.box
    reach = ADDRESS_REACH_METRES if dataset.kind == GeoKind.ADDRESSES else INTERSECTION_REACH_METRES
    reach /= scale
    return west - reach <= x <= east + reach and south - reach <= y <= north + reach


def _parts(indexes: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(indexes), PLACES_PER_STATEMENT):
        yield indexes[start : start + PLACES_PER_STATEMENT]


def _ask(points: Sequence[Point], cover: _Cover) -> list[_Row]:
    values: dict[str, Any] = {
        "xs": [x for x, _ in points],
        "ys": [y for _, y in points],
        "close": [ROOFTOP_REACH_METRES / ground_scale(y) for _, y in points],
        "addresses": list(cover.addresses),
        "streets": list(cover.streets),
    }
    with driver_cursor() as cursor:
        cursor.execute(_NEAREST, values)
        return [_Row(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class _Finding:
    """What a row means for its point."""

    point: Point
    row: _Row
    cover: _Cover
    labels: dict[int, str]

    def nearest(self) -> Nearest:
        """Address and intersection, as far as they are within reach."""
        address, method, distance, dataset = self._address()
        crossing = self.row.intersection_dataset
        away = self._ground(crossing, self.row.intersection_distance)
        is_near = away is not None and away <= INTERSECTION_REACH_METRES
        return Nearest(
            address=address,
            address_method=method,
            address_distance_m=distance,
            address_dataset=self._label(dataset, self.cover.addresses or self.cover.streets),
            intersection=self.row.intersection if is_near else "",
            intersection_distance_m=away if is_near else None,
            intersection_dataset=self._label(crossing, self.cover.streets),
        )

    def _address(self) -> tuple[str, AddressMethod, float | None, int | None]:
        """Address point close by → number along the street → street → nothing.

        An address point further off counts where no street is nearer than it.
        """
        row = self.row
        rooftop = self._ground(row.address_dataset, row.address_distance)
        street = self._ground(row.street_dataset, row.street_distance)
        if rooftop is not None and rooftop <= ADDRESS_REACH_METRES:
            is_close = rooftop <= ROOFTOP_REACH_METRES
            if is_close or street is None or rooftop <= street:
                return row.address, AddressMethod.ROOFTOP, rooftop, row.address_dataset
        if street is None or street > ADDRESS_REACH_METRES:
            return "", AddressMethod.NONE, None, None
        number = house_number(self.point, line_of(row.line), *self._ranges())
        if number is None:
            return row.street, AddressMethod.STREET, street, row.street_dataset
        text = f"{number} {row.street}"
        return text, AddressMethod.INTERPOLATED, street, row.street_dataset

    def _ranges(self) -> tuple[Range | None, Range | None]:
        row = self.row
        return (
            _range(row.left_from, row.left_to, row.left_step, row.left_prefix),
            _range(row.right_from, row.right_to, row.right_step, row.right_prefix),
        )

    def _ground(self, dataset: int | None, distance: float) -> float | None:
        """Metres on the ground; None where there was nothing at all."""
        return None if dataset is None else round(distance * ground_scale(self.point[1]), 1)

    def _label(self, dataset: int | None, asked: tuple[int, ...]) -> str:
        """The data set it is from; where nothing was found, the first of those that were asked."""
        if dataset is not None:
            return self.labels[dataset]
        return self.labels[asked[0]] if asked else ""


def line_of(polygon: str) -> list[Point]:
    """The line that was stored there and back, from the text of its polygon."""
    numbers = [float(number) for number in polygon.replace("(", "").replace(")", "").split(",")]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    return points[: len(points) // 2 + 1]


def there_and_back(line: Sequence[Point]) -> str:
    """The text of a polygon that runs along the line and back again: its distance is the line's."""
    points = [*line, *line[-2:0:-1]]
    return "(" + ",".join(f"({x:.2f},{y:.2f})" for x, y in points) + ")"


def _range(
    first: int | None, last: int | None, step: int | None, prefix: str | None
) -> Range | None:
    if first is None or last is None:
        return None
    return Range(first, last, step or 1, prefix or "")
