"""What passes between feeds, loaders and the services of the ingest room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from ingest.rules import QuarantineReason, RefusalReason

Box = tuple[float, float, float, float]


class PhotoRole(StrEnum):
    """Which of a read's two photographs."""

    SCENE = "scene"
    PLATE = "plate"


@dataclass(slots=True)
class PhotoIn:
    """One photograph of a delivered read: its bytes, or the hash of one uploaded before. Never
    changed once made (see `ReadIn`).

    `box` is the plate's (x, y, width, height) in the scene's pixels. `problem` says why there are
    no bytes where the payload promised some. `role` is the sender's own word in a read that goes
    to quarantine for it.
    """

    role: PhotoRole | str
    data: bytes | None = None
    sha256: bytes | None = None
    box: Box | None = None
    problem: str = ""


@dataclass(slots=True)
class ReadIn:
    """A read as a format understood it, not yet checked.

    `captured_at` is aware; naive where the software tells the time of the camera's own clock only,
    which the camera's zone then decides. `camera_names` are other names that the software has for
    the camera. `keys` are the software's own ids of this very sighting, told apart by format: what
    has one of them is this read, whatever else has changed. `payload` is what came, for the
    quarantine. Never changed once made; not frozen, because
    making a frozen one takes twice as long and there are thousands in a delivery.
    """

    plate: str
    state: str
    captured_at: datetime
    camera: str
    latitude: float | None
    longitude: float | None
    photos: tuple[PhotoIn, ...]
    confidence: float | None = None
    make: str | None = None
    model: str | None = None
    color: str | None = None
    camera_names: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What a format could make no read of; it goes to quarantine, never to the floor."""

    reason: QuarantineReason
    detail: str
    payload: Any
    photos: tuple[PhotoIn, ...] = ()
    keys: tuple[str, ...] = ()


Delivered = ReadIn | Unreadable


class DeviceKind(StrEnum):
    """What reports itself: the program that reads plates, or one of its cameras."""

    AGENT = "agent"
    CAMERA = "camera"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a device says about itself. `names` are the names it may be known by, best first.

    `agent` names the agent that speaks for a camera. `facts` are the further figures it sent.
    """

    kind: DeviceKind
    names: tuple[str, ...]
    agent: str = ""
    reported_at: datetime | None = None
    software: str = ""
    fps: float | None = None
    is_streaming: bool | None = None
    facts: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Understood:
    """What a format made of a delivery. `note` says, for the receipt, what is no read in it."""

    reads: tuple[Delivered, ...] = ()
    heartbeats: tuple[Heartbeat, ...] = ()
    note: str = ""


class Outcome(StrEnum):
    """What became of a delivered read."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REFUSED = "refused"


@dataclass(slots=True)
class ReadOutcome:
    """What became of the read at `index` of its delivery. Never changed once made (see `ReadIn`).

    `id` is the read's, the same for every delivery of it; of a quarantined one, the entry's; of a
    refused one there is none, for it is made of the plate.
    """

    index: int
    outcome: Outcome
    id: UUID | None = None
    reason: QuarantineReason | RefusalReason | None = None


@dataclass(slots=True)
class HeldRead(ReadOutcome):
    """With what is wrong with it, for its sender alone: it may quote the plate, and receipts are
    kept for longer than reads."""

    detail: str = ""


@dataclass(slots=True)
class RefusedRead(ReadOutcome):
    """With the id of the jurisdiction's rule that refused it; None where there is no rule."""

    rule: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery, after its commit."""

    receipt: UUID
    stored: int
    duplicate: int
    quarantined: int
    refused: int
    reads: tuple[ReadOutcome, ...]
