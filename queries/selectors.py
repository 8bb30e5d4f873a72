"""Reading recent queries and what a person's agency allows, scoped by who asks.

Reads are selected in `queries.services` alone, where the event that opens them is recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection
from django.db.models import Case, Q, When

from accounts.models import Component, ReasonCode, User
from accounts.people import Person
from accounts.selectors import (
    list_colleagues,
    list_own_groups,
    list_reviewed_by,
    reason_codes_for,
)
from accounts.standing import training_of
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission
from lprsvc.lib.plates import InvalidPlate, plate_key
from queries.limits import ComponentRule, OffenseRule
from queries.models import (
    AskedInName,
    HitMark,
    Offense,
    QueryReport,
    QueryReview,
    RecentQuery,
    ReportState,
)
from queries.policy import Grounds
from queries.rules import RECALL, REPEAT
from queries.schemas import Marking

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


def get_recallable_for(person: Person, pk: UUID, *, now: datetime) -> RecentQuery:
    """A query of the person's own or of one of their groups, to ask it again: never its answer.

    Raises NotFound, whether it is unknown, nobody's of theirs or too old.
    """
    found = _recallable(person, now).filter(pk=pk).first()
    if found is None:
        raise NotFound("query")
    return found


MINE, SHARED = "mine", "shared"
# How the list can be ordered; named ones stand before the others all the same.
RECALL_SORTS = {
    "newest": ("-run_at", "-id"),
    "oldest": ("run_at", "id"),
    "plate": ("plate_key", "state", "-run_at"),
}


@dataclass(frozen=True, slots=True)
class RecallFilter:
    """Which recent queries to list: by whole plate or words of the note or name, whose, why."""

    text: str = ""
    whose: str = ""
    reason: str = ""
    sort: str = "newest"


def list_recent_for(person: Person, wanted: RecallFilter, *, now: datetime) -> list[RecentQuery]:
    """The person's own queries of the last 60 days and those of their groups (QRY-13)."""
    recent = _recallable(person, now)
    if wanted.whose:
        own = Q(owner_id=person.user_id)
        recent = recent.filter(own if wanted.whose == MINE else ~own)
    if wanted.reason:
        recent = recent.filter(reason_code=wanted.reason)
    if wanted.text:
        # A plate whole or not at all, here too (QRY-2).
        words = Q(case_reference__icontains=wanted.text) | Q(
            pinned_as__icontains=wanted.text, owner_id=person.user_id
        )
        key = _key_or_none(wanted.text)
        recent = recent.filter(words | Q(plate_key=key) if key else words)
    own_name_first = Case(When(~Q(pinned_as="") & Q(owner_id=person.user_id), then=0), default=1)
    return list(recent.order_by(own_name_first, *RECALL_SORTS[wanted.sort]))


def _recallable(person: Person, now: datetime) -> "QuerySet[RecentQuery]":
    groups = list_own_groups(person).values("pk")
    theirs = Q(owner_id=person.user_id) | Q(group__in=groups, owner__agency=person.agency_id)
    recent = RecentQuery.objects.filter(theirs, erase_after__gt=now)
    return recent.select_related("owner", "group")


def _key_or_none(text: str) -> str | None:
    try:
        return plate_key(text)
    except InvalidPlate:
        return None


def marks_for(query: RecentQuery) -> Mapping[UUID, bool]:
    """By read, whether the one who asked finds it relevant; hits without a mark are left out.

    What is marked not relevant may not be printed or exported (QRY-11).
    """
    return marking_of(query).marks


def marking_of(query: RecentQuery) -> Marking:
    """The marks of a query's hits, and its last change of them."""
    rows = list(HitMark.objects.filter(query=query).values_list("read_id", "is_relevant", "change"))
    # Ids of events: the later, the greater.
    last = max((change for _, _, change in rows), default=None)
    return Marking(
        marks={read_id: mark for read_id, mark, _ in rows if mark is not None},
        last_change=last,
        last_count=sum(change == last for _, _, change in rows),
    )


def get_change(query: RecentQuery, change: UUID) -> dict[UUID, bool | None]:
    """The marks that the hits of one change had before it. Raises NotFound where none is left."""
    changed = HitMark.objects.filter(query=query, change=change)
    before = dict(changed.values_list("read_id", "was_relevant"))
    if not before:
        raise NotFound("change")
    return before


def list_reports_for(query: RecentQuery) -> list[QueryReport]:
    """The reports ordered of a query, the last one first."""
    return list(QueryReport.objects.filter(query=query).order_by("-ordered_at", "-id"))


def list_open_reports_of(person: Person) -> list[QueryReport]:
    """The person's reports that wait or are being made."""
    waiting = QueryReport.objects.filter(query__owner_id=person.user_id)
    return list(waiting.filter(state__in=[ReportState.WAITING, ReportState.RUNNING]))


def get_report_for(
    person: Person, pk: UUID, report_id: UUID, *, now: datetime, lock: bool = False
) -> tuple[RecentQuery, QueryReport]:
    """An own query and one of its reports. Raises NotFound, whether unknown or another's."""
    query = get_recent_for(person, pk, now=now)
    reports = QueryReport.objects.filter(query=query, pk=report_id)
    report = (reports.select_for_update() if lock else reports).first()
    if report is None:
        raise NotFound("report")
    return query, report


def find_reported(report_id: UUID, claim: UUID) -> RecentQuery | None:
    """The query whose report the worker has claimed; all that its role may see of queries."""
    sql = "SELECT * FROM queries_reported_query(%s, %s)"
    return next(iter(RecentQuery.objects.raw(sql, [report_id, claim])), None)


def reported_marks(report_id: UUID, claim: UUID) -> Mapping[UUID, bool]:
    """As `marks_for`, of what is not relevant alone, for the worker that has claimed the report."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT queries_reported_not_relevant(%s, %s)", [report_id, claim])
        return dict.fromkeys((read_id for (read_id,) in cursor.fetchall()), False)


def list_in_name_of(person: Person, *, now: datetime) -> list[AskedInName]:
    """What others asked in the person's name in the last 60 days, newest first (QRY-1)."""
    asked = AskedInName.objects.filter(officer_id=person.user_id, erase_after__gt=now)
    return list(asked.select_related("asker").order_by("-asked_at", "-id"))


def get_in_name_of(person: Person, pk: UUID, *, now: datetime, lock: bool = False) -> AskedInName:
    """One of `list_in_name_of`. Raises NotFound, whether unknown, others' or too old."""
    asked = AskedInName.objects.filter(officer_id=person.user_id, erase_after__gt=now, pk=pk)
    found = (asked.select_for_update() if lock else asked.select_related("asker")).first()
    if found is None:
        raise NotFound("query")
    return found


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Which reviews to list: those that wait or those that are done, of a cause, of one asker."""

    done: bool = False
    cause: str = ""
    asker: UUID | None = None


def list_reviews_for(person: Person, wanted: ReviewFilter) -> "QuerySet[QueryReview]":
    """The reviews of the person's own people that fit, the longest waiting first, or the last
    done first."""
    reviews = reviews_for(person).exclude(finding="") if wanted.done else _waiting(person)
    if wanted.cause:
        reviews = reviews.filter(cause=wanted.cause)
    if wanted.asker:
        reviews = reviews.filter(asker_id=wanted.asker)
    order = ("-reviewed_at", "-id") if wanted.done else ("created_at", "id")
    return reviews.select_related("asker", "reviewed_by").order_by(*order)


def reviews_for(person: Person) -> "QuerySet[QueryReview]":
    """Every review of whom the person reviews; never the own ones."""
    return QueryReview.objects.filter(asker__in=list_reviewed_by(person).values("pk"))


def get_review_for(person: Person, pk: UUID, *, lock: bool = False) -> QueryReview:
    """One of `reviews_for`. Raises NotFound, whether unknown or others'."""
    reviews = reviews_for(person).filter(pk=pk)
    found = (
        reviews.select_for_update(of=("self",))
        if lock
        else reviews.select_related("asker", "reviewed_by")
    ).first()
    if found is None:
        raise NotFound("review")
    return found


def count_waiting_reviews(person: Person) -> int:
    """How many queries wait for the person, for the navigation."""
    return _waiting(person).count()


def reason_labels_for(person: Person) -> dict[str, str]:
    """The words of every reason of the person's agency, those no longer chosen included."""
    if person.agency_id is None:
        return {}
    reasons = ReasonCode.objects.filter(agency_id=person.agency_id)
    return dict(reasons.values_list("code", "label"))


def offense_labels() -> dict[str, str]:
    """The words of every offense in the table, by code."""
    return {offense.code: str(offense) for offense in Offense.objects.all()}


def _waiting(person: Person) -> "QuerySet[QueryReview]":
    return reviews_for(person).filter(finding="")


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
