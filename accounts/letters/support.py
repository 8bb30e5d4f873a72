"""Mails of the help desk (ACC-14)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.countdown import count_down
from accounts.models import HelpRequest, HelpState, Notice
from accounts.notices import Letter, link, notice_kind, subject_of
from accounts.services.support import ANSWERED, OVERDUE, REQUESTED

_SAMPLE = {"name": "Alice Moreno", "topic": "Queries and results"}
_VENDOR = "You get this mail because you answer the help desk's requests."


def _open_request(notice: Notice) -> HelpRequest | None:
    return HelpRequest.objects.filter(pk=subject_of(notice), state=HelpState.OPEN).first()


@notice_kind(
    REQUESTED,
    why=_VENDOR,
    sample=lambda: _SAMPLE | {"url": link("home") + "admin/accounts/helprequest/"},
)
def compose_help_requested(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """To the help desk; what was written is read after log-on. Nothing once it was answered."""
    request = _open_request(notice)
    return Letter(_facts(request)) if request else None


@notice_kind(
    OVERDUE,
    why=_VENDOR,
    sample=lambda: (
        _SAMPLE
        | {
            "url": link("home") + "admin/accounts/helprequest/",
            "countdown": "overdue by 1 h 5 min",
        }
    ),
)
def compose_help_overdue(notice: Notice, now: datetime) -> Letter | None:
    """To the help desk again; nothing once it was answered."""
    request = _open_request(notice)
    if request is None:
        return None
    countdown = count_down(request.due_at, now, ZoneInfo("America/New_York"))
    return Letter(_facts(request) | {"countdown": countdown.words})


@notice_kind(
    ANSWERED,
    why="You get this mail because you asked the help desk.",
    sample=lambda: (
        _SAMPLE
        | {"asked": "How do I share an alert list?", "answer": "Open the list and choose Share."}
    ),
)
def compose_help_answered(notice: Notice, now: datetime) -> Letter | None:  # noqa: ARG001
    """To who asked: the question and the answer."""
    request = HelpRequest.objects.filter(pk=subject_of(notice)).first()
    if request is None:
        return None
    return Letter(
        {
            "name": request.name,
            "topic": request.get_topic_display(),
            "asked": request.text,
            "answer": request.answer,
        }
    )


def _facts(request: HelpRequest) -> dict[str, str]:
    return {
        "name": request.name,
        "topic": request.get_topic_display(),
        "url": link("admin:accounts_helprequest_change", request.pk),
    }
