"""Pages beside the list of completions: a file's way in, and the comparison both ways (ACC-8)."""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people import Person
from accounts.reports.comparison import MAKERS, STATE_CHOICES, TITLE, TYPES, compare
from accounts.reports.spreadsheet import XLSX_TYPE, Sheet, csv_text, workbook
from accounts.services.governed import record_viewed
from accounts.services.training_import import (
    FATE_LABELS,
    SHOWN,
    Fate,
    apply_import,
    faults_of,
    get_import_for,
    plan_of,
    stage_import,
)
from accounts.services.training_reports import record_download
from accounts.training_files import HEADINGS, MAX_FAULTS
from accounts.training_forms import ComparisonForm, ConfirmImportForm, UploadForm, prepare_aors
from lprsvc.lib.access import requires
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound
from lprsvc.lib.permissions import Permission

if TYPE_CHECKING:
    from accounts.governed_admin import GovernedAdmin

View = Callable[..., HttpResponse]
_requires_manager = requires(Permission.MANAGE_USERS)
_EXAMPLES = (
    ("LPR-USE", "amoreno", "alice.moreno@example.test", "Alice Moreno", "2026-03-09", "C-1042"),
    ("LPR-USE", "", "nora.ek@example.test", "Nora Ek", "2026-03-09", ""),
)


def training_urls(admin: "GovernedAdmin[Any]") -> list[URLPattern]:
    """The pages' addresses, before the admin's own, which would take them for keys."""

    def page(view: View) -> View:
        def shown(request: HttpRequest, **parts: Any) -> HttpResponse:
            return view(request, admin, **parts)

        return _requires_manager(admin.admin_site.admin_view(shown))

    return [
        path("import/", page(upload), name="training_import"),
        path("import/<uuid:pk>/", page(preview), name="training_preview"),
        path("template.<str:kind>", page(template), name="training_template"),
        path("comparison/", page(comparison), name="training_comparison"),
        path("comparison.<str:kind>", page(download), name="training_download"),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, admin: "GovernedAdmin[Any]") -> HttpResponse:
    """Choose a file; it is read, and nothing of it counts yet."""
    person = _person(request)
    form = UploadForm(request.POST or None, request.FILES or None)
    prepare_aors(form, person)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            staged = stage_import(
                person=person,
                aor=form.cleaned_data["aor"],
                file=file.file,
                file_name=file.name,
                size=file.size,
                now=timezone.now(),
            )
        except DomainError as error:
            if error.status != 422:
                raise
            form.add_error("file", error.message)
        else:
            return HttpResponseRedirect(reverse("admin:training_preview", args=[staged.pk]))
    context = _context(request, admin, "Import completions") | {"form": form, "headings": HEADINGS}
    status = 422 if form.errors else 200
    return TemplateResponse(request, "accounts/training_import.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, admin: "GovernedAdmin[Any]", pk: UUID) -> HttpResponse:
    """What the file would change, row by row; confirming it (POST)."""
    person = _person(request)
    staged = get_import_for(person, pk)
    form = ConfirmImportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            apply_import(
                person=person,
                pk=pk,
                digest=form.cleaned_data["digest"],
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except InvalidInput as error:
            for field, faults in error.errors.items():
                form.add_error(field if field in form.fields else None, faults)
        except DomainError as error:
            if error.code != "plan_changed":
                raise
            messages.warning(request, error.message)
            return HttpResponseRedirect(request.path)
        else:
            messages.success(request, "The file was imported and recorded.")
            return HttpResponseRedirect(admin._address(None))  # noqa: SLF001  one room's pages
    return _preview_page(request, admin, staged, form)


def _preview_page(
    request: HttpRequest, admin: "GovernedAdmin[Any]", staged: Any, form: ConfirmImportForm
) -> HttpResponse:
    plan = plan_of(staged, person=_person(request))
    if not form.is_bound:
        form.initial = {"digest": plan.digest, "reason": f"Import of {staged.file_name}"}
    counts = plan.counts
    context = _context(request, admin, "Check the import") | {
        "staged": staged,
        "form": form,
        "is_waiting": staged.status == staged.Status.WAITING,
        "plan": plan,
        "counts": [(FATE_LABELS[fate], counts[fate]) for fate in Fate],
        "details": [
            (FATE_LABELS[fate], counts[fate], plan.some(fate))
            for fate in Fate
            if counts[fate] and fate is not Fate.UNCHANGED
        ],
        "shown": SHOWN,
        "faults": faults_of(staged),
        "max_faults": MAX_FAULTS,
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "accounts/training_preview.html", context, status=status)


@require_safe
def template(request: HttpRequest, admin: "GovernedAdmin[Any]", kind: str) -> HttpResponse:  # noqa: ARG001
    """An empty file with the headings, two example rows, and how to fill it in."""
    table = Sheet("Completions", HEADINGS, _EXAMPLES)
    if kind == "csv":
        return as_file(csv_text(table), "text/csv; charset=utf-8", "training-completions.csv")
    if kind != "xlsx":
        raise NotFound
    advice = [
        ("One row for each completion; delete the two examples.",),
        ("User name or E-mail is needed; where both are given, the user name decides.",),
        ("Dates as 2026-03-09. What could be read in two ways (03/04/2026) is refused.",),
        ("No formulas, no merged cells, no password.",),
    ]
    book = workbook(
        "Template for training completions",
        [table, Sheet("How to fill it in", ("Advice",), advice)],
        made_at=timezone.now(),
    )
    return as_file(book, XLSX_TYPE, "training-completions.xlsx")


@require_safe
def comparison(request: HttpRequest, admin: "GovernedAdmin[Any]") -> HttpResponse:
    """Users against records, both ways; filtered by the address."""
    person, form = _person(request), ComparisonForm(request.GET)
    chosen = form.chosen()
    record_viewed(person=person, subject="training comparison", search=chosen.query)
    context = _context(request, admin, TITLE) | {
        "found": compare(person, chosen, now=timezone.now()),
        "chosen": chosen,
        "states": STATE_CHOICES.items(),
    }
    return TemplateResponse(request, "accounts/training_comparison.html", context)


@require_safe
def download(request: HttpRequest, admin: "GovernedAdmin[Any]", kind: str) -> HttpResponse:  # noqa: ARG001
    """The same as a file; that it was made is recorded with its hash."""
    if kind not in MAKERS:
        raise NotFound
    person, now = _person(request), timezone.now()
    chosen = ComparisonForm(request.GET).chosen()
    content = MAKERS[kind](compare(person, chosen, now=now), now=now)
    record_download(
        person=person,
        report="training comparison",
        kind=kind,
        shown=chosen.sentence,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return as_file(content, TYPES[kind], f"training-comparison-{now:%Y-%m-%d}.{kind}")


def as_file(content: bytes, content_type: str, name: str) -> HttpResponse:
    """A file handed out, kept by nobody on the way."""
    return HttpResponse(
        content,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _context(request: HttpRequest, admin: "GovernedAdmin[Any]", title: str) -> dict[str, Any]:
    return admin._context(request, title, None)  # noqa: SLF001  one room's pages


def _person(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    return person
