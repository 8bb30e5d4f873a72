"""Forms of the admin's pages about people, requests and groups, and how each is filled in.

What may be chosen is within the reach of who asks; the services check it again.
"""

from collections.abc import Collection
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.db.models import Q, QuerySet

from accounts import policy, selectors
from accounts.access_forms import ApplicantForm
from accounts.forms import ReasonForm
from accounts.models import AccessRequest, Agency, Aor, Component, User, UserGroup
from accounts.people import Person
from accounts.roles import ROLE_LABELS, Role
from accounts.services.access import Grant


@cache
def _zones() -> list[tuple[str, str]]:
    """Time zones, those of America first: where nearly everybody is."""
    names = sorted(available_timezones(), key=lambda name: (not name.startswith("America/"), name))
    return [(name, name) for name in names]


class GrantForm(ReasonForm):
    """What an approved person will be."""

    roles = forms.MultipleChoiceField(
        label="Roles", widget=forms.CheckboxSelectMultiple, required=True
    )
    component = forms.ModelChoiceField(
        Component.objects.none(), label="Component", required=False, empty_label="None"
    )
    supervisor = forms.ModelChoiceField(
        User.objects.none(), label="Supervisor", required=False, empty_label="None"
    )
    timezone = forms.ChoiceField(label="Time zone", choices=_zones)

    def grant(self, *, kept_roles: Collection[str] = ()) -> Grant:
        """What was chosen; `kept_roles`: those that are not for who asks to give or take."""
        data = self.cleaned_data
        return Grant(
            roles=[*data["roles"], *kept_roles],
            component=data["component"],
            supervisor=data["supervisor"],
            timezone=data["timezone"],
        )


class ApproveForm(GrantForm):
    """Approving a request."""

    field_order = ("roles", "component", "supervisor", "timezone", "reason")


class AddPersonForm(GrantForm, ApplicantForm):
    """A request that came on paper or by word, entered and approved in one act."""

    agency = forms.ModelChoiceField(
        Agency.objects.none(),
        label="Agency",
        required=False,
        empty_label="None: one of the vendor's people",
    )
    aor = forms.ModelChoiceField(Aor.objects.none(), label="AOR", required=False)
    field_order = (
        "full_name",
        "email",
        "title",
        "agency",
        "aor",
        "component",
        "supervisor",
        "roles",
        "timezone",
        "need",
        "form",
        "reason",
    )


class ChangePersonForm(GrantForm):
    """Who a person is here."""

    full_name = forms.CharField(label="Full name", max_length=120)
    email = forms.EmailField(
        label="E-mail address", help_text="The former address is told of a change."
    )
    title = forms.CharField(label="Title", max_length=120, required=False)
    aor = forms.ModelChoiceField(
        Aor.objects.none(), label="AOR", required=False, empty_label="None"
    )
    field_order = (
        "full_name",
        "email",
        "title",
        "aor",
        "component",
        "supervisor",
        "roles",
        "timezone",
        "reason",
    )


class ManagedAorsForm(ReasonForm):
    """Which AORs somebody manages beside the own one."""

    aors = forms.ModelMultipleChoiceField(
        Aor.objects.none(),
        label="AORs managed beside the own one",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ("aors", "reason")


class GroupForm(ReasonForm):
    """A group's name and purpose."""

    name = forms.CharField(label="Name", max_length=80, help_text='As "Task Force Harbor".')
    purpose = forms.CharField(
        label="Purpose", max_length=300, widget=forms.TextInput(attrs={"size": 80})
    )
    field_order: tuple[str, ...] = ("name", "purpose", "reason")


class NewGroupForm(GroupForm):
    """A new group, and whose managers look after it."""

    aor = forms.ModelChoiceField(Aor.objects.none(), label="AOR", empty_label=None)
    field_order = ("name", "purpose", "aor", "reason")


class MemberForm(ReasonForm):
    """Somebody to put into a group or take out of it."""

    user = forms.ModelChoiceField(User.objects.none(), label="Person")
    field_order = ("user", "reason")


# --- filling them in ------------------------------------------------------------------------------


def prepare_approve(form: ApproveForm, person: Person, request: AccessRequest | None) -> None:
    """Choices for one request."""
    if request is not None:
        _offer(form, person, request.agency_id, roles=[], keep=None)
        form.initial.setdefault("roles", [Role.INVESTIGATOR.value])
        zone = request.aor.timezone if request.aor else person.timezone
        form.initial.setdefault("timezone", zone)


def prepare_add(form: AddPersonForm, person: Person, _: object) -> None:
    """A manager adds to the managed AORs, the vendor to any agency or to itself."""
    _offer(form, person, person.agency_id, roles=[], keep=None)
    _choose_from(form, "aor", selectors.list_aors_for(person))
    if person.agency_id is not None:
        del form.fields["agency"]
        form.fields["aor"].required = True
        form.initial.setdefault("aor", person.managed_aor_ids[0] if person.managed_aor_ids else "")
    else:
        _choose_from(form, "agency", selectors.list_agencies_for(person))
    form.initial.setdefault("timezone", person.timezone)


def prepare_change(form: ChangePersonForm, person: Person, user: User | None) -> None:
    """What stands in the account now."""
    if user is None:
        return
    _offer(form, person, user.agency_id, roles=user.roles, keep=user)
    aors = selectors.list_aors_for(person).filter(agency=user.agency)
    _choose_from(form, "aor", aors)
    form.fields["aor"].required = person.agency_id is not None
    now = {
        "full_name": user.full_name,
        "email": user.email,
        "title": user.title,
        "aor": user.aor_id,
        "component": user.component_id,
        "supervisor": user.supervisor_id,
        "roles": list(user.roles),
        "timezone": user.timezone,
    }
    form.initial.update(now)
    form.fields["roles"].required = not kept_roles(person, user)


def kept_roles(person: Person, user: User) -> list[str]:
    """Roles of the user's that are not the person's to give or take: they stay."""
    return [role for role in user.roles if role not in policy.roles_given_by(person)]


def prepare_managed_aors(form: ManagedAorsForm, person: Person, user: User | None) -> None:
    """The other AORs of the manager's agency."""
    if user is not None:
        aors = selectors.list_aors_for(person).filter(agency=user.agency)
        _choose_from(form, "aors", aors.exclude(pk=user.aor_id or 0))
        form.initial["aors"] = list(user.managed.values_list("aor_id", flat=True))


def prepare_new_group(form: NewGroupForm, person: Person, _: object) -> None:
    """The AORs that the person manages."""
    _choose_from(form, "aor", selectors.list_aors_for(person))


def prepare_group(form: GroupForm, _person: Person, group: UserGroup | None) -> None:
    """What the group is called now."""
    if group is not None:
        form.initial.update({"name": group.name, "purpose": group.purpose})


def prepare_new_member(form: MemberForm, person: Person, group: UserGroup | None) -> None:
    """The manager's own people who are not in the group yet."""
    if group is not None:
        users = selectors.list_users_for(person).filter(is_active=True)
        _choose_from(form, "user", users.exclude(memberships__group=group))


def prepare_member(form: MemberForm, person: Person, group: UserGroup | None) -> None:
    """The manager's own people in the group."""
    if group is not None:
        users = selectors.list_users_for(person)
        _choose_from(form, "user", users.filter(memberships__group=group))


def _offer(
    form: GrantForm,
    person: Person,
    agency_id: int | None,
    *,
    roles: Collection[str],
    keep: User | None,
) -> None:
    """Roles that are the person's to give, components of the agency, supervisors in reach."""
    givable = [role for role in Role if role in policy.roles_given_by(person)]
    # The vendor's own role is for the vendor's own people.
    if keep is not None:
        own = keep.agency_id is None
        givable = [role for role in givable if (role is Role.VENDOR_ADMINISTRATOR) == own]
    field: Any = form.fields["roles"]
    field.choices = [(role.value, ROLE_LABELS[role]) for role in givable]
    fixed = [ROLE_LABELS[Role(role)] for role in roles if Role(role) not in givable]
    if fixed:
        field.help_text = f"Stays as well: {', '.join(fixed)}."
    components = Component.objects.select_related("agency").order_by("agency__code", "code")
    if agency_id is not None:
        components = components.filter(agency_id=agency_id)
    elif keep is not None:
        components = components.none()
    _choose_from(form, "component", components)
    present = Q(pk=keep.supervisor_id) if keep is not None and keep.supervisor_id else Q(pk=None)
    supervisors = selectors.list_users_for(person).filter(
        is_active=True, roles__contains=[Role.SUPERVISOR.value]
    )
    everybody = User.objects.filter(Q(pk__in=supervisors.values("pk")) | present)
    if keep is not None:
        everybody = everybody.exclude(pk=keep.pk)
    _choose_from(form, "supervisor", everybody.order_by("full_name"))


def _choose_from(form: forms.Form, name: str, rows: "QuerySet[Any]") -> None:
    field: Any = form.fields[name]
    field.queryset = rows
    field.label_from_instance = _label_of


def _label_of(row: Any) -> str:
    """Names that say whose it is where several agencies are listed."""
    if isinstance(row, Aor):
        return f"{row.name} ({row.agency.code})"
    if isinstance(row, Component):
        return f"{row.code} – {row.name} ({row.agency.code})"
    if isinstance(row, User):
        return f"{row.full_name} ({row.username})"
    return str(row)
