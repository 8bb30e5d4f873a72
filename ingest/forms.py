"""What the vendor enters about sources, cameras and feed keys."""

from zoneinfo import available_timezones

from django import forms

from accounts.forms import ReasonForm
from ingest.models import SourceKind
from ingest.regions import FIPS_OF_STATE
from ingest.rules import MAX_AGE
from lprsvc.lib.jurisdictions import state_choices, state_name


class SourceForm(ReasonForm):
    """A new source."""

    code = forms.SlugField(max_length=40, help_text="Short and permanent, as DE-TOLL.")
    name = forms.CharField(
        max_length=120, help_text="What a hit shows, as “Delaware toll road camera”."
    )
    kind = forms.ChoiceField(choices=SourceKind.choices)
    state = forms.ChoiceField(choices=state_choices)
    field_order = ("code", "name", "kind", "state", "reason")


class CameraForm(ReasonForm):
    """A new camera of a source."""

    code = forms.CharField(max_length=60, help_text="As the camera's software names it.")
    name = forms.CharField(max_length=120)
    is_mobile = forms.BooleanField(label="Mobile: every read brings its place", required=False)
    latitude = forms.FloatField(required=False, min_value=-90, max_value=90)
    longitude = forms.FloatField(required=False, min_value=-180, max_value=180)
    timezone = forms.ChoiceField(
        choices=lambda: [(zone, zone) for zone in sorted(available_timezones())],
        initial="America/New_York",
    )
    default_state = forms.ChoiceField(
        label="State of registration when a read names none",
        choices=lambda: [("", "None: such reads wait in quarantine"), *state_choices()],
        required=False,
    )
    field_order = (
        "code",
        "name",
        "is_mobile",
        "latitude",
        "longitude",
        "timezone",
        "default_state",
        "reason",
    )


class FeedKeyForm(ReasonForm):
    """A new feed key of a source."""

    label = forms.CharField(max_length=120, help_text="Whose software will hold it.")
    field_order = ("label", "reason")


class RuleForm(ReasonForm):
    """A new rule of a state or county, or the same one for several states."""

    states = forms.MultipleChoiceField(
        choices=lambda: sorted(
            ((state, state_name(state)) for state in FIPS_OF_STATE), key=lambda choice: choice[1]
        ),
        help_text="Several may be chosen when they have the same rule.",
        widget=forms.SelectMultiple(attrs={"size": 10}),
    )
    county = forms.CharField(
        max_length=80,
        required=False,
        help_text="For one county of one state: its name or FIPS code. A county's rule counts"
        " where it is stricter than its state's.",
    )
    is_lawful = forms.TypedChoiceField(
        label="Is collection lawful?",
        choices=[("", "Choose …"), ("yes", "Lawful"), ("no", "Not lawful: nothing is stored")],
        coerce=lambda value: value == "yes",
    )
    retention_days = forms.IntegerField(
        label="Days a read may be kept",
        required=False,
        min_value=0,
        max_value=MAX_AGE.days,
        help_text="Where collection is not lawful: how long what was collected before may still"
        " be kept; empty or 0 erases it tonight.",
    )
    citation = forms.CharField(
        label="Source of the rule",
        max_length=300,
        help_text="The law, decision or contract that says so, as “RSA 261:75-b”.",
    )
    valid_from = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The day it begins (UTC). In the past: it holds at once.",
    )
    field_order = (
        "states",
        "county",
        "is_lawful",
        "retention_days",
        "citation",
        "valid_from",
        "reason",
    )


class WithdrawalForm(forms.Form):
    """Why a report of an error is taken back."""

    reason = forms.CharField(
        label="Why you take it back",
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why you take the report back."},
    )
