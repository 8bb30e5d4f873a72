"""The comparison of users with training records, both ways (ACC-8; PIA "Training")."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.db.models import QuerySet

from accounts.models import Aor, TrainingCourse, TrainingRecord, User
from accounts.people import Person
from accounts.reports.document import PDF_TYPE, Heading, Table, Text, pdf
from accounts.reports.spreadsheet import XLSX_TYPE, Sheet, workbook
from accounts.selectors import list_aors_for
from accounts.standing import Accounts, list_standings, list_trained_for, offered_courses
from accounts.training import GAPS, CourseStanding, CourseState, spelt

TITLE = "Users against training records"
GAPS_ONLY, EVERYTHING = "gaps", "all"
# What `state` may be in the address, and in words.
STATE_CHOICES: dict[str, str] = {
    GAPS_ONLY: "Missing or expired",
    CourseState.MISSING.value: "Missing",
    CourseState.EXPIRED.value: "Expired",
    CourseState.DUE.value: "Due within 30 days",
    CourseState.CURRENT.value: "Current",
    EVERYTHING: "All",
}
_USER_HEADINGS = (
    *("Name", "User name", "E-mail", "Area", "Component"),
    *("Course", "State", "Completed on", "Valid through"),
)
_RECORD_HEADINGS = (
    *("Name", "User name", "E-mail", "Area", "Course", "Completed on", "Certificate", "Why"),
)


@dataclass(frozen=True, slots=True)
class ComparisonFilter:
    """What the report shows, as it stands in the address."""

    course: str = ""
    state: str = GAPS_ONLY
    aor: str = ""
    text: str = ""

    @property
    def query(self) -> str:
        """The filter as the address holds it."""
        return urlencode(
            {"course": self.course, "state": self.state, "aor": self.aor, "q": self.text}
        )

    @property
    def sentence(self) -> str:
        """The filter in words."""
        return (
            f"State: {STATE_CHOICES[self.state]}. Course: {self.course or 'all'}."
            f" Area: {self.aor or 'all you manage'}. Name: {self.text or 'any'}."
        )


@dataclass(frozen=True, slots=True)
class UserLine:
    """One user and one course."""

    user: User
    course: CourseStanding


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A completion of somebody who has no open account, and why it stands alone."""

    record: TrainingRecord
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both directions, filtered, and what one may filter by."""

    users: list[UserLine]
    records: list[RecordLine]
    people: int
    chosen: ComparisonFilter
    courses: list[TrainingCourse]
    aors: list[Aor]


def compare(person: Person, chosen: ComparisonFilter, *, now: datetime) -> Comparison:
    """Users of the person's areas without what is required, and records without such a user."""
    aors = list(list_aors_for(person))
    users = _filtered(list_trained_for(person), chosen)
    standings = list_standings(users, now=now)
    lines = [
        UserLine(one.user, course)
        for one in standings
        for course in one.courses
        if _is_wanted(course, chosen)
    ]
    courses = list(offered_courses(person.agency_id)) if person.agency_id is not None else []
    return Comparison(
        users=lines,
        records=_alone(person, aors, chosen),
        people=len(standings),
        chosen=chosen,
        courses=courses,
        aors=aors,
    )


def comparison_workbook(found: Comparison, *, now: datetime) -> bytes:
    """The report as XLSX: a sheet for each direction, and one that says what it is of."""
    about = [
        ("Report", TITLE),
        ("Made at (UTC)", f"{now:%Y-%m-%d %H:%M}"),
        ("Shown", found.chosen.sentence),
        ("Users looked at", found.people),
    ]
    return workbook(
        TITLE,
        [
            Sheet("Users", _USER_HEADINGS, [_user_cells(line) for line in found.users]),
            Sheet(
                "Records without user",
                _RECORD_HEADINGS,
                [_record_cells(line) for line in found.records],
            ),
            Sheet("About", ("What", "Which"), about),
        ],
        made_at=now,
    )


def comparison_pdf(found: Comparison, *, now: datetime) -> bytes:
    """The report as PDF."""
    return pdf(
        TITLE,
        [
            Text(f"{found.chosen.sentence} Users looked at: {found.people}."),
            Heading(f"Users and their required courses ({len(found.users)})"),
            Table(
                _USER_HEADINGS,
                [[_shown(cell) for cell in _user_cells(line)] for line in found.users],
                widths=(5, 4, 7, 3.5, 4, 6.5, 4, 4.5, 4.5),
                empty="No user of this kind.",
            ),
            Heading(f"Training records without an open account ({len(found.records)})"),
            Table(
                _RECORD_HEADINGS,
                [[_shown(cell) for cell in _record_cells(line)] for line in found.records],
                widths=(5, 4, 7, 3.5, 4, 4.5, 4.5, 6),
                empty="No such record.",
            ),
        ],
        made_at=now,
    )


TYPES = {"xlsx": XLSX_TYPE, "pdf": PDF_TYPE}
MAKERS = {"xlsx": comparison_workbook, "pdf": comparison_pdf}


def _filtered(users: "QuerySet[User]", chosen: ComparisonFilter) -> "QuerySet[User]":
    if chosen.aor:
        users = users.filter(aor__name=chosen.aor)
    if chosen.text:
        users = users.filter(full_name__icontains=chosen.text)
    return users


def _is_wanted(course: CourseStanding, chosen: ComparisonFilter) -> bool:
    if chosen.course and course.code != chosen.course:
        return False
    if chosen.state == GAPS_ONLY:
        return course.state in GAPS
    return chosen.state in {EVERYTHING, course.state.value}


def _alone(person: Person, aors: list[Aor], chosen: ComparisonFilter) -> list[RecordLine]:
    """Records of the person's areas that count for nobody who has an open account."""
    if person.agency_id is None:
        return []
    records = (
        TrainingRecord.objects.select_related("course", "aor", "user__aor")
        .filter(agency_id=person.agency_id, is_withdrawn=False)
        .order_by("full_name", "username", "email", "course__title", "-completed_on")
    )
    if chosen.course:
        records = records.filter(course__code=chosen.course)
    if chosen.text:
        records = records.filter(full_name__icontains=chosen.text)
    reach = {aor.pk for aor in aors if chosen.aor in {"", aor.name}}
    closed = [
        RecordLine(record, "the account is closed for ever")
        for record in records.filter(user__deleted_at__isnull=False, user__aor__in=reach)
    ]
    accounts = Accounts(person.agency_id)
    unmatched = [
        RecordLine(record, "nobody has an account with this name or address")
        for record in records.filter(user=None, aor__in=reach)
        if len(accounts.find(record.username, record.email)) != 1
    ]
    return unmatched + closed


def _user_cells(line: UserLine) -> list[object]:
    user, course = line.user, line.course
    return [
        user.full_name,
        user.username,
        user.email,
        user.aor.name if user.aor else "",
        user.component.code if user.component else "",
        f"{course.title} ({course.code})",
        course.label,
        course.completed_on,
        course.valid_until or ("for good" if course.completed_on else None),
    ]


def _record_cells(line: RecordLine) -> list[object]:
    record = line.record
    return [
        record.full_name,
        record.username,
        record.email,
        record.aor.name if record.aor else "",
        record.course.code,
        record.completed_on,
        record.certificate,
        line.why,
    ]


def _shown(cell: object) -> str:
    return spelt(cell) if isinstance(cell, date) else str(cell or "")
