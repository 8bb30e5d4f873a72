"""The vendor's queue of reported errors, and the page on which one is decided (QRY-10).

The vendor sees the reporting agency, never the person, the query or the case (AUD-5); and of the
reads only the one that was reported, with an event of its own (QRY-2).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from accounts.countdown import Countdown, count_down
from accounts.governed_admin import GovernedAdmin, as_text
from accounts.people import Person
from ingest import links, presenting
from ingest import review_presenting as shown
from ingest.models import WAITING_REPORTS, ErrorReport, ReportStatus, Wrong
from ingest.review_form import CORRECT, REJECT, WITHDRAW, ReviewForm, initial_of
from ingest.revision import check_revision
from ingest.services import reviewing
from ingest.services.corrections import correct_read
from ingest.services.mistakes import ReadChanged
from ingest.services.reviewing import Review, reject_reports, view_report
from lprsvc.lib.access import requires
from lprsvc.lib.errors import InvalidInput, NotFound
from lprsvc.lib.permissions import Permission
from lprsvc.lib.pictures import picture_response

REVIEWERS = frozenset({Permission.REVIEW_READS})
# Of more reports at once the list has pages; none of those refreshes more than this.
_REFRESHED = 100


class StandingFilter(admin.SimpleListFilter):
    """What waits, unless something else is asked for."""

    title = "standing"
    parameter_name = "standing"
    _WAITING, _ALL = "waiting", "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Each status, and all."""
        return [*((str(value), str(label)) for value, label in ReportStatus.choices),
                (self._ALL, "All")]  # fmt: skip

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: "QuerySet[ErrorReport]",
    ) -> "QuerySet[ErrorReport]":
        """The reports of the chosen standing."""
        chosen = self.value()
        if chosen == self._ALL:
            return queryset
        if chosen in ReportStatus.values:
            return queryset.filter(status=chosen)
        return queryset.filter(status__in=WAITING_REPORTS)

    def choices(self, changelist: Any) -> Iterator[Any]:
        """As Django's, but that the first, chosen by choosing nothing, is what waits."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "Waiting"}
        yield from others


class WrongFilter(admin.SimpleListFilter):
    """By what is said to be wrong."""

    title = "what is wrong"
    parameter_name = "wrong"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Each part of a read."""
        return [(str(value), str(label)) for value, label in Wrong.choices]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: "QuerySet[ErrorReport]",
    ) -> "QuerySet[ErrorReport]":
        """The reports that name the part, perhaps beside others."""
        chosen = self.value()
        return queryset.filter(wrong__contains=[chosen]) if chosen in Wrong.values else queryset


@admin.register(ErrorReport)
class ErrorReportAdmin(GovernedAdmin[ErrorReport]):
    """Reports of errors in reads, oldest first."""

    view_permissions = REVIEWERS
    change_list_template = "ingest/error_report_change_list.html"
    list_display = ("report", "waits", "left", "what", "source", "agency_name", "standing")
    list_display_links = None
    list_filter = (StandingFilter, WrongFilter, "agency", "camera__source")
    list_select_related = ("agency", "camera__source", "reviewer")
    ordering = ("opened_at", "id")
    show_full_result_count = False
    # Neither plate nor reporter: a read is opened by its review alone.
    fields = (
        "standing",
        "agency_name",
        "source",
        "what",
        "opened_at",
        "due_at",
        "left",
        "reviewer_name",
        "reviewed_at",
        "closed_at",
        "answer",
    )
    readonly_fields = ("standing", "agency_name", "source", "what", "left", "reviewer_name")
    agency_name = as_text("agency", "Agency")
    reviewer_name = as_text("reviewer", "Reviewer")
    _LABELS: ClassVar[dict[str, str]] = {
        CORRECT: "Correct the read",
        WITHDRAW: "Withdraw the read",
        REJECT: "Reject the report",
    }

    def visible_to(self, person: Person) -> "QuerySet[ErrorReport]":
        """All of them, for who reviews reads."""
        reports = ErrorReport.objects.all()
        return reports if person.may(Permission.REVIEW_READS) else reports.none()

    def get_urls(self) -> list[URLPattern]:
        """The review and its photographs before Django's pages."""

        def page(view: Any) -> Any:
            return requires(*REVIEWERS)(self.admin_site.admin_view(view))

        base = "ingest_errorreport"
        photograph = "<path:object_id>/photographs/<str:role>/"
        return [
            path("countdowns/", page(self._countdowns), name=f"{base}_countdowns"),
            path("<path:object_id>/review/", page(self._review), name=f"{base}_review"),
            path(photograph, page(self._photograph), name=f"{base}_photograph"),
            *super().get_urls(),
        ]

    # --- the list ------------------------------------------------------------------------------

    @admin.display(description="Report", ordering="id")
    def report(self, found: ErrorReport) -> SafeString:
        """The end of its number, which leads to the review, or to what was decided."""
        name = "review" if found.is_waiting else "change"
        address = reverse(f"admin:ingest_errorreport_{name}", args=[found.pk])
        return format_html('<a href="{}">{}</a>', address, str(found.pk)[-8:])

    @admin.display(description="Waits since", ordering="opened_at")
    def waits(self, found: ErrorReport) -> str:
        """How old it is, in words."""
        return timesince(found.opened_at, found.closed_at or timezone.now(), depth=1)

    @admin.display(description="Time left", ordering="due_at")
    def left(self, found: ErrorReport) -> SafeString | str:
        """Business time until an answer is due, in words and color."""
        if not found.is_waiting:
            return "–"
        context = {"pk": found.pk, "countdown": countdown_of(found, timezone.now())}
        return render_to_string("accounts/_countdown.html", context)

    @admin.display(description="What is wrong")
    def what(self, found: ErrorReport) -> str:
        """The parts that are named, and whether an individual asks."""
        parts = ", ".join(presenting.wrong_labels(found.wrong))
        return f"{parts} (amendment)" if found.amendment_id else parts

    @admin.display(description="Source", ordering="camera__source__name")
    def source(self, found: ErrorReport) -> str:
        """Whose camera made the read."""
        return found.camera.source.name if found.camera else "no read found"

    @admin.display(description="Standing", ordering="status")
    def standing(self, found: ErrorReport) -> str:
        """The status, and who of the vendor has taken it up."""
        label = ReportStatus(found.status).label
        return f"{label}, {found.reviewer}" if found.is_waiting and found.reviewer else label

    def _countdowns(self, request: HttpRequest) -> HttpResponse:
        """What is left of each waiting report; shown already to who asks, so not recorded anew."""
        waiting = self.visible_to(_person(request)).filter(status__in=WAITING_REPORTS)
        reports = waiting.select_related("agency").order_by("due_at")[:_REFRESHED]
        now = timezone.now()
        context = {"countdowns": [(found.pk, countdown_of(found, now)) for found in reports]}
        return render(request, "accounts/_countdowns.html", context)

    # --- the review ----------------------------------------------------------------------------

    def _review(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The read beside its photographs and what is said of it; its decision (POST)."""
        person, now = _person(request), timezone.now()
        pk = _uuid(object_id)
        try:
            review = view_report(person=person, pk=pk, now=now)
        except NotFound:
            return self._decided_already(request, person, pk)
        initial = initial_of(review.read, [report.pk for report in review.reports])
        form = ReviewForm(
            request.POST if request.method == "POST" else None, read=review.read, initial=initial
        )
        if form.is_valid() and "changing" not in request.POST:
            try:
                if "confirmed" in request.POST:
                    return self._decide(request, person, pk, form, now)
                return self._confirm_page(request, review, form)
            except InvalidInput as error:
                for field, faults in error.errors.items():
                    for fault in faults:
                        form.add_error(field if field in form.fields else None, fault)
            except ReadChanged as error:
                messages.warning(request, error.message)
                return HttpResponseRedirect(request.path)
        return self._review_page(request, review, form, now)

    def _decide(
        self, request: HttpRequest, person: Person, pk: UUID, form: ReviewForm, now: datetime
    ) -> HttpResponse:
        data = form.cleaned_data
        common: dict[str, Any] = {
            "person": person,
            "report_id": pk,
            "seen": data["seen"],
            "reason": data["reason"],
            "now": now,
        }
        if data["decision"] == REJECT:
            count = reject_reports(**common)
            done = f"Rejected and recorded. {shown.counted(count, 'reporter')} will be told."
        else:
            made = correct_read(revision=form.revision(), **common)
            done = shown.correction_done(made.outcome, told=made.told, reports=made.reports)
        messages.success(request, done)
        return HttpResponseRedirect(reverse("admin:ingest_errorreport_changelist"))

    def _review_page(
        self, request: HttpRequest, review: Review, form: ReviewForm, now: datetime
    ) -> HttpResponse:
        context = self._review_context(request, review, form) | {
            "photographs": self._photographs(request, review, now),
            "rows": shown.review_rows(review, form),
            "claims": [shown.claim_of(report) for report in review.reports],
            "earlier": [shown.earlier_of(version) for version in review.earlier],
            "countdown": countdown_of(review.report, now),
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "ingest/error_report_review.html", context, status=status)

    def _confirm_page(self, request: HttpRequest, review: Review, form: ReviewForm) -> HttpResponse:
        """What the decision brings about, before it is taken. Raises InvalidInput."""
        decision = form.cleaned_data["decision"]
        revision = form.revision()
        if review.read is not None and revision is not None:
            check_revision(review.read, revision)
        context = self._review_context(request, review, form) | {
            "decision": self._LABELS[decision],
            "is_rejection": decision == REJECT,
            "changes": shown.changes_of(review.read, revision),
            "consequences": shown.consequence_lines(review, decision, revision),
            "reason": form.cleaned_data["reason"],
            "entered": [(name, value) for name, value in form.data.items() if name in form.fields],
        }
        return TemplateResponse(request, "ingest/error_report_confirm.html", context)

    def _review_context(
        self, request: HttpRequest, review: Review, form: ReviewForm
    ) -> dict[str, Any]:
        return self._context(request, "Review of a reported read", None) | {
            "form": form,
            "read": shown.read_facts(review),
            "report_count": len(review.reports),
            "receipt_id": review.recorded.id,
        }

    def _photographs(
        self, request: HttpRequest, review: Review, now: datetime
    ) -> list[dict[str, Any]]:
        read = review.read
        if read is None:
            return []
        return [
            {
                "role": role,
                "url": links.photograph_url(_person(request), review.report.pk, role, now=now),
                "derived": role == "plate" and read.plate_is_derived,
            }
            for role in links.ROLES
        ]

    def _decided_already(self, request: HttpRequest, person: Person, pk: UUID) -> HttpResponse:
        """Somebody else was quicker: their decision is shown. Raises NotFound for none."""
        if not self.visible_to(person).filter(pk=pk).exists():
            raise NotFound("report")
        messages.warning(request, "This report was decided or withdrawn meanwhile.")
        return HttpResponseRedirect(reverse("admin:ingest_errorreport_change", args=[pk]))

    def _photograph(self, request: HttpRequest, object_id: str, role: str) -> HttpResponse:
        """One photograph of the read under review, by a signed address."""
        if role not in links.ROLES:
            raise NotFound("photograph")
        data, content_type = reviewing.view_photograph(
            person=_person(request),
            pk=_uuid(object_id),
            role=role,
            token=request.GET.get("t", ""),
            now=timezone.now(),
        )
        return picture_response(data, content_type)


def countdown_of(report: ErrorReport, now: datetime) -> Countdown:
    """The countdown of a waiting report, in its agency's business time."""
    return count_down(report.due_at, now, ZoneInfo(report.agency.timezone))


def _person(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    return person


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("report") from None
