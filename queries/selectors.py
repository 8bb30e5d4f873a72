"""Reading recent queries and what a person's agency allows, scoped by who asks.

Reads are selected in `queries.services` alone, where the event that opens them is recorded.
"""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from accounts.models import Component, User
from accounts.people import Person
from accounts.selectors import list_colleagues, list_own_groups, reason_codes_for
from accounts.standing import training_of
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission
from queries.limits import ComponentRule, OffenseRule
from queries.models import Offense, RecentQuery
from queries.policy import Grounds
from queries.rules import RECALL, REPEAT

if TYPE_CHECKING:
    from django.db.models import QuerySet


def get_recent_for(person: Person, pk: UUID, *, now: datetime) -> RecentQuery:
    """A query of the person's own, not yet due for erasure.

    Raises NotFound, whether it is unknown, somebody else's or too old.
    """
    own = RecentQuery.objects.filter(owner_id=person.user_id, erase_after__gt=now)
    found = own.filter(pk=pk).first()
    if found is None:
        raise NotFound("query")
    return found


def list_recent_for(person: Person, *, now: datetime) -> list[RecentQuery]:
    """The person's own queries of the last 60 days, newest first (QRY-13)."""
    own = RecentQuery.objects.filter(owner_id=person.user_id, erase_after__gt=now)
    return list(own.order_by("-run_at", "-id"))


def find_submitted(person: Person, submission: UUID, *, now: datetime) -> RecentQuery | None:
    """The query that this filled-in form was run as, if it was sent a moment ago.

    Not for longer than `rules.REPEAT`: a form found again by the back button, hours later, asks
    about the time since as well (QRY-5).
    """
    own = RecentQuery.objects.filter(owner_id=person.user_id, submission=submission)
    return own.filter(erase_after__gt=now + RECALL - REPEAT).first()


def grounds_for(person: Person, *, now: datetime) -> Grounds:
    """What the person's agency and component allow, for `queries.policy`."""
    rule = _find_rule(person)
    colleagues = list(list_colleagues(person).select_related("component", "aor"))
    return Grounds(
        rule=rule,
        reasons={reason.code: reason.label for reason in reason_codes_for(person.agency_id)},
        colleagues={user.pk: user.full_name for user in colleagues},
        training=training_of(person, now=now),
        offenses=choosable_offenses() if rule and rule.is_by_offense else {},
        groups={group.pk: group.name for group in list_own_groups(person)},
        units={user.pk: _unit(user) for user in colleagues},
    )


def choosable_offenses() -> dict[str, OffenseRule]:
    """By code, in the order of their citations, what counsel has verified and nobody withdrew."""
    offenses = Offense.objects.filter(verified_on__isnull=False, is_withdrawn=False)
    return {
        offense.code: OffenseRule(
            code=offense.code,
            citation=offense.citation,
            title=offense.title,
            years=offense.years,
            note=offense.note,
        )
        for offense in offenses
    }


def list_offenses_for(person: Person) -> "QuerySet[Offense]":
    """The whole table, for who keeps it; for others nothing."""
    offenses = Offense.objects.all()
    return offenses if person.may(Permission.MANAGE_OFFENSES) else offenses.none()


def _unit(user: User) -> str:
    return ", ".join(str(part) for part in (user.component, user.aor) if part is not None)


def _find_rule(person: Person) -> ComponentRule | None:
    if person.component_id is None:
        return None
    component = Component.objects.get(pk=person.component_id)
    return ComponentRule(component.code, component.max_lookback_years, component.lookback_source)
