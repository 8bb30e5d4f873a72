"""How much is collected where, as a page and as files (ING-7)."""

import hashlib
from datetime import UTC

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.people import Person
from ingest.coverage_files import MAKERS, TYPES
from ingest.coverage_form import CoverageForm
from ingest.coverage_page import bands, headings, map_svg, timeline
from ingest.services.coverage import record_coverage_file, view_coverage
from lprsvc.lib.access import requires
from lprsvc.lib.errors import InvalidInput, NotFound
from lprsvc.lib.permissions import Permission

requires_coverage = requires(Permission.VIEW_COVERAGE)


@requires_coverage
@require_safe
def coverage(request: HttpRequest) -> HttpResponse:
    """Map, table, time-line and the contract's lines; the choice stands in the address."""
    form = _form(request)
    found = view_coverage(person=_person(request), chosen=form.chosen())
    context = {
        "form": form,
        "found": found,
        "chosen": found.chosen,
        "map": map_svg(found),
        "bands": bands(found),
        "chart": timeline(found) if found.reads else None,
        "headings": headings(found.chosen),
    }
    return render(request, "ingest/coverage.html", context, status=422 if form.errors else 200)


@requires_coverage
@require_safe
def coverage_download(request: HttpRequest, kind: str) -> HttpResponse:
    """What the page shows, as PDF or XLSX. Raises InvalidInput, NotFound."""
    if kind not in MAKERS:
        raise NotFound("file")
    form, now = _form(request), timezone.now()
    if not form.is_valid():
        raise InvalidInput({name: list(map(str, faults)) for name, faults in form.errors.items()})
    found = view_coverage(person=_person(request), chosen=form.chosen())
    content = MAKERS[kind](found, now=now)
    record_coverage_file(
        person=_person(request),
        kind=kind,
        shown=found.chosen.query,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    name = f"coverage-{found.chosen.start}-{found.chosen.end}.{kind}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=TYPES[kind], headers=disposition)


def _form(request: HttpRequest) -> CoverageForm:
    return CoverageForm(request.GET, today=timezone.now().astimezone(UTC).date())


def _person(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    return person
