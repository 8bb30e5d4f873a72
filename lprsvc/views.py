"""Pages that belong to no room."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.people import Person
from accounts.roles import ROLE_LABELS, Role
from accounts.standing import closed_by_training
from lprsvc.lib.access import any_person, public
from lprsvc.lib.errors import NotFound


@any_person("where everybody starts")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the person can do here."""
    person: Person = request.person  # type: ignore[attr-defined]
    return render(request, "home.html", {"gaps": closed_by_training(person, now=timezone.now())})


@any_person("help is for everybody who has an account")
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Where to turn."""
    person: Person = request.person  # type: ignore[attr-defined]
    context = {"guides": _guides(), "own_guides": [Role(role).value for role in person.roles]}
    return render(request, "help.html", context)


@any_person("whoever works here may read how each role does")
@require_safe
def guide(request: HttpRequest, role: str) -> HttpResponse:
    """The guide of one role (ACC-14)."""
    if role not in Role.__members__.values():
        raise NotFound("guide")
    context = {"label": ROLE_LABELS[Role(role)], "guides": _guides()}
    return render(request, f"guides/{role}.html", context)


@public("who can't log on reads here what to do")
@require_safe
def log_on_help(request: HttpRequest) -> HttpResponse:
    """Passwords, second factors, and to whom a trouble goes next (ACC-14)."""
    return render(request, "guides/log_on.html")


def _guides() -> list[tuple[str, str]]:
    return [(role.value, ROLE_LABELS[role]) for role in Role]


@public("asked by the operator's monitoring; says only that the service and database answer")
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """200 when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")
