"""Training opens queries and alerts, and its lapse closes them (ACC-8)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import TrainingCourse, TrainingRecord, User
from accounts.policy import TrainingMissing, check_is_trained
from accounts.roles import Role
from accounts.selectors import training_gaps
from accounts.services.training import (
    Completion,
    change_course,
    create_course,
    record_completion,
    restore_completion,
    withdraw_completion,
)
from accounts.standing import list_courses_for, list_records_for, list_standings, training_of
from accounts.training import CourseState, last_valid_day, reminder_due, standing
from audit.actors import system
from audit.kinds import Kind
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from tests.audited import assert_audited, recorded
from tests.cast import COURSE, NOW, Cast, client_for, make_user, train

TODAY = NOW.date()
SETUP = system("tests")


def course(cast: Cast, code: str = "YEARLY", *, months: int | None = 12) -> TrainingCourse:
    return create_course(
        actor=cast.manager.person,
        agency=cast.agency,
        code=code,
        title="Yearly refresher",
        covers=["privacy_security"],
        validity_months=months,
        is_required=True,
        reason="order 9",
        now=NOW,
    )


def states(user: User, now: datetime = NOW) -> dict[str, CourseState]:
    (one,) = list_standings([user], now=now)
    return {entry.code: entry.state for entry in one.courses}


def by_hand(cast: Cast, **named: str) -> TrainingRecord:
    return record_completion(
        actor=cast.manager.person,
        agency=cast.agency,
        aor=cast.new_york,
        completion=Completion(course_code=COURSE, completed_on=TODAY, **named),
        reason="certificate seen",
        now=NOW,
    )


# --- how long a completion counts -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("completed", "months", "until"),
    [
        (date(2025, 3, 9), 12, date(2026, 3, 9)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2023, 2, 28), 12, date(2024, 2, 28)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2025, 12, 31), 1, date(2026, 1, 31)),
        (date(9999, 12, 1), 12, date.max),
    ],
)
def test_last_valid_day(completed: date, months: int, until: date) -> None:
    assert last_valid_day(completed, months) == until


DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@given(DAYS, st.integers(1, 120))
def test_a_completion_counts_for_whole_months_and_no_day_longer(day: date, months: int) -> None:
    until = last_valid_day(day, months)
    assert until is not None
    assert (until.year * 12 + until.month) - (day.year * 12 + day.month) == months
    # The same day, unless the month is too short: then its last.
    assert until.day == day.day or (until + timedelta(days=1)).day == 1
    assert until.day <= day.day


@given(DAYS, st.integers(1, 120), st.integers(-60, 60))
def test_it_is_current_up_to_its_last_day_and_expired_after(
    day: date, months: int, offset: int
) -> None:
    until = last_valid_day(day, months)
    assert until is not None
    today = until + timedelta(days=offset)
    found = standing(
        course_id=1, code="C", title="T", validity_months=months, completed_on=day, today=today
    )
    if today < day:
        assert found.state is CourseState.MISSING
    elif offset > 0:
        assert found.state is CourseState.EXPIRED
    else:
        assert found.state is (CourseState.DUE if offset >= -30 else CourseState.CURRENT)
    assert found.is_gap == (found.state in {CourseState.EXPIRED, CourseState.MISSING})


@given(DAYS, DAYS, st.integers(1, 120))
def test_a_later_completion_never_counts_for_less(one: date, other: date, months: int) -> None:
    first, second = sorted((one, other))
    assert last_valid_day(first, months) <= last_valid_day(second, months)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("left", "due"), [(31, None), (30, 30), (8, 30), (7, 7), (1, 7), (0, 0), (-5, 0)]
)
def test_which_reminder_is_due(left: int, due: int | None) -> None:
    found = standing(
        course_id=1,
        code="C",
        title="T",
        validity_months=12,
        completed_on=date(2025, 3, 2),
        today=TODAY,
    )
    assert found.valid_until == date(2026, 3, 2)
    assert reminder_due(found, date(2026, 3, 2) - timedelta(days=left)) == due


def test_what_never_lapses_is_never_due() -> None:
    found = standing(
        course_id=1, code="C", title="T", validity_months=None, completed_on=TODAY, today=TODAY
    )
    assert (found.state, reminder_due(found, TODAY)) == (CourseState.CURRENT, None)
    assert "valid for good" in found.sentence


# --- whose completion is whose --------------------------------------------------------------------


def test_standing_takes_one_statement_however_many_people(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people = [cast.investigator, cast.colleague, cast.supervisor, cast.manager, cast.vendor]
    with django_assert_num_queries(1):
        found = list_standings(people, now=NOW)
    assert [one.gaps for one in found] == [()] * 5
    with django_assert_num_queries(1):
        training_of(cast.investigator.person, now=NOW)
    with django_assert_num_queries(0):
        assert training_of(cast.vendor.person, now=NOW) == ()


def test_a_course_of_another_agency_is_asked_of_nobody_here(cast: Cast) -> None:
    course(cast)
    assert "YEARLY" not in states(cast.other)
    assert states(cast.investigator)["YEARLY"] is CourseState.MISSING


def test_the_latest_completion_counts_and_no_withdrawn_one(cast: Cast) -> None:
    yearly = course(cast)
    train(cast.investigator, course="YEARLY", on=date(2024, 5, 1))
    assert states(cast.investigator)["YEARLY"] is CourseState.EXPIRED
    newest = train(cast.investigator, course="YEARLY", on=date(2025, 11, 1))
    assert states(cast.investigator)["YEARLY"] is CourseState.CURRENT
    withdraw_completion(actor=cast.manager.person, record=newest, reason="forged", now=NOW)
    assert states(cast.investigator)["YEARLY"] is CourseState.EXPIRED
    restore_completion(actor=cast.manager.person, record=newest, reason="genuine", now=NOW)
    assert states(cast.investigator)["YEARLY"] is CourseState.CURRENT
    assert newest.history.count() == 3
    change_course(
        actor=cast.manager.person,
        course=yearly,
        title=yearly.title,
        covers=yearly.covers,
        validity_months=3,
        is_required=True,
        is_active=True,
        reason="order 10",
        now=NOW,
    )
    assert states(cast.investigator)["YEARLY"] is CourseState.EXPIRED


@pytest.mark.parametrize("how", ["username", "email", "both"])
def test_a_record_without_account_counts_once_there_is_one(cast: Cast, how: str) -> None:
    named = {"username": "newcomer", "email": "Newcomer@example.test"}
    by_hand(cast, **(named if how == "both" else {how: named[how]}))
    newcomer = make_user(
        "newcomer", "Nora Ek", [Role.INVESTIGATOR],
        component=cast.ero, aor=cast.new_york, is_trained=False,
    )  # fmt: skip
    assert states(newcomer)[COURSE] is CourseState.CURRENT


def test_it_counts_for_nobody_of_another_area_or_agency_and_for_no_second_person(
    cast: Cast,
) -> None:
    by_hand(cast, email="shared@example.test")
    for name, component, aor in (
        ("in-chicago", cast.hsi, cast.chicago),
        ("in-dallas", cast.other.component, cast.other.aor),
    ):
        user = make_user(name, name, [Role.INVESTIGATOR], component=component, aor=aor,
                         is_trained=False)  # fmt: skip
        User.objects.filter(pk=user.pk).update(email="shared@example.test")
        assert states(user)[COURSE] is CourseState.MISSING
    one = make_user("one", "One", [Role.INVESTIGATOR], component=cast.ero, aor=cast.new_york,
                    is_trained=False)  # fmt: skip
    User.objects.filter(pk=one.pk).update(email="shared@example.test")
    # Two accounts of the agency have the address by now: it names nobody.
    assert states(one)[COURSE] is CourseState.MISSING


# --- who may record what --------------------------------------------------------------------------


def test_courses_and_completions_are_audited(cast: Cast) -> None:
    assert_audited(lambda: course(cast), Kind.ADMIN_CREATED)
    made = TrainingCourse.objects.get(code="YEARLY")
    assert_audited(
        lambda: change_course(
            actor=cast.manager.person,
            course=made,
            title="Refresher",
            covers=made.covers,
            validity_months=None,
            is_required=False,
            is_active=False,
            reason="order 11",
            now=NOW,
        ),
        Kind.ADMIN_CHANGED,
    )
    (event,) = assert_audited(lambda: by_hand(cast, username="investigator"), Kind.ADMIN_CREATED)
    assert event.fields["reason"] == "certificate seen"
    found = TrainingRecord.objects.get(completed_on=TODAY)
    assert (found.user_id, found.full_name) == (cast.investigator.pk, "Alice Moreno")
    person = cast.manager.person
    for act in (withdraw_completion, restore_completion):
        assert_audited(
            lambda act=act: act(actor=person, record=found, reason="x", now=NOW),  # type: ignore[misc]
            Kind.ADMIN_CHANGED,
        )


@pytest.mark.parametrize("who", ["investigator", "supervisor", "auditor", "vendor", "other"])
def test_only_managers_record_completions(cast: Cast, who: str) -> None:
    with recorded() as events, pytest.raises(PolicyDenied):
        record_completion(
            actor=cast.everybody[who].person,
            agency=cast.agency,
            aor=cast.new_york,
            completion=Completion(course_code=COURSE, completed_on=TODAY, username="investigator"),
            reason="please",
            now=NOW,
        )
    assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]


def test_a_manager_opens_nothing_to_people_of_another_area(cast: Cast) -> None:
    with pytest.raises(PolicyDenied):
        by_hand(cast, username="colleague")
    with pytest.raises(PolicyDenied):
        record_completion(
            actor=cast.manager.person,
            agency=cast.agency,
            aor=cast.chicago,
            completion=Completion(course_code=COURSE, completed_on=TODAY, email="x@example.test"),
            reason="please",
            now=NOW,
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"completed_on": date(2026, 3, 3)}, "completed_on"),
        ({"completed_on": date(1989, 12, 31)}, "completed_on"),
        ({"course_code": "NO-SUCH"}, "course"),
        ({"username": "", "email": ""}, "username"),
        ({"email": "nobody", "username": ""}, "email"),
        ({"completed_on": date(2020, 1, 13)}, "completed_on"),
    ],
)
def test_completions_that_cannot_be_recorded(
    cast: Cast, changes: dict[str, object], field: str
) -> None:
    good = Completion(course_code=COURSE, completed_on=TODAY, username="investigator")
    with pytest.raises(InvalidInput) as refused:
        record_completion(
            actor=cast.manager.person,
            agency=cast.agency,
            aor=cast.new_york,
            completion=replace(good, **changes),  # type: ignore[arg-type]
            reason="x",
            now=NOW,
        )
    assert field in refused.value.errors


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "no good"}, "code"),
        ({"code": "lpr-use"}, "code"),
        ({"title": " "}, "title"),
        ({"covers": []}, "covers"),
        ({"covers": ["cooking"]}, "covers"),
        ({"validity_months": 0}, "validity_months"),
        ({"validity_months": 121}, "validity_months"),
    ],
)
def test_courses_that_cannot_be_made(cast: Cast, changes: dict[str, object], field: str) -> None:
    values: dict[str, object] = {
        "code": "NEW",
        "title": "New",
        "covers": ["system_use"],
        "validity_months": 12,
        "is_required": True,
    }
    with pytest.raises(InvalidInput) as refused:
        create_course(
            actor=cast.manager.person,
            agency=cast.agency,
            reason="x",
            now=NOW,
            **(values | changes),  # type: ignore[arg-type]
        )
    assert field in refused.value.errors


def test_managers_change_no_course_of_everybody(cast: Cast) -> None:
    everybodys = TrainingCourse.objects.get(code=COURSE)
    with pytest.raises(PolicyDenied, match="own agency"):
        change_course(
            actor=cast.manager.person,
            course=everybodys,
            title="Mine",
            covers=everybodys.covers,
            validity_months=None,
            is_required=False,
            is_active=True,
            reason="x",
            now=NOW,
        )


# --- the gate -------------------------------------------------------------------------------------

# The same in every process: test runners compare the names of tests.
NO_ID = "0190a5d1-0000-7000-8000-000000000000"

GATED = [
    "/queries/new/", "/queries/", f"/queries/{NO_ID}/", "/alerts/", "/alerts/new/",
    "/alerts/?plate=%00", f"/alerts/{NO_ID}/", f"/alerts/matches/{NO_ID}/",
]  # fmt: skip


@pytest.mark.parametrize("address", GATED)
def test_every_page_of_queries_and_alerts_is_closed_and_says_why(cast: Cast, address: str) -> None:
    course(cast)
    client = client_for(cast.investigator)
    with recorded() as events:
        response = client.get(address)
    assert response.status_code == 403
    page = response.content.decode()
    assert "Yearly refresher" in page
    assert "Never completed" in page
    assert "Grace Whitfield" in page
    assert "manager@example.test" in page
    (event,) = events
    assert event.fields["outcome_code"] == "training_missing"
    assert client.get("/training/").status_code == 200
    train(cast.investigator, course="YEARLY", on=TODAY)
    assert client.get(address).status_code != 403


def test_a_lapse_between_form_and_send_is_refused_and_recorded(cast: Cast) -> None:
    client = client_for(cast.investigator)
    assert client.get("/queries/new/").status_code == 200
    course(cast)
    for address, entries, kind in (
        ("/queries/new/", {"plate": "abc123"}, Kind.QUERY_REFUSED),
        ("/alerts/new/", {"plate": "abc123"}, Kind.ACCESS_REFUSED),
    ):
        with recorded() as events:
            response = client.post(address, entries)
        assert response.status_code == 403
        assert "Your training is not current" in response.content.decode()
        (event,) = events
        assert (event.kind, event.outcome) == (kind, "refused")
        assert event.fields["outcome_code"] == "training_missing"


def test_it_closes_the_day_after_the_last_valid_one_in_the_persons_own_time(cast: Cast) -> None:
    course(cast)
    train(cast.investigator, course="YEARLY", on=date(2025, 3, 1))
    # Half past eleven in the evening of 1 March in New York is 2 March in UTC.
    last = datetime.fromisoformat("2026-03-02T04:30:00+00:00")
    check_is_trained(training_of(cast.investigator.person, now=last))
    with pytest.raises(TrainingMissing, match="expired after Mar 1, 2026"):
        check_is_trained(training_of(cast.investigator.person, now=last + timedelta(minutes=31)))


def test_gaps_are_those_of_the_managers_own_people(cast: Cast) -> None:
    course(cast)
    train(cast.supervisor, course="YEARLY", on=TODAY)
    named = [one.user.username for one in training_gaps(cast.manager.person, now=NOW)]
    assert named == ["investigator", "manager"]
    assert training_gaps(cast.investigator.person, now=NOW) == []


# --- the pages ------------------------------------------------------------------------------------


def test_manager_adds_a_course_and_a_completion_in_the_admin(cast: Cast) -> None:
    client = client_for(cast.manager)
    page = client.post(
        "/admin/accounts/trainingcourse/add/",
        {"code": "NEW", "title": "New", "covers": ["system_use"], "validity_months": "12",
         "is_required": "on", "reason": "order"},
    )  # fmt: skip
    assert page.status_code == 302, page.content.decode()
    new = TrainingCourse.objects.get(code="NEW")
    assert new.agency == cast.agency
    address = "/admin/accounts/trainingrecord/record/"
    entries = {
        "course": new.pk, "username": "investigator", "completed_on": "2026-02-01",
        "aor": cast.new_york.pk, "reason": "seen",
    }  # fmt: skip
    assert client.get(address).status_code == 200
    assert client.post(address, entries).status_code == 302
    found = TrainingRecord.objects.get(course=new)
    assert client.post(address, entries).status_code == 422
    listed = client.get("/admin/accounts/trainingrecord/").content.decode()
    assert "Alice Moreno" in listed
    assert "Bob Lindqvist" not in listed
    for page_name in ("withdraw", "restore"):
        act = f"/admin/accounts/trainingrecord/{found.pk}/{page_name}/"
        assert client.post(act, {"reason": "mistake"}).status_code == 302
    assert client.get(f"/admin/accounts/trainingrecord/{found.pk}/history/").status_code == 200
    modify = f"/admin/accounts/trainingcourse/{new.pk}/modify/"
    assert 'value="New"' in client.get(modify).content.decode()
    changed = {"title": "Newer", "covers": ["system_use"], "reason": "order", "is_active": "on"}
    assert client.post(modify, changed).status_code == 302
    new.refresh_from_db()
    assert (new.title, new.is_required, new.validity_months) == ("Newer", False, None)


def test_records_of_others_look_like_none(cast: Cast) -> None:
    client = client_for(cast.manager)
    for member in (cast.colleague, cast.other):
        record = TrainingRecord.objects.get(user=member)
        address = f"/admin/accounts/trainingrecord/{record.pk}/change/"
        assert client.get(address).status_code == 404


def test_what_changes_nothing_or_is_gone_is_refused(cast: Cast) -> None:
    made = course(cast)
    same: dict[str, Any] = {
        "title": made.title, "covers": made.covers, "validity_months": 12, "is_required": True,
        "is_active": True, "reason": "x", "now": NOW,
    }  # fmt: skip
    with pytest.raises(InvalidInput, match="Nothing was changed"):
        change_course(actor=cast.manager.person, course=made, **same)
    gone = TrainingCourse(pk=987654321, agency=cast.agency)
    with pytest.raises(NotFound):
        change_course(actor=cast.manager.person, course=gone, **same)
    found = TrainingRecord.objects.get(user=cast.investigator)
    with pytest.raises(InvalidInput, match="counted already"):
        restore_completion(actor=cast.manager.person, record=found, reason="x", now=NOW)
    missing = TrainingRecord(pk=987654321, agency=cast.agency)
    with pytest.raises(NotFound):
        withdraw_completion(actor=cast.manager.person, record=missing, reason="x", now=NOW)


def test_an_address_of_two_accounts_names_nobody(cast: Cast) -> None:
    User.objects.filter(pk=cast.supervisor.pk).update(email="investigator@example.test")
    with pytest.raises(InvalidInput, match="Several accounts"):
        by_hand(cast, email="investigator@example.test")


def test_courses_are_seen_by_who_sees_to_them(cast: Cast) -> None:
    own = course(cast)
    assert own in list_courses_for(cast.vendor.person)
    assert own in list_courses_for(cast.manager.person)
    assert not list_courses_for(cast.other.person).exists()
    assert not list_records_for(cast.vendor.person).exists()
