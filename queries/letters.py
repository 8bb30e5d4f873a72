"""The room's mails; see `accounts.notices`. Their templates lie in templates/queries/mail.

None names a plate, a case or a reason: those are read after logging on, where looking is recorded.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Notice
from accounts.notices import Letter, link, notice_kind, subject_of
from queries.models import AskedInName, QueryReview
from queries.services.behalf import ASKED, OBJECTED

_SAMPLE_ID = "018f0000-0000-7000-8000-000000000001"


def _asked_sample() -> Mapping[str, Any]:
    return {
        "asker": "Alice Moreno",
        "asked_at": "Monday, March 2, 2026, 10:00 EST",
        "url": link("in_name_detail", _SAMPLE_ID),
    }


@notice_kind(
    ASKED,
    why="You get this mail because somebody of your agency ran a query in your name.",
    sample=_asked_sample,
)
def compose_asked_in_name(notice: Notice, _now: datetime) -> Letter | None:
    """Who asked in the officer's name, and when; nothing once it is erased."""
    asked = (
        AskedInName.objects.select_related("asker", "officer")
        .filter(pk=subject_of(notice), officer__is_active=True)
        .first()
    )
    if asked is None:
        return None
    return Letter(
        {
            "asker": asked.asker.full_name,
            "asked_at": _clock(asked.asked_at, asked.officer.timezone),
            "url": link("in_name_detail", asked.pk),
        }
    )


def _objected_sample() -> Mapping[str, Any]:
    return {"asker": "Alice Moreno", "url": link("review_detail", _SAMPLE_ID)}


@notice_kind(
    OBJECTED,
    why="You get this mail because you review the queries of the person named in it.",
    sample=_objected_sample,
)
def compose_query_objected(notice: Notice, _now: datetime) -> Letter | None:
    """Whose query an officer objects to; nothing once it is reviewed."""
    review = QueryReview.objects.select_related("asker").filter(pk=subject_of(notice)).first()
    if review is None or review.finding:
        return None
    return Letter({"asker": review.asker.full_name, "url": link("review_detail", review.pk)})


def _clock(moment: datetime, timezone: str) -> str:
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{local:%A, %B} {local.day}, {local:%Y, %H:%M} {local.tzname()}"
