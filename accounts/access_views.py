"""Asking for access, and registering by key: pages for people who have no account yet.

They tell nothing of who has one: whatever was entered, the answers are the same.
"""

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from accounts import selectors
from accounts.access_forms import AccessRequestForm, AgencyCodeForm, RegisterForm
from accounts.credential_forms import add_faults
from accounts.log_on_rules import MIN_LENGTH_ALONE
from accounts.request_forms import read_upload
from accounts.services.access import submit_request
from accounts.services.registration import Credentials, KeyRefused, register
from audit.actors import Origin
from lprsvc.lib.access import public
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound

# What the service calls a field, and what this form does.
_SERVICES_NAMES = {"password": "password1"}
_FORM = require_http_methods(["GET", "HEAD", "POST"])


class TooManyAttempts(DomainError):
    """More from one address than people send."""

    def __init__(self) -> None:
        super().__init__(
            "too_many_attempts",
            "Too many attempts from your address. Wait an hour and try again.",
            status=429,
        )


class _FormsOpened(SimpleRateThrottle):
    """How often one address opens agencies' forms; allauth's limits count no GET."""

    rate = "60/hour"

    def get_cache_key(self, request: Request, view: APIView) -> str:  # noqa: ARG002  the library calls it so
        """One count for each address."""
        return f"access_form:{_origin(request).ip}"


@public("somebody without account says by which agency they want to be given access")
@_FORM
def access_start(request: HttpRequest) -> HttpResponse:
    """Asks for the agency's code, so that nobody reads here which agencies there are."""
    form = AgencyCodeForm(request.POST or None)
    if request.method == "POST":
        limit_attempts(request, "access_agency")
        if form.is_valid():
            agency = selectors.find_agency_by_code(form.cleaned_data["code"])
            if agency is not None:
                return redirect("access_request", code=agency.code)
            form.add_error("code", "There is no agency with this code.")
    status = 422 if form.errors else 200
    return render(request, "accounts/access_start.html", {"form": form}, status=status)


@public("somebody without account asks for one")
@_FORM
def access_request(request: HttpRequest, code: str) -> HttpResponse:
    """The electronic request form of one agency (ACC-4)."""
    # Before the code is looked up: nobody learns here by trying which agencies there are.
    if request.method == "POST":
        limit_attempts(request, "access_request")
    elif not _FormsOpened().allow_request(Request(request), APIView()):
        raise TooManyAttempts
    agency = selectors.find_agency_by_code(code)
    if agency is None:
        raise NotFound("page")
    if request.method == "POST":
        form = AccessRequestForm(request.POST, request.FILES, agency=agency)
        if form.is_valid() and _submitted(request, form):
            return redirect("access_requested")
    else:
        form = AccessRequestForm(agency=agency)
    context = {"form": form, "agency": agency}
    status = 422 if form.errors else 200
    return render(request, "accounts/access_request.html", context, status=status)


@public("what becomes of a request for access")
@require_safe
def access_requested(request: HttpRequest) -> HttpResponse:
    """The same words for everybody who asked."""
    return render(request, "accounts/access_requested.html")


@public("somebody with a registration key has no account yet")
@never_cache
@sensitive_post_parameters()
@_FORM
def register_by_key(request: HttpRequest) -> HttpResponse:
    """Choose user name, password and security questions with a registration key (ACC-5)."""
    form = RegisterForm(request.POST or None)
    if request.method == "POST":
        limit_attempts(request, "register")
        if form.is_valid() and _registered(request, form):
            messages.success(request, "You are registered. Log on with what you chose.")
            return HttpResponseRedirect(reverse("account_login"))
    context = {"form": form, "min_length": MIN_LENGTH_ALONE}
    status = 422 if form.errors else 200
    return render(request, "accounts/register.html", context, status=status)


def _submitted(request: HttpRequest, form: AccessRequestForm) -> bool:
    upload = form.cleaned_data["form"]
    try:
        submit_request(
            aor=form.cleaned_data["aor"],
            applicant=form.applicant(),
            form=read_upload(upload) if upload else None,
            origin=_origin(request),
            now=timezone.now(),
        )
    except InvalidInput as error:
        add_faults(form, error)
        return False
    return True


def _registered(request: HttpRequest, form: RegisterForm) -> bool:
    data = form.cleaned_data
    try:
        register(
            key=data["key"],
            email=data["email"],
            credentials=Credentials(data["username"], data["password1"], form.answers()),
            origin=_origin(request),
            now=timezone.now(),
        )
    except KeyRefused as error:
        form.add_error(None, error.message)
        return False
    except InvalidInput as error:
        add_faults(form, error, _SERVICES_NAMES)
        return False
    return True


def limit_attempts(request: HttpRequest, action: str) -> None:
    """Count one attempt from this address (rates: settings). Raises TooManyAttempts."""
    if not ratelimit.consume(request, action=action):
        raise TooManyAttempts


def _origin(request: HttpRequest | Request) -> Origin:
    origin: Origin = request.origin  # type: ignore[union-attr]
    return origin
