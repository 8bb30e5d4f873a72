"""Queries under way: one shared with a group, one to review, one that its officer objects to."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from accounts.models import User
from accounts.people import Person, person_for
from accounts.selectors import list_own_groups
from lprsvc.example.load.setting import Loading
from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.plates import plate_key
from queries.models import AskedInName, QueryReview, RecentQuery, ReviewCause
from queries.rules import DATES, PRESETS_BY_CODE
from queries.schemas import QueryIn
from queries.services.asking import run_query
from queries.services.behalf import object_to_query
from queries.timeframes import TimeFrame, preset_frame

_OBJECTION = "I was on leave that week and asked for nothing."


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: who asks, about what, and what else it names."""

    username: str
    state: str
    plate: str
    reason_code: str
    note: str
    years: int = 0
    more: dict[str, Any] = field(default_factory=dict)


_SHARED = Asked("investigator", "US-PA", "ABC123", "fugitive", "Example case 26-0042, subject Doe")
_NO_LIMITATION = Asked(
    "investigator2",
    "US-IL",
    "CH40417",
    "human-trafficking",
    "Example case HSI-26-311, child abduction",
    more={"offense": "18-usc-3299"},
)
_IN_NAME = Asked(
    "investigator2",
    "US-NY",
    "XYZ1234",
    "smuggling",
    "Example case 26-0107, courier car",
    more={"offense": "18-usc-3298"},
)
_TOO_LONG = Asked(
    "investigator", "US-NY", "XYZ1234", "smuggling", "Example case 26-0107, courier car", years=6
)


def load_queries(loading: Loading, people: dict[str, User]) -> None:
    """Ask what of these nobody has asked yet."""
    group = list_own_groups(_person(people["investigator"])).first()
    _ask(loading, people, _SHARED, group=group.pk if group else None)
    _ask(loading, people, _NO_LIMITATION)
    _ask(loading, people, _IN_NAME, behalf_user=people["investigator"].pk)
    if not QueryReview.objects.filter(cause=ReviewCause.REFUSED).exists():
        # It is there to be refused, and waits for the supervisor then.
        with suppress(PolicyDenied):
            _ask(loading, people, _TOO_LONG)
    for asked in AskedInName.objects.filter(officer=people["investigator"], objected_at=None):
        object_to_query(
            person=_person(people["investigator"]), pk=asked.pk, reason=_OBJECTION, now=loading.now
        )
        loading.say("asked a shared query, and three that wait for a review")


def _ask(loading: Loading, people: dict[str, User], asked: Asked, **changes: Any) -> None:
    person, now = _person(people[asked.username]), loading.now
    # The same for every run, so that one that goes on later asks nothing twice.
    submission = uuid5(NAMESPACE_URL, f"{asked.username} {asked.note} {asked.years}")
    if RecentQuery.objects.filter(submission=submission).exists():
        return
    frame = preset_frame(PRESETS_BY_CODE["previous-90-days"], now=now, timezone=person.timezone)
    if asked.years:
        frame = TimeFrame(now - timedelta(days=366 * asked.years), now, DATES)
    question = QueryIn(
        plate_text=asked.plate,
        plate_key=plate_key(asked.plate),
        state=asked.state,
        reason_code=asked.reason_code,
        case_reference=asked.note,
        frame=frame,
        submission=submission,
        **asked.more,
        **changes,
    )
    run_query(person=person, ask=question, now=now)


def _person(user: User) -> Person:
    return person_for(User.objects.select_related("agency", "component", "aor").get(pk=user.pk))
