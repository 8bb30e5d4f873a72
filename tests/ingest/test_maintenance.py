"""Partitions are there before the reads are."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from audit.kinds import Kind
from ingest.services.maintenance import make_partitions_ahead
from ingest.tasks import make_partitions_ahead as nightly
from tests.audited import assert_audited, recorded
from tests.harness.database import AsRole

# Beyond what the migration made, within what the database allows.
LATER = datetime(datetime.now(UTC).year + 1, datetime.now(UTC).month, 1, tzinfo=UTC)


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits"
                       " WHERE inhparent = 'ingest_read'::regclass")  # fmt: skip
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
def test_missing_months_are_made_and_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    before = partitions()
    start = datetime(2017, 11, 30, 23, 59, tzinfo=UTC)
    (event,) = assert_audited(lambda: make_partitions_ahead(now=start), Kind.SYSTEM_MAINTAINED)
    assert partitions() - before == {
        "ingest_read_y2017m11",
        "ingest_read_y2017m12",
        "ingest_read_y2018m01",
        "ingest_read_y2018m02",
    }
    assert event.fields["partitions_made"] == 4


@pytest.mark.django_db
def test_running_twice_makes_and_records_nothing() -> None:
    start = datetime(2017, 11, 30, tzinfo=UTC)
    make_partitions_ahead(now=start)
    with recorded() as events:
        assert make_partitions_ahead(now=start) == 0
    assert events == []


def test_nightly_task_runs_as_the_worker(as_role: AsRole) -> None:
    with as_role("lpr_worker"):
        nightly()
        today = datetime.now(UTC)
        names = partitions()
    for ahead in range(4):
        month = (today.month - 1 + ahead) % 12 + 1
        year = today.year + (today.month - 1 + ahead) // 12
        assert f"ingest_read_y{year}m{month:02}" in names
