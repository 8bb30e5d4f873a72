"""The pages of recalling what one has asked, and of forgetting it (QRY-13)."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from lprsvc.lib.access import requires
from lprsvc.lib.permissions import Permission
from queries import presenting
from queries.rules import RECENT_PER_PAGE
from queries.services import recall
from queries.web import SeeOther, person_of


@require_GET
@requires(Permission.RUN_QUERIES)
def query_list(request: HttpRequest) -> HttpResponse:
    """The person's own recent queries."""
    person = person_of(request)
    recent = recall.list_recent(person=person, now=timezone.now())
    page = Paginator(recent, RECENT_PER_PAGE).get_page(request.GET.get("page"))
    shown = [presenting.summary(query, person) for query in page]
    return render(request, "queries/query_list.html", {"page": page, "queries": shown})


@require_POST
@requires(Permission.RUN_QUERIES)
def query_forget(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Erase one of the person's recent queries by hand."""
    recall.forget_query(person=person_of(request), pk=pk, now=timezone.now())
    messages.success(request, "The query was deleted. Its log entry stays.")
    return SeeOther(reverse("query_list"))
