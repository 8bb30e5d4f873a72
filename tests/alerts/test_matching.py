"""New reads meet hot plates: exactly those, exactly once (ALT-5, ING-8)."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, connections

from alerts.mail import compose
from alerts.models import AlertEntry, EntryStatus, Match, Notification
from alerts.rules import CLAIM_LASTS
from alerts.services import queue
from alerts.services.entries import remove_entries
from alerts.services.matching import Matched, match_batch, match_waiting
from alerts.services.sweeping import sweep
from ingest.models import OutboxEntry
from ingest.selectors import Place
from lprsvc.lib.errors import AuditUnavailable
from tests.alerts.world import NOW, World, alert_on, events
from tests.cast import Cast

EXACT = [
    ("ABC123", "US-PA", 1),
    ("abc-123", "US-PA", 1),
    ("A.B.C 1 2 3", "US-PA", 1),
    ("ABC123", "US-NJ", 0),  # another state's plate
    ("ABC124", "US-PA", 0),
    ("ABC12", "US-PA", 0),
    ("ABC1234", "US-PA", 0),
    ("XABC123", "US-PA", 0),
    ("A8C123", "US-PA", 0),
]


def test_match_is_exact(world: World, cast: Cast) -> None:
    alert_on(cast.investigator.person)
    total = 0
    for plate, state, matches in EXACT:
        matched = world.match(world.deliver(plate, state))
        assert matched is not None
        assert (matched.reads, matched.matches) == (1, matches), (plate, state)
        total += matches
    assert Match.objects.count() == Notification.objects.count() == total == 3


def test_look_alikes_are_not_bent(world: World, cast: Cast) -> None:
    """O is not 0 (QRY-5)."""
    for watched, read in (("OO1", "001"), ("002", "OO2"), ("I11", "111"), ("S5B8", "55B8")):
        alert_on(cast.investigator.person, watched)
        matched = world.match(world.deliver(read))
        assert matched is not None
        assert matched.matches == 0, (watched, read)


def _expired_by_time(cast: Cast) -> None:
    alert_on(cast.investigator.person, now=NOW - timedelta(days=365))


def _expired_by_status(cast: Cast) -> None:
    entry = alert_on(cast.investigator.person)
    AlertEntry.objects.filter(pk=entry.pk).update(status=EntryStatus.EXPIRED)


def _removed(cast: Cast) -> None:
    entry = alert_on(cast.investigator.person)
    remove_entries(person=cast.investigator.person, pks=[entry.pk], reason="closed", now=NOW)


def test_ended_alerts_do_not_match(world: World, cast: Cast) -> None:
    for make in (_expired_by_time, _expired_by_status, _removed):
        make(cast)
        matched = world.match(world.deliver())
        assert matched is not None
        assert matched.matches == 0, make
    with world.as_role("lpr_worker"):
        assert OutboxEntry.objects.count() == 0


def test_last_moment_of_the_year_still_matches(world: World, cast: Cast) -> None:
    alert_on(cast.investigator.person, now=NOW - timedelta(days=365) + timedelta(microseconds=1))
    matched = world.match(world.deliver())
    assert matched is not None
    assert matched.matches == 1


def test_each_agency_matches_in_its_own_log(world: World, cast: Cast) -> None:
    """Two agencies watch the same plate: each is told, and neither log knows of the other."""
    alert_on(cast.investigator.person)
    alert_on(cast.other.person)

    world.match(world.deliver())

    logged = {event.log_id: event for event in events("alert.matched")}
    assert set(logged) == {cast.agency.log_id, cast.other_agency.log_id}
    ours = logged[cast.agency.log_id]
    assert ours.behalf == cast.investigator.person.id
    assert str(cast.other.pk) not in str(ours.fields)


def test_match_event_says_all(world: World, cast: Cast) -> None:  # ALT-8
    entry = alert_on(cast.investigator.person)
    batch_id = world.deliver()

    world.match(batch_id)

    (event,) = events("alert.matched")
    match = Match.objects.get()
    assert event.actor == "system:alerts.match_batch"
    assert event.aor == cast.investigator.person.aor
    assert event.outcome == "ok"
    expected = {
        "list": str(entry.alert_list_id),
        "entry": str(entry.pk),
        "plate": "ABC123",
        "plate_raw": "ABC 123",
        "state": "US-PA",
        "reason": "criminal",
        "note": "Case 2026-17, subject Q",
        "scope": "own",
        "recipients": [cast.investigator.person.id],
        "match": str(match.pk),
        "read": str(match.read_id),
        "camera": "DE-TOLL-014",
        "source": "de-toll",
        "batch": str(batch_id),
    }
    assert expected.items() <= event.fields.items()


def test_batch_of_many_reads_makes_one_match_each(world: World, cast: Cast) -> None:
    alert_on(cast.investigator.person)
    alert_on(cast.colleague.person)
    matched = world.match(world.deliver(times=7))
    assert matched is not None
    assert (matched.reads, matched.matches) == (7, 14)
    assert len(events("alert.matched")) == 14


def test_worker_is_told_of_each_mail_after_the_commit(world: World, cast: Cast) -> None:
    alert_on(cast.investigator.person)
    batch_id = world.deliver()
    world.match(batch_id)
    notification = Notification.objects.get()
    assert world.told == [
        (queue.MATCH_BATCH, str(batch_id)),
        (queue.SEND_NOTIFICATION, str(notification.pk)),
    ]


def test_task_run_twice_matches_once(world: World, cast: Cast) -> None:
    alert_on(cast.investigator.person)
    batch_id = world.deliver()
    assert world.match(batch_id) is not None
    assert world.match(batch_id) is None
    assert Match.objects.count() == Notification.objects.count() == 1
    assert len(events("alert.matched")) == 1


def test_redelivered_read_matches_once(world: World, cast: Cast) -> None:
    """The same read in a batch of its own again, as after a restored back-up (ING-4)."""
    alert_on(cast.investigator.person)
    batch_id = world.deliver(at=NOW - timedelta(minutes=1))
    with world.as_role("lpr_worker"):
        waiting = OutboxEntry.objects.get(pk=batch_id)
    world.match(batch_id)
    with world.as_role("lpr_owner"):
        waiting.save(force_insert=True)
    matched = world.match(batch_id)
    assert matched is not None
    assert (matched.reads, matched.matches) == (1, 0)
    assert Match.objects.count() == Notification.objects.count() == 1
    assert len(events("alert.matched")) == 1


def test_two_workers_at_once_match_once(world: World, cast: Cast) -> None:
    alert_on(cast.investigator.person)
    batch_id = world.deliver(times=20)
    barrier, results = threading.Barrier(4), []

    def work() -> None:
        try:
            barrier.wait()
            results.append(world.match(batch_id))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(results) == 4
    assert sum(result is not None for result in results) == 1
    assert Match.objects.count() == Notification.objects.count() == 20
    assert len(events("alert.matched")) == 20


def test_failed_audit_undoes_the_match(
    world: World, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:  # AUD-3
    alert_on(cast.investigator.person)
    batch_id = world.deliver()

    def refuse(**_: object) -> None:
        raise AuditUnavailable

    with monkeypatch.context() as broken:
        broken.setattr("alerts.services.matching.record", refuse)
        with pytest.raises(AuditUnavailable):
            world.match(batch_id)
    assert Match.objects.count() == Notification.objects.count() == 0

    matched = world.match(batch_id)
    assert matched is not None
    assert matched.matches == 1


class TestWaitingTogether:
    """Single pushes come faster than a task for each: one matches all that wait."""

    def test_task_matches_whatever_waits(self, world: World, cast: Cast) -> None:
        alert_on(cast.investigator.person)
        batches = [world.deliver(), world.deliver(), world.deliver("OTHER1")]
        matched = world.worker(match_waiting, first=batches[1], now=NOW)
        assert (matched.batches, matched.reads, matched.matches) == (3, 3, 2)
        logged = [event.fields["batch"] for event in events("alert.matched")]
        assert logged == [str(batch) for batch in batches[:2]]

    def test_batch_whose_turn_it_was_may_be_gone(self, world: World, cast: Cast) -> None:
        alert_on(cast.investigator.person)
        first, second = world.deliver(), world.deliver()
        world.match(first)
        matched = world.worker(match_waiting, first=first, now=NOW)
        assert matched.batches == 1
        assert world.worker(match_waiting, first=second, now=NOW) is None

    def test_tasks_at_once_match_each_batch_once(self, world: World, cast: Cast) -> None:
        alert_on(cast.investigator.person)
        batches = [world.deliver() for _ in range(12)]
        results: list[Matched | None] = []

        def work(first: UUID) -> None:
            try:
                results.append(world.worker(match_waiting, first=first, now=NOW))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=work, args=[first]) for first in batches[::3]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(results) == len(threads)
        assert sum(result.batches for result in results if result) == 12
        assert Match.objects.count() == len(events("alert.matched")) == 12

    def test_more_than_one_task_holds_sends_another(
        self, world: World, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("alerts.rules.MATCHED_TOGETHER", 2)
        batches = [world.deliver("OTHER1") for _ in range(3)]
        world.told.clear()
        world.worker(match_waiting, first=batches[0], now=NOW)
        assert [task for task, _ in world.told] == [queue.MATCH_BATCH]

    def test_while_a_task_waits_no_other_is_sent(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.undo()  # the real note, in the tests' own broker
        told: list[str] = []
        monkeypatch.setattr(queue, "_tell", lambda task, *_: told.append(task))
        queue.matching_begins()
        for _ in range(3):
            world.deliver("OTHER1")
        assert told == [queue.MATCH_BATCH]
        queue.matching_begins()
        world.deliver("OTHER1")
        assert told == [queue.MATCH_BATCH] * 2


class TestSweep:
    """What the worker was never told of is found (ING-8)."""

    def test_matches_and_sends_what_was_missed(
        self, world: World, cast: Cast, mailoutbox: list[object]
    ) -> None:
        alert_on(cast.investigator.person)
        world.deliver()
        swept = world.worker(sweep, now=NOW + timedelta(seconds=6))
        assert (swept.batches, swept.tried) == (1, 1)
        assert len(mailoutbox) == 1

    def test_leaves_fresh_batches_to_the_worker(self, world: World, cast: Cast) -> None:
        alert_on(cast.investigator.person)
        world.deliver()
        swept = world.worker(sweep, now=NOW + timedelta(seconds=4))
        assert swept.batches == 0

    def test_twice_does_nothing_more(
        self, world: World, cast: Cast, mailoutbox: list[object]
    ) -> None:
        alert_on(cast.investigator.person)
        world.deliver()
        for _ in range(2):
            world.worker(sweep, now=NOW + timedelta(seconds=6))
        assert len(mailoutbox) == 1

    def test_only_one_at_a_time(self, world: World) -> None:
        with world.as_role("lpr_worker"), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended('alerts.sweep', 0))")
            results = []

            def work() -> None:
                try:
                    results.append(world.worker(sweep, now=NOW))
                finally:
                    connections.close_all()

            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        assert results == [None]
        assert world.worker(sweep, now=NOW) is not None

    def test_a_batch_that_fails_does_not_stop_the_rest(
        self,
        world: World,
        cast: Cast,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        alert_on(cast.investigator.person)
        first, second = world.deliver(), world.deliver(now=NOW + timedelta(seconds=1))

        def fail_first(**arguments: object) -> object:
            if arguments["batch_id"] == first:
                raise ValueError("a poisoned batch")
            return match_batch(**arguments)  # type: ignore[arg-type]

        monkeypatch.setattr("alerts.services.sweeping.match_batch", fail_first)
        swept = world.worker(sweep, now=NOW + timedelta(seconds=10))
        assert swept.batches == 1
        assert str(first) in caplog.text
        with world.as_role("lpr_worker"):
            assert OutboxEntry.objects.get().pk == first
        assert str(second) not in caplog.text

    def test_a_mail_that_fails_does_not_stop_the_rest(
        self,
        world: World,
        cast: Cast,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        mailoutbox: list[object],
    ) -> None:
        alert_on(cast.investigator.person)
        world.match(world.deliver(times=2))
        poisoned: list[str] = []

        def fail_first(notification: Notification, place: Place | None) -> object:
            if not poisoned:
                poisoned.append(str(notification.pk))
                raise ValueError("a poisoned mail")
            return compose(notification, place)

        monkeypatch.setattr("alerts.services.notification.mail.compose", fail_first)
        assert world.worker(sweep, now=NOW).tried == 1
        assert len(mailoutbox) == 1
        assert poisoned[0] in caplog.text
        world.worker(sweep, now=NOW + CLAIM_LASTS + timedelta(seconds=1))
        assert len(mailoutbox) == 2
