"""What a person enters about alerts: shape only; the services decide."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from alerts.rules import PAGE_SIZE
from alerts.selectors import DEFAULT_SORT, SORTS, EntryFilter, Shown
from alerts.services.entries import MAX_NOTE, MAX_PLATE_TEXT
from lprsvc.lib.errors import DomainError, InvalidInput, PolicyDenied
from lprsvc.lib.jurisdictions import state_choices
from lprsvc.lib.plates import InvalidPlate, plate_key


class AlertForm(forms.Form):
    """The plate to watch and why. `proposal` carries the sealed query it comes from."""

    plate = forms.CharField(
        label="License plate",
        max_length=MAX_PLATE_TEXT,
        help_text="The whole number. Spaces, dots and hyphens do not matter; O is not 0.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": "Enter the plate number."},
    )
    state = forms.ChoiceField(
        label="State of registration",
        error_messages={"required": "Choose the state of registration."},
    )
    reason = forms.ChoiceField(
        label="Reason code", error_messages={"required": "Choose a reason code."}
    )
    note = forms.CharField(
        label="Case or subject",
        max_length=MAX_NOTE,
        help_text="Name the case or subject. It is kept in the audit log.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Name the case or subject."},
    )
    proposal = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, reasons: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        state, reason = self.fields["state"], self.fields["reason"]
        if isinstance(state, forms.ChoiceField) and isinstance(reason, forms.ChoiceField):
            state.choices = [("", "Choose"), *state_choices()]
            reason.choices = [("", "Choose"), *reasons]

    def clean_plate(self) -> str:
        """The plate as entered, if it can be one."""
        text: str = self.cleaned_data["plate"]
        try:
            plate_key(text)
        except InvalidPlate as fault:
            raise forms.ValidationError(str(fault), code="invalid_plate") from fault
        return text


class RemovalForm(forms.Form):
    """Why a plate is not watched any longer."""

    reason = forms.CharField(
        label="Why it need not be watched any longer",
        max_length=MAX_NOTE,
        help_text="It is kept in the audit log.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why this plate need not be watched any longer."},
    )


class AffirmForm(forms.Form):
    """Why a plate must still be watched."""

    reason = forms.CharField(
        label="Why it must still be watched",
        max_length=MAX_NOTE,
        help_text="It is kept in the audit log.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why this plate must still be watched."},
    )


class ChosenForm(forms.Form):
    """Which of one's alerts an act is about, from the address."""

    e = forms.TypedMultipleChoiceField(coerce=UUID)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        asked = data.getlist("e")[:PAGE_SIZE]
        field = self.fields["e"]
        if isinstance(field, forms.TypedMultipleChoiceField):
            field.choices = [(key, key) for key in asked if _is_uuid(key)]

    def chosen(self) -> list[UUID]:
        """The keys; none where the address holds something else, or more than a page lists."""
        return list(self.cleaned_data["e"]) if self.is_valid() else []


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


class SearchForm(forms.Form):
    """Which of one's alerts to list, from the address."""

    plate = forms.CharField(
        label="Find a plate",
        required=False,
        max_length=MAX_PLATE_TEXT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    shown = forms.ChoiceField(label="Show", choices=Shown.choices, required=False)
    sort = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_plate(self) -> str:
        """The key of the plate asked for; empty for all."""
        text: str = self.cleaned_data["plate"]
        try:
            return plate_key(text) if text.strip() else ""
        except InvalidPlate as fault:
            raise forms.ValidationError(str(fault), code="invalid_plate") from fault

    def clean_sort(self) -> str:
        """A known order; what nobody knows is the usual one."""
        sort: str = self.cleaned_data["sort"]
        return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT

    def chosen(self) -> EntryFilter:
        """The filter of a valid form."""
        data = self.cleaned_data
        return EntryFilter(data["plate"], data["sort"], Shown(data["shown"]))


def show_refusal(form: forms.Form, error: DomainError) -> None:
    """Put a service's refusal beside the field it is about; raise it again if it is about none."""
    if isinstance(error, InvalidInput):
        for field, messages in error.errors.items():
            form.add_error(field or None, messages)
    elif isinstance(error, PolicyDenied) and error.field:
        form.add_error(error.field, error.message)
    else:
        raise error
