"""Managing people: change, suspend, close for ever, manage several AORs (ACC-9)."""

import html
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.test import Client

from accounts import selectors
from accounts.models import (
    GroupMember,
    ManagedAor,
    Notice,
    RegistrationKey,
    SecurityAnswer,
    User,
)
from accounts.people import Person, person_for
from accounts.roles import Role
from accounts.services.access import send_user_key
from accounts.services.groups import add_member, create_group
from accounts.services.people import (
    change_user,
    create_user,
    delete_user,
    reinstate_user,
    set_managed_aors,
    suspend_user,
)
from accounts.services.recovery import set_answers
from audit.actors import system
from audit.kinds import Kind
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from tests.accounts.access_world import (
    ANSWERS,
    approved,
    at_once,
    chicago_manager,
    dallas_manager,
    mail,
    open_key,
    second_manager,
    use,
)
from tests.audited import assert_audited, recorded
from tests.cast import NOW, PASSWORD, Cast, Member, client_for, make_user, new_client

_USERS = "/admin/accounts/user/"


def _change(actor: Person, user: User, **changes: Any) -> User:
    given: dict[str, Any] = {
        name: getattr(user, name)
        for name in (
            "full_name", "email", "title", "component", "aor", "supervisor", "roles", "timezone"
        )
    }  # fmt: skip
    return change_user(actor=actor, user=user, reason="order 7", now=NOW, **given | changes)


def _delete(cast: Cast, user: User, *, by: Person | None = None) -> User:
    return delete_user(actor=by or cast.manager.person, user=user, reason="left", now=NOW)


def _give_chicago(cast: Cast, user: User) -> Person:
    set_managed_aors(
        actor=cast.vendor.person, user=user, aors=[cast.chicago], reason="order", now=NOW
    )
    return person_for(User.objects.get(pk=user.pk))


# --- changing -------------------------------------------------------------------------------------


def test_changing_is_audited_with_what_changed_alone(cast: Cast) -> None:
    [event] = assert_audited(
        lambda: _change(cast.manager.person, cast.investigator, title="Officer", full_name="Al M"),
        Kind.ADMIN_CHANGED,
    )
    assert event.fields["before"] == {"full_name": "Alice Moreno", "title": ""}
    assert event.fields["after"] == {"full_name": "Al M", "title": "Officer"}
    row = cast.investigator.history.first()
    assert (row.history_user_id, row.history_change_reason) == (
        cast.manager.person.id,
        "order 7",
    )


def test_a_changed_address_is_told_to_the_former_one(cast: Cast) -> None:
    _change(cast.manager.person, cast.investigator, email="alice@new.test")
    assert Notice.objects.get(kind="email_changed").recipient == "investigator@example.test"


def test_changing_nothing_says_so(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="Nothing was changed"):
        _change(cast.manager.person, cast.investigator)


@pytest.mark.parametrize(
    "changes",
    [
        {"full_name": ""},
        {"email": "none"},
        {"timezone": "Mars/Olympus"},
        {"roles": []},
        {"title": "x" * 121},
    ],
)
def test_changing_names_the_fault(cast: Cast, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        _change(cast.manager.person, cast.investigator, **changes)
    with pytest.raises(InvalidInput, match="does not have the supervisor's role"):
        _change(cast.manager.person, cast.investigator, supervisor=cast.manager)
    with pytest.raises(InvalidInput, match="supervises themselves"):
        _change(cast.manager.person, cast.supervisor, supervisor=cast.supervisor)
    with pytest.raises(InvalidInput, match="another agency"):
        _change(cast.manager.person, cast.investigator, component=cast.other.component)


@pytest.mark.parametrize("who", ["manager", "vendor"])
def test_nobody_changes_their_own_role(cast: Cast, who: str) -> None:
    member = cast.everybody[who]
    with recorded() as events, pytest.raises(PolicyDenied):
        _change(member.person, member, roles=[*member.roles, "investigator"])
    assert events[0].fields["outcome_code"] == "own_role"
    with pytest.raises(PolicyDenied) as raised:
        _change(member.person, member, title="King")
    assert raised.value.code == "not_oneself"


@pytest.mark.parametrize(
    "roles", [["auditor"], ["investigator", "agency_manager"], ["contracting_officer"]]
)
def test_managers_give_only_what_is_theirs(cast: Cast, roles: list[str]) -> None:
    with pytest.raises(PolicyDenied) as raised:
        _change(cast.manager.person, cast.investigator, roles=roles)
    assert raised.value.code == "role_not_yours_to_give"


def test_managers_take_no_role_that_is_not_theirs_to_give(cast: Cast) -> None:
    other = second_manager(cast)
    with pytest.raises(PolicyDenied) as raised:
        _change(cast.manager.person, other, roles=["investigator"])
    assert raised.value.code == "role_not_yours_to_give"
    assert _change(cast.manager.person, other, roles=["agency_manager", "supervisor"]).roles


def test_managers_move_people_between_their_own_aors_only(cast: Cast) -> None:
    with pytest.raises(PolicyDenied, match="own AOR"):
        _change(cast.manager.person, cast.investigator, aor=cast.chicago)
    with pytest.raises(PolicyDenied, match="own AOR"):
        _change(cast.manager.person, cast.colleague, aor=cast.new_york)
    both = _give_chicago(cast, cast.manager)
    assert _change(both, cast.investigator, aor=cast.chicago).aor == cast.chicago


@pytest.mark.parametrize("act", [_delete, None])
@pytest.mark.parametrize("who", ["investigator", "supervisor", "auditor", "other", "suspended"])
def test_managing_is_the_managers_alone(cast: Cast, who: str, act: Any) -> None:
    person = cast.everybody[who].person
    with recorded() as events, pytest.raises(PolicyDenied):
        if act is None:
            _change(person, cast.colleague, title="x")
        else:
            _delete(cast, cast.colleague, by=person)
    assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]


def test_set_up_may_change_and_close_anybody(cast: Cast) -> None:
    setup = system("tests")
    user = change_user(
        actor=setup, user=cast.colleague, full_name="B", email="b@example.test", title="",
        component=None, aor=cast.chicago, supervisor=None, roles=["supervisor"],
        timezone="UTC", reason="set-up", now=NOW,
    )  # fmt: skip
    assert user.roles == ["supervisor"]
    delete_user(actor=setup, user=cast.manager, reason="set-up", now=NOW)


# --- the last manager -----------------------------------------------------------------------------


def test_an_aor_keeps_a_manager(cast: Cast) -> None:
    chicago = chicago_manager(cast)
    both = _give_chicago(cast, cast.manager)
    # Two manage Chicago, so one of them may go; then the other one is the last.
    third = make_user("third", "Tom Reed", [Role.AGENCY_MANAGER], aor=cast.chicago,
                      agency=cast.agency)  # fmt: skip
    suspend_user(actor=both, user=third, reason="left", now=NOW)
    suspend_user(actor=both, user=chicago, reason="left", now=NOW)
    alone = make_user("fourth", "Una Roe", [Role.AGENCY_MANAGER], aor=cast.chicago,
                      agency=cast.agency)  # fmt: skip
    with recorded() as events, pytest.raises(PolicyDenied, match="Nobody else manages New York"):
        suspend_user(actor=_give(cast, alone), user=cast.manager, reason="rival", now=NOW)
    assert events[0].fields["outcome_code"] == "last_manager"


def _give(cast: Cast, user: User) -> Person:
    """The user as somebody who manages New York too, but only for this one moment."""
    person = person_for(User.objects.get(pk=user.pk))
    return Person(
        **{name: getattr(person, name) for name in person.__dataclass_fields__}
        | {"managed_aor_ids": (cast.chicago.pk, cast.new_york.pk)}
    )


def test_the_last_manager_is_neither_suspended_nor_closed_nor_moved(cast: Cast) -> None:
    assert selectors.left_unmanaged_without(cast.manager) == ["New York"]
    assert selectors.left_unmanaged_without(cast.investigator) == []
    assert selectors.left_unmanaged_without(cast.suspended) == []
    rival = _give(cast, chicago_manager(cast))
    acts: tuple[Callable[[], object], ...] = (
        lambda: suspend_user(actor=rival, user=cast.manager, reason="x", now=NOW),
        lambda: delete_user(actor=rival, user=cast.manager, reason="x", now=NOW),
        lambda: _change(rival, cast.manager, aor=cast.chicago),
    )
    for act in acts:
        with pytest.raises(PolicyDenied) as raised:
            act()
        assert raised.value.code == "last_manager"
    cast.manager.refresh_from_db()
    assert cast.manager.is_active


def test_vendor_may_close_even_the_last_manager_on_the_agencys_order(cast: Cast) -> None:
    with recorded() as events:
        suspend_user(actor=cast.vendor.person, user=cast.manager, reason="order 9", now=NOW)
    assert [event.log_id for event in events] == [cast.agency.log_id]


def test_vendors_last_administrator_stays(cast: Cast) -> None:
    second = make_user("vendor2", "Vic Orr", [Role.VENDOR_ADMINISTRATOR])
    assert selectors.left_unmanaged_without(cast.vendor) == []
    suspend_user(actor=second.person, user=cast.vendor, reason="left", now=NOW)
    with pytest.raises(PolicyDenied, match="the service"):
        delete_user(actor=cast.vendor.person, user=second, reason="revenge", now=NOW)


def test_two_managers_who_suspend_each_other_at_once(committed_db: None, cast: Cast) -> None:
    first, second = cast.manager, second_manager(cast)
    raised = at_once(
        lambda: suspend_user(actor=first.person, user=second, reason="you", now=NOW),
        lambda: suspend_user(actor=second.person, user=first, reason="no, you", now=NOW),
    )
    [refused] = [error for error in raised if error is not None]
    assert isinstance(refused, PolicyDenied)
    assert refused.code == "last_manager"
    open_ones = User.objects.filter(pk__in=[first.pk, second.pk], is_active=True)
    assert open_ones.count() == 1


# --- closing for ever -----------------------------------------------------------------------------


def _with_everything(cast: Cast) -> Member:
    """An investigator with answers, a second factor, a key and a group."""
    user = cast.investigator
    set_answers(user=user, answers=ANSWERS, now=NOW)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    send_user_key(actor=cast.manager.person, user=user, reason="forgot", now=NOW)
    group = create_group(
        actor=cast.manager.person, aor=cast.new_york, name="Harbor", purpose="x",
        reason="x", now=NOW,
    )  # fmt: skip
    add_member(actor=cast.manager.person, group=group, user=user, reason="x", now=NOW)
    return user


def test_closing_wipes_what_would_let_the_person_in(cast: Cast) -> None:
    user = _with_everything(cast)
    removed, changed = assert_audited(
        lambda: _delete(cast, user), Kind.ADMIN_REMOVED, Kind.ADMIN_CHANGED
    )
    assert removed.fields["object"].startswith("groupmember:")
    assert changed.fields["after"]["is_active"] is False
    user.refresh_from_db()
    assert (user.deleted_at, user.full_name) == (NOW, "Alice Moreno")
    assert not user.has_usable_password()
    assert not SecurityAnswer.objects.filter(user=user).exists()
    assert not Authenticator.objects.filter(user=user).exists()
    assert not GroupMember.objects.filter(user=user).exists()
    assert not RegistrationKey.objects.filter(user=user, revoked_at=None).exists()


def test_a_closed_account_stays_closed(cast: Cast) -> None:
    _delete(cast, cast.investigator)
    manager = cast.manager.person
    acts: list[Any] = [
        lambda: _delete(cast, cast.investigator),
        lambda: reinstate_user(actor=manager, user=cast.investigator, reason="x", now=NOW),
        lambda: _change(manager, cast.investigator, title="x"),
        lambda: send_user_key(actor=manager, user=cast.investigator, reason="x", now=NOW),
    ]
    for act in acts:
        with pytest.raises(InvalidInput, match="closed for ever"):
            act()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=cast.investigator.pk).update(is_active=True)


def test_a_deleted_users_session_opens_nothing(cast: Cast) -> None:
    client = client_for(cast.investigator)
    _delete(cast, cast.investigator)
    assert client.get("/")["Location"].startswith("/accounts/login/")
    again = new_client().post("/accounts/login/", {"login": "investigator", "password": PASSWORD})
    assert again.status_code == 200
    assert "not right" in again.content.decode()


def test_a_closed_accounts_user_name_stays_taken(cast: Cast) -> None:
    _delete(cast, cast.investigator)
    with pytest.raises(InvalidInput, match="username"):
        create_user(
            actor=system("tests"), username="investigator", password=PASSWORD,
            email="x@example.test", full_name="Another", roles=["investigator"],
            timezone="UTC", agency=cast.agency, reason="x", now=NOW,
        )  # fmt: skip


def test_reinstating_an_open_account_says_so(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="already open"):
        reinstate_user(actor=cast.manager.person, user=cast.investigator, reason="x", now=NOW)


def test_closing_who_does_not_exist(cast: Cast) -> None:
    with pytest.raises(NotFound):
        _delete(cast, User(agency=cast.agency))


# --- managers of several AORs ---------------------------------------------------------------------


def test_vendor_says_which_aors_a_manager_manages(cast: Cast) -> None:
    [added] = assert_audited(lambda: _give_chicago(cast, cast.manager), Kind.ADMIN_CREATED)
    assert added.log_id == cast.agency.log_id
    both = person_for(User.objects.get(pk=cast.manager.pk))
    assert both.managed_aors == ("New York", "Chicago")
    assert cast.colleague in selectors.list_users_for(both)
    assert selectors.log_scope_for(both).aors == ("New York", "Chicago")  # type: ignore[union-attr]
    [removed] = assert_audited(
        lambda: set_managed_aors(
            actor=cast.vendor.person, user=cast.manager, aors=[], reason="order", now=NOW
        ),
        Kind.ADMIN_REMOVED,
    )
    assert removed.fields["reason"] == "order"
    past = ManagedAor.history.filter(user_id=cast.manager.pk)
    assert [row.history_type for row in past] == ["-", "+"]


def test_managed_aors_refused(cast: Cast) -> None:
    common: dict[str, Any] = {"reason": "x", "now": NOW}
    with pytest.raises(PolicyDenied, match="Only the vendor"):
        set_managed_aors(
            actor=cast.manager.person, user=cast.manager, aors=[cast.chicago], **common
        )
    vendor = cast.vendor.person
    with pytest.raises(InvalidInput, match="Only an agency manager"):
        set_managed_aors(actor=vendor, user=cast.auditor, aors=[cast.chicago], **common)
    assert cast.other.aor is not None
    with pytest.raises(InvalidInput, match="another agency"):
        set_managed_aors(actor=vendor, user=cast.manager, aors=[cast.other.aor], **common)
    with pytest.raises(InvalidInput, match="Nothing was changed"):
        set_managed_aors(actor=vendor, user=cast.manager, aors=[cast.new_york], **common)
    set_managed_aors(actor=system("tests"), user=cast.manager, aors=[cast.chicago], **common)


def test_who_is_no_manager_manages_nothing(cast: Cast) -> None:
    for who in ("investigator", "supervisor", "auditor", "vendor", "other", "suspended"):
        assert cast.everybody[who].person.managed_aor_ids == ()
    assert not cast.investigator.person.manages(cast.new_york.pk)
    assert not cast.manager.person.manages(None)


# --- in the admin ---------------------------------------------------------------------------------


def _form(user: User, **changes: Any) -> dict[str, Any]:
    given = {
        "full_name": user.full_name,
        "email": user.email,
        "title": user.title,
        "aor": user.aor_id or "",
        "component": user.component_id or "",
        "supervisor": user.supervisor_id or "",
        "roles": list(user.roles),
        "timezone": user.timezone,
        "reason": "order 7",
    }
    return given | changes


def _post(client: Client, user: User, page: str, data: dict[str, Any] | None = None) -> int:
    address = f"{_USERS}{user.pk}/{page}/"
    return client.post(address, {"reason": "order 7"} if data is None else data).status_code


def test_changing_in_the_admin(cast: Cast) -> None:
    client = client_for(cast.manager)
    page = client.get(f"{_USERS}{cast.investigator.pk}/edit/").content.decode()
    assert 'value="Alice Moreno"' in page
    assert _post(client, cast.investigator, "edit", _form(cast.investigator)) == 422
    data = _form(cast.investigator, title="Officer", roles=["investigator", "supervisor"])
    assert _post(client, cast.investigator, "edit", data) == 302
    cast.investigator.refresh_from_db()
    assert (cast.investigator.title, cast.investigator.roles) == (
        "Officer",
        ["investigator", "supervisor"],
    )
    data = _form(cast.investigator, aor=cast.chicago.pk)
    assert _post(client, cast.investigator, "edit", data) == 422


def test_changing_a_fellow_manager_keeps_what_is_not_ones_to_give(cast: Cast) -> None:
    other = second_manager(cast)
    client = client_for(cast.manager)
    page = html.unescape(client.get(f"{_USERS}{other.pk}/edit/").content.decode())
    assert "Stays as well: Agency manager." in page
    assert _post(client, other, "edit", _form(other, roles=[], title="Deputy")) == 302
    other.refresh_from_db()
    assert (other.roles, other.title) == (["agency_manager"], "Deputy")


def test_own_role_cannot_be_changed_in_the_admin(cast: Cast) -> None:
    client = client_for(cast.manager)
    data = _form(cast.manager, roles=["investigator"])
    assert _post(client, cast.manager, "edit", data) == 403
    page = client.get(f"{_USERS}{cast.manager.pk}/change/").content.decode()
    for act in ("edit", "suspend", "close", "send-key"):
        assert f"/{act}/" not in page


def test_closing_names_its_consequences(cast: Cast) -> None:
    user = _with_everything(cast)
    client = client_for(cast.manager)
    page = html.unescape(client.get(f"{_USERS}{user.pk}/close/").content.decode())
    assert "closed for ever" in page
    assert "They leave 1 group." in page
    team = client.get(f"{_USERS}{cast.supervisor.pk}/close/").content.decode()
    assert "name them as supervisor: 3" in team
    assert _post(client, user, "close", {"reason": ""}) == 422
    assert _post(client, user, "close") == 302
    assert "Alice Moreno" not in client.get(_USERS).content.decode()
    assert "Alice Moreno" in client.get(_USERS, {"state": "closed"}).content.decode()
    shown = client.get(f"{_USERS}{user.pk}/change/").content.decode()
    assert "Closed for ever" in shown
    assert "/reinstate/" not in shown


def test_an_account_leads_to_its_request(cast: Cast) -> None:  # ACC-9
    user = use(mail(open_key(approved(cast))))
    client = client_for(cast.manager)
    page = client.get(f"{_USERS}{user.pk}/change/").content.decode()
    assert f"/admin/accounts/accessrequest/{user.access_request.pk}/change/" in page
    without = client.get(f"{_USERS}{cast.investigator.pk}/change/").content.decode()
    assert "none: made by set-up" in without


def test_pages_link_to_nothing_that_is_shut(cast: Cast) -> None:
    page = client_for(cast.manager).get(f"{_USERS}{cast.investigator.pk}/change/")
    for model in ("agency", "aor", "component"):
        assert f"/admin/accounts/{model}/" not in page.content.decode()


def test_sending_a_key_in_the_admin(cast: Cast) -> None:
    client = client_for(cast.manager)
    page = client.get(f"{_USERS}{cast.investigator.pk}/send-key/").content.decode()
    assert "investigator@example.test" in page
    assert _post(client, cast.investigator, "send-key") == 302
    assert Notice.objects.get(kind="registration_key").recipient == "investigator@example.test"
    assert _post(client, cast.suspended, "send-key") == 422


def test_managed_aors_in_the_admin(cast: Cast) -> None:
    client = client_for(cast.vendor)
    page = client.get(f"{_USERS}{cast.manager.pk}/managed-aors/").content.decode()
    assert "Chicago" in page
    assert "Dallas" not in page
    data = {"aors": [cast.chicago.pk], "reason": "order"}
    assert _post(client, cast.manager, "managed-aors", data) == 302
    assert "Chicago" in client.get(f"{_USERS}{cast.manager.pk}/change/").content.decode()
    assert _post(client_for(cast.manager), cast.manager, "managed-aors", data) == 403
    assert _post(client, cast.manager, "edit", _form(cast.manager, roles=["auditor"])) == 302


@pytest.mark.parametrize(
    ("filters", "shown", "hidden"),
    [
        ({}, "investigator suspended manager", ""),
        ({"state": "open"}, "investigator manager", "suspended"),
        ({"state": "suspended"}, "suspended", "investigator manager"),
        ({"state": "never"}, "investigator", "suspended manager"),
        ({"state": "closed"}, "", "investigator manager suspended"),
        ({"role": "agency_manager"}, "manager", "investigator suspended"),
        ({"role": "investigator", "q": "alice"}, "investigator", "suspended manager"),
    ],
)
def test_list_is_filtered_and_searched(
    cast: Cast, filters: dict[str, str], shown: str, hidden: str
) -> None:
    page = client_for(cast.manager).get(_USERS, filters).content.decode()
    for who in shown.split():
        assert str(cast.everybody[who].pk) in page, who
    for who in hidden.split():
        assert str(cast.everybody[who].pk) not in page, who


def test_list_is_filtered_by_aor_of_the_own_alone(cast: Cast) -> None:
    _give_chicago(cast, cast.manager)
    client = client_for(cast.manager)
    page = client.get(_USERS, {"aor__id__exact": cast.chicago.pk}).content.decode()
    assert "Bob Lindqvist" in page
    assert "Alice Moreno" not in page
    assert "Dallas" not in page


@pytest.mark.parametrize("page", ["edit", "close", "send-key", "suspend", "reinstate"])
def test_people_of_others_look_like_nobody(cast: Cast, page: str) -> None:
    missing = User(pk="00000000-0000-7000-8000-00000000ffff")
    for manager in (chicago_manager(cast), dallas_manager(cast)):
        client = client_for(manager)
        for user in (cast.investigator, cast.auditor, missing):
            assert client.get(f"{_USERS}{user.pk}/{page}/").status_code == 404
            assert _post(client, user, page) == 404
