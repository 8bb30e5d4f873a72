"""The rules of jurisdictions: entered and withdrawn, never changed (ING-6, ACC-13).

A rule that is wrong is withdrawn and entered anew, so what was the law by our books on any day can
always be told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from accounts.services.governed import change_governed, create_governed, governing
from audit.actors import Actor
from ingest import policy
from ingest.models import JurisdictionRule
from ingest.regions import FIPS_OF_STATE, counties, place_name
from ingest.rules import MAX_AGE
from ingest.services.rulebook import forget_rulebook
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from lprsvc.lib.jurisdictions import state_name

_FURTHEST_AHEAD = timedelta(days=5 * 366)
_EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule as entered, for one state or for several at once.

    `county`: name or FIPS code of one county of the one state; empty for the whole state.
    `retention_days` where it is not lawful: how long what was collected before may be kept.
    """

    states: Sequence[str]
    is_lawful: bool
    retention_days: int | None
    citation: str
    valid_from: date
    county: str = ""


def enter_rules(
    *, actor: Actor, new: NewRule, reason: str, now: datetime
) -> list[JurisdictionRule]:
    """Enter the rule for each of its places. It holds from its first day on: at once where that
    has come, tonight for what is stored already.

    Raises PolicyDenied, InvalidInput.
    """
    with governing(actor, subject=f"rule of {' '.join(new.states)} {new.county}", reason=reason):
        policy.check_can_manage_jurisdictions(actor)
        _alone_with_the_rules()
        rules = check_new(new, now=now)
        for rule in rules:
            create_governed(rule, actor=actor, reason=reason, now=now)
    forget_rulebook()
    return rules


def withdraw_rule(*, actor: Actor, rule: JurisdictionRule, reason: str, now: datetime) -> None:
    """Take a rule out of use: the one before it holds again; without one nothing more is stored
    of a state. Raises PolicyDenied, InvalidInput.
    """
    with governing(actor, subject=f"rule {rule.pk} of {rule.place}", reason=reason):
        policy.check_can_manage_jurisdictions(actor)
        _alone_with_the_rules()
        row = JurisdictionRule.objects.get(pk=rule.pk)
        if row.withdrawn_at is not None:
            raise PolicyDenied("rule_withdrawn", "This rule is withdrawn already.")
        change_governed(row, {"withdrawn_at": now}, actor=actor, reason=reason, now=now)
    forget_rulebook()


def check_new(new: NewRule, *, now: datetime) -> list[JurisdictionRule]:
    """The rows that a rule as entered comes to, not saved. Raises InvalidInput."""
    days = _days(new)
    if not new.citation.strip():
        raise InvalidInput({"citation": ["Say which law, decision or contract says so."]})
    _check_dates(new.valid_from, now)
    rules = [
        JurisdictionRule(
            state=state,
            geoid=geoid,
            is_lawful=new.is_lawful,
            retention_days=days,
            citation=new.citation.strip(),
            valid_from=new.valid_from,
            created_at=now,
        )
        for state, geoid in _places(new)
    ]
    for rule in rules:
        _check_takes_effect(rule, now)
    return rules


def _alone_with_the_rules() -> None:
    """Deliveries under way are stored by the old rules before, all others by the new ones after:
    see `ingest_check_lawful`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ingest.rules'))")


def _days(new: NewRule) -> int:
    days = new.retention_days
    if days is None and not new.is_lawful:
        return 0
    least = 1 if new.is_lawful else 0
    if days is None or not least <= days <= MAX_AGE.days:
        message = f"Enter a number of days from {least} to {MAX_AGE.days:,}."
        raise InvalidInput({"retention_days": [message]})
    return days


def _check_dates(valid_from: date, now: datetime) -> None:
    latest = now.astimezone(UTC).date() + _FURTHEST_AHEAD
    if not _EARLIEST <= valid_from <= latest:
        message = f"Enter a day from {_EARLIEST} to {latest}, not {valid_from}."
        raise InvalidInput({"valid_from": [message]})


def _places(new: NewRule) -> list[tuple[str, int]]:
    """State and number of each place. Raises InvalidInput."""
    unknown = [state for state in new.states if state not in FIPS_OF_STATE]
    if unknown or not new.states:
        named = f"“{unknown[0]}” is no state or territory with counties." if unknown else ""
        raise InvalidInput({"states": [named or "Choose at least one state."]})
    if not new.county.strip():
        return [(state, int(FIPS_OF_STATE[state])) for state in dict.fromkeys(new.states)]
    if len(set(new.states)) != 1:
        raise InvalidInput({"county": ["Choose one state for a rule of a county."]})
    return [(new.states[0], _county(new.states[0], new.county.strip()))]


def _county(state: str, text: str) -> int:
    own = {fips: region for fips, region in counties().items() if region.state == state}
    found = [fips for fips, region in own.items() if text.casefold() == region.county.casefold()]
    if text in own:
        found = [text]
    if len(found) == 1:
        return int(found[0])
    if found:
        message = f"There are several; enter one of their codes: {', '.join(found)}."
        raise InvalidInput({"county": [message]})
    close = [r.county for r in own.values() if r.county[:3].casefold() == text[:3].casefold()]
    hint = f" There is: {', '.join(sorted(close)[:8])}." if close else ""
    message = f"{state_name(state)} has no county “{text:.60}”.{hint}"
    raise InvalidInput({"county": [message]})


def _check_takes_effect(rule: JurisdictionRule, now: datetime) -> None:
    """Two rules from the same day contradict each other; one that a later has replaced already,
    or that its state's makes superfluous, would only seem to hold."""
    place = place_name(rule.geoid)
    others = JurisdictionRule.objects.filter(geoid=rule.geoid, withdrawn_at=None)
    if others.filter(valid_from=rule.valid_from).exists():
        message = f"{place} has a rule from {rule.valid_from} on already: withdraw it first."
        raise InvalidInput({"valid_from": [message]})
    today = now.astimezone(UTC).date()
    later = others.filter(valid_from__gt=rule.valid_from, valid_from__lte=today).first()
    if later is not None:
        message = (
            f"{place} has a rule from {later.valid_from} on, which has replaced any that began"
            f" on {rule.valid_from}. Enter a later day, or withdraw that one first."
        )
        raise InvalidInput({"valid_from": [message]})
    _check_stricter_than_state(rule)


def _check_stricter_than_state(rule: JurisdictionRule) -> None:
    of_state = JurisdictionRule.objects.filter(
        geoid=int(FIPS_OF_STATE[rule.state]), withdrawn_at=None, valid_from__lte=rule.valid_from
    ).first()
    if of_state is None or rule.geoid == of_state.geoid:
        return
    if rule.is_lawful and (
        not of_state.is_lawful or rule.retention_days >= of_state.retention_days
    ):
        allowed = (
            f"lets reads be kept for {of_state.retention_days:,} days"
            if of_state.is_lawful
            else "forbids collection"
        )
        message = (
            f"{state_name(rule.state)} {allowed}. A county's rule counts only where it is stricter."
        )
        raise InvalidInput({"retention_days": [message]})
