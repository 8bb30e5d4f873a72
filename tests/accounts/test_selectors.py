"""Who finds whom, and what part of the log each may read (AUD-5)."""

import pytest

from accounts import selectors
from accounts.models import User, user_actor_id
from accounts.people import person_for
from accounts.services.people import suspend_user
from audit.actors import VENDOR_LOG_ID
from audit.scopes import LogScope
from tests.cast import NOW, Cast


def test_auditor_reads_the_whole_agencys_log(cast: Cast) -> None:
    assert selectors.log_scope_for(cast.auditor.person) == LogScope(cast.agency.log_id)


def test_manager_reads_the_own_aors(cast: Cast) -> None:
    assert selectors.log_scope_for(cast.manager.person) == LogScope(
        cast.agency.log_id, aors=("New York",)
    )


def test_supervisor_reads_the_own_people_suspended_ones_included(cast: Cast) -> None:
    scope = selectors.log_scope_for(cast.supervisor.person)
    team = (cast.supervisor, cast.investigator, cast.colleague, cast.manager, cast.suspended)
    assert scope == LogScope(
        cast.agency.log_id, actors=tuple(sorted(user_actor_id(member.pk) for member in team))
    )


def test_vendor_reads_the_vendors_own_log(cast: Cast) -> None:
    assert selectors.log_scope_for(cast.vendor.person) == LogScope(VENDOR_LOG_ID)


@pytest.mark.parametrize("who", ["investigator", "other", "suspended"])
def test_others_read_nothing(cast: Cast, who: str) -> None:
    person = cast.everybody[who].person
    assert selectors.log_scope_for(person) is None
    assert selectors.log_reader_for(person).scope.actors == ()
    assert selectors.log_reader_for(None).scope.actors == ()


def test_log_names_are_found_in_the_own_agency_alone(cast: Cast) -> None:
    find = selectors.log_reader_for(cast.auditor.person).find_actors
    assert find("INVESTIGATOR") == (user_actor_id(cast.investigator.pk),)
    assert find("moreno") == (user_actor_id(cast.investigator.pk),)
    assert find("other-investigator") == ()
    assert find("Oscar") == ()
    assert find("%") == ()
    assert find("\0") == ()


def test_colleagues_are_open_accounts_of_the_agency_but_oneself(cast: Cast) -> None:
    found = set(selectors.list_colleagues(cast.investigator.person))
    privacy = User.objects.get(username="privacy")
    assert found == {cast.colleague, cast.supervisor, cast.manager, cast.auditor, privacy}


def test_vendors_people_have_no_colleagues_and_no_reasons(cast: Cast) -> None:
    assert list(selectors.list_colleagues(cast.vendor.person)) == []
    assert list(selectors.reason_codes_for(None)) == []


def test_reason_codes_are_the_agencys_active_ones(cast: Cast) -> None:
    codes = selectors.reason_codes_for(cast.agency.pk)
    assert [code.code for code in codes] == ["criminal", "missing"]
    assert {code.agency_id for code in codes} == {cast.agency.pk}


def test_agencies_of_others_are_not_listed(cast: Cast) -> None:
    assert list(selectors.list_agencies_for(cast.manager.person)) == [cast.agency]
    assert list(selectors.list_agencies_for(cast.vendor.person)) == [
        cast.agency,
        cast.other_agency,
    ]


def test_find_user_by_username_takes_what_people_type(cast: Cast) -> None:
    assert selectors.find_user_by_username(" INVESTIGATOR ") == cast.investigator
    for typed in ("", "nobody", "inv\0", "x" * 100_000):
        assert selectors.find_user_by_username(typed) is None


def test_suspended_supervisor_reads_nothing(cast: Cast) -> None:
    user = suspend_user(actor=cast.manager.person, user=cast.supervisor, reason="x", now=NOW)
    assert selectors.log_scope_for(person_for(user)) is None
