"""Printing chosen hits."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lprsvc.lib.access import requires
from lprsvc.lib.permissions import Permission
from queries.records import as_uuid
from queries.services.reports import print_report
from queries.web import person_of


@require_POST
@requires(Permission.RUN_QUERIES)
def report_print(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The chosen hits (`hit`, several) as a file to keep, in the `format` chosen."""
    given = request.POST.getlist("hit")
    read_ids = {found for text in given if (found := as_uuid(text))}
    printed = print_report(
        person=person_of(request),
        pk=pk,
        read_ids=read_ids,
        form=request.POST.get("format", ""),
        now=timezone.now(),
    )
    return HttpResponse(
        printed.content,
        content_type=printed.content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{printed.name}"',
            "Cache-Control": "private, no-store",
        },
    )
