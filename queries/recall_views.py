"""The pages of recalling what was asked, naming and sharing it, and forgetting it (QRY-13)."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.selectors import list_own_groups
from lprsvc.lib.access import requires
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from lprsvc.lib.permissions import Permission
from queries import presenting, selectors
from queries.recall_forms import KeepForm, RecallFilterForm
from queries.records import as_uuid
from queries.rules import RECENT_PER_PAGE
from queries.selectors import RecallFilter
from queries.services import recall
from queries.web import SeeOther, person_of, show_refusal


@require_GET
@requires(Permission.RUN_QUERIES)
def query_list(request: HttpRequest) -> HttpResponse:
    """The person's own recent queries and those of their groups, as the address says."""
    person = person_of(request)
    form = RecallFilterForm(request.GET, reasons=selectors.reason_labels_for(person))
    wanted = form.chosen()
    recent = recall.list_recent(person=person, wanted=wanted, now=timezone.now())
    page = Paginator(recent, RECENT_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "queries": [presenting.summary(query, person) for query in page],
        "is_filtered": wanted != RecallFilter(sort=wanted.sort),
    }
    return render(request, "queries/query_list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.RUN_QUERIES)
def query_keep(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Name one of the person's recent queries, and share its question."""
    person, now = person_of(request), timezone.now()
    query = recall.own_query(person=person, pk=pk, now=now)
    groups = {group.pk: group.name for group in list_own_groups(person)}
    data = request.POST if request.method == "POST" else None
    form = KeepForm(data, query=query, groups=groups)
    if form.is_bound and form.is_valid():
        try:
            recall.keep_query(
                person=person,
                pk=pk,
                name=form.cleaned_data["name"],
                group=form.chosen_group(),
                now=now,
            )
        except (InvalidInput, PolicyDenied) as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, "The query was changed in your list.")
            return SeeOther(reverse("query_list"))
    context = {"form": form, "query": presenting.summary(query, person)}
    status = 422 if form.errors else 200
    return render(request, "queries/query_keep.html", context, status=status)


@require_POST
@requires(Permission.RUN_QUERIES)
def query_forget(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Erase one of the person's recent queries by hand."""
    recall.forget_query(person=person_of(request), pk=pk, now=timezone.now())
    messages.success(request, "The query was deleted. Its log entry stays.")
    return SeeOther(reverse("query_list"))


@require_POST
@requires(Permission.RUN_QUERIES)
def query_forget_many(request: HttpRequest) -> HttpResponse:
    """Erase those that were ticked, once that is confirmed."""
    person, now = person_of(request), timezone.now()
    pks = [pk for text in request.POST.getlist("query") if (pk := as_uuid(text))]
    if not pks:
        messages.warning(request, "Tick the queries to delete first.")
        return SeeOther(reverse("query_list"))
    if request.POST.get("confirmed") != "yes":
        chosen = [recall.own_query(person=person, pk=pk, now=now) for pk in pks]
        context = {"queries": [presenting.summary(query, person) for query in chosen]}
        return render(request, "queries/query_forget.html", context)
    count = recall.forget_queries(person=person, pks=pks, now=now)
    messages.success(request, f"Deleted: {count}. The log entries stay.")
    return SeeOther(reverse("query_list"))
