"""The shipped offenses, verified: here by nobody's counsel, for nobody's case."""

from lprsvc.example.load.setting import Loading
from queries.models import Offense
from queries.services.offenses import ship_offenses, verify_offense

_COUNSEL = "C. Example, counsel of the example set-up only"
_REASON = "Example set-up: verified so that it can be tried. No counsel has read it."


def load_offenses(loading: Loading) -> None:
    """Ship what was never shipped, and verify all of it."""
    ship_offenses(now=loading.now)
    waiting = Offense.objects.filter(verified_on=None)
    for offense in waiting:
        verify_offense(
            actor=loading.actor,
            offense=offense,
            verified_by=_COUNSEL,
            verified_on=loading.now.date(),
            reason=_REASON,
            now=loading.now,
        )
