"""The help desk's queue in the admin: read, answer, close (ACC-14)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db.models import QuerySet
from django.utils import timezone

from accounts.countdown import count_down
from accounts.governed_admin import GovernedAdmin, GovernedPage, as_text
from accounts.models import HelpRequest, HelpState
from accounts.people import Person
from accounts.selectors import list_help_requests_for
from accounts.services.support import answer_help, close_help
from accounts.support_forms import AnswerForm, CloseForm
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission as P

_VENDOR = frozenset({P.MANAGE_AGENCIES})
Data = Mapping[str, Any]


def _given(request: HelpRequest | None) -> HelpRequest:
    if request is None:
        raise NotFound("help request")
    return request


def _answer(person: Person, request: HelpRequest | None, data: Data, now: datetime) -> None:
    answer_help(actor=person, request=_given(request), answer=data["reason"], now=now)


def _close(person: Person, request: HelpRequest | None, data: Data, now: datetime) -> None:
    close_help(actor=person, request=_given(request), reason=data["reason"], now=now)


def _is_open(_: Person, request: HelpRequest | None) -> bool:
    return request is not None and request.state == HelpState.OPEN


def _of_answering(_: Person, request: HelpRequest | None) -> list[str]:
    return [f"Your answer is mailed to {_given(request).email}, and the request is done."]


def _of_closing(_: Person, request: HelpRequest | None) -> list[str]:
    return [f"The request ends unanswered; the reason is mailed to {_given(request).email}."]


@admin.register(HelpRequest)
class HelpRequestAdmin(GovernedAdmin[HelpRequest]):
    """What people asked the help desk; the longest waiting first."""

    view_permissions = _VENDOR
    list_display = ("name", "topic", "agency_name", "asked_at", "state", "standing")
    list_filter = ("state", "topic")
    ordering = ("due_at",)
    fields = (
        "name",
        "email",
        "agency_name",
        "topic",
        "text",
        "asked_at",
        "state",
        "standing",
        "answer",
        "ended_at",
        "ended_by_name",
    )
    readonly_fields = ("agency_name", "standing", "ended_by_name")
    ended_by_name = as_text("ended_by", "Ended by")
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        GovernedPage(
            name="answer",
            title="Answer this request",
            permissions=_VENDOR,
            act=_answer,
            form=AnswerForm,
            offered=_is_open,
            consequences=_of_answering,
        ),
        GovernedPage(
            name="close",
            title="Close without an answer",
            permissions=_VENDOR,
            act=_close,
            form=CloseForm,
            offered=_is_open,
            consequences=_of_closing,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[HelpRequest]":
        """All of them, for the vendor."""
        return list_help_requests_for(person)

    @admin.display(description="Agency")
    def agency_name(self, request: HelpRequest) -> str:
        """Of who asked; nobody knows it of somebody who was not logged on."""
        if request.user is None:
            return "not logged on"
        return str(request.user.agency or "the vendor")

    @admin.display(description="Answer due", ordering="due_at")
    def standing(self, request: HelpRequest) -> str:
        """What is left of the 24 business hours."""
        if request.state != HelpState.OPEN:
            return "–"
        zone = ZoneInfo(request.user.timezone if request.user else "America/New_York")
        return count_down(request.due_at, timezone.now(), zone).words
