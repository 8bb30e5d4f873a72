"""Which usage is reported."""

from datetime import date, timedelta

from django import forms

from accounts.reports.usage import UsageFilter

_USUAL = timedelta(days=29)
_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class UsageForm(forms.Form):
    """The period and the area; what is left empty is the last thirty days, and every area."""

    start = forms.DateField(label="From", required=False, widget=_DATE)
    end = forms.DateField(label="Through", required=False, widget=_DATE)
    aor = forms.CharField(label="Area", required=False, max_length=120)

    def chosen(self, *, today: date) -> UsageFilter:
        """What to report; a faulty form reports the usual period, beside its faults."""
        data = self.cleaned_data if self.is_bound and self.is_valid() else {}
        end = data.get("end") or today
        start = data.get("start") or end - _USUAL
        return UsageFilter(start=start, end=end, aor=data.get("aor", ""))

    def clean(self) -> None:
        """The period must run forward."""
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and end < start:
            self.add_error("end", f"The period ends before it begins: {end} is before {start}.")
