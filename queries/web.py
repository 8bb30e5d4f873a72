"""What the room's pages share."""

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponseRedirect

from accounts.people import Person
from lprsvc.lib.errors import InvalidInput, PolicyDenied


class SeeOther(HttpResponseRedirect):
    """The answer is a page of its own: reloading it asks nothing again."""

    status_code = 303


def person_of(request: HttpRequest) -> Person:
    """Who asks; the access rule has let them in."""
    person: Person = request.person  # type: ignore[attr-defined]
    return person


def show_refusal(form: Form, refused: InvalidInput | PolicyDenied) -> None:
    """Beside its field, or above the form where it is about the whole."""
    faults: dict[str, Any] = (
        refused.errors if isinstance(refused, InvalidInput) else {"": [refused.message]}
    )
    for field, said in faults.items():
        form.add_error(field if field in form.fields else None, said)
