"""The whole example world before a given moment: the same `now`, the same world."""

import math
import random
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from lprsvc.example.cameras import CAMERAS, SOURCES, ExampleCamera, ExampleSource
from lprsvc.example.drawing.backdrops import Daylight, Place, Region
from lprsvc.example.drawing.scenes import Setting
from lprsvc.example.journeys import Passage, passages
from lprsvc.example.vehicles import NAMED_VEHICLES, ExampleVehicle, make_vehicles

READ_COUNT = 10_000
_METRES_PER_DEGREE = 111_320.0
_NEAR_METRES, _ROAMING_METRES = 18.0, 1_400.0


@dataclass(frozen=True, slots=True)
class PictureKey:
    """What two reads must share to share their pictures."""

    vehicle: int
    place: Place
    region: Region
    daylight: Daylight
    caption: str

    @property
    def setting(self) -> Setting:
        """What to draw around the vehicle."""
        return Setting(self.place, self.region, self.daylight, self.caption)


@dataclass(frozen=True, slots=True)
class ExampleRead:
    """One read: who passed which camera when, and where exactly (degrees)."""

    vehicle: ExampleVehicle
    camera: ExampleCamera
    captured_at: datetime
    latitude: float
    longitude: float
    confidence: float
    picture: PictureKey


@dataclass(frozen=True, slots=True)
class World:
    """Everything there is, reads in the order of their time."""

    sources: tuple[ExampleSource, ...]
    cameras: tuple[ExampleCamera, ...]
    vehicles: tuple[ExampleVehicle, ...]
    reads: tuple[ExampleRead, ...]

    def reads_of(self, source: ExampleSource) -> tuple[ExampleRead, ...]:
        """The reads of one source's cameras, in the order of their time."""
        return tuple(read for read in self.reads if read.camera.source == source.code)


def make_world(now: datetime, count: int = READ_COUNT) -> World:
    """The example world in the two years before `now` (aware), with `count` reads.

    Raises ValueError when `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError(f"now must be aware, not {now!r}")
    vehicles = make_vehicles()
    source = random.Random("example reads")
    reads: list[ExampleRead] = []
    for vehicle, wanted in zip(vehicles, _shares(count, len(vehicles), source), strict=True):
        reads.extend(_reads_of(vehicle, wanted, now, source))
    reads.sort(key=lambda read: (read.captured_at, read.vehicle.number, read.camera.code))
    return World(SOURCES, CAMERAS, vehicles, tuple(reads))


def _shares(count: int, vehicles: int, source: random.Random) -> list[int]:
    """How many reads each vehicle gets: the named ones as told, the others by chance."""
    named = [vehicle.reads for vehicle in NAMED_VEHICLES]
    rest = vehicles - len(named)
    if count < sum(named):
        # A small world, for trying things: the named ones alone.
        each, over = divmod(count, len(named))
        return [each + (number < over) for number in range(len(named))] + [0] * rest
    weights = [source.lognormvariate(0.0, 0.7) for _ in range(rest)]
    shares = [0] * rest
    for pick in source.choices(range(rest), weights, k=count - sum(named)):
        shares[pick] += 1
    return named + shares


def _reads_of(
    vehicle: ExampleVehicle, wanted: int, now: datetime, source: random.Random
) -> list[ExampleRead]:
    reads: dict[tuple[str, datetime], ExampleRead] = {}
    while len(reads) < wanted:
        for passage in passages(vehicle, wanted - len(reads), now, source):
            # The natural key: one plate at one camera in one millisecond is one read.
            reads[passage.camera.code, passage.at] = _read(vehicle, passage, source)
    return list(reads.values())


def _read(vehicle: ExampleVehicle, passage: Passage, source: random.Random) -> ExampleRead:
    camera = passage.camera
    latitude, longitude = _scattered(camera, source)
    return ExampleRead(
        vehicle=vehicle,
        camera=camera,
        captured_at=passage.at,
        latitude=latitude,
        longitude=longitude,
        confidence=round(min(0.999, 1 - abs(source.gauss(0.0, 0.045))), 3),
        picture=_picture(vehicle, passage),
    )


def _scattered(camera: ExampleCamera, source: random.Random) -> tuple[float, float]:
    reach = _ROAMING_METRES if camera.mobile else _NEAR_METRES
    distance, angle = reach * math.sqrt(source.random()), source.uniform(0, 2 * math.pi)
    north = distance * math.cos(angle) / _METRES_PER_DEGREE
    east = distance * math.sin(angle) / _METRES_PER_DEGREE
    east /= math.cos(math.radians(camera.latitude))
    return round(camera.latitude + north, 7), round(camera.longitude + east, 7)


def _picture(vehicle: ExampleVehicle, passage: Passage) -> PictureKey:
    """Named vehicles get a scene of their own with camera and time in its caption.

    The others share one for each kind of place, by day and by night, so that set-up stays quick;
    its caption names the kind of place only, so that it never says anything false.
    """
    camera = passage.camera
    local = passage.at.astimezone(_zone(camera.timezone))
    daylight = Daylight.at_hour(local.hour)
    if vehicle.number < len(NAMED_VEHICLES):
        caption = f"{camera.code}  {local:%Y-%m-%d %H:%M:%S %Z}"
        return PictureKey(vehicle.number, camera.place, camera.region, daylight, caption)
    region = _REGIONS[vehicle.metro]
    return PictureKey(vehicle.number, camera.place, region, daylight, _CAPTIONS[camera.place])


_CAPTIONS = {
    Place.TOLL: "toll lane camera",
    Place.PARKING: "parking lot camera",
    Place.STREET: "camera on a repossession vehicle",
    Place.HIGHWAY: "law enforcement camera",
}
_REGIONS = {
    "new-york": Region.CITY,
    "chicago": Region.PLAINS,
    "philadelphia": Region.HILLS,
    "elsewhere": Region.DESERT,
}


@lru_cache(maxsize=16)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
