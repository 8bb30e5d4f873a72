"""People in the admin: read, add, change, suspend, close, send keys to (ACC-9)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts import policy, selectors
from accounts.admin.credentials import CREDENTIAL_PAGES
from accounts.admin.terminations import TERMINATION_PAGES
from accounts.admin.usage_pages import usage_urls
from accounts.admin_forms import (
    AddPersonForm,
    ChangePersonForm,
    ManagedAorsForm,
    kept_roles,
    prepare_add,
    prepare_change,
    prepare_managed_aors,
)
from accounts.governed_admin import GovernedAdmin, GovernedPage, as_text
from accounts.models import AccessRequest, GroupMember, User
from accounts.people import Person
from accounts.request_forms import read_upload
from accounts.roles import ROLE_LABELS, Role
from accounts.services.access import Applicant, Grant, add_person, send_user_key
from accounts.services.lockout import list_locked
from accounts.services.people import (
    change_user,
    delete_user,
    reinstate_user,
    set_managed_aors,
    suspend_user,
)
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission as P

MANAGERS = frozenset({P.MANAGE_USERS, P.MANAGE_AGENCIES})
_VENDOR = frozenset({P.MANAGE_AGENCIES})

Data = Mapping[str, Any]


def _given(user: User | None) -> User:
    if user is None:
        raise NotFound("user")
    return user


# --- acts -----------------------------------------------------------------------------------------


def _add(person: Person, _: object, data: Data, now: datetime) -> None:
    aor = data["aor"]
    add_person(
        actor=person,
        agency=data["agency"] if "agency" in data else selectors.find_agency(person.agency_id),
        aor=aor,
        applicant=Applicant(data["full_name"], data["email"], data["title"], data["need"]),
        grant=Grant(data["roles"], data["component"], data["supervisor"], data["timezone"]),
        form=read_upload(data["form"]) if data["form"] else None,
        reason=data["reason"],
        now=now,
    )


def _change(person: Person, user: User | None, data: Data, now: datetime) -> None:
    user = _given(user)
    change_user(
        actor=person,
        user=user,
        full_name=data["full_name"],
        email=data["email"],
        title=data["title"],
        component=data["component"],
        aor=data["aor"],
        supervisor=data["supervisor"],
        roles=_in_order(user, [*data["roles"], *kept_roles(person, user)]),
        timezone=data["timezone"],
        reason=data["reason"],
        now=now,
    )


def _in_order(user: User, roles: Sequence[str]) -> list[str]:
    """The user's own order while they are the same: no change of order passes for a change."""
    return list(user.roles) if set(roles) == set(user.roles) else list(roles)


def _suspend(person: Person, user: User | None, data: Data, now: datetime) -> None:
    suspend_user(actor=person, user=_given(user), reason=data["reason"], now=now)


def _reinstate(person: Person, user: User | None, data: Data, now: datetime) -> None:
    reinstate_user(actor=person, user=_given(user), reason=data["reason"], now=now)


def _close(person: Person, user: User | None, data: Data, now: datetime) -> None:
    delete_user(actor=person, user=_given(user), reason=data["reason"], now=now)


def _send_key(person: Person, user: User | None, data: Data, now: datetime) -> None:
    send_user_key(actor=person, user=_given(user), reason=data["reason"], now=now)


def _set_managed(person: Person, user: User | None, data: Data, now: datetime) -> None:
    set_managed_aors(
        actor=person, user=_given(user), aors=data["aors"], reason=data["reason"], now=now
    )


# --- when they are offered, and what they bring about ---------------------------------------------


def _is_open(person: Person, user: User | None) -> bool:
    return user is not None and user.is_active and policy.can_manage_user(person, user)


def _is_suspended(person: Person, user: User | None) -> bool:
    closed = user is None or user.is_active or user.deleted_at is not None
    return not closed and user is not None and policy.can_manage_user(person, user)


def _is_there(person: Person, user: User | None) -> bool:
    return user is not None and user.deleted_at is None and policy.can_manage_user(person, user)


def _is_manager(_: Person, user: User | None) -> bool:
    return user is not None and user.deleted_at is None and Role.AGENCY_MANAGER.value in user.roles


def _of_adding(_person: Person, _: object) -> list[str]:
    return [
        "A request for access is kept with what you enter, approved by you.",
        "A registration key is mailed to the address; it works once and for seven days.",
        "The person stands in the list of requests until they have registered, then here.",
    ]


def _of_suspending(_: Person, user: User | None) -> list[str]:
    if user is None:
        return []
    return [
        "Open sessions end at their next request, and no log-on works any more.",
        "A registration key that was sent works no more.",
        *_unmanaged(user),
        "The account can be reinstated.",
    ]


def _of_closing(_: Person, user: User | None) -> list[str]:
    if user is None:
        return []
    groups = GroupMember.objects.filter(user=user).count()
    team = User.objects.filter(supervisor=user, is_active=True).count()
    lines = [
        "The account is closed for ever: nobody can reinstate it.",
        "Password, security questions and second factors are wiped; open sessions end at once.",
        f"The user name {user.username} stays taken, and the name stays in the log.",
    ]
    if groups:
        lines.append(f"They leave {groups} group{'s' * (groups > 1)}.")
    if team:
        lines.append(f"Open accounts that name them as supervisor: {team}. Give those another.")
    return [*lines, *_unmanaged(user)]


def _unmanaged(user: User) -> list[str]:
    names = selectors.left_unmanaged_without(user)
    return [f"Nobody else manages {', '.join(names)}."] if names else []


def _of_key(_: Person, user: User | None) -> list[str]:
    if user is None:
        return []
    return [
        f"A registration key is mailed to {user.email}; it works once and for seven days.",
        "One that was sent before works no more.",
        "With it a new password and new security questions are chosen; the user name stays.",
        "Until it is used, the present password works.",
    ]


ADD_PERSON: GovernedPage[Any] = GovernedPage(
    name="add-person",
    title="Add a person",
    permissions=MANAGERS,
    act=_add,
    form=AddPersonForm,
    of_object=False,
    prepare=prepare_add,
    consequences=_of_adding,
)


# --- lists ----------------------------------------------------------------------------------------


class RoleFilter(admin.SimpleListFilter):
    """People who hold a role."""

    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Every role."""
        return [(role.value, ROLE_LABELS[role]) for role in Role]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[User]") -> "QuerySet[User]":  # noqa: ARG002
        """Those who hold it, perhaps beside others."""
        value = self.value()
        return queryset.filter(roles__contains=[value]) if value in set(Role) else queryset


class StateFilter(admin.SimpleListFilter):
    """Open, suspended, or closed for ever; those are listed only when asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """The states an account can be in."""
        return [
            ("open", "Open"),
            ("never", "Open, never logged on"),
            ("suspended", "Suspended"),
            ("locked", "Locked after failed log-ons"),
            ("closed", "Closed for ever"),
        ]

    def choices(self, changelist: ChangeList) -> Any:
        """Without a choice: all but closed ones, and the words say so."""
        for number, choice in enumerate(super().choices(changelist)):
            yield dict(choice) | ({"display": "All but closed"} if number == 0 else {})

    def queryset(self, request: HttpRequest, queryset: "QuerySet[User]") -> "QuerySet[User]":  # noqa: ARG002
        """The accounts in that state."""
        there = queryset.filter(deleted_at=None)
        return {
            "open": there.filter(is_active=True),
            "never": there.filter(is_active=True, last_login=None),
            "suspended": there.filter(is_active=False),
            "locked": there.filter(pk__in=list_locked(now=timezone.now())),
            "closed": queryset.exclude(deleted_at=None),
        }.get(self.value() or "", there)


@admin.register(User)
class UserAdmin(GovernedAdmin[User]):
    """People: of the manager's AORs (ACC-9); for the vendor, whom only it can have made."""

    view_permissions = MANAGERS
    list_display = (
        "full_name",
        "username",
        "role_names",
        "component",
        "aor",
        "state_name",
        "last_login",
    )
    list_filter = (
        StateFilter,
        RoleFilter,
        ("aor", admin.RelatedOnlyFieldListFilter),
        ("component", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("full_name", "username", "email")
    fields = (
        "full_name",
        "username",
        "email",
        "title",
        "role_names",
        "agency_name",
        "component_name",
        "aor_name",
        "managed_names",
        "supervisor_name",
        "timezone",
        "request_link",
        "state_name",
        "last_login",
        "created_at",
    )
    readonly_fields = (
        "role_names",
        "agency_name",
        "component_name",
        "aor_name",
        "managed_names",
        "supervisor_name",
        "request_link",
        "state_name",
    )
    agency_name = as_text("agency", "Agency")
    component_name = as_text("component", "Component")
    aor_name = as_text("aor", "AOR")
    supervisor_name = as_text("supervisor", "Supervisor")
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        ADD_PERSON,
        GovernedPage(
            name="edit",
            title="Change this account",
            permissions=MANAGERS,
            act=_change,
            form=ChangePersonForm,
            offered=_is_there,
            prepare=prepare_change,
        ),
        GovernedPage(
            name="send-key",
            title="Send a registration key",
            permissions=MANAGERS,
            act=_send_key,
            offered=_is_open,
            consequences=_of_key,
        ),
        GovernedPage(
            name="managed-aors",
            title="Set managed AORs",
            permissions=_VENDOR,
            act=_set_managed,
            form=ManagedAorsForm,
            offered=_is_manager,
            prepare=prepare_managed_aors,
        ),
        *CREDENTIAL_PAGES,
        *TERMINATION_PAGES,
        GovernedPage(
            name="suspend",
            title="Suspend this account",
            permissions=MANAGERS,
            act=_suspend,
            offered=_is_open,
            consequences=_of_suspending,
        ),
        GovernedPage(
            name="reinstate",
            title="Reinstate this account",
            permissions=MANAGERS,
            act=_reinstate,
            offered=_is_suspended,
        ),
        GovernedPage(
            name="close",
            title="Delete this account for ever",
            permissions=MANAGERS,
            act=_close,
            offered=_is_there,
            consequences=_of_closing,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        """With the usage report."""
        return [*usage_urls(self), *super().get_urls()]

    def _links(self, person: Person, found: User | None) -> list[tuple[str, str]]:
        links = super()._links(person, found)
        if found is None and person.may(P.MANAGE_USERS):
            links.append(("Usage report", reverse("admin:usage")))
        return links

    def visible_to(self, person: Person) -> "QuerySet[User]":
        """Whom `accounts.selectors` lets the person see, closed accounts included."""
        return selectors.list_users_for(person, deleted=True)

    @admin.display(description="Roles")
    def role_names(self, user: User) -> str:
        """The roles as people call them."""
        return ", ".join(ROLE_LABELS[Role(role)] for role in user.roles)

    @admin.display(description="State", ordering="is_active")
    def state_name(self, user: User) -> str:
        """Whether the account is open."""
        if user.deleted_at is not None:
            return "Closed for ever"
        return "Open" if user.is_active else "Suspended"

    @admin.display(description="Access request")
    def request_link(self, user: User) -> str:
        """The request that led to the account, with its form (ACC-9)."""
        request = AccessRequest.objects.filter(user=user).first()
        if request is None:
            return "none: made by set-up"
        address = reverse("admin:accounts_accessrequest_change", args=[request.pk])
        return format_html('<a href="{}">of {}</a>', address, f"{request.submitted_at:%Y-%m-%d}")

    @admin.display(description="Also manages")
    def managed_names(self, user: User) -> str:
        """AORs managed beside the own one."""
        return ", ".join(user.managed.order_by("aor__name").values_list("aor__name", flat=True))
