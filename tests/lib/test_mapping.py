"""What the map's script is given: every hit, at its place and by its camera's clock."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from lprsvc.lib.mapping import MapPoint, map_data

ZONES = [ZoneInfo(name) for name in ("America/New_York", "America/Phoenix", "UTC")]
POINTS = st.builds(
    MapPoint,
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    source=st.sampled_from(["Toll road", ""]),
    camera=st.sampled_from(["Gantry 1", "Gantry 2"]),
    local=st.builds(
        lambda at, zone: at.astimezone(zone),
        st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        st.sampled_from(ZONES),
    ),
    number=st.integers(0, 5_000),
    is_left_out=st.booleans(),
)


def as_the_script_reads_it(data: dict[str, list[object]]) -> list[tuple[object, ...]]:
    """The inverse, written as ``map.js`` has it."""
    sent = json.loads(json.dumps(data))
    found = []
    for index, number, minutes, zone, *left_out in sent["points"]:
        latitude, longitude, camera = sent["places"][index]
        clock = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        time = f"{clock:%Y-%m-%d %H:%M} {sent['zones'][zone]}"
        found.append((latitude, longitude, *sent["cameras"][camera], number, time, bool(left_out)))
    return found


@given(st.lists(POINTS, max_size=8))
def test_every_point_arrives_as_it_was(points: list[MapPoint]) -> None:
    """QRY-6."""
    assert as_the_script_reads_it(map_data(points)) == [
        (
            round(point.latitude, 5),
            round(point.longitude, 5),
            point.source,
            point.camera,
            point.number,
            f"{point.local:%Y-%m-%d %H:%M} {point.local.tzname()}",
            point.is_left_out,
        )
        for point in points
    ]


def test_what_hits_share_is_said_once() -> None:
    noon = datetime(2026, 1, 2, 17, 0, tzinfo=UTC).astimezone(ZONES[0])
    point = MapPoint(
        latitude=39.7, longitude=-75.6, source="Toll road", camera="1", local=noon, number=1
    )
    data = map_data([point] * 3)
    assert [len(data[name]) for name in ("cameras", "places", "zones", "points")] == [1, 1, 1, 3]
