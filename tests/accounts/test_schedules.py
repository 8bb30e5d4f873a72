"""Records schedules: when what is printed must be destroyed (QRY-8; PIA "Data Retention")."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.disposal import SHIPPED, ScheduleRule, disposal_of, years_after
from accounts.models import Component, CountedFrom, RecordsSchedule
from accounts.selectors import find_retention
from accounts.services.schedules import set_records_schedule
from audit.kinds import Kind
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from tests.audited import assert_audited, recorded
from tests.cast import NOW, Cast, client_for

WHY = "the records officer's letter"
RULE = ScheduleRule(
    title="Copies", authority="N1", counted_from=CountedFrom.RECORD, destroy_years=5
)
DAYS = st.dates(date(1990, 1, 1), date(2400, 1, 1))
YEARS = st.integers(1, 100)


def set_schedule(cast: Cast, component: Component, rule: ScheduleRule = RULE) -> RecordsSchedule:
    return set_records_schedule(
        actor=cast.vendor.person, component=component, rule=rule, reason=WHY, now=NOW
    )


# --- days ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("component", "recorded_on", "transfer_on", "destroy_on"),
    [
        # PIA: "the cutoff point is the end of the calendar year in which the record was created,
        # and the records are destroyed three years after the cutoff date".
        ("ERO", date(2026, 1, 1), None, date(2029, 12, 31)),
        ("ERO", date(2026, 12, 31), None, date(2029, 12, 31)),
        ("ERO", date(2027, 1, 1), None, date(2030, 12, 31)),
        ("ERO", date(2028, 2, 29), None, date(2031, 12, 31)),
        # PIA: "retained onsite for 10 years, … and destroyed when they are 20 years old".
        ("HSI", date(2026, 3, 2), date(2036, 3, 2), date(2046, 3, 2)),
        ("HSI", date(2028, 2, 29), date(2038, 3, 1), date(2048, 2, 29)),
    ],
)
def test_shipped_schedules_are_those_of_the_pia(
    component: str, recorded_on: date, transfer_on: date | None, destroy_on: date
) -> None:
    disposal = disposal_of(SHIPPED[component], recorded_on)
    assert (disposal.transfer_on, disposal.destroy_on) == (transfer_on, destroy_on)


def test_shipped_schedules_name_their_authority() -> None:
    assert "DAA-0567-2015-0016-0001" in SHIPPED["ERO"].authority
    assert "N1-036-86-001" in SHIPPED["HSI"].authority
    assert SHIPPED["ERO"].sentence == (
        "Destroyed 3 years after the end of the calendar year of the record."
    )
    assert SHIPPED["HSI"].sentence == (
        "Kept on site for 10 years, then at a records center;"
        " destroyed 20 years after the day of the record."
    )


@given(DAYS, YEARS)
def test_years_from_the_record_are_whole_years(day: date, years: int) -> None:
    end = disposal_of(rule(CountedFrom.RECORD, years), day).destroy_on
    assert end.year - day.year == years
    # The same day of the year, or for February 29 the day after February 28: never one less.
    assert (end.month, end.day) in {(day.month, day.day), (3, 1)}
    assert end >= day + timedelta(days=365 * years)


@given(DAYS, YEARS)
def test_years_from_the_years_end_end_with_a_year(day: date, years: int) -> None:
    end = disposal_of(rule(CountedFrom.YEAR_END, years), day).destroy_on
    assert end == date(day.year + years, 12, 31)
    assert end >= disposal_of(rule(CountedFrom.RECORD, years), day).destroy_on


@given(DAYS, DAYS, YEARS, st.sampled_from(CountedFrom))
def test_what_is_recorded_later_is_never_destroyed_sooner(
    one: date, other: date, years: int, counted_from: CountedFrom
) -> None:
    ends = [disposal_of(rule(counted_from, years), day).destroy_on for day in sorted((one, other))]
    assert ends == sorted(ends)


@given(DAYS, st.data())
def test_transfer_comes_before_destruction(day: date, data: st.DataObject) -> None:
    years = data.draw(YEARS)
    on_site = data.draw(st.integers(1, years))
    disposal = disposal_of(rule(CountedFrom.RECORD, years, on_site), day)
    assert disposal.transfer_on is not None
    assert day < disposal.transfer_on <= disposal.destroy_on


@given(DAYS, st.integers(0, 50), st.integers(0, 50))
def test_years_add_up_but_for_leap_days(day: date, first: int, second: int) -> None:
    both = years_after(day, first + second)
    assert abs((years_after(years_after(day, first), second) - both).days) <= 1


def rule(counted_from: CountedFrom, years: int, on_site: int | None = None) -> ScheduleRule:
    return ScheduleRule(
        title="t",
        authority="a",
        counted_from=counted_from,
        destroy_years=years,
        on_site_years=on_site,
    )


# --- the table ----------------------------------------------------------------------------------


def test_schedule_is_set_with_history_in_the_agencys_log(cast: Cast) -> None:  # ACC-13
    [event] = assert_audited(lambda: set_schedule(cast, cast.ero), Kind.ADMIN_CREATED)
    assert event.log_id == cast.agency.log_id
    assert event.fields["after"]["authority"] == "N1"
    [changed] = assert_audited(
        lambda: set_schedule(cast, cast.ero, SHIPPED["ERO"]), Kind.ADMIN_CHANGED
    )
    assert changed.fields["before"]["destroy_years"] == 5
    assert changed.fields["after"]["destroy_years"] == 3
    schedule = RecordsSchedule.objects.get(component=cast.ero)
    assert [row.destroy_years for row in schedule.history.all()] == [3, 5]
    assert {row.history_change_reason for row in schedule.history.all()} == {WHY}


@pytest.mark.parametrize("name", ["investigator", "supervisor", "manager", "auditor", "other"])
def test_only_the_vendor_sets_schedules(cast: Cast, name: str) -> None:
    with recorded() as events, pytest.raises(PolicyDenied):
        set_records_schedule(
            actor=cast.everybody[name].person, component=cast.ero, rule=RULE, reason=WHY, now=NOW
        )
    assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]
    assert not RecordsSchedule.objects.exists()


@pytest.mark.parametrize(
    ("years", "on_site", "field"),
    [(0, None, "destroy_years"), (101, None, "destroy_years"), (5, 6, "on_site_years"),
     (5, 0, "on_site_years")],
)  # fmt: skip
def test_years_that_can_not_be_are_refused(
    cast: Cast, years: int, on_site: int | None, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_schedule(cast, cast.ero, rule(CountedFrom.RECORD, years, on_site))
    assert [*refused.value.errors] == [field]


def test_same_schedule_again_is_no_change(cast: Cast) -> None:
    set_schedule(cast, cast.ero)
    with pytest.raises(InvalidInput):
        set_schedule(cast, cast.ero)


def test_database_refuses_years_that_can_not_be(cast: Cast) -> None:
    schedule = set_schedule(cast, cast.ero)
    for values in ({"destroy_years": 0}, {"on_site_years": 6}, {"on_site_years": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RecordsSchedule.objects.filter(pk=schedule.pk).update(**values)


def test_schedule_of_the_own_component_counts(cast: Cast) -> None:
    set_schedule(cast, cast.ero, SHIPPED["ERO"])
    found = find_retention(cast.investigator.person, recorded_on=date(2026, 3, 2))
    assert found is not None
    assert (found.rule, found.disposal.destroy_on) == (SHIPPED["ERO"], date(2029, 12, 31))
    assert find_retention(cast.colleague.person, recorded_on=date(2026, 3, 2)) is None  # HSI
    assert find_retention(cast.auditor.person, recorded_on=date(2026, 3, 2)) is None
    assert find_retention(cast.other.person, recorded_on=date(2026, 3, 2)) is None


# --- the admin ----------------------------------------------------------------------------------

PAGE = "/admin/accounts/component/{}/records-schedule/"
LIST = "/admin/accounts/recordsschedule/"


def test_vendor_is_offered_what_is_shipped_and_sets_it(cast: Cast) -> None:
    client = client_for(cast.vendor)
    page = client.get(PAGE.format(cast.hsi.pk)).content.decode()
    assert "N1-036-86-001" in page
    assert "Now: none." in page
    sent = {
        "title": SHIPPED["HSI"].title,
        "authority": SHIPPED["HSI"].authority,
        "counted_from": "record",
        "on_site_years": "10",
        "destroy_years": "20",
        "reason": WHY,
    }
    assert client.post(PAGE.format(cast.hsi.pk), sent).status_code == 302
    schedule = RecordsSchedule.objects.get(component=cast.hsi)
    assert (schedule.on_site_years, schedule.destroy_years) == (10, 20)
    shown = client.get(LIST).content.decode()
    assert "Kept on site for 10 years" in shown
    assert "Example Agency" in shown
    again = client.get(PAGE.format(cast.hsi.pk)).content.decode()
    assert "Kept on site for 10 years" in again


def test_page_names_what_is_wrong_beside_its_field(cast: Cast) -> None:
    client = client_for(cast.vendor)
    sent = {"title": "x", "authority": "y", "counted_from": "never", "destroy_years": "many"}
    page = client.post(PAGE.format(cast.ero.pk), sent)
    assert page.status_code == 422
    assert not RecordsSchedule.objects.exists()
