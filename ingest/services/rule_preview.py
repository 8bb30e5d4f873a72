"""What a rule would bring about, in sentences, before it is entered (ING-6).

From the counts of what is held: no read is looked at, and no plate is told.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Sum

from ingest import selectors
from ingest.lawfulness import Rulebook
from ingest.models import Coverage, JurisdictionRule
from ingest.regions import place_name
from ingest.rules import MAX_AGE
from ingest.services.jurisdictions import NewRule, check_new

_DAY = timedelta(days=1)
_COUNTIES_OF_STATE = 1_000


@dataclass(frozen=True, slots=True)
class _Doomed:
    """How much of what is held would be over: reads, and the cameras that made them."""

    reads: int
    cameras: int


def preview_rules(new: NewRule, *, now: datetime) -> list[str]:
    """What the rule would do in each of its places. Raises InvalidInput."""
    present = selectors.list_rules_in_use()
    rules = check_new(new, now=now)
    lines: list[str] = []
    for rule in rules:
        lines += _of_place(rule, Rulebook(present), Rulebook([*present, rule]), now)
    return lines


def preview_withdrawal(rule: JurisdictionRule, *, now: datetime) -> list[str]:
    """What withdrawing a rule would do."""
    present = selectors.list_rules_in_use()
    left = Rulebook([other for other in present if other.pk != rule.pk])
    today = now.astimezone(UTC).date()
    place = place_name(rule.geoid)
    if rule.geoid < _COUNTIES_OF_STATE and rule.geoid not in left.laws_on(today):
        return [
            f"{place} has no other rule in force: from now on every read made there is refused.",
            f"What is stored of {place} already is not erased, until another rule says so.",
        ]
    return [
        f"The rule of {place} that this one replaced holds again, or its state's.",
        _erased(place, _doomed(rule.geoid, Rulebook(present), left, today, now)),
    ]


def _of_place(
    rule: JurisdictionRule, before: Rulebook, after: Rulebook, now: datetime
) -> list[str]:
    place, today = place_name(rule.geoid), now.astimezone(UTC).date()
    begins = max(rule.valid_from, today)
    when = "from now on" if begins == today else f"from {begins} on"
    lines = [
        f"{place}: reads are kept for {_days(rule.retention_days)} {when}."
        if rule.is_lawful
        else f"{place}: every read made there is refused {when}."
    ]
    if begins == today:
        return [*lines, _erased(place, _doomed(rule.geoid, before, after, today, now))]
    return [*lines, f"Nothing of {place} is erased by this rule before {begins}."]


def _erased(place: str, doomed: _Doomed) -> str:
    if not doomed.reads:
        return f"No stored read of {place} is older than that: nothing is erased tonight."
    reads = f"{doomed.reads:,} {'read' if doomed.reads == 1 else 'reads'}"
    cameras = f"{doomed.cameras:,} {'camera' if doomed.cameras == 1 else 'cameras'}"
    return (
        f"Up to {reads} of {cameras} in {place} will be erased tonight, with their photographs."
        " That can't be undone."
    )


def _doomed(geoid: int, before: Rulebook, after: Rulebook, today: date, now: datetime) -> _Doomed:
    """What would be over and is not by the rules as they are: whole days, the last one rounded
    up."""
    is_state = geoid < _COUNTIES_OF_STATE
    first = geoid * _COUNTIES_OF_STATE if is_state else geoid
    last = first + _COUNTIES_OF_STATE - 1 if is_state else geoid
    held = Coverage.objects.filter(held__gt=0, county__gte=first, county__lte=last)
    reads, cameras = 0, set[int]()
    for county in _counties(held.values_list("county", flat=True).distinct()):
        until = (now - _DAY * _days_kept(after, county, today)).date()
        since = (now - _DAY * _days_kept(before, county, today)).date()
        due = held.filter(county=county, day__lte=until, day__gt=since)
        reads += due.aggregate(reads=Sum("held", default=0))["reads"]
        cameras.update(due.values_list("camera_id", flat=True).distinct())
    return _Doomed(reads, len(cameras))


def _counties(found: Iterable[int]) -> list[int]:
    return sorted(set(found))


def _days_kept(book: Rulebook, county: int, day: date) -> int:
    law = book.law_of(county, day)
    return law.retention_days if law else MAX_AGE.days


def _days(number: int) -> str:
    return "a day" if number == 1 else f"{number:,} days"
