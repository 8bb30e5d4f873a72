"""Satellite pictures in a report: from a tile server or an archive; without either it says so."""

import io
import math
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pmtiles.tile import TileType
from pypdf import PageObject, PdfReader
from pytest_django import Settings

from tests.cast import Cast, cast, client_for
from tests.ingest.test_tiles import make_archive, server
from tests.ingest.tile_server import TileServer, picture
from tests.queries.reads import days_ago, make_source, read_in, store
from tests.queries.test_report import printed
from tests.queries.test_views import asked

__all__ = ["cast", "server"]
pytestmark = pytest.mark.usefixtures("committed_db")

OLIVE = (128, 128, 0)
NOT_THEN = "Imagery was not taken at the time of the read"
IMAGERY: dict[str, Any] = {
    "code": "satellite",
    "layer": "imagery",
    "label": "Satellite",
    "credit": "Imagery: the tests",
    "max_zoom": 18,
}


def page_of_a_hit(cast: Cast) -> PageObject:
    """The page of one hit, at 39.7 north and 75.6 west, in a report made by the worker."""
    reads = store(make_source(cast), [read_in("ABC 123", days_ago(10))])
    client: Client = client_for(cast.investigator)
    return PdfReader(io.BytesIO(printed(client, asked(client), reads).content)).pages[1]


def is_drawn(page: PageObject, color: tuple[int, int, int]) -> bool:
    """Whether one of its pictures is of this color in the middle of its upper half."""
    for image in page.images:
        drawn = image.image
        assert drawn is not None
        at = drawn.convert("RGB").getpixel((drawn.width // 2, drawn.height // 4))
        if isinstance(at, tuple) and all(abs(a - b) < 12 for a, b in zip(at, color, strict=True)):
            return True
    return False


def tiles_around(latitude: float, longitude: float) -> dict[tuple[int, int, int], bytes]:
    """Olive tiles of every zoom that a report could want of this place."""
    tile, found = picture(color="olive"), {}
    for z in range(8, 19):
        x = (longitude + 180) / 360 * 2**z
        y = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * 2**z
        for column in range(int(x) - 3, int(x) + 4):
            for row in range(int(y) - 3, int(y) + 4):
                found[z, column, row] = tile
    return found


def test_satellite_picture_of_a_tile_server(
    cast: Cast, server: TileServer, settings: Settings
) -> None:
    """QRY-8: and the other views are of the map that is configured."""
    server.paint = lambda path: picture(color="olive" if "imagery" in path else "lightblue")
    url = f"{server.url}/imagery/{{z}}/{{y}}/{{x}}"
    settings.TILE_SOURCES = [server.source, IMAGERY | {"kind": "http", "url": url}]
    page = page_of_a_hit(cast)
    words = page.extract_text()
    assert NOT_THEN in " ".join(words.split())
    assert "Imagery: the tests" in words
    assert "Map: the tests" in words
    assert "No imagery" not in words
    assert is_drawn(page, OLIVE)
    assert is_drawn(page, (173, 216, 230))


def test_satellite_picture_of_an_archive(cast: Cast, settings: Settings, tmp_path: Path) -> None:
    """QRY-8: and nobody is asked."""
    path = tmp_path / "county.pmtiles"
    make_archive(path, tiles_around(39.7, -75.6), TileType.PNG)
    settings.TILE_SOURCES = [IMAGERY | {"kind": "archive", "path": str(path)}]
    page = page_of_a_hit(cast)
    assert "Imagery: the tests" in page.extract_text()
    assert "No imagery" not in page.extract_text()
    assert is_drawn(page, OLIVE)


def test_imagery_that_is_away_is_said_and_the_report_is_made(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    missing = str(tmp_path / "none.pmtiles")
    settings.TILE_SOURCES = [IMAGERY | {"kind": "archive", "path": missing}]
    page = page_of_a_hit(cast)
    assert "Imagery can't be had now" in page.extract_text()
    assert not is_drawn(page, OLIVE)


def test_without_imagery_the_box_says_so(cast: Cast, settings: Settings) -> None:
    settings.TILE_SOURCES = []
    page = page_of_a_hit(cast)
    assert "No imagery is configured" in page.extract_text()
    assert not is_drawn(page, OLIVE)
