"""Maps with pictures, on a desk and on a phone: from this service's own address alone (SAF-2)."""

import json
from collections.abc import Iterator
from itertools import chain

import pytest
from playwright.sync_api import Browser, Page, expect
from pmtiles.tile import TileType

from lprsvc.runtime import commands
from tests.browser.conftest import DESK, PHONE, Look, watched_page
from tests.browser.test_log_on import log_on
from tests.browser.test_story import ASKED, CASE
from tests.cast import Cast
from tests.harness.mail import Inbox, free_port
from tests.harness.processes import environment_for, running_process
from tests.ingest.test_tiles import make_archive
from tests.ingest.tile_server import TileServer, picture, tile_server
from tests.queries.test_report_maps import IMAGERY, tiles_around
from tests.story import STATE, Road

pytestmark = pytest.mark.browser

NOT_THEN = "Imagery was not taken at the time of the read."


@pytest.fixture(scope="module")
def server() -> Iterator[TileServer]:
    with tile_server() as running:
        running.paint = lambda path: picture(color="olive" if "imagery" in path else "lightblue")
        yield running


@pytest.fixture(scope="module", params=["http", "archive"])
def map_url(
    request: pytest.FixtureRequest,
    committed_db: None,
    smtp_server: Inbox,
    server: TileServer,
    road: Road,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of a web process whose map is the tile server's, and whose satellite pictures are
    that server's too, or an archive's."""
    folder, port = tmp_path_factory.mktemp("maps"), free_port()
    imagery = IMAGERY | {"kind": request.param, "url": f"{server.url}/imagery/{{z}}/{{y}}/{{x}}"}
    if request.param == "archive":
        path = folder / "county.pmtiles"
        cameras = {(read.camera.latitude, read.camera.longitude) for read in road.reads}
        around = (tiles_around(*place).items() for place in cameras)
        make_archive(path, dict(chain.from_iterable(around)), TileType.PNG)
        imagery = IMAGERY | {"kind": "archive", "path": str(path)}
    environment = environment_for(smtp_server) | {
        "TILE_CACHE_DIR": str(folder / "tiles"),
        "TILE_SOURCES": json.dumps([server.source, imagery]),
    }
    web, url = commands.web(environment, port), f"http://{commands.HOST}:{port}"
    with running_process(web, folder, lambda _: commands.answers(port), url):
        yield url


def ask(window: Page) -> None:
    window.goto("/queries/new/")
    window.get_by_label("Plate number").fill(ASKED)
    window.get_by_label("State of registration").select_option(label=STATE)
    window.locator("#id_reason").select_option(label="Criminal investigation")
    window.get_by_label("Case or subject").fill(CASE)
    window.get_by_text("Myself").click()
    window.get_by_text("Previous 5 years").click()
    window.get_by_role("button", name="Search").click()


@pytest.mark.parametrize(("name", "size"), [("desk", DESK), ("phone", PHONE)])
def test_map_has_pictures_and_a_satellite_layer(
    chromium: Browser,
    map_url: str,
    cast: Cast,
    road: Road,
    look: Look,
    name: str,
    size: tuple[int, int],
) -> None:
    """QRY-6, SAF-4."""
    with watched_page(chromium, map_url, size) as window:
        log_on(window, cast.investigator.username)
        ask(window)
        pictures = window.locator(".leaflet-tile img")
        expect(pictures.first).to_be_visible()
        expect(pictures.first).to_have_js_property("naturalWidth", 256)
        expect(window.locator(".leaflet-control-attribution")).to_have_text("Map: the tests")
        look(window, f"map-{name}")
        window.get_by_role("link", name="Open this hit").first.click()
        expect(pictures.first).to_have_js_property("naturalWidth", 256)
        switch(window)
        expect(window.locator(".leaflet-control-attribution")).to_contain_text(NOT_THEN)
        satellite = window.locator('.leaflet-tile img[src*="satellite"]')
        expect(satellite.first).to_be_visible()
        expect(satellite.first).to_have_js_property("naturalWidth", 256)
        look(window, f"map-satellite-{name}")


def switch(window: Page) -> None:
    """To the satellite picture, by the keyboard."""
    toggle = window.locator(".leaflet-control-layers-toggle")
    if toggle.is_visible():
        toggle.focus()
        window.keyboard.press("Enter")
    window.get_by_role("radio", name="Satellite").focus()
    window.keyboard.press("Space")
