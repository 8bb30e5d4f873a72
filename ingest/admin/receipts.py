"""Deliveries and what became of them: a list, and one receipt (ING-4)."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.governed_admin import GovernedAdmin
from accounts.people import Person
from accounts.services.governed import record_viewed
from ingest.admin.access import VENDOR, for_vendor
from ingest.feed_forms import ReceiptFilterForm
from ingest.models import Batch, QuarantinedRead, Source
from ingest.rules import reason_label

_PER_PAGE = 50
_EXCEPTIONS = 100


@admin.register(Batch)
class BatchAdmin(GovernedAdmin[Batch]):
    """Deliveries and their receipts."""

    view_permissions = VENDOR

    def visible_to(self, person: Person) -> "QuerySet[Batch]":
        """All of them, for the vendor."""
        return for_vendor(Batch, person).select_related("source", "feed_key")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A page of receipts by the filter in the address; recorded as seen."""
        person = _person(request)
        form = ReceiptFilterForm(request.GET)
        which = form.chosen(person.timezone)
        record_viewed(person=person, subject="batch", search=request.GET.urlencode())
        # One more than is shown tells whether there are older ones; nobody counts them all.
        found = list(which.rows().defer("exceptions")[: _PER_PAGE + 1])
        context = self._context(request, "Receipts", None) | {
            "batches": found[:_PER_PAGE],
            "older": found[_PER_PAGE - 1].pk if len(found) > _PER_PAGE else None,
            "form": form,
            "which": which,
            "sources": Source.objects.all(),
        }
        return TemplateResponse(
            request, "ingest/receipt_list.html", context | (extra_context or {})
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One receipt, with every read that was not stored; recorded as seen."""
        batch = self._object_or_404(request, object_id)
        record_viewed(person=_person(request), subject=f"batch:{batch.pk}")
        page = Paginator(batch.exceptions, _EXCEPTIONS).get_page(request.GET.get("page"))
        waiting = QuarantinedRead.objects.filter(
            pk__in=[one["id"] for one in page if one["outcome"] == "quarantined"]
        )
        held = {str(pk) for pk in waiting.values_list("pk", flat=True)}
        context = self._context(request, f"Receipt {batch.pk}", batch) | {
            "batch": batch,
            "page": page,
            "exceptions": [
                one | {"label": reason_label(one.get("reason") or ""), "held": one["id"] in held}
                for one in page
            ],
        }
        return TemplateResponse(
            request, "ingest/receipt_detail.html", context | (extra_context or {})
        )


def _person(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    return person
