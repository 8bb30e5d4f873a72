"""What the room's pages share."""

from django.http import HttpRequest, HttpResponseRedirect

from accounts.people import Person


class SeeOther(HttpResponseRedirect):
    """The answer is a page of its own: reloading it asks nothing again."""

    status_code = 303


def person_of(request: HttpRequest) -> Person:
    """Who asks; the access rule has let them in."""
    person: Person = request.person  # type: ignore[attr-defined]
    return person
