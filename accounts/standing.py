"""How people stand with their training, read from the database in one statement (ACC-8).

The same statement serves the gate, with one person, and reports and jobs, with thousands.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import TrainingCourse, TrainingRecord, User
from accounts.people import Person
from accounts.selectors import list_users_for
from accounts.training import CourseStanding, gaps, standing
from lprsvc.lib.permissions import Permission

# Whose completion is whose. One that was matched when it was recorded is that user's. Any other
# is of whoever has its user name by now; or else its e-mail address, if nobody shares it. All
# that only within the record's agency and, where it has one, area of responsibility.
_MATCHED = """
    SELECT u.id AS user_id, r.course_id, r.completed_on
      FROM people u JOIN accounts_trainingrecord r ON r.user_id = u.id
     WHERE NOT r.is_withdrawn AND r.completed_on <= u.today
    UNION ALL
    SELECT u.id, r.course_id, r.completed_on
      FROM people u JOIN accounts_trainingrecord r
        ON r.user_id IS NULL AND r.agency_id = u.agency_id AND r.username = u.username
       AND (r.aor_id IS NULL OR r.aor_id = u.aor_id)
     WHERE NOT r.is_withdrawn AND r.completed_on <= u.today
    UNION ALL
    SELECT u.id, r.course_id, r.completed_on
      FROM people u JOIN accounts_trainingrecord r
        ON r.user_id IS NULL AND r.agency_id = u.agency_id AND r.email = u.address
       AND (r.aor_id IS NULL OR r.aor_id = u.aor_id)
     WHERE NOT r.is_withdrawn AND r.completed_on <= u.today AND r.email <> ''
       AND NOT EXISTS (
           SELECT FROM accounts_user named WHERE r.username <> '' AND named.username = r.username)
       AND NOT EXISTS (
           SELECT FROM accounts_user other
            WHERE other.agency_id = u.agency_id AND lower(other.email) = u.address
              AND other.id <> u.id AND other.deleted_at IS NULL)
"""
_STANDINGS = f"""
    WITH people AS (
        SELECT id, agency_id, aor_id, username, lower(email) AS address,
               (%(now)s AT TIME ZONE timezone)::date AS today
          FROM accounts_user WHERE id = ANY(%(users)s)
    ), latest AS (
        SELECT user_id, course_id, max(completed_on) AS completed_on
          FROM ({_MATCHED}) AS matched GROUP BY user_id, course_id
    )
    SELECT p.id, p.today, c.id, c.code, c.title, c.validity_months, l.completed_on
      FROM people p
      JOIN accounts_trainingcourse c ON c.agency_id IS NULL OR c.agency_id = p.agency_id
      LEFT JOIN latest l ON l.user_id = p.id AND l.course_id = c.id
     WHERE p.agency_id IS NOT NULL AND c.is_active AND c.is_required
     ORDER BY c.title, c.id
"""  # noqa: S608  no part of it comes from outside


@dataclass(frozen=True, slots=True)
class UserStanding:
    """One user and how they stand with each course that is required of them."""

    user: User
    courses: tuple[CourseStanding, ...]

    @property
    def gaps(self) -> tuple[CourseStanding, ...]:
        """What keeps the user from queries and alerts."""
        return gaps(self.courses)


def training_of(person: Person, *, now: datetime) -> tuple[CourseStanding, ...]:
    """How the person stands with every required course. The vendor's people have none to take."""
    if person.agency_id is None:
        return ()
    return training_of_user(person.user_id, now=now)


def closed_by_training(person: Person, *, now: datetime) -> tuple[CourseStanding, ...]:
    """The gaps that keep the person from what their roles would open; none for other roles."""
    if not {Permission.RUN_QUERIES, Permission.KEEP_ALERTS} & person.permissions:
        return ()
    return gaps(training_of(person, now=now))


def training_of_user(user_id: UUID, *, now: datetime) -> tuple[CourseStanding, ...]:
    """As `training_of`, for somebody who is not logged on, as the recipient of a mail."""
    return _standings([user_id], now).get(user_id, ())


def list_standings(users: Iterable[User], *, now: datetime) -> list[UserStanding]:
    """The standing of each of the users, in their order."""
    people = list(users)
    found = _standings([user.pk for user in people], now)
    return [UserStanding(user, found.get(user.pk, ())) for user in people]


def offered_courses(agency_id: int) -> "QuerySet[TrainingCourse]":
    """The courses that completions of an agency's people may be recorded for."""
    theirs = Q(agency=None) | Q(agency_id=agency_id)
    return TrainingCourse.objects.filter(theirs, is_active=True).order_by("title", "pk")


def _standings(user_ids: Sequence[UUID], now: datetime) -> dict[UUID, tuple[CourseStanding, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, {"users": list(user_ids), "now": now})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    found: dict[UUID, list[CourseStanding]] = defaultdict(list)
    for user_id, today, course_id, code, title, months, completed_on in rows:
        found[user_id].append(
            standing(
                course_id=course_id,
                code=code,
                title=title,
                validity_months=months,
                completed_on=completed_on,
                today=today,
            )
        )
    return {user_id: tuple(courses) for user_id, courses in found.items()}


# --- what managers see ----------------------------------------------------------------------------


def list_trained_for(person: Person) -> "QuerySet[User]":
    """The open accounts whose training the person sees to: those of agencies among
    `list_users_for`, which for the vendor are the ones it gave to agencies."""
    return list_users_for(person).filter(is_active=True, agency__isnull=False)


def training_gaps(person: Person, *, now: datetime) -> list[UserStanding]:
    """The people in the manager's reach who lack a required course, by name."""
    return [one for one in list_standings(list_trained_for(person), now=now) if one.gaps]


def list_courses_for(person: Person) -> "QuerySet[TrainingCourse]":
    """Courses to see in the admin: everybody's and the own agency's; for the vendor, all."""
    courses = TrainingCourse.objects.select_related("agency").order_by("code", "pk")
    if person.may(Permission.MANAGE_AGENCIES):
        return courses
    if person.may(Permission.MANAGE_USERS) and person.agency_id is not None:
        return courses.filter(Q(agency=None) | Q(agency_id=person.agency_id))
    return courses.none()


def list_records_for(person: Person) -> "QuerySet[TrainingRecord]":
    """Completions of the people of a manager's areas; without an account, those kept there."""
    records = TrainingRecord.objects.select_related(
        "agency", "aor", "course__agency", "user__aor"
    ).order_by("-completed_on", "full_name", "pk")
    if not (person.may(Permission.MANAGE_USERS) and person.agency_id is not None):
        return records.none()
    reach = person.managed_aor_ids
    return records.filter(
        Q(user__aor__in=reach) | Q(user=None, aor__in=reach), agency_id=person.agency_id
    )


class Accounts:
    """An agency's accounts by the names that files use."""

    def __init__(self, agency_id: int) -> None:
        self.by_name: dict[str, tuple[UUID, int | None]] = {}
        self.by_address: dict[str, list[tuple[UUID, int | None]]] = {}
        users = User.objects.filter(agency_id=agency_id, deleted_at=None)
        for pk, name, email, aor_id in users.values_list("pk", "username", "email", "aor_id"):
            self.by_name[name] = (pk, aor_id)
            self.by_address.setdefault(email.lower(), []).append((pk, aor_id))

    def find(self, username: str, email: str) -> list[tuple[UUID, int | None]]:
        """Whom a user name, or else an address, may mean."""
        if username and username in self.by_name:
            return [self.by_name[username]]
        return self.by_address.get(email, []) if email else []
