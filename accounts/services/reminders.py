"""What people are told once each: training that runs out, gaps, certifications (ACC-8, ACC-15).

The jobs run every day. What was told stands in `Reminded`, so that a second run, or the first one
after days, tells what is due and nothing twice.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import cast

from django.db import connection, transaction

from accounts.certifying import CertificationState, certification_state
from accounts.models import Agency, User
from accounts.people import Person, person_for
from accounts.roles import Role
from accounts.services.notices import queue_notice
from accounts.standing import UserStanding, list_standings, training_gaps
from accounts.training import reminder_due, today_in

# So many people's training is read at once.
_AT_ONCE = 500


def remember(user: User, about: str, *, now: datetime) -> bool:
    """Note, in the caller's transaction, that the user is told of this; False if they were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_reminded (user_id, about, at) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING RETURNING id",
            [user.pk, about, now],
        )
        return cursor.fetchone() is not None


def remind_of_training(*, now: datetime) -> int:
    """Tell everybody whose required training runs out in 30 or 7 days, or today; how many."""
    users = User.objects.filter(is_active=True, agency__isnull=False).order_by("pk")
    told = 0
    for some in _in_parts(users.select_related("agency").iterator(_AT_ONCE)):
        told += sum(_remind(one, now) for one in list_standings(some, now=now))
    return told


def send_gap_lists(*, now: datetime) -> int:
    """Once a month tell every manager of gaps in their people's training; how many."""
    return sum(_send_gap_list(user, now) for user in _managers())


def remind_of_certifications(*, now: datetime) -> int:
    """Tell managers of each certification that becomes due, and again when overdue; how many."""
    return sum(_remind_of_certifications(user, now) for user in _managers())


def _remind(one: UserStanding, now: datetime) -> bool:
    """One mail, however many courses run out."""
    user = one.user
    # As selected: nobody reminds the vendor's people.
    agency = cast("Agency", user.agency)
    today = today_in(user.timezone, now)
    with transaction.atomic(durable=True):
        new = [
            remember(user, f"training_due:{course.course_id}:{course.valid_until}:{days}", now=now)
            for course in one.courses
            if (days := reminder_due(course, today)) is not None
        ]
        if not any(new):
            return False
        queue_notice(
            kind="training_due",
            recipient=user.email,
            about=f"user:{user.pk}",
            log_id=agency.log_id,
            now=now,
        )
    return True


def _send_gap_list(user: User, now: datetime) -> bool:
    person = person_for(user)
    if not training_gaps(person, now=now):
        return False
    month = f"{today_in(user.timezone, now):%Y-%m}"
    return _owe(person, user, "training_gaps", f"training_gaps:{month}", now)


def _remind_of_certifications(user: User, now: datetime) -> bool:
    person = person_for(user)
    due = [state for state in certification_state(person, now=now) if state.is_due]
    told = False
    for state in due:
        step = "overdue" if state.state is CertificationState.OVERDUE else "due"
        about = f"certification:{state.aor.pk}:{state.due_on}:{step}"
        told = _owe(person, user, "certification_due", about, now) or told
    return told


def _owe(person: Person, user: User, kind: str, about: str, now: datetime) -> bool:
    with transaction.atomic(durable=True):
        if not remember(user, about, now=now):
            return False
        queue_notice(
            kind=kind,
            recipient=user.email,
            about=f"user:{user.pk}",
            log_id=person.log_id,
            now=now,
        )
    return True


def _managers() -> Iterable[User]:
    managers = User.objects.filter(
        is_active=True, agency__isnull=False, roles__contains=[Role.AGENCY_MANAGER.value]
    )
    return list(managers.select_related("agency", "component", "aor").order_by("pk"))


def _in_parts(users: Iterator[User]) -> Iterator[list[User]]:
    while part := list(islice(users, _AT_ONCE)):
        yield part
