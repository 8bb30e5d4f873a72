"""Many quarantined reads at once: ordered by a person, done by the worker, each once (ING-5)."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from audit.kinds import Kind
from ingest.models import (
    JobState,
    QuarantineAct,
    QuarantinedRead,
    QuarantineJob,
    QuarantineState,
)
from ingest.quarantine import Which
from ingest.services import quarantine, quarantine_jobs
from ingest.services.quarantine_jobs import CLAIM_LASTS, order_job, stop_job, sweep_jobs, work_job
from ingest.services.reads import insert_prepared
from ingest.services.sources import create_camera, pause_source, resume_source
from ingest.storage import StorageUnavailable
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from tests.audited import assert_audited, events_of
from tests.cast import Cast
from tests.harness.cluster import PASSWORD
from tests.harness.database import AsRole
from tests.harness.processes import Running
from tests.ingest.feed import ACTOR, NOW, WHY, Feed, hits, make_feed, payload
from tests.ingest.jurisdictions import withdraw_all

REFEED, DISCARD = QuarantineAct.REFEED, QuarantineAct.DISCARD


def clock() -> datetime:
    return NOW + timedelta(minutes=1)


def fill(feed: Feed, count: int, *, camera: str = "NEW", **changes: Any) -> None:
    """Reads of a camera that nobody has entered."""
    reads = [
        payload(id=str(number), plate=f"N{number}", camera=camera, **changes)
        for number in range(count)
    ]
    feed.store(*reads, now=NOW - timedelta(minutes=1))


def add_camera(feed: Feed, code: str = "NEW") -> None:
    create_camera(
        actor=ACTOR, source=feed.source, code=code, name=code, timezone="America/New_York",
        latitude=39.95, longitude=-75.16, reason=WHY, now=NOW,
    )  # fmt: skip


def order(feed: Feed, act: QuarantineAct = REFEED, **which: Any) -> QuarantineJob:
    wanted = Which(source_id=feed.source.pk, **which)
    return order_job(actor=ACTOR, act=act, which=wanted, reason=WHY, now=NOW)


def states() -> dict[str, int]:
    found = list(QuarantinedRead.objects.values_list("state", flat=True))
    return {state: found.count(state) for state in found}


@pytest.fixture(params=[3, 200])
def small_parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Parts smaller than the job, and larger."""
    monkeypatch.setattr(quarantine_jobs, "PART", request.param)
    return int(request.param)


def test_all_of_a_camera_are_fed_again_once_it_is_there(
    feed: Feed, as_role: AsRole, small_parts: int
) -> None:
    fill(feed, 10)
    fill(feed, 2, camera="OTHER")
    add_camera(feed)
    job = order(feed, reason="camera_unknown", camera="NEW")
    assert (job.total, job.state) == (10, JobState.WAITING)
    with as_role("lpr_worker"):
        assert work_job(job_id=job.pk, clock=clock) is False
    job.refresh_from_db()
    assert (job.state, job.done, job.stored) == (JobState.DONE, 10, 10)
    assert states() == {"repaired": 10, "waiting": 2}
    assert [len(hits(f"N{number}")) for number in range(10)] == [1] * 10


def test_what_is_still_faulty_waits_on_under_its_new_reason(feed: Feed, as_role: AsRole) -> None:
    fill(feed, 3)
    fill(feed, 2, camera="NEW", state="ZZ")
    add_camera(feed)
    job = order(feed, camera="NEW")
    with as_role("lpr_worker"):
        work_job(job_id=job.pk, clock=clock)
    job.refresh_from_db()
    assert (job.stored, job.unchanged, job.state) == (3, 2, JobState.DONE)
    waiting = QuarantinedRead.objects.filter(state=QuarantineState.WAITING)
    assert {read.reason for read in waiting} == {"state_unknown"}


def test_job_of_all_sources_feeds_each_its_own(feed: Feed, as_role: AsRole) -> None:
    other = make_feed("NY-TOLL")
    for one in (feed, other):
        fill(one, 3)
        add_camera(one)
    job = order_job(actor=ACTOR, act=REFEED, which=Which(), reason=WHY, now=NOW)
    with as_role("lpr_worker"):
        work_job(job_id=job.pk, clock=clock)
    job.refresh_from_db()
    # The same plates at the same second, by two cameras: six reads.
    assert job.stored == 6


def test_many_are_discarded(feed: Feed, as_role: AsRole, small_parts: int) -> None:
    fill(feed, 10)
    job = order(feed, DISCARD)
    with as_role("lpr_worker"):
        work_job(job_id=job.pk, clock=clock)
    job.refresh_from_db()
    assert (job.discarded, job.state) == (10, JobState.DONE)
    assert {read.settled_by for read in QuarantinedRead.objects.all()} == {ACTOR.id}
    assert states() == {"discarded": 10}


def test_what_comes_after_the_order_is_not_among_them(feed: Feed, as_role: AsRole) -> None:
    fill(feed, 2)
    job = order(feed, DISCARD)
    feed.store(payload(plate="", id="late"), now=NOW + timedelta(seconds=5))
    with as_role("lpr_worker"):
        work_job(job_id=job.pk, clock=clock)
    assert states() == {"discarded": 2, "waiting": 1}


def test_order_and_end_are_events_with_counts_and_no_plate(feed: Feed, as_role: AsRole) -> None:
    fill(feed, 2)
    [ordered] = assert_audited(lambda: order(feed, DISCARD), Kind.QUARANTINE_BULK_ORDERED)
    assert (ordered.fields["count"], ordered.fields["act"]) == (2, "discard")
    with as_role("lpr_worker"):
        work_job(job_id=QuarantineJob.objects.get().pk, clock=clock)
    [ended] = events_of(Kind.QUARANTINE_BULK_ENDED)
    assert (ended.fields["discarded"], ended.fields["ordered_by"]) == (2, ACTOR.id)
    assert ended.fields["parent"] == str(ordered.id)
    assert "N1" not in str(ended.fields) + str(ordered.fields)


def test_order_is_the_vendors_and_needs_something_to_do(feed: Feed, cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        order(feed)
    fill(feed, 1)
    for part in ("investigator", "supervisor", "manager", "auditor", "other"):
        with pytest.raises(PolicyDenied):
            order_job(
                actor=cast.everybody[part].person, act=DISCARD, which=Which(), reason=WHY, now=NOW
            )
    assert not QuarantineJob.objects.exists()


# --- whatever happens meanwhile -------------------------------------------------------------------


def test_job_worked_on_twice_at_once_does_each_once(
    committed_db: None, feed: Feed, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine_jobs, "PART", 3)
    fill(feed, 20)
    add_camera(feed)
    job, ready = order(feed), threading.Barrier(3)

    def work(_: int) -> None:
        log_on = {"USER": "lpr_worker", "PASSWORD": PASSWORD}
        connection.settings_dict = {**connection.settings_dict, **log_on}
        ready.wait()
        try:
            work_job(job_id=job.pk, clock=clock)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    job.refresh_from_db()
    assert (job.stored, job.state) == (20, JobState.DONE)
    assert len(events_of(Kind.QUARANTINE_BULK_ENDED)) == 1


def test_job_whose_worker_died_is_taken_over_where_it_stood(
    feed: Feed, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine_jobs, "PART", 4)
    fill(feed, 10)
    add_camera(feed)
    job = order(feed)
    with as_role("lpr_worker"):
        with monkeypatch.context() as patch:
            parts = iter([None])
            insert = insert_prepared

            def die(prepared: Any) -> Any:
                if next(parts, "dead") == "dead":
                    raise KeyboardInterrupt
                return insert(prepared)

            patch.setattr(quarantine_jobs, "insert_prepared", die)
            with pytest.raises(KeyboardInterrupt):
                work_job(job_id=job.pk, clock=clock)
        job.refresh_from_db()
        assert (job.stored, job.state) == (4, JobState.RUNNING)
        # Claimed still: nobody takes it before its time.
        assert work_job(job_id=job.pk, clock=clock) is False
        later = clock() + CLAIM_LASTS
        assert work_job(job_id=job.pk, clock=lambda: later) is False
    job.refresh_from_db()
    assert (job.stored, job.state) == (10, JobState.DONE)
    assert states() == {"repaired": 10}


def test_long_job_says_that_there_is_more(
    feed: Feed, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine_jobs, "PART", 2)
    monkeypatch.setattr(quarantine_jobs, "WORK_SECONDS", -1.0)
    fill(feed, 5)
    job = order(feed, DISCARD)
    with as_role("lpr_worker"):
        rounds = 1
        while work_job(job_id=job.pk, clock=clock):
            rounds += 1
    assert rounds == 4
    assert states() == {"discarded": 5}


def test_stopped_job_leaves_the_rest(
    feed: Feed, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine_jobs, "PART", 2)
    monkeypatch.setattr(quarantine_jobs, "WORK_SECONDS", -1.0)
    fill(feed, 5)
    job = order(feed, DISCARD)
    with as_role("lpr_worker"):
        assert work_job(job_id=job.pk, clock=clock) is True
    stop_job(actor=ACTOR, job=job, reason="wrong camera", now=NOW)
    with as_role("lpr_worker"):
        assert work_job(job_id=job.pk, clock=clock) is False
    assert states() == {"discarded": 2, "waiting": 3}
    with pytest.raises(InvalidInput):
        stop_job(actor=ACTOR, job=job, reason="again", now=NOW)
    assert [e.fields["reason"] for e in events_of(Kind.QUARANTINE_BULK_STOPPED)] == ["wrong camera"]


def test_read_repaired_by_hand_meanwhile_is_left_alone(feed: Feed, as_role: AsRole) -> None:
    fill(feed, 3)
    job = order(feed, DISCARD)
    first = QuarantinedRead.objects.order_by("pk")[0]
    quarantine.discard_read(actor=ACTOR, pk=first.pk, reason="by hand", now=NOW)
    with as_role("lpr_worker"):
        work_job(job_id=job.pk, clock=clock)
    job.refresh_from_db()
    assert (job.discarded, job.total) == (2, 3)


def test_job_of_a_paused_source_fails_and_says_why(feed: Feed, as_role: AsRole) -> None:
    fill(feed, 3)
    add_camera(feed)
    job = order(feed)
    pause_source(actor=ACTOR, source=feed.source, reason=WHY, now=NOW)
    with as_role("lpr_worker"):
        work_job(job_id=job.pk, clock=clock)
    job.refresh_from_db()
    assert (job.state, job.stored) == (JobState.FAILED, 0)
    assert "paused" in job.fault
    assert states() == {"waiting": 3}
    resume_source(actor=ACTOR, source=feed.source, reason=WHY, now=NOW)
    again = order(feed)
    with as_role("lpr_worker"):
        work_job(job_id=again.pk, clock=clock)
    assert states() == {"repaired": 3}


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (StorageUnavailable(), JobState.RUNNING),
        (OperationalError("gone"), JobState.RUNNING),
        (ValueError("a bug"), JobState.FAILED),
    ],
)
def test_failure_in_a_part_undoes_it(
    feed: Feed,
    as_role: AsRole,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    state: JobState,
) -> None:
    fill(feed, 3)
    add_camera(feed)
    job = order(feed)

    def fail(_: Any) -> Any:
        raise error

    monkeypatch.setattr(quarantine_jobs, "insert_prepared", fail)
    with as_role("lpr_worker"):
        try:
            work_job(job_id=job.pk, clock=clock)
        except (OperationalError, ValueError) as raised:
            assert raised is error  # noqa: PT017 - where it is raised at all
    job.refresh_from_db()
    assert (job.state, job.done) == (state, 0)
    assert states() == {"waiting": 3}


def test_sweep_finds_what_nobody_works_on(
    feed: Feed, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(quarantine_jobs, "tell_worker", told.append)
    fill(feed, 1)
    job = order(feed, DISCARD)
    with as_role("lpr_worker"):
        assert sweep_jobs(now=clock()) == 1
        work_job(job_id=job.pk, clock=clock)
        assert sweep_jobs(now=clock()) == 0
    assert told == [job.pk, job.pk]  # after the order's commit, and by the sweep


def test_real_worker_does_the_job(committed_db: None, running_worker: Running, feed: Feed) -> None:
    fill(feed, 5)
    job = order(feed, DISCARD)
    deadline = time.monotonic() + 20
    while job.is_open and time.monotonic() < deadline:
        time.sleep(0.1)
        job.refresh_from_db()
    assert (job.state, job.discarded) == (JobState.DONE, 5), running_worker.output()


def test_read_whose_photographs_are_gone_waits_on(
    feed: Feed, as_role: AsRole, photograph_folder: Path
) -> None:
    fill(feed, 2)
    add_camera(feed)
    for file in [path for path in photograph_folder.rglob("*") if path.is_file()]:
        file.unlink()
    job = order(feed)
    with as_role("lpr_worker"):
        work_job(job_id=job.pk, clock=clock)
    job.refresh_from_db()
    assert (job.state, job.unchanged) == (JobState.DONE, 2)
    assert "no longer kept" in QuarantinedRead.objects.all()[0].detail


# ING-6
def test_what_the_law_forbids_by_now_is_discarded_and_erased_tonight(
    feed: Feed, as_role: AsRole
) -> None:
    fill(feed, 3)
    add_camera(feed)
    withdraw_all("US-PA")
    job = order(feed)
    with as_role("lpr_worker"):
        work_job(job_id=job.pk, clock=clock)
    job.refresh_from_db()
    assert (job.state, job.discarded, job.stored) == (JobState.DONE, 3, 0)
    assert {read.erase_after for read in QuarantinedRead.objects.all()} == {clock()}
