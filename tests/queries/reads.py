"""Reads for the tests of this room, stored through the ingest room's services as in life."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO

from PIL import Image

from ingest.models import Source
from ingest.schemas import PhotoIn, PhotoRole, ReadIn
from ingest.services.reads import store_reads
from ingest.services.sources import create_camera, create_source
from tests.cast import Cast

# To the second, so that a test can name instants just before and after a read's.
NOW = datetime.now(UTC).replace(microsecond=0)
WHY = "the tests' cameras"


def picture(color: str) -> bytes:
    """A small photograph of one color."""
    buffer = BytesIO()
    Image.new("RGB", (64, 40), color).save(buffer, "PNG")
    return buffer.getvalue()


SCENE, PLATE = picture("steelblue"), picture("gold")
PHOTOS = (PhotoIn(PhotoRole.SCENE, data=SCENE), PhotoIn(PhotoRole.PLATE, data=PLATE))


def make_source(cast: Cast, code: str = "DE-TOLL", name: str = "Delaware toll road") -> Source:
    """A source with two fixed cameras, ``…-1`` and ``…-2``."""
    source = create_source(
        actor=cast.vendor.person,
        code=code,
        name=name,
        kind="toll_road",
        state="US-DE",
        reason=WHY,
        now=NOW,
    )
    for number in (1, 2):
        create_camera(
            actor=cast.vendor.person,
            source=source,
            code=f"{code}-{number}",
            name=f"Gantry {number}",
            timezone="America/New_York",
            latitude=39.7,
            longitude=-75.6,
            reason=WHY,
            now=NOW,
        )
    return source


def read_in(plate: str, at: datetime, *, state: str = "US-PA", camera: str = "DE-TOLL-1") -> ReadIn:
    """One delivered read with both photographs."""
    return ReadIn(
        plate=plate,
        state=state,
        captured_at=at,
        camera=camera,
        latitude=39.7,
        longitude=-75.6,
        photos=PHOTOS,
        confidence=0.97,
        make="Toyota",
        model="Camry",
        color="silver",
    )


def store(source: Source, reads: Iterable[ReadIn]) -> list[str]:
    """Store the reads; their ids in the order given. Fails where one is not stored."""
    receipt = store_reads(source=source, reads=list(reads), format="test", now=NOW)
    assert receipt.quarantined == 0, receipt
    return [str(outcome.id) for outcome in receipt.reads]


def days_ago(days: float) -> datetime:
    """So many days before now."""
    return NOW - timedelta(days=days)
