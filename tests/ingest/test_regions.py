"""Which state, county and metropolitan area a place lies in (ING-6, ING-7)."""

import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from ingest import regions
from ingest.metropolitan import area_of_county, largest_areas, metropolitan_areas
from ingest.regions import Region, counties, locate
from lprsvc.lib.jurisdictions import JURISDICTIONS, JurisdictionKind
from tests.harness.real import REAL_DATA


def at(latitude: float, longitude: float) -> Region | None:
    return locate(round(latitude * 1e7), round(longitude * 1e7))


# ING-7
@pytest.mark.parametrize(
    ("latitude", "longitude", "state", "county", "metro"),
    [
        (39.9526, -75.1652, "US-PA", "Philadelphia", "Philadelphia-Camden-Wilmington"),
        (39.7391, -75.5398, "US-DE", "New Castle", "Philadelphia-Camden-Wilmington"),
        (40.7440, -73.9640, "US-NY", "New York", "New York-Newark-Jersey City"),
        (40.7178, -74.0431, "US-NJ", "Hudson", "New York-Newark-Jersey City"),
        (38.9000, -77.0300, "US-DC", "District of Columbia", "Washington-Arlington-Alexandria"),
        (38.8816, -77.0910, "US-VA", "Arlington", "Washington-Arlington-Alexandria"),
        (44.2601, -72.5754, "US-VT", "Washington", ""),
        (46.5472, -110.9022, "US-MT", "Meagher", ""),
        (41.8826, -87.6226, "US-IL", "Cook", "Chicago-Naperville-Elgin"),
        (21.3069, -157.8583, "US-HI", "Honolulu", "Urban Honolulu"),
    ],
)
def test_known_places(
    latitude: float, longitude: float, state: str, county: str, metro: str
) -> None:
    found = at(latitude, longitude)
    assert found is not None
    assert (found.state, found.county) == (state, county)
    assert found.metro.split(",")[0] == metro
    assert bool(found.metro_code) == bool(metro)


# The two sides of a border that a street crosses.
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (((39.1000, -94.6200), "US-KS"), ((39.1000, -94.5900), "US-MO")),
        (((36.5800, -82.1900), "US-TN"), ((36.6100, -82.1900), "US-VA")),
        (((33.4200, -94.0500), "US-TX"), ((33.4200, -94.0300), "US-AR")),
        (((41.0300, -73.6700), "US-NY"), ((41.0300, -73.6200), "US-CT")),
    ],
)
def test_borders_divide_towns(
    one: tuple[tuple[float, float], str], other: tuple[tuple[float, float], str]
) -> None:
    for place, state in (one, other):
        found = at(*place)
        assert found is not None
        assert found.state == state


@pytest.mark.parametrize(
    ("latitude", "longitude", "state"),
    [
        (61.2181, -149.9003, "US-AK"),
        (52.8500, 173.1800, "US-AK"),  # Attu, beyond 180°
        (71.2900, -156.7900, "US-AK"),
        (18.4655, -66.1057, "US-PR"),
        (18.3419, -64.9307, "US-VI"),
        (13.4443, 144.7937, "US-GU"),
        (15.1900, 145.7500, "US-MP"),
        (-14.2780, -170.7000, "US-AS"),
    ],
)
def test_alaska_and_the_territories(latitude: float, longitude: float, state: str) -> None:
    found = at(latitude, longitude)
    assert found is not None
    assert found.state == state


@pytest.mark.parametrize(
    ("latitude", "longitude", "state"),
    [
        (40.6040, -74.0600, "US-NY"),  # Verrazzano-Narrows Bridge
        (37.8199, -122.4783, "US-CA"),  # Golden Gate Bridge
        (37.0300, -76.0800, "US-VA"),  # Chesapeake Bay Bridge-Tunnel
        (30.2000, -90.1200, "US-LA"),  # Lake Pontchartrain Causeway
        (24.7000, -81.1700, "US-FL"),  # Seven Mile Bridge
        (45.8170, -84.7280, "US-MI"),  # Mackinac Bridge
    ],
)
def test_bridges_belong_to_the_nearest_shore(latitude: float, longitude: float, state: str) -> None:
    found = at(latitude, longitude)
    assert found is not None
    assert found.state == state


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (0.0, 0.0),
        (38.0, -60.0),
        (43.6532, -79.3832),  # Toronto
        (42.3000, -83.0300),  # Windsor, opposite Detroit
        (32.5000, -117.0000),  # Tijuana
        (31.7000, -106.4500),  # Ciudad Juárez
        (40.0, -72.5),  # the Atlantic off New Jersey
        (84.0, -179.9),
        (90.0, 180.0),
        (-90.0, -180.0),
    ],
)
def test_sea_and_abroad_are_no_region(latitude: float, longitude: float) -> None:
    assert at(latitude, longitude) is None


def test_every_state_and_territory_with_counties_is_known() -> None:
    kinds = {JurisdictionKind.STATE}
    states = {id_ for id_, issuer in JURISDICTIONS.items() if issuer.kind in kinds}
    found = {region.state for region in counties().values()}
    assert found == states | {"US-AS", "US-GU", "US-MP", "US-PR", "US-VI"}


@given(
    latitude_e7=st.integers(240_000_000, 500_000_000),
    longitude_e7=st.integers(-1_250_000_000, -660_000_000),
)
def test_answer_depends_on_the_place_alone(latitude_e7: int, longitude_e7: int) -> None:
    """Not on what was asked before: neighbours in a cell share one answer."""
    before = locate(latitude_e7, longitude_e7)
    regions._of_cell.cache_clear()
    corner = locate(latitude_e7 // 10_000 * 10_000, longitude_e7 // 10_000 * 10_000)
    assert corner == before


def test_fifty_thousand_places_a_second() -> None:
    """Of a few thousand cameras and parked cars; the first look-ups are not counted."""
    chance = random.Random(7)
    places = [
        (round(chance.uniform(40.4, 41.2) * 1e7), round(chance.uniform(-75.0, -73.5) * 1e7))
        for _ in range(2_000)
    ]
    for place in places:
        locate(*place)
    start = time.process_time()
    for place in places * 25:
        locate(*place)
    assert time.process_time() - start < 1.0


# --- metropolitan areas ----------------------------------------------------------------------


# ING-7
def test_thirty_largest_are_those_of_2017() -> None:
    titles = [area.title for area in largest_areas()]
    assert len(titles) == 30
    assert titles[0] == "New York-Newark-Jersey City, NY-NJ-PA"
    assert titles[-1] == "Kansas City, MO-KS"
    assert "Austin-Round Rock-Georgetown, TX" not in titles


def test_every_county_of_an_area_is_a_county() -> None:
    known = counties()
    assert set(area_of_county()) <= set(known)
    assert len(area_of_county()) == sum(len(a.counties) for a in metropolitan_areas().values())


def test_areas_are_those_of_the_census() -> None:
    source = REAL_DATA / "geo" / "census_county_cbsa_2019.csv"
    if not source.exists():
        pytest.skip(f"the Census Bureau's own table is not here: {source}")
    lines = source.read_text("utf-8").splitlines()[1:]
    metropolitan = [line for line in lines if ",Metropolitan," in line]
    assert {line.split(",")[0] for line in metropolitan} == set(area_of_county())


def test_region_is_a_value() -> None:
    found = at(39.9526, -75.1652)
    assert found is not None
    assert found == replace(found)
    assert found is at(39.9526, -75.1652)


def test_counties_are_made_by_set_up() -> None:
    assert Path(settings.COUNTIES_FILE).stat().st_size < 1_000_000
