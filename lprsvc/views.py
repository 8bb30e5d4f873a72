"""Pages that belong to no room."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.people import Person
from accounts.standing import closed_by_training
from lprsvc.lib.access import any_person, public


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
    return render(request, "help.html")


@public("asked by the operator's monitoring; says only that the service and database answer")
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """200 when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")
