"""One way to show an error: pages for people, problem details (RFC 9457) for programs."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from accounts.policy import TrainingMissing
from accounts.training_views import training_missing
from lprsvc.lib.errors import DomainError, InvalidInput

_TEMPLATES = {403: "403.html", 404: "404.html", 503: "503.html"}
PROBLEM_TYPE = "application/problem+json"


def response_to(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The page or problem document for an error that people may be told."""
    if is_api(request):
        return JsonResponse(problem(error), status=error.status, content_type=PROBLEM_TYPE)
    if isinstance(error, TrainingMissing):
        return training_missing(request, error)
    template = _TEMPLATES.get(error.status, "400.html")
    return render(request, template, {"error": error}, status=error.status)


def problem(error: DomainError) -> dict[str, Any]:
    """The problem-details members of an error."""
    members: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": error.message,
    }
    if isinstance(error, InvalidInput):
        members["errors"] = error.errors
    return members


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """For REST framework views: our own errors and the framework's in the same form."""
    if isinstance(error, DomainError):
        return Response(problem(error), status=error.status, content_type=PROBLEM_TYPE)
    response = exception_handler(error, context)
    if response is not None and isinstance(error, APIException):
        response.data = {
            "type": "about:blank",
            "title": HTTPStatus(response.status_code).phrase,
            "status": response.status_code,
            "code": str(error.default_code),
            "detail": str(error.detail),
        }
        response.content_type = PROBLEM_TYPE
    return response


def is_api(request: HttpRequest) -> bool:
    """Whether a program asks: everything under ``/api/``."""
    return request.path.startswith("/api/")


def forbidden(request: HttpRequest) -> HttpResponse:
    """The answer to a person who may not."""
    return response_to(
        request, DomainError("forbidden", "Your roles do not allow this page.", status=403)
    )


def log_on_first(request: HttpRequest) -> HttpResponseBase:
    """The answer to nobody in particular: the log-on page, or 401 for a program."""
    if is_api(request):
        error = DomainError("log_on", "Log on first.", status=401)
        return response_to(request, error)
    if request.headers.get("HX-Request"):
        # A fragment of a page can't show the log-on form: the whole page goes there.
        return HttpResponse(status=204, headers={"HX-Redirect": "/accounts/login/"})
    return redirect_to_login(request.get_full_path())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form whose page is too old, or that came from elsewhere."""
    return render(request, "403_csrf.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Handler of unknown addresses."""
    return response_to(request, DomainError("not_found", "This page does not exist.", status=404))


def server_error(request: HttpRequest) -> HttpResponse:
    """Handler of what nobody foresaw; shows nothing of it."""
    if is_api(request):
        error = DomainError("internal", "Something went wrong here; nothing was done.", status=500)
        return response_to(request, error)
    # Without the request: what failed may be in what every page's context needs.
    return HttpResponse(render_to_string("500.html"), status=500)
