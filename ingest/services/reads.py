"""Storing a delivery: check, photographs to disk, one transaction, receipt (ING-3, ING-4, ING-5).

    before    what is known of cameras, photographs and sightings is looked up, what the law of its
              place forbids is left out (ING-6), every other read is checked, photographs are
              written and flushed
    within    batch row (none when the source was paused meanwhile) → reads, outbox and tally in
              one statement → places to look up → quarantine → photographs' rows → counts → signs of
              life
    after     the signal `reads_stored`, and the task that looks up places

Whatever dies on the way: all of the delivery is there, or nothing that anybody can see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from ingest import health, insertion
from ingest.checking import Album, Row, check
from ingest.holding import Held, hold
from ingest.known import SightingKeys, cameras_of, changed, photographs_of
from ingest.lawfulness import Ruling
from ingest.models import Camera, FeedKey, Source
from ingest.naming import names_of
from ingest.photographs import Picture
from ingest.policy import check_can_deliver
from ingest.rules import Quarantined
from ingest.schemas import (
    Delivered,
    Heartbeat,
    HeldRead,
    Outcome,
    ReadOutcome,
    Receipt,
    RefusedRead,
    Unreadable,
)
from ingest.services import placing_queue
from ingest.services.rulebook import forget_rulebook, rule_on
from ingest.signals import reads_stored
from ingest.storage import put_photographs, read_photograph
from lprsvc.lib.dbrole import acting_as
from lprsvc.lib.errors import DomainError
from lprsvc.lib.ids import uuid7

# A partition may be missing, keys may be taken and rules entered meanwhile; more often is no
# coincidence.
_ATTEMPTS = 3


@dataclass(slots=True)
class _Sorted:
    """A delivery's reads after checking, by what can be done with each."""

    rows: dict[UUID, Row] = field(default_factory=dict)
    # Index → id of a read that stands in the same delivery before, or is known by its keys.
    repeated: dict[int, UUID] = field(default_factory=dict)
    keys: dict[UUID, UUID] = field(default_factory=dict)
    quarantine: list[Held] = field(default_factory=list)
    # Of which nothing is kept, not even an id that is made of the plate.
    refused: list[RefusedRead] = field(default_factory=list)


@dataclass(slots=True)
class Prepared:
    """A delivery whose reads are checked and whose photographs are on disk; no row says so yet."""

    source: Source
    feed_key: FeedKey | None
    format: str
    now: datetime
    result: _Sorted
    fresh: list[Picture]
    heartbeats: Sequence[Heartbeat] = ()
    note: str = ""

    def take_faults(self) -> dict[int, Quarantined]:
        """Leave out the reads that would go to quarantine; returns why, by their index."""
        faults = {held.index: held.fault for held in self.result.quarantine}
        self.result.quarantine.clear()
        return faults


class RulesChanged(DomainError):
    """A jurisdiction rule was entered or withdrawn while the delivery was under way."""

    def __init__(self) -> None:
        message = "The rules of a jurisdiction changed meanwhile. Nothing was kept; send it again."
        super().__init__("rules_changed", message, status=503)


def store_reads(
    *,
    source: Source,
    reads: Sequence[Delivered],
    format: str,  # noqa: A002 - the word the payloads' senders use
    now: datetime,
    feed_key: FeedKey | None = None,
    heartbeats: Sequence[Heartbeat] = (),
    note: str = "",
) -> Receipt:
    """Store a delivery of `source`; returns after the commit, with the outcome of every read.

    Storing a read again is harmless: it is a duplicate, with the same id. `heartbeats` are what
    the source's devices say of themselves; `note` stands in the receipt. Raises PolicyDenied for
    a paused source or a revoked key, StorageUnavailable, and the database's own errors; nothing
    is kept then.
    """

    def prepare() -> Prepared:
        prepared = prepare_reads(
            source=source, reads=reads, format=format, now=now, feed_key=feed_key
        )
        prepared.heartbeats, prepared.note = heartbeats, note
        return prepared

    def store() -> Receipt:
        with transaction.atomic(durable=True):
            return insert_prepared(prepared)

    prepared = prepare()
    for _ in range(_ATTEMPTS):
        try:
            return store()
        except insertion.NoPartition:
            # Months that nobody made ahead, as when old reads are loaded: made in a transaction
            # of their own, so that the lock they take is short.
            with transaction.atomic(durable=True):
                make_months_for(prepared)
        except (insertion.KeyTaken, insertion.PhotographGone, RulesChanged):
            # Another delivery of the same sighting, which told it otherwise, was quicker; or a
            # photograph was erased; or the law of a place is not what it was.
            prepared = prepare()
    return store()


def prepare_reads(
    *,
    source: Source,
    reads: Sequence[Delivered],
    format: str,  # noqa: A002 - the word the payloads' senders use
    now: datetime,
    feed_key: FeedKey | None = None,
) -> Prepared:
    """The part of `store_reads` before its transaction; leaves nothing that anybody can see.

    Raises PolicyDenied, StorageUnavailable.
    """
    check_can_deliver(source, feed_key)
    cameras = cameras_of(source, reads)
    rulings = rule_on(reads, cameras, now)
    # Not a photograph of what is refused comes to disk.
    kept = [read for read, ruling in zip(reads, rulings, strict=True) if not ruling.refusal]
    album = Album(kept, source_id=source.pk, load=read_photograph)
    album.known = photographs_of(album.hashes)
    result = _check_all(reads, rulings, cameras=cameras, album=album, source=source, now=now)
    fresh = [picture for sha256, picture in album.pictures.items() if sha256 not in album.known]
    put_photographs({picture.sha256: picture.data for picture in fresh})
    return Prepared(source, feed_key, format, now, result, fresh)


def insert_prepared(prepared: Prepared) -> Receipt:
    """The part of `store_reads` within its transaction, which is the caller's.

    Raises PolicyDenied, NoPartition (see `make_months_for`), KeyTaken, PhotographGone and
    RulesChanged (then prepare it anew), and the database's own errors; the caller's transaction is
    then lost.
    """
    try:
        return _insert(prepared)
    except insertion.NotLawful as error:
        forget_rulebook()
        raise RulesChanged from error


def _insert(prepared: Prepared) -> Receipt:
    batch, source, feed_key = uuid7(), prepared.source, prepared.feed_key
    with acting_as("lpr_ingest"):
        opened = insertion.insert_batch(
            batch=batch,
            source_id=source.pk,
            feed_key_id=feed_key.pk if feed_key else None,
            format_name=prepared.format,
            note=prepared.note,
            now=prepared.now,
        )
        if not opened:
            _refuse_delivery(source, feed_key)
        receipt = _store_sorted(prepared, batch)
        _note_signs_of_life(prepared)
    return receipt


def make_months_for(prepared: Prepared) -> int:
    """Make the missing partitions of the delivery's months, in the caller's transaction."""
    with acting_as("lpr_ingest"):
        return insertion.make_partitions([row.captured_at for row in prepared.result.rows.values()])


def _refuse_delivery(source: Source, feed_key: FeedKey | None) -> None:
    """The database saw a pause or revocation that came after our own look at it: say which."""
    source.refresh_from_db(fields=["is_paused"])
    if feed_key is not None:
        feed_key.refresh_from_db(fields=["revoked_at"])
    check_can_deliver(source, feed_key)
    raise Source.DoesNotExist(source.code)


def _store_sorted(prepared: Prepared, batch: UUID) -> Receipt:
    """The part of the transaction after its batch row."""
    result = prepared.result
    rows = list(result.rows.values())
    there = insertion.insert_reads(rows, batch=batch, now=prepared.now) if rows else set()
    has_new_places = bool(rows) and insertion.queue_places(rows, now=prepared.now) > 0
    if result.keys:
        insertion.insert_keys(result.keys, now=prepared.now)
    if result.quarantine:
        source_id = prepared.source.pk
        insertion.insert_quarantine(
            result.quarantine, batch=batch, source_id=source_id, now=prepared.now
        )
    _store_photographs(prepared, there)
    outcomes = _outcomes(result, there)
    exceptions = [_exception(o) for o in outcomes if o.outcome is not Outcome.STORED]
    receipt = Receipt(
        receipt=batch,
        stored=len(rows) - len(there),
        duplicate=len(there) + len(result.repeated),
        quarantined=len(result.quarantine),
        refused=len(result.refused),
        reads=outcomes,
    )
    insertion.update_batch(
        batch,
        stored=receipt.stored,
        duplicate=receipt.duplicate,
        quarantined=receipt.quarantined,
        refused=receipt.refused,
        exceptions=exceptions,
    )
    if receipt.stored:
        # Robust: who listens may be without its broker, and the outbox remembers.
        announce = partial(reads_stored.send_robust, sender=Receipt, batch_id=batch)
        transaction.on_commit(announce, robust=True)
    if has_new_places:
        transaction.on_commit(placing_queue.fill_later, robust=True)
    return receipt


def _store_photographs(prepared: Prepared, there: set[UUID]) -> None:
    """The rows of the photographs that the new rows name; those of duplicates are not wanted."""
    result = prepared.result
    fresh_rows = (row for id_, row in result.rows.items() if id_ not in there)
    names = names_of(fresh_rows, (held.photographs for held in result.quarantine))
    fresh = [picture for picture in prepared.fresh if picture.sha256 in names]
    known = names.keys() - {picture.sha256 for picture in fresh}
    insertion.name_photographs({sha256: names[sha256] for sha256 in known})
    if not fresh:
        return
    revived = insertion.insert_photographs(
        fresh, names, source_id=prepared.source.pk, now=prepared.now
    )
    if revived:
        put_photographs({one.sha256: one.data for one in fresh if one.sha256 in revived})


def _note_signs_of_life(prepared: Prepared) -> None:
    """Write down which cameras' reads came, and what devices said of themselves."""
    latest: dict[int, datetime] = {}
    for row in prepared.result.rows.values():
        latest[row.camera_id] = max(row.captured_at, latest.get(row.camera_id, row.captured_at))
    if latest:
        health.note_activity(latest, now=prepared.now)
    if prepared.heartbeats:
        health.note_heartbeats(prepared.heartbeats, source_id=prepared.source.pk, now=prepared.now)


def _check_all(
    reads: Sequence[Delivered],
    rulings: Sequence[Ruling],
    *,
    cameras: Mapping[str, Camera],
    album: Album,
    source: Source,
    now: datetime,
) -> _Sorted:
    keys = SightingKeys(source, reads)
    result = _Sorted(keys=keys.fresh)
    for index, (read, ruling) in enumerate(zip(reads, rulings, strict=True)):
        if ruling.refusal:
            result.refused.append(_refusal(index, ruling))
            continue
        known = keys.find(read) if read.keys else None
        try:
            row = _row(read, index, ruling, cameras=cameras, album=album, known=known, now=now)
        except Quarantined as fault:
            result.quarantine.append(
                hold(read, fault, index=index, album=album, source_id=source.pk)
            )
            continue
        if isinstance(row, UUID):
            result.repeated[index] = row
            continue
        if read.keys:
            keys.add(read, row.id)
        if row.id in result.rows:
            result.repeated[index] = row.id
        else:
            result.rows[row.id] = row
    return result


def _refusal(index: int, ruling: Ruling) -> RefusedRead:
    return RefusedRead(index, Outcome.REFUSED, reason=ruling.refusal, rule=ruling.rule)


def _row(
    read: Delivered,
    index: int,
    ruling: Ruling,
    *,
    cameras: Mapping[str, Camera],
    album: Album,
    known: UUID | None,
    now: datetime,
) -> Row | UUID:
    """The row a read becomes, or the id of the known read that it is again. Raises Quarantined."""
    if isinstance(read, Unreadable):
        if known:
            return known
        raise Quarantined(read.reason, read.detail)
    row = check(read, index=index, county=ruling.county, cameras=cameras, album=album, now=now)
    if known and known != row.id:
        raise changed(known)
    return known or row


def _outcomes(result: _Sorted, there: set[UUID]) -> tuple[ReadOutcome, ...]:
    outcomes = [
        ReadOutcome(row.index, Outcome.DUPLICATE if id_ in there else Outcome.STORED, id_)
        for id_, row in result.rows.items()
    ]
    outcomes += [ReadOutcome(i, Outcome.DUPLICATE, id_) for i, id_ in result.repeated.items()]
    outcomes += [
        HeldRead(
            held.index, Outcome.QUARANTINED, held.id, held.fault.reason, detail=held.fault.detail
        )
        for held in result.quarantine
    ]
    outcomes += result.refused
    return tuple(sorted(outcomes, key=lambda outcome: outcome.index))


def _exception(outcome: ReadOutcome) -> dict[str, Any]:
    told = {
        "index": outcome.index,
        "outcome": outcome.outcome,
        "id": str(outcome.id) if outcome.id else None,
        "reason": outcome.reason,
    }
    return told | {"rule": outcome.rule} if isinstance(outcome, RefusedRead) else told
