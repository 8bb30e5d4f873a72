"""Forms of the vendor's pages about offenses, and how each is filled in."""

from typing import Any

from django import forms

from accounts.forms import ReasonForm
from accounts.people import Person
from queries.models import Offense
from queries.services.offenses import MAX_YEARS


class ChangeOffenseForm(ReasonForm):
    """What of an offense may change."""

    citation = forms.CharField(
        label="Citation", max_length=120, help_text="As “18 U.S.C. 3282(a)”."
    )
    title = forms.CharField(
        label="Offenses", max_length=200, help_text="What people choose it by, in a few words."
    )
    years = forms.IntegerField(
        label="Years of limitation",
        required=False,
        min_value=1,
        max_value=MAX_YEARS,
        help_text="Empty: no limitation, or none in years. Such queries go to the supervisor.",
    )
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="When this row applies. Needed where there is no number of years.",
    )
    source = forms.CharField(
        label="Source", max_length=300, help_text="Where the period is laid down."
    )
    field_order: tuple[str, ...] = ("citation", "title", "years", "note", "source", "reason")


class NewOffenseForm(ChangeOffenseForm):
    """A new offense."""

    code = forms.SlugField(
        label="Code",
        max_length=40,
        help_text="As “18-usc-3282-a”. Stands in the log for ever; can't be changed.",
    )
    field_order: tuple[str, ...] = (
        "code",
        "citation",
        "title",
        "years",
        "note",
        "source",
        "reason",
    )


class VerifyOffenseForm(ReasonForm):
    """Who verified the row as it stands."""

    verified_by = forms.CharField(
        label="Verified by",
        max_length=200,
        help_text="The counsel's name and office.",
    )
    verified_on = forms.DateField(label="Verified on", widget=forms.DateInput())
    field_order: tuple[str, ...] = ("verified_by", "verified_on", "reason")


def fill_in(form: Any, _: Person, offense: Offense | None) -> None:
    """What is there now, so that only what differs has to be typed."""
    for name, field in form.fields.items():
        if hasattr(offense, name):
            field.initial = getattr(offense, name)
