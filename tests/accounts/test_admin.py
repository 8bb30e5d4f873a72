"""Governing people and rules in the admin: look, and act with a reason (ACC-9, ACC-13)."""

import html

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import RulesOfBehavior
from accounts.roles import Role
from audit.kinds import Kind
from tests.audited import broken_log, recorded
from tests.cast import Cast, Member, client_for, make_user

_USERS = "/admin/accounts/user/"


def _suspend(client: Client, user: Member, reason: str = "left the agency") -> int:
    return client.post(f"{_USERS}{user.pk}/suspend/", {"reason": reason}).status_code


def test_manager_sees_the_people_of_the_own_aor_alone(cast: Cast) -> None:
    page = client_for(cast.manager).get(_USERS).content.decode()
    for member in (cast.investigator, cast.supervisor, cast.suspended, cast.manager):
        assert member.full_name in page
    for member in (cast.colleague, cast.auditor, cast.other, cast.vendor):
        assert member.full_name not in page


def test_vendor_sees_its_own_people_and_no_agencys(cast: Cast) -> None:
    page = client_for(cast.vendor).get(_USERS).content.decode()
    assert cast.vendor.full_name in page
    assert cast.investigator.full_name not in page


@pytest.mark.parametrize("whom", ["colleague", "auditor", "other", "vendor"])
@pytest.mark.parametrize("page", ["change/", "history/", "suspend/"])
def test_people_of_others_look_like_nobody(cast: Cast, whom: str, page: str) -> None:
    client = client_for(cast.manager)
    theirs = client.get(f"{_USERS}{cast.everybody[whom].pk}/{page}")
    nobodys = client.get(f"{_USERS}00000000-0000-7000-8000-00000000ffff/{page}")
    assert theirs.status_code == nobodys.status_code == 404
    assert client.post(f"{_USERS}{cast.everybody[whom].pk}/{page}").status_code == 404


@pytest.mark.parametrize("junk", ["nothing", "1", "0", "%00", "' OR 1=1"])
def test_junk_for_a_key_is_not_found(cast: Cast, junk: str) -> None:
    assert client_for(cast.manager).get(f"{_USERS}{junk}/change/").status_code == 404


def test_looking_is_recorded(cast: Cast) -> None:
    client = client_for(cast.manager)
    with recorded() as events:
        client.get(_USERS, {"q": "Alice"})
        client.get(f"{_USERS}{cast.investigator.pk}/change/")
        client.get(f"{_USERS}{cast.investigator.pk}/history/")
    assert {event.kind for event in events} == {Kind.ADMIN_VIEWED}
    assert [event.fields["object"] for event in events] == [
        "user",
        f"user:{cast.investigator.pk}",
        f"user:{cast.investigator.pk} history",
    ]
    assert events[0].fields["search"] == "q=Alice"


def test_no_look_that_cannot_be_recorded(cast: Cast) -> None:
    client = client_for(cast.manager)
    with broken_log():
        assert client.get(_USERS).status_code == 503


def test_a_page_shows_no_secret_and_takes_no_change(cast: Cast) -> None:
    client = client_for(cast.manager)
    page = client.get(f"{_USERS}{cast.investigator.pk}/change/").content.decode()
    assert "argon2" not in page
    assert 'type="submit" value="Save"' not in page
    response = client.post(f"{_USERS}{cast.investigator.pk}/change/", {"roles": "auditor"})
    assert response.status_code == 403
    cast.investigator.refresh_from_db()
    assert cast.investigator.roles == [Role.INVESTIGATOR]


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/", "{pk}/password/"])
def test_djangos_own_forms_do_not_exist(cast: Cast, page: str) -> None:
    client = client_for(cast.manager)
    address = _USERS + page.format(pk=cast.investigator.pk)
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404


@pytest.mark.parametrize("probe", ["password__startswith", "email", "supervisor__password"])
def test_fields_cannot_be_probed_by_the_address(cast: Cast, probe: str) -> None:
    response = client_for(cast.manager).get(_USERS, {probe: "argon2"})
    # Django sends whoever tries away from the list, or refuses.
    assert response.status_code in {302, 400}


def test_suspending_asks_for_a_reason_and_is_recorded(cast: Cast) -> None:
    client = client_for(cast.manager)
    assert client.get(f"{_USERS}{cast.investigator.pk}/suspend/").status_code == 200
    with recorded() as events:
        assert _suspend(client, cast.investigator) == 302
    [event] = events
    assert (event.kind, event.fields["reason"]) == (Kind.ADMIN_CHANGED, "left the agency")
    cast.investigator.refresh_from_db()
    assert not cast.investigator.is_active


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1_001, "a\0b"])
def test_suspending_without_a_proper_reason_is_shown_beside_the_field(
    cast: Cast, reason: str
) -> None:
    client = client_for(cast.manager)
    assert _suspend(client, cast.investigator, reason) == 422
    cast.investigator.refresh_from_db()
    assert cast.investigator.is_active


def test_suspending_twice_says_so(cast: Cast) -> None:
    client = client_for(cast.manager)
    page = client.post(f"{_USERS}{cast.suspended.pk}/suspend/", {"reason": "again"})
    assert page.status_code == 422
    assert "already suspended" in page.content.decode()


def test_suspending_oneself_is_refused_and_recorded(cast: Cast) -> None:
    client = client_for(cast.manager)
    with recorded() as events:
        assert _suspend(client, cast.manager) == 403
    [event] = events
    assert (event.kind, event.fields["outcome_code"]) == (Kind.ADMIN_REFUSED, "not_oneself")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("who", ["investigator", "supervisor", "auditor", "other"])
def test_suspending_is_not_for_others(cast: Cast, who: str) -> None:
    assert _suspend(client_for(cast.everybody[who]), cast.suspended) == 403


def test_reinstating(cast: Cast) -> None:
    client = client_for(cast.manager)
    page = client.post(f"{_USERS}{cast.suspended.pk}/reinstate/", {"reason": "cleared"})
    assert page.status_code == 302
    cast.suspended.refresh_from_db()
    assert cast.suspended.is_active


def test_only_what_can_be_done_is_offered(cast: Cast) -> None:
    client = client_for(cast.manager)

    def offers(member: Member) -> tuple[bool, bool]:
        page = client.get(f"{_USERS}{member.pk}/change/").content.decode()
        return "/suspend/" in page, "/reinstate/" in page

    assert offers(cast.investigator) == (True, False)
    assert offers(cast.suspended) == (False, True)
    assert offers(cast.manager) == (False, False)


def test_history_shows_who_when_from_to_and_why(cast: Cast) -> None:  # ACC-13
    client = client_for(cast.manager)
    _suspend(client, cast.investigator, "left <early>")
    page = client.get(f"{_USERS}{cast.investigator.pk}/history/").content.decode()
    assert "is active: True → False" in page
    assert "left &lt;early&gt;" in page
    assert cast.manager.person.id in page


def test_publishing_rules_for_the_own_agency(cast: Cast) -> None:
    client = client_for(cast.manager)
    page = "/admin/accounts/rulesofbehavior/publish/"
    assert client.get(page).status_code == 200
    with recorded() as events:
        response = client.post(page, {"text": "Ours.", "reason": "order 5"})
    assert response.status_code == 302
    assert [event.kind for event in events] == [Kind.ADMIN_CREATED]
    newest = RulesOfBehavior.objects.get(agency=cast.agency)
    assert (newest.version, newest.text) == (1, "Ours.")
    listed = html.unescape(client.get("/admin/accounts/rulesofbehavior/").content.decode())
    assert "Example Agency" in listed


def test_publishing_rules_without_text(cast: Cast) -> None:
    client = client_for(cast.vendor)
    page = client.post("/admin/accounts/rulesofbehavior/publish/", {"reason": "order 5"})
    assert page.status_code == 422
    assert RulesOfBehavior.objects.count() == 1


def test_rules_of_another_agency_are_not_shown(cast: Cast) -> None:
    client_for(cast.manager).post(
        "/admin/accounts/rulesofbehavior/publish/", {"text": "Ours.", "reason": "order 5"}
    )
    theirs = make_user(
        "other-manager", "Olga Hahn", [Role.AGENCY_MANAGER], component=None, aor=cast.other.aor,
        agency=cast.other_agency,
    )  # fmt: skip
    own = RulesOfBehavior.objects.get(agency=cast.agency)
    page = client_for(theirs).get(f"/admin/accounts/rulesofbehavior/{own.pk}/change/")
    assert page.status_code == 404


@pytest.mark.parametrize("model", ["agency", "component", "aor", "reasoncode", "rulesofbehavior"])
def test_vendor_reads_every_list(cast: Cast, model: str) -> None:
    client = client_for(cast.vendor)
    assert client.get(f"/admin/accounts/{model}/").status_code == 200
    assert client.get(f"/admin/accounts/{model}/", {"q": "e"}).status_code == 200


def test_index_names_only_what_the_person_may_see(cast: Cast) -> None:
    managers = client_for(cast.manager).get("/admin/").content.decode()
    assert "/admin/accounts/user/" in managers
    assert "/admin/accounts/agency/" not in managers
    assert "/admin/auth/" not in client_for(cast.vendor).get("/admin/").content.decode()


def test_lists_take_the_same_queries_however_long(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        make_user(
            f"more-{number}", f"More {number}", [Role.INVESTIGATOR],
            component=cast.ero, aor=cast.new_york,
        )  # fmt: skip
    client = client_for(cast.manager)
    # Session, person, the look's event (with its savepoint), two counts, the rows, the filters.
    with django_assert_max_num_queries(12):
        assert client.get(_USERS).status_code == 200
