"""The room's mails but those of matches; see `accounts.notices`. None names a plate: those are read
after logging on, where looking is recorded."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Notice, User
from accounts.notices import Letter, link, notice_kind, subject_of
from alerts.life import Stage
from alerts.models import AlertEntry
from alerts.selectors import Shown, whole
from alerts.services.facts import life_of
from alerts.services.lifetime import EXPIRING


def _sample() -> Mapping[str, Any]:
    return {
        "ending": 3,
        "first_end": "March 16, 2026",
        "ended": 1,
        "removed_from": "March 9, 2026",
        "ending_url": link("alert_list") + "?shown=ending",
        "ended_url": link("alert_list") + "?shown=ended",
    }


@notice_kind(EXPIRING, why="You get this mail because you watch license plates.", sample=_sample)
def compose_alert_expiring(notice: Notice, now: datetime) -> Letter | None:
    """How many of the person's alerts end, and have ended; nothing once they were seen to."""
    owner = User.objects.filter(pk=subject_of(notice), is_active=True).first()
    if owner is None:
        return None
    lives = [life_of(one) for one in whole(AlertEntry.objects.filter(alert_list__owner=owner))]
    ending = sorted(life.expires_at for life in lives if life.stage(now) is Stage.ENDING)
    ended = sorted(life.removed_at for life in lives if life.stage(now) is Stage.ENDED)
    if not ending and not ended:
        return None
    return Letter(
        {
            "ending": len(ending),
            "first_end": _day(ending[0], owner) if ending else "",
            "ended": len(ended),
            "removed_from": _day(ended[0], owner) if ended else "",
            "ending_url": f"{link('alert_list')}?shown={Shown.ENDING.value}",
            "ended_url": f"{link('alert_list')}?shown={Shown.ENDED.value}",
        }
    )


def _day(moment: datetime, owner: User) -> str:
    local = moment.astimezone(ZoneInfo(owner.timezone))
    return f"{local:%B} {local.day}, {local.year}"
