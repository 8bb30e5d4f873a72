"""What the vendor enters about sources, cameras and feed keys; what people say is wrong."""

from typing import Any
from zoneinfo import available_timezones

from django import forms

from accounts.forms import ReasonForm
from ingest.claims import Claim
from ingest.models import CameraName, SourceKind, Wrong
from ingest.regions import FIPS_OF_STATE
from ingest.rules import MAX_AGE
from ingest.services.amendments import NewAmendment
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


class CameraNameForm(ReasonForm):
    """Another name of a camera."""

    name = forms.CharField(
        max_length=120,
        help_text="As the camera's software writes it: a serial number, an address, an agent's id"
        " and the camera's. The list of what waits in quarantine shows it.",
    )
    field_order = ("name", "reason")


class CameraUnnameForm(ReasonForm):
    """A name that a camera is no longer to have."""

    name = forms.ModelChoiceField(queryset=CameraName.objects.none(), empty_label=None)
    field_order = ("name", "reason")


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


# --- reports of errors (QRY-10) -------------------------------------------------------------------

_SAID = ("plate", "state", "make", "model", "color", "place", "text")
_HINT = "Leave it empty where you do not know."


def _line(label: str, limit: int, hint: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=limit,
        help_text=hint,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class ErrorReportForm(forms.Form):
    """What is wrong, and what it should be as far as the person can tell."""

    wrong = forms.MultipleChoiceField(
        label="What is wrong?",
        choices=Wrong.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Say what is wrong.",
            "invalid_choice": "Choose from the list.",
        },
    )
    plate = _line("The plate number should be", 40, _HINT)
    state = forms.ChoiceField(
        label="The state of registration should be",
        required=False,
        error_messages={"invalid_choice": "Choose one of the list."},
    )
    make = _line("The make should be", 60)
    model = _line("The model should be", 60)
    color = _line("The color should be", 40)
    place = _line("The place should be", 200, "An address, an intersection, or what can be seen.")
    text = forms.CharField(
        label="What shows that it is wrong",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The vendor reads this. Do not name your case, its subject or yourself.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        state = self.fields["state"]
        if isinstance(state, forms.ChoiceField):
            state.choices = [("", "– I do not know –"), *state_choices()]

    def claim(self) -> Claim:
        """What a valid form says."""
        said = {name: self.cleaned_data[name] for name in _SAID}
        return Claim(wrong=tuple(map(Wrong, self.cleaned_data["wrong"])), **said)


class AmendmentForm(ErrorReportForm):
    """The same for an individual, by plate and days instead of a read."""

    recorded_plate = _line("Plate number as recorded", 40, "The whole number. O is not 0.")
    recorded_state = forms.ChoiceField(label="State of registration as recorded", required=True)
    first_day = forms.DateField(label="First day", widget=forms.DateInput())
    last_day = forms.DateField(label="Last day", widget=forms.DateInput())
    reference = _line("The individual or your file", 200, "Stays in your agency.")
    basis = _line("Legal basis", 200, "The vendor is told.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("recorded_plate", "reference", "basis"):
            self.fields[name].required = True
        recorded = self.fields["recorded_state"]
        if isinstance(recorded, forms.ChoiceField):
            recorded.choices = [("", "– Select –"), *state_choices()]

    def wanted(self) -> NewAmendment:
        """What a valid form asks for."""
        data = self.cleaned_data
        return NewAmendment(
            plate=data["recorded_plate"],
            state=data["recorded_state"],
            first_day=data["first_day"],
            last_day=data["last_day"],
            reference=data["reference"],
            basis=data["basis"],
            claim=self.claim(),
        )
