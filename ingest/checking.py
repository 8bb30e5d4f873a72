"""Checking one delivered read against what is known: pure, so that every rule is one test."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from ingest.models import Camera, read_id
from ingest.photographs import Picture, crop_plate, inspect, named
from ingest.rules import (
    CLOCK_SKEW,
    FIXED_CAMERA_REACH_METRES,
    LAWFUL_BOXES,
    MAX_AGE,
    Quarantined,
    QuarantineReason,
)
from ingest.schemas import Box, Delivered, PhotoIn, PhotoRole, ReadIn
from lprsvc.lib.jurisdictions import UnknownState, state_id
from lprsvc.lib.plates import InvalidPlate, plate_key

_E7 = 10_000_000
_NEAR_E7 = _E7 // 50
_EARTH_RADIUS_METRES = 6_371_000.0
_MAX_PLATE_TEXT = 40


@dataclass(slots=True)
class Row:
    """A read that can be stored, in the columns of ``ingest_read``; `index` in its delivery."""

    index: int
    plate_key: str
    state: str
    captured_at: datetime
    camera_id: int
    id: UUID
    latitude_e7: int
    longitude_e7: int
    confidence: float | None
    plate_is_derived: bool
    scene_sha256: bytes
    plate_sha256: bytes
    plate_text: str
    make: str | None
    model: str | None
    color: str | None
    county: int
    version: int = 1


class Album:
    """The photographs of one delivery: those it brought, and the known ones it names by hash.

    `known`: of the hashes in `hashes`, those stored already, with the id of the source that sent
    them; to be set before anything is checked. `load` gives the bytes of a stored photograph.
    """

    def __init__(
        self, reads: Iterable[Delivered], *, source_id: int, load: Callable[[bytes], bytes]
    ) -> None:
        self.pictures: dict[bytes, Picture] = {}
        self.hashes: set[bytes] = set()
        self.known: Mapping[bytes, int] = {}
        self._source_id = source_id
        self._load = load
        # By identity: a delivery may hold the same bytes for many reads.
        self._inspected: dict[int, Picture | Quarantined] = {}
        for read in reads:
            for photo in read.photos:
                self._gather(photo)

    def _gather(self, photo: PhotoIn) -> None:
        if photo.sha256 is not None:
            self.hashes.add(photo.sha256)
        elif photo.data is not None and id(photo.data) not in self._inspected:
            try:
                picture = inspect(photo.data)
            except Quarantined as fault:
                self._inspected[id(photo.data)] = fault
            else:
                self._inspected[id(photo.data)] = picture
                self.pictures[picture.sha256] = picture
                self.hashes.add(picture.sha256)

    def add(self, photo: PhotoIn) -> bytes:
        """The hash of a photograph that can be kept. Raises Quarantined."""
        if photo.problem:
            raise Quarantined(QuarantineReason.PHOTOGRAPHS_MISSING, photo.problem)
        if photo.data is not None:
            found = self._inspected[id(photo.data)]
            if isinstance(found, Quarantined):
                raise named(found, photo.role)
            return found.sha256
        if photo.sha256 is None:
            detail = f"The {photo.role} photograph is empty."
            raise Quarantined(QuarantineReason.PHOTOGRAPHS_MISSING, detail)
        if photo.sha256 not in self.pictures and self.known.get(photo.sha256) != self._source_id:
            detail = f"This source has not uploaded photograph {photo.sha256.hex()}."
            raise Quarantined(QuarantineReason.PHOTOGRAPH_UNKNOWN, detail)
        return photo.sha256

    def crop(self, scene: bytes, box: Box) -> bytes:
        """The hash of the close-up cut from a scene of this album. Raises Quarantined."""
        held = self.pictures.get(scene)
        try:
            crop = crop_plate(held.data if held else self._load(scene), box)
        except Quarantined as fault:
            raise named(fault, PhotoRole.SCENE) from fault
        self.pictures[crop.sha256] = crop
        return crop.sha256


def check(
    read: ReadIn,
    *,
    index: int,
    county: int | None,
    cameras: Mapping[str, Camera],
    album: Album,
    now: datetime,
) -> Row:
    """The row a read becomes. Raises Quarantined with the first rule it breaks.

    `county`: where `ingest.lawfulness` found it to be made; None: in no state.
    """
    key = _plate(read.plate)
    camera = _camera(read, cameras)
    state = _state(read.state or camera.default_state)
    at = _captured_at(_instant(read.captured_at, camera), now)
    latitude_e7, longitude_e7 = _place(read, camera)
    if county is None:
        detail = f"({latitude_e7 / _E7}, {longitude_e7 / _E7}) lies in no state or territory."
        raise Quarantined(QuarantineReason.PLACE_INVALID, detail)
    scene, plate, is_derived = _photographs(read.photos, album)
    return Row(
        index=index,
        plate_key=key,
        state=state,
        captured_at=at,
        camera_id=camera.id,
        id=read_id(plate_key=key, state=state, captured_at=at, camera_id=camera.id),
        latitude_e7=latitude_e7,
        longitude_e7=longitude_e7,
        # To what the column can tell apart: PostgreSQL refuses a float that it would round to 0.
        confidence=None if read.confidence is None else round(read.confidence, 6),
        plate_is_derived=is_derived,
        scene_sha256=scene,
        plate_sha256=plate,
        plate_text=read.plate,
        make=read.make,
        model=read.model,
        color=read.color,
        county=county,
    )


def _plate(text: str) -> str:
    if not text.strip():
        raise Quarantined(QuarantineReason.NO_PLATE, "The read has no plate.")
    # Before it is looked at: a text of all that a delivery may weigh would be copied for that.
    if len(text) > _MAX_PLATE_TEXT:
        detail = f"The plate's text has {len(text)} characters; at most {_MAX_PLATE_TEXT}."
        raise Quarantined(QuarantineReason.PLATE_UNREADABLE, detail)
    try:
        return plate_key(text)
    except InvalidPlate as error:
        raise Quarantined(QuarantineReason.PLATE_UNREADABLE, str(error)) from None


def find_camera(read: ReadIn, cameras: Mapping[str, Camera]) -> Camera | None:
    """The camera of a read, by the name it is known by."""
    camera = cameras.get(read.camera)
    if camera is None and read.camera_names:
        known = filter(None, map(cameras.get, read.camera_names))
        camera = next(known, None)
    return camera


def _camera(read: ReadIn, cameras: Mapping[str, Camera]) -> Camera:
    camera = find_camera(read, cameras)
    if camera is None:
        raise Quarantined(QuarantineReason.CAMERA_UNKNOWN, _unknown_camera(read))
    if not camera.is_active:
        detail = f"Camera {camera.code} is switched off."
        raise Quarantined(QuarantineReason.CAMERA_INACTIVE, detail)
    return camera


def _unknown_camera(read: ReadIn) -> str:
    names = [f"“{name:.60}”" for name in (read.camera, *read.camera_names) if name]
    if not names:
        return "The read names no camera."
    return f"This source has no camera {' or '.join(names[:5])}."


def _state(code: str) -> str:
    if not code.strip():
        detail = "The read names no state, and its camera has no default one."
        raise Quarantined(QuarantineReason.STATE_UNKNOWN, detail)
    try:
        return _state_id(code)
    except UnknownState as error:
        raise Quarantined(QuarantineReason.STATE_UNKNOWN, f"{error!s:.200}") from None


@lru_cache(maxsize=1024)
def _state_id(code: str) -> str:
    return state_id(code)


def _instant(at: datetime, camera: Camera) -> datetime:
    """The moment that the camera's own clock meant, where the software told no zone."""
    if at.tzinfo is not None:
        return at
    zone = ZoneInfo(camera.timezone)
    first, second = at.replace(tzinfo=zone, fold=0), at.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        detail = f"{at.isoformat()} is twice or never in {camera.timezone}: the clocks were set."
        raise Quarantined(QuarantineReason.TIME_INVALID, detail)
    return first


def _captured_at(at: datetime, now: datetime) -> datetime:
    if at > now + CLOCK_SKEW:
        detail = f"captured_at {at.isoformat()} is in the future; it arrived {now.isoformat()}."
        raise Quarantined(QuarantineReason.CAPTURED_IN_FUTURE, detail)
    if at < now - MAX_AGE:
        detail = f"captured_at {at.isoformat()} is more than {MAX_AGE.days} days ago."
        raise Quarantined(QuarantineReason.CAPTURED_TOO_OLD, detail)
    return at.astimezone(UTC)


def _place(read: ReadIn, camera: Camera) -> tuple[int, int]:
    """Where the read was made, in 1e-7 degrees."""
    if read.latitude is None and read.longitude is None:
        if camera.latitude_e7 is None or camera.longitude_e7 is None or camera.is_mobile:
            detail = f"Camera {camera.code} is mobile, so the read must bring its coordinates."
            raise Quarantined(QuarantineReason.PLACE_MISSING, detail)
        return camera.latitude_e7, camera.longitude_e7
    place = _given_place(read)
    if not camera.is_mobile:
        _check_near_camera(place, camera)
    return place


def _given_place(read: ReadIn) -> tuple[int, int]:
    latitude, longitude = read.latitude, read.longitude
    if latitude is None or longitude is None:
        raise Quarantined(QuarantineReason.PLACE_INVALID, "One of the two coordinates is missing.")
    if not is_on_the_map(latitude, longitude):
        detail = f"({latitude}, {longitude}) is not where these cameras stand."
        if is_on_the_map(longitude, latitude):
            detail += " Latitude and longitude may be swapped."
        raise Quarantined(QuarantineReason.PLACE_INVALID, detail)
    return round(latitude * _E7), round(longitude * _E7)


def is_on_the_map(latitude: float, longitude: float) -> bool:
    """Whether cameras may stand there; NaN is inside no box."""
    for south, north, west, east in LAWFUL_BOXES:
        if south <= latitude <= north and west <= longitude <= east:
            return True
    return False


def _check_near_camera(place: tuple[int, int], camera: Camera) -> None:
    if camera.latitude_e7 is None or camera.longitude_e7 is None:
        return  # a fixed camera has a place: the database checks it
    # Two hundredths of a degree are 3 km at most: hardly any read needs the sines.
    if (
        abs(place[0] - camera.latitude_e7) < _NEAR_E7
        and abs(place[1] - camera.longitude_e7) < _NEAR_E7
    ):
        return
    distance = distance_metres(place, (camera.latitude_e7, camera.longitude_e7))
    if distance > FIXED_CAMERA_REACH_METRES:
        detail = f"The read was made {distance / 1000:.1f} km from fixed camera {camera.code}."
        raise Quarantined(QuarantineReason.PLACE_FAR_FROM_CAMERA, detail)


def distance_metres(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Ground distance of two places in 1e-7 degrees (haversine)."""
    south, west = math.radians(one[0] / _E7), math.radians(one[1] / _E7)
    north, east = math.radians(other[0] / _E7), math.radians(other[1] / _E7)
    half = (
        math.sin((north - south) / 2) ** 2
        + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_METRES * math.asin(math.sqrt(min(1.0, half)))


def _photographs(photos: tuple[PhotoIn, ...], album: Album) -> tuple[bytes, bytes, bool]:
    """Hashes of scene and close-up, and whether the close-up was cut from the scene here."""
    scene = plate = None
    for photo in photos:
        if photo.role is PhotoRole.SCENE and scene is None:
            scene = photo
        elif photo.role is PhotoRole.PLATE and plate is None:
            plate = photo
    if scene is None:
        detail = f"Two photographs are needed; the scene is missing ({len(photos)} came)."
        raise Quarantined(QuarantineReason.PHOTOGRAPHS_MISSING, detail)
    scene_hash = album.add(scene)
    if plate is not None:
        return scene_hash, album.add(plate), False
    if scene.box is None:
        detail = "Two photographs are needed: the plate's close-up, or its box in the scene."
        raise Quarantined(QuarantineReason.PHOTOGRAPHS_MISSING, detail)
    return scene_hash, album.crop(scene_hash, scene.box), True
