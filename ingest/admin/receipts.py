"""Deliveries and what became of them (ING-4)."""

from django.contrib import admin
from django.db.models import QuerySet

from accounts.governed_admin import GovernedAdmin
from accounts.people import Person
from ingest.admin.access import VENDOR, for_vendor
from ingest.models import Batch


@admin.register(Batch)
class BatchAdmin(GovernedAdmin[Batch]):
    """Deliveries and their receipts."""

    view_permissions = VENDOR
    list_display = ("received_at", "source", "stored", "duplicate", "quarantined", "refused")
    list_filter = ("source", "received_at")
    list_select_related = ("source",)
    ordering = ("-received_at",)
    # The count of all deliveries there ever were is nobody's question.
    show_full_result_count = False
    fields = (
        "id",
        "source",
        "feed_key",
        "format",
        "received_at",
        "stored",
        "duplicate",
        "quarantined",
        "refused",
        "exceptions",
    )

    def visible_to(self, person: Person) -> "QuerySet[Batch]":
        """All of them, for the vendor."""
        return for_vendor(Batch, person)
