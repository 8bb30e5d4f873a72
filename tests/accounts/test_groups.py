"""Named groups for sharing: made, filled and closed by agency managers (ACC-12)."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts import selectors
from accounts.models import GroupMember, User, UserGroup
from accounts.people import person_for
from accounts.services import groups
from accounts.services.groups import (
    add_member,
    change_group,
    close_group,
    create_group,
    remove_member,
)
from accounts.services.people import delete_user, set_managed_aors, suspend_user
from audit.actors import system
from audit.kinds import Kind
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from lprsvc.lib.ids import uuid7
from tests.accounts.access_world import at_once, chicago_manager, dallas_manager, second_manager
from tests.audited import assert_audited, recorded
from tests.cast import NOW, Cast, client_for

_ADMIN = "/admin/accounts/usergroup/"
_WHY = "the task force began"


def _group(cast: Cast, *members: User, name: str = "Harbor") -> UserGroup:
    group = create_group(
        actor=cast.manager.person, aor=cast.new_york, name=name, purpose="Harbor thefts",
        reason=_WHY, now=NOW,
    )  # fmt: skip
    for member in members:
        add_member(actor=cast.manager.person, group=group, user=member, reason=_WHY, now=NOW)
    return group


def test_a_group_is_made_renamed_filled_and_closed_with_its_history(cast: Cast) -> None:
    manager, user = cast.manager.person, cast.investigator
    assert_audited(lambda: _group(cast), Kind.ADMIN_CREATED)
    group = UserGroup.objects.get()
    common: dict[str, Any] = {"actor": manager, "group": group, "reason": _WHY, "now": NOW}
    assert_audited(lambda: change_group(name="Port", purpose="x", **common), Kind.ADMIN_CHANGED)
    [added] = assert_audited(lambda: add_member(user=user, **common), Kind.ADMIN_CREATED)
    assert added.fields["after"]["user_id"] == str(user.pk)
    [removed] = assert_audited(lambda: remove_member(user=user, **common), Kind.ADMIN_REMOVED)
    assert removed.fields["before"]["user_id"] == str(user.pk)
    assert removed.fields["reason"] == _WHY
    assert_audited(lambda: close_group(**common), Kind.ADMIN_CHANGED)
    # ACC-13: who, when and why, of memberships that are gone too.
    assert [row.history_change_reason for row in group.history.all()] == [_WHY] * 3
    past = GroupMember.history.filter(user_id=user.pk)
    assert [(row.history_type, row.history_user_id) for row in past] == [
        ("-", manager.id),
        ("+", manager.id),
    ]


@pytest.mark.parametrize("who", ["investigator", "supervisor", "auditor", "vendor", "suspended"])
def test_groups_are_the_managers_alone(cast: Cast, who: str) -> None:
    group = _group(cast)
    person = cast.everybody[who].person
    with recorded() as events, pytest.raises(PolicyDenied, match="Only agency managers"):
        close_group(actor=person, group=group, reason=_WHY, now=NOW)
    assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]
    with pytest.raises(PolicyDenied):
        create_group(actor=person, aor=cast.new_york, name="x", purpose="x", reason=_WHY, now=NOW)


def test_groups_are_for_managers_of_that_aor(cast: Cast) -> None:
    group = _group(cast)
    for manager in (chicago_manager(cast), dallas_manager(cast)):
        with pytest.raises(PolicyDenied, match="own AOR"):
            close_group(actor=manager.person, group=group, reason=_WHY, now=NOW)


def test_members_are_open_accounts_of_the_own_aors(cast: Cast) -> None:
    group = _group(cast, cast.investigator)
    common: dict[str, Any] = {"actor": cast.manager.person, "group": group, "now": NOW}
    for whom, error in (
        (cast.colleague, PolicyDenied),
        (cast.other, PolicyDenied),
        (cast.vendor, PolicyDenied),
        (cast.suspended, InvalidInput),
        (cast.investigator, InvalidInput),
    ):
        with pytest.raises(error):
            add_member(user=whom, reason=_WHY, **common)
    with pytest.raises(InvalidInput, match="not in the group"):
        remove_member(user=cast.supervisor, reason=_WHY, **common)
    assert list(selectors.list_members(group)) == [cast.investigator]


def test_manager_of_two_aors_puts_people_of_both_together(cast: Cast) -> None:
    group = _group(cast, cast.investigator)
    set_managed_aors(
        actor=cast.vendor.person, user=cast.manager, aors=[cast.chicago], reason="order", now=NOW
    )
    both = person_for(User.objects.get(pk=cast.manager.pk))
    add_member(actor=both, group=group, user=cast.colleague, reason=_WHY, now=NOW)
    assert set(selectors.list_members(group)) == {cast.investigator, cast.colleague}
    # A manager of one of the two learns no name of the other (ACC-9).
    page = client_for(second_manager(cast)).get(f"{_ADMIN}{group.pk}/change/").content.decode()
    assert "Alice Moreno, 1 of other AORs" in page
    assert "Bob Lindqvist" not in page


def test_set_up_puts_people_of_any_area_of_the_agency_into_a_group(cast: Cast) -> None:
    group = _group(cast)
    common: dict[str, Any] = {"actor": system("tests"), "group": group, "now": NOW}
    add_member(user=cast.colleague, reason=_WHY, **common)
    assert list(selectors.list_members(group)) == [cast.colleague]
    with pytest.raises(PolicyDenied, match="own agency"):
        add_member(user=cast.other, reason=_WHY, **common)


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\0b"])
def test_a_group_needs_a_name_that_can_be_kept(cast: Cast, name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        _group(cast, name=name)


def test_a_name_is_taken_until_its_group_is_closed(cast: Cast) -> None:
    first = _group(cast)
    with pytest.raises(InvalidInput, match="open group with this name"):
        _group(cast, name=" HARBOR ")
    second = _group(cast, name="Port")
    with pytest.raises(InvalidInput, match="open group with this name"):
        change_group(
            actor=cast.manager.person, group=second, name="harbor", purpose="x",
            reason=_WHY, now=NOW,
        )  # fmt: skip
    close_group(actor=cast.manager.person, group=first, reason=_WHY, now=NOW)
    assert _group(cast).pk != first.pk


def test_nothing_is_done_twice_or_to_a_closed_group(cast: Cast) -> None:
    group = _group(cast)
    common: dict[str, Any] = {"actor": cast.manager.person, "reason": _WHY, "now": NOW}
    with pytest.raises(InvalidInput, match="Nothing was changed"):
        change_group(group=group, name="Harbor", purpose="Harbor thefts", **common)
    close_group(group=group, **common)
    for call in (
        lambda: close_group(group=group, **common),
        lambda: add_member(group=group, user=cast.investigator, **common),
        lambda: change_group(group=group, name="x", purpose="x", **common),
    ):
        with pytest.raises(InvalidInput, match="closed"):
            call()
    missing = UserGroup(pk=uuid7(), agency=cast.agency, aor=cast.new_york)
    with pytest.raises(NotFound):
        close_group(group=missing, **common)


def test_what_else_the_database_refuses_is_no_taken_name(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise IntegrityError("something else")

    monkeypatch.setattr(groups, "create_governed", refuse)
    with pytest.raises(IntegrityError):
        _group(cast)


def test_two_groups_of_one_name_at_once(committed_db: None, cast: Cast) -> None:
    raised = at_once(lambda: _group(cast), lambda: _group(cast))
    [refused] = [error for error in raised if error is not None]
    assert isinstance(refused, InvalidInput)
    assert UserGroup.objects.count() == 1


# --- sharing --------------------------------------------------------------------------------------


def test_own_groups_are_those_one_belongs_to(cast: Cast) -> None:
    group = _group(cast, cast.investigator)
    closed = _group(cast, cast.investigator, name="Old")
    close_group(actor=cast.manager.person, group=closed, reason=_WHY, now=NOW)
    assert list(selectors.list_own_groups(cast.investigator.person)) == [group]
    assert selectors.get_own_group(cast.investigator.person, group.pk) == group
    for who in ("supervisor", "manager", "other", "vendor"):
        assert not selectors.list_own_groups(cast.everybody[who].person).exists()
    for key in (closed.pk, uuid7(), "nothing"):
        with pytest.raises(NotFound):
            selectors.get_own_group(cast.investigator.person, key)
    assert not selectors.list_members(UserGroup.objects.get(pk=closed.pk)).exists()


def test_who_lost_access_is_nobody_to_share_with(cast: Cast) -> None:
    group = _group(cast, cast.investigator, cast.supervisor)
    suspend_user(actor=cast.manager.person, user=cast.supervisor, reason="left", now=NOW)
    assert list(selectors.list_members(group)) == [cast.investigator]
    delete_user(actor=cast.manager.person, user=cast.investigator, reason="left", now=NOW)
    assert not selectors.list_members(group).exists()


# --- in the admin ---------------------------------------------------------------------------------


def _post(client: Client, address: str, **data: Any) -> int:
    return client.post(f"{_ADMIN}{address}", {"reason": _WHY} | data).status_code


def test_the_life_of_a_group_in_the_admin(cast: Cast) -> None:
    client = client_for(cast.manager)
    made = {"name": "Harbor", "purpose": "Thefts", "aor": cast.new_york.pk}
    assert client.get(f"{_ADMIN}add-group/").status_code == 200
    assert _post(client, "add-group/", **made) == 302
    assert _post(client, "add-group/", **made) == 422
    group = UserGroup.objects.get()
    for page in ("edit/", "add-member/", "close/"):
        assert client.get(f"{_ADMIN}{group.pk}/{page}").status_code == 200
    assert _post(client, f"{group.pk}/edit/", name="Port", purpose="Thefts") == 302
    assert _post(client, f"{group.pk}/add-member/", user=cast.investigator.pk) == 302
    assert _post(client, f"{group.pk}/add-member/", user=cast.colleague.pk) == 422
    page = client.get(f"{_ADMIN}{group.pk}/change/").content.decode()
    assert "Alice Moreno" in page
    assert "Port" in client.get(_ADMIN, {"state": "open", "q": "por"}).content.decode()
    assert "Harbor → Port" in client.get(f"{_ADMIN}{group.pk}/history/").content.decode()
    assert client.get(f"{_ADMIN}{group.pk}/remove-member/").status_code == 200
    assert _post(client, f"{group.pk}/remove-member/", user=cast.investigator.pk) == 302
    assert _post(client, f"{group.pk}/close/") == 302
    closed = client.get(f"{_ADMIN}{group.pk}/change/").content.decode()
    assert "/add-member/" not in closed
    assert "Port" not in client.get(_ADMIN, {"state": "open"}).content.decode()


@pytest.mark.parametrize("page", ["change/", "history/", "edit/", "close/", "add-member/"])
def test_groups_of_others_look_like_none(cast: Cast, page: str) -> None:
    group = _group(cast)
    for manager in (chicago_manager(cast), dallas_manager(cast)):
        client = client_for(manager)
        for key in (group.pk, uuid7(), "nothing"):
            assert client.get(f"{_ADMIN}{key}/{page}").status_code == 404
        assert "Harbor" not in client.get(_ADMIN).content.decode()
    assert client_for(cast.vendor).get(f"{_ADMIN}{group.pk}/{page}").status_code == 403
