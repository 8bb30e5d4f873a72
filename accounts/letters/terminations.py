"""The mail about a termination that is overdue (ACC-10)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.countdown import count_down
from accounts.models import Notice, Termination, TerminationState
from accounts.notices import Letter, link, notice_kind, subject_of
from accounts.services.terminations import OVERDUE, zone_of


def _sample() -> Mapping[str, Any]:
    return {
        "name": "Alice Moreno",
        "username": "amoreno",
        "requested_by": "Grace Whitfield",
        "received_at": "Friday, March 6, 2026, 15:00 EST",
        "due_at": "Monday, March 9, 2026, 15:00 EDT",
        "countdown": "overdue by 1 h 5 min",
        "url": link("home") + "admin/accounts/termination/",
    }


@notice_kind(
    OVERDUE,
    why=(
        "You get this mail because you manage the person's area of responsibility, or administer"
        " the service."
    ),
    sample=_sample,
)
def compose_termination_overdue(notice: Notice, now: datetime) -> Letter | None:
    """Whose access should have ended, and since when; nothing once it has."""
    found = (
        Termination.objects.select_related("user__agency")
        .filter(pk=subject_of(notice), state=TerminationState.OPEN)
        .first()
    )
    if found is None:
        return None
    zone = zone_of(found.user)
    return Letter(
        {
            "name": found.user.full_name,
            "username": found.user.username,
            "requested_by": found.requested_by,
            "received_at": _clock(found.received_at, zone),
            "due_at": _clock(found.due_at, zone),
            "countdown": count_down(found.due_at, now, zone).words,
            "url": link("admin:accounts_termination_change", found.pk),
        }
    )


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%A, %B} {local.day}, {local:%Y, %H:%M} {local.tzname()}"
