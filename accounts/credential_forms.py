"""Forms for passwords, security questions and second-factor codes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.log_on_rules import MAX_LENGTH
from accounts.models import User
from accounts.people import NOWHERE, person_for
from accounts.security_questions import CHOSEN, MAX_ANSWER, QUESTIONS
from accounts.services import credentials, factors, lockout, sessions
from lprsvc.lib.errors import InvalidInput

_CHOICES = [("", "Choose a question"), *QUESTIONS.items()]


def password_field(label: str, *, new: bool, help_text: str = "") -> forms.CharField:
    """A field for a password; `new`: for one that is chosen."""
    autocomplete = "new-password" if new else "current-password"
    return forms.CharField(
        label=label,
        strip=False,
        max_length=MAX_LENGTH,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


class NewPasswordForm(forms.Form):
    """A new password, twice; the service says whether it is good enough."""

    password1 = password_field("New password", new=True)
    password2 = password_field("New password, again", new=True)

    def clean(self) -> dict[str, Any]:
        """Both the same."""
        data = super().clean() or {}
        if data.get("password1") and data.get("password2") not in (None, data["password1"]):
            self.add_error("password2", "This is not what you entered above.")
        return data


class ForgottenForm(forms.Form):
    """Whose password was forgotten."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )


class AnswerForm(forms.Form):
    """The answer to a security question; its label is the question."""

    answer = forms.CharField(
        max_length=MAX_ANSWER,
        help_text="Capital letters, spaces and punctuation do not matter.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, question: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].label = question


class SecurityQuestionsForm(forms.Form):
    """Three questions with an answer each, as `services.recovery.set_answers` takes them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, CHOSEN + 1):
            self.fields[f"question_{number}"] = forms.ChoiceField(
                label=f"Question {number}", choices=_CHOICES
            )
            self.fields[f"answer_{number}"] = forms.CharField(
                label=f"Answer {number}",
                max_length=MAX_ANSWER,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )

    def answers(self) -> list[tuple[str, str]]:
        """The pairs, once the form is valid."""
        data = self.cleaned_data
        return [
            (data[f"question_{number}"], data[f"answer_{number}"])
            for number in range(1, CHOSEN + 1)
        ]


class ChangeQuestionsForm(SecurityQuestionsForm):
    """The same, by somebody who proves by the password that it is still them."""

    password = password_field("Your password", new=False)


def add_faults(
    form: forms.Form, error: InvalidInput, names: Mapping[str, str] | None = None
) -> None:
    """Show a service's faults beside the fields; `names`: its name for a field → the form's."""
    for field, faults in error.errors.items():
        name = (names or {}).get(field, field)
        for fault in faults:
            form.add_error(name if name in form.fields else None, fault)


# --- second factors: allauth's forms, counted as failed log-ons -----------------------------------


def _counted(user: User, check: Callable[[], Any]) -> Any:
    """What `check` returns; a ValidationError of it counts towards the lock (ACC-11)."""
    origin = getattr(context.request, "origin", NOWHERE)
    try:
        attempt = lockout.begin_attempt(username=user.username, now=timezone.now())
    except lockout.AccountLocked as error:
        sessions.record_locked(user=user, origin=origin)
        raise get_adapter().validation_error("too_many_login_attempts") from error
    try:
        checked = check()
    except ValidationError:
        with transaction.atomic(durable=True):
            lockout.count_failure(attempt, user=user, origin=origin, now=timezone.now())
        raise
    lockout.take_back(attempt)
    return checked


class _CodeForm(mfa_forms.BaseAuthenticateForm):  # type: ignore[misc]
    def clean_code(self) -> str:
        """The code, if it is right and was not used before."""
        code: str = _counted(self.user, self._checked)
        return code

    def _checked(self) -> str:
        code: str = super().clean_code()
        app: Authenticator = self.authenticator
        if app.type == Authenticator.Type.TOTP and not factors.spend_code(app, code):
            self._emit_authentication_failed(app)
            raise get_mfa_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_CodeForm, mfa_forms.AuthenticateForm):  # type: ignore[misc]
    """A code at log-on."""


class ConfirmCodeForm(_CodeForm, mfa_forms.ReauthenticateForm):  # type: ignore[misc]
    """A code from somebody logged on, before something sensitive."""


@contextmanager
def _parsing() -> Iterator[None]:
    """What a browser sends as a key's answer may be anything; allauth expects some structure."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise get_mfa_adapter().validation_error("incorrect_code") from error


class AddKeyForm(webauthn_forms.AddWebAuthnForm):  # type: ignore[misc]
    """Enrolling a security key."""

    def clean(self) -> dict[str, Any]:
        """The name, and the key's answer, verified."""
        with _parsing():
            data: dict[str, Any] = super().clean()
        return data


class _KeyForm(webauthn_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    def clean_credential(self) -> Authenticator:
        """The key whose answer this is."""
        key: Authenticator = _counted(self.user, self._checked)
        return key

    def _checked(self) -> Authenticator:
        try:
            with _parsing():
                key: Authenticator = super().clean_credential()
        except ValidationError:
            origin = getattr(context.request, "origin", NOWHERE)
            person = person_for(self.user, origin=origin)
            credentials.record_factor_failed(person=person, factor=Authenticator.Type.WEBAUTHN)
            raise
        return key


class KeyForm(_KeyForm):
    """A security key at log-on."""


class ConfirmKeyForm(_KeyForm):
    """A security key from somebody logged on, before something sensitive."""

    reauthenticated = True
