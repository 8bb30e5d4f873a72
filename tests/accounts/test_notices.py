"""Mails owed by a change go out once, after it, and never without it (ACC-4, ACC-10)."""

import threading
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.db import connections, transaction
from django.test import override_settings
from kombu.exceptions import OperationalError
from pytest_django import Settings

from accounts import notices
from accounts.models import Notice, NoticeStatus, User
from accounts.notices import Letter, notice_kind, subject_of
from accounts.services import notices as service
from accounts.services.notices import Delivery, queue_notice
from audit.actors import VENDOR_LOG_ID
from audit.kinds import Kind
from audit.models import Event
from lprsvc.lib.alone import only_one
from lprsvc.lib.mailing import CLAIM_LASTS, GIVE_UP_AFTER
from tests.cast import Cast
from tests.harness.database import AsRole
from tests.harness.mail import Inbox

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
_SENDING_KINDS = (Kind.NOTICE_SENT, Kind.NOTICE_DROPPED, Kind.NOTICE_FAILED)


class Greeting:
    """A mail with a secret that is new at each try; what its composer does may be changed."""

    def __init__(self) -> None:
        self.composed: list[str] = []
        self.needed = True
        self.error: Exception | None = None

    def __call__(self, notice: Notice, now: datetime) -> Letter | None:
        user = User.objects.get(pk=subject_of(notice))
        if self.error:
            raise self.error
        if not self.needed:
            return None
        self.composed.append(f"secret-{len(self.composed) + 1}")
        return Letter({"name": user.full_name, "secret": self.composed[-1]}, holds_secret=True)


@dataclass
class Worker:
    """The service with the rights of the worker's database role."""

    as_role: AsRole

    def send(self, notice: Notice, now: datetime = NOW) -> Delivery:
        with self.as_role("lpr_worker"):
            return service.send_notice(notice_id=notice.pk, now=now)

    def sweep(self, now: datetime = NOW) -> int | None:
        with self.as_role("lpr_worker"):
            return service.sweep_notices(now=now)


@pytest.fixture
def worker(as_role: AsRole) -> Worker:
    return Worker(as_role)


@pytest.fixture
def greeting(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Greeting]:
    """A kind of mail of the tests alone, and no broker."""
    monkeypatch.setattr(service, "_tell", lambda notice_id: None)
    monkeypatch.setattr(notices, "_KINDS", dict(notices._KINDS))
    compose = Greeting()
    notice_kind("greeting", why="You get this because you are greeted.", sample={})(compose)
    templates = deepcopy(django_settings.TEMPLATES)
    templates[0]["DIRS"] = [*templates[0]["DIRS"], Path(__file__).parent / "templates"]
    with override_settings(TEMPLATES=templates):
        yield compose


def owe(user: User) -> Notice:
    with transaction.atomic():
        return queue_notice(
            kind="greeting",
            recipient=user.email,
            about=f"user:{user.pk}",
            log_id=user.agency.log_id if user.agency else VENDOR_LOG_ID,
            now=NOW,
        )


def events() -> list[Event]:
    return list(Event.objects.filter(kind__in=_SENDING_KINDS).order_by("id"))


def body(message: Any, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return " ".join(part.get_content().split())


def test_mail_says_it_in_text_and_html_and_is_recorded(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox
) -> None:
    notice = owe(cast.investigator)

    assert worker.send(notice) is Delivery.SENT

    (message,) = smtp_server.messages
    assert message["X-Envelope-To"] == cast.investigator.email
    assert message["Subject"] == "Greetings to Alice Moreno"
    for subtype in ("plain", "html"):
        text = body(message, subtype)
        assert "Hello Alice Moreno: secret-1" in text
        assert "You get this because you are greeted." in text
        assert "never ask for your password" in text
    notice.refresh_from_db()
    assert (notice.status, notice.ended_at, notice.last_error) == (NoticeStatus.SENT, NOW, "")
    (event,) = events()
    assert (event.kind, event.log_id, event.actor) == (
        Kind.NOTICE_SENT,
        cast.agency.log_id,
        "system:accounts.send_notice",
    )
    assert event.fields["address"] == cast.investigator.email
    assert event.fields["about"] == f"user:{cast.investigator.pk}"
    assert "secret" not in str(event.fields)


def test_second_try_of_a_sent_mail_does_nothing(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox
) -> None:
    notice = owe(cast.investigator)
    worker.send(notice)

    assert worker.send(notice) is Delivery.NOT_CLAIMED
    assert len(smtp_server.messages) == len(events()) == 1


def test_no_secret_is_kept(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox
) -> None:
    notice = owe(cast.investigator)
    worker.send(notice)
    assert greeting.composed == ["secret-1"]
    assert "secret-1" not in str(Notice.objects.filter(pk=notice.pk).values().get())


def test_change_that_fails_owes_nothing(cast: Cast, greeting: Greeting) -> None:
    with pytest.raises(RuntimeError, match="on purpose"), transaction.atomic():
        owe(cast.investigator)
        raise RuntimeError("on purpose")
    assert not Notice.objects.exists()


def test_mail_that_nobody_composes_cannot_be_owed(cast: Cast) -> None:
    with pytest.raises(KeyError, match="no mail is called 'nonsense'"), transaction.atomic():
        queue_notice(
            kind="nonsense", recipient="a@b.test", about="x:1", log_id=cast.agency.log_id, now=NOW
        )


def test_mail_no_longer_needed_is_dropped(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox
) -> None:
    notice = owe(cast.investigator)
    greeting.needed = False

    assert worker.send(notice) is Delivery.DROPPED

    assert smtp_server.messages == []
    assert [event.kind for event in events()] == [Kind.NOTICE_DROPPED]
    assert worker.send(notice, NOW + timedelta(days=1)) is Delivery.NOT_CLAIMED


def test_passing_refusal_is_tried_again_with_a_new_secret_and_message_id(
    cast: Cast,
    greeting: Greeting,
    worker: Worker,
    smtp_server: Inbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notice = owe(cast.investigator)
    smtp_server.refuse_with = "451 later"
    assert worker.send(notice) is Delivery.POSTPONED
    assert events() == []
    smtp_server.refuse_with = None

    assert worker.send(notice) is Delivery.NOT_CLAIMED  # not due yet
    later = NOW + timedelta(seconds=10)
    assert worker.send(notice, later) is Delivery.SENT

    (message,) = smtp_server.messages
    assert "secret-2" in body(message, "plain")
    assert message["Message-ID"].startswith(f"<notice.{notice.pk}.2@")


def test_permanent_refusal_ends_it(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox
) -> None:
    notice = owe(cast.investigator)
    smtp_server.refuse_with = "554 never"

    assert worker.send(notice) is Delivery.FAILED

    (event,) = events()
    assert (event.kind, event.outcome, event.fields["outcome_code"]) == (
        Kind.NOTICE_FAILED,
        "failed",
        "refused",
    )
    assert "554 never" in event.fields["error"]


def test_given_up_after_days(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox
) -> None:
    notice = owe(cast.investigator)
    smtp_server.refuse_with = "451 later"

    assert worker.send(notice, NOW + GIVE_UP_AFTER) is Delivery.FAILED
    assert [event.fields["outcome_code"] for event in events()] == ["gave_up"]


def test_composer_that_breaks_postpones_its_own_mail_alone(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox
) -> None:
    broken, sound = owe(cast.investigator), owe(cast.colleague)
    greeting.error = ValueError("on purpose: secret-9")

    assert worker.send(broken) is Delivery.POSTPONED

    greeting.error = None
    assert worker.send(sound) is Delivery.SENT
    broken.refresh_from_db()
    # The words of an error may hold what it failed on.
    assert broken.last_error == "ValueError"


def test_sweep_sends_what_was_missed_and_what_a_dead_worker_had(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox
) -> None:
    missed, claimed = owe(cast.investigator), owe(cast.colleague)
    with worker.as_role("lpr_worker"):
        Notice.objects.filter(pk=claimed.pk).update(
            status=NoticeStatus.SENDING, claimed_at=NOW, attempts=1
        )

    assert worker.sweep() == 1
    assert worker.sweep(NOW + CLAIM_LASTS) == 0
    assert worker.sweep(NOW + CLAIM_LASTS + timedelta(seconds=1)) == 1

    missed.refresh_from_db()
    claimed.refresh_from_db()
    assert {missed.status, claimed.status} == {NoticeStatus.SENT}


def test_sweep_stops_when_the_server_is_away(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox, settings: Settings
) -> None:
    owe(cast.investigator)
    owe(cast.colleague)
    settings.EMAIL_PORT = 1

    assert worker.sweep() == 1


def test_of_two_sweeps_at_once_one_works(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox
) -> None:
    owe(cast.investigator)
    answers: list[int | None] = []

    def sweep() -> None:
        answers.append(worker.sweep())
        connections.close_all()

    with only_one("accounts.sweep_notices") as alone:
        assert alone
        other = threading.Thread(target=sweep)
        other.start()
        other.join()
    assert answers == [None]
    assert smtp_server.messages == []
    assert worker.sweep() == 1


def test_sweep_leaves_the_rest_to_the_next_when_its_time_is_up(
    cast: Cast,
    greeting: Greeting,
    worker: Worker,
    smtp_server: Inbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owe(cast.investigator)
    monkeypatch.setattr(service, "_SWEEP_SECONDS", -1)
    assert worker.sweep() == 0
    assert Notice.objects.get().status == NoticeStatus.WAITING


def test_claim_that_ran_out_is_not_ended_by_who_held_it(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox
) -> None:
    """Another's try has begun: what the first finds out afterwards ends nothing, unless sent."""
    notice = owe(cast.investigator)
    greeting.needed = False
    real = service._composed

    def taken_meanwhile(claimed: Notice, now: datetime) -> Any:
        composed = real(claimed, now)
        Notice.objects.filter(pk=claimed.pk).update(attempts=claimed.attempts + 1)
        return composed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "_composed", taken_meanwhile)
        worker.send(notice)
    notice.refresh_from_db()
    assert notice.status == NoticeStatus.SENDING
    assert not Event.objects.filter(kind__in=_SENDING_KINDS).exists()


def test_ended_mails_are_forgotten_after_a_month_and_no_other(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox
) -> None:
    sent, waiting = owe(cast.investigator), owe(cast.colleague)
    worker.send(sent)
    with worker.as_role("lpr_worker"):
        assert service.forget_ended(now=NOW + service.NOTICES_KEPT) == 0
        assert service.forget_ended(now=NOW + service.NOTICES_KEPT + timedelta(seconds=1)) == 1
        assert service.forget_ended(now=NOW + 2 * service.NOTICES_KEPT) == 0
    assert Notice.objects.get() == waiting
    [event] = Event.objects.filter(kind=Kind.SYSTEM_MAINTAINED)
    assert event.fields["forgotten"] == 1


def test_mail_is_owed_within_the_change_that_causes_it(committed_db: None, cast: Cast) -> None:
    with pytest.raises(RuntimeError, match="queue it inside"):
        queue_notice(
            kind="access_refused", recipient="a@example.test", about="x", log_id=VENDOR_LOG_ID,
            now=NOW,
        )  # fmt: skip


def test_broker_that_is_away_leaves_the_mail_to_the_sweep(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(current_app, "send_task", away)
    service._tell(uuid4())
    assert "left to the sweep" in caplog.text


def test_of_two_workers_one_sends(
    cast: Cast, greeting: Greeting, worker: Worker, smtp_server: Inbox
) -> None:
    notice = owe(cast.investigator)
    start, answers = threading.Barrier(2), []

    def work() -> None:
        start.wait()
        answers.append(worker.send(notice))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [Delivery.NOT_CLAIMED, Delivery.SENT]
    assert len(smtp_server.messages) == 1
