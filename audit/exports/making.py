"""Making an ordered export: the table that was asked for, beside the bundle that proves it."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction

from audit import bundles, leaf
from audit.actors import Actor, Origin
from audit.bundles import Disclosure, Written
from audit.exports.orders import PART_BYTES, filter_of, tell_worker
from audit.exports.tables import WRITERS, Facts, Row
from audit.kinds import Kind
from audit.models import ExportState, LogExport, LogExportPart
from audit.scopes import find_reader
from audit.selectors import iter_indexes
from audit.services import record

CLAIM_LASTS = timedelta(minutes=2)
MOST_TRIES = 3
# Entries between two looks at whether the order still stands.
_SAYS_EVERY = 2_000
Clock = Callable[[], datetime]


class _ClaimLost(Exception):
    """It was canceled or removed, or another worker is at it."""


@dataclass(slots=True)
class _Job:
    """One export in the hands of this worker; `say` tells how far it is, and that it lives."""

    export: LogExport
    token: UUID
    clock: Clock
    done: int = 0

    def still(self, **changes: object) -> None:
        """Change the row while the claim stands. Raises _ClaimLost."""
        row = LogExport.objects.filter(pk=self.export.pk, claim=self.token)
        if not row.update(**changes):
            raise _ClaimLost

    def say(self, _count: int = 0) -> None:
        """One entry more is written."""
        self.done += 1
        if self.done % _SAYS_EVERY == 0:
            self.still(done=self.done, claimed_at=self.clock())


def make_export(*, export_id: UUID, clock: Clock) -> None:
    """Make one export, unless another worker is at it, it has ended, or is gone."""
    job = _claim(export_id, clock)
    if job is None:
        return
    try:
        with tempfile.TemporaryDirectory() as folder:
            _make(job, Path(folder))
    except _ClaimLost:
        return
    except bundles.NotSigned:
        _fail(job, "not_signed", "The log is not signed yet. Try again in a minute.")
    except SoftTimeLimitExceeded:
        _fail(job, "took_too_long", "It took too long. Choose a shorter period.")
    except (OperationalError, InterfaceError):
        # Without a database nothing can be said; the claim runs out by itself.
        raise
    except Exception as error:
        # The type only: a message may quote anything.
        _fail(job, type(error).__name__, "Something went wrong. The vendor can see it.")
        raise


def go_on(*, now: datetime) -> int:
    """Go on with every export that nobody makes; returns how many."""
    waiting = LogExport.objects.filter(state__in=[ExportState.WAITING, ExportState.RUNNING])
    idle = [one.pk for one in waiting.order_by("ordered_at") if not _is_claimed(one, now)]
    for export_id in idle:
        tell_worker(export_id)
    return len(idle)


def _claim(export_id: UUID, clock: Clock) -> _Job | None:
    now = clock()
    with transaction.atomic(durable=True):
        found = LogExport.objects.select_for_update().filter(pk=export_id).first()
        if found is None or not found.is_open or _is_claimed(found, now):
            return None
        job = _Job(found, uuid4(), clock)
        found.state, found.claim, found.claimed_at = ExportState.RUNNING, job.token, now
        found.attempts, found.done = found.attempts + 1, 0
        found.save(update_fields=["state", "claim", "claimed_at", "attempts", "done"])
        if found.attempts <= MOST_TRIES:
            return job
    _fail(job, "broke_off", "It broke off several times. Choose a shorter period.")
    return None


def _is_claimed(export: LogExport, now: datetime) -> bool:
    return export.claimed_at is not None and export.claimed_at > now - CLAIM_LASTS


def _make(job: _Job, folder: Path) -> None:
    export = job.export
    reader = find_reader(export.owner)
    if reader is None or reader.scope.log_id != export.log_id:
        _fail(job, "log_not_permitted", "Your roles no longer allow this.")
        return
    # The scope is today's: who has lost an area since gets nothing of it.
    scope, wanted = reader.scope, filter_of(export.wanted)

    def disclosed(size: int) -> Disclosure:
        found: list[int] = []
        for part in iter_indexes(scope, wanted, size=size):
            found += part
            job.still(claimed_at=job.clock())
        found.sort()
        job.still(total=len(found) * (1 if export.form == "bundle" else 2))
        chosen.extend(found)
        return Disclosure(found)

    chosen: list[int] = []
    path = folder / "log.zip"
    written = bundles.write(
        path,
        export.log_id,
        disclosed,
        about={"looked_for": export.sought},
        kind="selection",
        progress=job.say,
    )
    if export.form != "bundle":
        table = folder / f"log.{export.form}"
        WRITERS[export.form](table, _facts(export, written, job.clock()), _rows(job, chosen))
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
            packed.write(table, table.name)
    _keep(job, path, written)


def _facts(export: LogExport, written: Written, now: datetime) -> Facts:
    return Facts(
        origin=written.checkpoint.origin,
        sought=export.sought,
        made_at=leaf.format_at(now),
        made_by=export.actor["name"],
        count=written.count,
        size=written.checkpoint.size,
        root=written.checkpoint.root.hex(),
        entries_sha256=written.sha256,
    )


def _rows(job: _Job, indexes: Sequence[int]) -> Iterator[Row]:
    for one, _seed, written in bundles.read(job.export.log_id, indexes):
        fields: dict[str, Any] = json.loads(written) if written is not None else {}
        at = leaf.format_at(one.at)
        yield Row(one.idx, str(one.id), at, one.kind, one.hash.hex(), fields)
        job.say()


def _keep(job: _Job, path: Path, written: Written) -> None:
    """The file, its event and the end of the claim; all of it or nothing."""
    export, now = job.export, job.clock()
    digest = hashlib.sha256()
    with transaction.atomic(durable=True):
        # Held until the commit: nobody cancels or removes it half-way.
        job.still(claimed_at=now)
        LogExportPart.objects.filter(export=export).delete()
        with path.open("rb") as file:
            for number, content in enumerate(iter(lambda: file.read(PART_BYTES), b"")):
                digest.update(content)
                part = LogExportPart(export=export, number=number, content=content)
                LogExportPart.objects.bulk_create([part])
        sha256 = digest.hexdigest()
        record(
            actor=_owner(export),
            kind=Kind.AUDIT_EXPORT_ENDED,
            fields={
                "object": str(export.pk),
                "state": "made",
                "form": export.form,
                "count": written.count,
                "sha256": sha256,
                "entries_sha256": written.sha256,
                "log_size": written.checkpoint.size,
                "root": written.checkpoint.root.hex(),
            },
            parent=export.event,
        )
        job.still(
            state=ExportState.DONE,
            claim=None,
            claimed_at=None,
            done=job.done,
            finished_at=now,
            fault="",
            count=written.count,
            sha256=sha256,
            size=path.stat().st_size,
        )


def _fail(job: _Job, code: str, message: str) -> None:
    now = job.clock()
    with transaction.atomic(durable=True):
        row = LogExport.objects.filter(pk=job.export.pk, claim=job.token)
        if not row.update(
            state=ExportState.FAILED, claim=None, claimed_at=None, finished_at=now, fault=message
        ):
            return
        record(
            actor=_owner(job.export),
            kind=Kind.AUDIT_EXPORT_ENDED,
            fields={"object": str(job.export.pk), "state": "failed", "message": message},
            outcome="failed",
            outcome_code=code,
            parent=job.export.event,
        )


def _owner(export: LogExport) -> Actor:
    kept = dict(export.actor)
    kept["origin"] = Origin(**kept["origin"])
    kept["roles"], kept["log_id"] = tuple(kept["roles"]), UUID(kept["log_id"])
    return Actor(**kept)
