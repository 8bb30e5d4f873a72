"""Agencies and what belongs to them, in the admin: the vendor's to make and change (ACC-13)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import agency_forms as forms
from accounts import selectors
from accounts.board_items import without_manager
from accounts.disposal import ScheduleRule, rule_of
from accounts.governed_admin import GovernedAdmin, GovernedPage
from accounts.models import Agency, Aor, Component, ReasonCode, RecordsSchedule
from accounts.people import Person
from accounts.services import agencies, schedules
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission as P

_VENDOR = frozenset({P.MANAGE_AGENCIES})

Data = Mapping[str, Any]
M = TypeVar("M")


def _given(found: M | None) -> M:
    if found is None:
        raise NotFound("record")
    return found


# --- acts -----------------------------------------------------------------------------------------


def _create_agency(person: Person, _: object, data: Data, now: datetime) -> None:
    agencies.create_agency(actor=person, now=now, **data)


def _change_agency(person: Person, agency: Agency | None, data: Data, now: datetime) -> None:
    agencies.change_agency(actor=person, agency=_given(agency), now=now, **data)


def _create_component(person: Person, agency: Agency | None, data: Data, now: datetime) -> None:
    agencies.create_component(actor=person, agency=_given(agency), now=now, **data)


def _change_component(
    person: Person, component: Component | None, data: Data, now: datetime
) -> None:
    agencies.change_component(actor=person, component=_given(component), now=now, **data)


def _create_aor(person: Person, agency: Agency | None, data: Data, now: datetime) -> None:
    agencies.create_aor(actor=person, agency=_given(agency), now=now, **data)


def _change_aor(person: Person, aor: Aor | None, data: Data, now: datetime) -> None:
    agencies.change_aor(actor=person, aor=_given(aor), now=now, **data)


def _create_reason_code(person: Person, agency: Agency | None, data: Data, now: datetime) -> None:
    agencies.create_reason_code(actor=person, agency=_given(agency), now=now, **data)


def _change_reason_code(
    person: Person, reason_code: ReasonCode | None, data: Data, now: datetime
) -> None:
    agencies.change_reason_code(actor=person, reason_code=_given(reason_code), now=now, **data)


def _set_schedule(person: Person, component: Component | None, data: Data, now: datetime) -> None:
    rule = {name: value for name, value in data.items() if name != "reason"}
    schedules.set_records_schedule(
        actor=person,
        component=_given(component),
        rule=ScheduleRule(**rule),
        reason=data["reason"],
        now=now,
    )


# --- what is said before --------------------------------------------------------------------------


def _of_agency(_: Person, __: object) -> tuple[str, ...]:
    return (
        "The agency gets an audit log of its own, which begins empty.",
        "Nobody can log on yet: add components, areas and reason codes, then a first manager.",
    )


def _of_lookback(_: Person, component: Component | None) -> tuple[str, ...]:
    if component is None:
        return ()
    return (
        f"Now: {_lookback_of(component)} ({component.lookback_source}).",
        "The new limit holds from the next query of the component's people on.",
    )


def _lookback_of(component: Component) -> str:
    if component.lookback_by_offense:
        return "by the limitation period of the offense"
    return f"{component.max_lookback_years} years"


def _of_schedule(_: Person, component: Component | None) -> tuple[str, ...]:
    found = RecordsSchedule.objects.filter(component=component).first()
    now = f"Now: {found.title}. {rule_of(found).sentence}" if found else "Now: none."
    return (now, "Reports printed from then on name the new one; earlier ones keep theirs.")


def _of_reason_code(_: Person, __: object) -> tuple[str, ...]:
    return (
        "People choose from the new words from their next query on.",
        "Queries and alerts of the past keep the words they were made with.",
    )


# --- lists ----------------------------------------------------------------------------------------


@admin.register(Agency)
class AgencyAdmin(GovernedAdmin[Agency]):
    """The vendor's customers."""

    view_permissions = _VENDOR
    list_display = ("code", "name", "timezone", "created_at")
    search_fields = ("code", "name")
    fields = ("code", "name", "timezone", "created_at", "log")
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        GovernedPage(
            "new",
            "Add an agency",
            _VENDOR,
            _create_agency,
            form=forms.NewAgencyForm,
            of_object=False,
            consequences=_of_agency,
        ),
        GovernedPage(
            "edit",
            "Change this agency",
            _VENDOR,
            _change_agency,
            form=forms.ChangeAgencyForm,
            prepare=forms.fill_in,
        ),
        GovernedPage(
            "component",
            "Add a component",
            _VENDOR,
            _create_component,
            form=forms.NewComponentForm,
        ),
        GovernedPage(
            "aor",
            "Add an area of responsibility",
            _VENDOR,
            _create_aor,
            form=forms.NewAorForm,
        ),
        GovernedPage(
            "reason-code",
            "Add a reason code",
            _VENDOR,
            _create_reason_code,
            form=forms.NewReasonCodeForm,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[Agency]":
        """All of them, for the vendor."""
        return selectors.list_agencies_for(person).select_related("log")


@admin.register(Component)
class ComponentAdmin(GovernedAdmin[Component]):
    """Parts of agencies and their time-frame rules."""

    view_permissions = _VENDOR
    list_display = ("code", "agency", "name", "lookback", "lookback_source")
    list_filter = ("agency",)
    search_fields = ("code", "name")
    fields = ("agency", "code", "name", "lookback", "lookback_source")
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        GovernedPage(
            "edit",
            "Change this component",
            _VENDOR,
            _change_component,
            form=forms.ChangeComponentForm,
            prepare=forms.fill_in,
            consequences=_of_lookback,
        ),
        GovernedPage(
            "records-schedule",
            "Set the records schedule",
            _VENDOR,
            _set_schedule,
            form=forms.RecordsScheduleForm,
            prepare=forms.fill_in_schedule,
            consequences=_of_schedule,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[Component]":
        """Those of the agencies that the person sees."""
        theirs = selectors.list_agencies_for(person)
        return Component.objects.filter(agency__in=theirs).select_related("agency")

    @admin.display(description="How far back a query may reach")
    def lookback(self, component: Component) -> str:
        """Years, or that the offense decides."""
        return _lookback_of(component)


@admin.register(RecordsSchedule)
class RecordsScheduleAdmin(GovernedAdmin[RecordsSchedule]):
    """What each component's hard copies are kept by; set on the component's own page."""

    view_permissions = _VENDOR
    list_display = ("component", "agency", "title", "authority", "sentence")
    list_filter = ("component__agency",)
    search_fields = ("title", "authority")
    fields = ("component", "title", "authority", "counted_from", "on_site_years", "destroy_years")

    def visible_to(self, person: Person) -> "QuerySet[RecordsSchedule]":
        """Those of the agencies that the person sees."""
        theirs = selectors.list_agencies_for(person)
        found = RecordsSchedule.objects.filter(component__agency__in=theirs)
        return found.select_related("component__agency").order_by("component__agency", "component")

    @admin.display(description="Agency")
    def agency(self, schedule: RecordsSchedule) -> str:
        """Whose component it is."""
        return str(schedule.component.agency)

    @admin.display(description="Rule")
    def sentence(self, schedule: RecordsSchedule) -> str:
        """The rule in words."""
        return rule_of(schedule).sentence


class ManagedFilter(admin.SimpleListFilter):
    """Areas with a manager, or without."""

    title = "manager"
    parameter_name = "managed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Whether somebody manages it."""
        return [("yes", "Has a manager"), ("no", "Has none")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Aor]") -> "QuerySet[Aor]":  # noqa: ARG002
        """Those that an open account manages, or those that none does."""
        if self.value() == "no":
            return queryset.filter(without_manager())
        return queryset.exclude(without_manager()) if self.value() == "yes" else queryset


@admin.register(Aor)
class AorAdmin(GovernedAdmin[Aor]):
    """Areas of responsibility."""

    view_permissions = _VENDOR
    list_display = ("name", "agency", "timezone")
    list_filter = (ManagedFilter, "agency")
    search_fields = ("name",)
    fields = ("agency", "name", "timezone")
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        GovernedPage(
            "edit",
            "Change this area",
            _VENDOR,
            _change_aor,
            form=forms.ChangeAorForm,
            prepare=forms.fill_in,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[Aor]":
        """Those of the agencies that the person sees."""
        theirs = selectors.list_agencies_for(person)
        return Aor.objects.filter(agency__in=theirs).select_related("agency")


@admin.register(ReasonCode)
class ReasonCodeAdmin(GovernedAdmin[ReasonCode]):
    """The reasons each agency lets its people choose from."""

    view_permissions = _VENDOR
    list_display = ("code", "agency", "label", "is_active")
    list_filter = ("agency", "is_active")
    search_fields = ("code", "label")
    fields = ("agency", "code", "label", "is_active")
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        GovernedPage(
            "edit",
            "Change this reason code",
            _VENDOR,
            _change_reason_code,
            form=forms.ChangeReasonCodeForm,
            prepare=forms.fill_in,
            consequences=_of_reason_code,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[ReasonCode]":
        """Those of the agencies that the person sees."""
        theirs = selectors.list_agencies_for(person)
        return ReasonCode.objects.filter(agency__in=theirs).select_related("agency")
