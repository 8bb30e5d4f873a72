"""Accounts nobody uses, and what people are told in time (ACC-8, ACC-15)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Notice, User
from accounts.roles import Role
from accounts.services import dormancy, reminders
from accounts.services.dormancy import Swept, suspend_unused
from accounts.services.notices import Delivery, send_notice
from accounts.services.people import lock_person, reinstate_user
from accounts.services.reminders import (
    remind_of_certifications,
    remind_of_training,
    send_gap_lists,
)
from accounts.services.training import create_course
from accounts.tasks import remind_of_training as training_task
from accounts.tasks import suspend_unused as unused_task
from audit.actors import system
from audit.kinds import Kind
from tests.audited import broken_log, recorded
from tests.cast import NOW, Cast, make_user, train
from tests.harness.database import AsRole

Job = Callable[..., Any]
DAY = timedelta(days=1)
SETUP = system("tests")


def used(user: User, at: datetime) -> None:
    User.objects.filter(pk=user.pk).update(last_login=at)


def all_used(cast: Cast, at: datetime) -> None:
    User.objects.update(last_login=at)


@pytest.fixture
def job(as_role: AsRole) -> Job:
    """Runs something with the rights of the worker's database role."""

    def run(act: Any, *args: object, **named: object) -> Any:
        with as_role("lpr_worker"):
            return act(*args, **named)

    return run


def is_open(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_active


def owed(kind: str) -> list[str]:
    return list(Notice.objects.filter(kind=kind).values_list("recipient", flat=True))


# --- unused accounts ------------------------------------------------------------------------------


def test_told_after_76_days_suspended_after_90_and_nothing_twice(cast: Cast, job: Job) -> None:
    all_used(cast, NOW + 200 * DAY)
    used(cast.investigator, NOW)
    assert job(suspend_unused, now=NOW + 75 * DAY) == Swept()
    assert job(suspend_unused, now=NOW + 76 * DAY) == Swept(told=1)
    assert job(suspend_unused, now=NOW + 77 * DAY) == Swept()
    assert job(suspend_unused, now=NOW + 90 * DAY - timedelta(seconds=1)) == Swept()
    with recorded() as events:
        assert job(suspend_unused, now=NOW + 90 * DAY) == Swept(suspended=1)
    assert [event.kind for event in events] == [Kind.ADMIN_CHANGED, Kind.SYSTEM_MAINTAINED]
    assert events[0].fields["object"] == f"user:{cast.investigator.pk}"
    assert events[0].log_id == cast.agency.log_id
    assert not is_open(cast.investigator)
    assert job(suspend_unused, now=NOW + 91 * DAY) == Swept()
    assert owed("account_unused") == ["investigator@example.test"]
    assert owed("account_suspended_unused") == ["investigator@example.test"]


def test_after_an_outage_what_is_due_is_done(cast: Cast, job: Job) -> None:
    all_used(cast, NOW + 200 * DAY)
    used(cast.investigator, NOW)
    assert job(suspend_unused, now=NOW + 150 * DAY) == Swept(suspended=1)


def test_new_accounts_count_from_creation_and_reinstated_ones_from_then(
    cast: Cast, job: Job
) -> None:
    all_used(cast, NOW + 200 * DAY)
    User.objects.filter(pk=cast.colleague.pk).update(last_login=None)
    assert job(suspend_unused, now=NOW + 90 * DAY) == Swept(suspended=1)
    reopened = NOW + 95 * DAY
    reinstate_user(actor=SETUP, user=cast.colleague, reason="back from leave", now=reopened)
    assert job(suspend_unused, now=reopened + 60 * DAY) == Swept()
    assert job(suspend_unused, now=reopened + 76 * DAY) == Swept(told=1)
    assert job(suspend_unused, now=reopened + 90 * DAY) == Swept(suspended=1)


def test_the_vendors_last_account_stays(cast: Cast, job: Job) -> None:
    all_used(cast, NOW + 200 * DAY)
    second = make_user("vendor2", "Victor Lane", [Role.VENDOR_ADMINISTRATOR])
    used(cast.vendor, NOW)
    used(second, NOW)
    assert job(suspend_unused, now=NOW + 90 * DAY) == Swept(suspended=1)
    assert is_open(cast.vendor) != is_open(second)


def test_who_logs_on_while_the_job_runs_stays(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    all_used(cast, NOW + 200 * DAY)
    used(cast.investigator, NOW)
    lock = lock_person

    def log_on_first(user: User) -> User:
        used(user, NOW + 90 * DAY)
        return lock(user)

    monkeypatch.setattr(dormancy, "lock_person", log_on_first)
    assert suspend_unused(now=NOW + 90 * DAY) == Swept()
    assert is_open(cast.investigator)


def test_one_that_fails_keeps_no_other_open(
    cast: Cast, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_used(cast, NOW + 200 * DAY)
    used(cast.investigator, NOW)
    used(cast.colleague, NOW)
    lock = lock_person

    def fail_for_one(user: User) -> User:
        if user.pk == cast.investigator.pk:
            raise RuntimeError("on purpose")
        return lock(user)

    monkeypatch.setattr(dormancy, "lock_person", fail_for_one)
    with recorded() as events:
        assert job(suspend_unused, now=NOW + 90 * DAY) == Swept(suspended=1, failed=1)
    assert events[-1].fields["failed"] == 1
    assert (is_open(cast.investigator), is_open(cast.colleague)) == (True, False)


def test_nobody_is_suspended_without_a_record(cast: Cast, job: Job) -> None:
    all_used(cast, NOW + 200 * DAY)
    used(cast.investigator, NOW)
    with broken_log(), pytest.raises(Exception, match="audit log cannot be written"):
        job(suspend_unused, now=NOW + 90 * DAY)
    assert is_open(cast.investigator)
    assert owed("account_suspended_unused") == []


def test_the_worker_may_do_all_of_it_and_its_mails_go_out(
    committed_db: None, cast: Cast, as_role: AsRole, mailoutbox: list[object]
) -> None:
    all_used(cast, NOW + 200 * DAY)
    used(cast.investigator, NOW)
    used(cast.supervisor, NOW + 10 * DAY)
    late = NOW + 90 * DAY
    create_course(
        actor=SETUP, agency=cast.agency, code="Y", title="Yearly", covers=["system_use"],
        validity_months=12, is_required=True, reason="x", now=NOW,
    )  # fmt: skip
    train(cast.supervisor, course="Y", on=date(2025, 6, 5))
    with as_role("lpr_worker"):
        assert suspend_unused(now=late) == Swept(told=1, suspended=1)
        assert remind_of_training(now=late) == 1
        assert send_gap_lists(now=late) == 1
        assert remind_of_certifications(now=NOW + 360 * DAY) == 1
        for notice in Notice.objects.order_by("created_at", "id"):
            at = notice.created_at
            assert send_notice(notice_id=notice.pk, now=at) is Delivery.SENT, notice.kind
    assert {mail.subject for mail in mailoutbox} == {  # type: ignore[attr-defined]
        "Your account was suspended",
        "Your account will be suspended unless you use it",
        "Your training for the license plate service runs out",
        "Gaps in the training of your people",
        "The list of your people is to be certified",
    }


def test_the_tasks_run(cast: Cast) -> None:
    unused_task()
    training_task()


# --- reminders ------------------------------------------------------------------------------------


def test_training_is_due_in_30_7_and_0_days_told_once_each(cast: Cast, job: Job) -> None:
    create_course(
        actor=SETUP, agency=cast.agency, code="Y", title="Yearly", covers=["system_use"],
        validity_months=12, is_required=True, reason="x", now=NOW,
    )  # fmt: skip
    train(cast.investigator, course="Y", on=date(2025, 5, 1))
    noon = datetime.fromisoformat("2026-05-01T16:00:00+00:00")
    told = [
        job(remind_of_training, now=noon - days * DAY)
        for days in (31, 30, 30, 29, 8, 7, 6, 1, 0, 0)
    ]  # fmt: skip
    assert told == [0, 1, 0, 0, 0, 1, 0, 0, 1, 0]
    assert owed("training_due") == ["investigator@example.test"] * 3


def test_one_mail_for_several_courses_and_one_after_an_outage(cast: Cast, job: Job) -> None:
    for code in ("A", "B"):
        create_course(
            actor=SETUP, agency=cast.agency, code=code, title=code, covers=["system_use"],
            validity_months=12, is_required=True, reason="x", now=NOW,
        )  # fmt: skip
        train(cast.investigator, course=code, on=date(2025, 3, 1))
    assert job(remind_of_training, now=NOW) == 1
    assert job(remind_of_training, now=NOW + 40 * DAY) == 0


def test_managers_get_the_gaps_once_a_month(cast: Cast, job: Job) -> None:
    assert job(send_gap_lists, now=NOW) == 0
    make_user(
        "untrained", "Uma Todd", [Role.INVESTIGATOR],
        component=cast.ero, aor=cast.new_york, is_trained=False,
    )  # fmt: skip
    assert [job(send_gap_lists, now=NOW + days * DAY) for days in (0, 1, 29, 30, 31)] == [
        1,
        0,
        0,
        1,
        0,
    ]
    assert set(owed("training_gaps")) == {"manager@example.test"}


def test_managers_are_told_of_certifications_due_and_overdue(cast: Cast, job: Job) -> None:
    told = [
        job(remind_of_certifications, now=NOW + days * DAY) for days in (300, 340, 341, 366, 367)
    ]
    assert told == [0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    "kind",
    ["training_due", "training_gaps", "account_unused", "account_suspended_unused",
     "certification_due"],
)  # fmt: skip
def test_a_mail_that_is_no_longer_true_is_dropped(cast: Cast, job: Job, kind: str) -> None:
    all_used(cast, NOW)
    notice = Notice.objects.create(
        kind=kind,
        recipient="x@example.test",
        about=f"user:{cast.manager.pk}",
        log_id=cast.agency.log_id,
        created_at=NOW,
        due_at=NOW,
    )
    assert job(send_notice, notice_id=notice.pk, now=NOW) is Delivery.DROPPED


def test_remembering_twice_is_once(cast: Cast, job: Job) -> None:
    assert job(reminders.remember, cast.investigator, "x", now=NOW)
    assert not job(reminders.remember, cast.investigator, "x", now=NOW)
