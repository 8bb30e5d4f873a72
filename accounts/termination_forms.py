"""Forms of the admin's pages about terminations."""

from typing import Any

from django import forms

from accounts.forms import ReasonForm
from accounts.models import TerminationEffect
from accounts.people import Person

_CHOICES = [
    (TerminationEffect.CLOSED, "Close it for ever: the person has left"),
    (TerminationEffect.SUSPENDED, "Suspend it: the person may come back"),
]


class EndAccessForm(ReasonForm):
    """What becomes of the account."""

    effect = forms.ChoiceField(
        label="The account", choices=_CHOICES, widget=forms.RadioSelect, initial=_CHOICES[0][0]
    )
    field_order = ("who", "effect", "reason")


class EnterTerminationForm(ReasonForm):
    """What an e-mail asked for, and when it arrived."""

    requested_by = forms.CharField(
        label="Who asked", max_length=200, help_text="Name and address of the e-mail's sender."
    )
    received_at = forms.DateTimeField(
        label="Received at",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )
    field_order = ("who", "requested_by", "received_at", "reason")


class _Somebody(forms.Form):
    who = forms.CharField(
        label="Person",
        max_length=254,
        help_text="User name, or the account's e-mail address.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class EndSomebodysAccessForm(EndAccessForm, _Somebody):
    """About somebody who is named here."""


class EnterSomebodysTerminationForm(EnterTerminationForm, _Somebody):
    """About somebody who is named here."""


def prepare_received(form: Any, person: Person, _: object) -> None:
    """Say by whose clock the time is read."""
    form.fields["received_at"].help_text = (
        f"When the e-mail arrived, by the clock of {person.timezone}. The 24 business hours run"
        " from then."
    )
