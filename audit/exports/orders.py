"""Ordering an export of what was found, watching it, taking it away (AUD-6)."""

import logging
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from audit.actors import Actor
from audit.exports.tables import WRITERS
from audit.kinds import Kind
from audit.leaf import Value
from audit.models import ExportState, LogExport, LogExportPart
from audit.scopes import LogReader
from audit.selectors import EventFilter
from audit.services import described, record, recording_refusals
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound
from lprsvc.lib.ids import uuid7
from lprsvc.lib.ranges import wanted_bytes

# What an export may be: a table with its bundle, or the bundle alone.
FORMS = {
    "pdf": "PDF",
    "xlsx": "Excel",
    "csv": "CSV",
    "jsonl": "JSON lines",
    "bundle": "Bundle alone",
}
KEPT = timedelta(days=7)
MOST_OPEN = 3
MAKE_EXPORT = "audit.tasks.make_export"
PART_BYTES = 1 << 20

_logger = logging.getLogger(__name__)


class FileGone(DomainError):
    """The file is not there: not made yet, or its time is over."""

    def __init__(self) -> None:
        super().__init__("file_gone", "There is no file of this export any more.", status=410)


@dataclass(frozen=True, slots=True)
class ExportFile:
    """Bytes `first` to `last` (both included) of a file of `size`; its name tells of nobody."""

    name: str
    content: bytes
    first: int
    last: int
    size: int
    sha256: str


def order_export(
    *, actor: Actor, reader: LogReader, wanted: EventFilter, sought: str, form: str, now: datetime
) -> LogExport:
    """Have what a search finds made into a file; `sought` says the search in words.

    Raises InvalidInput for an unknown form, and where the person already has `MOST_OPEN` waiting;
    both are recorded.
    """
    fields: dict[str, Value] = described(wanted) | {"form": form[:20]}
    with recording_refusals(actor=actor, refused=Kind.AUDIT_EXPORTED, fields=fields):
        if form != "bundle" and form not in WRITERS:
            raise InvalidInput({"form": ["Choose one of the forms."]})
        waiting = LogExport.objects.filter(
            owner=actor.id, state__in=[ExportState.WAITING, ExportState.RUNNING]
        )
        if waiting.count() >= MOST_OPEN:
            raise InvalidInput({"form": [f"{MOST_OPEN} exports of yours are being made already."]})
        export = LogExport(
            id=uuid7(),
            log_id=reader.scope.log_id,
            owner=actor.id,
            actor=_kept_actor(actor),
            wanted=_kept_filter(wanted),
            sought=sought,
            form=form,
            ordered_at=now,
            erase_after=now + KEPT,
        )
        receipt = record(
            actor=actor, kind=Kind.AUDIT_EXPORTED, fields=fields | {"object": str(export.id)}
        )
        export.event = receipt.id
        export.save(force_insert=True)
        transaction.on_commit(lambda: tell_worker(export.id))
    return export


def tell_worker(export_id: UUID) -> None:
    """Have a worker make an export; when the broker is away, the sweep will."""
    try:
        current_app.send_task(MAKE_EXPORT, kwargs={"export_id": str(export_id)})
    except (KombuError, RedisError, OSError) as error:
        _logger.warning("%s was not sent, the sweep will: %s", MAKE_EXPORT, error)


def list_exports(actor: Actor, *, now: datetime) -> list[LogExport]:
    """A person's own exports that are not to be erased yet, newest first."""
    own = LogExport.objects.filter(owner=actor.id, erase_after__gt=now)
    return list(own.order_by("-ordered_at"))


def remove_export(*, actor: Actor, export_id: UUID, now: datetime) -> None:
    """Stop an export that is being made, or erase one with its file.

    Raises NotFound where it is not the person's.
    """
    fields: dict[str, Value] = {"object": str(export_id)}
    with recording_refusals(actor=actor, refused=Kind.AUDIT_EXPORT_ENDED, fields=fields):
        export = _own(actor, export_id, now=now, lock=True)
        state = "canceled" if export.is_open else "removed"
        record(
            actor=actor,
            kind=Kind.AUDIT_EXPORT_ENDED,
            fields=fields | {"state": state},
            parent=export.event,
        )
        export.delete()


def download(
    *, actor: Actor, export_id: UUID, wanted: str, unless: str, now: datetime
) -> ExportFile:
    """The file of an own export, or the bytes that `wanted` (a ``Range`` header, or empty) asks
    for; the whole where `unless` (``If-Range``) names another file. Each is recorded first.

    Raises NotFound, FileGone, RangeNotThere.
    """
    fields: dict[str, Value] = {"object": str(export_id)}
    with recording_refusals(actor=actor, refused=Kind.AUDIT_DOWNLOADED, fields=fields):
        export = _own(actor, export_id, now=now)
        if not export.is_ready or not export.size:
            raise FileGone
        same = not unless or unless == f'"{export.sha256}"'
        first, last = (wanted_bytes(wanted, export.size) if same else None) or (0, export.size - 1)
        record(
            actor=actor,
            kind=Kind.AUDIT_DOWNLOADED,
            fields=fields | {"sha256": export.sha256, "first_byte": first, "last_byte": last},
            parent=export.event,
        )
        content = _read(export, first, last)
    return ExportFile(
        name=f"log-{export.ordered_at:%Y-%m-%d}-{export.form}-{str(export.id)[-6:]}.zip",
        content=content,
        first=first,
        last=last,
        size=export.size,
        sha256=export.sha256,
    )


def erase_due(*, now: datetime) -> int:
    """Erase the exports whose time is over, files and all; returns how many."""
    over = LogExport.objects.filter(erase_after__lte=now)
    count = over.count()
    over.delete()
    return count


def _own(actor: Actor, export_id: UUID, *, now: datetime, lock: bool = False) -> LogExport:
    rows = LogExport.objects.filter(owner=actor.id, erase_after__gt=now, id=export_id)
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise NotFound("export")
    return found


def _read(export: LogExport, first: int, last: int) -> bytes:
    numbers = range(first // PART_BYTES, last // PART_BYTES + 1)
    parts = LogExportPart.objects.filter(export=export, number__in=numbers).order_by("number")
    content = b"".join(bytes(part.content) for part in parts.iterator(chunk_size=8))
    begin = first - numbers.start * PART_BYTES
    found = content[begin : begin + last - first + 1]
    if len(found) != last - first + 1:
        raise FileGone
    return found


def _kept_actor(actor: Actor) -> dict[str, Any]:
    """Who ordered it, without the session it was ordered in: the worker acts from none."""
    kept = asdict(replace(actor_of(actor), origin=type(actor.origin)(client="job")))
    return kept | {"log_id": str(actor.log_id)}


def actor_of(person: Actor) -> Actor:
    """The plain actor that a person, or anybody who acts, is to the log."""
    return Actor(
        id=person.id,
        name=person.name,
        log_id=person.log_id,
        agency=person.agency,
        aor=person.aor,
        roles=person.roles,
        origin=person.origin,
    )


def _kept_filter(wanted: EventFilter) -> dict[str, Any]:
    kept = asdict(wanted)
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in kept.items()
    }


def filter_of(kept: dict[str, Any]) -> EventFilter:
    """The inverse of what an order keeps of its filter."""
    actors = cast("list[str] | None", kept["actors"])
    return EventFilter(
        actors=tuple(actors) if actors is not None else None,
        plate=kept["plate"],
        kind=kept["kind"],
        start=datetime.fromisoformat(kept["start"]) if kept["start"] else None,
        end=datetime.fromisoformat(kept["end"]) if kept["end"] else None,
    )
