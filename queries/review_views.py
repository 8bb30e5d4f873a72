"""The pages of what was asked in one's own name, and of what a supervisor reviews."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.selectors import list_reviewed_by
from lprsvc.lib.access import any_person, requires
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from lprsvc.lib.permissions import Permission
from queries import presenting, selectors
from queries.models import ReviewFinding
from queries.review_forms import FindingForm, ObjectionForm, ReviewFilterForm
from queries.services import behalf, reviews
from queries.web import SeeOther, person_of, show_refusal


@require_GET
@any_person("what was asked in one's own name concerns everybody of an agency")
def in_name_list(request: HttpRequest) -> HttpResponse:
    """What others asked in the person's name (QRY-1)."""
    asked = behalf.list_in_name(person=person_of(request), now=timezone.now())
    context = {"asked": asked, "timezone": person_of(request).timezone}
    return render(request, "queries/in_name_list.html", context)


@require_http_methods(["GET", "POST"])
@any_person("what was asked in one's own name concerns everybody of an agency")
def in_name_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One of them: what was asked (GET), and objecting to it (POST)."""
    person, now = person_of(request), timezone.now()
    form = ObjectionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            behalf.object_to_query(
                person=person, pk=pk, reason=form.cleaned_data["reason"], now=now
            )
        except (InvalidInput, PolicyDenied) as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, "Your objection was sent to the supervisor.")
            return SeeOther(reverse("in_name_detail", args=[pk]))
    found = behalf.view_in_name(person=person, pk=pk, now=now)
    context = {
        "asked": found.asked,
        "query": presenting.logged_query(found.entry, person, _words(request)),
        "form": form,
        "timezone": person.timezone,
    }
    return render(
        request, "queries/in_name_detail.html", context, status=422 if form.errors else 200
    )


@require_GET
@requires(Permission.REVIEW_QUERIES)
def review_list(request: HttpRequest) -> HttpResponse:
    """Queries of the own people that wait for a look, or have had one."""
    person = person_of(request)
    people = [(str(user.pk), user.full_name) for user in list_reviewed_by(person)]
    form = ReviewFilterForm(request.GET, people=people)
    wanted = form.chosen()
    page = reviews.list_reviews(person=person, wanted=wanted, page=request.GET.get("page", ""))
    context = {
        "form": form,
        "page": page,
        "done": wanted.done,
        "is_filtered": bool(wanted.cause or wanted.asker),
        "people": people,
        "timezone": person.timezone,
    }
    return render(request, "queries/review_list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.REVIEW_QUERIES)
def review_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One of them: the query and why it is here (GET), and what was found (POST)."""
    person = person_of(request)
    form = FindingForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            reviews.decide_review(
                person=person,
                pk=pk,
                finding=ReviewFinding(form.cleaned_data["finding"]),
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except (InvalidInput, PolicyDenied) as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, "Your finding was recorded.")
            return SeeOther(reverse("review_list"))
    shown = reviews.open_review(person=person, pk=pk)
    words = _words(request)
    context = {
        "review": shown.review,
        "query": presenting.logged_query(shown.asked, person, words) if shown.asked else None,
        "objection": shown.objection.fields if shown.objection else None,
        "finding": shown.finding.fields if shown.finding else None,
        "hit_count": shown.hit_count,
        "form": form,
        "timezone": person.timezone,
    }
    return render(
        request, "queries/review_detail.html", context, status=422 if form.errors else 200
    )


def _words(request: HttpRequest) -> presenting.Words:
    return presenting.Words(
        reasons=selectors.reason_labels_for(person_of(request)),
        offenses=selectors.offense_labels(),
    )
