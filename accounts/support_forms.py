"""What is written to the help desk, and back."""

from typing import Any

from django import forms

from accounts.forms import ReasonForm
from accounts.models import HelpTopic
from accounts.services.support import MAX_TEXT, Question


class HelpForm(forms.Form):
    """A question; who is not logged on says who they are, too."""

    name = forms.CharField(
        label="Full name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label="E-mail address",
        help_text="The answer is sent to this address.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    topic = forms.ChoiceField(
        label="What is it about?", choices=[("", "– Select –"), *HelpTopic.choices]
    )
    text = forms.CharField(
        label="Your question",
        max_length=MAX_TEXT,
        help_text="No plates, names of subjects or passwords: the help desk needs none of them.",
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, *args: Any, is_known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_known:
            del self.fields["name"], self.fields["email"]

    def question(self) -> Question:
        """What was asked, once the form is valid."""
        data = self.cleaned_data
        return Question(
            topic=data["topic"],
            text=data["text"],
            name=data.get("name", ""),
            email=data.get("email", ""),
        )


class AnswerForm(ReasonForm):
    """The answer that is mailed."""

    reason = forms.CharField(
        label="Your answer",
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Mailed to who asked, and kept with the request for a year.",
    )


class CloseForm(ReasonForm):
    """Why no answer is needed."""

    reason = forms.CharField(
        label="Reason",
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Mailed to who asked.",
    )
