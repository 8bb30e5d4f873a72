"""A rule for every state and territory, or nothing of what its cameras see would be kept."""

from collections import defaultdict
from datetime import date

from ingest.models import JurisdictionRule
from ingest.regions import FIPS_OF_STATE
from ingest.services.jurisdictions import NewRule, enter_rules
from lprsvc.example.jurisdictions import ELSEWHERE, RULES, ExampleRule
from lprsvc.example.load.setting import REASON, Loading

_SINCE = date(2020, 1, 1)


def load_jurisdictions(loading: Loading) -> None:
    """The rules of the states that have none, alike ones together."""
    there = set(JurisdictionRule.objects.values_list("state", flat=True))
    missing: dict[ExampleRule, list[str]] = defaultdict(list)
    for state in FIPS_OF_STATE:
        if state not in there:
            missing[RULES.get(state, ELSEWHERE)].append(state)
    for rule, states in missing.items():
        new = NewRule(
            states=states,
            is_lawful=rule.is_lawful,
            retention_days=rule.retention_days,
            citation=rule.citation,
            valid_from=_SINCE,
        )
        enter_rules(actor=loading.actor, new=new, reason=REASON, now=loading.now)
    if missing:
        loading.say(f"entered the rules of {sum(map(len, missing.values()))} states")
