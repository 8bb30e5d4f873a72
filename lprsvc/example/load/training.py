"""The example's courses, and how its people stand with them: most are trained, not all."""

from dataclasses import dataclass
from datetime import date, timedelta

from accounts.models import Agency, TrainingCourse, TrainingRecord, User
from accounts.services.training import Completion, create_course, record_completion
from accounts.training import today_in
from lprsvc.example.load.setting import REASON, Loading


@dataclass(frozen=True, slots=True)
class ExampleCourse:
    """A course that is required of everybody."""

    code: str
    title: str
    covers: str
    validity_months: int | None


COURSES: tuple[ExampleCourse, ...] = (
    ExampleCourse("LPR-USE", "Using the license plate service", "system_use", None),
    ExampleCourse("LPR-FAIR", "Non-discriminatory use", "nondiscrimination", 24),
    ExampleCourse("LPR-PRIV", "Privacy and security, yearly", "privacy_security", 12),
)
_USUALLY = 100
# Days since a course was completed, where it is not the usual number; None: never.
_OTHERWISE: dict[tuple[str, str], int | None] = {
    # Runs out within 30 days.
    ("supervisor", "LPR-PRIV"): 350,
    # Asks no queries, so nothing closes; a gap for the to-do board all the same.
    ("manager", "LPR-PRIV"): 400,
    ("manager", "LPR-FAIR"): None,
}
# Completed the course before asking for access: on record, and of nobody who has an account.
_WITHOUT_ACCOUNT = Completion(
    course_code="LPR-USE",
    completed_on=date(2025, 10, 6),
    email="omar.haddad@example.test",
    full_name="Omar Haddad",
    certificate="EX-2041",
)


def load_training(loading: Loading, agencies: dict[str, Agency], people: dict[str, User]) -> None:
    """The courses and completions that are not there yet."""
    _load_courses(loading)
    for username, user in people.items():
        if user.agency is not None:
            _load_completions(loading, username, user, user.agency)
    agency = agencies["EXAMPLE"]
    if not TrainingRecord.objects.filter(email=_WITHOUT_ACCOUNT.email).exists():
        record_completion(
            actor=loading.actor,
            agency=agency,
            aor=agency.aors.get(name="New York"),
            completion=_WITHOUT_ACCOUNT,
            reason=REASON,
            now=loading.now,
        )


def _load_courses(loading: Loading) -> None:
    there = set(TrainingCourse.objects.filter(agency=None).values_list("code", flat=True))
    for course in COURSES:
        if course.code not in there:
            create_course(
                actor=loading.actor,
                agency=None,
                code=course.code,
                title=course.title,
                covers=[course.covers],
                validity_months=course.validity_months,
                is_required=True,
                reason=REASON,
                now=loading.now,
            )
            loading.say(f"made {course.code}")


def _load_completions(loading: Loading, username: str, user: User, agency: Agency) -> None:
    there = set(TrainingRecord.objects.filter(user=user).values_list("course__code", flat=True))
    for course in COURSES:
        days = _OTHERWISE.get((username, course.code), _USUALLY)
        if course.code in there or days is None:
            continue
        day = today_in(agency.timezone, loading.now) - timedelta(days=days)
        record_completion(
            actor=loading.actor,
            agency=agency,
            aor=user.aor,
            completion=Completion(
                course_code=course.code, completed_on=day, username=user.username
            ),
            reason=REASON,
            now=loading.now,
        )
