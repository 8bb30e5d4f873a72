"""The admin: the workplace of agency managers and the vendor. A client of the rooms' services.

Log-on is the service's own (second factor, rules of behavior), never the admin's.
"""

from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.views import logout as log_out
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from accounts.board import board_for
from accounts.governed_admin import GovernedAdmin
from accounts.people import Person
from accounts.services.governed import record_viewed
from lprsvc.lib.permissions import Permission

_CLOSED = frozenset(
    {"logout", "password_change", "password_change_done", "autocomplete", "view_on_site"}
)


class GovernanceSite(AdminSite):
    """Default deny: each ModelAdmin says by permission who may see it."""

    site_header = "LPR service governance"
    site_title = "LPR service"
    index_title = "To do"
    # An unknown address is not found, here as everywhere.
    final_catch_all_view = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take a `GovernedAdmin`; what packages bring along (groups, tokens) has no place here."""
        if admin_class is not None and issubclass(admin_class, GovernedAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's, with times entered and shown by the person's own clock."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def by_own_clock(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            person: Person | None = getattr(request, "person", None)
            with timezone.override(ZoneInfo(person.timezone) if person else None):
                response = inner(request, *args, **kwargs)
                # Now, not after this block has ended.
                return (
                    response.render() if isinstance(response, SimpleTemplateResponse) else response
                )

        return by_own_clock

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person may enter the admin at all."""
        person: Person | None = getattr(request, "person", None)
        return person is not None and person.may(Permission.ENTER_ADMIN)

    @method_decorator(never_cache)
    def login(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 - Django's signature
    ) -> HttpResponse:
        """The service's log-on page; an admin log-on form of its own would skip every stage."""
        index = reverse("admin:index")
        if self.has_permission(request):
            return HttpResponseRedirect(index)
        return redirect_to_login(index)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """What waits for the person, then every list they may open. Recorded as seen."""
        person: Person = request.person  # type: ignore[attr-defined]
        record_viewed(person=person, subject="board")
        board = board_for(person, timezone.now())
        return super().index(request, {"board": board} | (extra_context or {}))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Without Django's own log-out and password pages, which record nothing."""
        kept = [entry for entry in super().get_urls() if getattr(entry, "name", "") not in _CLOSED]
        # The admin's code wants this name to exist; the service's own log-out stands behind it.
        return [path("logout/", log_out, name="logout"), *kept]
