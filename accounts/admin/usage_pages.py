"""The usage report beside the list of users (ACC-9)."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.admin.training_pages import as_file
from accounts.people import Person
from accounts.reports.usage import COUNTED, MAKERS, TITLE, TYPES, UsageFilter, usage_of
from accounts.services.governed import record_viewed
from accounts.services.training_reports import record_download
from accounts.usage_forms import UsageForm
from lprsvc.lib.access import requires
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission

if TYPE_CHECKING:
    from accounts.governed_admin import GovernedAdmin

View = Callable[..., HttpResponse]
_requires_manager = requires(Permission.MANAGE_USERS)


def usage_urls(admin: "GovernedAdmin[Any]") -> list[URLPattern]:
    """The pages' addresses, before the admin's own, which would take them for keys."""

    def page(view: View) -> View:
        def shown(request: HttpRequest, **parts: Any) -> HttpResponse:
            return view(request, admin, **parts)

        return _requires_manager(admin.admin_site.admin_view(shown))

    return [
        path("usage/", page(usage), name="usage"),
        path("usage.<str:kind>", page(download), name="usage_download"),
    ]


@require_safe
def usage(request: HttpRequest, admin: "GovernedAdmin[Any]") -> HttpResponse:
    """Who used the service how much; the period and area stand in the address."""
    person, form = _person(request), UsageForm(request.GET or None)
    chosen = _chosen(form, timezone.now())
    record_viewed(person=person, subject="usage report", search=chosen.query)
    context = admin._context(request, TITLE, None) | {  # noqa: SLF001  one room's pages
        "form": form,
        "found": usage_of(person, chosen),
        "chosen": chosen,
        "headings": list(COUNTED.values()),
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "accounts/usage_report.html", context, status=status)


@require_safe
def download(request: HttpRequest, admin: "GovernedAdmin[Any]", kind: str) -> HttpResponse:  # noqa: ARG001
    """The same as a file; that it was made is recorded with its hash."""
    if kind not in MAKERS:
        raise NotFound("report")
    person, now = _person(request), timezone.now()
    chosen = _chosen(UsageForm(request.GET or None), now)
    content = MAKERS[kind](usage_of(person, chosen), now=now)
    record_download(
        person=person,
        report="usage",
        kind=kind,
        shown=chosen.sentence,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return as_file(content, TYPES[kind], f"usage-{chosen.start}-{chosen.end}.{kind}")


def _chosen(form: UsageForm, now: datetime) -> UsageFilter:
    return form.chosen(today=timezone.localtime(now).date())


def _person(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    return person
