"""The forgotten password: question, answer, temporary password, new password (ACC-6)."""

import json
import re
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import Notice, SecurityAnswer, TemporaryPassword, User
from accounts.notices import kind_named, rendered
from accounts.roles import Role
from accounts.security_questions import QUESTIONS, normalized, text_of
from accounts.services import lockout, recovery
from accounts.services.people import delete_user, set_managed_aors, suspend_user
from audit.actors import VENDOR_LOG_ID, Origin, system
from audit.kinds import Kind
from audit.models import Event
from lprsvc.lib.errors import AuditUnavailable, InvalidInput
from tests.audited import assert_audited, broken_log, events_of, recorded
from tests.cast import NOW, PASSWORD, Cast, client_for, make_user, new_client

ANSWERS = [
    ("first-boss", "Marguerite"),
    ("first-concert", "The Paper Kites"),
    ("grandparent-job", "Lighthouse keeper"),
]
ORIGIN = Origin(ip="192.0.2.9", client="web test")
NEW = "seven-wet-umbrellas-sing"


def choose(user: User) -> None:
    """Give the person answers, as registration does."""
    recovery.set_answers(user=user, answers=ANSWERS, now=NOW)


def right_answer(username: str) -> tuple[str, str]:
    """The question that is asked under the name, and its answer."""
    question = recovery.ask_question(username=username, origin=ORIGIN)
    return question, dict(ANSWERS)[question]


def answer(username: str, said: str | None = None, *, now: datetime = NOW) -> bool:
    """Answer as the page does; `said` None: rightly."""
    question, right = right_answer(username) if said is None else ("first-boss", "")
    return recovery.answer_question(
        username=username,
        question=question,
        answer=right if said is None else said,
        origin=ORIGIN,
        now=now,
    )


def mailed_secret(user: User, *, now: datetime = NOW) -> str:
    """The temporary password in the mail that is owed, made as the worker makes it."""
    notice = Notice.objects.filter(kind="temporary_password", about=f"user:{user.pk}").latest("pk")
    with transaction.atomic():
        letter = kind_named("temporary_password").compose(notice, now)
    assert letter is not None
    secret: str = letter.context["secret"]
    return secret


# --- choosing questions ---------------------------------------------------------------------------


def test_answers_are_stored_hashed_and_normalized(cast: Cast) -> None:
    choose(cast.investigator)
    stored = list(SecurityAnswer.objects.values_list("answer", flat=True))
    assert len(stored) == 3
    assert all(item.startswith("argon2$") for item in stored)
    assert "arguerite" not in "".join(stored)


@pytest.mark.parametrize(
    ("one", "other"),
    [("New York", "newyork"), (" ÉCOLE  nr. 5", "école nr 5"), ("O'Brien", "obrien"), ("ﬁ", "FI")],
)
def test_case_spaces_and_punctuation_do_not_matter(one: str, other: str) -> None:
    assert normalized(one) == normalized(other)


@pytest.mark.parametrize(
    ("number", "pair", "field"),
    [
        (1, ("no-such-question", "Somebody"), "question_2"),
        (1, ("first-boss", "Somebody"), "question_2"),
        (1, ("first-concert", "marguerite!"), "answer_2"),
        (1, ("first-concert", "?!"), "answer_2"),
        (1, ("first-concert", "x" * 101), "answer_2"),
        (1, ("first-concert", "concert"), "answer_2"),
        (1, ("first-concert", "Alice Moreno"), "answer_2"),
        (1, ("first-concert", "Investigator"), "answer_2"),
    ],
)
def test_bad_answers_are_named_by_field(
    cast: Cast, number: int, pair: tuple[str, str], field: str
) -> None:
    answers = [*ANSWERS[:number], pair, ANSWERS[2]]
    with pytest.raises(InvalidInput) as refused:
        recovery.check_answers(answers, user=cast.investigator)
    assert list(refused.value.errors) == [field]


@pytest.mark.parametrize("count", [0, 2])
def test_there_are_three_questions(cast: Cast, count: int) -> None:
    with pytest.raises(InvalidInput):
        recovery.check_answers(ANSWERS[:count], user=cast.investigator)


def test_changing_the_questions_is_recorded_and_told(cast: Cast) -> None:
    user = cast.investigator
    [event] = assert_audited(
        lambda: recovery.change_answers(person=user.person, user=user, answers=ANSWERS, now=NOW),
        Kind.CREDENTIAL_CHANGED,
    )
    assert event.fields["what"] == "security questions"
    assert "Marguerite" not in json.dumps(event.fields)
    assert Notice.objects.get().kind == "security_questions_changed"


def test_questions_page_asks_for_the_password(cast: Cast) -> None:
    client = client_for(cast.investigator)
    data = {f"question_{n}": q for n, (q, _) in enumerate(ANSWERS, 1)}
    data |= {f"answer_{n}": a for n, (_, a) in enumerate(ANSWERS, 1)}
    page = "/accounts/security-questions/"
    assert client.get(page).status_code == 200
    refused = client.post(page, data | {"password": "not mine"})
    assert refused.status_code == 422
    assert not recovery.has_answers(cast.investigator)
    wrong = client.post(page, data | {"password": PASSWORD, "answer_2": "Marguerite"})
    assert "an answer of its own" in wrong.content.decode()
    assert client.post(page, data | {"password": PASSWORD}).status_code == 302
    assert recovery.has_answers(cast.investigator)
    assert "replaces the three" in client.get(page).content.decode()


def test_questions_page_cannot_be_used_to_guess_the_password(cast: Cast) -> None:
    client = client_for(cast.investigator)
    data = {f"question_{n}": q for n, (q, _) in enumerate(ANSWERS, 1)}
    data |= {f"answer_{n}": a for n, (_, a) in enumerate(ANSWERS, 1)}
    for _ in range(5):
        client.post("/accounts/security-questions/", data | {"password": "a guess"})
    response = client.post("/accounts/security-questions/", data | {"password": PASSWORD})
    assert "Too many attempts" in response.content.decode()


# --- the question ---------------------------------------------------------------------------------


def test_the_same_name_always_gets_the_same_question(cast: Cast) -> None:
    choose(cast.investigator)
    for name in ("investigator", "nobody-at-all", "suspended", "colleague"):
        asked = {
            recovery.ask_question(username=spelling, origin=ORIGIN)
            for spelling in (name, name.upper(), f" {name} ", name)
        }
        assert len(asked) == 1
        assert asked <= QUESTIONS.keys()
    assert recovery.ask_question(username="investigator", origin=ORIGIN) in dict(ANSWERS)


def test_unknown_names_get_various_questions(cast: Cast) -> None:
    asked = {recovery.ask_question(username=f"nobody-{n}", origin=ORIGIN) for n in range(40)}
    assert len(asked) > 8


def test_asking_is_recorded_where_it_belongs(cast: Cast) -> None:
    choose(cast.investigator)
    [event] = assert_audited(
        lambda: recovery.ask_question(username="investigator", origin=ORIGIN),
        Kind.CREDENTIAL_RESET_REQUESTED,
    )
    assert event.log_id == cast.agency.log_id
    [event] = assert_audited(
        lambda: recovery.ask_question(username="hunter2-typed-here", origin=ORIGIN),
        Kind.CREDENTIAL_RESET_REQUESTED,
    )
    assert event.log_id == VENDOR_LOG_ID
    assert "hunter2" not in json.dumps(event.fields)


# --- the answer -----------------------------------------------------------------------------------


def test_right_answer_owes_a_password_and_tells_the_manager(cast: Cast) -> None:
    choose(cast.investigator)
    with recorded() as events:
        assert answer("investigator")
    assert [event.kind for event in events] == [
        Kind.CREDENTIAL_RESET_REQUESTED,
        Kind.CREDENTIAL_RESET_REQUESTED,
    ]
    assert [event.fields["step"] for event in events] == ["question", "answered"]
    owed = set(Notice.objects.values_list("kind", "recipient"))
    assert owed == {
        ("temporary_password", cast.investigator.email),
        ("recovery_told", cast.manager.email),
    }


def test_right_answer_counts_no_failure(cast: Cast) -> None:
    choose(cast.investigator)
    for _ in range(8):
        assert answer("investigator")


def test_wrong_answer_is_recorded_without_what_was_said(cast: Cast) -> None:
    choose(cast.investigator)
    with recorded() as events:
        assert not answer("investigator", "Bartholomew")
    [event] = events
    assert (event.kind, event.outcome) == (Kind.CREDENTIAL_RECOVERY_ANSWER_FAILED, "failed")
    assert event.log_id == cast.agency.log_id
    assert "artholomew" not in json.dumps(event.fields)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("username", ["investigator", "nobody-at-all"])
def test_wrong_answers_lock_like_wrong_passwords(cast: Cast, username: str) -> None:
    choose(cast.investigator)
    now = datetime.now(UTC)
    for _ in range(4):
        assert not answer(username, "Bartholomew", now=now)
    client = new_client()
    client.post("/accounts/login/", {"login": username, "password": "wrong too"})
    with pytest.raises(lockout.AccountLocked):
        answer(username, "Marguerite", now=now)
    locked, refused = events_of(Kind.SESSION_LOCKED)
    assert (locked.outcome, refused.outcome) == ("ok", "refused")


def test_answer_of_another_question_is_wrong(cast: Cast) -> None:
    choose(cast.investigator)
    for question in QUESTIONS.keys() - dict(ANSWERS).keys():
        assert not recovery.answer_question(
            username="investigator",
            question=question,
            answer="Marguerite",
            origin=ORIGIN,
            now=NOW,
        )
        break


@pytest.mark.parametrize("closed", ["suspended", "deleted"])
def test_closed_accounts_cannot_be_recovered(cast: Cast, closed: str) -> None:
    choose(cast.investigator)
    close = suspend_user if closed == "suspended" else delete_user
    close(actor=system("tests"), user=cast.investigator, reason="tests", now=NOW)
    assert not answer("investigator", "Marguerite")
    assert not Notice.objects.filter(kind="temporary_password").exists()


def test_nothing_is_owed_that_cannot_be_recorded(cast: Cast) -> None:
    choose(cast.investigator)
    question, right = right_answer("investigator")
    with broken_log(), pytest.raises(AuditUnavailable):
        recovery.answer_question(
            username="investigator", question=question, answer=right, origin=ORIGIN, now=NOW
        )
    assert not Notice.objects.exists()


def test_known_and_unknown_names_do_the_same_work(cast: Cast) -> None:
    """Timing by construction: as many hashes and as many statements, of the same kind."""
    choose(cast.investigator)
    traces = []
    for username in ("investigator", "nobody-at-all", "suspended", "auditor"):
        statements: list[str] = []

        def note(
            execute: Any, sql: str, params: Any, many: bool, context: Any, to: Any = statements
        ) -> Any:
            to.append(re.sub(r"SAVEPOINT \S+", "SAVEPOINT", sql))
            return execute(sql, params, many, context)

        with (
            connection.execute_wrapper(note),
            patch("tests.cast.QuickHasher.encode", side_effect=lambda *_: "x$y") as made,
            patch("tests.cast.QuickHasher.verify", return_value=False) as checked,
        ):
            recovery.ask_question(username=username, origin=ORIGIN)
            assert not answer(username, "Bartholomew")
        traces.append((made.call_count + checked.call_count, statements))
    assert all(count == 1 for count, _ in traces)
    assert all(statements == traces[0][1] for _, statements in traces)


# --- the pages ------------------------------------------------------------------------------------


def _ask(client: Client, username: str) -> Any:
    return client.post("/accounts/password/forgotten/", {"username": username})


def _say(client: Client, said: str) -> Any:
    return client.post("/accounts/password/forgotten/question/", {"answer": said})


def _text(response: Any) -> str:
    """A page without what differs on every page, and without the question."""
    text = re.sub(r'(?<=")[A-Za-z0-9]{64}(?=")|value="[^"]*"', "", response.content.decode())
    for question in QUESTIONS.values():
        text = text.replace(question, "?")
    return text


def test_known_and_unknown_names_look_alike(cast: Cast) -> None:
    choose(cast.investigator)
    clients = {name: new_client() for name in ("investigator", "nobody-at-all", "suspended")}
    for _ in range(7):  # past the point where all are locked
        pages = []
        for name, client in clients.items():
            asked = _ask(client, name)
            shown = client.get(asked["Location"])
            said = _say(client, "Bartholomew")
            pages.append((asked.status_code, asked["Location"], _text(shown), _text(said)))
        assert pages[0] == pages[1] == pages[2]
    assert "Too many failed attempts" in pages[0][3]


def test_question_page_without_a_name_goes_back(cast: Cast) -> None:
    assert new_client().get("/accounts/password/forgotten/question/")["Location"] == (
        "/accounts/password/forgotten/"
    )


def test_question_waits_for_ten_minutes(cast: Cast) -> None:
    client = new_client()
    _ask(client, "investigator")
    page = "/accounts/password/forgotten/question/"
    assert client.get(page).status_code == 200
    with patch("accounts.credential_views.time.time", return_value=NOW.timestamp() + 9e8):
        assert client.get(page).status_code == 302
    with patch("accounts.credential_views.time.time", return_value=0.0):  # a clock put back
        assert client.get(page).status_code == 302


@pytest.mark.parametrize("username", ["", "x" * 151, "\0"])
def test_hostile_names_are_only_wrong(cast: Cast, username: str) -> None:
    assert _ask(new_client(), username).status_code == 422


@pytest.mark.parametrize("said", ["", "\0", "x" * 101])
def test_hostile_answers_are_only_wrong(cast: Cast, said: str) -> None:
    client = new_client()
    _ask(client, "investigator")
    assert _say(client, said).status_code == 422


def test_pages_are_limited_by_address(cast: Cast) -> None:
    client = new_client()
    statuses = [_ask(client, f"nobody-{n}").status_code for n in range(21)]
    assert statuses == [302] * 20 + [429]
    assert _say(client, "Marguerite").status_code == 429


def test_no_question_when_asking_cannot_be_recorded(cast: Cast) -> None:
    with broken_log():
        assert _ask(new_client(), "investigator").status_code == 503


def test_right_answer_on_the_page_says_where_to_look(cast: Cast) -> None:
    choose(cast.investigator)
    client = new_client()
    _ask(client, "investigator")
    question = client.session["lprsvc_recovery"][1]
    assert (
        text_of(question) in client.get("/accounts/password/forgotten/question/").content.decode()
    )
    response = _say(client, dict(ANSWERS)[question].upper())
    assert "Look into your mail" in response.content.decode()
    assert _say(client, "again")["Location"] == "/accounts/password/forgotten/"
    assert cast.investigator.email not in response.content.decode()


# --- the temporary password -----------------------------------------------------------------------


def _issue(user: User, as_role: Any, *, now: datetime | None = None) -> str:
    """What the mail says, after the right answer."""
    moment = now or datetime.now(UTC)
    choose(user)
    assert answer(user.username, now=moment)
    with as_role("lpr_worker"):
        return mailed_secret(user, now=moment)


def _log_on(client: Client, username: str, password: str) -> Any:
    return client.post("/accounts/login/", {"login": username, "password": password})


def test_temporary_password_opens_one_log_on_that_begins_with_a_new_one(
    cast: Cast, committed_db: None, as_role: Any
) -> None:
    user = cast.investigator
    secret = _issue(user, as_role)
    open_before = client_for(user)
    client = new_client()
    with recorded() as events:
        assert _log_on(client, user.username, secret)["Location"] == "/accounts/password/new/"
    assert [event.fields["what"] for event in events] == ["temporary password used"]
    assert client.get("/").status_code == 302
    assert client.get("/accounts/rules/").status_code == 302
    assert client.get("/accounts/password/new/").status_code == 200
    for bad in (PASSWORD, "short", "investigator-investigator"):
        refused = client.post("/accounts/password/new/", {"password1": bad, "password2": bad})
        assert refused.status_code == 422, bad
    twice = client.post("/accounts/password/new/", {"password1": NEW, "password2": NEW + "x"})
    assert "not what you entered above" in twice.content.decode()
    done = client.post("/accounts/password/new/", {"password1": NEW, "password2": NEW})
    assert done["Location"] == "/accounts/rules/"
    client.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
    assert client.get("/").status_code == 200
    assert open_before.get("/").status_code == 302  # ended by the change
    assert _log_on(new_client(), user.username, secret).status_code == 200
    assert _log_on(new_client(), user.username, NEW)["Location"] == "/accounts/rules/"
    assert secret not in json.dumps([event.fields for event in Event.objects.all()])


def test_temporary_password_is_issued_by_the_worker_and_recorded(
    cast: Cast, committed_db: None, as_role: Any
) -> None:
    user = cast.investigator
    secret = _issue(user, as_role)
    [event] = events_of(Kind.CREDENTIAL_TEMPORARY_ISSUED)
    assert event.log_id == cast.agency.log_id
    assert event.fields["user"] == f"user:{user.pk}"
    row = TemporaryPassword.objects.get()
    assert re.fullmatch("[0-9a-f]{64}", row.key_hash)
    assert secret.replace("-", "") not in row.key_hash
    assert row.expires_at - row.issued_at == timedelta(minutes=30)


def test_abandoned_change_is_asked_for_at_the_next_log_on(
    cast: Cast, committed_db: None, as_role: Any
) -> None:
    secret = _issue(cast.investigator, as_role)
    _log_on(new_client(), "investigator", secret)
    # The secret is spent; the old password still opens the account, but only to change it.
    assert _log_on(new_client(), "investigator", secret).status_code == 200
    again = _log_on(new_client(), "investigator", PASSWORD)
    assert again["Location"] == "/accounts/password/new/"


def test_newer_temporary_password_ends_the_older(
    cast: Cast, committed_db: None, as_role: Any
) -> None:
    older = _issue(cast.investigator, as_role)
    newer = _issue(cast.investigator, as_role)
    assert _log_on(new_client(), "investigator", older).status_code == 200
    assert _log_on(new_client(), "investigator", newer).status_code == 302


def test_temporary_password_is_typed_in_any_way(
    cast: Cast, committed_db: None, as_role: Any
) -> None:
    secret = _issue(cast.investigator, as_role)
    typed = f" {secret.lower().replace('-', ' ')} "
    assert _log_on(new_client(), " Investigator", typed).status_code == 302


@pytest.mark.parametrize(
    ("late", "works"),
    [
        (timedelta(minutes=29, seconds=59), True),
        (timedelta(minutes=30), False),
        (timedelta(days=400), False),
        (timedelta(seconds=-1), False),  # a clock put back before it was made
    ],
)
def test_temporary_password_lasts_thirty_minutes(
    cast: Cast, committed_db: None, as_role: Any, late: timedelta, works: bool
) -> None:
    secret = _issue(cast.investigator, as_role, now=NOW)
    used = recovery.use_temporary_password(
        username="investigator", password=secret, origin=ORIGIN, now=NOW + late
    )
    assert (used is not None) is works


def test_two_uses_at_once_are_one(cast: Cast, committed_db: None, as_role: Any) -> None:
    secret = _issue(cast.investigator, as_role, now=NOW)
    gate = Barrier(8)
    used: list[bool] = []

    def use() -> None:
        gate.wait()
        user = recovery.use_temporary_password(
            username="investigator", password=secret, origin=ORIGIN, now=NOW
        )
        used.append(user is not None)
        connection.close()

    threads = [Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(used) == [False] * 7 + [True]
    assert len(events_of(Kind.CREDENTIAL_CHANGED)) == 1


def test_temporary_password_is_of_one_person_only(
    cast: Cast, committed_db: None, as_role: Any
) -> None:
    secret = _issue(cast.investigator, as_role)
    assert _log_on(new_client(), "colleague", secret).status_code == 200
    assert _log_on(new_client(), "investigator", secret).status_code == 302


def test_temporary_password_opens_no_suspended_account(
    cast: Cast, committed_db: None, as_role: Any
) -> None:
    secret = _issue(cast.investigator, as_role)
    suspend_user(actor=system("tests"), user=cast.investigator, reason="tests", now=NOW)
    assert _log_on(new_client(), "investigator", secret).status_code == 200


def test_temporary_password_confirms_nothing_for_somebody_logged_on(
    cast: Cast, committed_db: None, as_role: Any
) -> None:
    secret = _issue(cast.investigator, as_role)
    client = client_for(cast.investigator)
    response = client.post("/accounts/reauthenticate/", {"password": secret})
    assert response.status_code == 200
    assert TemporaryPassword.objects.get().spent_at is None


def test_no_use_that_cannot_be_recorded(cast: Cast, committed_db: None, as_role: Any) -> None:
    secret = _issue(cast.investigator, as_role, now=NOW)
    assert_audited(
        lambda: recovery.use_temporary_password(
            username="investigator", password=secret, origin=ORIGIN, now=NOW
        ),
        Kind.CREDENTIAL_CHANGED,
    )


def test_mail_that_waited_for_hours_brings_no_password(
    cast: Cast, committed_db: None, as_role: Any
) -> None:
    choose(cast.investigator)
    assert answer("investigator")
    notice = Notice.objects.get(kind="temporary_password")
    compose = kind_named("temporary_password").compose
    assert compose(notice, NOW + timedelta(hours=3)) is None
    suspend_user(actor=system("tests"), user=cast.investigator, reason="tests", now=NOW)
    assert compose(notice, NOW) is None
    assert not TemporaryPassword.objects.exists()


def test_manager_is_told_where_to_suspend(cast: Cast) -> None:
    choose(cast.investigator)
    assert answer("investigator")
    notice = Notice.objects.get(kind="recovery_told")
    letter = kind_named("recovery_told").compose(notice, NOW)
    assert letter is not None
    assert letter.context["name"] == "Alice Moreno"
    assert letter.context["place"] == " (ERO, New York)"
    assert f"/admin/accounts/user/{cast.investigator.pk}/suspend/" in letter.context["url"]
    assert letter.context["at"] == "March 2, 2026, 10:00 a.m. (America/New_York)"


def test_vendors_people_tell_each_other(cast: Cast) -> None:
    assert recovery.managers_to_tell(cast.vendor) == []
    assert recovery.managers_to_tell(cast.manager) == []
    assert [one.username for one in recovery.managers_to_tell(cast.investigator)] == ["manager"]
    assert [one.username for one in recovery.managers_to_tell(cast.auditor)] == ["manager"]
    assert recovery.managers_to_tell(cast.colleague) == []  # of an AOR without a manager


def test_manager_of_several_aors_is_told(cast: Cast) -> None:
    """Who manages an AOR beside the own one is told of its people too, and once only."""
    away = make_user(
        "manager2", "Hugo Brandt", [Role.AGENCY_MANAGER], component=cast.ero, aor=cast.chicago
    )
    for manager in (cast.manager, away):
        set_managed_aors(
            actor=cast.vendor.person,
            user=manager,
            aors=[cast.new_york, cast.chicago],
            reason="both areas",
            now=NOW,
        )
    suspend_user(actor=system("tests"), user=away, reason="tests", now=NOW)
    for person in (cast.colleague, cast.investigator):
        told = recovery.managers_to_tell(person)
        assert [one.username for one in told] == ["manager"]
    choose(cast.colleague)
    assert answer("colleague")
    notices = Notice.objects.filter(kind="recovery_told", about=f"user:{cast.colleague.pk}")
    assert [notice.recipient for notice in notices] == [cast.manager.email]


def test_nothing_that_databases_cannot_hold_is_looked_up(cast: Cast) -> None:
    for username, password in (("a\0b", "x"), ("investigator", "x\0")):
        assert not recovery.use_temporary_password(
            username=username, password=password, origin=ORIGIN, now=NOW
        )


@pytest.mark.parametrize(
    "kind",
    ["password_changed", "security_questions_changed", "account_locked", "second_factor_changed"],
)
def test_mails_name_the_account_the_time_and_whom_to_tell(cast: Cast, kind: str) -> None:
    user = cast.investigator
    notice = Notice(kind=kind, recipient=user.email, about=f"user:{user.pk}", created_at=NOW)
    letter = kind_named(kind).compose(notice, NOW)
    assert letter is not None
    subject, text, html = rendered(kind_named(kind), letter.context)
    assert "your" in subject
    for part in (text, html):
        assert "investigator" in part
        assert "March 2, 2026, 10:00 a.m. (America/New_York)" in part
        assert "the manager of your area of responsibility (Grace Whitfield)" in part
    suspend_user(actor=system("tests"), user=user, reason="tests", now=NOW)
    assert kind_named(kind).compose(notice, NOW) is None


def test_mails_to_the_vendors_people_name_their_peers(cast: Cast) -> None:
    about = f"user:{cast.vendor.pk}"
    notice = Notice(kind="password_changed", about=about, created_at=NOW)
    letter = kind_named("password_changed").compose(notice, NOW)
    assert letter is not None
    assert letter.context["manager"] == "another administrator"
