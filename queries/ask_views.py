"""The pages of asking: the form, what it says of the time frame, and sending it."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.people import Person
from accounts.policy import TrainingMissing
from lprsvc.lib.access import requires
from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.permissions import Permission
from queries import policy, presenting, selectors
from queries.forms import QueryForm
from queries.limits import limit_of
from queries.models import RecentQuery
from queries.recalling import as_it_was, moved_on
from queries.records import as_uuid
from queries.services import asking, recall
from queries.web import SeeOther, person_of

# ``?frame=`` of a question asked again with its own dates; anything else moves them on to today.
AS_IT_WAS = "as-it-was"


@require_http_methods(["GET", "POST"])
@requires(Permission.RUN_QUERIES)
def query_new(request: HttpRequest) -> HttpResponse:
    """The form (GET), and asking (POST). ``?again=`` fills it from a recent query."""
    person, now = person_of(request), timezone.now()
    if request.method == "POST":
        return _ask(request, person, now)
    grounds = asking.open_form(person=person, now=now)
    pk = as_uuid(request.GET.get("again", ""))
    again = recall.recall_query(person=person, pk=pk, now=now) if pk else None
    initial: dict[str, Any] = {}
    if again:
        exactly = request.GET.get("frame") == AS_IT_WAS
        initial = as_it_was(again, person) if exactly else moved_on(again, person, now=now)
    return _form_page(request, QueryForm(grounds=grounds, initial=initial), now=now, again=again)


@require_GET
@requires(Permission.RUN_QUERIES)
def query_limit(request: HttpRequest) -> HttpResponse:
    """What the form says of the time frame as far as it is chosen: a part of its page.

    Nothing of a case comes here, only offense, period and dates; sending the form decides.
    """
    person, now = person_of(request), timezone.now()
    form = QueryForm(request.GET, grounds=selectors.grounds_for(person, now=now))
    return render(request, "queries/_time_limit.html", _time_limit(form, person, now))


def _ask(request: HttpRequest, person: Person, now: datetime) -> HttpResponse:
    grounds = selectors.grounds_for(person, now=now)
    form = QueryForm(request.POST, grounds=grounds)
    if not form.is_valid():
        asking.record_incomplete(
            person=person,
            grounds=grounds,
            values=form.entered(),
            faults=form.faults(),
            rule=form.first_rule(),
        )
        return _form_page(request, form, now=now, status=422)
    question = form.question(now=now, timezone=person.timezone)
    try:
        result = asking.run_query(person=person, ask=question, now=now)
    except TrainingMissing:
        raise  # has a page of its own, that says what to do
    except PolicyDenied as denied:
        if denied.field is None:
            context = {"message": denied.message, "rule": denied.code}
            return render(request, "queries/query_refused.html", context, status=denied.status)
        form.refuse(denied)
        return _form_page(request, form, now=now, status=422)
    return SeeOther(reverse("query_detail", args=[result.query.pk]))


def _form_page(
    request: HttpRequest,
    form: QueryForm,
    *,
    now: datetime,
    again: RecentQuery | None = None,
    status: int = 200,
) -> HttpResponse:
    person = person_of(request)
    context = {
        "form": form,
        "refused": form.is_bound,
        "again": presenting.summary(again, person) if again else None,
        **_time_limit(form, person, now),
    }
    return render(request, "queries/query_new.html", context, status=status)


def _time_limit(form: QueryForm, person: Person, now: datetime) -> dict[str, Any]:
    """How far back the question may reach, and what a rule says of the dates chosen so far."""
    rule = form.grounds.rule
    if rule is None:
        return {}
    offense, zone = form.chosen_offense(), person.timezone
    context = {"limit": limit_of(rule, offense, now=now, timezone=zone), "fault": ""}
    frame = form.frame_so_far(now=now, timezone=zone)
    try:
        if frame:
            policy.check_time_frame(frame, rule=rule, offense=offense, now=now, timezone=zone)
    except PolicyDenied as denied:
        context["fault"] = denied.message
    return context
