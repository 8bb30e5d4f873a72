"""The commands that load streets and addresses, on real data where it is at hand (ING-3)."""

import io
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.kinds import Kind
from ingest.cells import mercator_of_degrees
from ingest.models import AddressMethod, GeoDataset, GeoStatus
from ingest.nearest import Nearest, find_nearest
from ingest.services.geodata import discard_leftovers
from tests.audited import events_of
from tests.harness.real import REAL_DATA
from tests.ingest.feed import NOW

GEO = REAL_DATA / "geo"
needs_data = pytest.mark.skipif(
    not GEO.exists(), reason="real streets and addresses (LPRSVC_SHARED_DATA) are not at hand"
)
ROOT = Path(__file__).parents[2]


def run(command: str, *arguments: Any) -> str:
    out = io.StringIO()
    call_command(command, *map(str, arguments), stdout=out)
    return out.getvalue()


def nearest(latitude: float, longitude: float) -> Nearest:
    [found] = find_nearest([mercator_of_degrees(latitude, longitude)])
    return found


def write_table(path: Path, *streets: str) -> Path:
    rows = [f"1,{street},-72.580456,44.262501" for street in streets]
    path.write_text("\n".join(["number,street,lon,lat", *rows, ""]))
    return path


@needs_data
@pytest.mark.django_db
def test_the_vermont_state_house_is_at_115_state_street() -> None:
    said = run("load_addresses", GEO / "vt_montpelier" / "montpelier_address_points.csv",
               "--name", "vt-e911", "--data-version", "2024")  # fmt: skip
    assert said.startswith("vt-e911 2024 is in use: 2,9")
    found = nearest(44.2625, -72.5805)
    assert (found.address, found.address_method) == ("115 STATE ST", AddressMethod.ROOFTOP)
    assert found.address_distance_m is not None
    assert found.address_distance_m < 15
    assert found.address_dataset == "vt-e911 2024"
    [event] = events_of(Kind.PLACES_LOADED)
    assert event.fields["actor_name"] == "load_addresses"


@needs_data
@pytest.mark.django_db
def test_white_sulphur_springs_from_address_ranges() -> None:
    said = run("load_streets", GEO / "tiger_30059_addrfeat")
    assert said.startswith("tiger 2021 is in use: 593 street segments, 171 intersections.")
    found = nearest(46.54818, -110.90218)
    assert (found.address, found.address_method) == ("101 E Main St", AddressMethod.INTERPOLATED)
    assert found.intersection == "1st Ave SE & E Main St"
    assert found.intersection_distance_m is not None
    assert found.intersection_distance_m < 5


@needs_data
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        (45.5188, -122.6775, "Southwest 5th Avenue & Southwest Morrison Street"),
        (45.5194, -122.6796, "Southwest Broadway & Southwest Morrison Street"),
        (45.5230, -122.6775, "Southwest Broadway & West Burnside Street"),
        (45.5172, -122.6516, "Southeast 14th Avenue & Southeast Morrison Street"),
    ],
)
def test_portland_intersections(latitude: float, longitude: float, expected: str) -> None:
    run("load_streets", GEO / "osm" / "portland-central-filtered.osm.pbf")
    found = nearest(latitude, longitude)
    assert found.intersection == expected
    assert found.intersection_distance_m is not None
    assert found.intersection_distance_m < 15
    assert found.address_method == AddressMethod.STREET


@needs_data
@pytest.mark.django_db
def test_house_numbers_of_openstreetmap_are_addresses() -> None:
    said = run("load_streets", GEO / "osm" / "bangor_maine.osm.pbf", "--name", "maine")
    assert "24 addresses" in said
    assert "left out, because it has no line: 15" in said
    found = [nearest(44.8, -68.77).address_method, nearest(44.8, -68.77).intersection != ""]
    assert found[1]


@pytest.mark.django_db
def test_the_same_files_again_change_nothing(tmp_path: Path) -> None:
    table = write_table(tmp_path / "town.csv", "OLD ST")
    run("load_addresses", table)
    assert "town" in run("load_addresses", table)
    assert "is in use already; nothing was changed." in run("load_addresses", table)
    assert GeoDataset.objects.count() == 1
    write_table(table, "NEW ST")
    run("load_addresses", table)
    assert nearest(44.2625, -72.5805).address == "1 NEW ST"


@pytest.mark.django_db
def test_a_fault_names_its_row_and_leaves_what_is_in_use(tmp_path: Path) -> None:
    run("load_addresses", write_table(tmp_path / "town.csv", "OLD ST"))
    (tmp_path / "town.csv").write_text("number,street,lon,lat\n1,A ST,-72.58,44.26\n2,B ST\n")
    with pytest.raises(CommandError, match=r"town\.csv, line 3: it has more or fewer fields"):
        run("load_addresses", tmp_path / "town.csv")
    assert nearest(44.2625, -72.5805).address == "1 OLD ST"
    assert events_of(Kind.PLACES_LOADED)[-1].fields["outcome_code"] == "malformed"


@pytest.mark.django_db
def test_a_file_that_is_mostly_misunderstood_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "metres.csv"
    rows = ["1,A ST,-72.58,44.26", *(f"{n},A ST,512345.6,4901234.5" for n in range(1, 10))]
    table.write_text("\n".join(["number,street,x,y", *rows]))
    message = r"9 of 10 rows can't be used \(9 times the coordinates are no degrees\)"
    with pytest.raises(CommandError, match=message):
        run("load_addresses", table)
    assert "1 address." in run("load_addresses", table, "--most-skipped", 90)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["load_streets", "town.csv"], "town.csv is no file that ends in .shp, .zip or .osm.pbf"),
        (["load_addresses", "town.csv", "--name", "no name!"], "name"),
        (["load_addresses", "town.csv", "--data-version", "v" * 61], "version"),
        (["load_addresses", "town.csv", "--number", "nr"], "has no column nr"),
    ],
)
def test_what_is_asked_wrongly_is_said(tmp_path: Path, arguments: list[str], message: str) -> None:
    write_table(tmp_path / "town.csv", "OLD ST")
    name, file, *more = arguments
    with pytest.raises(CommandError, match=message):
        run(name, tmp_path / file, *more)
    assert not GeoDataset.objects.filter(status=GeoStatus.ACTIVE).exists()


@pytest.mark.django_db
def test_streets_of_two_kinds_are_not_one_data_set(tmp_path: Path) -> None:
    for name in ("a.shp", "b.osm.pbf"):
        (tmp_path / name).touch()
    with pytest.raises(CommandError, match="load each by itself"):
        run("load_streets", tmp_path)


def test_a_load_that_is_killed_leaves_what_is_in_use(committed_db: None, tmp_path: Path) -> None:
    run("load_addresses", write_table(tmp_path / "town.csv", "OLD ST"))
    write_table(tmp_path / "town.csv", *(f"NEW ST {n}" for n in range(400_000)))
    child = subprocess.Popen(
        [sys.executable, "manage.py", "load_addresses", str(tmp_path / "town.csv")],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not GeoDataset.objects.filter(status=GeoStatus.LOADING).exists():
            assert child.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.3)
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    assert nearest(44.2625, -72.5805).address == "1 OLD ST"
    assert discard_leftovers(now=NOW) == 1
    assert GeoDataset.objects.get(status=GeoStatus.ACTIVE).addresses == 1
