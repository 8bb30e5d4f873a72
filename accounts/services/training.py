"""Courses and completions, entered by hand (ACC-8). Files of completions: `training_import`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q, QuerySet

from accounts import policy
from accounts.models import Agency, Aor, Coverage, TrainingCourse, TrainingRecord, User
from accounts.services.governed import change_governed, create_governed, governing, in_log
from accounts.standing import offered_courses
from accounts.training import today_in
from audit.actors import VENDOR_LOG_ID, Actor
from lprsvc.lib.errors import InvalidInput, NotFound

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
MAX_VALIDITY_MONTHS = 120
# Nothing of this service was taught before; an earlier date is a slip of the pen.
EARLIEST_COMPLETION = date(1990, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One completion as entered. The person is named by user name, by e-mail address, or both."""

    course_code: str
    completed_on: date
    username: str = ""
    email: str = ""
    full_name: str = ""
    certificate: str = ""


def create_course(
    *,
    actor: Actor,
    agency: Agency | None,
    code: str,
    title: str,
    covers: Sequence[str],
    validity_months: int | None,
    is_required: bool,
    reason: str,
    now: datetime,
) -> TrainingCourse:
    """A course for an agency's people; without `agency`, for everybody's.

    `validity_months` None: a completion is valid for good. A course that is required closes
    queries and alerts at once to all who have not completed it. Raises PolicyDenied, InvalidInput.
    """
    actor = in_log(actor, agency.log_id if agency else VENDOR_LOG_ID)
    with governing(actor, subject=f"training course {code}", reason=reason):
        policy.check_can_manage_courses(actor, agency_id=agency.pk if agency else None)
        course = TrainingCourse(
            agency=agency,
            code=code.strip(),
            title=title.strip(),
            covers=list(dict.fromkeys(covers)),
            validity_months=validity_months,
            is_required=is_required,
        )
        _check_course(course)
        _check_code_is_free(course)
        create_governed(course, actor=actor, reason=reason, now=now)
    return course


def change_course(
    *,
    actor: Actor,
    course: TrainingCourse,
    title: str,
    covers: Sequence[str],
    validity_months: int | None,
    is_required: bool,
    is_active: bool,
    reason: str,
    now: datetime,
) -> TrainingCourse:
    """Change all of a course but its code, by which records name it.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    actor = in_log(actor, course.agency.log_id if course.agency else VENDOR_LOG_ID)
    with governing(actor, subject=f"trainingcourse:{course.pk}", reason=reason):
        policy.check_can_manage_courses(actor, agency_id=course.agency_id)
        locked = TrainingCourse.objects.select_for_update().filter(pk=course.pk).first()
        if locked is None:
            raise NotFound("course")
        changes = {
            "title": title.strip(),
            "covers": list(dict.fromkeys(covers)),
            "validity_months": validity_months,
            "is_required": is_required,
            "is_active": is_active,
        }
        if all(getattr(locked, name) == value for name, value in changes.items()):
            raise InvalidInput({"": ["Nothing was changed."]})
        _check_course(TrainingCourse(agency=locked.agency, code=locked.code, **changes))
        change_governed(locked, changes, actor=actor, reason=reason, now=now)
    return locked


def record_completion(
    *,
    actor: Actor,
    agency: Agency,
    aor: Aor | None,
    completion: Completion,
    reason: str,
    now: datetime,
) -> TrainingRecord:
    """Enter one completion. Without an account the person's record is kept, under `aor`.

    Raises PolicyDenied, InvalidInput with the faults by field.
    """
    actor = in_log(actor, agency.log_id)
    named = completion.username or completion.email
    with governing(actor, subject=f"training of {named}", reason=reason):
        policy.check_can_record_training(actor, agency_id=agency.pk, aor_id=aor.pk if aor else None)
        course = _find_course(agency, completion.course_code)
        user = _find_person(actor, agency, completion)
        record = TrainingRecord(
            agency=agency,
            aor=aor,
            course=course,
            user=user,
            username=completion.username.strip().lower(),
            email=completion.email.strip().lower(),
            full_name=completion.full_name.strip() or (user.full_name if user else ""),
            completed_on=completion.completed_on,
            certificate=completion.certificate.strip(),
            recorded_at=now,
        )
        check_completed_on(completion.completed_on, today_in(agency.timezone, now))
        if _same(record).exists():
            raise InvalidInput({"completed_on": ["This completion is on record already."]})
        create_governed(record, actor=actor, reason=reason, now=now)
    return record


def withdraw_completion(
    *, actor: Actor, record: TrainingRecord, reason: str, now: datetime
) -> TrainingRecord:
    """Let a completion count no longer, as one entered by mistake; importing it again does not
    revive it. Raises PolicyDenied, InvalidInput, NotFound."""
    return _set_withdrawn(actor=actor, record=record, withdrawn=True, reason=reason, now=now)


def restore_completion(
    *, actor: Actor, record: TrainingRecord, reason: str, now: datetime
) -> TrainingRecord:
    """Let a withdrawn completion count again. Raises PolicyDenied, InvalidInput, NotFound."""
    return _set_withdrawn(actor=actor, record=record, withdrawn=False, reason=reason, now=now)


def check_completed_on(completed_on: date, today: date) -> None:
    """Raise InvalidInput for a day that has not come or is too long ago to be meant."""
    if completed_on > today:
        raise InvalidInput({"completed_on": ["This day has not come yet."]})
    if completed_on < EARLIEST_COMPLETION:
        raise InvalidInput({"completed_on": [f"Enter a day since {EARLIEST_COMPLETION:%B %Y}."]})


def _set_withdrawn(
    *, actor: Actor, record: TrainingRecord, withdrawn: bool, reason: str, now: datetime
) -> TrainingRecord:
    actor = in_log(actor, record.agency.log_id)
    with governing(actor, subject=f"trainingrecord:{record.pk}", reason=reason):
        locked = (
            TrainingRecord.objects.select_for_update(of=["self"])
            .select_related("user", "course")
            .filter(pk=record.pk)
            .first()
        )
        if locked is None:
            raise NotFound("completion")
        policy.check_can_record_training(
            actor,
            agency_id=locked.agency_id,
            aor_id=locked.user.aor_id if locked.user else locked.aor_id,
        )
        if locked.is_withdrawn == withdrawn:
            state = "withdrawn" if withdrawn else "counted"
            raise InvalidInput({"": [f"The completion is {state} already."]})
        change_governed(locked, {"is_withdrawn": withdrawn}, actor=actor, reason=reason, now=now)
    return locked


def _check_course(course: TrainingCourse) -> None:
    faults: dict[str, list[str]] = {}
    if not _CODE.fullmatch(course.code):
        faults["code"] = ["Use 1 to 40 letters, digits, hyphens or underscores."]
    if not course.title:
        faults["title"] = ["Enter the course's title."]
    if not course.covers or not set(course.covers) <= set(Coverage.values):
        faults["covers"] = ["Choose what the course covers."]
    months = course.validity_months
    if months is not None and not 1 <= months <= MAX_VALIDITY_MONTHS:
        faults["validity_months"] = [
            f"Enter 1 to {MAX_VALIDITY_MONTHS} months, or nothing if it never lapses."
        ]
    if faults:
        raise InvalidInput(faults)


def _check_code_is_free(course: TrainingCourse) -> None:
    """No two courses that one agency's people see share a code: files name courses by it."""
    same = TrainingCourse.objects.filter(code__iexact=course.code)
    if course.agency is not None:
        same = same.filter(Q(agency=None) | Q(agency=course.agency))
    if same.exists():
        raise InvalidInput({"code": ["There is a course with this code."]})


def _find_course(agency: Agency, code: str) -> TrainingCourse:
    course = offered_courses(agency.pk).filter(code__iexact=code.strip()).first()
    if course is None:
        raise InvalidInput({"course": ["Choose one of the courses of your agency."]})
    return course


def _find_person(actor: Actor, agency: Agency, completion: Completion) -> User | None:
    """The account that the completion names, if there is one; one the actor may not manage is
    refused, for a record of it would open queries to it."""
    username, email = completion.username.strip().lower(), completion.email.strip().lower()
    if not (username or email):
        raise InvalidInput({"username": ["Name the person: user name or e-mail address."]})
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise InvalidInput({"email": ["This is not an e-mail address."]}) from error
    people = User.objects.filter(agency=agency, deleted_at=None)
    found = list(people.filter(username=username)[:1]) if username else []
    if not found and email:
        found = list(people.filter(email__iexact=email)[:2])
    if len(found) > 1:
        raise InvalidInput({"email": ["Several accounts share this address: give the user name."]})
    for user in found:
        policy.check_can_record_training(actor, agency_id=user.agency_id, aor_id=user.aor_id)
    return found[0] if found else None


def _same(record: TrainingRecord) -> "QuerySet[TrainingRecord]":
    """Records of the same completion, however the person is named in them."""
    theirs = Q(user=None, username=record.username, email=record.email)
    if record.user is not None:
        names = Q(username=record.user.username) | Q(email=record.user.email.lower())
        theirs = Q(user=record.user) | (Q(user=None) & names)
    return TrainingRecord.objects.filter(
        theirs,
        agency=record.agency,
        course=record.course,
        completed_on=record.completed_on,
    )
