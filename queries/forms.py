"""The form of a query: whether it can be read as one question (QRY-1). Permission is policy's.

A fault's code names the rule it breaks, as ``plate_missing``; the first one's is what the log says.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.jurisdictions import state_choices
from lprsvc.lib.plates import InvalidPlate, plate_key
from queries import rules
from queries.models import RecentQuery
from queries.policy import Grounds
from queries.schemas import QueryIn
from queries.timeframes import FIRST_DATE, LAST_DATE, TimeFrame, dates_frame, preset_frame

SELF, COLLEAGUE, OFFICER = "self", "colleague", "officer"
_FOR_WHOM = [
    (SELF, "Myself"),
    (COLLEAGUE, "A colleague who uses this service"),
    (OFFICER, "Another officer or agent"),
]
_DATE_FORMATS = ["%Y-%m-%d", "%m/%d/%Y"]
# A field's name and what to say when it is empty.
_MISSING = {
    "plate": "Enter the whole plate number.",
    "state": "Choose the state of registration.",
    "reason": "Choose the reason for this query.",
    "case_reference": "Name the case or the subject.",
    "for_whom": "Say for whom you ask.",
    "period": "Choose a time frame.",
}
_MISSING_CODES = {"period": "time_frame_missing", "case_reference": "note_insufficient"}


def _date_field(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=_DATE_FORMATS,
        widget=forms.DateInput(),
        error_messages={"invalid": "Enter a date as 2026-01-31 or 01/31/2026."},
        validators=[
            MinValueValidator(FIRST_DATE, f"Enter a year from {FIRST_DATE.year}."),
            MaxValueValidator(LAST_DATE, f"Enter a year up to {LAST_DATE.year}."),
        ],
    )


class QueryForm(forms.Form):
    """All that a query needs, for one person's agency, component and time zone."""

    plate = forms.CharField(
        label="Plate number",
        max_length=40,
        help_text="The whole number. Spaces, dots and hyphens do not matter; O is not 0.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    state = forms.ChoiceField(label="State of registration")
    reason = forms.ChoiceField(label="Reason")
    case_reference = forms.CharField(
        label="Case or subject",
        max_length=rules.NOTE_MAX_CHARACTERS,
        help_text="Case number, or the subject's name and number, and what helps to place it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    for_whom = forms.ChoiceField(
        label="For whom do you ask?", choices=_FOR_WHOM, widget=forms.RadioSelect
    )
    colleague = forms.ChoiceField(label="Colleague", required=False)
    on_behalf_of = forms.CharField(
        label="Officer's name and unit",
        required=False,
        max_length=rules.OFFICER_MAX_CHARACTERS,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    period = forms.ChoiceField(label="Time frame", widget=forms.RadioSelect)
    start = _date_field("First day")
    end = _date_field("Last day")
    # One sending of this form; filled in when it is drawn.
    token = forms.UUIDField(
        label="This form",
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": "Open the form anew."},
    )

    def __init__(
        self, data: Any = None, *, grounds: Grounds, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial={"token": uuid4(), **(initial or {})})
        self.grounds = grounds
        self._offer("state", [("", "– Select –"), *state_choices()])
        self._offer("reason", [("", "– Select –"), *grounds.reasons.items()])
        colleagues = [(str(pk), name) for pk, name in grounds.colleagues.items()]
        self._offer("colleague", [("", "– Select –"), *colleagues])
        self._offer("period", _periods(grounds))
        for name, message in _MISSING.items():
            self.fields[name].error_messages["required"] = message

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices
            field.error_messages["invalid_choice"] = "Choose one of the list."

    def clean_plate(self) -> str:
        """As entered; a character no plate has is named."""
        text: str = self.cleaned_data["plate"]
        try:
            plate_key(text)
        except InvalidPlate as error:
            raise ValidationError(str(error), code="plate_invalid") from error
        return text

    def clean(self) -> None:
        """What depends on a choice: the officer's name, the two dates."""
        needed = {
            "colleague": self.cleaned_data.get("for_whom") == COLLEAGUE,
            "on_behalf_of": self.cleaned_data.get("for_whom") == OFFICER,
            "start": self.cleaned_data.get("period") == rules.DATES,
            "end": self.cleaned_data.get("period") == rules.DATES,
        }
        messages = {
            "colleague": ("behalf_unknown", "Choose the colleague you ask for."),
            "on_behalf_of": ("behalf_unknown", "Enter the officer's name and unit."),
            "start": ("time_frame_missing", "Enter the first day."),
            "end": ("time_frame_missing", "Enter the last day."),
        }
        for name, (code, message) in messages.items():
            if needed[name] and not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, ValidationError(message, code=code))

    def question(self, *, now: datetime, timezone: str) -> QueryIn:
        """The question a valid form asks; days are those of `timezone`."""
        entered = self.cleaned_data
        for_whom = entered["for_whom"]
        return QueryIn(
            plate_text=entered["plate"],
            plate_key=plate_key(entered["plate"]),
            state=entered["state"],
            reason_code=entered["reason"],
            case_reference=entered["case_reference"],
            frame=self._frame(now, timezone),
            submission=self._submission(),
            behalf_user=UUID(entered["colleague"]) if for_whom == COLLEAGUE else None,
            behalf_name=entered["on_behalf_of"] if for_whom == OFFICER else "",
            start_text=str(self.data.get("start", "")),
            end_text=str(self.data.get("end", "")),
        )

    def refuse(self, denied: PolicyDenied) -> None:
        """Show what policy refused beside the field it is about."""
        field = denied.field
        if field in {"start", "end"} and self.cleaned_data.get("period") != rules.DATES:
            field = "period"
        self.add_error(field, ValidationError(denied.message, code=denied.code))

    def entered(self) -> dict[str, str]:
        """What was entered, as it came, for the log."""
        return {name: str(self.data.get(name, "")) for name in self.fields}

    def limit_text(self) -> str:
        """The component's rule on time and where it stands, in words."""
        rule = self.grounds.rule
        if rule is None:
            return ""
        years = f"{rule.max_lookback_years} year{'s' if rule.max_lookback_years > 1 else ''}"
        return f"{rule.component} may ask for {years} back at most. ({rule.source})"

    def faults(self) -> dict[str, list[str]]:
        """The messages by field."""
        return {name: [str(text) for text in texts] for name, texts in self.errors.items()}

    def first_rule(self) -> str:
        """The code of the first fault, in the order of the fields."""
        found = self.errors.as_data()
        for name in (*self.fields, "__all__"):
            for error in found.get(name, []):
                return _rule_code(name, error.code or "invalid")
        return "invalid"

    def _frame(self, now: datetime, timezone: str) -> TimeFrame:
        entered = self.cleaned_data
        if entered["period"] == rules.DATES:
            return dates_frame(entered["start"], entered["end"], now=now, timezone=timezone)
        preset = rules.PRESETS_BY_CODE[entered["period"]]
        return preset_frame(preset, now=now, timezone=timezone)

    def _submission(self) -> UUID:
        """Of the token and all that was entered: the same page, changed, is another question."""
        entered = {name: str(value) for name, value in self.cleaned_data.items()}
        token = self.cleaned_data["token"] or uuid4()
        return uuid5(token, json.dumps(entered, sort_keys=True))


def recalled(query: RecentQuery) -> dict[str, Any]:
    """What the form starts with to ask again; a time frame of two dates is to be chosen anew."""
    return {
        "plate": query.plate_text,
        "state": query.state,
        "reason": query.reason_code,
        "case_reference": query.case_reference,
        "period": query.period if query.period in rules.PRESETS_BY_CODE else "",
    }


def _periods(grounds: Grounds) -> list[tuple[str, str]]:
    """The presets that the component's rule allows, and two dates."""
    years = grounds.rule.max_lookback_years if grounds.rule else 0
    allowed = [preset for preset in rules.PRESETS if preset.years + preset.days / 366 <= years]
    return [(preset.code, preset.label) for preset in allowed] + [(rules.DATES, rules.DATES_LABEL)]


def _rule_code(name: str, code: str) -> str:
    if code == "required":
        return _MISSING_CODES.get(name, f"{name}_missing")
    if code == "invalid_choice" and name in {"reason", "colleague"}:
        return "reason_unknown" if name == "reason" else "behalf_unknown"
    if code == "max_length" and name == "case_reference":
        return "note_too_long"
    named_already = {"plate_invalid", "behalf_unknown", "time_frame_missing"}
    return code if code in named_already else f"{name}_invalid"
