"""Streets and addresses in use, and how far places have been looked up in them (ING-3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from accounts.governed_admin import GovernedAdmin, GovernedPage
from accounts.people import Person
from ingest.admin.access import VENDOR, for_vendor, given
from ingest.models import GeoDataset, GeoStatus
from ingest.services.geodata import retire_dataset


def _retire(
    person: Person, dataset: GeoDataset | None, data: Mapping[str, Any], now: datetime
) -> None:
    retire_dataset(actor=person, dataset=given(dataset), now=now, **data)


def _consequences(_: Person, dataset: GeoDataset | None) -> list[str]:
    label = given(dataset).label
    return [
        f"Hits and alerts no longer show what {label} says of their place.",
        "Places known by it are looked up anew in the background, in what else is loaded.",
        "Its rows are dropped; to have it back, load its files again.",
    ]


@admin.register(GeoDataset)
class GeoDatasetAdmin(GovernedAdmin[GeoDataset]):
    """Loaded by `load_streets` and `load_addresses`: the files are too large for a form."""

    view_permissions = VENDOR
    list_display = ("name", "version", "kind", "status", "holds", "activated_at", "places")
    list_filter = ("kind", "status")
    search_fields = ("name", "version")
    ordering = ("kind", "name", "-id")
    fields = (
        "kind",
        "name",
        "version",
        "format",
        "sha256",
        "status",
        "holds",
        "replaces",
        "started_at",
        "activated_at",
        "retired_at",
        "places",
        "refreshed_at",
    )
    pages = (
        GovernedPage(
            "retire",
            "Take out of use",
            VENDOR,
            _retire,
            offered=lambda _, dataset: dataset is not None and dataset.status == GeoStatus.ACTIVE,
            consequences=_consequences,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[GeoDataset]":
        """All of them, for the vendor."""
        return for_vendor(GeoDataset, person)

    @admin.display(description="Holds")
    def holds(self, dataset: GeoDataset) -> str:
        """How many rows of each kind."""
        counts = {
            "addresses": dataset.addresses,
            "street segments": dataset.segments,
            "intersections": dataset.intersections,
        }
        held = ", ".join(f"{count:,} {noun}" for noun, count in counts.items() if count)
        return held or "nothing"

    @admin.display(description="Places looked up anew")
    def places(self, dataset: GeoDataset) -> str:
        """How far the worker is with the places that were known before."""
        if dataset.activated_at is None:
            return "–"
        if dataset.refreshed_at is not None:
            return f"all {dataset.refresh_done:,}"
        if dataset.refresh_cursor is None:
            return "waits for the worker"
        return f"{dataset.refresh_done:,} of {dataset.refresh_total:,}"

    @admin.display(description="SHA-256 of the files")
    def sha256(self, dataset: GeoDataset) -> str:
        """Of the files and of how they were read."""
        return bytes(dataset.content_sha256).hex()
