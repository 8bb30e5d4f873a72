"""What is entered to ask for access, and to register."""

from typing import Any

from django import forms

from accounts.credential_forms import NewPasswordForm, SecurityQuestionsForm
from accounts.models import Agency, Aor
from accounts.request_forms import ACCEPTED, MAX_BYTES
from accounts.services.access import Applicant

_MEGABYTES = MAX_BYTES // 1024 // 1024


class AgencyCodeForm(forms.Form):
    """By which agency somebody wants to be given access."""

    code = forms.SlugField(
        label="Agency code",
        max_length=20,
        help_text="Your agency manager tells you this code.",
        error_messages={"invalid": "A code has letters, digits and hyphens only."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class ApplicantForm(forms.Form):
    """Who the person is and why they need access; the paper form as an upload beside it."""

    full_name = forms.CharField(
        label="Full name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label="Work e-mail address",
        help_text="The registration key is sent to this address.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    title = forms.CharField(
        label="Title",
        max_length=120,
        help_text="As Deportation Officer, Special Agent or Law Enforcement Specialist.",
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    need = forms.CharField(
        label="Why access is needed",
        max_length=2_000,
        help_text="What work needs it, and which unit it is for.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    form = forms.FileField(
        label="Signed request form",
        required=False,
        allow_empty_file=True,
        help_text=f"Where your agency uses a paper form: a scan of it, as {ACCEPTED}, of at most"
        f" {_MEGABYTES} MB.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )

    def applicant(self) -> Applicant:
        """Who asks, once the form is valid."""
        data = self.cleaned_data
        return Applicant(
            full_name=data["full_name"],
            email=data["email"],
            title=data["title"],
            need=data["need"],
        )


class AccessRequestForm(ApplicantForm):
    """The public form."""

    aor = forms.ModelChoiceField(
        Aor.objects.none(),
        label="Area of responsibility",
        empty_label="Choose your area",
        help_text="Its manager decides about your request.",
    )
    field_order = ("full_name", "email", "title", "aor", "need", "form")

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["aor"]
        field.queryset = Aor.objects.filter(agency=agency).order_by("name")


class RegisterForm(SecurityQuestionsForm, NewPasswordForm):
    """A registration key, and what is chosen with it."""

    email = forms.EmailField(
        label="E-mail address",
        help_text="The one to which the key was sent.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    key = forms.CharField(
        label="Registration key",
        max_length=100,
        help_text="From the mail. Capital letters and hyphens do not matter.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    username = forms.CharField(
        label="User name",
        max_length=60,
        help_text="3 to 60 letters, digits, dots, hyphens or underscores; it stays for good.",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    field_order = ("email", "key", "username", "password1", "password2")
