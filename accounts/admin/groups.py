"""Named groups in the admin: make, rename, fill, close (ACC-12)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Prefetch, QuerySet

from accounts import selectors
from accounts.admin_forms import (
    GroupForm,
    MemberForm,
    NewGroupForm,
    prepare_group,
    prepare_member,
    prepare_new_group,
    prepare_new_member,
)
from accounts.governed_admin import GovernedAdmin, GovernedPage, as_text
from accounts.models import GroupMember, UserGroup
from accounts.people import Person
from accounts.services.groups import (
    add_member,
    change_group,
    close_group,
    create_group,
    remove_member,
)
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission as P

_MANAGERS = frozenset({P.MANAGE_USERS})

Data = Mapping[str, Any]


def _given(group: UserGroup | None) -> UserGroup:
    if group is None:
        raise NotFound("group")
    return group


def _create(person: Person, _: object, data: Data, now: datetime) -> None:
    create_group(
        actor=person,
        aor=data["aor"],
        name=data["name"],
        purpose=data["purpose"],
        reason=data["reason"],
        now=now,
    )


def _change(person: Person, group: UserGroup | None, data: Data, now: datetime) -> None:
    change_group(
        actor=person,
        group=_given(group),
        name=data["name"],
        purpose=data["purpose"],
        reason=data["reason"],
        now=now,
    )


def _add(person: Person, group: UserGroup | None, data: Data, now: datetime) -> None:
    add_member(actor=person, group=_given(group), user=data["user"], reason=data["reason"], now=now)


def _remove(person: Person, group: UserGroup | None, data: Data, now: datetime) -> None:
    remove_member(
        actor=person, group=_given(group), user=data["user"], reason=data["reason"], now=now
    )


def _close(person: Person, group: UserGroup | None, data: Data, now: datetime) -> None:
    close_group(actor=person, group=_given(group), reason=data["reason"], now=now)


def _is_open(_: Person, group: UserGroup | None) -> bool:
    return group is not None and group.closed_at is None


def _has_members(person: Person, group: UserGroup | None) -> bool:
    return _is_open(person, group) and GroupMember.objects.filter(group=group).exists()


def _of_adding(_: Person, _group: UserGroup | None) -> list[str]:
    return ["From now on they see what is shared with the group, and share with it themselves."]


def _of_removing(_: Person, _group: UserGroup | None) -> list[str]:
    return ["What is shared with the group is theirs no more, at once."]


def _of_closing(_: Person, _group: UserGroup | None) -> list[str]:
    return [
        "The group is closed for ever: nothing is shared with it any more.",
        "Its name can be used for another group. Its history stays.",
    ]


class OpenFilter(admin.SimpleListFilter):
    """Open groups, or closed ones."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Both."""
        return [("open", "Open"), ("closed", "Closed")]

    def queryset(self, request: Any, queryset: "QuerySet[UserGroup]") -> "QuerySet[UserGroup]":  # noqa: ARG002
        """The groups in that state."""
        if self.value() in {"open", "closed"}:
            return queryset.filter(closed_at__isnull=self.value() == "open")
        return queryset


@admin.register(UserGroup)
class UserGroupAdmin(GovernedAdmin[UserGroup]):
    """Groups of the AORs that the person manages."""

    view_permissions = _MANAGERS
    list_display = ("name", "purpose", "aor", "member_count", "closed_at")
    list_filter = (OpenFilter, ("aor", admin.RelatedOnlyFieldListFilter))
    search_fields = ("name", "purpose")
    fields = ("name", "purpose", "aor_name", "member_names", "created_at", "closed_at")
    readonly_fields = ("aor_name", "member_names")
    aor_name = as_text("aor", "AOR")
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        GovernedPage(
            name="add-group",
            title="Make a group",
            permissions=_MANAGERS,
            act=_create,
            form=NewGroupForm,
            of_object=False,
            prepare=prepare_new_group,
        ),
        GovernedPage(
            name="edit",
            title="Change this group",
            permissions=_MANAGERS,
            act=_change,
            form=GroupForm,
            offered=_is_open,
            prepare=prepare_group,
        ),
        GovernedPage(
            name="add-member",
            title="Add a member",
            permissions=_MANAGERS,
            act=_add,
            form=MemberForm,
            offered=_is_open,
            prepare=prepare_new_member,
            consequences=_of_adding,
        ),
        GovernedPage(
            name="remove-member",
            title="Remove a member",
            permissions=_MANAGERS,
            act=_remove,
            form=MemberForm,
            offered=_has_members,
            prepare=prepare_member,
            consequences=_of_removing,
        ),
        GovernedPage(
            name="close",
            title="Close this group",
            permissions=_MANAGERS,
            act=_close,
            offered=_is_open,
            consequences=_of_closing,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[UserGroup]":
        """Those that `accounts.selectors` lets the person see."""
        # Who is of an AOR that the person does not manage is counted and not named.
        seen = GroupMember.objects.filter(user__in=selectors.list_users_for(person))
        seen = seen.select_related("user").order_by("user__full_name")
        return (
            selectors.list_groups_for(person)
            .annotate(members_now=Count("memberships"))
            .prefetch_related(Prefetch("memberships", queryset=seen, to_attr="seen"))
        )

    @admin.display(description="Members", ordering="members_now")
    def member_count(self, group: UserGroup) -> int:
        """How many people are in it."""
        count: int = group.members_now  # type: ignore[attr-defined]
        return count

    @admin.display(description="Members")
    def member_names(self, group: UserGroup) -> str:
        """Who is in it."""
        seen: list[GroupMember] = group.seen  # type: ignore[attr-defined]
        names = [str(member.user) for member in seen]
        others = self.member_count(group) - len(seen)
        return ", ".join(names + [f"{others} of other AORs"] * bool(others))
