"""Reads with their photographs, a source at a time, as its operator would deliver them."""

from collections.abc import Sequence

from django.db.models import QuerySet, Sum

from ingest.models import Batch, Source
from ingest.schemas import Delivered, PhotoIn, PhotoRole, ReadIn
from ingest.services.reads import store_reads
from lprsvc.example.feed import Album, draw_album
from lprsvc.example.load.agent import AGENT_SOURCE, by_agent
from lprsvc.example.load.setting import Loading
from lprsvc.example.world import ExampleRead
from lprsvc.lib.errors import DomainError

_DELIVERY = 1_000
_WORKERS = 2
# Up to so many reads, starting processes takes longer than drawing.
_FEW = 100


class ExampleIncomplete(DomainError):
    """A read of the example world was not stored: world and service have grown apart."""

    def __init__(self, source: str, faults: Sequence[str]) -> None:
        super().__init__("example_incomplete", f"{source}: not stored: {'; '.join(faults[:5])}")


# How receipts name the deliveries before the alerts were added, and the one after it.
HISTORY, LATEST = "example-history", "example-latest"


def is_delivered(name: str, count: int) -> bool:
    """Whether `count` reads were stored under this name."""
    return _stored(Batch.objects.filter(format=name)) >= count


def load_reads(
    loading: Loading, sources: dict[str, Source], reads: Sequence[ExampleRead], *, name: str
) -> int:
    """Store the reads that are not stored yet; returns how many were new.

    `name` is their format in the receipts, which tell what a run before this one has done. Pictures
    are drawn for what is missing only. Raises ExampleIncomplete.
    """
    missing = {
        code: own
        for code, source in sources.items()
        if (own := [read for read in reads if read.camera.source == code])
        and _stored(Batch.objects.filter(source=source, format=name)) < len(own)
    }
    if not missing:
        return 0
    wanted = [read for own in missing.values() for read in own]
    loading.say(f"drawing the photographs of {len(wanted)} reads")
    album = draw_album(wanted, workers=_WORKERS if len(wanted) > _FEW else 1)
    return sum(_deliver(loading, sources[code], own, album, name) for code, own in missing.items())


def _stored(batches: QuerySet[Batch]) -> int:
    stored: int = batches.aggregate(stored=Sum("stored", default=0))["stored"]
    return stored


def _deliver(
    loading: Loading, source: Source, reads: Sequence[ExampleRead], album: Album, name: str
) -> int:
    stored = 0
    for start in range(0, len(reads), _DELIVERY):
        delivery = [as_delivered(read, album) for read in reads[start : start + _DELIVERY]]
        receipt = store_reads(source=source, reads=delivery, format=name, now=loading.now)
        faults = [f"{one.index}: {one.reason}" for one in receipt.reads if one.reason]
        if faults:
            raise ExampleIncomplete(source.code, faults)
        stored += receipt.stored
    loading.say(f"stored {stored} reads of {source.code}")
    return stored


def as_delivered(read: ExampleRead, album: Album) -> Delivered:
    """The read as a feed's format hands it to the ingest room."""
    vehicle, pictures = read.vehicle, album[read.picture]
    if read.camera.source == AGENT_SOURCE:
        return by_agent(read, pictures)
    return ReadIn(
        plate=vehicle.plate,
        state=vehicle.state,
        captured_at=read.captured_at,
        camera=read.camera.code,
        latitude=read.latitude,
        longitude=read.longitude,
        photos=(
            PhotoIn(PhotoRole.SCENE, pictures.scene),
            PhotoIn(PhotoRole.PLATE, pictures.plate),
        ),
        confidence=read.confidence,
        make=vehicle.make,
        model=vehicle.model,
        color=vehicle.color,
    )
