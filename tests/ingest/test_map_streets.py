"""Streets of our own tables on maps, and pictures put together for paper."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from PIL import Image
from pytest_django import Settings

from ingest.maps import streets as street_tiles
from ingest.maps.blocks import TileUnavailable
from ingest.maps.mercator import Box, View, pixel_of
from ingest.maps.outlines import borders_within, names_within
from ingest.maps.sources import all_sources
from ingest.maps.stitching import stitched
from tests.cast import Cast, client_for, new_client
from tests.ingest.geography import HERE, load_streets, street
from tests.ingest.tile_server import TileServer, picture, tile_server

Z = 16


def square(z: int = Z) -> tuple[int, int]:
    """The square that holds HERE."""
    x, y = pixel_of(*HERE, z)
    return int(x // 256), int(y // 256)


PATH = "/tiles/streets/{}/{}/{}".format(Z, *square())


@pytest.fixture
def loaded(cast: Cast) -> None:
    load_streets(
        street("Market St", (-200, 0), (200, 0), key=1, rank=2),
        street("N 13th St", (0, -200), (0, 200), key=2),
        street("Far Ave", (50_000, 0), (50_100, 0), key=3),
    )


def streets(client: Client, path: str = PATH) -> Any:
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/geo+json"
    assert response["Cache-Control"] == "private, max-age=86400"
    return response.json()


def test_streets_of_a_square(cast: Cast, loaded: None) -> None:
    found = streets(client_for(cast.investigator))
    named = {one["properties"]["name"]: one for one in found["features"]}
    assert set(named) == {"Market St", "N 13th St"}
    assert found["truncated"] is False
    market = named["Market St"]
    assert market["properties"]["rank"] == 2
    (west, south), (east, north) = market["geometry"]["coordinates"]
    assert west < HERE[1] < east
    assert south == north == pytest.approx(HERE[0], abs=1e-5)


def test_streets_need_log_on(cast: Cast, loaded: None) -> None:
    assert new_client().get(PATH).status_code == 302


def test_too_many_streets_say_so(cast: Cast, loaded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(street_tiles, "MOST_STREETS", 1)
    found = streets(client_for(cast.investigator))
    assert found["truncated"] is True
    assert [one["properties"]["name"] for one in found["features"]] == ["Market St"]


@pytest.mark.parametrize("path", ["12/1/1", "20/1/1", f"{Z}/{1 << Z}/0", f"{Z}/0/{1 << Z}"])
def test_no_such_square(cast: Cast, loaded: None, path: str) -> None:
    assert client_for(cast.investigator).get(f"/tiles/streets/{path}").status_code == 404


def test_square_without_streets_is_empty(cast: Cast) -> None:
    assert streets(client_for(cast.investigator))["features"] == []


# --- pictures for paper -------------------------------------------------------------------------


@pytest.fixture
def server(settings: Settings, tmp_path: Path) -> Iterator[TileServer]:
    """A tile server whose squares are red and blue, as on a chess-board."""
    with tile_server() as running:
        running.paint = chess
        settings.TILE_SOURCES = [running.source]
        settings.TILE_CACHE_DIR = tmp_path / "tiles"
        yield running


def chess(path: str) -> bytes:
    _, y, x = map(int, path.removeprefix("/tiles/").split("/"))
    return picture(color="red" if (x + y) % 2 else "blue")


def color_at(jpeg: bytes, x: int, y: int) -> str:
    with Image.open(io.BytesIO(jpeg)) as image:
        red, _, blue = image.convert("RGB").getpixel((x, y))  # type: ignore[misc]
    return "red" if red > blue else "blue"


def expected(latitude: float, longitude: float, zoom: int) -> str:
    x, y = pixel_of(latitude, longitude, zoom)
    return "red" if (x // 256 + y // 256) % 2 else "blue"


@pytest.mark.parametrize("zoom", [12, 14, 16])
def test_stitched_picture_shows_each_place_where_it_is(server: TileServer, zoom: int) -> None:
    view = View(*HERE, zoom, 500, 300)
    jpeg = stitched(all_sources()[0], view)
    assert jpeg is not None
    with Image.open(io.BytesIO(jpeg)) as image:
        assert (image.format, image.size) == ("JPEG", (500, 300))
    box = view.box
    for down in range(1, 10):
        for right in range(1, 10):
            place = (
                box.north - (box.north - box.south) * down / 10,
                box.west + (box.east - box.west) * right / 10,
            )
            x, y = pixel_of(*place, zoom)
            if min(x % 256, y % 256, -x % 256, -y % 256) > 3:  # not on an edge, which JPEG blurs
                assert color_at(jpeg, *map(int, view.pixel(*place))) == expected(*place, zoom)


def test_broken_zoom_is_scaled(server: TileServer) -> None:
    view = View(*HERE, 13.5, 400, 300)
    jpeg = stitched(all_sources()[0], view)
    assert jpeg is not None
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.size == (400, 300)
    assert {path.split("/")[2] for path in server.paths} == {"14"}


def test_deeper_than_the_source_goes_is_enlarged(server: TileServer) -> None:
    assert stitched(all_sources()[0], View(*HERE, 18, 400, 300)) is not None
    assert {path.split("/")[2] for path in server.paths} == {"16"}


def test_no_tile_at_all_is_no_picture(server: TileServer) -> None:
    server.status = 404
    assert stitched(all_sources()[0], View(*HERE, 14, 400, 300)) is None


def test_failing_server_is_said(server: TileServer) -> None:
    server.status = 500
    with pytest.raises(TileUnavailable):
        stitched(all_sources()[0], View(*HERE, 14, 400, 300))


def test_picture_that_is_sound_at_its_head_alone(server: TileServer) -> None:
    server.paint, server.content = None, picture()[:-40]
    with pytest.raises(TileUnavailable):
        stitched(all_sources()[0], View(*HERE, 14, 400, 300))


def test_borders_of_states_where_there_is_nothing_else() -> None:
    box = Box(39, -76.5, 41, -74.5)
    if not borders_within(box):
        pytest.skip("the front-end files are not made: make frontend")
    assert all(line.box.south <= 41 and line.box.north >= 39 for line in borders_within(box))
    # Lines of the whole country are many more.
    assert len(borders_within(box)) < len(borders_within(Box(-90, -180, 90, 180)))
    assert {name.text for name in names_within(Box(38, -81, 42, -74))} >= {"Pennsylvania"}
