"""The database as last guard: append-only events (AUD-3), and no audit, no read (QRY-16)."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from audit.actors import VENDOR_LOG_ID
from lprsvc.lib.ids import uuid7
from tests.harness.database import Connect

FIELDS = {"actor": "user:1", "outcome": "ok", "aor": "New York"}
MARCH = {"start": "2026-03-01T00:00:00.000000Z", "end": "2026-04-01T00:00:00.000000Z"}
ROLES = ["lpr_app", "lpr_worker", "lpr_sequencer", "lpr_auditor", "lpr_eraser", "lpr_owner"]
TARGETS = ["audit.event", f"audit.event_{datetime.now(UTC):y%Ym%m}"]
VERBS = ["UPDATE {} SET kind = 'session.logout'", "DELETE FROM {}", "TRUNCATE {}"]


def insert_event(
    connection: psycopg.Connection, kind: str = "session.login", **fields: Any
) -> UUID:
    event_id = uuid7()
    connection.execute(
        "INSERT INTO audit.event (id, log_id, kind, seed, fields) VALUES (%s, %s, %s, %s, %s)",
        [event_id, VENDOR_LOG_ID, kind, bytes(32), Jsonb(FIELDS | fields)],
    )
    return event_id


def open_with(connection: psycopg.Connection, event_id: object) -> None:
    connection.execute(
        "SELECT set_config('audit.open', id::text, true),"
        " set_config('audit.open_at', at::text, true)"
        " FROM audit.event WHERE id = %s",
        [event_id],
    )


def insert_read(connection: psycopg.Connection, batch: object, plate: str, day: str) -> None:
    connection.execute(
        "INSERT INTO ingest_read (plate_key, state, captured_at, camera_id, id, batch_id,"
        " latitude_e7, longitude_e7, plate_is_derived, scene_sha256, plate_sha256, plate_text,"
        " county)"
        " VALUES (%s, 'US-DE', %s, 1, %s, %s, 1, 1, false, %s, %s, 'x', 10003)",
        [
            plate,
            datetime.fromisoformat(day).replace(tzinfo=UTC),
            uuid7(),
            batch,
            bytes(32),
            bytes(32),
        ],
    )


def plates(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """A full dump, as far as the database gives one."""
    rows = connection.execute("SELECT plate_key, captured_at FROM ingest_read ORDER BY 1, 2")
    return [(plate, at.strftime("%m")) for plate, at in rows]


# --- append-only --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_no_role_of_the_service_changes_or_removes_an_event(
    committed_db: None, connect_as: Connect, role: str
) -> None:
    # AUD-3
    with connect_as("lpr_app") as app:
        insert_event(app)
    connection = connect_as(role)
    for target in TARGETS:
        for verb in VERBS:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(verb.format(target))
    # Only the owner may; the service never connects as the owner, and the heartbeat would tell.
    if role != "lpr_owner":
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("ALTER TABLE audit.event DISABLE TRIGGER append_only")


def test_a_superuser_in_replica_mode_meets_the_triggers_too(
    committed_db: None, connect_as: Connect
) -> None:  # AUD-3
    with connect_as("lpr_app") as app:
        insert_event(app)
    superuser = connect_as("postgres")
    superuser.execute("SET session_replication_role = replica")
    for target in TARGETS:
        for verb in VERBS:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                superuser.execute(verb.format(target))


@pytest.mark.parametrize(
    ("column", "value"),
    [("at", "now() - interval '1 second'"), ("txid", "'1'"), ("actor", "'user:2'")],
)
def test_the_service_cannot_choose_time_transaction_or_search_columns(
    committed_db: None, connect_as: Connect, column: str, value: str
) -> None:
    app = connect_as("lpr_app")
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.GeneratedAlways)):
        app.execute(
            f"INSERT INTO audit.event (id, log_id, kind, seed, fields, {column})"
            f" VALUES (%s, %s, 'session.login', %s, %s, {value})",
            [uuid7(), VENDOR_LOG_ID, bytes(32), Jsonb(FIELDS)],
        )


def test_not_even_the_owner_back_dates_an_event(
    committed_db: None, connect_as: Connect
) -> None:  # AUD-4
    owner = connect_as("lpr_owner")
    with pytest.raises(psycopg.errors.CheckViolation, match="within 5 s"):
        owner.execute(
            "INSERT INTO audit.event (id, log_id, kind, seed, fields, at)"
            " VALUES (%s, %s, 'session.login', %s, %s, now() - interval '1 minute')",
            [uuid7(), VENDOR_LOG_ID, bytes(32), Jsonb(FIELDS)],
        )


def test_an_event_without_its_actor_or_with_a_short_seed_is_refused(
    committed_db: None, connect_as: Connect
) -> None:
    app = connect_as("lpr_app")
    for seed, fields in ((bytes(32), {"outcome": "ok"}), (bytes(31), FIELDS)):
        with pytest.raises(psycopg.errors.IntegrityError), app.transaction():
            app.execute(
                "INSERT INTO audit.event (id, log_id, kind, seed, fields)"
                " VALUES (%s, %s, 'session.login', %s, %s)",
                [uuid7(), VENDOR_LOG_ID, seed, Jsonb(fields)],
            )


def test_every_event_waits_for_the_sequencer(
    committed_db: None, connect_as: Connect
) -> None:  # AUD-4
    with connect_as("lpr_app") as app:
        event_id = insert_event(app)
    with connect_as("lpr_sequencer") as sequencer:
        assert sequencer.execute("SELECT id FROM audit.pending").fetchall() == [(event_id,)]
        assert sequencer.execute("SELECT count(*) FROM audit.event").fetchone() == (1,)
        assert sequencer.execute("DELETE FROM audit.pending").rowcount == 1


@pytest.mark.parametrize("role", ["lpr_app", "lpr_worker", "lpr_auditor"])
def test_nobody_else_takes_an_event_out_of_the_queue(
    committed_db: None, connect_as: Connect, role: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect_as(role).execute("DELETE FROM audit.pending")


def test_the_sequencer_tells_of_the_log_alone(committed_db: None, connect_as: Connect) -> None:
    """AUD-3."""
    connection = connect_as("lpr_sequencer")
    assert insert_event(connection, "audit.rejected").version == 7
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        insert_event(connection, "query.run")


@pytest.mark.parametrize("role", ["lpr_auditor", "lpr_eraser", "lpr_ingest"])
def test_who_does_not_act_cannot_record(committed_db: None, connect_as: Connect, role: str) -> None:
    connection = connect_as("postgres")
    connection.execute(f"SET ROLE {role}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        insert_event(connection)


def test_partitions_made_later_are_guarded_like_the_first(
    committed_db: None, connect_as: Connect
) -> None:
    with connect_as("lpr_worker") as worker:
        made = worker.execute("SELECT audit.make_partitions('2031-05-01', 2)").fetchone()
        again = worker.execute("SELECT audit.make_partitions('2031-05-01', 2)").fetchone()
    assert (made, again) == ((2,), (0,))
    superuser = connect_as("postgres")
    modes = superuser.execute(
        "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'audit.event_y2031m05'::regclass"
        " AND tgname IN ('stamp', 'queue', 'append_only', 'append_only_truncate') ORDER BY 1"
    ).fetchall()
    assert modes == [
        ("append_only", "A"),
        ("append_only_truncate", "A"),
        ("queue", "A"),
        ("stamp", "A"),
    ]


# --- no audit, no read --------------------------------------------------------------------------


def test_without_an_event_the_reads_are_closed(app: psycopg.Connection) -> None:  # QRY-16
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no audit, no read"):
        plates(app)


@pytest.mark.parametrize(
    "kind", ["query.run", "result.viewed", "result.photo_viewed", "alert.match_viewed"]
)
def test_an_event_opens_its_plate_and_window_and_no_more(
    app: psycopg.Connection, kind: str
) -> None:  # QRY-2, QRY-16
    open_with(app, insert_event(app, kind, plate="A1", state="US-DE", **MARCH))
    assert plates(app) == [("A1", "03")]


@pytest.mark.parametrize("kind", ["query.refused", "query.result", "session.login"])
def test_events_of_other_kinds_open_nothing(app: psycopg.Connection, kind: str) -> None:
    open_with(app, insert_event(app, kind, plate="A1", state="US-DE", **MARCH))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        plates(app)


def test_another_state_of_the_same_plate_stays_closed(app: psycopg.Connection) -> None:  # QRY-5
    open_with(app, insert_event(app, "query.run", plate="A1", state="US-PA", **MARCH))
    assert plates(app) == []


@pytest.mark.parametrize("missing", ["plate", "state", "start", "end"])
def test_an_event_that_leaves_something_open_opens_nothing(
    app: psycopg.Connection, missing: str
) -> None:  # QRY-2
    fields = {"plate": "A1", "state": "US-DE", **MARCH}
    del fields[missing]
    open_with(app, insert_event(app, "query.run", **fields))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        plates(app)


def test_an_earlier_event_cannot_be_used_again(
    app: psycopg.Connection, connect_as: Connect
) -> None:  # QRY-16
    event_id = insert_event(app, "query.run", plate="A1", state="US-DE", **MARCH)
    app.commit()
    open_with(app, event_id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        plates(app)
    app.rollback()
    other = connect_as("lpr_app")
    other.autocommit = False
    open_with(other, event_id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        plates(other)


def test_another_transactions_event_opens_nothing(
    app: psycopg.Connection, connect_as: Connect
) -> None:
    other = connect_as("lpr_app")
    other.autocommit = False
    event_id = insert_event(app, "query.run", plate="A1", state="US-DE", **MARCH)
    open_with(other, event_id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        plates(other)


def test_what_a_savepoint_rolled_back_opens_nothing(app: psycopg.Connection) -> None:
    app.execute("SELECT 1")
    with pytest.raises(ZeroDivisionError), app.transaction():
        event_id = insert_event(app, "query.run", plate="A1", state="US-DE", **MARCH)
        raise ZeroDivisionError
    open_with(app, event_id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        plates(app)


def test_an_event_in_a_savepoint_opens_its_plate(app: psycopg.Connection) -> None:
    app.execute("SELECT 1")
    with app.transaction():
        event_id = insert_event(app, "query.run", plate="A1", state="US-DE", **MARCH)
    open_with(app, event_id)
    assert plates(app) == [("A1", "03")]


@pytest.mark.parametrize("role", ["lpr_sequencer", "lpr_auditor", "lpr_eraser"])
def test_roles_without_business_with_reads_have_none(
    reads: None, connect_as: Connect, role: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        plates(connect_as(role))


def test_the_owner_sees_no_read_either(reads: None, connect_as: Connect) -> None:
    assert plates(connect_as("lpr_owner")) == []


@pytest.mark.parametrize("role", ["lpr_app", "lpr_worker", "lpr_ingest"])
def test_a_partition_is_no_way_round(reads: None, connect_as: Connect, role: str) -> None:  # QRY-16
    connection = connect_as("postgres")
    connection.execute(f"SET ROLE {role}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM ingest_read_y2026m03")


# --- who may insert reads -----------------------------------------------------------------------


@pytest.mark.parametrize("role", ["lpr_app", "lpr_worker"])
def test_the_services_own_roles_insert_no_read(
    reads: None, connect_as: Connect, role: str
) -> None:  # ING-9
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        insert_read(connect_as(role), uuid7(), "C3", "2026-03-15")


def test_the_ingest_role_sees_and_fills_only_the_batch_of_this_transaction(
    reads: None, connect_as: Connect
) -> None:
    app = connect_as("lpr_app")
    app.autocommit = False
    app.execute("SET LOCAL ROLE lpr_ingest")
    ((batch,),) = app.execute("SELECT id FROM ingest_batch").fetchall()
    app.execute("SELECT set_config('ingest.batch', %s, true)", [str(batch)])
    assert plates(app) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        insert_read(app, batch, "C3", "2026-03-15")


@pytest.mark.parametrize("role", ["lpr_app", "lpr_worker"])
@pytest.mark.parametrize("verb", ["UPDATE ingest_read SET color = 'x'", "DELETE FROM ingest_read"])
def test_nobody_changes_or_removes_a_read(
    reads: None, connect_as: Connect, role: str, verb: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect_as(role).execute(verb)
