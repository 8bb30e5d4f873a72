"""Entering and withdrawing rules in the admin: what they bring about is said first (ING-6)."""

from datetime import timedelta
from typing import Any

import pytest

from ingest.models import JurisdictionRule
from ingest.services.coverage import roll_up
from tests.cast import Cast, client_for
from tests.harness.database import AsRole
from tests.ingest.feed import NOW, Feed, payload
from tests.ingest.jurisdictions import enter, withdraw_all

NEW = "/admin/ingest/jurisdictionrule/new/"


def form(**changes: Any) -> dict[str, Any]:
    return {
        "states": ["US-PA"],
        "county": "",
        "is_lawful": "yes",
        "retention_days": "30",
        "citation": "75 Pa. C.S.",
        "valid_from": "2021-01-01",
        "reason": "the law has changed",
    } | changes


@pytest.fixture
def held(feed: Feed, as_role: AsRole) -> None:
    """Three reads that are over by a month's rule, of two cameras, and one that is not."""
    old, young = NOW - timedelta(days=40), NOW - timedelta(days=5)
    mobile = {"camera": "MOBILE", "latitude": 40.4406, "longitude": -79.9959}
    feed.store(
        payload(captured_at=old.isoformat()),
        payload(captured_at=(old - timedelta(days=1)).isoformat()),
        payload(captured_at=old.isoformat(), **mobile),
        payload(captured_at=young.isoformat()),
    )
    with as_role("lpr_worker"):
        roll_up()


def test_what_will_be_erased_is_said_before_it_is_confirmed(held: None, cast: Cast) -> None:
    client, before = client_for(cast.vendor), JurisdictionRule.objects.count()
    shown = client.post(NEW, form()).content.decode()
    assert "Up to 3 reads of 2 cameras in Pennsylvania will be erased tonight" in shown
    assert "ABC" not in shown
    assert "Confirm: enter a rule" in shown
    assert JurisdictionRule.objects.count() == before
    done = client.post(NEW, form(confirmed="1"))
    assert done.status_code == 302
    assert JurisdictionRule.objects.count() == before + 1


def test_rule_that_erases_nothing_says_so(held: None, cast: Cast) -> None:
    shown = client_for(cast.vendor).post(NEW, form(retention_days="300")).content.decode()
    assert "nothing is erased tonight" in shown


def test_unlawful_state_loses_everything(held: None, cast: Cast) -> None:
    sent = form(is_lawful="no", retention_days="")
    shown = client_for(cast.vendor).post(NEW, sent).content.decode()
    assert "Pennsylvania: every read made there is refused from now on" in shown
    assert "Up to 4 reads of 2 cameras" in shown


def test_rule_to_come_says_when(held: None, cast: Cast) -> None:
    day = (NOW + timedelta(days=9)).date()
    sent = form(valid_from=day.isoformat())
    shown = client_for(cast.vendor).post(NEW, sent).content.decode()
    assert f"Nothing of Pennsylvania is erased by this rule before {day}" in shown


def test_fault_is_named_beside_its_field_and_nothing_is_previewed(held: None, cast: Cast) -> None:
    answer = client_for(cast.vendor).post(NEW, form(county="Nowhere"))
    assert answer.status_code == 422
    assert "Pennsylvania has no county “Nowhere”" in answer.content.decode()


def test_withdrawal_says_what_holds_then(held: None, cast: Cast) -> None:
    client, rule = client_for(cast.vendor), enter(retention_days=300)
    address = f"/admin/ingest/jurisdictionrule/{rule.pk}/withdraw/"
    assert "holds again" in client.post(address, {"reason": "entered twice"}).content.decode()
    client.post(address, {"reason": "entered twice", "confirmed": "1"})
    rule.refresh_from_db()
    assert rule.withdrawn_at is not None


def test_withdrawal_of_the_last_rule_warns(held: None, cast: Cast) -> None:
    withdraw_all()
    rule = enter(retention_days=300)
    address = f"/admin/ingest/jurisdictionrule/{rule.pk}/withdraw/"
    shown = client_for(cast.vendor).post(address, {"reason": "x"}).content.decode()
    assert "every read made there is refused" in shown
    assert "is not erased" in shown
