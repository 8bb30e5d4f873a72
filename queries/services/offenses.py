"""The table of offenses (QRY-3): the vendor keeps it, counsel verifies it, queries name its rows.

It is law of the United States and the same for all agencies, so its changes stand in the vendor's
log. Whoever changes what counsel has verified takes the verification back with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from accounts.services.governed import (
    change_governed,
    create_governed,
    governing,
    remove_governed,
)
from audit.actors import Actor, system
from lprsvc.lib.errors import InvalidInput, NotFound
from queries import policy
from queries.models import Offense
from queries.shipped_offenses import SHIPPED, SHIPPED_BECAUSE

MAX_YEARS = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class OffenseIn:
    """What of an offense is entered. `years` None: no limitation in years; `note` says why."""

    citation: str
    title: str
    years: int | None
    note: str
    source: str

    def stripped(self) -> dict[str, Any]:
        """The fields of a row, without blanks around them."""
        return {
            "citation": self.citation.strip(),
            "title": self.title.strip(),
            "years": self.years,
            "note": self.note.strip(),
            "source": self.source.strip(),
        }


def create_offense(
    *, actor: Actor, code: str, offense: OffenseIn, reason: str, now: datetime
) -> Offense:
    """A new row, which nobody can choose until counsel has verified it.

    Raises PolicyDenied, InvalidInput.
    """
    with governing(actor, subject=f"offense {code}", reason=reason):
        policy.check_can_manage_offenses(actor)
        row = Offense(code=code.strip().lower(), **offense.stripped())
        _check(row.years, row.note)
        create_governed(row, actor=actor, reason=reason, now=now)
    return row


def change_offense(
    *, actor: Actor, offense: Offense, after: OffenseIn, reason: str, now: datetime
) -> Offense:
    """Other words or another period: not verified any more.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    with _changing(actor, offense, reason) as locked:
        _check(after.years, after.note.strip())
        _save(locked, after.stripped(), actor, reason, now)
    return locked


def verify_offense(
    *,
    actor: Actor,
    offense: Offense,
    verified_by: str,
    verified_on: date,
    reason: str,
    now: datetime,
) -> Offense:
    """Note which counsel verified the row as it stands, and when; from now on it can be chosen.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    with _changing(actor, offense, reason) as locked:
        if not verified_by.strip():
            raise InvalidInput({"verified_by": ["Name the counsel and the office."]})
        # A day's grace: where counsel sits it may be tomorrow already.
        if verified_on > now.date() + timedelta(days=1):
            raise InvalidInput({"verified_on": ["This day has not come yet."]})
        changes = {"verified_by": verified_by.strip(), "verified_on": verified_on}
        change_governed(locked, changes, actor=actor, reason=reason, now=now)
    return locked


def withdraw_offense(*, actor: Actor, offense: Offense, reason: str, now: datetime) -> Offense:
    """Nobody can choose it any more; past queries keep it.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    return _set_withdrawn(actor, offense, True, reason, now)


def restore_offense(*, actor: Actor, offense: Offense, reason: str, now: datetime) -> Offense:
    """Let a withdrawn row count again. Raises PolicyDenied, InvalidInput, NotFound."""
    return _set_withdrawn(actor, offense, False, reason, now)


def delete_offense(*, actor: Actor, offense: Offense, reason: str, now: datetime) -> None:
    """Remove a row for good; its history and the past queries that name it stay.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    with _changing(actor, offense, reason) as locked:
        remove_governed(locked, actor=actor, reason=reason, now=now)


def ship_offenses(*, now: datetime) -> int:
    """Make the well-known federal rows that were never here, unverified; returns how many.

    Part of set-up. What the vendor has deleted stays deleted: its history tells.
    """
    known = set(Offense.history.values_list("code", flat=True))
    missing = {code: offense for code, offense in SHIPPED.items() if code not in known}
    actor = system("set-up")
    for code, fields in missing.items():
        with governing(actor, subject=f"offense {code}", reason=SHIPPED_BECAUSE):
            row = Offense(code=code, **fields)
            create_governed(row, actor=actor, reason=SHIPPED_BECAUSE, now=now)
    return len(missing)


def _set_withdrawn(
    actor: Actor,
    offense: Offense,
    withdrawn: bool,
    reason: str,
    now: datetime,
) -> Offense:
    with _changing(actor, offense, reason) as locked:
        if locked.is_withdrawn == withdrawn:
            raise InvalidInput({"": ["Nothing was changed."]})
        change_governed(locked, {"is_withdrawn": withdrawn}, actor=actor, reason=reason, now=now)
    return locked


@contextmanager
def _changing(actor: Actor, offense: Offense, reason: str) -> Iterator[Offense]:
    """The transaction of one act about one row, with the row locked."""
    with governing(actor, subject=f"offense:{offense.pk}", reason=reason):
        policy.check_can_manage_offenses(actor)
        locked = Offense.objects.select_for_update().filter(pk=offense.pk).first()
        if locked is None:
            raise NotFound("offense")
        yield locked


def _save(locked: Offense, after: dict[str, Any], actor: Actor, reason: str, now: datetime) -> None:
    if all(getattr(locked, name) == value for name, value in after.items()):
        raise InvalidInput({"": ["Nothing was changed."]})
    unverified = {"verified_by": "", "verified_on": None}
    change_governed(locked, after | unverified, actor=actor, reason=reason, now=now)


def _check(years: int | None, note: str) -> None:
    """A row without years must say what that stands for: people choose by it."""
    if years is None and not note:
        raise InvalidInput({"note": ["Say why there is no number of years, and where that is."]})
    if years is not None and not 1 <= years <= MAX_YEARS:
        raise InvalidInput({"years": [f"Use 1 to {MAX_YEARS} years, or none."]})
