"""What the vendor decides about a reported read."""

from typing import Any
from uuid import UUID

from django import forms

from ingest.models import Read
from ingest.revision import Revision
from ingest.rules import REPORT_TEXT_MAX
from lprsvc.lib.jurisdictions import state_choices

CORRECT, WITHDRAW, REJECT = "correct", "withdraw", "reject"
_DECISIONS = [
    (CORRECT, "Correct it: the read says what stands below"),
    (WITHDRAW, "Withdraw the read: its photographs do not show what it says"),
    (REJECT, "Reject the report: the read is right as it is"),
]
# The fields that a correction can change; each is shown beside what is recorded and claimed.
VALUES = ("plate", "state", "make", "model", "color", "latitude", "longitude")


class ReviewForm(forms.Form):
    """The decision, what the read should say, and why. `seen` are the reports on the page."""

    decision = forms.ChoiceField(
        choices=_DECISIONS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what becomes of the read."},
    )
    plate = forms.CharField(label="Plate", max_length=40, required=False)
    state = forms.ChoiceField(label="State of registration", required=False)
    make = forms.CharField(label="Make", max_length=60, required=False)
    model = forms.CharField(label="Model", max_length=60, required=False)
    color = forms.CharField(label="Color", max_length=40, required=False)
    latitude = forms.FloatField(
        label="Latitude", required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    longitude = forms.FloatField(
        label="Longitude", required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    reason = forms.CharField(
        label="Reason",
        max_length=REPORT_TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Whoever reported it reads this. Name no other plate than the one reported.",
        error_messages={"required": "Say why."},
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, read: Read | None, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        decision, state = self.fields["decision"], self.fields["state"]
        if isinstance(state, forms.ChoiceField):
            state.choices = [("", "– Select –"), *state_choices()]
        if read is None and isinstance(decision, forms.ChoiceField):
            # Nothing is there that could be corrected.
            decision.choices = [choice for choice in _DECISIONS if choice[0] == REJECT]

    def clean_seen(self) -> frozenset[UUID]:
        """The ids of the reports the page showed."""
        try:
            return frozenset(UUID(text) for text in self.cleaned_data["seen"].split())
        except ValueError as error:
            raise forms.ValidationError("Open the page anew.") from error

    def clean(self) -> dict[str, Any]:
        """For a correction, plate, state and place must be there."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("decision") == CORRECT:
            for name in ("plate", "state", "latitude", "longitude"):
                if name not in self.errors and cleaned.get(name) in (None, ""):
                    self.add_error(name, "Enter it as it should be.")
        return cleaned

    def revision(self) -> Revision | None:
        """What a valid form makes of the read; None to withdraw it. Raises InvalidInput."""
        if self.cleaned_data["decision"] != CORRECT:
            return None
        return Revision.entered(**{name: self.cleaned_data[name] for name in VALUES})


def initial_of(read: Read | None, seen: list[UUID]) -> dict[str, Any]:
    """What the form holds at first: the read as it is."""
    initial: dict[str, Any] = {"seen": " ".join(sorted(map(str, seen)))}
    if read is not None:
        initial |= {
            "plate": read.plate_text,
            "state": read.state,
            "make": read.make or "",
            "model": read.model or "",
            "color": read.color or "",
            "latitude": f"{read.latitude:.7f}",
            "longitude": f"{read.longitude:.7f}",
        }
    return initial
