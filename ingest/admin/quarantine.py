"""Reads that wait in quarantine (ING-5)."""

from django.contrib import admin
from django.db.models import QuerySet

from accounts.governed_admin import GovernedAdmin
from accounts.people import Person
from ingest.admin.access import VENDOR, for_vendor
from ingest.models import QuarantinedRead, Source


@admin.register(QuarantinedRead)
class QuarantinedReadAdmin(GovernedAdmin[QuarantinedRead]):
    """Reads that could not be accepted, and why."""

    view_permissions = VENDOR
    list_display = ("quarantined_at", "source", "reason", "detail")
    list_filter = ("reason", "batch__source", "quarantined_at")
    list_select_related = ("batch__source",)
    ordering = ("-quarantined_at",)
    show_full_result_count = False
    fields = ("source", "batch", "index", "reason", "detail", "payload", "quarantined_at")

    def visible_to(self, person: Person) -> "QuerySet[QuarantinedRead]":
        """All of them, for the vendor."""
        return for_vendor(QuarantinedRead, person)

    @admin.display(description="Source", ordering="batch__source__code")
    def source(self, read: QuarantinedRead) -> Source:
        """Who sent it."""
        return read.batch.source
