"""Loading a file of reads in deliveries, a few at a time (ING-2). Running it twice doubles nothing:
every read has the same id each time."""

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Barrier
from typing import Protocol

from django.db import connection

from audit.actors import Actor
from audit.kinds import Kind
from audit.services import record_alone
from ingest import policy
from ingest.models import Camera, CameraName, Source
from ingest.rules import LOAD_BATCH_PHOTOGRAPH_BYTES, LOAD_BATCH_READS
from ingest.schemas import Delivered, ReadIn, Receipt
from ingest.services.reads import store_reads
from ingest.services.sources import create_camera

Batches = Iterable[list[Delivered]]


class ReadsSource(Protocol):
    """A file of reads, whatever its format: see `ingest.files`."""

    @property
    def format(self) -> str:
        """As receipts name it."""

    def reads(self) -> Iterator[Delivered]:
        """Each read; raises Malformed with where it is not to be understood."""


class Stopped(Exception):
    """Somebody wants the load to end before the file does; it can be taken up again."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What has become of a file's reads so far."""

    reads: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    refused: int = 0
    deliveries: int = 0

    def plus(self, receipt: Receipt) -> "Loaded":
        """With one more delivery."""
        return Loaded(
            reads=self.reads + len(receipt.reads),
            stored=self.stored + receipt.stored,
            duplicate=self.duplicate + receipt.duplicate,
            quarantined=self.quarantined + receipt.quarantined,
            refused=self.refused + receipt.refused,
            deliveries=self.deliveries + 1,
        )


@dataclass(slots=True)
class Load:
    """One load: whose reads, and how. `clock` gives the time of each delivery.

    `jobs` deliveries are stored at once, each on a connection of its own; 1: on this thread's.
    `create_cameras` makes unknown cameras, fixed at their first read's place.
    """

    actor: Actor
    source: Source
    clock: Callable[[], datetime]
    jobs: int = 1
    create_cameras: bool = False
    progress: Callable[[Loaded], None] = lambda _: None
    loaded: Loaded = field(default_factory=Loaded)
    receipts: list[Receipt] = field(default_factory=list)

    def run(self, file: ReadsSource, *, name: str) -> Loaded:
        """Store every read of the file; recorded as `ingest.loaded`, also when it breaks off.

        What was stored before a fault stays stored. Raises Malformed, what `store_reads` does, and
        Stopped when the file does.
        """
        policy.check_can_manage_sources(self.actor)
        try:
            with _rare_collection():
                for receipt in self._receipts(file):
                    self.loaded = self.loaded.plus(receipt)
                    self.receipts.append(replace(receipt, reads=()))
                    self.progress(self.loaded)
        except Stopped:
            self._record(name, outcome="partial", outcome_code="stopped")
            raise
        except BaseException as error:
            self._record(name, outcome="failed", outcome_code=type(error).__name__)
            raise
        self._record(name)
        return self.loaded

    def _receipts(self, file: ReadsSource) -> Iterator[Receipt]:
        def store(batch: list[Delivered]) -> Receipt:
            return store_reads(
                source=self.source, reads=batch, format=file.format, now=self.clock()
            )

        batches = self._prepared(_batches(file))
        if self.jobs == 1:
            yield from map(store, batches)
            return
        with _own_connections(self.jobs) as pool:
            running: deque[Future[Receipt]] = deque()
            for batch in batches:
                running.append(pool.submit(store, batch))
                if len(running) > self.jobs:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()

    def _prepared(self, batches: Batches) -> Iterator[list[Delivered]]:
        known = set(Camera.objects.filter(source=self.source).values_list("code", flat=True))
        known |= set(CameraName.objects.filter(source=self.source).values_list("name", flat=True))
        for batch in batches:
            if self.create_cameras:
                for read in batch:
                    if isinstance(read, ReadIn) and known.isdisjoint(_names(read)):
                        known.add(read.camera)
                        self._create_camera(read)
            yield batch

    def _create_camera(self, read: ReadIn) -> None:
        if not read.camera or read.latitude is None or read.longitude is None:
            return  # the read itself will say in quarantine what is missing
        create_camera(
            actor=self.actor,
            source=self.source,
            code=read.camera,
            name=read.camera,
            timezone=_zone_by_longitude(read.longitude),
            latitude=read.latitude,
            longitude=read.longitude,
            reason="Unknown camera in a file of reads; its place is that of its first read.",
            now=self.clock(),
        )

    def _record(self, name: str, *, outcome: str = "ok", outcome_code: str | None = None) -> None:
        record_alone(
            actor=self.actor,
            kind=Kind.INGEST_LOADED,
            fields={
                "object": f"source:{self.source.pk}",
                "source": self.source.code,
                "file": name,
                "reads": self.loaded.reads,
                "stored": self.loaded.stored,
                "duplicate": self.loaded.duplicate,
                "quarantined": self.loaded.quarantined,
                "refused": self.loaded.refused,
                "deliveries": self.loaded.deliveries,
            },
            outcome=outcome,
            outcome_code=outcome_code,
        )


def _names(read: ReadIn) -> tuple[str, ...]:
    return (read.camera, *read.camera_names)


def _batches(file: ReadsSource) -> Iterator[list[Delivered]]:
    batch: list[Delivered] = []
    photograph_bytes = 0
    for read in file.reads():
        batch.append(read)
        photograph_bytes += sum(len(photo.data or b"") for photo in read.photos)
        if len(batch) >= LOAD_BATCH_READS or photograph_bytes >= LOAD_BATCH_PHOTOGRAPH_BYTES:
            yield batch
            batch, photograph_bytes = [], 0
    if batch:
        yield batch


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Collect cycles seldom: a third of a load's time went into looking for what isn't there."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _own_connections(jobs: int) -> Iterator[ThreadPoolExecutor]:
    """Threads whose database connections are closed at the end, whatever happens."""
    with ThreadPoolExecutor(jobs, thread_name_prefix="load") as pool:
        try:
            yield pool
        finally:
            # The barrier makes every thread take one.
            barrier = Barrier(jobs)
            list(pool.map(_close_connection, [barrier] * jobs))


def _close_connection(barrier: Barrier) -> None:
    barrier.wait()
    connection.close()


def _zone_by_longitude(longitude: float) -> str:
    """A first guess for a camera nobody described; the admin corrects it."""
    zones = ((-85, "America/New_York"), (-100, "America/Chicago"), (-114, "America/Denver"))
    return next((zone for east_of, zone in zones if longitude > east_of), "America/Los_Angeles")
