"""The example world as a camera operator delivers it: reads as `POST /api/v1/reads/` takes them.

`payload_batches` gives dicts with the photographs' bytes; `write_folder` what `load_reads` loads.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TypedDict

from lprsvc.example.drawing.scenes import Pictures, Setting, Subject, draw_pictures
from lprsvc.example.vehicles import ExampleVehicle
from lprsvc.example.world import ExampleRead, PictureKey

_CHUNK = 40


class PhotoPayload(TypedDict):
    """One photograph of a read: `role` is scene or plate, `data` its JPEG bytes."""

    role: str
    data: bytes


class ReadPayload(TypedDict):
    """One read, with the names of `POST /api/v1/reads/`."""

    id: str
    plate: str
    state: str
    captured_at: str
    latitude: float
    longitude: float
    camera: str
    confidence: float
    make: str
    model: str
    color: str
    photos: list[PhotoPayload]


Album = Mapping[PictureKey, Pictures]


def draw_album(
    reads: Iterable[ExampleRead],
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> dict[PictureKey, Pictures]:
    """Draw every picture the reads need, once each, in `workers` processes.

    `progress` is told how many of how many are drawn.
    """
    vehicles: dict[PictureKey, ExampleVehicle] = {read.picture: read.vehicle for read in reads}
    # Alike vehicles in a row, so that each process draws a body once.
    keys = sorted(vehicles, key=lambda key: _drawing_order(vehicles[key], key))
    chunks = [keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK)]
    tasks = [[(vehicles[key].subject, key.setting) for key in chunk] for chunk in chunks]
    album: dict[PictureKey, Pictures] = {}
    for chunk, pictures in zip(chunks, _drawn(tasks, workers), strict=True):
        album.update(zip(chunk, pictures, strict=True))
        if progress:
            progress(len(album), len(keys))
    return album


def _drawing_order(vehicle: ExampleVehicle, key: PictureKey) -> tuple[str, str, int, str, str]:
    return vehicle.body, vehicle.color, vehicle.number, key.daylight.name, key.caption


def _drawn(
    tasks: Sequence[list[tuple[Subject, Setting]]], workers: int
) -> Iterator[list[Pictures]]:
    if workers < 2:
        yield from map(_draw_chunk, tasks)
        return
    # Spawned, not forked: the caller may hold database connections and threads.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_draw_chunk, tasks)


def _draw_chunk(chunk: list[tuple[Subject, Setting]]) -> list[Pictures]:
    return [draw_pictures(subject, setting) for subject, setting in chunk]


def payload(read: ExampleRead, pictures: Pictures) -> ReadPayload:
    """The read as its operator sends it."""
    vehicle = read.vehicle
    return ReadPayload(
        id=f"{read.camera.code}/{vehicle.plate}/{read.captured_at:%Y%m%dT%H%M%S%f}",
        plate=vehicle.plate,
        state=vehicle.state.removeprefix("US-"),
        captured_at=read.captured_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        latitude=read.latitude,
        longitude=read.longitude,
        camera=read.camera.code,
        confidence=read.confidence,
        make=vehicle.make,
        model=vehicle.model,
        color=vehicle.color,
        photos=[
            PhotoPayload(role="scene", data=pictures.scene),
            PhotoPayload(role="plate", data=pictures.plate),
        ],
    )


def payload_batches(
    reads: Iterable[ExampleRead], album: Album, size: int = 1_000
) -> Iterator[list[ReadPayload]]:
    """The reads as payloads, at most `size` in a list."""
    remaining = iter(reads)
    while batch := [payload(read, album[read.picture]) for read in islice(remaining, size)]:
        yield batch


def write_folder(reads: Iterable[ExampleRead], album: Album, folder: Path) -> Path:
    """Write `reads.ndjson` and `photographs/<sha-256>.jpg`; returns the path of the NDJSON file."""
    photographs = folder / "photographs"
    photographs.mkdir(parents=True, exist_ok=True)
    path = folder / "reads.ndjson"
    with path.open("w", encoding="utf-8") as target:
        for read in reads:
            line = payload(read, album[read.picture])
            files = [
                {"role": photo["role"], "file": _keep(photographs, photo["data"])}
                for photo in line["photos"]
            ]
            target.write(json.dumps({**line, "photos": files}, separators=(",", ":")) + "\n")
    return path


def _keep(photographs: Path, data: bytes) -> str:
    name = f"{hashlib.sha256(data).hexdigest()}.jpg"
    path = photographs / name
    if not path.exists():
        path.write_bytes(data)
    return f"{photographs.name}/{name}"
