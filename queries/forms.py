"""The form of a query: whether it can be read as one question (QRY-1). Permission is policy's.

A fault's code names the rule it breaks, as ``plate_missing``; the first one's is what the log says.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from ingest.geography import LOCATED_STATES, Circle, Geography, States
from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.jurisdictions import state_choices, state_name
from lprsvc.lib.plates import InvalidPlate, plate_key
from lprsvc.lib.widgets import ComboBox
from queries import rules
from queries.limits import OffenseRule
from queries.policy import Grounds
from queries.schemas import QueryIn
from queries.timeframes import FIRST_DATE, LAST_DATE, TimeFrame, dates_frame, preset_frame

SELF, COLLEAGUE, OFFICER = "self", "colleague", "officer"
_FOR_WHOM = [
    (SELF, "Myself"),
    (COLLEAGUE, "A colleague who uses this service"),
    (OFFICER, "Another officer or agent"),
]
ANYWHERE, STATES, CIRCLE = "anywhere", "states", "circle"
_WHERE = [
    (ANYWHERE, "Anywhere"),
    (STATES, "In some states"),
    (CIRCLE, "Within a circle"),
]
_DATE_FORMATS = ["%Y-%m-%d", "%m/%d/%Y"]
# A field's name and what to say when it is empty.
_MISSING = {
    "plate": "Enter the whole plate number.",
    "state": "Choose the state of registration.",
    "reason": "Choose the reason for this query.",
    "offense": "Choose the offense under investigation.",
    "case_reference": "Name the case or the subject.",
    "for_whom": "Say for whom you ask.",
    "period": "Choose a time frame.",
}
_MISSING_CODES = {"period": "time_frame_missing", "case_reference": "note_insufficient"}
_UNKNOWN_CODES = {
    "reason": "reason_unknown",
    "colleague": "behalf_unknown",
    "offense": "offense_unknown",
    "share_with": "group_unknown",
}
# Where the offense decides, all presets are offered.
_LONGEST_PRESET = max(preset.years for preset in rules.PRESETS)


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


def _degrees_field(label: str, most: int) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=-most,
        max_value=most,
        max_digits=10,
        decimal_places=7,
        help_text="In decimal degrees; west and south are negative.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "invalid": "Enter decimal degrees, as 40.7128.",
            "min_value": f"Enter {-most} to {most} degrees.",
            "max_value": f"Enter {-most} to {most} degrees.",
        },
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
    offense = forms.ChoiceField(
        label="Offense under investigation",
        help_text="Its period of limitation decides how far back you may ask.",
    )
    case_reference = forms.CharField(
        label="Case or subject",
        max_length=rules.NOTE_MAX_CHARACTERS,
        help_text="Case number, or the subject's name and number, and what helps to place it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    for_whom = forms.ChoiceField(
        label="For whom do you ask?", choices=_FOR_WHOM, widget=forms.RadioSelect
    )
    colleague = forms.ChoiceField(
        label="Colleague",
        required=False,
        help_text="They are told by e-mail that you asked in their name.",
        widget=ComboBox,
    )
    on_behalf_of = forms.CharField(
        label="Officer's first and last name",
        required=False,
        max_length=rules.OFFICER_MAX_CHARACTERS // 2,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    officer_unit = forms.CharField(
        label="Officer's unit",
        required=False,
        max_length=rules.OFFICER_MAX_CHARACTERS // 2 - 2,
        help_text="As “ERO Newark field office”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    period = forms.ChoiceField(label="Time frame", widget=forms.RadioSelect)
    start = _date_field("First day")
    end = _date_field("Last day")
    where = forms.ChoiceField(
        label="Where was it read?",
        required=False,
        choices=_WHERE,
        widget=forms.RadioSelect,
    )
    where_states = forms.MultipleChoiceField(
        label="States",
        required=False,
        choices=[(id_, state_name(id_)) for id_ in sorted(LOCATED_STATES, key=state_name)],
        help_text="Near a border choose both states: it is drawn to within about 300 meters.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose states of the list."},
    )
    center_latitude = _degrees_field("Latitude of the center", 90)
    center_longitude = _degrees_field("Longitude of the center", 180)
    radius_miles = forms.DecimalField(
        label="Radius in miles",
        required=False,
        min_value=Decimal(rules.CIRCLE_MIN_MILES),
        max_value=rules.CIRCLE_MAX_MILES,
        max_digits=6,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": "Enter miles, as 2.5.",
            "min_value": f"Enter at least {rules.CIRCLE_MIN_MILES} miles.",
            "max_value": f"Enter at most {rules.CIRCLE_MAX_MILES} miles.",
        },
    )
    share_with = forms.ChoiceField(
        label="Share this question with a group",
        required=False,
        help_text="Its members can see and repeat the question for 60 days, not the answer.",
    )
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
        super().__init__(data, initial={"token": uuid4(), "where": ANYWHERE, **(initial or {})})
        self.grounds = grounds
        self._offer("state", [("", "– Select –"), *state_choices()])
        self._offer("reason", [("", "– Select –"), *grounds.reasons.items()])
        self._offer("colleague", [("", "– Select –"), *_colleagues(grounds)])
        self._offer("period", _periods(grounds))
        self._offer("share_with", [("", "– Nobody –"), *_groups(grounds)])
        offenses = [(offense.code, offense.label) for offense in grounds.offenses.values()]
        self._offer("offense", [("", "– Select –"), *offenses])
        # What this person is not asked is left out; what is sent of it all the same is not read.
        if not (grounds.rule and grounds.rule.is_by_offense):
            del self.fields["offense"]
        if not grounds.groups:
            del self.fields["share_with"]
        for name in _MISSING.keys() & self.fields.keys():
            self.fields[name].error_messages["required"] = _MISSING[name]

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
        """What depends on a choice: the officer's name, the two dates, the place."""
        for name, (choice, value, code, message) in _DEPENDENT.items():
            needed = self.cleaned_data.get(choice) == value
            # Not by its truth: zero degrees are a place.
            given = self.cleaned_data.get(name) not in (None, "", [])
            if needed and not given and name not in self.errors:
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
            behalf_name=self._officer() if for_whom == OFFICER else "",
            start_text=str(self.data.get("start", "")),
            end_text=str(self.data.get("end", "")),
            offense=entered.get("offense", ""),
            geography=self._geography(),
            group=UUID(entered["share_with"]) if entered.get("share_with") else None,
        )

    def refuse(self, denied: PolicyDenied) -> None:
        """Show what policy refused beside the field it is about."""
        field = denied.field
        if field in {"start", "end"} and self.cleaned_data.get("period") != rules.DATES:
            field = "period"
        self.add_error(field, ValidationError(denied.message, code=denied.code))

    def entered(self) -> dict[str, str]:
        """What was entered, as it came, for the log."""
        return {name: self._as_entered(name) for name in self.fields}

    def chosen_offense(self) -> OffenseRule | None:
        """The offense chosen so far, if it is one that can be."""
        if "offense" not in self.fields:
            return None
        return self.grounds.offenses.get(str(self["offense"].value() or ""))

    def frame_so_far(self, *, now: datetime, timezone: str) -> TimeFrame | None:
        """The time frame, if that much of the form can be read already."""
        if not self.is_bound:
            return None
        self.is_valid()
        period = self.cleaned_data.get("period")
        named = {"period"} | ({"start", "end"} if period == rules.DATES else set())
        if any(not self.cleaned_data.get(name) for name in named):
            return None
        return self._frame(now, timezone)

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

    def _as_entered(self, name: str) -> str:
        value = self.fields[name].widget.value_from_datadict(self.data, self.files, name)
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")

    def _officer(self) -> str:
        return f"{self.cleaned_data['on_behalf_of']}, {self.cleaned_data['officer_unit']}"

    def _geography(self) -> Geography | None:
        entered = self.cleaned_data
        if entered["where"] == STATES:
            return States(tuple(sorted(entered["where_states"])))
        if entered["where"] == CIRCLE:
            return Circle(
                int(entered["center_latitude"].scaleb(7)),
                int(entered["center_longitude"].scaleb(7)),
                round(float(entered["radius_miles"]) * rules.METERS_PER_MILE),
            )
        return None

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


# A field that a choice makes necessary → the choice and its value, the rule that is broken when it
# is empty, and what is said.
_DEPENDENT: dict[str, tuple[str, str, str, str]] = {
    "colleague": ("for_whom", COLLEAGUE, "behalf_unknown", "Choose the colleague you ask for."),
    "on_behalf_of": ("for_whom", OFFICER, "behalf_unknown", "Enter the officer's full name."),
    "officer_unit": ("for_whom", OFFICER, "behalf_unknown", "Enter the officer's unit."),
    "start": ("period", rules.DATES, "time_frame_missing", "Enter the first day."),
    "end": ("period", rules.DATES, "time_frame_missing", "Enter the last day."),
    "where_states": ("where", STATES, "geography_missing", "Choose one state at least."),
    "center_latitude": ("where", CIRCLE, "geography_missing", "Enter the latitude."),
    "center_longitude": ("where", CIRCLE, "geography_missing", "Enter the longitude."),
    "radius_miles": ("where", CIRCLE, "geography_missing", "Enter the radius."),
}


def _groups(grounds: Grounds) -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in grounds.groups.items()]


def _colleagues(grounds: Grounds) -> list[tuple[str, str]]:
    """By name, with the unit that tells namesakes apart."""
    return [
        (str(pk), f"{name} ({unit})" if (unit := grounds.units.get(pk)) else name)
        for pk, name in grounds.colleagues.items()
    ]


def _periods(grounds: Grounds) -> list[tuple[str, str]]:
    """The presets that the component's rule can allow, and two dates."""
    rule = grounds.rule
    years = (rule.max_lookback_years or _LONGEST_PRESET) if rule else 0
    allowed = [preset for preset in rules.PRESETS if preset.years + preset.days / 366 <= years]
    return [(preset.code, preset.label) for preset in allowed] + [(rules.DATES, rules.DATES_LABEL)]


def _rule_code(name: str, code: str) -> str:
    if code == "required":
        return _MISSING_CODES.get(name, f"{name}_missing")
    if code == "invalid_choice" and name in _UNKNOWN_CODES:
        return _UNKNOWN_CODES[name]
    if code == "max_length" and name == "case_reference":
        return "note_too_long"
    named_already = {"plate_invalid", "behalf_unknown", "time_frame_missing", "geography_missing"}
    return code if code in named_already else f"{name}_invalid"
