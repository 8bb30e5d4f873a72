"""Forms of the admin's pages about training and certification."""

from typing import Any

from django import forms

from accounts import selectors
from accounts.forms import ReasonForm
from accounts.models import Aor, Coverage, TrainingCourse, TrainingRecord
from accounts.people import Person
from accounts.reports.comparison import GAPS_ONLY, STATE_CHOICES, ComparisonFilter
from accounts.services.training import MAX_VALIDITY_MONTHS
from accounts.standing import offered_courses


class _CourseForm(ReasonForm):
    title = forms.CharField(label="Title", max_length=200)
    covers = forms.MultipleChoiceField(
        label="Covers", choices=Coverage.choices, widget=forms.CheckboxSelectMultiple
    )
    validity_months = forms.IntegerField(
        label="Months a completion counts",
        required=False,
        min_value=1,
        max_value=MAX_VALIDITY_MONTHS,
        help_text="12 for a yearly course; empty if a completion counts for good.",
    )
    is_required = forms.BooleanField(
        label="Required for queries and alerts", required=False, initial=True
    )


class AddCourseForm(_CourseForm):
    """A new course."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        help_text="By which files of completions name it, as LPR-USE. It never changes.",
    )
    field_order = ("code", "title", "covers", "validity_months", "is_required", "reason")


class ChangeCourseForm(_CourseForm):
    """A course as it will be."""

    is_active = forms.BooleanField(label="Offered", required=False)
    field_order = ("title", "covers", "validity_months", "is_required", "is_active", "reason")


class CompletionForm(ReasonForm):
    """One completion, by hand."""

    course = forms.ModelChoiceField(TrainingCourse.objects.none(), label="Course")
    username = forms.CharField(
        label="User name",
        required=False,
        max_length=60,
        help_text="Or the e-mail address; the user name goes first.",
    )
    email = forms.EmailField(label="E-mail", required=False)
    full_name = forms.CharField(
        label="Full name", required=False, max_length=120, help_text="For people without account."
    )
    completed_on = forms.DateField(
        label="Completed on", widget=forms.DateInput(attrs={"type": "date"})
    )
    certificate = forms.CharField(label="Certificate", required=False, max_length=80)
    aor = forms.ModelChoiceField(
        Aor.objects.none(),
        label="Area of responsibility",
        help_text="Under which somebody without an account is kept.",
    )
    field_order = (
        *("course", "username", "email", "full_name", "completed_on", "certificate"),
        *("aor", "reason"),
    )


class UploadForm(forms.Form):
    """A file of completions."""

    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        help_text="CSV or XLSX, 20 MB and 100,000 rows at most, with the template's headings.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx,.txt"}),
    )
    aor = forms.ModelChoiceField(
        Aor.objects.none(),
        label="Area of responsibility",
        help_text="Under which people without an account are kept.",
    )


class ConfirmImportForm(ReasonForm):
    """Importing what was shown."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)


class ComparisonForm(forms.Form):
    """What of the comparison is shown, from the address."""

    state = forms.ChoiceField(choices=list(STATE_CHOICES.items()), required=False)
    course = forms.CharField(required=False, max_length=40)
    aor = forms.CharField(required=False, max_length=60)
    q = forms.CharField(required=False, max_length=120)

    def chosen(self) -> ComparisonFilter:
        """The filter; what can't be read is left out."""
        self.is_valid()
        data = self.cleaned_data
        return ComparisonFilter(
            course=data.get("course", ""),
            state=data.get("state") or GAPS_ONLY,
            aor=data.get("aor", ""),
            text=data.get("q", ""),
        )


def prepare_course(form: ChangeCourseForm, _: Person, course: TrainingCourse | None) -> None:
    """What the course is now."""
    if course is not None:
        form.initial = {name: getattr(course, name) for name in form.fields if name != "reason"}


def prepare_completion(form: CompletionForm, person: Person, _: TrainingRecord | None) -> None:
    """The agency's courses and the person's areas."""
    if person.agency_id is not None:
        _choose(form, "course", offered_courses(person.agency_id))
    prepare_aors(form, person)


def prepare_aors(form: forms.Form, person: Person) -> None:
    """The areas the person manages, the own one chosen."""
    _choose(form, "aor", selectors.list_aors_for(person))
    form.fields["aor"].initial = person.aor_id


def _choose(form: forms.Form, name: str, choices: Any) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  the form says so above
    field.queryset = choices
