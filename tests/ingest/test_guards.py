"""The database's own guards around reads: who may insert, who may see (AUD-3, ING-9, QRY-2)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from ingest import insertion
from ingest.models import Batch, Read
from lprsvc.lib.dbrole import acting_as
from lprsvc.lib.ids import uuid7
from tests.harness.database import Connect
from tests.ingest.feed import CAPTURED, NOW, Feed, hits, payload

_INSERT = """
INSERT INTO ingest_read (plate_key, state, captured_at, camera_id, id, batch_id, latitude_e7,
                         longitude_e7, plate_is_derived, scene_sha256, plate_sha256, plate_text)
VALUES ('ABC123', 'US-PA', %s, 1, gen_random_uuid(), %s, 1, 1, false, %s, %s, 'ABC 123')
"""


def values(batch: UUID) -> list[Any]:
    return [CAPTURED - timedelta(seconds=5), batch, b"s" * 32, b"p" * 32]


def run(statement: str, parameters: list[Any] | None = None) -> Callable[[], None]:
    def execute() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)

    return execute


def as_ingest(statement: str, parameters: list[Any] | None = None) -> Callable[[], None]:
    def execute() -> None:
        with transaction.atomic(), acting_as("lpr_ingest"), connection.cursor() as cursor:
            cursor.execute(statement, parameters)

    return execute


def test_web_role_cannot_insert_a_read(feed: Feed) -> None:
    batch = feed.store(payload()).receipt
    with pytest.raises(ProgrammingError, match="permission denied"):
        run(_INSERT, values(batch))()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ingest_read SET plate_text = 'X'",
        "DELETE FROM ingest_read",
        "TRUNCATE ingest_read",
        "UPDATE ingest_quarantinedread SET reason = 'no_plate'",
        "UPDATE ingest_batch SET source_id = 1",
        "DELETE FROM ingest_batch",
    ],
)
def test_no_role_of_the_web_changes_what_came(feed: Feed, statement: str) -> None:
    for attempt in (run(statement), as_ingest(statement)):
        with pytest.raises(ProgrammingError, match="permission denied"):
            attempt()


def test_ingest_role_inserts_into_the_batch_of_its_transaction_only(
    committed_db: None, feed: Feed
) -> None:
    earlier = feed.store(payload()).receipt
    with pytest.raises(ProgrammingError, match="row-level security"):
        as_ingest(_INSERT, values(earlier))()
    # Not even when the setting names it.
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
        acting_as("lpr_ingest"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT set_config('ingest.batch', %s, true)", [str(earlier)])
        cursor.execute(_INSERT, values(earlier))


def test_ingest_role_sees_no_other_batch(committed_db: None, feed: Feed) -> None:
    earlier = feed.store(payload()).receipt
    with transaction.atomic(), acting_as("lpr_ingest"), connection.cursor() as cursor:
        insertion.insert_batch(
            batch=uuid7(),
            source_id=feed.source.pk,
            feed_key_id=None,
            format_name="test",
            now=NOW,
        )
        cursor.execute("SELECT count(*) FROM ingest_read")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT set_config('ingest.batch', %s, true)", [str(earlier)])
        cursor.execute("SELECT count(*) FROM ingest_read")
        assert cursor.fetchone() == (0,)


def test_reads_are_seen_by_no_role_without_an_event(feed: Feed) -> None:
    feed.store(payload())
    with pytest.raises(ProgrammingError, match="no audit, no read"), transaction.atomic():
        list(Read.objects.all())
    assert len(hits()) == 1


def test_partitions_cannot_be_read_around_the_guard(
    committed_db: None, feed: Feed, connect_as: Connect
) -> None:
    feed.store(payload())
    partition = f"ingest_read_y{CAPTURED:%Y}m{CAPTURED:%m}"
    for role in ("lpr_app", "lpr_worker", "lpr_auditor"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connect_as(role).execute(f"SELECT count(*) FROM {partition}")


def test_role_is_left_after_storing(feed: Feed) -> None:
    feed.store(payload())
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('ingest.batch', true)")
        assert cursor.fetchone()[0] == "lpr_app"
    assert Batch.objects.count() == 1
