"""What a supervisor and a named officer enter."""

from uuid import UUID

from django import forms

from queries.models import ReviewCause, ReviewFinding
from queries.rules import REASON_MAX_CHARACTERS
from queries.selectors import ReviewFilter

WAITING, DONE = "waiting", "done"


def _reason_field(label: str, help_text: str, missing: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=REASON_MAX_CHARACTERS,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": missing},
    )


class FindingForm(forms.Form):
    """What the supervisor found, and why."""

    finding = forms.ChoiceField(
        label="What you find",
        choices=ReviewFinding.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you find."},
    )
    reason = _reason_field(
        "Reason", "What you looked at, and whom you spoke with. It stands in the log.", "Say why."
    )


class ObjectionForm(forms.Form):
    """Why it was not asked in the officer's name."""

    reason = _reason_field(
        "Why you object",
        "The supervisor of whoever asked reads this. You can object once.",
        "Say why you object.",
    )


class ReviewFilterForm(forms.Form):
    """Which reviews to list, from the address; what nobody knows is left aside."""

    state = forms.ChoiceField(
        label="Show", required=False, choices=[(WAITING, "Waiting"), (DONE, "Reviewed")]
    )
    cause = forms.ChoiceField(
        label="Why", required=False, choices=[("", "Any reason"), *ReviewCause.choices]
    )
    asker = forms.ChoiceField(label="Asked by", required=False)

    def __init__(self, data: object, *, people: list[tuple[str, str]]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        asker = self.fields["asker"]
        if isinstance(asker, forms.ChoiceField):
            asker.choices = [("", "Anybody"), *people]

    def chosen(self) -> ReviewFilter:
        """The filter, of what can be read of it."""
        self.is_valid()
        entered = self.cleaned_data
        asker = entered.get("asker")
        return ReviewFilter(
            done=entered.get("state") == DONE,
            cause=entered.get("cause") or "",
            asker=UUID(asker) if asker else None,
        )
