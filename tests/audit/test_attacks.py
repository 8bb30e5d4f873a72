"""Raw SQL in the service's own roles, by somebody who means harm: what the database must refuse.

`tests.audit.test_guards` shows the guards at work; here is what was tried to get round them.
"""

import psycopg
import pytest
from psycopg.types.json import Jsonb

from audit.actors import VENDOR_LOG_ID
from lprsvc.lib.ids import uuid7
from tests.audit.test_guards import FIELDS, MARCH, insert_event, open_with, plates
from tests.harness.database import Connect

# `reads` and `app` come from tests/audit/conftest.py.
SCANS = {"seqscan", "indexscan", "indexonlyscan", "bitmapscan"}
# Answers "who am I" from wherever a session can smuggle a function in.
SPY = (
    "CREATE FUNCTION pg_temp.spy() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN"
    " PERFORM set_config('spy.ran_as', current_user::pg_catalog.text, false); RETURN true; END $$"
)


# --- code of the session's own, run as the owner ------------------------------------------------


def spied(connection: psycopg.Connection) -> str:
    ((ran_as,),) = connection.execute("SELECT current_setting('spy.ran_as')").fetchall()
    return str(ran_as)


@pytest.fixture
def spying(app: psycopg.Connection) -> psycopg.Connection:
    """A session whose own domains hide the types that the owner's functions name."""
    app.execute("SET LOCAL ROLE lpr_ingest")
    app.execute(SPY)
    types = ("date", "text", "name", "uuid", "xid8", "timestamptz", "int8", "int4")
    for name in types:
        app.execute(f"CREATE DOMAIN pg_temp.{name} AS pg_catalog.{name} CHECK (pg_temp.spy())")
    app.execute("SELECT set_config('spy.ran_as', '', false)")
    return app


def test_a_type_of_the_sessions_own_does_not_run_as_the_owner_in_ingest(
    spying: psycopg.Connection,
) -> None:
    spying.execute("SELECT ingest_make_partitions('2026-05-01'::pg_catalog.date, 1)")
    spying.execute("SELECT set_config('ingest.batch', gen_random_uuid()::pg_catalog.text, true)")
    spying.execute("SELECT ingest_open_batch()")
    assert spied(spying) != "lpr_owner"


def test_a_type_of_the_sessions_own_does_not_run_as_the_owner_in_the_log(
    spying: psycopg.Connection,
) -> None:
    spying.execute("SET LOCAL ROLE NONE")
    open_with(spying, insert_event(spying, "query.run", plate="A1", state="US-DE", **MARCH))
    assert plates(spying) == [("A1", "03")]
    assert spied(spying) != "lpr_owner"


def test_functions_search_the_sessions_own_objects_last_and_are_nobodys_to_call(
    committed_db: None, connect_as: Connect
) -> None:
    rows = connect_as("postgres").execute(
        "SELECT p.oid::regprocedure::text, p.proconfig,"
        " has_function_privilege('public', p.oid, 'EXECUTE')"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname IN ('public', 'audit')"
    )
    found = {name: (settings, is_public) for name, settings, is_public in rows}
    assert "audit.opened()" in found
    assert {
        name: how
        for name, how in found.items()
        if how[1] or "search_path=pg_catalog, pg_temp" not in (how[0] or [])
    } == {}


# --- forging events -----------------------------------------------------------------------------


def test_the_queues_trigger_cannot_be_hung_on_another_table(app: psycopg.Connection) -> None:
    # AUD-4
    app.execute("SET LOCAL ROLE lpr_ingest")
    app.execute("CREATE TEMPORARY TABLE forged (log_id uuid, at timestamptz, id uuid)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="queue_event"):
        app.execute(
            "CREATE TRIGGER queue AFTER INSERT ON forged"
            " FOR EACH ROW EXECUTE FUNCTION audit.queue_event()"
        )


def test_an_events_id_is_not_taken_twice(app: psycopg.Connection) -> None:  # AUD-3
    event_id = insert_event(app, outcome="ok")
    app.commit()
    with pytest.raises(psycopg.errors.UniqueViolation):
        app.execute(
            "INSERT INTO audit.event (id, log_id, kind, seed, fields)"
            " VALUES (%s, %s, 'session.logout', %s, %s)",
            [event_id, VENDOR_LOG_ID, bytes(32), Jsonb(FIELDS)],
        )


@pytest.mark.parametrize(
    "event_id",
    ["017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "4d94cbf5-8ff8-4f8e-9b4e-000000000000"],
    ids=["of-another-month", "of-no-time"],
)
def test_an_events_id_is_of_its_time(app: psycopg.Connection, event_id: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="version 7"):
        app.execute(
            "INSERT INTO audit.event (id, log_id, kind, seed, fields)"
            " VALUES (%s, %s, 'session.login', %s, %s)",
            [event_id, VENDOR_LOG_ID, bytes(32), Jsonb(FIELDS)],
        )


@pytest.mark.parametrize("role", ["lpr_app", "lpr_worker"])
@pytest.mark.parametrize("target", ["lpr_owner", "lpr_sequencer", "lpr_eraser", "postgres"])
def test_no_role_becomes_a_stronger_one(connect_as: Connect, role: str, target: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect_as(role).execute(f"SET ROLE {target}")


# --- finding out about reads without seeing them ------------------------------------------------


@pytest.mark.parametrize("scan", sorted(SCANS))
@pytest.mark.parametrize(
    "condition",
    [
        "plate_key = '{}'",
        "plate_key = '{}' AND state = 'US-DE' AND captured_at > '2026-03-01'",
        "plate_key = '{}' AND latitude_e7 = 1",
    ],
)
@pytest.mark.parametrize("plate", ["A1", "NOSUCH"])
def test_a_refusal_does_not_tell_whether_there_are_such_reads(
    app: psycopg.Connection, scan: str, condition: str, plate: str
) -> None:  # QRY-16
    for other in sorted(SCANS - {scan}):
        app.execute(f"SET LOCAL enable_{other} = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no audit, no read"):
        app.execute(f"SELECT count(*) FROM ingest_read WHERE {condition.format(plate)}")


@pytest.mark.parametrize(
    "condition",
    [
        "plate_key = 'B2' AND 1 / (latitude_e7 - 1) = 1",
        "plate_key::uuid IS NULL",
        "set_config('spy.saw', plate_key, false) = 'B2'",
    ],
)
def test_errors_and_functions_meet_no_row_beside_the_opened_ones(
    app: psycopg.Connection, condition: str
) -> None:  # QRY-2
    window = {"start": "2020-01-01T00:00:00.000000Z", "end": "2020-02-01T00:00:00.000000Z"}
    open_with(app, insert_event(app, "query.run", plate="A1", state="US-DE", **window))
    app.execute("SELECT set_config('spy.saw', '', false)")
    assert app.execute(f"SELECT 1 FROM ingest_read WHERE {condition}").fetchall() == []
    assert app.execute("SELECT current_setting('spy.saw')").fetchone() == ("",)


@pytest.mark.parametrize("role", ["lpr_app", "lpr_worker", "lpr_ingest", "lpr_auditor"])
def test_statistics_show_no_plate(connect_as: Connect, reads: None, role: str) -> None:  # QRY-2
    superuser = connect_as("postgres")
    superuser.execute("ANALYZE ingest_read")
    superuser.execute(f"SET ROLE {role}")
    found = superuser.execute("SELECT 1 FROM pg_stats WHERE tablename LIKE 'ingest_read%'")
    assert found.fetchall() == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        superuser.execute("SELECT 1 FROM pg_statistic")


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT * FROM ingest_read) TO STDOUT",
        "EXPLAIN ANALYZE SELECT * FROM ingest_read",
        "SELECT * FROM ingest_read FOR SHARE",
        "CREATE TEMPORARY TABLE stolen AS SELECT * FROM ingest_read",
        "TABLE ingest_read_y2026m03",
    ],
)
def test_other_ways_to_the_rows_are_closed_too(app: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        if statement.startswith("COPY"):
            with app.cursor().copy(statement) as copy:
                copy.read()
        else:
            app.execute(statement)


def test_copying_the_table_whole_gives_nothing(app: psycopg.Connection) -> None:  # QRY-16
    # PostgreSQL turns it into a query of the parent ONLY, which holds no row itself.
    with app.cursor().copy("COPY ingest_read TO STDOUT") as copy:
        assert b"".join(bytes(part) for part in copy) == b""


def test_a_view_made_as_another_role_opens_nothing(app: psycopg.Connection) -> None:  # QRY-16
    app.execute("SET LOCAL ROLE lpr_ingest")
    app.execute("CREATE TEMPORARY VIEW around AS SELECT * FROM ingest_read")
    app.execute("GRANT SELECT ON around TO lpr_app")
    app.execute("SET LOCAL ROLE NONE")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="ingest_open_batch"):
        app.execute("SELECT * FROM around")


@pytest.mark.parametrize("start", ["yesterday", "-infinity", "03/01/2026", "2026-03-01T00:00:00"])
def test_a_window_that_is_not_written_out_opens_nothing(
    app: psycopg.Connection, start: str
) -> None:  # AUD-2
    fields = {"plate": "A1", "state": "US-DE"} | MARCH | {"start": start}
    open_with(app, insert_event(app, "query.run", **fields))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        plates(app)


def test_an_event_recorded_by_the_same_statement_opens_nothing(app: psycopg.Connection) -> None:
    fields = FIELDS | {"plate": "A1", "state": "US-DE"} | MARCH
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(
            "WITH made AS (INSERT INTO audit.event (id, log_id, kind, seed, fields)"
            " VALUES (%s, %s, 'query.run', %s, %s) RETURNING set_config('audit.open', id::text,"
            " true) AS o, set_config('audit.open_at', at::text, true) AS t)"
            " SELECT plate_key FROM made, ingest_read",
            [uuid7(), VENDOR_LOG_ID, bytes(32), Jsonb(fields)],
        )
