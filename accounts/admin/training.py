"""Training in the admin: courses, completions, files of them, and the comparison (ACC-8)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.urls import URLPattern, reverse

from accounts import policy, selectors
from accounts.admin.training_pages import training_urls
from accounts.governed_admin import GovernedAdmin, GovernedPage
from accounts.models import Coverage, TrainingCourse, TrainingRecord
from accounts.people import Person
from accounts.services.training import (
    Completion,
    change_course,
    create_course,
    record_completion,
    restore_completion,
    withdraw_completion,
)
from accounts.standing import list_courses_for, list_records_for
from accounts.training_forms import (
    AddCourseForm,
    ChangeCourseForm,
    CompletionForm,
    prepare_completion,
    prepare_course,
)
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission as P

_TEACHERS = frozenset({P.MANAGE_USERS, P.MANAGE_AGENCIES})
_MANAGERS = frozenset({P.MANAGE_USERS})
_COVERS = dict(Coverage.choices)

Data = Mapping[str, Any]


def _add_course(person: Person, _: object, data: Data, now: datetime) -> None:
    """For the own agency; the vendor's courses are everybody's."""
    create_course(
        actor=person,
        agency=selectors.find_agency(person.agency_id),
        code=data["code"],
        title=data["title"],
        covers=data["covers"],
        validity_months=data["validity_months"],
        is_required=data["is_required"],
        reason=data["reason"],
        now=now,
    )


def _change_course(
    person: Person, course: TrainingCourse | None, data: Data, now: datetime
) -> None:
    if course is None:
        raise NotFound("course")
    change_course(
        actor=person,
        course=course,
        title=data["title"],
        covers=data["covers"],
        validity_months=data["validity_months"],
        is_required=data["is_required"],
        is_active=data["is_active"],
        reason=data["reason"],
        now=now,
    )


def _may_change(person: Person, course: TrainingCourse | None) -> bool:
    return course is not None and policy.can_manage_courses(person, agency_id=course.agency_id)


def _of_requiring(_person: Person, _: object) -> list[str]:
    return [
        (
            "A required course closes queries and alerts at once to everybody without a current"
            " completion of it: record the completions first, then require the course."
        ),
        "A course that is closed or no longer required keeps nobody out; its completions stay.",
    ]


@admin.register(TrainingCourse)
class TrainingCourseAdmin(GovernedAdmin[TrainingCourse]):
    """Courses for everybody, and the own agency's."""

    view_permissions = _TEACHERS
    list_display = ("code", "title", "covered", "validity", "is_required", "is_active", "for_whom")
    list_filter = ("is_required", "is_active")
    search_fields = ("code", "title")
    fields = list_display
    readonly_fields = ("covered", "validity", "for_whom")
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        GovernedPage(
            name="add",
            title="Add a course",
            permissions=_TEACHERS,
            act=_add_course,
            form=AddCourseForm,
            of_object=False,
            consequences=_of_requiring,
        ),
        GovernedPage(
            name="modify",
            title="Change this course",
            permissions=_TEACHERS,
            act=_change_course,
            form=ChangeCourseForm,
            offered=_may_change,
            prepare=prepare_course,
            consequences=_of_requiring,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[TrainingCourse]":
        """What `accounts.standing` lets the person see."""
        return list_courses_for(person)

    @admin.display(description="Covers")
    def covered(self, course: TrainingCourse) -> str:
        """What the course teaches, in words."""
        return ", ".join(_COVERS[name] for name in course.covers)

    @admin.display(description="A completion counts for")
    def validity(self, course: TrainingCourse) -> str:
        """How long, in words."""
        months = course.validity_months
        if months is None:
            return "good"
        return f"{months} month{'' if months == 1 else 's'}"

    @admin.display(description="For", ordering="agency")
    def for_whom(self, course: TrainingCourse) -> str:
        """The agency, or everybody."""
        return course.agency.name if course.agency else "every agency"


def _record(person: Person, _: object, data: Data, now: datetime) -> None:
    aor = data["aor"]
    record_completion(
        actor=person,
        agency=aor.agency,
        aor=aor,
        completion=Completion(
            course_code=data["course"].code,
            completed_on=data["completed_on"],
            username=data["username"],
            email=data["email"],
            full_name=data["full_name"],
            certificate=data["certificate"],
        ),
        reason=data["reason"],
        now=now,
    )


def _withdraw(person: Person, record: TrainingRecord | None, data: Data, now: datetime) -> None:
    if record is None:
        raise NotFound("completion")
    withdraw_completion(actor=person, record=record, reason=data["reason"], now=now)


def _restore(person: Person, record: TrainingRecord | None, data: Data, now: datetime) -> None:
    if record is None:
        raise NotFound("completion")
    restore_completion(actor=person, record=record, reason=data["reason"], now=now)


@admin.register(TrainingRecord)
class TrainingRecordAdmin(GovernedAdmin[TrainingRecord]):
    """Completions of the people of a manager's areas, with an account or without."""

    view_permissions = _MANAGERS
    list_display = ("person", "course", "completed_on", "aor", "has_account", "is_withdrawn")
    list_filter = (("course", admin.RelatedOnlyFieldListFilter), "is_withdrawn")
    search_fields = ("full_name", "username", "email", "user__full_name", "certificate")
    fields = (
        *("person", "course", "completed_on", "certificate", "username", "email"),
        *("aor", "has_account", "is_withdrawn", "recorded_at"),
    )
    readonly_fields = ("person", "has_account")
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        GovernedPage(
            name="record",
            title="Record a completion",
            permissions=_MANAGERS,
            act=_record,
            form=CompletionForm,
            of_object=False,
            prepare=prepare_completion,
            consequences=lambda _person, _object: [
                "Access to queries and alerts opens at once to whom no other course is missing.",
                "Somebody without an account is kept on record, and matched when they get one.",
            ],
        ),
        GovernedPage(
            name="withdraw",
            title="Withdraw this completion",
            permissions=_MANAGERS,
            act=_withdraw,
            offered=lambda _person, record: record is not None and not record.is_withdrawn,
            consequences=lambda _person, _object: [
                (
                    "The completion counts no longer: queries and alerts close at once to the"
                    " person unless another completion of the course is current."
                ),
                "Importing it again does not bring it back.",
            ],
        ),
        GovernedPage(
            name="restore",
            title="Restore this completion",
            permissions=_MANAGERS,
            act=_restore,
            offered=lambda _person, record: record is not None and record.is_withdrawn,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[TrainingRecord]":
        """What `accounts.standing` lets the person see."""
        return list_records_for(person)

    def get_urls(self) -> list[URLPattern]:
        """With the pages about files and the comparison."""
        return [*training_urls(self), *super().get_urls()]

    def _links(self, person: Person, found: TrainingRecord | None) -> list[tuple[str, str]]:
        links = super()._links(person, found)
        if found is None:
            links += [
                ("Import a file", reverse("admin:training_import")),
                ("Users against records", reverse("admin:training_comparison")),
            ]
        return links

    @admin.display(description="Person", ordering="full_name")
    def person(self, record: TrainingRecord) -> str:
        """The name as the account has it, else as it was entered."""
        named = record.full_name or record.username or record.email
        return record.user.full_name if record.user else named

    @admin.display(description="Has an account", boolean=True)
    def has_account(self, record: TrainingRecord) -> bool:
        """Whether it was matched to an account when it was recorded."""
        return record.user_id is not None
