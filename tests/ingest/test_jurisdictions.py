"""Rules of jurisdictions: governed, by the vendor alone, none that only seems to hold (ING-6)."""

from datetime import date, timedelta
from typing import Any

import pytest

from audit.kinds import Kind
from ingest.models import JurisdictionRule
from ingest.services.jurisdictions import enter_rules, withdraw_rule
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from tests.audited import assert_audited, recorded
from tests.cast import Cast
from tests.ingest.feed import ACTOR, NOW, WHY
from tests.ingest.jurisdictions import enter, new_rule, withdraw_all

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def refused(*states: str, **changes: Any) -> dict[str, list[str]]:
    """The faults, by field, that a rule is refused for."""
    with pytest.raises(InvalidInput) as refusal:
        enter(*states, **changes)
    return refusal.value.errors


# ACC-13
def test_rule_and_event_are_entered_together() -> None:
    (event,) = assert_audited(enter, Kind.ADMIN_CREATED)
    assert event.fields["reason"] == WHY
    assert event.fields["after"]["citation"] == "75 Pa. C.S. (for tests)"
    row = JurisdictionRule.objects.get(valid_from=date(2020, 1, 1))
    assert (row.place, row.geoid, row.retention_days) == ("Pennsylvania", 42, 30)
    assert row.history.get().history_change_reason == WHY


def test_rule_is_withdrawn_with_an_event_and_stays_in_the_books() -> None:
    rule = enter()
    (event,) = assert_audited(
        lambda: withdraw_rule(actor=ACTOR, rule=rule, reason="entered twice", now=NOW),
        Kind.ADMIN_CHANGED,
    )
    assert event.fields["before"] == {"withdrawn_at": None}
    rule.refresh_from_db()
    assert rule.withdrawn_at == NOW
    assert [row.history_change_reason for row in rule.history.order_by("history_id")] == [
        WHY, "entered twice",
    ]  # fmt: skip


def test_withdrawn_rule_is_not_withdrawn_again() -> None:
    withdraw_all()
    rule = JurisdictionRule.objects.filter(state="US-PA").get()
    with pytest.raises(PolicyDenied) as refusal:
        withdraw_rule(actor=ACTOR, rule=rule, reason=WHY, now=NOW)
    assert refusal.value.code == "rule_withdrawn"


@pytest.mark.parametrize("act", ["enter", "withdraw"])
def test_only_the_vendor_enters_and_withdraws(cast: Cast, act: str) -> None:
    rule = enter("US-NJ")

    def attempt(actor: Any) -> None:
        if act == "enter":
            enter_rules(actor=actor, new=new_rule(), reason=WHY, now=NOW)
        else:
            withdraw_rule(actor=actor, rule=rule, reason=WHY, now=NOW)

    for part, user in cast.everybody.items():
        if part != "vendor":
            with recorded() as events, pytest.raises(PolicyDenied):
                attempt(user.person)
            assert [(e.kind, e.outcome) for e in events] == [(Kind.ADMIN_REFUSED, "refused")]
    attempt(cast.vendor.person)


def test_several_states_may_have_the_same_rule() -> None:
    new = new_rule("US-PA", "US-NJ", "US-PA")
    with recorded() as events:
        rules = enter_rules(actor=ACTOR, new=new, reason=WHY, now=NOW)
    assert [rule.place for rule in rules] == ["Pennsylvania", "New Jersey"]
    assert [event.kind for event in events] == [Kind.ADMIN_CREATED] * 2


def test_several_states_are_entered_all_or_none() -> None:
    enter("US-NJ")
    before = JurisdictionRule.objects.count()
    assert "New Jersey has a rule" in refused("US-PA", "US-NJ")["valid_from"][0]
    assert JurisdictionRule.objects.count() == before


@pytest.mark.parametrize("county", ["Philadelphia", "philadelphia", "42101", " 42101 "])
def test_county_is_named_or_numbered(county: str) -> None:
    assert enter(county=county, retention_days=5).place == "Philadelphia, Pennsylvania"


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"county": "Philadelfia"}, "county", "Philadelphia"),
        ({"county": "Cook"}, "county", "no county “Cook”"),
        ({"retention_days": None}, "retention_days", "from 1 to 3,660"),
        ({"retention_days": 0}, "retention_days", "from 1 to 3,660"),
        ({"retention_days": 3_661}, "retention_days", "from 1 to 3,660"),
        ({"is_lawful": False, "retention_days": -1}, "retention_days", "from 0 to 3,660"),
        ({"citation": "  "}, "citation", "Say which law"),
        ({"valid_from": date(1899, 12, 31)}, "valid_from", "Enter a day from 1900-01-01"),
        ({"valid_from": TODAY + timedelta(days=2_000)}, "valid_from", "Enter a day from"),
        ({"valid_from": date(1990, 1, 1)}, "valid_from", "withdraw it first"),
        ({"valid_from": date(1980, 1, 1)}, "valid_from", "replaced any that began"),
    ],
)
def test_what_is_wrong_is_named_beside_its_field(
    changes: dict[str, Any], field: str, told: str
) -> None:
    before = JurisdictionRule.objects.count()
    assert told in refused(**changes)[field][0]
    assert JurisdictionRule.objects.count() == before


def test_two_counties_of_one_name_are_told_apart() -> None:
    assert "51159, 51760" in refused("US-VA", county="Richmond")["county"][0]


def test_county_of_two_states_is_refused() -> None:
    assert "Choose one state" in refused("US-PA", "US-NJ", county="Cook")["county"][0]


def test_states_without_counties_have_no_rules() -> None:
    assert "“CA-ON”" in refused("CA-ON")["states"][0]


def test_county_that_is_laxer_than_its_state_is_refused() -> None:
    enter(retention_days=30)
    told = refused(county="Philadelphia", retention_days=30)
    assert "Pennsylvania lets reads be kept for 30 days" in told["retention_days"][0]
    assert enter(county="Philadelphia", retention_days=29).geoid == 42101


def test_county_of_a_state_that_forbids_is_refused() -> None:
    enter(is_lawful=False, retention_days=0)
    assert "forbids collection" in refused(county="Philadelphia")["retention_days"][0]


def test_rule_to_come_may_be_entered_and_corrected() -> None:
    tomorrow = TODAY + timedelta(days=1)
    wrong = enter(valid_from=tomorrow)
    assert "withdraw it first" in refused(valid_from=tomorrow)["valid_from"][0]
    withdraw_rule(actor=ACTOR, rule=wrong, reason=WHY, now=NOW)
    assert enter(valid_from=tomorrow).valid_from == tomorrow


def test_reason_is_asked_for() -> None:
    with pytest.raises(InvalidInput) as refusal:
        enter_rules(actor=ACTOR, new=new_rule(), reason=" ", now=NOW)
    assert "reason" in refusal.value.errors
