"""What happens around each request: who asks, whether they may, and how an error is shown."""

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from accounts.log_on_rules import rules_for
from accounts.models import User
from accounts.people import Person, person_for
from accounts.selectors import find_user, log_reader_for
from accounts.services import sessions
from audit.actors import Origin
from lprsvc import errors
from lprsvc.access_rules import rule_of
from lprsvc.lib.errors import DomainError

# Own choice: the largest file that a page asks for, a list of hot plates, is far smaller.
PAGE_MAX_BODY = 10 * 2**20

GetResponse = Callable[[HttpRequest], HttpResponse]


class ErrorMiddleware:
    """Shows a `DomainError` as its page or, under ``/api/``, as problem details (RFC 9457)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass through; errors arrive in `process_exception`."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The answer to a view's `DomainError`; anything else is Django's to handle."""
        return errors.response_to(request, error) if isinstance(error, DomainError) else None


class BodyLimitMiddleware:
    """Refuses, unread, what no page of ours could have sent; feeds have a limit of their own.

    Before anybody has logged on: a form's fields are held in memory and shown again when refused.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """413 for a page's request over the limit. A body without a length is never read."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not errors.is_api(request) and length.isdecimal() and int(length) > PAGE_MAX_BODY:
            message = f"A page takes {PAGE_MAX_BODY // 2**20} MB at most."
            return errors.response_to(request, DomainError("too_much", message, status=413))
        return self.get_response(request)


class PersonMiddleware:
    """Sets ``request.person`` and ``request.origin``, and ends sessions that are over (ACC-2)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set who asks; a session past its time is ended and recorded first."""
        request.origin = origin_of(request)  # type: ignore[attr-defined]
        request.person = None  # type: ignore[attr-defined]
        try:
            request.person = person = self._person(request)  # type: ignore[attr-defined]
        except DomainError as error:
            # The end of a session could not be recorded: it stands, and opens nothing.
            return errors.response_to(request, error)
        # Found only by the log's own pages: a query that no other page should pay for.
        request.get_log_reader = lambda: log_reader_for(person)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if request.person is not None:  # type: ignore[attr-defined]
            # Pages about people's cars are nobody's to keep.
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _person(self, request: HttpRequest) -> Person | None:
        origin: Origin = request.origin  # type: ignore[attr-defined]
        # Before the user is looked for: Django forgets a session whose account has moved on.
        claimed = request.session.get(SESSION_KEY)
        user = request.user
        if not isinstance(user, User):
            if claimed:
                self._end_revoked(request, claimed, origin)
            return None
        person = person_for(user, origin=origin)
        idle = rules_for(user.agency).idle_seconds
        # Said by the pages that renew a part of themselves. A lie here only ends a session sooner.
        unattended = "X-Unattended" in request.headers
        if sessions.is_over(
            request.session, now=timezone.now(), idle_seconds=idle, is_unattended=unattended
        ):
            sessions.end_by_timeout(request, person=person)
            return None
        return person

    def _end_revoked(self, request: HttpRequest, user_id: str, origin: Origin) -> None:
        """Record the end of a session that opens nothing any more, and forget it."""
        user = find_user(UUID(user_id))
        if user is not None:
            cause = "revoked" if user.is_active else "suspended"
            person = person_for(user, origin=origin)
            sessions.end_by_revocation(request, person=person, cause=cause)


class AccessMiddleware:
    """Default deny: a view without a rule opens for nobody (SAF-1)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass through; the rule is asked in `process_view`."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: tuple[Any, ...],  # noqa: ARG002 - Django's signature
        kwargs: dict[str, Any],  # noqa: ARG002
    ) -> HttpResponseBase | None:
        """None lets the request through; otherwise the log-on page or a refusal."""
        match = request.resolver_match
        rule = rule_of(match, view) if match else None
        person: Person | None = request.person  # type: ignore[attr-defined]
        if rule is None:
            return errors.forbidden(request)
        if rule.public or rule.feed:
            return None
        if person is None:
            return errors.log_on_first(request)
        if rule.any_person or rule.permissions & person.permissions:
            return None
        try:
            sessions.record_access_refused(person=person, path=match.route if match else "")
        except DomainError as error:
            return errors.response_to(request, error)
        return errors.forbidden(request)


def origin_of(request: HttpRequest) -> Origin:
    """Where a request came from, for the audit log."""
    return Origin(
        session=sessions.label_of(request.session),
        request=secrets.token_hex(8),
        ip=client_address(request),
        client=f"web {request.headers.get('User-Agent', '')[:200]}".strip(),
        auth="+".join(sessions.methods_of(request.session)),
    )


def client_address(request: HttpRequest) -> str:
    """The client's address; behind trusted proxies, the one the outermost of them saw."""
    hops: int = settings.TRUSTED_PROXY_COUNT
    if hops:
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")
        if len(forwarded) >= hops and (seen := forwarded[-hops].strip()):
            return seen
    return str(request.META.get("REMOTE_ADDR", ""))


def static_headers(headers: dict[str, str], path: str, url: str) -> None:  # noqa: ARG001
    """Static files are answered before the CSP middleware runs, so they get theirs here."""
    headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    headers["X-Content-Type-Options"] = "nosniff"
