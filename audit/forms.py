"""The shape of a log search."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from audit.kinds import LABELS
from audit.selectors import EventFilter
from lprsvc.lib.plates import InvalidPlate, plate_key


def _kinds() -> list[tuple[str, str]]:
    by_label = sorted((label, kind.value) for kind, label in LABELS.items())
    return [("", "Anything"), *((kind, label) for label, kind in by_label)]


# A day whose midnight exists in every time zone, and that nobody's log reaches beyond.
_DAYS = (
    MinValueValidator(date(2000, 1, 1), "Enter a day from 2000 on."),
    MaxValueValidator(date(2199, 12, 31), "Enter a day before 2200."),
)


class LogFilterForm(forms.Form):
    """Filter by user, plate, kind and dates (AUD-5); everything may be left open."""

    user = forms.CharField(
        label="User", required=False, max_length=120, help_text="User name, or part of the name"
    )
    plate = forms.CharField(label="Plate", required=False, max_length=40)
    kind = forms.ChoiceField(label="What", required=False, choices=_kinds)
    start = forms.DateField(
        label="From",
        required=False,
        validators=_DAYS,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    end = forms.DateField(
        label="To",
        required=False,
        validators=_DAYS,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def clean_plate(self) -> str:
        """The plate's key, so that XYZ-1234 finds what was asked as xyz 1234."""
        text: str = self.cleaned_data["plate"]
        if not text:
            return ""
        try:
            return plate_key(text)
        except InvalidPlate as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Name a period that ends before it starts."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and end < start:
            self.add_error("end", "The last day is before the first.")
        return cleaned

    def wanted(self, *, zone: str, find_actors: Callable[[str], tuple[str, ...]]) -> EventFilter:
        """What a valid form asks for; days are those of the reader's own time zone."""
        cleaned = self.cleaned_data
        return EventFilter(
            actors=find_actors(cleaned["user"]) if cleaned["user"] else None,
            plate=cleaned["plate"] or None,
            kind=cleaned["kind"] or None,
            start=_midnight(cleaned["start"], zone),
            end=_midnight(cleaned["end"] + timedelta(days=1) if cleaned["end"] else None, zone),
        )


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)) if day else None
