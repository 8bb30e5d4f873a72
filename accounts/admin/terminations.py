"""Terminations in the admin: what waits with its countdown, and how long each took (ACC-10)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts import policy, selectors
from accounts.countdown import Countdown, count_down, spelt
from accounts.governed_admin import GovernedAdmin, GovernedPage
from accounts.models import Termination, TerminationState, User
from accounts.people import Person
from accounts.services.terminations import (
    carry_out_termination,
    enter_termination,
    terminate_now,
    withdraw_termination,
    zone_of,
)
from accounts.termination_forms import (
    EndAccessForm,
    EndSomebodysAccessForm,
    EnterSomebodysTerminationForm,
    EnterTerminationForm,
    prepare_received,
)
from lprsvc.lib.access import requires
from lprsvc.lib.errors import InvalidInput, NotFound
from lprsvc.lib.permissions import Permission as P

_MANAGERS = frozenset({P.MANAGE_USERS, P.MANAGE_AGENCIES})
# Of more open requests at once the list has pages; none of those refreshes more than this.
_REFRESHED = 100

Data = Mapping[str, Any]
M = TypeVar("M")


# --- acts -----------------------------------------------------------------------------------------


def _end_somebodys(person: Person, _: object, data: Data, now: datetime) -> None:
    _end(person, _named(person, data["who"]), data, now)


def _end(person: Person, user: User | None, data: Data, now: datetime) -> None:
    terminate_now(
        actor=person, user=_given(user), effect=data["effect"], reason=data["reason"], now=now
    )


def _enter_somebodys(person: Person, _: object, data: Data, now: datetime) -> None:
    _enter(person, _named(person, data["who"]), data, now)


def _enter(person: Person, user: User | None, data: Data, now: datetime) -> None:
    enter_termination(
        actor=person,
        user=_given(user),
        requested_by=data["requested_by"],
        received_at=data["received_at"],
        reason=data["reason"],
        now=now,
    )


def _carry_out(person: Person, found: Termination | None, data: Data, now: datetime) -> None:
    carry_out_termination(
        actor=person,
        termination=_given(found),
        effect=data["effect"],
        reason=data["reason"],
        now=now,
    )


def _withdraw(person: Person, found: Termination | None, data: Data, now: datetime) -> None:
    withdraw_termination(actor=person, termination=_given(found), reason=data["reason"], now=now)


def _given(found: M | None) -> M:
    if found is None:
        raise NotFound("termination")
    return found


def _named(person: Person, typed: str) -> User:
    found = selectors.find_to_terminate(person, typed)
    if found is None:
        raise InvalidInput({"who": ["You manage no open account with this name or address."]})
    return found


# --- what is said before --------------------------------------------------------------------------

_AT_ONCE = (
    "Access ends now: open sessions are ended, registration keys are revoked.",
    "Closed for ever wipes password and second factor; a suspended account can be reinstated.",
)
_COUNTING = (
    "Nothing is cut yet: the request counts down 24 business hours from its receipt.",
    "Week-ends and federal holidays do not count.",
    "When it is overdue, the area's managers are told by e-mail, and the vendor after them.",
)


def _of_end(_: Person, __: object) -> tuple[str, ...]:
    return _AT_ONCE


def _of_entering(_: Person, __: object) -> tuple[str, ...]:
    return _COUNTING


def _of_withdrawing(_: Person, __: object) -> tuple[str, ...]:
    return ("The request ends, and the person keeps the access they have.",)


def _is_there(person: Person, user: User | None) -> bool:
    return user is not None and user.deleted_at is None and policy.can_terminate(person, user)


def _is_open(person: Person, found: Termination | None) -> bool:
    return (
        found is not None
        and found.state == TerminationState.OPEN
        and policy.can_terminate(person, found.user)
    )


# For the page of a person (accounts.admin.people).
TERMINATION_PAGES: tuple[GovernedPage[Any], ...] = (
    GovernedPage(
        name="end-access",
        title="End access at once",
        permissions=_MANAGERS,
        act=_end,
        form=EndAccessForm,
        offered=_is_there,
        consequences=_of_end,
    ),
    GovernedPage(
        name="enter-termination",
        title="Enter a termination received by e-mail",
        permissions=_MANAGERS,
        act=_enter,
        form=EnterTerminationForm,
        offered=_is_there,
        prepare=prepare_received,
        consequences=_of_entering,
    ),
)


@admin.register(Termination)
class TerminationAdmin(GovernedAdmin[Termination]):
    """Of people of the manager's AORs; for the vendor, of everybody."""

    view_permissions = _MANAGERS
    change_list_template = "accounts/termination_change_list.html"
    change_form_template = "accounts/termination_change_form.html"
    list_display = ("user", "area", "standing", "received", "due", "took")
    list_filter = ("state", "origin", ("user__aor", admin.RelatedOnlyFieldListFilter))
    search_fields = ("user__full_name", "user__username", "requested_by")
    ordering = ("-state", "due_at")
    fields = (
        "user",
        "area",
        "state",
        "countdown",
        "origin",
        "requested_by",
        "received_at",
        "due_at",
        "entered_at",
        "entered_by",
        "effect",
        "ended_at",
        "took",
        "managers_told_at",
        "vendor_told_at",
    )
    readonly_fields = ("area", "countdown", "took")
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        GovernedPage(
            name="end-access",
            title="End somebody's access at once",
            permissions=_MANAGERS,
            act=_end_somebodys,
            form=EndSomebodysAccessForm,
            of_object=False,
            consequences=_of_end,
        ),
        GovernedPage(
            name="enter",
            title="Enter a request received by e-mail",
            permissions=_MANAGERS,
            act=_enter_somebodys,
            form=EnterSomebodysTerminationForm,
            of_object=False,
            prepare=prepare_received,
            consequences=_of_entering,
        ),
        GovernedPage(
            name="carry-out",
            title="Carry it out: end the access now",
            permissions=_MANAGERS,
            act=_carry_out,
            form=EndAccessForm,
            offered=_is_open,
            consequences=_of_end,
        ),
        GovernedPage(
            name="withdraw",
            title="Withdraw the request",
            permissions=_MANAGERS,
            act=_withdraw,
            offered=_is_open,
            consequences=_of_withdrawing,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[Termination]":
        """What `accounts.selectors` lets the person see."""
        return selectors.list_terminations_for(person)

    def get_urls(self) -> list[URLPattern]:
        """The countdowns for themselves, which the pages ask for every minute."""
        countdowns = requires(*_MANAGERS)(self.admin_site.admin_view(self._countdowns))
        name = "accounts_termination_countdowns"
        return [path("countdowns/", countdowns, name=name), *super().get_urls()]

    def _countdowns(self, request: HttpRequest) -> HttpResponse:
        """What is left of each open request; shown already to who asks, so not recorded anew."""
        person: Person = request.person  # type: ignore[attr-defined]
        opened = self.visible_to(person).filter(state=TerminationState.OPEN)[:_REFRESHED]
        now = timezone.now()
        return render(
            request,
            "accounts/_countdowns.html",
            {"countdowns": [(found.pk, countdown_of(found, now)) for found in opened]},
        )

    @admin.display(description="AOR", ordering="user__aor__name")
    def area(self, found: Termination) -> str:
        """Where the person belongs."""
        user = found.user
        return user.aor.name if user.aor else str(user.agency or "Vendor")

    @admin.display(description="Time left")
    def countdown(self, found: Termination) -> SafeString | str:
        """How it stands, in words and colour."""
        if found.state != TerminationState.OPEN:
            return "–"
        context = {"pk": found.pk, "countdown": countdown_of(found, timezone.now())}
        return render_to_string("accounts/_countdown.html", context)

    @admin.display(description="Standing", ordering="state")
    def standing(self, found: Termination) -> SafeString | str:
        """The countdown while it waits, else what became of it."""
        if found.state == TerminationState.OPEN:
            return self.countdown(found)
        return found.get_effect_display() or found.get_state_display()

    @admin.display(description="Received", ordering="received_at")
    def received(self, found: Termination) -> str:
        """By the clock of who looks."""
        return _short(found.received_at)

    @admin.display(description="Due", ordering="due_at")
    def due(self, found: Termination) -> str:
        """By the clock of who looks."""
        return _short(found.due_at)

    @admin.display(description="Business time taken")
    def took(self, found: Termination) -> str:
        """From receipt until access was cut."""
        return spelt(found.taken) if found.taken is not None else "–"


def _short(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local:%b} {local.day}, {local:%Y, %H:%M} {local.tzname()}"


def countdown_of(found: Termination, now: datetime) -> Countdown:
    """The countdown of an open request."""
    return count_down(found.due_at, now, zone_of(found.user), is_cut=not found.user.is_active)
