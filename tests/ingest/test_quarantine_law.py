"""The law of its place holds in quarantine too (ING-6)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import ProgrammingError, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from audit.kinds import Kind
from ingest import tasks
from ingest.formats import generic
from ingest.lawfulness import Rulebook, may_wait
from ingest.models import JurisdictionRule, QuarantinedRead, QuarantineState
from ingest.rules import MAX_AGE
from ingest.services import quarantine, quarantine_law
from ingest.services.reads import store_reads
from ingest.services.sources import create_camera, create_source
from lprsvc.lib.errors import AuditUnavailable
from tests.audited import broken_log, events_of, recorded
from tests.harness.database import AsRole
from tests.ingest.feed import ACTOR, CAPTURED, NOW, WHY, Feed, payload
from tests.ingest.jurisdictions import enter, withdraw_all

DAY = timedelta(days=1)
HERE = {"camera": "NOBODY", "latitude": 39.9526, "longitude": -75.1652}  # Philadelphia
Job = Callable[[datetime], int]


@pytest.fixture
def job(committed_db: None, as_role: AsRole) -> Job:
    """The nightly look, with the worker's rights."""

    def run(now: datetime) -> int:
        with as_role("lpr_worker"):
            return quarantine_law.erase_forbidden(now=now)

    return run


def held(feed: Feed, **changes: Any) -> QuarantinedRead:
    receipt = feed.store(payload(**(HERE | changes)))
    return QuarantinedRead.objects.get(batch=receipt.receipt)


def left() -> set[Any]:
    return set(QuarantinedRead.objects.values_list("pk", flat=True))


def test_what_waits_is_erased_when_its_time_is_over(job: Job, feed: Feed) -> None:
    enter(retention_days=30)
    held(feed)
    ends = CAPTURED + 30 * DAY
    assert job(ends - timedelta(seconds=1)) == 0
    with recorded() as events:
        assert job(ends) == 1
        assert job(ends) == 0
    [event] = events
    assert (event.kind, event.fields["forbidden"]) == (Kind.SYSTEM_MAINTAINED, 1)
    assert "ABC" not in str(event.fields)
    assert left() == set()


@pytest.mark.parametrize("state", [QuarantineState.DISCARDED, QuarantineState.WAITING])
def test_place_that_forbids_collection_keeps_nothing_settled_or_not(
    job: Job, feed: Feed, state: str
) -> None:
    one = held(feed)
    if state == QuarantineState.DISCARDED:
        quarantine.discard_read(actor=ACTOR, pk=one.pk, reason=WHY, now=NOW)
    assert job(NOW) == 0
    enter(is_lawful=False, retention_days=0, valid_from=date(2026, 1, 2))
    assert job(NOW) == 1


def test_state_without_a_rule_keeps_nothing(job: Job, feed: Feed) -> None:
    held(feed)
    withdraw_all()
    assert job(NOW) == 1


def test_camera_registered_meanwhile_says_where_it_was(job: Job, feed: Feed) -> None:
    """A read that names no place, of a camera nobody knew: until then the source's state counts."""
    one = held(feed, camera="LATER", latitude=None, longitude=None)
    other = held(feed, camera="OTHER", latitude=None, longitude=None)
    enter("US-NJ", is_lawful=False, retention_days=0)
    assert job(NOW) == 0
    create_camera(
        actor=ACTOR, source=feed.source, code="LATER", name="Trenton", reason=WHY, now=NOW,
        timezone="America/New_York", latitude=40.2206, longitude=-74.7597,
    )  # fmt: skip
    assert job(NOW) == 1
    assert left() == {other.pk}
    assert one.pk != other.pk


@pytest.mark.parametrize(
    "captured_at", ["", "yesterday", "9999-12-31T23:59:59-12:00", "1970-01-01T00:00:00Z"]
)
def test_time_that_cannot_be_true_counts_from_receipt(
    job: Job, feed: Feed, captured_at: str
) -> None:
    enter(retention_days=30)
    held(feed, captured_at=captured_at)
    assert job(NOW + 30 * DAY - timedelta(seconds=1)) == 0
    assert job(NOW + 30 * DAY) == 1


@pytest.mark.parametrize("where", ["NaN", True, 1e300, "39.9", None, [1]])
def test_place_that_is_none_leaves_the_sources_state(job: Job, feed: Feed, where: Any) -> None:
    held(feed, latitude=where)
    assert job(NOW) == 0
    enter("US-DE", is_lawful=False, retention_days=0)
    assert job(NOW) == 1


def test_read_of_nowhere_of_a_source_abroad_waits(job: Job, feed: Feed) -> None:
    source = create_source(
        actor=ACTOR,
        code="REPO",
        name="Cars",
        kind="repossession",
        state="CA-ON",
        reason=WHY,
        now=NOW,
    )
    nowhere = generic.parse(payload(camera="NOBODY", latitude=None, longitude=None))
    receipt = store_reads(source=source, reads=[nowhere], format="generic", now=NOW)
    assert receipt.quarantined == 1
    assert job(NOW + 179 * DAY) == 0


def test_nothing_is_erased_without_a_record(job: Job, feed: Feed) -> None:
    one = held(feed)
    withdraw_all()
    with broken_log(), pytest.raises(AuditUnavailable):
        job(NOW)
    assert left() == {one.pk}


def test_what_somebody_repairs_is_left_to_the_next_night(job: Job, feed: Feed) -> None:
    one = held(feed)
    withdraw_all()
    done: list[int] = []

    def elsewhere() -> None:
        done.append(quarantine_law.erase_forbidden(now=NOW))
        connections.close_all()

    with transaction.atomic():
        QuarantinedRead.objects.select_for_update().get(pk=one.pk)
        other = Thread(target=elsewhere)
        other.start()
        other.join()
    assert done == [0]
    assert job(NOW) == 1


def test_more_than_a_step_is_gone_through(
    job: Job, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine_law, "_PART", 2)
    for number in range(5):
        held(feed, plate=f"N {number}")
    keeps = held(feed, latitude=40.2206, longitude=-74.7597)
    withdraw_all()
    assert job(NOW) == 5
    assert left() == {keeps.pk}


def test_the_nightly_task_does_it(committed_db: None, feed: Feed, as_role: AsRole) -> None:
    held(feed)
    withdraw_all()
    with as_role("lpr_worker"):
        tasks.tidy_quarantine()
    assert left() == set()
    assert events_of(Kind.SYSTEM_MAINTAINED)


def test_settled_read_is_brought_forward_and_never_put_off(
    committed_db: None, feed: Feed, as_role: AsRole
) -> None:
    one = held(feed)
    quarantine.discard_read(actor=ACTOR, pk=one.pk, reason=WHY, now=NOW)
    row = QuarantinedRead.objects.filter(pk=one.pk)
    with as_role("lpr_worker"):
        for changes in (
            {"erase_after": NOW + 31 * DAY},
            {"settled_by": "user:x", "erase_after": NOW},
            {"state": "waiting", "erase_after": NOW},
        ):
            with pytest.raises(ProgrammingError), transaction.atomic():
                row.update(**changes)
        assert row.update(erase_after=NOW) == 1


# --- the decision, over all times -----------------------------------------------------------------


def _rule(geoid: int, *, is_lawful: bool = True, days: int = 30) -> JurisdictionRule:
    return JurisdictionRule(
        pk=geoid, geoid=geoid, is_lawful=is_lawful, retention_days=days,
        valid_from=date(2020, 1, 1),
    )  # fmt: skip


MOMENTS = st.datetimes(
    datetime(2021, 1, 1),  # noqa: DTZ001  bounds are without a zone, moments are not
    datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(
    captured_at=st.none() | MOMENTS,
    received_at=MOMENTS,
    now=MOMENTS,
    days=st.integers(0, 400),
    place=st.sampled_from([42, 42101]),
)
def test_nothing_waits_longer_than_it_could_be_stored(
    captured_at: datetime | None, received_at: datetime, now: datetime, days: int, place: int
) -> None:
    book = Rulebook([_rule(42, days=days)])
    waits = may_wait(book, place, captured_at=captured_at, received_at=received_at, now=now)
    assert not (waits and now >= received_at + timedelta(days=days))
    if captured_at is not None and received_at - MAX_AGE <= captured_at <= received_at:
        assert waits is (now < captured_at + timedelta(days=days))


@pytest.mark.parametrize(
    ("rules", "place", "waits"),
    [
        ([], 42101, False),
        ([_rule(42)], 42101, True),
        ([_rule(42)], 42, True),
        ([_rule(34)], 42, False),
        ([_rule(42, is_lawful=False)], 42, False),
        ([_rule(42), _rule(42101, is_lawful=False)], 42101, False),
        ([_rule(42), _rule(42101, is_lawful=False)], 42, True),
        ([_rule(42), _rule(42101, days=0)], 42101, False),
    ],
)
def test_law_of_the_state_and_of_the_county(
    rules: list[JurisdictionRule], place: int, waits: bool
) -> None:
    found = may_wait(Rulebook(rules), place, captured_at=NOW, received_at=NOW, now=NOW)
    assert found is waits
