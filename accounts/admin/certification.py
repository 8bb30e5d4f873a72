"""Certifying who still needs an account, once a year, in the admin (ACC-15)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from accounts.certifying import certification_state, get_managed_aor, list_certifications_for
from accounts.governed_admin import GovernedAdmin
from accounts.models import Certification
from accounts.people import Person
from accounts.reports.certificate import CertifiedLine
from accounts.reports.document import PDF_TYPE
from accounts.services.certification import (
    Decision,
    certify,
    lines_to_certify,
    read_document,
)
from accounts.services.governed import record_viewed
from lprsvc.lib.access import requires
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound
from lprsvc.lib.permissions import Permission as P

_MANAGERS = frozenset({P.MANAGE_USERS})


@admin.register(Certification)
class CertificationAdmin(GovernedAdmin[Certification]):
    """Signed certifications of the manager's areas, and when each is due again."""

    view_permissions = _MANAGERS
    list_display = ("aor", "signed_at", "signed_name", "kept", "removed")
    list_filter = (("aor", admin.RelatedOnlyFieldListFilter),)
    fields = ("aor", "signed_at", "signed_name", "kept", "removed", "document_sha256")
    change_list_template = "accounts/certification_list.html"

    def visible_to(self, person: Person) -> "QuerySet[Certification]":
        """Those of the areas the person manages."""
        return list_certifications_for(person).defer("document", "lines")

    def get_urls(self) -> list[URLPattern]:
        """With signing, and the document."""
        guard = requires(*_MANAGERS)
        sign = guard(self.admin_site.admin_view(self.sign_view))
        document = guard(self.admin_site.admin_view(self.document_view))
        return [
            path("sign/<int:aor_id>/", sign, name="certification_sign"),
            path("<uuid:pk>/document.pdf", document, name="certification_document"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, below what is due."""
        states = certification_state(_person(request), now=timezone.now())
        return super().changelist_view(request, (extra_context or {}) | {"states": states})

    def _links(self, person: Person, found: Certification | None) -> list[tuple[str, str]]:
        links = super()._links(person, found)
        if found is not None:
            address = reverse("admin:certification_document", args=[found.pk])
            links.append(("Document (PDF)", address))
        return links

    def sign_view(self, request: HttpRequest, aor_id: int) -> HttpResponse:
        """The list of an area's accounts; signing it (POST)."""
        person, now = _person(request), timezone.now()
        aor = get_managed_aor(person, aor_id)
        faults: dict[str, list[str]] = {}
        if request.method == "POST":
            try:
                done = certify(
                    person=person,
                    aor_id=aor_id,
                    decisions=_decisions(request),
                    signature=request.POST.get("signature", ""),
                    now=now,
                )
            except InvalidInput as error:
                faults = error.errors
            except DomainError as error:
                if error.code != "list_changed":
                    raise
                messages.warning(request, error.message)
                return HttpResponseRedirect(request.path)
            else:
                messages.success(request, "Signed and recorded. Print the document and sign it.")
                address = reverse("admin:accounts_certification_change", args=[done.pk])
                return HttpResponseRedirect(address)
        return self._sign_page(request, aor, faults, now)

    def document_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The document as it was signed."""
        person = _person(request)
        found = list_certifications_for(person).filter(pk=pk).first()
        if found is None:
            raise NotFound
        name = f"certification-{found.signed_at:%Y-%m-%d}.pdf"
        return HttpResponse(
            read_document(person=person, certification=found),
            content_type=PDF_TYPE,
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "private, no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )

    def _sign_page(
        self, request: HttpRequest, aor: Any, faults: dict[str, list[str]], now: datetime
    ) -> HttpResponse:
        person = _person(request)
        record_viewed(person=person, subject=f"certification of aor:{aor.pk}")
        lines = lines_to_certify(person=person, aor=aor, now=now)
        context = self._context(request, f"Certify the accounts of {aor.name}", None) | {
            "aor": aor,
            "rows": [_row(line, request, faults) for line in lines],
            "faults": faults,
            "signature": request.POST.get("signature", ""),
            "signature_faults": [*faults.get("signature", []), *faults.get("", [])],
        }
        status = 422 if faults else 200
        return TemplateResponse(request, "accounts/certification_sign.html", context, status=status)


def _row(line: CertifiedLine, request: HttpRequest, faults: dict[str, list[str]]) -> dict[str, Any]:
    decision, reason = f"decision-{line.user_id}", f"reason-{line.user_id}"
    return {
        "line": line,
        "decision": request.POST.get(decision, ""),
        "reason": request.POST.get(reason, ""),
        "faults": [*faults.get(decision, []), *faults.get(reason, [])],
    }


def _decisions(request: HttpRequest) -> dict[UUID, Decision]:
    """What was ticked; anything else is as if nothing was."""
    found: dict[UUID, Decision] = {}
    for name, value in request.POST.items():
        kind, _, key = name.partition("-")
        if kind != "decision" or value not in {"keep", "remove"}:
            continue
        try:
            user_id = UUID(key)
        except ValueError:
            continue
        reason = request.POST.get(f"reason-{user_id}", "")[:1_000]
        found[user_id] = Decision(is_kept=value == "keep", reason=reason)
    return found


def _person(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    return person
