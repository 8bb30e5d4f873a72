"""The form that says what is wrong with a hit: shape alone; the ingest room checks the claim."""

from typing import Any

from django import forms

from ingest.models import Wrong
from ingest.services.mistakes import Claim
from lprsvc.lib.jurisdictions import state_choices

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
        said = {name: value for name, value in self.cleaned_data.items() if name != "wrong"}
        return Claim(wrong=tuple(map(Wrong, self.cleaned_data["wrong"])), **said)
