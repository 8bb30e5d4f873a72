"""What the vendor enters about sources, cameras and feed keys."""

from zoneinfo import available_timezones

from django import forms

from accounts.forms import ReasonForm
from ingest.models import SourceKind
from lprsvc.lib.jurisdictions import state_choices


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
