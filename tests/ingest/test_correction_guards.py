"""The database's own guards round corrections (QRY-2, QRY-10, AUD-3): no read is altered or removed
but by its function, for an event of the same transaction and a report that names the read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction

from audit.kinds import OPENS_ONE_READ, Kind
from audit.services import record
from ingest.models import Correction, ErrorReport, Read, ReportStatus
from ingest.services.reviewing import opening_of, view_report
from lprsvc.lib.dbrole import acting_as
from tests.cast import Cast, cast
from tests.harness.database import Connect
from tests.ingest.feed import CAPTURED, NOW, Feed, hits, ids_of, payload
from tests.ingest.test_corrections import correct, report, see

__all__ = ["cast"]

ROLES = ["lpr_app", "lpr_worker", "lpr_ingest", "lpr_sequencer", "lpr_auditor", "lpr_eraser"]
_AFTER = {
    "plate": "ABC128",
    "plate_raw": "ABC 128",
    "state": "US-PA",
    "make": None,
    "model": None,
    "color": None,
    "latitude_e7": 399_500_000,
    "longitude_e7": -751_600_000,
}


@pytest.fixture
def reads(feed: Feed) -> list[UUID]:
    """Three reads of one plate: two at the very same instant, one a second later."""
    receipt = feed.store(
        payload(),
        payload(camera="MOBILE"),
        payload(captured_at=(CAPTURED + timedelta(seconds=1)).isoformat()),
    )
    return ids_of(receipt)


@pytest.fixture
def reported(cast: Cast, reads: list[UUID]) -> ErrorReport:
    """A report about the first of them."""
    return report(cast.investigator, reads[0])


def tell(cast: Cast, kind: Kind, report: ErrorReport, **changes: Any) -> None:
    """The event of the vendor's act, in the transaction that is open."""
    fields = opening_of(report) | {"reason": "x", "after": _AFTER} | changes
    record(actor=cast.vendor.person, kind=kind, fields=fields)


def supersede() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ingest_supersede_read(%s, %s)", [uuid4(), NOW])


@contextmanager
def refused(match: str) -> Iterator[None]:
    with pytest.raises(ProgrammingError, match=match), transaction.atomic():
        yield


# --- looking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(OPENS_ONE_READ))
def test_review_opens_the_one_read_that_was_reported(
    cast: Cast, reported: ErrorReport, reads: list[UUID], kind: Kind
) -> None:
    with transaction.atomic():
        tell(cast, kind, reported)
        assert [read.id for read in Read.objects.all()] == [reads[0]]


@pytest.mark.parametrize("kind", sorted(OPENS_ONE_READ))
def test_wider_window_opens_no_more(
    cast: Cast, reported: ErrorReport, reads: list[UUID], kind: Kind
) -> None:
    end = (CAPTURED + timedelta(days=1)).isoformat()
    with transaction.atomic():
        tell(cast, kind, reported, end=end)
        assert [read.id for read in Read.objects.all()] == [reads[0]]
    # One that begins elsewhere names no reported read.
    with refused("no report, no review"):
        tell(cast, kind, reported, start=(CAPTURED - timedelta(days=1)).isoformat(), end=end)
        list(Read.objects.all())


@pytest.mark.parametrize("kind", sorted(OPENS_ONE_READ))
def test_without_a_report_nothing_opens(cast: Cast, reads: list[UUID], kind: Kind) -> None:
    other = ErrorReport(
        read_id=reads[0], version=1, plate_key="ABC123", state="US-PA", captured_at=CAPTURED
    )
    with refused("no report, no review"):
        tell(cast, kind, other)
        list(Read.objects.all())


def test_no_condition_of_the_callers_own_learns_whether_the_read_is_there(
    cast: Cast, reads: list[UUID]
) -> None:
    """The refusal comes before any row is touched: also where the condition finds none."""
    other = ErrorReport(
        read_id=reads[0], version=1, plate_key="ABC123", state="US-PA", captured_at=CAPTURED
    )
    with refused("no report, no review"):
        tell(cast, Kind.READ_REVIEWED, other)
        list(Read.objects.filter(color="no such color"))


@pytest.mark.parametrize(
    "status", [ReportStatus.CORRECTED, ReportStatus.REJECTED, ReportStatus.WITHDRAWN]
)
def test_report_that_is_closed_opens_nothing(
    cast: Cast, reported: ErrorReport, status: ReportStatus
) -> None:
    ErrorReport.objects.filter(pk=reported.pk).update(status=status, closed_at=NOW, erase_after=NOW)
    with refused("no report, no review"):
        tell(cast, Kind.READ_REVIEWED, reported)
        list(Read.objects.all())


def test_report_of_another_read_opens_nothing(
    cast: Cast, reported: ErrorReport, reads: list[UUID]
) -> None:
    with refused("no report, no review"):
        tell(cast, Kind.READ_REVIEWED, reported, read=str(reads[1]))
        list(Read.objects.all())


def test_review_that_names_no_read_opens_nothing(cast: Cast, reported: ErrorReport) -> None:
    with refused("no audit, no read"):
        tell(cast, Kind.READ_REVIEWED, reported, read=None)
        list(Read.objects.all())


def test_query_is_not_narrowed_by_any_of_it(cast: Cast, reads: list[UUID]) -> None:
    assert {read.id for read in hits()} == set(reads)


def test_originals_are_seen_in_the_review_of_their_read_alone(
    cast: Cast, reported: ErrorReport, feed: Feed
) -> None:
    review = view_report(person=cast.vendor.person, pk=reported.pk, now=NOW)
    correct(cast, review)
    with refused("no audit, no read|no report, no review"):
        list(Correction.objects.all())
    with transaction.atomic():
        see(cast.investigator)
        assert list(Correction.objects.all()) == []


# --- changing -------------------------------------------------------------------------------------


def statements(partition: str) -> list[str]:
    kept = ("ingest_read", partition, "ingest_correction")
    return [
        statement
        for table in kept
        for statement in (
            f"UPDATE {table} SET plate_key = 'XYZ'",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"INSERT INTO {table} SELECT * FROM {table}",
        )
    ]


@pytest.mark.parametrize("role", ROLES)
def test_no_role_changes_or_removes_a_read_or_an_original(
    committed_db: None, cast: Cast, reported: ErrorReport, connect_as: Connect, role: str
) -> None:
    connection = connect_as("postgres")
    connection.execute(f"SET ROLE {role}")
    for statement in statements(f"ingest_read_y{CAPTURED:%Y}m{CAPTURED:%m}"):
        if role == "lpr_ingest" and statement.startswith("INSERT INTO ingest_read SELECT"):
            continue  # it may, into a batch of the same transaction alone: see test_guards.py
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_the_owner_finds_nothing_to_change_and_originals_cannot_be_truncated(
    committed_db: None, cast: Cast, reported: ErrorReport, connect_as: Connect
) -> None:
    review = view_report(person=cast.vendor.person, pk=reported.pk, now=NOW)
    correct(cast, review)
    owner = connect_as("lpr_owner")
    for table in ("ingest_read", "ingest_correction"):
        assert owner.execute(f"DELETE FROM {table}").rowcount == 0
        assert owner.execute(f"UPDATE {table} SET plate_text = 'X'").rowcount == 0
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    for role in ("lpr_owner", "postgres"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connect_as(role).execute("TRUNCATE ingest_correction")


@pytest.mark.parametrize("role", ["lpr_worker", "lpr_ingest", "lpr_sequencer", "lpr_auditor"])
def test_the_function_is_the_webs_alone(committed_db: None, connect_as: Connect, role: str) -> None:
    connection = connect_as("postgres")
    connection.execute(f"SET ROLE {role}")
    for call in (
        "SELECT ingest_supersede_read(gen_random_uuid(), now())",
        "SELECT audit.correcting()",
        "SELECT ingest_key_id('A', 'B', now(), 1)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(call)


def test_nothing_is_taken_out_without_the_event(cast: Cast, reported: ErrorReport) -> None:
    with refused("no audit, no correction"):
        supersede()
    with refused("no audit, no correction"):
        tell(cast, Kind.READ_REVIEWED, reported)
        supersede()
    with refused("no audit, no correction"):
        see(cast.investigator)
        supersede()
    assert len(hits()) == 3


def test_an_earlier_transactions_event_takes_nothing_out(
    committed_db: None, cast: Cast, reported: ErrorReport
) -> None:
    with transaction.atomic():
        tell(cast, Kind.READ_CORRECTED, reported)
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('audit.open'), current_setting('audit.open_at')")
            settings = cursor.fetchone()
    with refused("no audit, no correction"):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('audit.open', %s, true), set_config('audit.open_at', %s, true)",
                settings,
            )
        supersede()
    assert len(hits()) == 3


def test_nothing_is_taken_out_without_a_waiting_report(
    cast: Cast, reported: ErrorReport, reads: list[UUID]
) -> None:
    for changes in ({"read": str(reads[1])}, {"plate": "ABC124"}):
        with refused("no report, no review"):
            tell(cast, Kind.READ_CORRECTED, reported, **changes)
            supersede()
    assert len(hits()) == 3


def test_version_that_is_not_there_any_more_is_not_taken_out(
    cast: Cast, reported: ErrorReport
) -> None:
    with pytest.raises(DatabaseError, match="has no version 2 any more"), transaction.atomic():
        tell(cast, Kind.READ_CORRECTED, reported, version=2)
        supersede()
    assert len(hits()) == 3


def test_the_event_takes_out_the_one_read_it_names(
    cast: Cast, reported: ErrorReport, reads: list[UUID]
) -> None:
    with transaction.atomic():
        tell(cast, Kind.READ_CORRECTED, reported, after=None)
        supersede()
    assert {read.id for read in hits()} == set(reads[1:])
    # Once is all: the version is not there any more.
    assert ErrorReport.objects.get().is_waiting


def test_ingest_role_learns_ids_of_what_was_corrected_and_no_more(
    cast: Cast, reported: ErrorReport, reads: list[UUID]
) -> None:
    review = view_report(person=cast.vendor.person, pk=reported.pk, now=NOW)
    correct(cast, review)
    with transaction.atomic(), acting_as("lpr_ingest"), connection.cursor() as cursor:
        cursor.execute("SELECT key_id FROM ingest_correction")
        assert cursor.fetchall() == [(reads[0],)]
    for column in ("plate_key", "captured_at", "read_id", "*"):
        with (
            refused("permission denied"),
            acting_as("lpr_ingest"),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"SELECT {column} FROM ingest_correction")


def test_web_role_sees_no_retraction_and_makes_none(cast: Cast, reported: ErrorReport) -> None:
    attempts: list[Callable[[Any], object]] = [
        lambda cursor: cursor.execute("SELECT * FROM ingest_retraction"),
        lambda cursor: cursor.execute(
            "INSERT INTO ingest_retraction VALUES (%s, %s, true, 1, 1, %s)",
            [uuid4(), uuid4(), datetime.now(CAPTURED.tzinfo)],
        ),
    ]
    for attempt in attempts:
        with refused("permission denied"), connection.cursor() as cursor:
            attempt(cursor)
