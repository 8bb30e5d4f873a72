"""A person's own training: the page to look at, and the one that says what keeps them out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.people import Person
from accounts.policy import TrainingMissing
from accounts.selectors import list_managers_of
from accounts.standing import training_of
from accounts.training import gaps
from lprsvc.lib.access import any_person
from lprsvc.lib.permissions import Permission

_GATED = frozenset({Permission.RUN_QUERIES, Permission.KEEP_ALERTS})


@any_person("everybody may see how they stand with their own training")
@require_safe
def training_detail(request: HttpRequest) -> HttpResponse:
    """The courses required of the person, and how long each completion counts."""
    person: Person = request.person  # type: ignore[attr-defined]
    courses = training_of(person, now=timezone.now())
    context = {
        "courses": courses,
        "gaps": gaps(courses),
        "opens": bool(_GATED & person.permissions),
        "managers": _managers(person),
    }
    return render(request, "accounts/training_detail.html", context)


def training_missing(request: HttpRequest, error: TrainingMissing) -> HttpResponse:
    """The refusal, with the courses it is about and whom to ask."""
    context = {"gaps": error.gaps, "managers": _managers(request.person)}  # type: ignore[attr-defined]
    return render(request, "accounts/training_missing.html", context, status=error.status)


def _managers(person: Person | None) -> Any:
    if person is None or person.aor_id is None:
        return []
    managers = list_managers_of(person.aor_id).exclude(pk=person.user_id)
    return managers.order_by("full_name").values("full_name", "email")
