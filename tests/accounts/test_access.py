"""Asking for access, deciding about it, sending the key (ACC-4, ACC-5, ACC-9)."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from accounts import policy, states
from accounts.models import (
    AccessRequest,
    AccessRequestState,
    Notice,
    NoticeStatus,
    RegistrationKey,
    User,
)
from accounts.people import Person, person_for
from accounts.roles import Role
from accounts.services.access import (
    Applicant,
    add_person,
    approve_request,
    refuse_request,
    send_key,
    send_user_key,
    withdraw_request,
)
from accounts.services.people import change_user, suspend_user
from audit.actors import VENDOR_LOG_ID, Actor, system
from audit.kinds import Kind
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound, PolicyDenied
from tests.accounts.access_world import (
    NORA,
    approved,
    ask,
    chicago_manager,
    dallas_manager,
    grant,
    mail,
    open_key,
    second_manager,
)
from tests.audited import assert_audited, recorded
from tests.cast import NOW, Cast, make_user

State = AccessRequestState


def _approve(cast: Cast, request: AccessRequest, *, who: str = "manager", **changes: Any) -> None:
    approve_request(
        actor=cast.everybody[who].person,
        request=request,
        grant=grant(cast, **changes),
        reason="in my unit",
        now=NOW,
    )


def _add(cast: Cast, **changes: Any) -> AccessRequest:
    given: dict[str, Any] = {
        "actor": cast.manager.person,
        "agency": cast.agency,
        "aor": cast.new_york,
        "applicant": NORA,
        "grant": grant(cast),
        "form": None,
        "reason": "asked on paper",
        "now": NOW,
    }
    return add_person(**given | changes)


# --- states ---------------------------------------------------------------------------------------


def test_every_state_says_what_may_become_of_it() -> None:
    assert set(states.ACCESS_REQUEST) == set(State)
    reached = frozenset().union(*states.ACCESS_REQUEST.values())
    assert reached == set(State) - {State.WAITING}
    assert {State.APPROVED, State.KEY_SENT} == states.EXPECTING_A_KEY


def _bring_to(cast: Cast, state: State) -> AccessRequest:
    """A request that came to a state by the services."""
    request = ask(cast)
    manager = cast.manager.person
    if state is State.REFUSED:
        return refuse_request(actor=manager, request=request, reason="no need", now=NOW)
    if state is State.WITHDRAWN:
        return withdraw_request(actor=manager, request=request, reason="moved", now=NOW)
    if state is State.WAITING:
        return request
    _approve(cast, request)
    if state is State.APPROVED:
        return request
    mail(open_key(request))
    if state is State.REGISTERED:
        AccessRequest.objects.filter(pk=request.pk).update(state=state, user=cast.colleague)
    return request


@pytest.mark.parametrize("state", State)
def test_each_act_works_in_its_states_and_in_no_other(cast: Cast, state: State) -> None:
    manager = cast.manager.person
    acts: dict[str, tuple[Callable[[AccessRequest], object], bool]] = {
        "approve": (lambda one: _approve(cast, one), states.may_become(state, State.APPROVED)),
        "refuse": (
            lambda one: refuse_request(actor=manager, request=one, reason="no", now=NOW),
            states.may_become(state, State.REFUSED),
        ),
        "withdraw": (
            lambda one: withdraw_request(actor=manager, request=one, reason="no", now=NOW),
            states.may_become(state, State.WITHDRAWN),
        ),
        "send key": (
            lambda one: send_key(actor=manager, request=one, reason="lost", now=NOW),
            state in states.EXPECTING_A_KEY,
        ),
    }
    for name, (act, is_allowed) in acts.items():
        request = _bring_to(cast, state)
        if is_allowed:
            act(request)
        else:
            with pytest.raises(InvalidInput, match="This request"):
                act(request)
            request.refresh_from_db()
            assert request.state == state, name
        AccessRequest.objects.filter(pk=request.pk).update(user=None, state=State.WITHDRAWN)


def test_database_keeps_user_and_registered_together(cast: Cast) -> None:
    request = ask(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessRequest.objects.filter(pk=request.pk).update(state=State.REGISTERED)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessRequest.objects.filter(pk=request.pk).update(state="invented")


# --- asking ---------------------------------------------------------------------------------------


def test_asking_is_audited_in_the_agencys_log_under_nobody(cast: Cast) -> None:
    [event] = assert_audited(lambda: ask(cast), Kind.ADMIN_CREATED)
    assert (event.actor, event.log_id, event.fields["aor"]) == (
        "nobody",
        cast.agency.log_id,
        "New York",
    )
    assert event.fields["after"]["full_name"] == "Nora Ek"


def test_asking_tells_every_manager_of_the_aor_and_nobody_else(cast: Cast) -> None:
    second_manager(cast)
    chicago_manager(cast)
    ask(cast)
    told = Notice.objects.filter(kind="access_requested").values_list("recipient", flat=True)
    assert sorted(told) == ["manager2@example.test", "manager@example.test"]


def test_asking_with_the_address_of_a_user_looks_like_any_other(cast: Cast) -> None:
    known = ask(cast, applicant=replace(NORA, email=cast.investigator.email))
    again = ask(cast, applicant=replace(NORA, email=cast.investigator.email))
    assert known.state == again.state == State.WAITING


@pytest.mark.parametrize(
    "changes",
    [
        {"full_name": ""},
        {"full_name": "x" * 121},
        {"full_name": "a\0b"},
        {"email": "no address"},
        {"email": ""},
        {"need": ""},
        {"need": "x" * 2_001},
        {"need": "\ud800"},
    ],
)
def test_asking_names_the_fault(cast: Cast, changes: dict[str, str]) -> None:
    [field] = changes
    with recorded() as events, pytest.raises(InvalidInput) as raised:
        ask(cast, applicant=replace(NORA, **changes))
    assert list(raised.value.errors) == [field]
    assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]
    assert not AccessRequest.objects.exists()


# --- deciding -------------------------------------------------------------------------------------


def test_approving_is_audited_and_owes_the_key(cast: Cast) -> None:
    request = ask(cast)
    changed, issued = assert_audited(
        lambda: _approve(cast, request), Kind.ADMIN_CHANGED, Kind.ADMIN_CREATED
    )
    assert changed.fields["after"]["state"] == State.APPROVED
    assert changed.fields["reason"] == "in my unit"
    key = open_key(request)
    assert issued.fields["object"] == f"registrationkey:{key.pk}"
    assert (key.key_hash, key.sent_at) == (None, None)
    notice = Notice.objects.get(kind="registration_key")
    assert (notice.recipient, notice.about) == (NORA.email, f"registrationkey:{key.pk}")
    request.refresh_from_db()
    assert (request.decided_by, request.roles) == (cast.manager, ["investigator"])


def test_deciding_keeps_history(cast: Cast) -> None:  # ACC-13
    request = approved(cast)
    newest, first = request.history.all()
    assert (first.history_user_id, first.state) == ("nobody", State.WAITING)
    assert (newest.history_user_id, newest.history_change_reason) == (
        cast.manager.person.id,
        "in my unit",
    )


def test_refusing_mails_the_reason_to_who_asked(cast: Cast) -> None:
    request = ask(cast)
    [event] = assert_audited(
        lambda: refuse_request(
            actor=cast.manager.person, request=request, reason="no need", now=NOW
        ),
        Kind.ADMIN_CHANGED,
    )
    assert event.fields["after"]["decision_reason"] == "no need"
    assert Notice.objects.get(kind="access_refused").recipient == NORA.email
    assert not RegistrationKey.objects.exists()


def test_withdrawing_revokes_the_key(cast: Cast) -> None:
    request = approved(cast)
    key = open_key(request)
    assert_audited(
        lambda: withdraw_request(
            actor=cast.manager.person, request=request, reason="changed units", now=NOW
        ),
        Kind.ADMIN_CHANGED,
    )
    key.refresh_from_db()
    assert key.revoked_at == NOW


@pytest.mark.parametrize("reason", ["", "  ", "a\0b"])
def test_no_decision_without_a_reason(cast: Cast, reason: str) -> None:
    request = ask(cast)
    with pytest.raises(InvalidInput, match="reason"):
        refuse_request(actor=cast.manager.person, request=request, reason=reason, now=NOW)
    request.refresh_from_db()
    assert request.state == State.WAITING


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("investigator", "requests_managers_only"),
        ("supervisor", "requests_managers_only"),
        ("auditor", "requests_managers_only"),
        ("vendor", "requests_managers_only"),
        ("other", "requests_managers_only"),
        ("suspended", "requests_managers_only"),
    ],
)
def test_deciding_is_the_managers_alone(cast: Cast, who: str, code: str) -> None:  # ACC-4
    request = ask(cast)
    person = cast.everybody[who].person
    for decide in (refuse_request, withdraw_request):
        with recorded() as events, pytest.raises(PolicyDenied):
            decide(actor=person, request=request, reason="because", now=NOW)
        [event] = events
        assert (event.kind, event.fields["outcome_code"]) == (Kind.ADMIN_REFUSED, code)
        assert event.log_id == cast.agency.log_id
    with pytest.raises(PolicyDenied):
        _approve(cast, request, who=who)


def test_deciding_is_for_the_manager_of_that_aor(cast: Cast) -> None:  # ACC-9
    request = ask(cast)
    for manager in (chicago_manager(cast), dallas_manager(cast)):
        with pytest.raises(PolicyDenied) as raised:
            refuse_request(actor=manager.person, request=request, reason="because", now=NOW)
        assert raised.value.code == "aor_not_yours"


@pytest.mark.parametrize(
    "applicant",
    [
        Applicant("Grace Whitfield", "private@example.test", "Analyst", "for me"),
        Applicant("grace  WHITFIELD", "private@example.test", "Analyst", "for me"),
        Applicant("G. W.", "Manager@Example.test", "Analyst", "for me"),
    ],
)
def test_nobody_decides_about_their_own_request(cast: Cast, applicant: Applicant) -> None:  # ACC-4
    request = ask(cast, applicant=applicant)
    with pytest.raises(PolicyDenied) as raised:
        _approve(cast, request)
    assert raised.value.code == "own_request"
    with pytest.raises(PolicyDenied, match="own request"):
        _add(cast, applicant=applicant)
    other = second_manager(cast)
    refuse_request(actor=other.person, request=request, reason="one is enough", now=NOW)


def test_a_feed_decides_nothing(cast: Cast) -> None:
    feed = Actor(id="feed:1", name="feed", log_id=VENDOR_LOG_ID)
    with pytest.raises(PolicyDenied, match="managers"):
        policy.check_can_decide_request(feed, ask(cast))
    policy.check_can_decide_request(system("tests"), ask(cast))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"roles": [Role.AUDITOR.value]}, PolicyDenied),
        ({"roles": [Role.AGENCY_MANAGER.value]}, PolicyDenied),
        ({"roles": []}, InvalidInput),
        ({"roles": ["king"]}, DomainError),
        ({"timezone": "Mars/Olympus"}, InvalidInput),
    ],
)
def test_approving_gives_only_what_is_the_managers_to_give(
    cast: Cast, changes: dict[str, Any], error: type[Exception]
) -> None:
    request = ask(cast)
    with pytest.raises(error):
        _approve(cast, request, **changes)
    request.refresh_from_db()
    assert request.state == State.WAITING
    assert not RegistrationKey.objects.exists()


def test_approving_takes_no_parts_of_another_agency(cast: Cast) -> None:
    request = ask(cast)
    foreign: dict[str, Any] = {"component": cast.other.component, "supervisor": cast.other}
    for part, theirs in foreign.items():
        changes: dict[str, Any] = {part: theirs}
        with pytest.raises(InvalidInput, match=part):
            _approve(cast, request, **changes)


def test_deciding_about_what_does_not_exist(cast: Cast) -> None:
    missing = replace_key(ask(cast))
    with pytest.raises(NotFound):
        refuse_request(actor=cast.manager.person, request=missing, reason="why", now=NOW)


def replace_key(request: AccessRequest) -> AccessRequest:
    """The same request under a key that no row has."""
    from lprsvc.lib.ids import uuid7

    return AccessRequest(pk=uuid7(), agency=request.agency, aor=request.aor)


def test_two_managers_at_once_one_wins_and_the_other_is_told(
    committed_db: None, cast: Cast
) -> None:
    request = ask(cast)
    managers = [cast.manager, second_manager(cast)]
    start, answers = Barrier(2), dict[str, str]()

    def decide(index: int) -> None:
        acts: list[Callable[..., object]] = [approve_request, refuse_request]
        act = acts[index]
        more: dict[str, Any] = {"grant": grant(cast)} if index == 0 else {}
        start.wait()
        try:
            act(actor=managers[index].person, request=request, reason="mine", now=NOW, **more)
            answers[managers[index].full_name] = "won"
        except InvalidInput as error:
            answers[managers[index].full_name] = error.message
        finally:
            connections.close_all()

    threads = [Thread(target=decide, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    [winner] = [name for name, answer in answers.items() if answer == "won"]
    [told] = [answer for answer in answers.values() if answer != "won"]
    assert f"decided by {winner}" in told
    request.refresh_from_db()
    assert str(request.decided_by) == winner
    assert RegistrationKey.objects.count() == (1 if request.state == State.APPROVED else 0)


# --- entering a request ---------------------------------------------------------------------------


def test_adding_a_person_keeps_a_request_and_sends_a_key(cast: Cast) -> None:  # ACC-9
    events = assert_audited(
        lambda: _add(cast), Kind.ADMIN_CREATED, Kind.ADMIN_CHANGED, Kind.ADMIN_CREATED
    )
    assert {event.actor for event in events} == {cast.manager.person.id}
    request = AccessRequest.objects.get()
    assert (request.state, request.entered_by) == (State.APPROVED, cast.manager)
    assert open_key(request).email == NORA.email


def test_adding_is_for_the_own_aors_alone(cast: Cast) -> None:
    for place in (
        {"aor": cast.chicago},
        {"aor": None},
        {"agency": cast.other_agency, "aor": cast.other.aor},
    ):
        with pytest.raises(PolicyDenied):
            _add(cast, **place)
    for who in ("investigator", "supervisor", "auditor", "other"):
        with pytest.raises(PolicyDenied):
            _add(cast, actor=cast.everybody[who].person)
    assert not AccessRequest.objects.exists()


def test_vendor_adds_overseers_and_its_own_people(cast: Cast) -> None:
    vendor = cast.vendor.person
    auditor = grant(cast, roles=[Role.AUDITOR.value], component=None, supervisor=None)
    own = grant(cast, roles=[Role.VENDOR_ADMINISTRATOR.value], component=None, supervisor=None)
    theirs = _add(cast, actor=vendor, aor=None, grant=auditor)
    ours = _add(cast, actor=vendor, agency=None, aor=None, grant=own)
    assert {theirs.state, ours.state} == {State.APPROVED}
    with recorded() as events, pytest.raises(PolicyDenied, match="investigator"):
        _add(cast, actor=vendor)
    assert events[0].log_id == cast.agency.log_id
    send_key(actor=vendor, request=theirs, reason="lost", now=NOW)


def test_adding_with_an_aor_of_another_agency(cast: Cast) -> None:
    manager = grant(cast, roles=[Role.AGENCY_MANAGER.value], component=None, supervisor=None)
    with pytest.raises(InvalidInput, match="another agency"):
        _add(cast, actor=cast.vendor.person, aor=cast.other.aor, grant=manager)


# --- keys -----------------------------------------------------------------------------------------


def test_a_key_is_random_long_and_stored_as_a_hash(cast: Cast) -> None:  # ACC-5
    request = approved(cast)
    key = open_key(request)
    secret = mail(key)
    plain = secret.replace("-", "")
    assert len(plain) == 26  # of 32 letters: 130 bits
    key.refresh_from_db()
    assert key.key_hash is not None
    assert len(key.key_hash) == 64
    stored = json.dumps(
        [list(map(str, row)) for table in (RegistrationKey, Notice, AccessRequest)
         for row in table.objects.values_list()]
    )  # fmt: skip
    assert secret not in stored
    assert plain not in stored
    assert mail(key) != secret


def test_a_mailed_key_lasts_seven_days_and_moves_the_request_on(cast: Cast) -> None:
    request = approved(cast)
    key = open_key(request)
    with recorded() as events:
        mail(key)
    [event] = events
    assert (event.kind, event.fields["after"]) == (Kind.ADMIN_CHANGED, {"state": "key_sent"})
    assert event.log_id == cast.agency.log_id
    key.refresh_from_db()
    assert key.expires_at is not None
    assert (key.expires_at - NOW).days == 7
    request.refresh_from_db()
    assert request.state == State.KEY_SENT


def test_sending_again_revokes_the_former(cast: Cast) -> None:
    request = approved(cast)
    first = open_key(request)
    mail(first)
    [event] = assert_audited(
        lambda: send_key(actor=cast.manager.person, request=request, reason="mail lost", now=NOW),
        Kind.ADMIN_CREATED,
    )
    assert event.fields["reason"] == "mail lost"
    first.refresh_from_db()
    assert first.revoked_at == NOW
    assert open_key(request).pk != first.pk


def test_two_open_keys_of_one_request_cannot_be(cast: Cast) -> None:
    key = open_key(approved(cast))
    with pytest.raises(IntegrityError), transaction.atomic():
        RegistrationKey.objects.create(
            request=key.request, email=key.email, issued_at=NOW, issued_by="x"
        )


def test_key_for_an_account_is_the_managers_to_send(cast: Cast) -> None:  # ACC-9
    [event] = assert_audited(
        lambda: send_user_key(
            actor=cast.manager.person, user=cast.investigator, reason="forgot", now=NOW
        ),
        Kind.ADMIN_CREATED,
    )
    assert event.fields["after"]["for"] == f"user:{cast.investigator.pk}"
    suspend_user(actor=cast.manager.person, user=cast.investigator, reason="left", now=NOW)
    assert not RegistrationKey.objects.filter(revoked_at=None).exists()
    with pytest.raises(InvalidInput, match="suspended"):
        send_user_key(actor=cast.manager.person, user=cast.investigator, reason="x", now=NOW)


def test_who_changes_an_address_sends_no_key_to_it_for_a_week(cast: Cast) -> None:
    """ACC-9: one manager alone can't make an account theirs."""
    manager, person = cast.manager.person, cast.investigator
    _move_address(cast, manager, "elsewhere@example.test", NOW)
    week = timedelta(days=7)

    def send(by: Person, now: datetime) -> None:
        send_user_key(actor=by, user=person, reason="forgot", now=now)

    for now in (NOW, NOW + week - timedelta(seconds=1)):
        with recorded() as events, pytest.raises(InvalidInput, match="Another manager"):
            send(manager, now)
        assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]
    assert not RegistrationKey.objects.exists()
    send(second_manager(cast).person, NOW)
    send(manager, NOW + week)


def test_later_change_by_another_does_not_free_who_changed_the_address(cast: Cast) -> None:
    manager, other = cast.manager.person, second_manager(cast).person
    _move_address(cast, manager, "mine@example.test", NOW)
    _move_address(cast, other, "theirs@example.test", NOW)
    for by in (manager, other):
        with pytest.raises(InvalidInput, match="Another manager"):
            send_user_key(actor=by, user=cast.investigator, reason="x", now=NOW)


def _move_address(cast: Cast, by: Person, email: str, now: datetime) -> None:
    user = User.objects.get(pk=cast.investigator.pk)
    change_user(
        actor=by, user=user, full_name=user.full_name, email=email, title=user.title,
        component=user.component, aor=user.aor, supervisor=user.supervisor, roles=user.roles,
        timezone=user.timezone, reason="new address", now=now,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "whom"),
    [
        ("manager", "manager"),
        ("manager", "colleague"),
        ("manager", "auditor"),
        ("manager", "other"),
        ("vendor", "investigator"),
        ("supervisor", "investigator"),
        ("investigator", "investigator"),
    ],
)
def test_key_for_an_account_refused(cast: Cast, who: str, whom: str) -> None:
    with recorded() as events, pytest.raises(PolicyDenied):
        send_user_key(
            actor=cast.everybody[who].person, user=cast.everybody[whom], reason="why", now=NOW
        )
    assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]
    assert not RegistrationKey.objects.exists()


def test_no_manager_reaches_an_overseer_of_the_same_aor(cast: Cast) -> None:
    watcher = make_user(
        "watcher", "Wanda Ito", [Role.AUDITOR], component=cast.ero, aor=cast.new_york
    )
    for act in (send_user_key, suspend_user):
        with pytest.raises(PolicyDenied) as raised:
            act(actor=cast.manager.person, user=watcher, reason="nosy", now=NOW)
        assert raised.value.code == "overseer_not_yours"


def test_notices_wait_until_they_are_sent(cast: Cast) -> None:
    approved(cast)
    assert set(Notice.objects.values_list("status", flat=True)) == {NoticeStatus.WAITING}


def test_manager_of_several_aors_decides_in_each(cast: Cast) -> None:
    from accounts.services.people import set_managed_aors

    request = ask(cast, aor=cast.chicago)
    set_managed_aors(
        actor=cast.vendor.person, user=cast.manager, aors=[cast.chicago], reason="order", now=NOW
    )
    both = person_for(User.objects.get(pk=cast.manager.pk))
    assert both.managed_aors == ("New York", "Chicago")
    refuse_request(actor=both, request=request, reason="no need", now=NOW)
