"""Sessions end: after 30 idle minutes, after 12 hours, and with the account (ACC-2)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.services.people import reinstate_user, suspend_user
from audit.kinds import Kind
from tests.audited import broken_log, recorded
from tests.cast import NOW, Cast, client_at_rules, client_for

Move = Callable[[timedelta], None]


@pytest.fixture
def move_clock(monkeypatch: pytest.MonkeyPatch) -> Move:
    """`move_clock(by)`: the service's clock goes on by so much."""
    ahead = timedelta()
    real = timezone.now

    def now() -> datetime:
        return real() + ahead

    def move(by: timedelta) -> None:
        nonlocal ahead
        ahead += by

    monkeypatch.setattr(timezone, "now", now)
    return move


def test_session_lives_through_29_idle_minutes(cast: Cast, move_clock: Move) -> None:
    client = client_for(cast.investigator)
    for _ in range(4):
        move_clock(timedelta(minutes=29))
        assert client.get("/").status_code == 200


def test_session_ends_after_30_idle_minutes(cast: Cast, move_clock: Move) -> None:
    client = client_for(cast.investigator)
    move_clock(timedelta(minutes=30))
    with recorded() as events:
        assert client.get("/")["Location"].startswith("/accounts/login/")
    [event] = events
    assert event.kind == Kind.SESSION_TIMEOUT
    assert event.actor == cast.investigator.person.id
    assert "_auth_user_id" not in client.session


def test_session_ends_after_12_hours_however_busy(cast: Cast, move_clock: Move) -> None:
    client = client_for(cast.investigator)
    for _ in range(29):
        move_clock(timedelta(minutes=24))
        assert client.get("/").status_code == 200
    move_clock(timedelta(minutes=24))  # 30 × 24 minutes
    with recorded() as events:
        assert client.get("/").status_code == 302
    assert [event.kind for event in events] == [Kind.SESSION_TIMEOUT]


def test_clocks_start_at_log_on_and_not_at_the_first_page(cast: Cast, move_clock: Move) -> None:
    client = client_for(cast.investigator)  # and no page yet
    move_clock(timedelta(minutes=31))
    assert client.get("/").status_code == 302


def test_session_that_is_over_opens_nothing_even_if_that_cannot_be_recorded(
    cast: Cast, move_clock: Move
) -> None:
    client = client_for(cast.investigator)
    move_clock(timedelta(minutes=31))
    with broken_log():
        assert client.get("/").status_code == 503
    assert client.get("/").status_code == 302


def test_session_without_clocks_is_over(cast: Cast) -> None:
    client = client_for(cast.investigator)
    session = client.session
    del session["lprsvc_started"]
    session.save()
    assert client.get("/").status_code == 302


def test_session_of_a_suspended_person_ends_at_the_next_request(cast: Cast) -> None:
    client = client_for(cast.investigator)
    suspend_user(actor=cast.manager.person, user=cast.investigator, reason="left", now=NOW)
    with recorded() as events:
        assert client.get("/").status_code == 302
    [event] = events
    assert (event.kind, event.fields["cause"]) == (Kind.SESSION_LOGOUT, "suspended")
    assert event.actor == cast.investigator.person.id


def test_reinstating_revives_no_session(cast: Cast) -> None:
    client, waiting = client_for(cast.investigator), client_at_rules(cast.investigator)
    suspend_user(actor=cast.manager.person, user=cast.investigator, reason="left", now=NOW)
    reinstate_user(actor=cast.manager.person, user=cast.investigator, reason="back", now=NOW)
    with recorded() as events:
        assert client.get("/").status_code == 302
        answer = {"decision": "affirm", "rules": cast.rules.pk}
        assert waiting.post("/accounts/rules/", answer)["Location"] == "/accounts/login/"
        assert waiting.get("/").status_code == 302
    assert [(event.kind, event.fields.get("cause")) for event in events] == [
        (Kind.SESSION_LOGOUT, "revoked"),
        (Kind.SESSION_RULES_ACCEPTED, None),
        (Kind.SESSION_LOGIN_FAILED, None),
    ]
    assert events[2].fields["outcome_code"] == "outdated"
    assert client_for(cast.investigator).get("/").status_code == 200


def test_reinstating_revives_no_session_that_was_used_meanwhile(cast: Cast) -> None:
    client = client_for(cast.investigator)
    suspend_user(actor=cast.manager.person, user=cast.investigator, reason="left", now=NOW)
    client.get("/")
    reinstate_user(actor=cast.manager.person, user=cast.investigator, reason="back", now=NOW)
    assert client.get("/").status_code == 302


def test_a_persons_pages_are_not_kept_by_the_browser(cast: Cast) -> None:
    assert client_for(cast.investigator).get("/")["Cache-Control"] == "no-store"
