"""Five failed log-ons in 15 minutes lock for 10; the agency manager unlocks (ACC-11)."""

import json
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, transaction

from accounts.log_on_rules import FAILURES_KEPT
from accounts.models import FailedLogOns, Notice
from accounts.services import credentials, lockout, sessions
from accounts.services.people import suspend_user
from audit.actors import Origin, system
from audit.kinds import Kind
from audit.models import Event
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from tests.audited import assert_audited, events_of
from tests.cast import NOW, PASSWORD, Cast, client_for, new_client
from tests.harness.database import AsRole

ORIGIN = Origin(ip="192.0.2.9", client="web test")
SECOND = timedelta(seconds=1)


def fail(username: str, at: datetime, cast: Cast | None = None) -> datetime | None:
    """One wrong password, as the log-on does it; until when it locks."""
    attempt = lockout.begin_attempt(username=username, now=at)
    user = cast.investigator if cast and username == "investigator" else None
    sessions.fail_password(attempt, user=user, origin=ORIGIN, now=at)
    row = FailedLogOns.objects.get(pk=lockout.hash_of(username))
    return row.locked_until


def lock(cast: Cast, at: datetime = NOW) -> None:
    """Fail until the investigator is locked out."""
    for number in range(5):
        fail("investigator", at + number * SECOND, cast)


def _try(username: str, password: str = "wrong password here") -> Any:
    return new_client().post("/accounts/login/", {"login": username, "password": password})


# --- when it locks --------------------------------------------------------------------------------


@pytest.mark.parametrize("username", ["investigator", "nobody-at-all"])
def test_fifth_failure_locks_for_ten_minutes(cast: Cast, username: str) -> None:
    for number in range(4):
        assert fail(username, NOW + number * SECOND, cast) is None
    last = NOW + timedelta(minutes=14)
    assert fail(username, last, cast) == last + timedelta(minutes=10)
    with pytest.raises(lockout.AccountLocked):
        lockout.begin_attempt(username=username, now=last + timedelta(minutes=10) - SECOND)
    lockout.begin_attempt(username=username, now=last + timedelta(minutes=10))


def test_failures_older_than_fifteen_minutes_do_not_count(cast: Cast) -> None:
    for number in range(4):
        fail("investigator", NOW + number * SECOND, cast)
    assert fail("investigator", NOW + timedelta(minutes=15), cast) is None
    assert fail("investigator", NOW + timedelta(minutes=15, seconds=2), cast) is None


def test_after_a_lock_counting_begins_anew(cast: Cast) -> None:
    lock(cast)
    later = NOW + timedelta(minutes=10, seconds=10)
    for number in range(4):
        assert not lockout.is_locked(
            FailedLogOns(locked_until=fail("investigator", later + number * SECOND, cast)),
            now=later,
        )


def test_right_password_is_no_failure_and_forgives_none(cast: Cast) -> None:
    for _ in range(4):
        _try("investigator")
    for _ in range(3):
        assert _try("investigator", PASSWORD).status_code == 302
    _try("investigator")
    assert "Too many failed attempts" in _try("investigator", PASSWORD).content.decode()


def test_lock_outlives_the_cache(cast: Cast) -> None:
    for _ in range(5):
        _try("investigator")
    cache.clear()
    assert "Too many failed attempts" in _try("investigator", PASSWORD).content.decode()


def test_lock_is_recorded_once_and_told_once(cast: Cast) -> None:
    lock(cast)
    with pytest.raises(lockout.AccountLocked):
        fail("investigator", NOW + 6 * SECOND, cast)
    [event] = events_of(Kind.SESSION_LOCKED)
    assert event.log_id == cast.agency.log_id
    assert event.actor == cast.investigator.person.id
    assert event.fields["until"] == (NOW + 4 * SECOND + timedelta(minutes=10)).isoformat()
    notice = Notice.objects.get()
    assert (notice.kind, notice.recipient) == ("account_locked", cast.investigator.email)


def test_lock_of_a_name_nobody_has_tells_nobody(cast: Cast) -> None:
    for number in range(5):
        fail("hunter2-typed-here", NOW + number * SECOND)
    assert not Notice.objects.exists()
    assert "hunter2" not in json.dumps([event.fields for event in Event.objects.all()])
    assert not FailedLogOns.objects.filter(name_hash__contains="hunter2").exists()


def test_lock_of_a_suspended_account_is_not_mailed(cast: Cast) -> None:
    suspend_user(actor=system("tests"), user=cast.investigator, reason="tests", now=NOW)
    cast.investigator.refresh_from_db()
    lock(cast)
    assert not Notice.objects.filter(kind="account_locked").exists()


def test_names_are_counted_in_any_case(cast: Cast) -> None:
    assert lockout.hash_of(" InVestigator ") == lockout.hash_of("investigator")
    assert lockout.hash_of("investigator") != lockout.hash_of("investigato")


# --- clocks that move -----------------------------------------------------------------------------


def test_clock_put_back_keeps_a_lock_but_no_longer_than_locks_last(cast: Cast) -> None:
    lock(cast)
    with pytest.raises(lockout.AccountLocked):
        lockout.begin_attempt(username="investigator", now=NOW - timedelta(minutes=4))
    # A lock that a wrong clock set a day ahead is nobody's.
    lockout.begin_attempt(username="investigator", now=NOW - timedelta(days=1))


def test_failures_of_the_future_do_not_count(cast: Cast) -> None:
    for number in range(4):
        fail("investigator", NOW + timedelta(days=1) + number * SECOND, cast)
    assert fail("investigator", NOW, cast) is None


# --- races ----------------------------------------------------------------------------------------


def test_a_hundred_guesses_at_once_are_five(cast: Cast, committed_db: None) -> None:
    begun: list[lockout.Attempt] = []
    gate = Barrier(12)

    def guess() -> None:
        try:
            gate.wait()
            begun.append(lockout.begin_attempt(username="investigator", now=NOW))
        except lockout.AccountLocked:
            pass
        finally:
            connection.close()

    threads = [Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 5
    for attempt in begun:
        with transaction.atomic():
            lockout.count_failure(attempt, user=cast.investigator, origin=ORIGIN, now=NOW)
    assert len(events_of(Kind.SESSION_LOCKED)) == 1


def test_attempt_is_taken_back_once(cast: Cast) -> None:
    one = lockout.begin_attempt(username="investigator", now=NOW)
    other = lockout.begin_attempt(username="investigator", now=NOW)
    lockout.take_back(one)
    lockout.take_back(one)
    lockout.take_back(other)
    assert FailedLogOns.objects.get().failures == []


def test_taking_back_keeps_a_lock(cast: Cast) -> None:
    attempt = lockout.begin_attempt(username="investigator", now=NOW - SECOND)
    for number in range(4):
        fail("investigator", NOW + number * SECOND, cast)
    assert FailedLogOns.objects.get().locked_until is not None
    lockout.take_back(attempt)
    assert lockout.find_lock(cast.investigator, now=NOW + 5 * SECOND) is not None


# --- unlocking ------------------------------------------------------------------------------------


def test_manager_unlocks_with_a_reason(cast: Cast) -> None:
    lock(cast)
    [event] = assert_audited(
        lambda: lockout.unlock_user(
            actor=cast.manager.person,
            user=cast.investigator,
            reason="She called me",
            now=NOW + 5 * SECOND,
        ),
        Kind.ADMIN_CHANGED,
    )
    assert event.fields["reason"] == "She called me"
    assert event.fields["object"] == f"user:{cast.investigator.pk}"
    lockout.begin_attempt(username="investigator", now=NOW + 6 * SECOND)


def test_only_who_manages_the_person_unlocks(cast: Cast) -> None:
    lock(cast)
    for name, member in cast.everybody.items():
        if name in {"manager", "suspended"}:
            continue
        with pytest.raises(PolicyDenied):
            lockout.unlock_user(
                actor=member.person, user=cast.investigator, reason="no", now=NOW + 5 * SECOND
            )
    assert lockout.find_lock(cast.investigator, now=NOW + 5 * SECOND) is not None


@pytest.mark.parametrize("later", [None, timedelta(hours=1)])
def test_nothing_to_unlock_is_said(cast: Cast, later: timedelta | None) -> None:
    if later:
        lock(cast)
    with pytest.raises(InvalidInput):
        lockout.unlock_user(
            actor=cast.manager.person,
            user=cast.investigator,
            reason="why",
            now=NOW + (later or timedelta()),
        )


def test_unlock_page_is_offered_while_locked_and_opens_the_account(cast: Cast) -> None:
    client = client_for(cast.manager)
    page = f"/admin/accounts/user/{cast.investigator.pk}/unlock/"
    person = f"/admin/accounts/user/{cast.investigator.pk}/change/"
    assert page not in client.get(person).content.decode()
    for _ in range(5):
        _try("investigator")
    assert page in client.get(person).content.decode()
    shown = client.get(page).content.decode()
    assert "By itself the lock ends on" in shown
    assert "(America/New_York)" in shown
    assert client.post(page, {"reason": ""}).status_code == 422
    assert client.post(page, {"reason": "She called me"}).status_code == 302
    assert _try("investigator", PASSWORD).status_code == 302
    assert "not locked at present" in client.get(page).content.decode()


def test_locked_people_are_listed_while_locked(cast: Cast) -> None:
    lock(cast)
    for number in range(5):
        fail("nobody-at-all", NOW + number * SECOND)
    assert lockout.list_locked(now=NOW + 5 * SECOND) == [cast.investigator.pk]
    assert lockout.list_locked(now=NOW + timedelta(hours=1)) == []
    assert lockout.find_lock(cast.colleague, now=NOW) is None


# --- what is forgotten ----------------------------------------------------------------------------


def test_old_counters_are_removed_by_the_worker(
    cast: Cast, committed_db: None, as_role: Any
) -> None:
    fail("investigator", NOW, cast)
    fail("colleague", NOW + timedelta(hours=20), cast)
    with as_role("lpr_worker"):
        [event] = assert_audited(
            lambda: credentials.forget_old(now=NOW + FAILURES_KEPT + SECOND),
            Kind.SYSTEM_MAINTAINED,
        )
    assert event.fields["removed"] == {
        "failures": 1, "places": 0, "temporary_passwords": 0, "sessions": 0,
    }  # fmt: skip
    assert FailedLogOns.objects.get().pk == lockout.hash_of("colleague")


def test_sessions_that_ran_out_are_removed_and_no_other(
    committed_db: None, cast: Cast, as_role: AsRole
) -> None:
    """ACC-2: the rows of ended sessions do not gather."""
    for key, ends in (("over", NOW), ("open", NOW + SECOND * 2)):
        Session.objects.create(session_key=key, session_data="", expire_date=ends)
    with as_role("lpr_worker"):
        credentials.forget_old(now=NOW + SECOND)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]


def test_known_and_unknown_names_do_the_same_work(cast: Cast) -> None:
    traces = []
    for username in ("investigator", "nobody-at-all", "suspended"):
        statements: list[str] = []

        def note(
            execute: Any, sql: str, params: Any, many: bool, context: Any, to: Any = statements
        ) -> Any:
            to.append("SAVEPOINT" if "SAVEPOINT" in sql else sql)
            return execute(sql, params, many, context)

        with (
            connection.execute_wrapper(note),
            patch("tests.cast.QuickHasher.encode", side_effect=lambda *_: "x$y") as made,
            patch("tests.cast.QuickHasher.verify", return_value=False) as checked,
        ):
            _try(username)
        traces.append((made.call_count + checked.call_count, statements))
    assert all(trace == traces[0] for trace in traces)
