"""The log says that it is alive, and shows when what guards it was changed (AUD-4)."""

from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone

from audit.kinds import Kind
from audit.models import Event
from audit.tree import heartbeat
from tests.harness.database import AsRole, Connect

CHANGES = {
    "a trigger off": "ALTER TABLE audit.event DISABLE TRIGGER append_only",
    "a trigger off on one part": "ALTER TABLE {part} DISABLE TRIGGER append_only",
    "a trigger gone": "DROP TRIGGER append_only ON audit.leaf",
    "a privilege given": "GRANT UPDATE ON audit.event TO lpr_app",
    "a column's privilege given": "GRANT UPDATE (fields) ON audit.event TO lpr_app",
    "row security off": "ALTER TABLE ingest_read NO FORCE ROW LEVEL SECURITY",
    "a policy opened": "CREATE POLICY open ON ingest_read FOR SELECT TO lpr_app USING (true)",
    "a function changed": "CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger"
    " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "an owner changed": "ALTER TABLE audit.event OWNER TO postgres",
}


def beat(as_role: AsRole) -> Event:
    with as_role("lpr_sequencer"):
        receipt = heartbeat.beat(now=timezone.now())
    return Event.objects.get(id=receipt.id)


def alarms() -> int:
    return Event.objects.filter(kind=Kind.SYSTEM_GUARD_CHANGED).count()


def test_a_heartbeat_tells_of_guards_sizes_and_clock(as_role: AsRole) -> None:
    """AUD-4."""
    first, second = beat(as_role), beat(as_role)
    assert first.fields["guards"] == second.fields["guards"]
    assert first.fields["guard_lines"] > 100
    assert "lprsvc/vendor" in first.fields["sizes"]
    assert abs(first.fields["clock_offset_ms"]) < 60_000
    assert alarms() == 0


def test_a_clock_that_is_off_shows(as_role: AsRole) -> None:
    with as_role("lpr_sequencer"):
        receipt = heartbeat.beat(now=timezone.now() - timedelta(hours=1))
    offset = Event.objects.get(id=receipt.id).fields["clock_offset_ms"]
    assert -3_700_000 < offset < -3_500_000


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_guard_is_an_event(as_role: AsRole, connect_as: Connect, change: str) -> None:
    """AUD-4: whoever changes what guards the log leaves a trace in it."""
    beat(as_role)
    superuser: psycopg.Connection = connect_as("postgres")
    (part,) = superuser.execute(  # type: ignore[misc]
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit.event'::regclass"
        " ORDER BY 1 LIMIT 1"
    ).fetchone()
    superuser.execute(CHANGES[change].format(part=part))
    beat(as_role)
    assert alarms() == 1
    beat(as_role)
    assert alarms() == 1


def test_a_new_months_part_is_no_change(as_role: AsRole, connect_as: Connect) -> None:
    beat(as_role)
    connect_as("lpr_worker").execute("SELECT audit.make_partitions(current_date, 12)")
    beat(as_role)
    assert alarms() == 0
