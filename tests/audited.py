"""The promise of every service, shown by one helper: no event, no change (QRY-16, AUD-3)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection

from audit.kinds import Kind
from audit.models import Event
from lprsvc.lib.errors import AuditUnavailable

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def assert_audited(call: Callable[[], object], *kinds: Kind) -> list[Event]:
    """Run `call` twice: with a log that can't be written, then with one that can.

    The first time it must raise AuditUnavailable and leave every table as it was. The second time
    it must record exactly `kinds`, in that order. Returns those events, for their fields.
    """
    before = database_contents()
    with broken_log(), pytest.raises(AuditUnavailable):
        call()
    after = database_contents()
    changed = [table for table in before if before[table] != after[table]]
    assert not changed, f"changed although the log could not be written: {changed}"
    with recorded() as events:
        call()
    found = [event.kind for event in events]
    assert found == list(kinds), f"recorded {found}, not {list(kinds)}"
    return events


@contextmanager
def recorded() -> Iterator[list[Event]]:
    """Yields a list that holds, once the block is over, the events it recorded, oldest first."""
    known = set(Event.objects.values_list("id", flat=True))
    events: list[Event] = []
    yield events
    events += Event.objects.exclude(id__in=known).order_by("id")


@contextmanager
def broken_log() -> Iterator[None]:
    """Meanwhile no event can be written through Django's connection."""

    def refuse(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if "INSERT INTO audit.event" in sql:
            raise OperationalError("the log can't be written (on purpose)")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


def events_of(kind: Kind, *, actor: UUID | None = None) -> list[Event]:
    """All events of a kind, oldest first; `actor`: of that user."""
    events = Event.objects.filter(kind=kind).order_by("id")
    return list(events.filter(actor=f"user:{actor}") if actor else events)


def database_contents() -> dict[str, str]:
    """A hash of every table that this role may read freely, partitions within their parents."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'audit')"
            " AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT c.relrowsecurity"
            " AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"
        )
        tables = [table for (table,) in cursor.fetchall()]
        contents: dict[str, str] = {}
        for table in tables:
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
                f" FROM {table} t"
            )
            contents[table] = cursor.fetchone()[0]
    return contents
