"""What managers do about credentials: unlocking, taking lost factors away; the agencies' policies.

The pages about a person are `accounts.admin.people`'s to list: `CREDENTIAL_PAGES`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.utils import timezone

from accounts import policy, selectors
from accounts.forms import ReasonForm
from accounts.governed_admin import GovernedAdmin, GovernedPage
from accounts.letters.credentials import local_time
from accounts.log_on_rules import MIN_LENGTH_ALONE, MIN_LENGTH_WITH_FACTOR
from accounts.models import Agency, LogOnPolicy, User
from accounts.people import Person
from accounts.services.factors import has_factors, reset_factors
from accounts.services.lockout import find_lock, unlock_user
from accounts.services.log_on_policy import FIELDS, set_log_on_policy
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission as P

_MANAGERS = frozenset({P.MANAGE_USERS, P.MANAGE_AGENCIES})
_VENDOR = frozenset({P.MANAGE_AGENCIES})

Data = Mapping[str, Any]


def _given(user: User | None) -> User:
    if user is None:
        raise NotFound("user")
    return user


def _unlock(person: Person, user: User | None, data: Data, now: datetime) -> None:
    unlock_user(actor=person, user=_given(user), reason=data["reason"], now=now)


def _reset(person: Person, user: User | None, data: Data, now: datetime) -> None:
    reset_factors(actor=person, user=_given(user), reason=data["reason"], now=now)


def _is_locked(person: Person, user: User | None) -> bool:
    if user is None or not policy.can_manage_user(person, user):
        return False
    return find_lock(user, now=timezone.now()) is not None


def _has_factors(person: Person, user: User | None) -> bool:
    if user is None or not policy.can_manage_user(person, user):
        return False
    return has_factors(user)


def _of_unlocking(person: Person, user: User | None) -> list[str]:
    until = find_lock(user, now=timezone.now()) if user else None
    if until is None:
        return ["The account is not locked at present."]
    return [
        f"By itself the lock ends on {local_time(until, person.timezone)}.",
        "The failures that led to it are forgotten: five more are needed to lock it again.",
        "First make sure that it was the person who tried: the lock stops who is guessing.",
    ]


def _of_resetting(_: Person, __: User | None) -> list[str]:
    return [
        "Authenticator app, security keys and recovery codes of the person work no more.",
        "Their open sessions end, and they are told by mail.",
        "Where the agency demands a second factor, the next log-on sets up a new one.",
        "Until then the password alone opens the account: make sure who asks.",
    ]


CREDENTIAL_PAGES: tuple[GovernedPage[Any], ...] = (
    GovernedPage(
        name="unlock",
        title="Unlock this account",
        permissions=_MANAGERS,
        act=_unlock,
        offered=_is_locked,
        consequences=_of_unlocking,
    ),
    GovernedPage(
        name="reset-factors",
        title="Take away second factors",
        permissions=_MANAGERS,
        act=_reset,
        offered=_has_factors,
        consequences=_of_resetting,
    ),
)


# --- how an agency's people log on ----------------------------------------------------------------


class LogOnPolicyForm(ReasonForm):
    """An agency's own numbers; empty ones are the service's."""

    require_second_factor = forms.BooleanField(
        label="A second factor is demanded",
        required=False,
        help_text="Who has none sets one up at the next log-on, before anything else opens.",
    )
    idle_minutes = forms.IntegerField(
        label="Idle minutes until a session ends",
        required=False,
        min_value=5,
        max_value=30,
        help_text="5 to 30. Empty: 30.",
    )
    min_password_length = forms.IntegerField(
        label="Least length of a password",
        required=False,
        min_value=8,
        max_value=64,
        help_text=f"8 to 64. Empty: {MIN_LENGTH_ALONE}, or {MIN_LENGTH_WITH_FACTOR} beside a second"
        " factor (NIST SP 800-63B).",
    )
    max_password_age_days = forms.IntegerField(
        label="Days until a password must be changed",
        required=False,
        min_value=30,
        max_value=730,
        help_text="30 to 730; the CJIS Security Policy asks for 90 of short passwords. Empty:"
        " never.",
    )
    password_history = forms.IntegerField(
        label="Last passwords that must not come again",
        min_value=0,
        max_value=24,
        initial=0,
        help_text="0 to 24; the CJIS Security Policy asks for 10. 0: only the current one.",
    )
    field_order: tuple[str, ...] = (*FIELDS, "reason")


class NewLogOnPolicyForm(LogOnPolicyForm):
    """For an agency that has none yet."""

    agency = forms.ModelChoiceField(queryset=Agency.objects.none(), empty_label="Choose an agency")
    field_order: tuple[str, ...] = ("agency", *FIELDS, "reason")


def _wanted(data: Data) -> dict[str, Any]:
    return {name: data[name] for name in FIELDS}


def _add(person: Person, _: object, data: Data, now: datetime) -> None:
    set_log_on_policy(
        actor=person,
        agency=data["agency"],
        wanted=_wanted(data),
        reason=data["reason"],
        now=now,
    )


def _change(person: Person, found: LogOnPolicy | None, data: Data, now: datetime) -> None:
    if found is None:
        raise NotFound("log-on policy")
    set_log_on_policy(
        actor=person, agency=found.agency, wanted=_wanted(data), reason=data["reason"], now=now
    )


def _prepare_add(form: NewLogOnPolicyForm, person: Person, _: object) -> None:
    agencies = selectors.list_agencies_for(person).filter(log_on_policy=None)
    field = form.fields["agency"]
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - as declared above
    field.queryset = agencies


def _prepare_change(form: LogOnPolicyForm, _: Person, found: LogOnPolicy | None) -> None:
    for name in FIELDS:
        form.fields[name].initial = getattr(found, name, None)


def _of_policy(_: Person, __: object) -> Sequence[str]:
    return [
        "A shorter idle time holds at once; the rest from each person's next log-on.",
        "A password that was long enough before stays until it is next changed.",
    ]


@admin.register(LogOnPolicy)
class LogOnPolicyAdmin(GovernedAdmin[LogOnPolicy]):
    """Where an agency differs from the service's own rules for logging on (ACC-2, ACC-7)."""

    view_permissions = _VENDOR
    list_display = ("agency", *FIELDS)
    fields = ("agency", *FIELDS)
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        GovernedPage(
            name="add-policy",
            title="Set the log-on policy of an agency",
            permissions=_VENDOR,
            act=_add,
            form=NewLogOnPolicyForm,
            of_object=False,
            prepare=_prepare_add,
            consequences=_of_policy,
        ),
        GovernedPage(
            name="edit",
            title="Change this log-on policy",
            permissions=_VENDOR,
            act=_change,
            form=LogOnPolicyForm,
            prepare=_prepare_change,
            consequences=_of_policy,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[LogOnPolicy]":
        """Those of the agencies that the person sees."""
        agencies = selectors.list_agencies_for(person)
        return LogOnPolicy.objects.filter(agency__in=agencies).select_related("agency")
