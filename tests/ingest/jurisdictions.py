"""Rules of jurisdictions for the tests, in place of those that allow everything."""

from datetime import date
from typing import Any

from ingest.models import JurisdictionRule
from ingest.services.jurisdictions import NewRule, enter_rules, withdraw_rule
from tests.ingest.feed import ACTOR, NOW, WHY


def new_rule(*states: str, **changes: Any) -> NewRule:
    """A rule as entered, for Pennsylvania unless said otherwise, but for `changes`."""
    values: dict[str, Any] = {
        "is_lawful": True,
        "retention_days": 30,
        "citation": "75 Pa. C.S. (for tests)",
        "valid_from": date(2020, 1, 1),
    }
    return NewRule(states=states or ("US-PA",), **(values | changes))


def enter(*states: str, **changes: Any) -> JurisdictionRule:
    """Enter a rule; the first of those that it comes to."""
    return enter_rules(actor=ACTOR, new=new_rule(*states, **changes), reason=WHY, now=NOW)[0]


def withdraw_all(state: str = "US-PA") -> None:
    """Leave a state without any rule."""
    for rule in JurisdictionRule.objects.filter(state=state, withdrawn_at=None):
        withdraw_rule(actor=ACTOR, rule=rule, reason=WHY, now=NOW)
