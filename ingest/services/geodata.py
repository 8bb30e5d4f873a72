"""Taking streets and addresses into use, a data set at a time (ING-3).

    load       rows are copied aside, then put into partitions of their own: nobody sees them
    activate   in one short transaction the new set takes the old one's place
    drop       the old set's partitions go
    refresh    the places known before are looked up anew, in the background (`services.places`)

Whatever dies on the way: the old data set is in use, or the new one is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError, connection, transaction

from accounts.services.governed import validate
from audit.actors import Actor
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record, record_alone, recording_refusals
from ingest import policy
from ingest.geodata.rows import GeoRow
from ingest.geodata.staging import ROLE, Staging, drop_partitions
from ingest.models import GeoDataset, GeoKind, GeoStatus
from lprsvc.lib.alone import only_one
from lprsvc.lib.dbrole import acting_as
from lprsvc.lib.errors import DomainError, InvalidInput, PolicyDenied

LOADING = "ingest.geodata"
# Held shared while places are looked up, and alone while data sets change places: what is looked up
# is always looked up in sets that are in use.
_SWITCH = "SELECT pg_advisory_xact_lock(hashtextextended('ingest.geodata.switch', 0))"
_USE = "SELECT pg_advisory_xact_lock_shared(hashtextextended('ingest.geodata.switch', 0))"


class NothingToLoad(DomainError):
    """The files held no row that could be used; the old data set stays in use."""

    def __init__(self, message: str) -> None:
        super().__init__("nothing_to_load", message, status=422)


@dataclass(frozen=True, slots=True)
class Description:
    """What a load brings. `content_sha256`: of the files and of how they are read."""

    kind: GeoKind
    name: str
    version: str
    format: str
    file: str
    content_sha256: bytes


@dataclass(frozen=True, slots=True)
class GeoLoaded:
    """The data set in use after a load; `is_fresh` is False where it was in use before."""

    dataset: GeoDataset
    is_fresh: bool


@dataclass(slots=True)
class GeoLoad:
    """One load. `clock` gives the time of each step; `progress` is told the step and rows so far.

    `skipped` counts the rows that could not be used, by reason; who reads the file fills it. When
    they are more than `most_skipped` of all, the file was misunderstood, and is not used.
    """

    actor: Actor
    what: Description
    clock: Callable[[], datetime]
    progress: Callable[[str, int], None] = lambda _step, _rows: None
    skipped: Mapping[str, int] = field(default_factory=dict)
    most_skipped: float = 1.0

    def run(self, rows: Iterable[GeoRow]) -> GeoLoaded:
        """Load the rows and take them into use; recorded as `places.loaded`, also when it fails.

        The very same load again changes nothing. Raises PolicyDenied, InvalidInput, NothingToLoad,
        and what `rows` raises: the old data set is then still in use.
        """
        policy.check_can_manage_sources(self.actor)
        with only_one(LOADING) as alone:
            if not alone:
                raise PolicyDenied("geodata_busy", "Another load of streets or addresses runs.")
            discard_leftovers(now=self.clock())
            if known := self._in_use():
                self._record(known, {"unchanged": True})
                return GeoLoaded(known, is_fresh=False)
            return GeoLoaded(self._load(rows), is_fresh=True)

    def _in_use(self) -> GeoDataset | None:
        what = self.what
        return GeoDataset.objects.filter(
            kind=what.kind,
            name=what.name,
            version=what.version,
            content_sha256=what.content_sha256,
            status=GeoStatus.ACTIVE,
        ).first()

    def _load(self, rows: Iterable[GeoRow]) -> GeoDataset:
        dataset = self._begin()
        try:
            with _staging() as staging:
                for copied in staging.copy(rows):
                    self.progress("reading", copied)
                self._check_usable(staging.rows)
                self.progress("indexing", staging.rows)
                self._build(dataset, staging)
            self.progress("switching", staging.rows)
            replaced = self._activate(dataset)
        except BaseException as error:
            self._give_up(dataset, error)
            raise
        if replaced:
            drop_retired(now=self.clock())
        return dataset

    def _check_usable(self, rows: int) -> None:
        skipped = sum(self.skipped.values())
        reasons = ", ".join(f"{count} times {reason}" for reason, count in self.skipped.items())
        if not rows:
            because = f": {reasons}" if reasons else ""
            raise NothingToLoad(f"{self.what.file} holds no row that can be used{because}.")
        if skipped > self.most_skipped * (rows + skipped):
            raise NothingToLoad(
                f"{skipped} of {rows + skipped} rows can't be used ({reasons}), so the file was"
                " misunderstood or is broken. The data set in use stays."
            )

    def _begin(self) -> GeoDataset:
        what = self.what
        dataset = GeoDataset(
            kind=what.kind,
            name=what.name,
            version=what.version,
            format=what.format,
            content_sha256=what.content_sha256,
            started_at=self.clock(),
        )
        validate(dataset)
        with transaction.atomic(durable=True), acting_as(ROLE):
            dataset.save(force_insert=True)
        return dataset

    def _build(self, dataset: GeoDataset, staging: Staging) -> None:
        with transaction.atomic(durable=True), acting_as(ROLE):
            counts = staging.keep(dataset.pk)
            dataset.addresses = counts["addresses"]
            dataset.segments = counts["segments"]
            dataset.intersections = counts["intersections"]
            extent = staging.extent
            dataset.west, dataset.south = extent.west, extent.south
            dataset.east, dataset.north = extent.east, extent.north
            dataset.save(force_update=True)

    def _activate(self, dataset: GeoDataset) -> GeoDataset | None:
        """In one transaction: the old set (returned) out of use, the new one in, the event."""
        now = self.clock()
        with transaction.atomic(durable=True):
            with acting_as(ROLE):
                _execute(_SWITCH)
                replaced = GeoDataset.objects.filter(
                    kind=dataset.kind, name=dataset.name, status=GeoStatus.ACTIVE
                ).first()
                if replaced:
                    _retire(replaced, now)
                dataset.replaces = replaced
                dataset.status, dataset.activated_at = GeoStatus.ACTIVE, now
                dataset.save(force_update=True)
            self._record_within(dataset, {"replaces": replaced.label if replaced else None})
        return replaced

    def _give_up(self, dataset: GeoDataset, error: BaseException) -> None:
        """Leave nothing of it but the row that says so; what can't be done now the sweep does."""
        try:
            with transaction.atomic(durable=True), acting_as(ROLE):
                _fail(dataset, self.clock())
        except DatabaseError:
            return
        self._record(dataset, {}, outcome="failed", outcome_code=_code(error))

    def _fields(self, dataset: GeoDataset, more: dict[str, Value]) -> dict[str, Value]:
        return {
            "object": f"geodataset:{dataset.pk}",
            "dataset_kind": dataset.kind,
            "dataset": dataset.name,
            "version": dataset.version,
            "format": dataset.format,
            "file": self.what.file,
            "sha256": self.what.content_sha256.hex(),
            "addresses": dataset.addresses,
            "segments": dataset.segments,
            "intersections": dataset.intersections,
            "skipped": dict(self.skipped),
            **more,
        }

    def _record(
        self,
        dataset: GeoDataset,
        more: dict[str, Value],
        *,
        outcome: str = "ok",
        outcome_code: str | None = None,
    ) -> None:
        record_alone(
            actor=self.actor,
            kind=Kind.PLACES_LOADED,
            fields=self._fields(dataset, more),
            outcome=outcome,
            outcome_code=outcome_code,
        )

    def _record_within(self, dataset: GeoDataset, more: dict[str, Value]) -> None:
        record(actor=self.actor, kind=Kind.PLACES_LOADED, fields=self._fields(dataset, more))


def retire_dataset(*, actor: Actor, dataset: GeoDataset, reason: str, now: datetime) -> None:
    """Take a data set out of use; the places it gave are looked up anew. Raises PolicyDenied."""
    fields: dict[str, Value] = {
        "object": f"geodataset:{dataset.pk}",
        "dataset_kind": dataset.kind,
        "dataset": dataset.name,
        "version": dataset.version,
        "reason": reason,
    }
    with recording_refusals(
        actor=actor, refused=Kind.ADMIN_REFUSED, failed=Kind.ADMIN_FAILED, fields=fields
    ):
        policy.check_can_manage_sources(actor)
        if not reason.strip():
            raise InvalidInput({"reason": ["Say why."]})
        with acting_as(ROLE):
            _execute(_SWITCH)
            row = GeoDataset.objects.get(pk=dataset.pk)
            if row.status != GeoStatus.ACTIVE:
                raise PolicyDenied("geodataset_not_in_use", f"{row.label} is not in use.")
            _retire(row, now)
            row.refresh_cursor, row.refreshed_at = None, None
            row.refresh_total, row.refresh_done = 0, 0
            row.save(force_update=True)
        record(actor=actor, kind=Kind.PLACES_RETIRED, fields=fields)


def discard_leftovers(*, now: datetime) -> int:
    """Clear up after loads that died; returns how many. Only for who holds `LOADING` alone."""
    left = list(GeoDataset.objects.filter(status=GeoStatus.LOADING))
    for dataset in left:
        with transaction.atomic(durable=True), acting_as(ROLE):
            _fail(dataset, now)
    return len(left)


def drop_retired(*, now: datetime) -> int:
    """Drop the partitions of data sets out of use; returns of how many. One that somebody reads
    for long stays for the next time."""
    dropped = 0
    for dataset in GeoDataset.objects.filter(status=GeoStatus.RETIRED, dropped_at=None):
        try:
            with transaction.atomic(durable=True), acting_as(ROLE):
                drop_partitions(dataset.pk)
                GeoDataset.objects.filter(pk=dataset.pk).update(dropped_at=now)
        except DatabaseError:
            continue
        dropped += 1
    return dropped


def use_datasets() -> None:
    """Until this transaction ends no data set changes places; to be called before looking up."""
    _execute(_USE)


def _retire(dataset: GeoDataset, now: datetime) -> None:
    dataset.status, dataset.retired_at = GeoStatus.RETIRED, now
    dataset.save(force_update=True)


def _fail(dataset: GeoDataset, now: datetime) -> None:
    drop_partitions(dataset.pk)
    dataset.status, dataset.dropped_at = GeoStatus.FAILED, now
    dataset.save(force_update=True)


@contextmanager
def _staging() -> Iterator[Staging]:
    staging = Staging()
    staging.open()
    try:
        yield staging
    finally:
        try:
            staging.close()
        except DatabaseError:
            # The session is lost, and the tables with it.
            connection.close()


def _code(error: BaseException) -> str:
    return error.code if isinstance(error, DomainError) else type(error).__name__


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
