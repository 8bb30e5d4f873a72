"""From a recent query back to the form: to ask it again, as it was or up to today (QRY-13). Pure.

The form is filled in and no more: who asks again reads what they ask, and it is checked, run and
recorded as any other.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.people import Person
from ingest.geography import Circle, States, geography_of
from queries import rules
from queries.forms import ANYWHERE, CIRCLE, COLLEAGUE, OFFICER, SELF, STATES
from queries.models import RecentQuery
from queries.timeframes import local_date

_INSTANT = timedelta(microseconds=1)
_CENT = Decimal("0.01")


def moved_on(query: RecentQuery, person: Person, *, now: datetime) -> dict[str, Any]:
    """What the form starts with to ask again up to today: a preset again, or as many days."""
    question = _question(query)
    if query.period in rules.PRESETS_BY_CODE:
        return question | {"period": query.period}
    first, last = (local_date(moment, person.timezone) for moment in _ends(query))
    today = local_date(now, person.timezone)
    return question | {"period": rules.DATES, "start": today - (last - first), "end": today}


def as_it_was(query: RecentQuery, person: Person) -> dict[str, Any]:
    """What the form starts with to ask the same again: the same days, for the same officer.

    For whom somebody else asked is theirs to say: whoever recalls it from a group says it anew.
    """
    first, last = (local_date(moment, person.timezone) for moment in _ends(query))
    question = _question(query) | {"period": rules.DATES, "start": first, "end": last}
    return question | (_for_whom(query) if query.owner_id == person.user_id else {})


def _ends(query: RecentQuery) -> tuple[datetime, datetime]:
    """Its first and its last instant."""
    return query.start, query.end - _INSTANT


def _question(query: RecentQuery) -> dict[str, Any]:
    return {
        "plate": query.plate_text,
        "state": query.state,
        "reason": query.reason_code,
        "offense": query.offense_code,
        "case_reference": query.case_reference,
        **_where(query),
    }


def _where(query: RecentQuery) -> dict[str, Any]:
    match geography_of(query.geography):
        case States(ids):
            return {"where": STATES, "where_states": list(ids)}
        case Circle(latitude_e7, longitude_e7, radius_m):
            miles = Decimal(radius_m) / Decimal(str(rules.METERS_PER_MILE))
            return {
                "where": CIRCLE,
                "center_latitude": Decimal(latitude_e7).scaleb(-7),
                "center_longitude": Decimal(longitude_e7).scaleb(-7),
                "radius_miles": miles.quantize(_CENT),
            }
        case None:
            return {"where": ANYWHERE}


def _for_whom(query: RecentQuery) -> dict[str, Any]:
    kind, _, key = query.behalf_id.partition(":")
    if kind == "user" and key:
        return {"for_whom": COLLEAGUE, "colleague": key}
    if query.behalf_name:
        name, _, unit = query.behalf_name.partition(", ")
        return {"for_whom": OFFICER, "on_behalf_of": name, "officer_unit": unit}
    return {"for_whom": SELF}
