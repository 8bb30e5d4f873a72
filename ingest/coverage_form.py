"""What of the coverage is looked at, from the address (ING-7)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from ingest.coverage import BY_LABELS, SHOW_LABELS, By, Chosen, Show, Sort, usual_period
from ingest.models import SourceKind
from ingest.rules import COVERAGE_DAYS, COVERAGE_DAYS_MAX

_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_SORTS = [f"{sign}{sort.value}" for sort in Sort for sign in ("", "-")]


class CoverageForm(forms.Form):
    """The period and the rows; what is left empty is the usual."""

    start = forms.DateField(label="From", required=False, widget=_DATE)
    end = forms.DateField(label="Through", required=False, widget=_DATE)
    kind = forms.ChoiceField(
        label="Sources", required=False, choices=[("", "All kinds"), *SourceKind.choices]
    )
    by = forms.ChoiceField(
        label="Table by", required=False, choices=[(by.value, BY_LABELS[by]) for by in By]
    )
    show = forms.ChoiceField(
        label="Places", required=False, choices=[(one.value, SHOW_LABELS[one]) for one in Show]
    )
    sort = forms.ChoiceField(
        required=False, choices=[(sort, sort) for sort in _SORTS], widget=forms.HiddenInput()
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, today: date) -> None:
        self.usual = usual_period(today, COVERAGE_DAYS)
        super().__init__(data, initial={"start": self.usual[0], "end": self.usual[1]})

    def chosen(self) -> Chosen:
        """What to show; a faulty form shows the usual, beside its faults."""
        data = self.cleaned_data if self.is_bound and self.is_valid() else {}
        start, end = data.get("start"), data.get("end")
        if end is None:
            end = max(self.usual[1], start or self.usual[1])
        if start is None:
            start, _ = usual_period(end, COVERAGE_DAYS)
        sort = data.get("sort") or f"-{Sort.READS}"
        return Chosen(
            start=start,
            end=end,
            kind=data.get("kind", ""),
            by=By(data.get("by") or By.STATE),
            show=Show(data.get("show") or Show.ALL),
            sort=Sort(sort.removeprefix("-")),
            is_descending=sort.startswith("-"),
        )

    def clean(self) -> None:
        """The period runs forward, and not for ever."""
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        last = end or self.usual[1]
        if start and end and end < start:
            self.add_error("end", f"The period ends before it begins: {end} is before {start}.")
        elif start and (last - start).days >= COVERAGE_DAYS_MAX:
            self.add_error(
                "start",
                f"{start} to {last} is longer than {COVERAGE_DAYS_MAX} days: choose a later day.",
            )
