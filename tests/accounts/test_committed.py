"""The way in and out with real commits, where nested transactions would show."""

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.contrib.sessions.models import Session

from audit.kinds import Kind
from tests.audited import broken_log, events_of, recorded
from tests.cast import PASSWORD, Cast, client_at_rules, client_for, new_client


def test_a_day_of_one_person(committed_db: None, cast: Cast) -> None:
    client = client_for(cast.manager)
    with recorded() as events:
        client.post(f"/admin/accounts/user/{cast.investigator.pk}/suspend/", {"reason": "left"})
        new = "quite-another-phrase"
        client.post(
            "/accounts/password/change/",
            {"oldpassword": PASSWORD, "password1": new, "password2": new},
        )
        client.post("/accounts/logout/")
    assert [event.kind for event in events] == [
        Kind.ADMIN_CHANGED,
        Kind.CREDENTIAL_CHANGED,
        Kind.SESSION_LOGOUT,
    ]


def test_enrolling_a_second_factor_and_using_it(committed_db: None, cast: Cast) -> None:  # ACC-7
    client = client_for(cast.investigator)
    page = "/accounts/2fa/totp/activate/"
    asked = client.get(page)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    client.post(asked["Location"], {"password": PASSWORD})
    assert client.get(page).status_code == 200
    secret = client.session["mfa.totp.secret"]
    code = format_hotp_value(hotp_value(secret, next(iter(counters()))))
    with recorded() as events:
        assert client.post(page, {"code": code}).status_code == 302
    assert {event.kind for event in events} == {Kind.CREDENTIAL_MFA_ENROLLED}
    assert client.get("/accounts/2fa/").status_code == 200
    again = new_client().post("/accounts/login/", {"login": "investigator", "password": PASSWORD})
    assert again["Location"] == "/accounts/2fa/authenticate/"


def test_no_second_factor_without_its_event(committed_db: None, cast: Cast) -> None:
    client = client_for(cast.investigator)
    page = "/accounts/2fa/totp/activate/"
    client.post(client.get(page)["Location"], {"password": PASSWORD})
    client.get(page)
    code = format_hotp_value(hotp_value(client.session["mfa.totp.secret"], next(iter(counters()))))
    with broken_log():
        assert client.post(page, {"code": code}).status_code == 503
    again = new_client().post("/accounts/login/", {"login": "investigator", "password": PASSWORD})
    assert again["Location"] == "/accounts/rules/"


def test_a_log_on_that_cannot_be_recorded_leaves_no_session_behind(
    committed_db: None, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_at_rules(cast.investigator)
    before = {row.session_key: row.session_data for row in Session.objects.all()}
    monkeypatch.setattr("accounts.services.rules.accept_rules", lambda **_: None)
    with broken_log():
        client.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
    assert {row.session_key: row.session_data for row in Session.objects.all()} == before
    assert events_of(Kind.SESSION_LOGIN, actor=cast.investigator.pk) == []
