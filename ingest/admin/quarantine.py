"""Reads that wait in quarantine: seen a list at a time, repaired, discarded, by one or by many
(ING-5). There is no way to look for a plate here (QRY-2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import ReasonForm
from accounts.governed_admin import GovernedAdmin, GovernedPage
from accounts.people import Person
from accounts.services.governed import record_viewed
from ingest import quarantine_links as links
from ingest.admin.access import VENDOR, for_vendor, given
from ingest.models import (
    QuarantineAct,
    QuarantinedRead,
    QuarantineJob,
    QuarantineState,
    Source,
)
from ingest.quarantine import Which, cameras_in_use, list_heaps, reasons_in_use
from ingest.quarantine_forms import (
    QuarantineFilterForm,
    RepairForm,
    kept_roles,
    prepare_repair,
    repair_of,
)
from ingest.rules import (
    PHOTOGRAPH_LINK,
    QUARANTINE_SETTLED_KEPT,
    QUARANTINE_WAITS,
    reason_advice,
    reason_label,
)
from ingest.services import quarantine, quarantine_jobs
from lprsvc.lib.access import requires
from lprsvc.lib.errors import InvalidInput, NotFound
from lprsvc.lib.pictures import picture_response

Data = Mapping[str, Any]

_PER_PAGE = 50
_HEAPS = 12
_BULK = {
    QuarantineAct.REFEED: (
        "Feed again",
        "Each is stored as it came, if it can be stored now; alerts are matched with it.",
        "What still can't be stored goes on waiting, under the reason it then has.",
    ),
    QuarantineAct.DISCARD: (
        "Discard",
        "None of them will ever be stored.",
        f"They can be looked at for {QUARANTINE_SETTLED_KEPT.days} days, and are then erased.",
    ),
}


def _repair(person: Person, held: QuarantinedRead | None, data: Data, now: datetime) -> None:
    quarantine.repair_read(
        actor=person,
        pk=given(held).pk,
        repair=repair_of(dict(data)),
        reason=data["reason"],
        now=now,
    )


def _discard(person: Person, held: QuarantinedRead | None, data: Data, now: datetime) -> None:
    quarantine.discard_read(actor=person, pk=given(held).pk, now=now, **data)


def _stop(person: Person, job: QuarantineJob | None, data: Data, now: datetime) -> None:
    quarantine_jobs.stop_job(actor=person, job=given(job), now=now, **data)


def _waits(_: Person, held: QuarantinedRead | None) -> bool:
    return held is not None and held.state == QuarantineState.WAITING


def _shown_beside(person: Person, held: QuarantinedRead | None) -> dict[str, Any]:
    return _facts(person, given(held))


def _facts(person: Person, held: QuarantinedRead) -> dict[str, Any]:
    """What the pages about one read show of it."""
    now = timezone.now()
    return {
        "held": held,
        "reason_label": reason_label(held.reason),
        "advice": reason_advice(held.reason),
        "photographs": [
            {"role": role, "url": links.photograph_url(person, held.pk, number, now=now)}
            for number, role in enumerate(kept_roles(held))
        ],
        "problems": [
            photo["problem"] for photo in held.read.get("photos", []) if "problem" in photo
        ],
        "photographs_end_after": int(PHOTOGRAPH_LINK.total_seconds()),
    }


@admin.register(QuarantinedRead)
class QuarantinedReadAdmin(GovernedAdmin[QuarantinedRead]):
    """Reads that could not be accepted, why, and what became of them."""

    view_permissions = VENDOR
    pages = (
        GovernedPage(
            "repair",
            "Repair and store",
            VENDOR,
            _repair,
            form=RepairForm,
            offered=_waits,
            prepare=prepare_repair,
            template="ingest/quarantine_repair.html",
            shows=_shown_beside,
        ),
        GovernedPage(
            "discard",
            "Discard",
            VENDOR,
            _discard,
            offered=_waits,
            consequences=lambda _, __: _BULK[QuarantineAct.DISCARD][1:],
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[QuarantinedRead]":
        """All of them, for the vendor."""
        return for_vendor(QuarantinedRead, person).select_related("source", "batch")

    def get_urls(self) -> list[URLPattern]:
        """With the photographs, and orders about many."""
        guard = requires(*VENDOR)
        photograph = guard(self.admin_site.admin_view(self.photograph_view))
        bulk = guard(self.admin_site.admin_view(self.bulk_view))
        return [
            path("<uuid:pk>/photographs/<int:number>/", photograph, name="quarantine_photograph"),
            path("bulk/<str:act>/", bulk, name="quarantine_bulk"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One list, by the filter in the address; recorded as seen."""
        person = _person(request)
        form = QuarantineFilterForm(request.GET)
        which = form.chosen(person.timezone)
        record_viewed(person=person, subject="quarantine", search=request.GET.urlencode())
        rows = which.rows().select_related("source").defer("payload", "read", "photographs")
        page = Paginator(rows.order_by("-quarantined_at", "pk"), _PER_PAGE).get_page(
            request.GET.get("page")
        )
        heaps = list_heaps(Which(source_id=which.source_id), limit=_HEAPS)
        context = self._context(request, "Quarantine", None) | {
            "page": page,
            "rows": [(held, reason_label(held.reason)) for held in page],
            "form": form,
            "which": which,
            "is_waiting": which.state == QuarantineState.WAITING,
            "query": _kept_query(request),
            "heaps": [(heap, reason_label(heap.reason)) for heap in heaps],
            "sources": Source.objects.all(),
            "reasons": [(code, reason_label(code)) for code in reasons_in_use()],
            "cameras": cameras_in_use(which.source_id) if which.source_id else [],
            "jobs": QuarantineJob.objects.filter(state__in=["waiting", "running"]),
            "settled_kept": QUARANTINE_SETTLED_KEPT.days,
            "waits": QUARANTINE_WAITS.days,
        }
        return TemplateResponse(
            request, "ingest/quarantine_list.html", context | (extra_context or {})
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One read: why it waits, what came, its photographs; recorded as seen."""
        held = self._object_or_404(request, object_id)
        person = _person(request)
        record_viewed(person=person, subject=f"quarantinedread:{held.pk}")
        context = self._context(request, reason_label(held.reason), held) | _facts(person, held)
        context |= {
            "links": self._links(person, held),
            "payload": _pretty(held.payload),
            "known_camera": held.source.cameras.filter(code=held.camera).first(),
            "discarded_on": held.quarantined_at + QUARANTINE_WAITS,
        }
        return TemplateResponse(
            request, "ingest/quarantine_detail.html", context | (extra_context or {})
        )

    def photograph_view(self, request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
        """One photograph, by a link that is the person's own and a few minutes old (QRY-7)."""
        return _photograph(request, pk, number)

    def bulk_view(self, request: HttpRequest, act: str) -> HttpResponse:
        """Order something about all that a filter finds: how many, what it does, why."""
        return _bulk(request, self, act)


@require_safe
def _photograph(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    content, content_type = quarantine.view_photograph(
        person=_person(request),
        pk=pk,
        number=number,
        token=request.GET.get("t", ""),
        now=timezone.now(),
    )
    return picture_response(content, content_type)


@require_http_methods(["GET", "HEAD", "POST"])
def _bulk(request: HttpRequest, pages: QuarantinedReadAdmin, act: str) -> HttpResponse:
    if act not in _BULK:
        raise NotFound
    person, chosen = _person(request), QuarantineAct(act)
    filter_form = QuarantineFilterForm(request.GET)
    which = filter_form.chosen(person.timezone)
    which = Which(
        source_id=which.source_id,
        reason=which.reason,
        camera=which.camera,
        since=which.since,
        until=which.until,
    )
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            job = quarantine_jobs.order_job(
                actor=person,
                act=chosen,
                which=which,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except InvalidInput as error:
            for field, faults in error.errors.items():
                form.add_error(field if field in form.fields else None, faults)
        else:
            return HttpResponseRedirect(reverse("admin:ingest_quarantinejob_change", args=[job.pk]))
    label, *consequences = _BULK[chosen]
    query = _kept_query(request)
    context = pages._context(request, label, None) | {  # noqa: SLF001  one room's pages
        "form": form,
        "count": which.rows().count(),
        "which": which,
        "source": Source.objects.filter(pk=which.source_id or 0).first(),
        "reason_label": reason_label(which.reason),
        "consequences": consequences,
        "back": f"{reverse('admin:ingest_quarantinedread_changelist')}?{query}",
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "ingest/quarantine_bulk.html", context, status=status)


@admin.register(QuarantineJob)
class QuarantineJobAdmin(GovernedAdmin[QuarantineJob]):
    """Orders about many quarantined reads, and how far each has come."""

    view_permissions = VENDOR
    list_display = ("ordered_at", "act", "source", "state", "total", "ordered_name")
    list_filter = ("act", "state")
    list_select_related = ("source",)
    pages = (
        GovernedPage(
            "stop",
            "Stop",
            VENDOR,
            _stop,
            offered=lambda _, job: job is not None and job.is_open,
            consequences=lambda _, __: (
                "What is done stays done; the rest goes on waiting in quarantine.",
            ),
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[QuarantineJob]":
        """All of them, for the vendor."""
        return for_vendor(QuarantineJob, person).select_related("source")

    def get_urls(self) -> list[URLPattern]:
        """With the progress alone, which the page asks for every two seconds."""
        progress = requires(*VENDOR)(self.admin_site.admin_view(self.progress_view))
        return [
            path("<uuid:pk>/progress/", progress, name="quarantine_progress"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One order: what for, by whom, how far; recorded as seen."""
        job = self._object_or_404(request, object_id)
        person = _person(request)
        record_viewed(person=person, subject=f"quarantinejob:{job.pk}")
        context = self._context(request, str(job), job) | {
            "job": job,
            "reason_label": reason_label(job.reason),
            "links": self._links(person, job),
        }
        return TemplateResponse(
            request, "ingest/quarantine_job.html", context | (extra_context or {})
        )

    def progress_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """How far it has come; shown already to who asks, so not recorded anew."""
        job = quarantine_jobs.get_job(pk)
        return render(request, "ingest/_quarantine_progress.html", {"job": job})


def _kept_query(request: HttpRequest) -> str:
    """The filter in the address, without the page."""
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


def _pretty(payload: Any) -> str:
    return orjson.dumps(payload, option=orjson.OPT_INDENT_2).decode()


def _person(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    return person
