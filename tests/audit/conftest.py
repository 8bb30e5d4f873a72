"""Fixtures of the log's tests: somebody with raw SQL, and reads for them to want."""

from collections.abc import Iterator

import psycopg
import pytest

from lprsvc.lib.ids import uuid7
from tests.audit.test_guards import insert_read
from tests.harness.database import Connect


@pytest.fixture
def reads(committed_db: None, connect_as: Connect) -> None:
    """Two plates, A1 and B2, read in March and April 2026."""
    with connect_as("lpr_app") as app:
        app.autocommit = False
        app.execute(
            "INSERT INTO ingest_source"
            " (code, name, kind, state, is_paused, silent_after_hours, created_at)"
            " VALUES ('S', 'S', 'toll_road', 'US-DE', false, 24, now())"
        )
        app.execute(
            "INSERT INTO ingest_jurisdictionrule"
            " (state, geoid, is_lawful, retention_days, citation, valid_from, created_at)"
            " VALUES ('US-DE', 10, true, 3650, 'tests', '2000-01-01', now())"
        )
        app.execute("SET LOCAL ROLE lpr_ingest")
        app.execute("SELECT ingest_make_partitions('2026-03-01', 2)")
        batch = uuid7()
        app.execute(
            "INSERT INTO ingest_batch (id, source_id, format, received_at, stored, duplicate,"
            " quarantined, refused, exceptions)"
            " SELECT %s, id, 'test', now(), 0, 0, 0, 0, '[]' FROM ingest_source",
            [batch],
        )
        app.execute("SELECT set_config('ingest.batch', %s, true)", [str(batch)])
        for plate in ("A1", "B2"):
            for day in ("2026-03-15", "2026-04-15"):
                insert_read(app, batch, plate, day)


@pytest.fixture
def app(reads: None, connect_as: Connect) -> Iterator[psycopg.Connection]:
    with connect_as("lpr_app") as connection:
        connection.autocommit = False
        yield connection
