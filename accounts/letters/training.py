"""Mails about training, unused accounts and certifications (ACC-8, ACC-15)."""

from datetime import date, datetime, timedelta
from uuid import UUID

from accounts.certifying import certification_state
from accounts.models import Notice, User
from accounts.notices import Letter, link, notice_kind, subject_of
from accounts.people import person_for
from accounts.selectors import find_user, list_managers_of
from accounts.services.dormancy import TOLD_BEFORE, UNUSED_FOR, unused_since
from accounts.standing import training_gaps, training_of_user
from accounts.training import CourseState, spelt, standing, today_in

_SAMPLE_COURSE = standing(
    course_id=1,
    code="LPR-USE",
    title="Using the license plate service",
    validity_months=12,
    completed_on=date(2025, 3, 9),
    today=date(2026, 3, 2),
)


@notice_kind(
    "training_due",
    why="You get this mail because this training is required for queries and alerts.",
    sample=lambda: {
        "name": "Alice Moreno",
        "courses": [_SAMPLE_COURSE],
        "managers": ["Grace Whitfield, grace.whitfield@example.test"],
        "url": link("training"),
    },
)
def compose_training_due(notice: Notice, now: datetime) -> Letter | None:
    """What runs out or has; nothing when all is current by now."""
    user = find_user(UUID(subject_of(notice)))
    if user is None or not user.is_active:
        return None
    courses = [
        course
        for course in training_of_user(user.pk, now=now)
        if course.state in {CourseState.DUE, CourseState.EXPIRED}
    ]
    if not courses:
        return None
    return Letter(
        {
            "name": user.full_name,
            "courses": courses,
            "managers": _managers_of(user),
            "url": link("training"),
        }
    )


@notice_kind(
    "training_gaps",
    why="You get this mail once a month because you manage an area of responsibility.",
    sample=lambda: {
        "name": "Grace Whitfield",
        "people": [{"name": "Alice Moreno", "courses": [_SAMPLE_COURSE]}],
        "count": 1,
        "url": link("admin:training_comparison"),
    },
)
def compose_training_gaps(notice: Notice, now: datetime) -> Letter | None:
    """The people in the manager's reach who lack a required course; nothing without any."""
    user = find_user(UUID(subject_of(notice)))
    if user is None or not user.is_active:
        return None
    found = training_gaps(person_for(user), now=now)
    if not found:
        return None
    people = [{"name": one.user.full_name, "courses": one.gaps} for one in found]
    return Letter(
        {
            "name": user.full_name,
            # A mail is no place for thousands: the page has them all.
            "people": people[:50],
            "count": len(people),
            "url": link("admin:training_comparison"),
        }
    )


@notice_kind(
    "account_unused",
    why="You get this mail because you have an account that you do not use.",
    sample=lambda: {
        "name": "Alice Moreno",
        "used_on": "Dec 16, 2025",
        "ends_on": "Mar 16, 2026",
        "url": link("home"),
    },
)
def compose_account_unused(notice: Notice, now: datetime) -> Letter | None:
    """When the account will be suspended; nothing when it was used meanwhile."""
    user = unused_since(now - UNUSED_FOR + TOLD_BEFORE).filter(pk=subject_of(notice)).first()
    if user is None:
        return None
    used_at: datetime = user.used_at  # type: ignore[attr-defined]  # annotated
    return Letter(
        {
            "name": user.full_name,
            "used_on": spelt(today_in(user.timezone, used_at)),
            "ends_on": spelt(today_in(user.timezone, used_at + UNUSED_FOR)),
            "url": link("home"),
        }
    )


@notice_kind(
    "account_suspended_unused",
    why="You get this mail because you have an account with this service.",
    sample={
        "name": "Alice Moreno",
        "days": 90,
        "managers": ["Grace Whitfield, grace.whitfield@example.test"],
    },
)
def compose_account_suspended(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """That it was suspended and whom to ask; nothing when it is open again."""
    user = find_user(UUID(subject_of(notice)))
    if user is None or user.is_active or user.deleted_at is not None:
        return None
    days = UNUSED_FOR // timedelta(days=1)
    return Letter({"name": user.full_name, "days": days, "managers": _managers_of(user)})


@notice_kind(
    "certification_due",
    why="You get this mail because you manage an area of responsibility.",
    sample=lambda: {
        "name": "Grace Whitfield",
        "aors": [{"name": "New York", "due_on": "Mar 9, 2026", "is_overdue": False}],
        "url": link("admin:accounts_certification_changelist"),
    },
)
def compose_certification_due(notice: Notice, now: datetime) -> Letter | None:
    """The areas whose people are to be certified; nothing once that is done."""
    user = find_user(UUID(subject_of(notice)))
    if user is None or not user.is_active:
        return None
    due = [state for state in certification_state(person_for(user), now=now) if state.is_due]
    if not due:
        return None
    aors = [
        {
            "name": state.aor.name,
            "due_on": spelt(state.due_on),
            "is_overdue": state.state == "overdue",
        }
        for state in due
    ]
    url = link("admin:accounts_certification_changelist")
    return Letter({"name": user.full_name, "aors": aors, "url": url})


def _managers_of(user: User) -> list[str]:
    if user.aor_id is None:
        return []
    managers = list_managers_of(user.aor_id).exclude(pk=user.pk).order_by("full_name")
    return [f"{manager.full_name}, {manager.email}" for manager in managers]
