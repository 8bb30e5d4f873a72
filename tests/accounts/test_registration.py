"""Registering by key: once, in time, by whom it was made for (ACC-1, ACC-5)."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts.models import (
    AccessRequest,
    AccessRequestState,
    RegistrationKey,
    SecurityAnswer,
    User,
)
from accounts.services import registration
from accounts.services.access import (
    KEY_LASTS,
    find_key_to_send,
    hash_of,
    send_key,
    send_user_key,
    withdraw_request,
)
from accounts.services.people import reinstate_user, suspend_user
from accounts.services.registration import KeyRefused
from audit.kinds import Kind
from audit.models import Event
from lprsvc.lib.errors import InvalidInput
from tests.accounts.access_world import (
    ANSWERS,
    CHOSEN,
    LATER,
    NORA,
    approved,
    at_once,
    mail,
    open_key,
    use,
)
from tests.audited import assert_audited, recorded
from tests.cast import NOW, PASSWORD, Cast, client_for, new_client

_PAGE = "/accounts/register/"


def _key(cast: Cast, *, now: datetime = NOW) -> str:
    """The key in Nora's mail."""
    return mail(open_key(approved(cast)), now=now)


def _posted(key: str, **changes: str) -> dict[str, str]:
    """What Nora's browser sends."""
    data = {
        "email": NORA.email,
        "key": key,
        "username": "nora.ek",
        "password1": CHOSEN,
        "password2": CHOSEN,
    }
    for number, (question, answer) in enumerate(ANSWERS, start=1):
        data |= {f"question_{number}": question, f"answer_{number}": answer}
    return data | changes


# --- a key that works -----------------------------------------------------------------------------


def test_registering_makes_the_account_that_was_approved(cast: Cast) -> None:
    user = use(_key(cast))
    user.refresh_from_db()
    assert (user.username, user.email, user.full_name) == ("nora.ek", NORA.email, "Nora Ek")
    assert (user.roles, user.aor, user.component) == (["investigator"], cast.new_york, cast.ero)
    assert (user.supervisor, user.agency) == (cast.supervisor, cast.agency)
    assert user.check_password(CHOSEN)
    assert SecurityAnswer.objects.filter(user=user).count() == 3
    request = AccessRequest.objects.get()
    assert (request.state, request.user) == (AccessRequestState.REGISTERED, user)


def test_registering_is_audited_without_a_secret(cast: Cast) -> None:
    key = _key(cast)
    events = assert_audited(
        lambda: use(key), Kind.ADMIN_CREATED, Kind.ADMIN_CHANGED, Kind.CREDENTIAL_REGISTERED
    )
    user = User.objects.get(username="nora.ek")
    assert {event.actor for event in events} == {f"user:{user.pk}"}
    assert {event.log_id for event in events} == {cast.agency.log_id}
    written = json.dumps([event.fields for event in Event.objects.all()])
    for secret in (key, key.replace("-", ""), hash_of(key), CHOSEN, "said one"):
        assert secret not in written


@pytest.mark.parametrize("typed", [str.lower, lambda key: key.replace("-", " "), lambda key: (
    f"  {key.replace('0', 'o').replace('1', 'l')}\n")])  # fmt: skip
def test_a_key_may_be_typed_as_people_type(cast: Cast, typed: Callable[[str], str]) -> None:
    assert use(typed(_key(cast)), email=NORA.email.upper()).username == "nora.ek"


def test_faults_in_what_was_chosen_are_told_together_and_leave_the_key(cast: Cast) -> None:
    key = _key(cast)
    with recorded() as events, pytest.raises(InvalidInput) as raised:
        use(key, username="no", password="short", answers=[ANSWERS[0]] * 3)
    assert {"username", "password", "question_2"} <= set(raised.value.errors)
    assert [event.kind for event in events] == [Kind.CREDENTIAL_REGISTRATION_REFUSED]
    assert not User.objects.filter(full_name="Nora Ek").exists()
    assert use(key).username == "nora.ek"


def test_a_user_name_that_is_taken(cast: Cast) -> None:
    key = _key(cast)
    for taken in ("investigator", " INVESTIGATOR ", "suspended"):
        with pytest.raises(InvalidInput, match="taken"):
            use(key, username=taken)


@pytest.mark.parametrize("username", ["", "a b", "né", "x\0y", "<b>", "a" * 61, "-ab"])
def test_a_hostile_user_name(cast: Cast, username: str) -> None:
    with pytest.raises(InvalidInput, match="username"):
        use(_key(cast), username=username)


# --- a key that does not --------------------------------------------------------------------------


def _used(cast: Cast) -> tuple[str, str]:
    key = _key(cast)
    use(key)
    return key, NORA.email


def _revoked_by_another(cast: Cast) -> tuple[str, str]:
    request = approved(cast)
    key = mail(open_key(request))
    send_key(actor=cast.manager.person, request=request, reason="lost", now=NOW)
    return key, NORA.email


def _withdrawn(cast: Cast) -> tuple[str, str]:
    request = approved(cast)
    key = mail(open_key(request))
    withdraw_request(actor=cast.manager.person, request=request, reason="left", now=NOW)
    return key, NORA.email


def _expired(cast: Cast) -> tuple[str, str]:
    return mail(open_key(approved(cast)), now=LATER - KEY_LASTS), NORA.email


def _replaced_by_the_repeat(cast: Cast) -> tuple[str, str]:
    key = open_key(approved(cast))
    first = mail(key)
    mail(key)
    return first, NORA.email


def _anothers(cast: Cast) -> tuple[str, str]:
    return _key(cast), cast.colleague.email


def _guessed(cast: Cast) -> tuple[str, str]:
    _key(cast)
    return "0" * 26, NORA.email


def _never_mailed(cast: Cast) -> tuple[str, str]:
    approved(cast)
    return "", NORA.email


def _suspended(cast: Cast) -> tuple[str, str]:
    person = cast.manager.person
    send_user_key(actor=person, user=cast.investigator, reason="forgot", now=NOW)
    key = mail(open_key(user=cast.investigator))
    suspend_user(actor=person, user=cast.investigator, reason="left", now=NOW)
    reinstate_user(actor=person, user=cast.investigator, reason="back", now=NOW)
    return key, cast.investigator.email


BAD_KEYS = [
    (_used, "key_used"),
    (_revoked_by_another, "key_revoked"),
    (_withdrawn, "key_revoked"),
    (_expired, "key_expired"),
    (_replaced_by_the_repeat, "key_unknown"),
    (_anothers, "key_of_somebody_else"),
    (_guessed, "key_unknown"),
    (_never_mailed, "key_unknown"),
    (_suspended, "key_revoked"),
]


@pytest.mark.parametrize(("make", "cause"), BAD_KEYS)
def test_a_bad_key_opens_nothing_and_the_log_says_why(
    cast: Cast, make: Callable[[Cast], tuple[str, str]], cause: str
) -> None:
    key, email = make(cast)
    users = User.objects.count()
    with recorded() as events, pytest.raises(KeyRefused) as raised:
        use(key, email=email, username="somebody")
    assert raised.value.message == KeyRefused("x").message
    [event] = events
    assert (event.kind, event.outcome) == (Kind.CREDENTIAL_REGISTRATION_REFUSED, "refused")
    assert event.fields["outcome_code"] == cause
    assert User.objects.count() == users


@pytest.mark.parametrize(("make", "cause"), BAD_KEYS)
def test_a_bad_key_is_answered_by_the_same_page(
    cast: Cast, make: Callable[[Cast], tuple[str, str]], cause: str
) -> None:
    key, email = make(cast)
    pages = []
    for typed in (key or "X", "0123456789ABCDEFGHJKMNPQRS"):
        page = new_client().post(_PAGE, _posted(typed, email=email, username="investigator"))
        assert page.status_code == 422
        pages.append(_without_what_was_typed(page.content.decode(), typed))
    assert pages[0] == pages[1]
    assert KeyRefused("x").message[:40] in pages[0]


def _without_what_was_typed(page: str, typed: str) -> str:
    lines = (line for line in page.replace(typed, "").splitlines() if "csrf" not in line.lower())
    return "\n".join(lines)


def test_a_key_is_no_longer_good_at_the_end_of_the_seventh_day(cast: Cast) -> None:
    key = _key(cast)
    with pytest.raises(KeyRefused):
        use(key, now=NOW + KEY_LASTS)
    assert use(key, now=NOW + KEY_LASTS - timedelta(seconds=1)).username == "nora.ek"


def test_a_key_that_was_revoked_is_not_mailed(cast: Cast) -> None:
    request = approved(cast)
    key = open_key(request)
    withdraw_request(actor=cast.manager.person, request=request, reason="left", now=NOW)
    assert find_key_to_send(str(key.pk)) is None


def test_a_key_whose_holder_was_closed_by_hand_opens_nothing(cast: Cast) -> None:
    key = _key(cast)
    AccessRequest.objects.update(state=AccessRequestState.REFUSED)
    with pytest.raises(KeyRefused):
        use(key)
    send_user_key(actor=cast.manager.person, user=cast.investigator, reason="forgot", now=NOW)
    key = mail(open_key(user=cast.investigator))
    User.objects.filter(pk=cast.investigator.pk).update(is_active=False)
    with pytest.raises(KeyRefused):
        use(key, email=cast.investigator.email, username="investigator")


def test_what_else_the_database_refuses_is_no_taken_user_name(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise IntegrityError("something else")

    key = _key(cast)
    monkeypatch.setattr(registration, "write_password", lambda *_, **__: refuse())
    with pytest.raises(IntegrityError):
        use(key)


def test_hash_is_of_what_counts_and_stands_for_the_key(cast: Cast) -> None:
    key = _key(cast)
    row = RegistrationKey.objects.get()
    assert row.key_hash == hashlib.sha256(key.replace("-", "").encode()).hexdigest()
    assert len(hash_of("\ud800\0")) == 64


# --- an account that is there already -------------------------------------------------------------


def test_a_key_renews_an_account_and_ends_its_sessions(cast: Cast) -> None:
    client = client_for(cast.investigator)
    send_user_key(actor=cast.manager.person, user=cast.investigator, reason="forgot", now=NOW)
    key = mail(open_key(user=cast.investigator))
    assert client.get("/").status_code == 200  # until it is used everything stays
    [event] = assert_audited(
        lambda: use(key, email=cast.investigator.email, username="Investigator"),
        Kind.CREDENTIAL_REGISTERED,
    )
    assert event.fields["account_is_new"] is False
    cast.investigator.refresh_from_db()
    assert cast.investigator.check_password(CHOSEN)
    assert not cast.investigator.check_password(PASSWORD)
    assert client.get("/").status_code == 302


def test_a_renewed_account_keeps_its_user_name(cast: Cast) -> None:
    send_user_key(actor=cast.manager.person, user=cast.investigator, reason="forgot", now=NOW)
    key = mail(open_key(user=cast.investigator))
    with pytest.raises(InvalidInput, match="does not change"):
        use(key, email=cast.investigator.email, username="another")


# --- the page -------------------------------------------------------------------------------------


def test_registering_on_the_page_and_logging_on(cast: Cast) -> None:
    key = _key(cast, now=datetime.now(UTC))
    client = new_client()
    shown = client.get(_PAGE)
    assert shown.status_code == 200
    assert "no-cache" in shown["Cache-Control"]
    done = client.post(_PAGE, _posted(key))
    assert (done.status_code, done["Location"]) == (302, "/accounts/login/")
    assert "_auth_user_id" not in client.session
    logged = client.post("/accounts/login/", {"login": "nora.ek", "password": CHOSEN})
    assert logged["Location"] == "/accounts/rules/"


def test_the_page_shows_faults_beside_their_fields(cast: Cast) -> None:
    key = _key(cast, now=datetime.now(UTC))
    client = new_client()
    page = client.post(_PAGE, _posted(key, username="investigator", password2="other"))
    assert page.status_code == 422
    page = client.post(_PAGE, _posted(key, username="investigator"))
    assert "taken" in page.content.decode()
    assert CHOSEN not in page.content.decode()
    empty = client.post(_PAGE, {"key": ""})
    assert empty.content.decode().count("This field is required") >= 5


def test_guessing_is_slowed_down(cast: Cast) -> None:
    client = new_client()
    answers = [client.post(_PAGE, _posted("0" * 26)).status_code for _ in range(31)]
    assert answers == [422] * 30 + [429]
    assert Client(REMOTE_ADDR="10.99.0.1").post(_PAGE, _posted("0" * 26)).status_code == 422


# --- races ----------------------------------------------------------------------------------------


def test_a_key_used_twice_at_once_makes_one_account(committed_db: None, cast: Cast) -> None:
    key = _key(cast)
    raised = at_once(lambda: use(key, username="nora-1"), lambda: use(key, username="nora-2"))
    [refused] = [error for error in raised if error is not None]
    assert isinstance(refused, KeyRefused)
    assert User.objects.filter(full_name="Nora Ek").count() == 1


def test_one_user_name_chosen_twice_at_once(committed_db: None, cast: Cast) -> None:
    first, second = _key(cast), _key(cast)
    raised = at_once(lambda: use(first), lambda: use(second))
    [refused] = [error for error in raised if error is not None]
    assert isinstance(refused, InvalidInput)
    assert "taken" in refused.message
    assert User.objects.filter(username="nora.ek").count() == 1
    assert AccessRequest.objects.filter(state=AccessRequestState.REGISTERED).count() == 1


def test_registering_while_the_manager_withdraws(committed_db: None, cast: Cast) -> None:
    request = approved(cast)
    key = mail(open_key(request))
    raised = at_once(
        lambda: use(key),
        lambda: withdraw_request(
            actor=cast.manager.person, request=request, reason="left", now=NOW
        ),
    )
    assert len([error for error in raised if error is not None]) == 1
    request.refresh_from_db()
    made = User.objects.filter(username="nora.ek").exists()
    assert made == (request.state == AccessRequestState.REGISTERED)
