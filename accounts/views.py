"""The rules of behavior: affirming them at log-on, reading them at any time."""

from allauth.account.internal.decorators import login_stage_required
from allauth.account.stages import LoginStage
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import RulesForm
from accounts.people import Person, person_for
from accounts.selectors import current_rules_for
from accounts.services import rules as rules_service
from accounts.stages import RulesStage
from lprsvc.lib.access import any_person, public
from lprsvc.lib.errors import DomainError


@public("somebody whose log-on waits for the rules is not logged on yet")
@require_http_methods(["GET", "HEAD", "POST"])
@login_stage_required(  # type: ignore[untyped-decorator]
    stage=RulesStage.key, redirect_urlname="account_login"
)
def affirm_rules(request: HttpRequest) -> HttpResponse:
    """The rules at log-on: affirm, or decline and be logged out."""
    stage: LoginStage = request._login_stage  # type: ignore[attr-defined]  # noqa: SLF001
    person = person_for(stage.login.user, origin=request.origin)  # type: ignore[attr-defined]
    form = RulesForm(request.POST or None)
    if request.method != "POST":
        return _show(request, person)
    if not form.is_valid():
        messages.error(request, "Choose “I affirm” or “Decline and log out”.")
        return _show(request, person, status=400)
    if form.cleaned_data["decision"] == "decline":
        return _decline(request, stage, person)
    try:
        rules_service.accept_rules(person=person, rules_id=form.cleaned_data["rules"])
    except DomainError as error:
        if error.code != "rules_outdated":
            raise
        messages.warning(request, error.message)
        return _show(request, person, status=error.status)
    response: HttpResponse = stage.exit()
    return response


@any_person("whoever affirmed the rules may read them again")
@require_safe
def read_rules(request: HttpRequest) -> HttpResponse:
    """The rules that hold for the person."""
    person: Person = request.person  # type: ignore[attr-defined]
    rules = current_rules_for(person.agency_id)
    return render(request, "accounts/rules_detail.html", {"rules": rules})


def _show(request: HttpRequest, person: Person, *, status: int = 200) -> HttpResponse:
    rules = rules_service.show_rules(person=person)
    return render(request, "accounts/rules_affirm.html", {"rules": rules}, status=status)


def _decline(request: HttpRequest, stage: LoginStage, person: Person) -> HttpResponse:
    rules_service.decline_rules(person=person)
    messages.info(request, "You declined the rules of behavior, so you are not logged on.")
    response: HttpResponse = stage.abort()
    return response
