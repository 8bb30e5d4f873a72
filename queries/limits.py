"""How far back a question may reach, and the rule that says so (QRY-3). Pure.

PIA, "Querying the Database": ERO may ask for five years at most; for HSI "the maximum timeframe
will depend upon the statute of limitations for the particular crime being investigated". The form
shows what is said here and policy refuses by it, so the two can't differ.
"""

from dataclasses import dataclass
from datetime import datetime

from queries.timeframes import earliest_start, local_date


@dataclass(frozen=True, slots=True)
class ComponentRule:
    """How far back a component may ask, and the document that says so.

    `max_lookback_years` None: as far as the offense allows that the query names.
    """

    component: str
    max_lookback_years: int | None
    source: str

    @property
    def is_by_offense(self) -> bool:
        """Whether a query has to name an offense."""
        return self.max_lookback_years is None


@dataclass(frozen=True, slots=True, kw_only=True)
class OffenseRule:
    """An offense that can be chosen: a verified row of the table. `years` None: no limitation."""

    code: str
    citation: str
    title: str
    years: int | None
    note: str = ""

    @property
    def label(self) -> str:
        """How people choose it, and how a past query names it."""
        return f"{self.citation}: {self.title}"


@dataclass(frozen=True, slots=True)
class Limit:
    """The earliest instant a question may begin with, None where nothing limits it; and why."""

    earliest: datetime | None
    words: str


def limit_of(
    rule: ComponentRule, offense: OffenseRule | None, *, now: datetime, timezone: str
) -> Limit | None:
    """The limit for a question asked at `now`; None while the offense that decides is missing."""
    if rule.max_lookback_years is not None:
        earliest = earliest_start(now=now, timezone=timezone, years=rule.max_lookback_years)
        may = f"{rule.component} may ask for {spelt(rule.max_lookback_years)} back at most"
        return Limit(earliest, f"{may}: from {_day(earliest, timezone)}. ({rule.source})")
    if offense is None:
        return None
    if offense.years is None:
        return Limit(
            None,
            f"{offense.citation} sets no limitation in years. Choose the dates that the case needs:"
            " your supervisor will review this query.",
        )
    earliest = earliest_start(now=now, timezone=timezone, years=offense.years)
    return Limit(
        earliest,
        f"{offense.citation} sets a limitation of {spelt(offense.years)}: from"
        f" {_day(earliest, timezone)}. ({rule.source})",
    )


def spelt(years: int) -> str:
    """So many years, in words."""
    return f"{years} year{'' if years == 1 else 's'}"


def _day(moment: datetime, timezone: str) -> str:
    day = local_date(moment, timezone)
    return f"{day:%b} {day.day}, {day.year}"
