"""Each recipient is told of each match once, whatever breaks on the way (ALT-5, ALT-8, ING-8)."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from celery import Celery, current_app
from django.db import connections

from accounts.services.people import suspend_user
from accounts.services.training import create_course
from alerts import mail, rules, tasks
from alerts.models import Notification, NotificationStatus
from alerts.services import queue
from alerts.services.entries import remove_entries
from alerts.services.notification import Delivery
from alerts.services.sweeping import sweep
from audit.actors import system
from tests.alerts.world import NOW, World, alert_on, events, make_world
from tests.cast import Cast
from tests.harness.mail import Inbox


@pytest.fixture
def waiting(world: World, cast: Cast, smtp_server: Inbox) -> UUID:
    """A notification to the investigator that waits to be sent."""
    alert_on(cast.investigator.person)
    world.match(world.deliver(at=NOW - timedelta(minutes=2)))
    return Notification.objects.get().pk


def row(pk: UUID) -> Notification:
    return Notification.objects.get(pk=pk)


def refuse_recipient(inbox: Inbox, answer: str) -> None:
    async def refuse(*_: Any) -> str:
        return answer

    inbox.handle_RCPT = refuse  # type: ignore[attr-defined]


def test_mail_says_what_and_where(
    world: World, cast: Cast, smtp_server: Inbox, waiting: UUID
) -> None:
    assert world.send(waiting) is Delivery.SENT

    (message,) = smtp_server.messages
    match = row(waiting).match
    assert message["X-Envelope-To"] == cast.investigator.email
    assert "ABC" not in message["Subject"]
    for subtype in ("plain", "html"):
        part = message.get_body((subtype,))
        assert part is not None
        text = " ".join(part.get_content().split())
        for said in (
            "ABC 123",
            "Pennsylvania",
            "Criminal investigation",
            "Delaware toll road camera",
            "I-95 northbound, mile 6",
            "39.68012, -75.65034",
            "Mar 2, 2026, 09:58:00 EST",
            "Mar 2, 2026, 14:58:00 UTC",
            f"http://127.0.0.1:8000/alerts/matches/{match.pk}/",
            "No enforcement action may rest on this match alone",
            "corroborate by another source",
        ):
            assert said in text, (subtype, said)
        # Why the plate is watched is for behind the log-on.
        assert "subject Q" not in text


def test_sent_is_recorded(world: World, cast: Cast, waiting: UUID) -> None:  # ALT-8
    world.send(waiting)
    (event,) = events("alert.notified")
    assert event.log_id == cast.agency.log_id
    assert event.plate == "ABC123"
    assert event.fields["recipient"] == cast.investigator.person.id
    assert event.fields["attempt"] == 1
    assert row(waiting).status == NotificationStatus.SENT
    assert row(waiting).sent_at == NOW


def test_task_twice_sends_once(world: World, smtp_server: Inbox, waiting: UUID) -> None:
    assert world.send(waiting) is Delivery.SENT
    assert world.send(waiting) is Delivery.NOT_CLAIMED
    assert len(smtp_server.messages) == len(events("alert.notified")) == 1


def test_two_workers_at_once_send_once(world: World, smtp_server: Inbox, waiting: UUID) -> None:
    barrier, results = threading.Barrier(4), []

    def work() -> None:
        try:
            barrier.wait()
            results.append(world.send(waiting))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [Delivery.NOT_CLAIMED] * 3 + [Delivery.SENT]
    assert len(smtp_server.messages) == len(events("alert.notified")) == 1


def test_refused_recipient_is_final_and_recorded(
    world: World, smtp_server: Inbox, waiting: UUID
) -> None:
    refuse_recipient(smtp_server, "550 5.1.1 no such user")
    assert world.send(waiting) is Delivery.FAILED
    assert world.send(waiting, NOW + timedelta(days=1)) is Delivery.NOT_CLAIMED
    assert row(waiting).status == NotificationStatus.FAILED
    (event,) = events("alert.notify_failed")
    assert (event.outcome, event.fields["outcome_code"]) == ("failed", "refused")
    assert event.fields["error"] == "550 5.1.1 no such user"


def test_refused_message_is_final(world: World, smtp_server: Inbox, waiting: UUID) -> None:
    smtp_server.refuse_with = "554 5.7.1 not taken"
    assert world.send(waiting) is Delivery.FAILED
    assert len(events("alert.notify_failed")) == 1


@pytest.mark.parametrize("stage", ["recipient", "message"])
def test_passing_refusal_is_tried_again(
    world: World, smtp_server: Inbox, waiting: UUID, stage: str
) -> None:
    if stage == "recipient":
        refuse_recipient(smtp_server, "451 4.7.1 greylisted")
    else:
        smtp_server.refuse_with = "451 4.3.0 later"
    assert world.send(waiting) is Delivery.POSTPONED
    assert row(waiting).due_at == NOW + rules.RETRY_STEPS[0]
    assert row(waiting).last_error.startswith("451")
    assert events("alert.notify_failed") == []

    # Not before its time, then once.
    assert world.send(waiting, NOW + timedelta(seconds=1)) is Delivery.NOT_CLAIMED
    smtp_server.refuse_with = None
    smtp_server.__dict__.pop("handle_RCPT", None)
    assert world.send(waiting, NOW + timedelta(seconds=10)) is Delivery.SENT
    assert events("alert.notified")[0].fields["attempt"] == 2


def test_server_away_is_tried_until_the_time_is_up(
    world: World, settings: Any, waiting: UUID
) -> None:
    settings.EMAIL_PORT = 1
    assert world.send(waiting) is Delivery.SERVER_AWAY
    late = NOW + rules.GIVE_UP_AFTER - timedelta(seconds=1)
    assert world.send(waiting, late) is Delivery.SERVER_AWAY
    assert events("alert.notify_failed") == []
    assert world.send(waiting, late + timedelta(hours=1)) is Delivery.FAILED
    (event,) = events("alert.notify_failed")
    assert event.fields["outcome_code"] == "gave_up"


def test_server_away_sweep_sends_when_it_is_back(
    world: World, settings: Any, smtp_server: Inbox, waiting: UUID
) -> None:
    settings.EMAIL_PORT = 1
    assert world.worker(sweep, now=NOW).tried == 1
    settings.EMAIL_PORT = smtp_server.port
    assert world.worker(sweep, now=NOW + timedelta(minutes=1)).tried == 1
    assert len(smtp_server.messages) == 1


def test_worker_that_died_after_the_claim_is_made_good(
    world: World, smtp_server: Inbox, waiting: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr("alerts.mail.hand_over", die)
        with pytest.raises(Killed):
            world.send(waiting)
    assert row(waiting).status == NotificationStatus.SENDING

    before = NOW + rules.CLAIM_LASTS - timedelta(seconds=1)
    assert world.worker(sweep, now=before).released == 0
    assert world.worker(sweep, now=NOW + rules.CLAIM_LASTS + timedelta(seconds=1)).tried == 1
    assert len(smtp_server.messages) == len(events("alert.notified")) == 1


def test_died_between_hand_over_and_commit_repeats_recognisably(
    world: World, smtp_server: Inbox, waiting: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one gap there is: the repeat carries the same Message-ID."""

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr("alerts.services.notification._sent", die)
        with pytest.raises(Killed):
            world.send(waiting)
    world.worker(sweep, now=NOW + rules.CLAIM_LASTS + timedelta(seconds=1))

    first, second = smtp_server.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert str(waiting) in first["Message-ID"]
    assert len(events("alert.notified")) == 1


def test_slow_worker_cannot_end_anothers_claim(
    world: World, waiting: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first worker comes back with a failure when the second has sent the mail."""
    real, later = mail.hand_over, NOW + rules.CLAIM_LASTS + timedelta(seconds=1)

    def slow(_: object) -> None:
        monkeypatch.setattr(mail, "hand_over", real)
        world_sweep = sweep(now=later)
        assert world_sweep is not None
        assert world_sweep.released == 1
        raise mail.MailRefusedError("550 too late")

    monkeypatch.setattr(mail, "hand_over", slow)
    world.send(waiting)
    assert row(waiting).status == NotificationStatus.SENT
    assert events("alert.notify_failed") == []


def test_suspended_owner_is_not_told(
    world: World, cast: Cast, smtp_server: Inbox, waiting: UUID
) -> None:
    suspend_user(actor=system("tests"), user=cast.investigator, reason="left", now=NOW)
    assert world.send(waiting) is Delivery.FAILED
    assert smtp_server.messages == []
    (event,) = events("alert.notify_failed")
    assert event.fields["outcome_code"] == "recipient_lost_access"


def test_owner_whose_training_lapsed_is_not_told(
    world: World, cast: Cast, smtp_server: Inbox, waiting: UUID
) -> None:  # ACC-8
    create_course(
        actor=system("tests"),
        agency=cast.agency,
        code="YEARLY",
        title="Yearly refresher",
        covers=["privacy_security"],
        validity_months=12,
        is_required=True,
        reason="tests",
        now=NOW,
    )
    assert world.send(waiting) is Delivery.FAILED
    assert smtp_server.messages == []
    (event,) = events("alert.notify_failed")
    assert event.fields["outcome_code"] == "training_missing"
    assert "Yearly refresher" in str(event.fields["error"])


def test_removed_alert_is_not_told(
    world: World, cast: Cast, smtp_server: Inbox, waiting: UUID
) -> None:
    entry = row(waiting).match.entry
    remove_entries(person=cast.investigator.person, pks=[entry.pk], reason="closed", now=NOW)
    assert world.send(waiting) is Delivery.NOT_CLAIMED
    assert smtp_server.messages == []


@pytest.mark.parametrize("note", ["note left", "note refused"])
def test_broker_away_leaves_it_to_the_sweep(
    world: World,
    cast: Cast,
    settings: Any,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    note: str,
) -> None:
    """The receiver with a dead broker: a warning, and the sweep does the work."""
    monkeypatch.undo()  # the real queue
    if note == "note left":
        monkeypatch.setattr(queue, "_leave_note", lambda: True)
    dead = Celery("dead", set_as_current=False)
    dead.config_from_object("django.conf:settings", namespace="CELERY")
    dead.conf.broker_url = settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(queue, "current_app", dead)
    queue._store.cache_clear()
    request.addfinalizer(queue._store.cache_clear)
    alert_on(cast.investigator.person)

    batch_id = world.deliver()

    assert f"left to the sweep: {queue.MATCH_BATCH} {batch_id}" in caplog.text
    assert world.worker(sweep, now=NOW + timedelta(seconds=6)).batches == 1


def test_real_worker_mails_seconds_after_the_read(
    cast: Cast, as_role: Any, running_worker: Any, smtp_server: Inbox
) -> None:
    """Through the real broker and worker process: read stored, mail in the server's hands."""
    now = datetime.now(UTC)
    world = make_world(as_role)
    alert_on(cast.investigator.person, now=now)
    world.deliver(now=now)
    (message,) = smtp_server.wait_for(1, seconds=10)
    assert message["X-Envelope-To"] == cast.investigator.email


def test_tasks_have_the_names_they_are_told_by() -> None:
    assert tasks.match_batch.name == queue.MATCH_BATCH
    assert tasks.send_notification.name == queue.SEND_NOTIFICATION
    assert {queue.MATCH_BATCH, queue.SEND_NOTIFICATION, tasks.sweep.name} <= set(current_app.tasks)
