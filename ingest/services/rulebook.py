"""The jurisdictions' rules as this process knows them, asked of every delivery (ING-6).

They change a few times a year and are asked hundreds of times a second, so they are kept. That is
safe: nothing is refused by rules that may be old, and what would be kept by old ones the database
refuses (``ingest_check_lawful``).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ingest.lawfulness import Rulebook, Ruling, rulings
from ingest.models import Camera
from ingest.schemas import Delivered
from ingest.selectors import list_rules_in_use

_kept: list[Rulebook] = []


def rule_on(
    reads: Sequence[Delivered], cameras: Mapping[str, Camera], now: datetime
) -> list[Ruling]:
    """What the law says of each read of a delivery."""
    known = _kept[-1] if _kept else None
    if known is not None:
        found = rulings(known, reads, cameras, now)
        if not any(ruling.refusal for ruling in found):
            return found
    return rulings(_look_up(), reads, cameras, now)


def forget_rulebook() -> None:
    """Look the rules up when they are asked for next."""
    _kept.clear()


def _look_up() -> Rulebook:
    book = Rulebook(list_rules_in_use())
    _kept[:] = [book]
    return book
