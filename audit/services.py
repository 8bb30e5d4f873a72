"""Writing events: in the action's own transaction, so that both happen or neither does (AUD-3)."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg.types.json import Jsonb

from audit import leaf
from audit.actors import Actor
from audit.kinds import OPENS_FILES, OPENS_READS, Kind
from audit.models import Log
from audit.scopes import LogReader
from audit.selectors import (
    PAGE_SIZE,
    EventFilter,
    LogEntry,
    Position,
    find_entry,
    list_children,
    list_entries,
)
from lprsvc.lib.errors import AuditUnavailable, DomainError, NotFound
from lprsvc.lib.ids import uuid7

# The fields every event has; a kind's own fields may not use these names.
COMMON_FIELDS = frozenset(
    {
        "actor",
        "actor_name",
        "agency",
        "aor",
        "roles",
        "behalf_of",
        "behalf_name",
        "outcome",
        "outcome_code",
        "session",
        "request",
        "ip",
        "client",
        "auth",
        "build",
        "parent",
    }
)

_INSERT = (
    "INSERT INTO audit.event (id, log_id, kind, seed, fields)"
    " VALUES (%s, %s, %s, %s, %s) RETURNING at"
)
_INSERT_OPENING = (
    _INSERT
    + ", set_config('audit.open', id::text, true), set_config('audit.open_at', at::text, true)"
)


@dataclass(frozen=True, slots=True)
class Behalf:
    """The person somebody else acts for: a stable id where they are a user, else their name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """The receipt of an event: what an auditor will find under the same id."""

    id: UUID
    at: datetime
    leaf_hash: str


def record(
    *,
    actor: Actor,
    kind: Kind,
    fields: Mapping[str, leaf.Value],
    outcome: str = "ok",
    outcome_code: str | None = None,
    behalf: Behalf | None = None,
    parent: UUID | None = None,
) -> Recorded:
    """Append one event to the actor's log, inside the caller's transaction.

    `fields` are the kind's own; who, where from and the outcome are added here. A kind of
    `OPENS_READS` also opens its plate's reads to this transaction, one of `OPENS_FILES` a file.
    Raises AuditUnavailable when the database will not take it: the caller's transaction is then
    lost, which is the point; and leaf.InvalidField for a value without a canonical form.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an event belongs to its action's transaction")
    if taken := COMMON_FIELDS & fields.keys():
        raise leaf.InvalidField(f"{sorted(taken)} are set for every event, not by its kind")
    complete = _common(actor, outcome, outcome_code, behalf, parent) | dict(fields)
    leaf.check_fields(complete)
    event_id, seed = uuid7(), secrets.token_bytes(32)
    row: list[Any] = [event_id, actor.log_id, kind.value, seed, Jsonb(complete)]
    opens = kind in OPENS_READS or kind in OPENS_FILES
    try:
        # No savepoint: a refused event must take the whole transaction with it.
        with connection.cursor() as cursor:
            cursor.execute(_INSERT_OPENING if opens else _INSERT, row)
            at = cursor.fetchone()[0]
    except DatabaseError as error:
        raise AuditUnavailable from error
    return Recorded(id=event_id, at=at, leaf_hash=leaf_hash_of(event_id, at, kind, seed, complete))


def _common(
    actor: Actor,
    outcome: str,
    outcome_code: str | None,
    behalf: Behalf | None,
    parent: UUID | None,
) -> dict[str, leaf.Value]:
    return {
        "actor": actor.id,
        "actor_name": actor.name,
        "agency": actor.agency,
        "aor": actor.aor,
        "roles": list(actor.roles),
        "behalf_of": behalf.id if behalf else None,
        "behalf_name": behalf.name if behalf else None,
        "outcome": outcome,
        "outcome_code": outcome_code,
        "session": actor.origin.session,
        "request": actor.origin.request,
        "ip": actor.origin.ip,
        "client": actor.origin.client,
        "auth": actor.origin.auth,
        "build": settings.BUILD,
        "parent": str(parent) if parent else None,
    }


def leaf_hash_of(
    event_id: UUID, at: datetime, kind: str, seed: bytes, fields: Mapping[str, leaf.Value]
) -> str:
    """The hash of an event's leaf, as hex: the second half of its receipt."""
    body = leaf.body_hash(seed, fields)
    return leaf.leaf_hash(leaf.leaf_bytes(at=at, body=body, event_id=event_id, kind=kind)).hex()


@contextmanager
def recording_refusals(
    *,
    actor: Actor,
    refused: Kind,
    fields: Mapping[str, leaf.Value],
    failed: Kind | None = None,
    behalf: Behalf | None = None,
    then: Callable[[Recorded, DomainError], None] = lambda _refusal, _error: None,
) -> Iterator[None]:
    """The outermost transaction of an action; a refusal or failure survives its rollback.

    What the block raises is recorded in a fresh transaction once the first is rolled back, and
    raised again: a `DomainError` as `refused` with its code, anything else as `failed` (default:
    the same kind). When not even that can be written: AuditUnavailable (503). `then` is done with
    a refusal's event in that event's own transaction.
    """
    try:
        with transaction.atomic(durable=True):
            yield
    except AuditUnavailable:
        raise
    except DomainError as error:
        with _alone():
            refusal = record(
                actor=actor,
                kind=refused,
                fields=dict(fields) | {"message": error.message},
                outcome="refused",
                outcome_code=error.code,
                behalf=behalf,
            )
            then(refusal, error)
        raise
    except Exception as error:
        record_alone(
            actor=actor,
            kind=failed or refused,
            fields=fields,
            outcome="failed",
            # The type only: a message may quote anything.
            outcome_code=type(error).__name__,
            behalf=behalf,
        )
        raise


def record_alone(
    *,
    actor: Actor,
    kind: Kind,
    fields: Mapping[str, leaf.Value],
    outcome: str = "ok",
    outcome_code: str | None = None,
    behalf: Behalf | None = None,
) -> Recorded:
    """Record something that has no other change beside it, in a transaction of its own.

    Raises AuditUnavailable.
    """
    with _alone():
        return record(
            actor=actor,
            kind=kind,
            fields=fields,
            outcome=outcome,
            outcome_code=outcome_code,
            behalf=behalf,
        )


@contextmanager
def _alone() -> Iterator[None]:
    """A transaction of its own; AuditUnavailable when it can't be had or kept."""
    try:
        with transaction.atomic(durable=True):
            yield
    except DatabaseError as error:
        raise AuditUnavailable from error


def create_log(*, origin: str, now: datetime) -> Log:
    """A log for a new agency; `origin` is its public, permanent name."""
    return Log.objects.create(id=uuid7(), origin=origin, created_at=now)


def make_partitions(*, since: date, months: int) -> int:
    """Make the log's monthly partitions ahead; returns how many were missing. For the worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.make_partitions(%s, %s)", [since, months])
        made: int = cursor.fetchone()[0]
    return made


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the log and where the next, older one begins (None: there is none)."""

    entries: list[LogEntry]
    older: Position | None


def search_log(
    *, actor: Actor, reader: LogReader, wanted: EventFilter, older_than: Position | None = None
) -> LogPage:
    """Search within the reader's scope; the search itself is recorded first (AUD-1, AUD-5)."""
    with transaction.atomic(durable=True):
        record(actor=actor, kind=Kind.AUDIT_SEARCHED, fields=described(wanted, older_than))
        # One more than is shown tells whether there is an older page.
        found = list_entries(reader.scope, wanted, older_than=older_than, limit=PAGE_SIZE + 1)
    entries = found[:PAGE_SIZE]
    return LogPage(entries=entries, older=entries[-1].position if len(found) > PAGE_SIZE else None)


def view_entry(
    *, actor: Actor, reader: LogReader, event_id: UUID
) -> tuple[LogEntry, list[LogEntry]]:
    """One entry, whole, with those that belong to it; looking is recorded first (AUD-1).

    Raises NotFound, recorded as a refusal, for an entry that does not exist or is out of the
    reader's scope.
    """
    fields: dict[str, leaf.Value] = {"object": str(event_id)}
    with recording_refusals(actor=actor, refused=Kind.AUDIT_VIEWED, fields=fields):
        record(actor=actor, kind=Kind.AUDIT_VIEWED, fields=fields)
        entry = find_entry(reader.scope, event_id)
        if entry is None:
            raise NotFound("log entry")
        children = list_children(reader.scope, event_id)
    return entry, children


def described(wanted: EventFilter, older_than: Position | None = None) -> dict[str, leaf.Value]:
    """What was looked for, as an event's fields."""
    # Not under the name `plate`: a search for a plate is no use of the plate's reads, and must
    # not come up as one when an auditor asks who looked at it.
    return {
        "wanted_actors": list(wanted.actors) if wanted.actors is not None else None,
        "wanted_plate": wanted.plate,
        "wanted_kind": wanted.kind,
        "wanted_start": leaf.format_at(wanted.start) if wanted.start else None,
        "wanted_end": leaf.format_at(wanted.end) if wanted.end else None,
        "older_than": str(older_than) if older_than else None,
    }
