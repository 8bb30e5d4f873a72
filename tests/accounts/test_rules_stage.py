"""The rules of behavior at each log-on: nothing else opens until they are affirmed (ACC-3)."""

import hashlib
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.models import RulesOfBehavior
from accounts.services.people import suspend_user
from accounts.services.rules import publish_rules
from audit.kinds import Kind
from tests.audited import events_of, recorded
from tests.cast import NOW, PASSWORD, Cast, client_at_rules, client_for, new_client

_PAGE = "/accounts/rules/"


def _answer(client: Client, rules: RulesOfBehavior, decision: str = "affirm") -> Any:
    return client.post(_PAGE, {"decision": decision, "rules": rules.pk})


def _publish(cast: Cast, text: str) -> RulesOfBehavior:
    return publish_rules(actor=cast.vendor.person, agency=None, text=text, reason="review", now=NOW)


def test_rules_are_shown_and_that_is_recorded(cast: Cast) -> None:
    client = client_at_rules(cast.investigator)
    with recorded() as events:
        page = client.get(_PAGE).content.decode()
    assert "Ask about one plate only for a case." in page
    assert "I affirm" in page
    [event] = events
    assert event.kind == Kind.SESSION_RULES_SHOWN
    assert event.actor == cast.investigator.person.id


def test_nothing_else_opens_before_they_are_affirmed(cast: Cast) -> None:
    client = client_at_rules(cast.investigator)
    for address in ("/", "/rules/", "/queries/new/", "/alerts/", "/log/", "/admin/", "/help/"):
        response = client.get(address)
        assert response.status_code == 302, address
        assert response["Location"].startswith("/accounts/login/"), address
    assert "_auth_user_id" not in client.session


def test_log_on_page_leads_back_to_the_waiting_rules(cast: Cast) -> None:
    client = client_at_rules(cast.investigator)
    assert client.get("/accounts/login/")["Location"] == _PAGE


def test_affirming_logs_on_and_is_recorded_with_version_and_hash(cast: Cast) -> None:
    client = client_at_rules(cast.investigator)
    with recorded() as events:
        assert _answer(client, cast.rules)["Location"] == "/"
    assert [event.kind for event in events] == [Kind.SESSION_RULES_ACCEPTED, Kind.SESSION_LOGIN]
    assert events[0].fields["rules_version"] == 1
    assert events[0].fields["rules_sha256"] == hashlib.sha256(cast.rules.text.encode()).hexdigest()
    assert client.get("/").status_code == 200


def test_they_are_asked_at_each_log_on(cast: Cast) -> None:
    client = client_for(cast.investigator)
    client.post("/accounts/logout/")
    again = client.post(
        "/accounts/login/", {"login": cast.investigator.username, "password": PASSWORD}
    )
    assert again["Location"] == _PAGE
    assert client.get("/").status_code == 302


def test_declining_logs_out_and_is_recorded(cast: Cast) -> None:
    client = client_at_rules(cast.investigator)
    with recorded() as events:
        response = _answer(client, cast.rules, "decline")
    assert response["Location"] == "/accounts/login/"
    assert [event.kind for event in events] == [Kind.SESSION_RULES_DECLINED]
    # The password has to be given again.
    assert client.get(_PAGE)["Location"] == "/accounts/login/"
    assert "You declined" in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"decision": "affirm"},
        {"rules": "1"},
        {"decision": "maybe", "rules": "1"},
        {"decision": "affirm", "rules": "one"},
        {"decision": "affirm", "rules": "-1"},
        {"decision": "affirm", "rules": "9" * 30},
        {"decision": "affirm\0", "rules": "1\0"},
    ],
)
def test_an_answer_that_is_none_asks_again(cast: Cast, answer: dict[str, str]) -> None:
    client = client_at_rules(cast.investigator)
    assert client.post(_PAGE, answer).status_code == 400
    assert "_auth_user_id" not in client.session
    assert events_of(Kind.SESSION_RULES_ACCEPTED) == []


def test_a_version_published_meanwhile_has_to_be_affirmed(cast: Cast) -> None:
    client = client_at_rules(cast.investigator)
    new = _publish(cast, "Twice as strict.")
    with recorded() as events:
        response = _answer(client, cast.rules)
    assert response.status_code == 409
    assert "Twice as strict." in response.content.decode()
    assert [event.kind for event in events] == [Kind.SESSION_RULES_SHOWN]
    assert client.get("/").status_code == 302
    assert _answer(client, new)["Location"] == "/"
    [accepted] = events_of(Kind.SESSION_RULES_ACCEPTED, actor=cast.investigator.pk)
    assert accepted.fields["rules_version"] == 2


def test_an_agencys_own_first_rules_replace_everybodys_of_the_same_number(cast: Cast) -> None:
    client = client_at_rules(cast.investigator)
    own = publish_rules(
        actor=cast.manager.person, agency=cast.agency, text="Ours.", reason="order", now=NOW
    )
    assert own.version == cast.rules.version
    assert _answer(client, cast.rules).status_code == 409


def test_nobody_affirms_another_agencys_rules(cast: Cast) -> None:
    theirs = publish_rules(
        actor=cast.manager.person, agency=cast.agency, text="Ours.", reason="order", now=NOW
    )
    assert _answer(client_at_rules(cast.other), theirs).status_code == 409


def test_no_rules_no_log_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    # Not by deleting them: the service may not.
    monkeypatch.setattr("accounts.services.rules.current_rules_for", lambda _agency_id: None)
    client = client_at_rules(cast.investigator)
    assert client.get(_PAGE).status_code == 503
    assert _answer(client, cast.rules).status_code == 503
    assert client.get("/").status_code == 302


def test_whoever_is_suspended_while_reading_stays_out(cast: Cast) -> None:
    client = client_at_rules(cast.investigator)
    suspend_user(actor=cast.manager.person, user=cast.investigator, reason="left", now=NOW)
    assert _answer(client, cast.rules)["Location"] == "/accounts/inactive/"
    assert client.get("/").status_code == 302
    assert client.get(_PAGE)["Location"] == "/accounts/login/"
    [event] = events_of(Kind.SESSION_LOGIN_FAILED, actor=cast.investigator.pk)
    assert event.fields["outcome_code"] == "suspended"


def test_nobody_gets_there_without_a_password(cast: Cast) -> None:
    client = new_client()
    with recorded() as events:
        assert client.get(_PAGE)["Location"] == "/accounts/login/"
        assert _answer(client, cast.rules)["Location"] == "/accounts/login/"
    assert events == []


def test_whoever_is_logged_on_already_is_sent_on(cast: Cast) -> None:
    client = client_for(cast.investigator)
    assert client.get(_PAGE)["Location"] == "/"
    assert _answer(client, cast.rules, "decline")["Location"] == "/"


def test_a_log_on_left_waiting_ends_after_fifteen_minutes(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_at_rules(cast.investigator)
    session = client.session
    session["account_login"]["initiated_at"] -= 901
    session.save()
    assert _answer(client, cast.rules)["Location"] == "/accounts/login/"
    assert client.get("/").status_code == 302


def test_only_get_and_post(cast: Cast) -> None:
    client = client_at_rules(cast.investigator)
    assert client.put(_PAGE).status_code == 405
    assert client.delete(_PAGE).status_code == 405


def test_the_text_is_one_click_away_on_every_page(cast: Cast) -> None:
    client = client_for(cast.investigator)
    assert 'href="/rules/"' in client.get("/").content.decode()
    page = client.get("/rules/").content.decode()
    assert "Corroborate before you act." in page
    assert client.post("/rules/").status_code == 405


def test_the_text_is_shown_as_text(cast: Cast) -> None:
    _publish(cast, "<script>alert(1)</script>")
    page = client_at_rules(cast.investigator).get(_PAGE).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_the_admin_has_no_log_on_of_its_own(cast: Cast) -> None:
    client = new_client()
    response = client.post("/admin/login/", {"username": "vendor", "password": PASSWORD})
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    assert "_auth_user_id" not in client.session
    assert "admin" in get_resolver().namespace_dict
