"""What people may enter on the accounts room's pages."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, LoginForm
from django import forms

_MAX_PASSWORD = 1_000


class LogOnForm(LoginForm):  # type: ignore[misc]
    """allauth's, without help it can't give here, and with an end to what has to be hashed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        password = forms.CharField(
            label="Password",
            strip=False,
            max_length=_MAX_PASSWORD,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        )
        self.fields["password"] = password


class OwnPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """allauth's, with guesses at the present password counted and recorded as at log-on."""

    def clean_oldpassword(self) -> str:
        """The present password; whoever finds a session open must not try passwords in it."""
        given: str = self.cleaned_data["oldpassword"]
        adapter = get_adapter()
        if len(given) > _MAX_PASSWORD or not adapter.reauthenticate(self.user, given):
            raise adapter.validation_error("enter_current_password")
        return given


class RulesForm(forms.Form):
    """The answer to the rules, and which rules it answers."""

    decision = forms.ChoiceField(choices=[("affirm", "I affirm"), ("decline", "Decline")])
    rules = forms.IntegerField(min_value=1, max_value=2**31)


class ReasonForm(forms.Form):
    """Why something is changed."""

    reason = forms.CharField(
        label="Reason",
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands in the log and in the history of what you change.",
    )


class PublishRulesForm(ReasonForm):
    """A new version of the rules of behavior."""

    text = forms.CharField(
        label="Text of the rules", max_length=50_000, widget=forms.Textarea(attrs={"rows": 20})
    )
    field_order = ("text", "reason")
