"""Forms of the vendor's pages about agencies and their parts, and how each is filled in."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms

from accounts.disposal import MAX_YEARS, SHIPPED, rule_of
from accounts.forms import ReasonForm
from accounts.models import Agency, Aor, Component, CountedFrom, ReasonCode, RecordsSchedule
from accounts.people import Person
from accounts.services.agencies import MAX_LOOKBACK_YEARS


@cache
def _zones() -> list[tuple[str, str]]:
    """Time zones, those of America first: where nearly every agency is."""
    names = sorted(available_timezones(), key=lambda name: (not name.startswith("America/"), name))
    return [(name, name) for name in names]


def _code(help_text: str) -> forms.SlugField:
    return forms.SlugField(label="Code", max_length=20, help_text=help_text)


def _zone(help_text: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Time zone", choices=_zones, initial="America/New_York", help_text=help_text
    )


def _by_offense() -> forms.BooleanField:
    return forms.BooleanField(
        label="The offense decides how far back a query may reach",
        required=False,
        help_text="Each query then names an offense, and its period of limitation is the limit.",
    )


def _lookback() -> forms.IntegerField:
    return forms.IntegerField(
        label="Longest look-back, in years",
        required=False,
        min_value=1,
        max_value=MAX_LOOKBACK_YEARS,
        initial=5,
        help_text="No query may reach further back (QRY-3). Empty where the offense decides.",
    )


def _lookback_source() -> forms.CharField:
    return forms.CharField(
        label="Source of this limit",
        max_length=300,
        help_text="Where it is laid down, as “PIA-039(a), page 7”.",
    )


class ChangeAgencyForm(ReasonForm):
    """What of an agency may change."""

    name = forms.CharField(label="Name", max_length=200)
    timezone = _zone("Business hours of terminations are counted in it.")
    field_order: tuple[str, ...] = ("name", "timezone", "reason")


class NewAgencyForm(ChangeAgencyForm):
    """A new agency."""

    code = _code("Names the agency in the log for ever; can't be changed.")
    field_order: tuple[str, ...] = ("code", "name", "timezone", "reason")


class ChangeComponentForm(ReasonForm):
    """What of a component may change."""

    name = forms.CharField(label="Name", max_length=200)
    lookback_by_offense = _by_offense()
    max_lookback_years = _lookback()
    lookback_source = _lookback_source()
    field_order: tuple[str, ...] = (
        "name",
        "lookback_by_offense",
        "max_lookback_years",
        "lookback_source",
        "reason",
    )


class NewComponentForm(ChangeComponentForm):
    """A new component."""

    code = _code("As ERO or HSI; can't be changed.")
    field_order: tuple[str, ...] = (
        "code",
        "name",
        "lookback_by_offense",
        "max_lookback_years",
        "lookback_source",
        "reason",
    )


class ChangeAorForm(ReasonForm):
    """What of an area may change."""

    timezone = _zone("What people of the area are shown times in at first.")
    field_order: tuple[str, ...] = ("timezone", "reason")


class NewAorForm(ChangeAorForm):
    """A new area."""

    name = forms.CharField(
        label="Name",
        max_length=60,
        help_text="Names the area in the log for ever; can't be changed.",
    )
    field_order: tuple[str, ...] = ("name", "timezone", "reason")


class ChangeReasonCodeForm(ReasonForm):
    """What of a reason code may change."""

    label = forms.CharField(
        label="Words", max_length=120, help_text="What people read in the drop-down."
    )
    is_active = forms.BooleanField(
        label="Can be chosen", required=False, help_text="Else it stays in past queries only."
    )
    field_order: tuple[str, ...] = ("label", "is_active", "reason")


class NewReasonCodeForm(ReasonForm):
    """A new reason code."""

    code = forms.SlugField(
        label="Code", max_length=60, help_text="Stands in the log for ever; can't be changed."
    )
    label = forms.CharField(
        label="Words", max_length=120, help_text="What people read in the drop-down."
    )
    field_order: tuple[str, ...] = ("code", "label", "reason")


class RecordsScheduleForm(ReasonForm):
    """The records schedule of a component's hard copies."""

    title = forms.CharField(
        label="Title", max_length=200, help_text="What it is about, as printed on each report."
    )
    authority = forms.CharField(
        label="Authority",
        max_length=200,
        help_text="As “NARA Records Control Schedule DAA-0567-2015-0016-0001”.",
    )
    counted_from = forms.ChoiceField(
        label="Years are counted from", choices=CountedFrom.choices, widget=forms.RadioSelect
    )
    on_site_years = forms.IntegerField(
        label="Years on site",
        required=False,
        min_value=1,
        max_value=MAX_YEARS,
        help_text="Then copies go to a records center. Leave it empty where they stay.",
    )
    destroy_years = forms.IntegerField(
        label="Destroyed after years", min_value=1, max_value=MAX_YEARS
    )
    field_order: tuple[str, ...] = (
        *("title", "authority", "counted_from", "on_site_years", "destroy_years", "reason"),
    )


def fill_in_schedule(form: Any, _: Person, component: Component | None) -> None:
    """The component's schedule; where it has none yet, the one shipped for its code."""
    if component is None:
        return
    found = RecordsSchedule.objects.filter(component=component).first()
    rule = rule_of(found) if found else SHIPPED.get(component.code)
    for name, field in form.fields.items():
        if hasattr(rule, name):
            field.initial = getattr(rule, name)


def fill_in(form: Any, _: Person, found: Agency | Component | Aor | ReasonCode | None) -> None:
    """What is there now, so that only what differs has to be typed."""
    for name, field in form.fields.items():
        if hasattr(found, name):
            field.initial = getattr(found, name)
