"""Where and when a vehicle passes a camera: commutes, errands, nights at home, long trips."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lprsvc.example.cameras import CAMERAS, CAMERAS_BY_CODE, ExampleCamera
from lprsvc.example.vehicles import ExampleVehicle

DAYS = 730

# Camera and hours after the start, at about 60 miles an hour.
ROUTES: dict[str, tuple[tuple[str, float], ...]] = {
    "i95-south": (("NY-TOLL-002", 0.0), ("NJ-PARK-004", 1.6), ("DE-TOLL-014", 2.4),
                  ("REPO-EAST-006", 6.4), ("LE-SHARED-005", 9.8), ("LE-SHARED-004", 11.3),
                  ("LE-SHARED-003", 13.9), ("LE-SHARED-001", 16.1)),
    "i95-north": (("LE-SHARED-001", 0.0), ("LE-SHARED-003", 2.2), ("LE-SHARED-004", 4.8),
                  ("LE-SHARED-005", 6.3), ("REPO-EAST-006", 9.7), ("DE-TOLL-014", 13.7),
                  ("NY-TOLL-002", 16.1)),
    "i80-west": (("NY-TOLL-001", 0.0), ("PA-TOLL-013", 3.3), ("PA-TOLL-014", 7.2),
                 ("LE-SHARED-008", 9.3), ("LE-SHARED-007", 11.2), ("IL-TOLL-002", 15.1),
                 ("CHI-PARK-001", 15.6)),
    "i80-east": (("IL-TOLL-002", 0.0), ("LE-SHARED-007", 3.9), ("LE-SHARED-008", 5.8),
                 ("PA-TOLL-014", 7.9), ("PA-TOLL-013", 11.8), ("PA-TOLL-011", 13.3)),
    "philadelphia-new-york": (("DE-TOLL-014", 0.0), ("PA-TOLL-012", 0.9), ("NJ-PARK-001", 2.0),
                              ("NY-TOLL-002", 2.5)),
    "texas-chicago": (("REPO-WEST-002", 0.0), ("LE-SHARED-006", 3.9), ("IL-TOLL-005", 18.5)),
}  # fmt: skip
# The long trips of the named plates, each with how many days ago it began.
_OWN_TRIPS: dict[str, tuple[tuple[str, int], ...]] = {
    "ABC123": tuple(("philadelphia-new-york", ago) for ago in (23, 58, 121, 190, 305, 471)),
    "XYZ1234": (("i95-south", 334), ("i95-north", 318), ("i95-south", 61), ("i95-north", 52)),
    "EHA9721": (("texas-chicago", 143),),
    "VCSJ23": (("i95-north", 602), ("i95-south", 411), ("i95-north", 236), ("i95-south", 47)),
}
_HOME_ROUTES = {
    "new-york": ("i95-south", "i80-west"),
    "chicago": ("i80-east",),
    "philadelphia": ("philadelphia-new-york",),
    "elsewhere": (),
}
# What the named plates pass day by day, where their story says so.
_OWN_CAMERAS: dict[str, tuple[str, ...]] = {
    "ABC123": ("DE-TOLL-014", "PA-TOLL-011", "NJ-PARK-004", "REPO-EAST-004"),
    "XYZ1234": ("NY-TOLL-001", "NY-TOLL-003", "NJ-PARK-003", "REPO-EAST-001"),
    "CH40417": ("IL-TOLL-002", "IL-TOLL-004", "CHI-PARK-001", "REPO-WEST-001"),
    "M77KPH": ("NJ-PARK-002", "NJ-PARK-001"),
    "945807": ("DE-TOLL-014", "DE-TOLL-021", "DE-TOLL-033", "PA-TOLL-012"),
    "EHA9721": ("REPO-WEST-002", "LE-SHARED-006"),
    "VCSJ23": ("LE-SHARED-001", "LE-SHARED-003"),
    "7JKL482": ("REPO-WEST-004",),
}
_ELSEWHERE: dict[str, tuple[str, ...]] = {
    "US-TX": ("REPO-WEST-002", "LE-SHARED-006"),
    "US-CA": ("REPO-WEST-004",),
    "US-AZ": ("REPO-WEST-003",),
    "US-FL": ("LE-SHARED-001",),
    "US-GA": ("LE-SHARED-002", "LE-SHARED-003"),
    "US-MA": ("REPO-EAST-005",),
    "US-VA": ("REPO-EAST-006",),
    "US-NC": ("LE-SHARED-005",),
    "US-OH": ("LE-SHARED-007", "LE-SHARED-008"),
    "US-TN": ("LE-SHARED-002",),
}


@dataclass(frozen=True, slots=True)
class Passage:
    """A vehicle passing a camera; `at` is aware, in UTC."""

    camera: ExampleCamera
    at: datetime


def haunts(vehicle: ExampleVehicle, source: random.Random) -> tuple[ExampleCamera, ...]:
    """The cameras the vehicle usually passes, the most usual first."""
    if vehicle.plate in _OWN_CAMERAS:
        return tuple(CAMERAS_BY_CODE[code] for code in _OWN_CAMERAS[vehicle.plate])
    if vehicle.metro == "elsewhere":
        codes = _ELSEWHERE.get(vehicle.state) or tuple(source.choice(list(_ELSEWHERE.values())))
        return tuple(CAMERAS_BY_CODE[code] for code in codes)
    near = [camera for camera in CAMERAS if camera.metro == vehicle.metro]
    fixed = [camera for camera in near if not camera.mobile]
    mobile = [camera for camera in near if camera.mobile]
    usual = source.sample(fixed, 2)
    if source.random() < 0.6:
        # Most commutes pass two cameras of one kind.
        usual = source.sample([camera for camera in fixed if camera.place is usual[0].place], 2)
    return (*usual, source.choice(mobile)) if source.random() < 0.35 else tuple(usual)


def passages(
    vehicle: ExampleVehicle, wanted: int, now: datetime, source: random.Random
) -> Iterator[Passage]:
    """`wanted` passages in the two years before `now`, in no order."""
    usual = haunts(vehicle, source)
    remaining = wanted
    for route, ago in _trips(vehicle, wanted, source):
        for passage in _trip(route, now.date() - timedelta(days=ago), source):
            if remaining:
                remaining -= 1
                yield passage
    for _ in range(remaining):
        yield _daily(usual, vehicle.number % 3 == 0, now, source)


def _trips(
    vehicle: ExampleVehicle, wanted: int, source: random.Random
) -> tuple[tuple[str, int], ...]:
    if vehicle.plate in _OWN_TRIPS:
        return _OWN_TRIPS[vehicle.plate]
    routes = _HOME_ROUTES[vehicle.metro]
    if not routes or wanted < 12 or source.random() > 0.06:
        return ()
    # Two days and more ago, so that every trip has ended; inside the two years.
    return ((source.choice(routes), source.randint(2, DAYS - 2)),)


def _trip(route: str, day: date, source: random.Random) -> Iterator[Passage]:
    first = CAMERAS_BY_CODE[ROUTES[route][0][0]]
    start = _utc(day, source.uniform(5.5, 9.0), first)
    for code, hours in ROUTES[route]:
        delay = timedelta(hours=hours * source.uniform(1.0, 1.03), seconds=source.uniform(0, 240))
        yield Passage(CAMERAS_BY_CODE[code], _to_milliseconds(start + delay))


def _daily(
    usual: tuple[ExampleCamera, ...], late: bool, now: datetime, source: random.Random
) -> Passage:
    """A commute, an errand, or a night in the street; only some drivers are out `late`."""
    camera = source.choices(usual, [5, 3, 1, 1][: len(usual)])[0]
    while True:
        day = _day(now, source)
        at = _utc(day, _hour(camera, day, late, source), camera)
        if now - timedelta(days=DAYS) <= at < now:
            return Passage(camera, at)


def _hour(camera: ExampleCamera, day: date, late: bool, source: random.Random) -> float:
    """The hour of the day, local: at night on a street, rush hours on weekdays, else daytime."""
    if camera.mobile and late and source.random() < 0.7:
        return source.uniform(0.0, 5.5)
    if day.weekday() < 5 and source.random() < 0.7:
        return source.gauss(8.3, 0.4) if source.random() < 0.5 else source.gauss(16.4, 0.5)
    return source.uniform(8.0, 21.5 if late else 17.9)


def _day(now: datetime, source: random.Random) -> date:
    # Leans towards recent days: the more cameras there are, the more is read.
    return now.date() - timedelta(days=int((1 - source.random() ** 0.8) * DAYS))


def _utc(day: date, hour: float, camera: ExampleCamera) -> datetime:
    seconds = max(0.0, min(hour, 23.99)) * 3600
    midnight = datetime.combine(day, time(), ZoneInfo(camera.timezone))
    return _to_milliseconds((midnight + timedelta(seconds=seconds)).astimezone(UTC))


def _to_milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
