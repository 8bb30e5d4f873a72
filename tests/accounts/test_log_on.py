"""Logging on and out: what opens, what does not, and that each step is recorded (ACC-1, AUD-1)."""

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from audit.actors import VENDOR_LOG_ID
from audit.kinds import Kind
from audit.models import Event
from tests.audited import broken_log, events_of, recorded
from tests.cast import PASSWORD, Cast, client_at_rules, client_for, new_client

_TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def _try(client: Client, login: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/accounts/login/", {"login": login, "password": password, **more})


def _text(response: Any) -> str:
    """A page without what differs on every page."""
    return re.sub(r'(?<=")[A-Za-z0-9]{64}(?=")|value="[^"]*"', "", response.content.decode())


# --- getting in -----------------------------------------------------------------------------------


def test_log_on_opens_the_first_page(cast: Cast) -> None:
    assert client_for(cast.investigator).get("/").status_code == 200


@pytest.mark.parametrize("who", ["supervisor", "manager", "auditor", "vendor", "other"])
def test_log_on_is_the_same_for_everybody(cast: Cast, who: str) -> None:
    assert client_for(cast.everybody[who]).get("/").status_code == 200


def test_log_on_takes_the_user_name_in_any_case(cast: Cast) -> None:
    assert _try(new_client(), " InVestigator ").status_code == 302


def test_log_on_is_recorded_with_method_and_session(cast: Cast) -> None:
    client_for(cast.investigator)
    [event] = events_of(Kind.SESSION_LOGIN, actor=cast.investigator.pk)
    assert event.log_id == cast.agency.log_id
    assert event.fields["method"] == "password"
    assert event.fields["second_factor"] is None
    assert event.fields["auth"] == "password"
    assert event.fields["ip"].startswith("10.")
    assert event.fields["client"] == "web test browser"
    assert re.fullmatch("[0-9a-f]{16}", event.fields["session"])


def test_events_of_one_session_share_its_label_and_never_its_key(cast: Cast) -> None:
    client = client_for(cast.investigator)
    client.get("/admin/")
    [login] = events_of(Kind.SESSION_LOGIN, actor=cast.investigator.pk)
    [refusal] = events_of(Kind.ACCESS_REFUSED, actor=cast.investigator.pk)
    assert login.fields["session"] == refusal.fields["session"]
    key = client.session.session_key
    assert key
    assert not [event for event in Event.objects.all() if key in json.dumps(event.fields)]


def test_session_key_changes_at_log_on(cast: Cast) -> None:
    client = client_at_rules(cast.investigator)
    before = client.session.session_key
    client.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
    assert client.session.session_key != before


def test_log_on_sets_last_login_and_writes_no_history(cast: Cast) -> None:
    rows = cast.investigator.history.count()
    client_for(cast.investigator)
    cast.investigator.refresh_from_db()
    assert cast.investigator.last_login is not None
    assert cast.investigator.history.count() == rows


def test_log_on_goes_where_the_person_was_going(cast: Cast) -> None:
    client = new_client()
    asked = client.get("/rules/")
    assert asked["Location"] == "/accounts/login/?next=/rules/"
    _try(client, "investigator", next="/rules/")
    done = client.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
    assert done["Location"] == "/rules/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:1"])
def test_log_on_never_leads_elsewhere(cast: Cast, target: str) -> None:
    client = new_client()
    _try(client, "investigator", next=target)
    done = client.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
    assert done["Location"] == "/"


def test_log_on_needs_the_forms_own_token(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True, REMOTE_ADDR="10.200.0.1")
    assert _try(client, "investigator").status_code == 403


def test_every_page_of_a_person_finds_them_in_one_query(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_for(cast.investigator)
    # The session, and the user with agency, component and AOR; this page asks nothing of its own.
    with django_assert_num_queries(2):
        assert client.get("/help/").status_code == 200


# --- staying out ----------------------------------------------------------------------------------


def test_wrong_password_is_recorded_in_the_accounts_own_log(cast: Cast) -> None:
    with recorded() as events:
        assert _try(new_client(), "investigator", "not the password").status_code == 200
    [event] = events
    assert (event.kind, event.outcome) == (Kind.SESSION_LOGIN_FAILED, "failed")
    assert event.actor == cast.investigator.person.id
    assert event.log_id == cast.agency.log_id
    assert "not the password" not in json.dumps(event.fields)


def test_unknown_user_is_recorded_without_what_was_typed(cast: Cast) -> None:
    # People type their password into the field above it.
    with recorded() as events:
        _try(new_client(), PASSWORD, "whatever")
    [event] = events
    assert event.kind == Kind.SESSION_LOGIN_FAILED
    assert event.actor == "nobody"
    assert event.log_id == VENDOR_LOG_ID
    assert PASSWORD not in json.dumps(event.fields)
    assert "whatever" not in json.dumps(event.fields)


def test_unknown_and_known_users_look_alike(cast: Cast) -> None:
    known, unknown = new_client(), new_client()
    for _ in range(7):  # past the point where both are locked
        first = _try(known, "investigator", "wrong password here")
        second = _try(unknown, "nobody-at-all", "wrong password here")
        assert (first.status_code, _text(first)) == (second.status_code, _text(second))


def test_suspended_person_stays_out_with_the_right_password(cast: Cast) -> None:
    client = new_client()
    with recorded() as events:
        response = _try(client, "suspended")
    assert response["Location"] == "/accounts/inactive/"
    assert client.get("/accounts/inactive/").status_code == 200
    assert client.get("/accounts/rules/")["Location"] == "/accounts/login/"
    [event] = events
    assert event.fields["outcome_code"] == "suspended"


def test_suspended_person_with_a_wrong_password_looks_like_anybody(cast: Cast) -> None:
    first = _try(new_client(), "suspended", "wrong password here")
    second = _try(new_client(), "investigator", "wrong password here")
    assert _text(first) == _text(second)


def test_five_failures_lock_even_the_right_password_out(cast: Cast) -> None:
    for _ in range(5):
        _try(new_client(), "investigator", "wrong password here")
    client = new_client()
    with recorded() as events:
        response = _try(client, "investigator")
    assert response.status_code == 200
    assert "Too many failed attempts" in response.content.decode()
    [event] = events
    assert (event.kind, event.outcome) == (Kind.SESSION_LOCKED, "refused")
    assert event.actor == cast.investigator.person.id
    assert client.get("/accounts/rules/").status_code == 302
    # Another account is not concerned.
    assert _try(new_client(), "colleague").status_code == 302


def test_failures_count_by_account_whatever_host_was_asked(cast: Cast) -> None:  # ACC-11
    for port in range(5):
        new_client().post(
            "/accounts/login/",
            {"login": "investigator", "password": "wrong password here"},
            headers={"Host": f"localhost:{1000 + port}"},
        )
    assert "Too many failed attempts" in _try(new_client(), "investigator").content.decode()


def test_an_office_behind_one_address_is_not_locked_out_by_a_few(cast: Cast) -> None:
    client = new_client()
    for number in range(30):
        _try(client, f"somebody-{number}", "wrong password here")
    assert _try(client, "investigator")["Location"] == "/accounts/rules/"


@pytest.mark.parametrize(
    "login",
    ["", "x" * 100_000, "\0", "inv\0estigator", "'; DROP TABLE--", "İnvestigator", "%", "🙂"],
)
def test_hostile_user_names_are_only_wrong(cast: Cast, login: str) -> None:
    client = new_client()
    response = _try(client, login)
    assert response.status_code == 200
    assert client.get("/accounts/rules/").status_code == 302


@pytest.mark.parametrize("password", ["", "\0", PASSWORD + "\0", PASSWORD + " ", "x" * 1_000_000])
def test_hostile_passwords_are_only_wrong(cast: Cast, password: str) -> None:
    client = new_client()
    response = _try(client, "investigator", password)
    assert response.status_code == 200
    assert client.get("/accounts/rules/").status_code == 302


def test_log_on_form_has_no_remember_me(cast: Cast) -> None:  # ACC-2
    page = new_client().get("/accounts/login/").content.decode()
    assert "remember" not in page.lower()


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/signup/",
        "/accounts/email/",
        "/accounts/confirm-email/",
        "/accounts/password/reset/",
        "/accounts/password/set/",
        "/accounts/login/code/",
        "/accounts/login/code/confirm/",
        "/accounts/phone/verify/",
        "/accounts/",
    ],
)
def test_allauths_other_pages_do_not_exist(cast: Cast, address: str) -> None:
    for client in (new_client(), client_for(cast.investigator)):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404


# --- no event, no act -----------------------------------------------------------------------------


def test_no_log_on_when_it_cannot_be_recorded(cast: Cast) -> None:
    client = client_at_rules(cast.investigator)
    with broken_log():
        assert client.get("/accounts/rules/").status_code == 503
        response = client.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
        assert response.status_code == 503
    assert client.get("/").status_code == 302
    assert client.get("/accounts/rules/").status_code == 200


def test_no_session_when_only_its_own_event_cannot_be_recorded(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_at_rules(cast.investigator)
    with monkeypatch.context() as patch:

        def accepted_only(**_: Any) -> None:
            """The affirmation was recorded a moment before; now the log breaks."""

        patch.setattr("accounts.services.rules.accept_rules", accepted_only)
        with broken_log():
            response = client.post(
                "/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk}
            )
    assert response.status_code == 503
    assert "_auth_user_id" not in client.session
    cast.investigator.refresh_from_db()
    assert cast.investigator.last_login is None
    # Nothing is lost: the log-on still waits for the rules.
    done = client.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
    assert done["Location"] == "/"


def test_no_answer_to_a_wrong_password_that_cannot_be_recorded(cast: Cast) -> None:
    with broken_log():
        assert _try(new_client(), "investigator", "wrong password here").status_code == 503
        assert _try(new_client(), "nobody-at-all", "wrong password here").status_code == 503


# --- getting out ----------------------------------------------------------------------------------


def test_log_out_ends_the_session_and_is_recorded(cast: Cast) -> None:
    client = client_for(cast.investigator)
    key = client.session.session_key
    assert client.get("/accounts/logout/").status_code == 200  # asks; ends nothing
    with recorded() as events:
        assert client.post("/accounts/logout/").status_code == 302
    [event] = events
    assert (event.kind, event.fields["cause"]) == (Kind.SESSION_LOGOUT, "asked")
    assert client.get("/").status_code == 302
    assert client.session.session_key != key


def test_no_log_out_when_it_cannot_be_recorded(cast: Cast) -> None:
    client = client_for(cast.investigator)
    with broken_log():
        assert client.post("/accounts/logout/").status_code == 503
    assert client.get("/").status_code == 200


# --- one's own credentials ------------------------------------------------------------------------


def test_password_change_is_recorded_and_ends_other_sessions(cast: Cast) -> None:
    client, elsewhere = client_for(cast.investigator), client_for(cast.investigator)
    rows = cast.investigator.history.count()
    new = "quite-another-phrase"
    with recorded() as events:
        response = client.post(
            "/accounts/password/change/",
            {"oldpassword": PASSWORD, "password1": new, "password2": new},
        )
    assert response.status_code == 302
    [event] = events
    assert (event.kind, event.fields["what"]) == (Kind.CREDENTIAL_CHANGED, "password")
    assert cast.investigator.history.count() == rows
    assert client.get("/").status_code == 200
    with recorded() as ended:
        assert elsewhere.get("/").status_code == 302
    assert [(event.kind, event.fields["cause"]) for event in ended] == [
        (Kind.SESSION_LOGOUT, "revoked")
    ]
    assert User.objects.get(pk=cast.investigator.pk).check_password(new)


def test_password_change_ends_a_log_on_that_waits_for_the_rules(cast: Cast) -> None:
    waiting, client = client_at_rules(cast.investigator), client_for(cast.investigator)
    new = "quite-another-phrase"
    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    done = waiting.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
    assert done["Location"] == "/accounts/login/"
    assert waiting.get("/").status_code == 302
    [event] = events_of(Kind.SESSION_LOGIN_FAILED, actor=cast.investigator.pk)
    assert event.fields["outcome_code"] == "outdated"


def test_guesses_at_the_present_password_are_recorded_and_counted(cast: Cast) -> None:
    client = client_for(cast.investigator)
    new = {"password1": "quite-another-phrase", "password2": "quite-another-phrase"}
    with recorded() as events:
        page = client.post("/accounts/password/change/", {"oldpassword": "wrong here"} | new)
    assert "This is not your present password" in page.content.decode()
    assert [event.kind for event in events] == [Kind.SESSION_LOGIN_FAILED]
    for _ in range(4):
        client.post("/accounts/password/change/", {"oldpassword": "wrong here"} | new)
    assert "Too many failed attempts" in _try(new_client(), "investigator").content.decode()
    assert User.objects.get(pk=cast.investigator.pk).check_password(PASSWORD)


def test_no_password_change_that_cannot_be_recorded(cast: Cast) -> None:
    client = client_for(cast.investigator)
    new = "quite-another-phrase"
    with broken_log():
        response = client.post(
            "/accounts/password/change/",
            {"oldpassword": PASSWORD, "password1": new, "password2": new},
        )
    assert response.status_code == 503
    assert User.objects.get(pk=cast.investigator.pk).check_password(PASSWORD)


def test_second_factor_comes_before_the_rules_and_is_recorded(cast: Cast) -> None:  # ACC-7
    TOTP.activate(cast.investigator, _TOTP_SECRET)
    client = new_client()
    assert _try(client, "investigator")["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/accounts/rules/").status_code == 302
    assert client.get("/accounts/2fa/authenticate/").status_code == 200
    code = format_hotp_value(hotp_value(_TOTP_SECRET, next(iter(counters()))))
    assert (
        client.post("/accounts/2fa/authenticate/", {"code": code})["Location"] == "/accounts/rules/"
    )
    client.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
    [event] = events_of(Kind.SESSION_LOGIN, actor=cast.investigator.pk)
    assert event.fields["second_factor"] == "totp"
    assert event.fields["auth"] == "password+totp"


def test_wrong_code_is_recorded(cast: Cast) -> None:
    TOTP.activate(cast.investigator, _TOTP_SECRET)
    client = new_client()
    _try(client, "investigator")
    with recorded() as events:
        assert client.post("/accounts/2fa/authenticate/", {"code": "no"}).status_code == 200
    assert [event.kind for event in events] == [Kind.CREDENTIAL_MFA_FAILED]


def test_second_factors_coming_and_going_are_recorded(cast: Cast) -> None:
    with recorded() as events:
        TOTP.activate(cast.investigator, _TOTP_SECRET)
        Authenticator.objects.filter(user=cast.investigator).delete()
    assert [event.kind for event in events] == [
        Kind.CREDENTIAL_MFA_ENROLLED,
        Kind.CREDENTIAL_CHANGED,
    ]
    assert _TOTP_SECRET not in json.dumps([event.fields for event in events])


def test_second_factors_are_encrypted_at_rest(cast: Cast) -> None:
    TOTP.activate(cast.investigator, _TOTP_SECRET)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        [(stored,)] = cursor.fetchall()
    assert _TOTP_SECRET not in stored


def test_session_cookie_ends_with_the_browser(cast: Cast) -> None:  # ACC-2
    client = client_for(cast.investigator)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["expires"] == ""
    assert cookie["max-age"] == ""
    assert cookie["httponly"]
