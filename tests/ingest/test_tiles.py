"""Map tiles: whom they show themselves to, what leaves this house for them, what may come in."""

import io
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from pytest_django import Settings

from audit.models import Event
from ingest.maps import blocks, cache, mercator, upstream
from ingest.maps.pictures import MAX_BYTES
from ingest.maps.sources import Layer, all_sources, find_pictures, parse_sources
from lprsvc.lib.errors import NotFound
from tests.cast import Cast, client_for, new_client
from tests.ingest.tile_server import TILE, TileServer, picture, tile_server

Z, X, Y = 14, 4823, 6160  # Philadelphia
PATH = f"/tiles/topo/{Z}/{X}/{Y}"


@pytest.fixture
def server(settings: Settings, tmp_path: Path) -> Iterator[TileServer]:
    """A tile server that the settings name, and an empty cache."""
    blocks._desk.cache_clear()
    with tile_server() as running:
        settings.TILE_SOURCES = [running.source]
        settings.TILE_CACHE_DIR = tmp_path / "tiles"
        yield running
        running.release.set()
        blocks._desk(os.getpid()).tiles.shutdown()
        blocks._desk(os.getpid()).blocks.shutdown()
        blocks._desk.cache_clear()


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_for(cast.investigator)


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "tiles").rglob("*") if path.is_file()]


# --- who ----------------------------------------------------------------------------------------


def test_tile_needs_log_on(cast: Cast, server: TileServer) -> None:
    response = new_client().get(PATH)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    assert server.asked == []


@pytest.mark.parametrize("name", ["investigator", "supervisor", "manager", "auditor", "vendor"])
def test_everybody_logged_on_sees_maps(cast: Cast, server: TileServer, name: str) -> None:
    response = client_for(cast.everybody[name]).get(PATH)
    assert (response.status_code, response.content) == (200, TILE)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
def test_wrong_method(client: Client, server: TileServer, method: str) -> None:
    assert client.generic(method, PATH).status_code == 405
    assert server.asked == []


def test_a_map_is_no_event(client: Client, server: TileServer) -> None:
    before = Event.objects.count()
    client.get(PATH)
    assert Event.objects.count() == before


def test_answer_is_for_this_browser_alone(client: Client, server: TileServer) -> None:
    response = client.get(PATH)
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "private, max-age=86400"
    assert response["X-Content-Type-Options"] == "nosniff"


# --- what leaves --------------------------------------------------------------------------------


def test_nothing_of_the_person_is_sent_upstream(client: Client, server: TileServer) -> None:
    client.get(
        PATH,
        headers={
            "Referer": "http://testserver/queries/secret/",
            "User-Agent": "a person's browser",
            "Accept-Language": "en-GB",
            "X-Forwarded-For": "192.0.2.77",
        },
    )
    assert server.asked
    for asked in server.asked:
        assert asked.headers == {
            "Host": server.url.removeprefix("http://"),
            "User-Agent": "lprsvc-tiles/1",
            "Accept": "image/*",
            "Accept-Encoding": "identity",
        }


def test_whole_block_is_fetched_whichever_tile_is_looked_at(
    client: Client, server: TileServer, settings: Settings, tmp_path: Path
) -> None:
    client.get(PATH)
    first = server.paths
    server.asked.clear()
    settings.TILE_CACHE_DIR = tmp_path / "another"
    client.get(f"/tiles/topo/{Z}/{X - X % 4}/{Y - Y % 4}")
    assert sorted(first) == sorted(server.paths)
    left, top = X - X % 4, Y - Y % 4
    assert sorted(first) == sorted(
        f"/tiles/{Z}/{y}/{x}" for y in range(top, top + 4) for x in range(left, left + 4)
    )


def test_each_tile_is_asked_for_once(client: Client, server: TileServer) -> None:
    for x in range(X - X % 4, X - X % 4 + 4):
        assert client.get(f"/tiles/topo/{Z}/{x}/{Y}").status_code == 200
    assert len(server.paths) == len(set(server.paths)) == 16


def test_address_keeps_the_order_its_source_says(client: Client, server: TileServer) -> None:
    client.get(PATH)  # USGS: z/y/x
    assert f"/tiles/{Z}/{Y}/{X}" in server.paths
    assert f"/tiles/{Z}/{X}/{Y}" not in server.paths


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/unknown/1/0/0",
        "/tiles/topo/-1/0/0",
        "/tiles/topo/1/2/0",
        "/tiles/topo/1/0/2",
        "/tiles/topo/17/0/0",  # deeper than the source goes
        "/tiles/topo/23/0/0",
        f"/tiles/topo/{10**30}/0/0",
        f"/tiles/topo/1/{10**30}/0",
        "/tiles/topo/1.5/0/0",
        "/tiles/topo/1/0/0.png",
        "/tiles/topo/1/0/0/../../../../etc/passwd",
        "/tiles/..%2f..%2fetc/1/0/0",
        "/tiles/http:%2f%2f169.254.169.254/1/0/0",
        "/tiles/169.254.169.254/1/0/0",
        "/tiles/topo@169.254.169.254/1/0/0",
        "/tiles/topo/1/0/0%3f@127.0.0.1",
        "/tiles/topo/١/0/0",
    ],
)
def test_no_address_leads_anywhere_else(client: Client, server: TileServer, path: str) -> None:
    """SSRF: what is no tile of a source of the settings is not found, and nobody is asked."""
    assert client.get(path).status_code == 404
    assert client.get(f"{path}?url=http://169.254.169.254/&source=topo").status_code == 404
    assert server.asked == []


def test_redirect_to_another_host_is_not_followed(client: Client, server: TileServer) -> None:
    with tile_server() as other:
        server.answer, server.location = "redirect", f"{other.url}/movedPATH"
        assert client.get(PATH).status_code == 503
        assert server.asked
        assert other.asked == []


@pytest.mark.parametrize("scheme", ["file:///etc/passwd", "gopher://127.0.0.1/", "//127.0.0.1:1/"])
def test_redirect_to_another_scheme_is_not_followed(
    client: Client, server: TileServer, scheme: str
) -> None:
    server.answer, server.location = "redirect", scheme
    assert client.get(PATH).status_code == 503


def test_redirect_on_the_same_host_is_followed(client: Client, server: TileServer) -> None:
    server.answer, server.location = "redirect", "/movedPATH"
    assert client.get(PATH).status_code == 200


def test_endless_redirect_ends(client: Client, server: TileServer) -> None:
    server.answer, server.location = "redirect", "PATH"
    assert client.get(PATH).status_code == 503
    assert len(server.asked) == 16 * 3


# --- what may come in ---------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["silence", "drip"])
def test_slow_server_is_waited_for_no_longer_than_that_and_then_left_alone(
    client: Client, server: TileServer, answer: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(upstream, "PATIENCE", 0.4)
    server.answer = answer
    assert client.get(PATH).status_code == 503
    desk = blocks._desk(os.getpid())
    while desk.under_way:
        time.sleep(0.02)
    asked = len(server.asked)
    assert client.get(PATH).status_code == 503
    assert len(server.asked) == asked  # it rests
    assert kept(tmp_path) == []


BOMB = io.BytesIO()
Image.new("1", (20_000, 20_000)).save(BOMB, "PNG")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"<html>log on first</html>", "text/html"),
        (b"<html>log on first</html>", "image/png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "image/svg+xml"),
        (TILE, "application/octet-stream"),
        (picture(255), "image/png"),
        (picture(1024), "image/png"),
        (picture(kind="GIF"), "image/gif"),
        (TILE[:10], "image/png"),
        (TILE + bytes(MAX_BYTES), "image/png"),
        (BOMB.getvalue(), "image/png"),
    ],
    ids=["html", "html-as-png", "svg", "octets", "odd", "large", "gif", "cut", "huge", "bomb"],
)
def test_what_is_no_tile_is_neither_shown_nor_kept(
    client: Client, server: TileServer, tmp_path: Path, content: bytes, content_type: str
) -> None:
    server.content, server.content_type = content, content_type
    response = client.get(PATH)
    assert response.status_code == 503
    assert content not in response.content
    assert kept(tmp_path) == []


def test_body_without_end_is_cut_off(client: Client, server: TileServer, tmp_path: Path) -> None:
    server.answer = "endless"
    assert client.get(PATH).status_code == 503
    assert kept(tmp_path) == []


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("side", [256, 512])
def test_pictures_are_shown_as_what_they_are(
    client: Client, server: TileServer, kind: str, side: int
) -> None:
    server.content = picture(side, kind)
    response = client.get(PATH)
    assert (response.status_code, response["Content-Type"]) == (200, f"image/{kind.lower()}")


def test_server_that_is_away(client: Client, server: TileServer, settings: Settings) -> None:
    settings.TILE_SOURCES = [server.source | {"url": "http://127.0.0.1:1/{z}/{y}/{x}"}]
    response = client.get(PATH)
    assert response.status_code == 503
    assert b"127.0.0.1" not in response.content


def test_server_that_fails_is_not_kept_as_a_gap(
    client: Client, server: TileServer, tmp_path: Path
) -> None:
    server.status = 500
    assert client.get(PATH).status_code == 503
    assert kept(tmp_path) == []


# --- the cache ----------------------------------------------------------------------------------


def test_gap_is_kept_as_a_gap(client: Client, server: TileServer) -> None:
    server.status = 404
    for _ in range(2):
        response = client.get(PATH)
        assert response.status_code == 404
        assert response["Cache-Control"] == "private, max-age=86400"
    assert len(server.asked) == 16


def test_old_tile_is_asked_for_again(client: Client, server: TileServer, tmp_path: Path) -> None:
    client.get(PATH)
    make_older(tmp_path, cache.KEPT)
    server.content = picture(color="red")
    assert client.get(PATH).content == server.content


def test_old_tile_is_better_than_none(client: Client, server: TileServer, tmp_path: Path) -> None:
    client.get(PATH)
    make_older(tmp_path, cache.KEPT)
    server.status = 500
    assert client.get(PATH).content == TILE


def make_older(tmp_path: Path, age: timedelta) -> None:
    then = time.time() - age.total_seconds() - 1
    for path in kept(tmp_path):
        os.utime(path, (then, then))


def test_cache_is_for_this_service_alone(
    client: Client, server: TileServer, tmp_path: Path
) -> None:
    client.get(PATH)
    assert (tmp_path / "tiles").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept(tmp_path))


def test_other_address_is_another_cache(
    client: Client, server: TileServer, settings: Settings
) -> None:
    client.get(PATH)
    settings.TILE_SOURCES = [server.source | {"url": f"{server.url}/v2/{{z}}/{{y}}/{{x}}"}]
    client.get(PATH)
    assert f"/v2/{Z}/{Y}/{X}" in server.paths


def test_tampered_cache_is_not_shown(client: Client, server: TileServer, tmp_path: Path) -> None:
    client.get(PATH)
    for path in kept(tmp_path):
        path.write_bytes(b"<script>")
    assert client.get(PATH).status_code == 503


def test_oldest_tiles_go_first(settings: Settings, tmp_path: Path) -> None:
    settings.TILE_CACHE_DIR = tmp_path / "tiles"
    for x in range(100):
        cache.write("topo", 8, x, 0, bytes(4096))
        path = tmp_path / "tiles" / "topo" / "8" / str(x) / "0"
        os.utime(path, (1_000_000 + x, 1_000_000 + x))
    assert cache.prune(limit=200 * 4096) == 0
    assert cache.prune(limit=50 * 4096) == 60
    assert {path.parent.name for path in kept(tmp_path)} == {str(x) for x in range(60, 100)}


def test_writing_prunes_now_and_then(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TILE_CACHE_DIR, settings.TILE_CACHE_BYTES = tmp_path / "tiles", 10 * 4096
    monkeypatch.setattr(cache, "_WRITES_BETWEEN_PRUNINGS", 25)
    for x in range(100):
        cache.write("topo", 8, x, 0, bytes(4096))
    assert len(kept(tmp_path)) < 40


# --- archives -----------------------------------------------------------------------------------


_Writer: Any = Writer  # it has no types


def make_archive(path: Path, tiles: dict[tuple[int, int, int], bytes], kind: TileType) -> None:
    with path.open("wb") as file:
        writer = _Writer(file)
        for zxy in sorted(tiles, key=lambda zxy: zxy_to_tileid(*zxy)):
            writer.write_tile(zxy_to_tileid(*zxy), tiles[zxy])
        writer.finalize({"tile_type": kind, "tile_compression": Compression.NONE}, {})


@pytest.fixture
def archive(settings: Settings, tmp_path: Path) -> Path:
    """One that holds a single tile."""
    path = tmp_path / "county.pmtiles"
    make_archive(path, {(Z, X, Y): TILE}, TileType.PNG)
    settings.TILE_SOURCES = [
        {
            "code": "county",
            "kind": "archive",
            "layer": "imagery",
            "label": "County imagery",
            "credit": "The county",
            "path": str(path),
            "max_zoom": 18,
        }
    ]
    return path


def test_archive_is_read_in_place(client: Client, archive: Path) -> None:
    response = client.get(f"/tiles/county/{Z}/{X}/{Y}")
    assert (response.status_code, response.content) == (200, TILE)
    assert client.get(f"/tiles/county/{Z}/{X}/{Y + 1}").status_code == 404
    assert client.get("/tiles/county/19/0/0").status_code == 404


def test_archive_put_in_the_place_of_another_is_opened_anew(client: Client, archive: Path) -> None:
    client.get(f"/tiles/county/{Z}/{X}/{Y}")
    newer = archive.with_suffix(".new")
    make_archive(newer, {(Z, X, Y): picture(color="red")}, TileType.PNG)
    os.utime(newer, ns=(1, 1))
    newer.replace(archive)
    assert client.get(f"/tiles/county/{Z}/{X}/{Y}").content == picture(color="red")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PMTiles\x03" + bytes(300), None])
def test_archive_that_is_none(client: Client, archive: Path, content: bytes | None) -> None:
    if content is None:
        archive.unlink()
    else:
        archive.write_bytes(content)
    response = client.get(f"/tiles/county/{Z}/{X}/{Y}")
    assert response.status_code in {404, 503}
    assert str(archive).encode() not in response.content


def test_archive_of_other_than_pictures(client: Client, archive: Path) -> None:
    make_archive(archive, {(Z, X, Y): b"\x1a\x02vector"}, TileType.MVT)
    assert client.get(f"/tiles/county/{Z}/{X}/{Y}").status_code == 503


# --- the setting --------------------------------------------------------------------------------


def test_without_a_setting_no_outside_host_is_known() -> None:
    assert [source.kind for source in all_sources()] == ["streets"]
    assert find_pictures(Layer.MAP) is None
    assert find_pictures(Layer.IMAGERY) is None


HTTP = {
    "code": "topo",
    "kind": "http",
    "label": "Topographic",
    "credit": "USGS",
    "url": "https://tiles.example/{z}/{y}/{x}",
    "max_zoom": 16,
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "https://tiles.example/{z}/{x}"},
        {"url": "https://tiles.example/{z}/{x}/{y}/{y}"},
        {"url": "https://{x}.example/{z}/{y}/1"},
        {"url": "https://user:secret@tiles.example/{z}/{y}/{x}"},
        {"url": "ftp://tiles.example/{z}/{y}/{x}"},
        {"url": "file:///etc/{z}/{y}/{x}"},
        {"url": "https:///{z}/{y}/{x}"},
        {"url": "https://tiles.example:99999/{z}/{y}/{x}"},
        {"url": ""},
        {"code": ""},
        {"code": "Topo"},
        {"code": "../x"},
        {"kind": "wms"},
        {"layer": "terrain"},
        {"credit": ""},
        {"label": ""},
        {"max_zoom": 23},
        {"min_zoom": 17},
        {"max_zoom": "16"},
        {"block": 3},
        {"block": 0},
        {"zoom": 1},
        {"kind": "archive", "path": "relative.pmtiles"},
        {"kind": "streets", "layer": "imagery"},
    ],
    ids=str,
)
def test_setting_that_is_wrong_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match="entry 1"):
        parse_sources([HTTP | wrong])


@pytest.mark.parametrize("given_", [{}, "streets", None, [1], [[]], [HTTP, HTTP]], ids=str)
def test_setting_of_another_shape_is_refused(given_: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="TILE_SOURCES"):
        parse_sources(given_)


def test_max_zoom_must_be_said() -> None:
    with pytest.raises(ImproperlyConfigured, match="max_zoom"):
        parse_sources([{name: value for name, value in HTTP.items() if name != "max_zoom"}])


def test_unknown_source_is_not_found() -> None:
    from ingest.maps.sources import get_source

    with override_settings(TILE_SOURCES=[HTTP]), pytest.raises(NotFound):
        get_source("nothing")


# --- Mercator -----------------------------------------------------------------------------------

_LATITUDES = st.floats(-85, 85)
_LONGITUDES = st.floats(-179.9, 179.9)


@given(_LATITUDES, _LONGITUDES, st.integers(0, 19))
def test_place_and_pixel_are_each_others_inverse(
    latitude: float, longitude: float, zoom: int
) -> None:
    there = mercator.pixel_of(latitude, longitude, zoom)
    assert mercator.place_of(*there, zoom) == pytest.approx((latitude, longitude), abs=1e-6)


@given(_LATITUDES, _LONGITUDES, st.integers(0, 19))
def test_a_place_lies_in_its_tile(latitude: float, longitude: float, zoom: int) -> None:
    x, y = mercator.pixel_of(latitude, longitude, zoom)
    box = mercator.tile_box(zoom, int(x // 256), int(y // 256))
    assert box.south - 1e-9 <= latitude <= box.north + 1e-9
    assert box.west - 1e-9 <= longitude <= box.east + 1e-9


@given(st.integers(0, 12), st.data(), st.sampled_from([1, 2, 4, 8, 16]))
def test_every_tile_of_a_block_has_the_same_block(z: int, data: Any, side: int) -> None:
    inside = st.integers(0, (1 << z) - 1)
    x, y = data.draw(inside), data.draw(inside)
    block = list(mercator.block_of(z, x, y, side))
    assert (x, y) in block
    assert len(block) == min(side, 1 << z) ** 2
    assert all(list(mercator.block_of(z, *other, side)) == block for other in block)
    assert all(mercator.exists(z, *other) for other in block)


@given(st.lists(st.tuples(_LATITUDES, _LONGITUDES), min_size=1, max_size=8))
def test_fitted_view_shows_every_place(places: list[tuple[float, float]]) -> None:
    latitude, longitude, zoom = mercator.zoom_to_fit(places, 600, 400, closest=16)
    view = mercator.View(latitude, longitude, zoom, 600, 400)
    assert 0 <= zoom <= 16
    if zoom > 0:
        for place in places:
            x, y = view.pixel(*place)
            assert -0.5 <= x <= 600.5
            assert -0.5 <= y <= 400.5


def test_scale_is_that_of_the_ground() -> None:
    # 156,543 metres a pixel at the equator at zoom 0; half of it at 60 degrees.
    assert mercator.View(0, 0, 0, 1, 1).metres_a_pixel == pytest.approx(156_543, rel=1e-4)
    assert mercator.View(60, 0, 0, 1, 1).metres_a_pixel == pytest.approx(78_271, rel=1e-4)
