"""What is known already of a delivery's cameras, photographs and sightings: looked up before it is
checked, so that checking is pure."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models.functions import Lower

from ingest.models import Camera, CameraName, DeliveryKey, Photograph, Source, delivery_key
from ingest.rules import Quarantined, QuarantineReason
from ingest.schemas import Delivered, ReadIn


def cameras_of(source: Source, reads: Iterable[Delivered]) -> dict[str, Camera]:
    """The source's cameras by the names in `reads`: by their code, else by another name."""
    named = [read for read in reads if isinstance(read, ReadIn)]
    codes = {read.camera for read in named}.union(*(read.camera_names for read in named))
    return cameras_named(source, codes)


def cameras_named(source: Source, codes: Iterable[str]) -> dict[str, Camera]:
    """The source's cameras by these names: by their code, else by another name."""
    # U+0000 is in no text of the database, and in no camera's code.
    codes = {code for code in codes if "\0" not in code}
    found = {c.code: c for c in Camera.objects.filter(source=source, code__in=codes)}
    return found | cameras_by_name(source, codes - found.keys())


def cameras_by_name(source: Source, names: set[str]) -> dict[str, Camera]:
    """The source's cameras that have these further names, whatever their case."""
    if not names:
        return {}
    wanted = {name.lower() for name in names}
    rows = CameraName.objects.annotate(key=Lower("name")).filter(source=source, key__in=wanted)
    by_key = {row.name.lower(): row.camera for row in rows.select_related("camera")}
    return {name: by_key[name.lower()] for name in names if name.lower() in by_key}


def photographs_of(hashes: set[bytes]) -> dict[bytes, int]:
    """Those of the photographs that are stored already, with the id of their source."""
    if not hashes:
        return {}
    found = Photograph.objects.filter(sha256__in=hashes).values_list("sha256", "source_id")
    return {bytes(sha256): source_id for sha256, source_id in found}


class SightingKeys:
    """The ids that a vendor's software gave to the sightings of a delivery (ING-4).

    What has such an id is the read that was made of it before, however its plate, state, time or
    camera are told now.
    """

    def __init__(self, source: Source, reads: Iterable[Delivered]) -> None:
        self._source_id = source.pk
        keys = {self._key(key) for read in reads for key in read.keys}
        stored = DeliveryKey.objects.filter(key__in=keys) if keys else DeliveryKey.objects.none()
        self._known: dict[UUID, UUID] = dict(stored.values_list("key", "read_id"))
        # Of the reads that are to be stored.
        self.fresh: dict[UUID, UUID] = {}

    def find(self, read: Delivered) -> UUID | None:
        """The id of the read that came under one of the same keys before, here or ever."""
        keys = [self._key(key) for key in read.keys]
        for known in (self._known, self.fresh):
            for key in keys:
                if key in known:
                    return known[key]
        return None

    def add(self, read: Delivered, read_id: UUID) -> None:
        """The read under these keys will be stored."""
        self.fresh.update((self._key(key), read_id) for key in read.keys)

    def _key(self, key: str) -> UUID:
        return delivery_key(self._source_id, key)


def changed(read_id: UUID) -> Quarantined:
    """The fault of a sighting that was told otherwise before."""
    detail = (
        f"The software has sent this sighting before, and read {read_id} was made of it. Now plate,"
        " state, time or camera differ. Nothing was changed: correct that read if this is right."
    )
    return Quarantined(QuarantineReason.REDELIVERED_CHANGED, detail)
