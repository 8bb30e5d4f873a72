"""The help desk's pages: how to reach it, and what became of one's own requests (ACC-14)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access_views import limit_attempts
from accounts.credential_forms import add_faults
from accounts.people import Person
from accounts.services.support import ask_for_help, list_own
from accounts.support_forms import HelpForm
from audit.actors import Origin
from lprsvc.lib.access import any_person, public
from lprsvc.lib.errors import InvalidInput


@public("who can't log on must be able to reach the help desk")
@require_http_methods(["GET", "HEAD", "POST"])
def help_contact(request: HttpRequest) -> HttpResponse:
    """How to reach the help desk, and a form that does."""
    person: Person | None = request.person  # type: ignore[attr-defined]
    sent = request.POST if request.method == "POST" else None
    form = HelpForm(sent, is_known=person is not None)
    if request.method == "POST":
        limit_attempts(request, "help")
        if form.is_valid() and _asked(request, person, form):
            return redirect("help_requests" if person else "help_sent")
    context = {
        "form": form,
        "email": settings.SUPPORT_EMAIL,
        "phone": settings.SUPPORT_PHONE,
        "hours": settings.SUPPORT_HOURS,
    }
    status = 422 if form.errors else 200
    return render(request, "accounts/help_contact.html", context, status=status)


@public("what becomes of a request to the help desk")
@require_safe
def help_sent(request: HttpRequest) -> HttpResponse:
    """The same words for everybody who asked."""
    return render(request, "accounts/help_sent.html")


@any_person("everybody may see what became of their own questions")
@require_safe
def help_requests(request: HttpRequest) -> HttpResponse:
    """One's own requests, open and answered."""
    person: Person = request.person  # type: ignore[attr-defined]
    return render(request, "accounts/help_request_list.html", {"requests": list_own(person=person)})


def _asked(request: HttpRequest, person: Person | None, form: HelpForm) -> bool:
    origin: Origin = request.origin  # type: ignore[attr-defined]
    try:
        ask_for_help(person=person, origin=origin, question=form.question(), now=timezone.now())
    except InvalidInput as error:
        add_faults(form, error)
        return False
    return True
