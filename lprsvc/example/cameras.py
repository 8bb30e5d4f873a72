"""The example sources and their cameras: real places, invented cameras."""

from dataclasses import dataclass

from lprsvc.example.drawing.backdrops import Place, Region

EASTERN, CENTRAL = "America/New_York", "America/Chicago"
MOUNTAIN, PACIFIC = "America/Phoenix", "America/Los_Angeles"


@dataclass(frozen=True, slots=True)
class ExampleSource:
    """An operator of cameras; `kind` is a value of `ingest.models.SourceKind`."""

    code: str
    name: str
    kind: str
    state: str


@dataclass(frozen=True, slots=True)
class ExampleCamera:
    """A camera with its place in degrees; a mobile one roams around it."""

    code: str
    source: str
    name: str
    state: str
    latitude: float
    longitude: float
    timezone: str
    metro: str
    place: Place
    region: Region
    mobile: bool = False


SOURCES: tuple[ExampleSource, ...] = (
    ExampleSource("DE-TOLL", "Delaware toll road camera", "toll_road", "US-DE"),
    ExampleSource("NY-TOLL", "New York bridge and tunnel toll camera", "toll_road", "US-NY"),
    ExampleSource("PA-TOLL", "Pennsylvania toll road camera", "toll_road", "US-PA"),
    ExampleSource("IL-TOLL", "Illinois toll road camera", "toll_road", "US-IL"),
    ExampleSource("NJ-PARK", "New Jersey parking lot camera", "parking", "US-NJ"),
    ExampleSource("CHI-PARK", "Chicago parking lot camera", "parking", "US-IL"),
    ExampleSource("REPO-EAST", "Repossession vehicle, East", "repossession", "US-NY"),
    ExampleSource("REPO-WEST", "Repossession vehicle, West", "repossession", "US-IL"),
    ExampleSource("LE-SHARED", "Law enforcement camera", "law_enforcement", "US-FL"),
)


def _toll(source: str, rows: tuple[tuple[int, str, str, float, float, str], ...], timezone: str,
          region: Region) -> tuple[ExampleCamera, ...]:  # fmt: skip
    return tuple(
        ExampleCamera(f"{source}-{number:03}", source, name, state, latitude, longitude, timezone,
                      metro, Place.TOLL, region)
        for number, name, state, latitude, longitude, metro in rows
    )  # fmt: skip


def _parking(source: str, rows: tuple[tuple[int, str, str, float, float, str], ...],
             timezone: str) -> tuple[ExampleCamera, ...]:  # fmt: skip
    return tuple(
        ExampleCamera(f"{source}-{number:03}", source, name, state, latitude, longitude, timezone,
                      metro, Place.PARKING, Region.CITY)
        for number, name, state, latitude, longitude, metro in rows
    )  # fmt: skip


def _mobile(source: str, rows: tuple[tuple[int, str, str, float, float, str, str, Region], ...]
            ) -> tuple[ExampleCamera, ...]:  # fmt: skip
    return tuple(
        ExampleCamera(f"{source}-{number:03}", source, name, state, latitude, longitude, timezone,
                      metro, Place.STREET, region, mobile=True)
        for number, name, state, latitude, longitude, metro, timezone, region in rows
    )  # fmt: skip


def _highway(rows: tuple[tuple[int, str, str, float, float, str, Region], ...]
             ) -> tuple[ExampleCamera, ...]:  # fmt: skip
    return tuple(
        ExampleCamera(f"LE-SHARED-{number:03}", "LE-SHARED", name, state, latitude, longitude,
                      timezone, "road", Place.HIGHWAY, region)
        for number, name, state, latitude, longitude, timezone, region in rows
    )  # fmt: skip


CAMERAS: tuple[ExampleCamera, ...] = (
    *_toll("DE-TOLL", (
        (14, "I-95 Newark toll plaza", "US-DE", 39.6637, -75.7822, "philadelphia"),
        (21, "SR 1 Biddles Corner toll plaza", "US-DE", 39.5226, -75.6420, "philadelphia"),
        (33, "SR 1 Dover toll plaza", "US-DE", 39.1440, -75.4860, "philadelphia"),
    ), EASTERN, Region.HILLS),
    *_toll("NY-TOLL", (
        (1, "Robert F. Kennedy Bridge", "US-NY", 40.7969, -73.9206, "new-york"),
        (2, "Verrazzano-Narrows Bridge", "US-NY", 40.6040, -74.0600, "new-york"),
        (3, "Bronx-Whitestone Bridge", "US-NY", 40.8130, -73.8290, "new-york"),
        (4, "Queens Midtown Tunnel", "US-NY", 40.7440, -73.9640, "new-york"),
        (5, "Tarrytown toll", "US-NY", 41.0660, -73.8800, "new-york"),
        (6, "Woodbury toll barrier", "US-NY", 41.3200, -74.1270, "new-york"),
    ), EASTERN, Region.CITY),
    *_toll("PA-TOLL", (
        (11, "Valley Forge interchange", "US-PA", 40.0870, -75.4000, "philadelphia"),
        (12, "Bensalem interchange", "US-PA", 40.1330, -74.9600, "philadelphia"),
        (13, "Harrisburg East interchange", "US-PA", 40.2200, -76.7900, "road"),
        (14, "Cranberry interchange", "US-PA", 40.6800, -80.1000, "road"),
    ), EASTERN, Region.HILLS),
    *_toll("IL-TOLL", (
        (2, "Chicago Skyway toll bridge", "US-IL", 41.7290, -87.5480, "chicago"),
        (3, "I-90 Elgin toll plaza", "US-IL", 42.0660, -88.2800, "chicago"),
        (4, "I-190 O'Hare toll plaza", "US-IL", 41.9790, -87.8700, "chicago"),
        (5, "I-294 Hinsdale toll plaza", "US-IL", 41.8000, -87.9100, "chicago"),
    ), CENTRAL, Region.PLAINS),
    *_parking("NJ-PARK", (
        (1, "Elizabeth outlet mall", "US-NJ", 40.6610, -74.1700, "new-york"),
        (2, "Newark airport economy lot", "US-NJ", 40.6900, -74.1770, "new-york"),
        (3, "Paramus mall", "US-NJ", 40.9170, -74.0750, "new-york"),
        (4, "Cherry Hill mall", "US-NJ", 39.9410, -75.0250, "philadelphia"),
        (5, "Deptford mall", "US-NJ", 39.8290, -75.1010, "philadelphia"),
    ), EASTERN),
    *_parking("CHI-PARK", (
        (1, "Loop garage", "US-IL", 41.8826, -87.6226, "chicago"),
        (2, "Lakefront garage", "US-IL", 41.8917, -87.6105, "chicago"),
        (3, "Oak Brook mall", "US-IL", 41.8500, -87.9520, "chicago"),
        (4, "Schaumburg mall", "US-IL", 42.0460, -88.0370, "chicago"),
    ), CENTRAL),
    *_mobile("REPO-EAST", (
        (1, "Truck 1, Bronx", "US-NY", 40.8370, -73.8860, "new-york", EASTERN, Region.CITY),
        (2, "Truck 2, Bridgeport", "US-CT", 41.1860, -73.1950, "new-york", EASTERN, Region.HILLS),
        (3, "Truck 3, Baltimore", "US-MD", 39.2904, -76.6122, "philadelphia", EASTERN,
         Region.CITY),
        (4, "Truck 4, Philadelphia", "US-PA", 39.9800, -75.1800, "philadelphia", EASTERN,
         Region.CITY),
        (5, "Truck 5, Boston", "US-MA", 42.3300, -71.0800, "elsewhere", EASTERN, Region.HILLS),
        (6, "Truck 6, Richmond", "US-VA", 37.5400, -77.4360, "elsewhere", EASTERN, Region.HILLS),
    )),
    *_mobile("REPO-WEST", (
        (1, "Truck 11, Chicago", "US-IL", 41.8000, -87.7000, "chicago", CENTRAL, Region.CITY),
        (2, "Truck 12, Houston", "US-TX", 29.7604, -95.3698, "elsewhere", CENTRAL, Region.CITY),
        (3, "Truck 13, Phoenix", "US-AZ", 33.4484, -112.0740, "elsewhere", MOUNTAIN,
         Region.DESERT),
        (4, "Truck 14, Los Angeles", "US-CA", 34.0300, -118.2000, "elsewhere", PACIFIC,
         Region.DESERT),
        (5, "Truck 15, Milwaukee", "US-WI", 43.0389, -87.9500, "chicago", CENTRAL, Region.PLAINS),
        (6, "Truck 16, Gary", "US-IN", 41.5834, -87.3464, "chicago", CENTRAL, Region.PLAINS),
    )),
    *_highway((
        (1, "I-95 Jacksonville", "US-FL", 30.3322, -81.6557, EASTERN, Region.PLAINS),
        (2, "I-75 Atlanta", "US-GA", 33.7490, -84.3880, EASTERN, Region.CITY),
        (3, "I-95 Savannah", "US-GA", 32.1200, -81.2500, EASTERN, Region.PLAINS),
        (4, "I-95 Florence", "US-SC", 34.1954, -79.7626, EASTERN, Region.HILLS),
        (5, "I-95 Fayetteville", "US-NC", 35.0527, -78.8784, EASTERN, Region.HILLS),
        (6, "I-30 Dallas", "US-TX", 32.7767, -96.7970, CENTRAL, Region.CITY),
        (7, "I-80 Toledo", "US-OH", 41.6000, -83.5379, EASTERN, Region.PLAINS),
        (8, "I-71 Cleveland", "US-OH", 41.4500, -81.7000, EASTERN, Region.CITY),
    )),
)  # fmt: skip
CAMERAS_BY_CODE: dict[str, ExampleCamera] = {camera.code: camera for camera in CAMERAS}
SOURCES_BY_CODE: dict[str, ExampleSource] = {source.code: source for source in SOURCES}
