"""When a printed record must be destroyed: pure arithmetic on days, and the schedules as shipped.

Source: PIA "Data Retention" (DHS/ICE/PIA-039(a), 2017). A schedule is the agency's own: what is
shipped is offered when one is entered for a component of that code, and may be changed.
"""

from dataclasses import dataclass
from datetime import date

from accounts.models import CountedFrom, RecordsSchedule

# Nothing that people print is of use to anybody's great-grandchildren; permanent records are.
MAX_YEARS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRule:
    """The rule of a schedule, without whose it is. `on_site_years` is None where copies stay."""

    title: str
    authority: str
    counted_from: str
    destroy_years: int
    on_site_years: int | None = None

    @property
    def sentence(self) -> str:
        """The rule in words."""
        begin = CountedFrom(self.counted_from).label.lower()
        destroyed = f"destroyed {_years(self.destroy_years)} after the {begin}"
        if self.on_site_years is None:
            return f"{destroyed[0].upper()}{destroyed[1:]}."
        kept = f"Kept on site for {_years(self.on_site_years)}, then at a records center"
        return f"{kept}; {destroyed}."


@dataclass(frozen=True, slots=True)
class Disposal:
    """What becomes of one record: the day it leaves the site (None: it stays) and its last."""

    destroy_on: date
    transfer_on: date | None


@dataclass(frozen=True, slots=True)
class Retention:
    """A schedule, and what it means for a record of one day."""

    rule: ScheduleRule
    disposal: Disposal


# PIA, "ERO Hard Copy Records" and footnote 17; "HSI Hard Copy Records" and footnote 20. By the code
# of a component.
SHIPPED = {
    "ERO": ScheduleRule(
        title="ERO hard copy records in target folders",
        authority="NARA Records Control Schedule DAA-0567-2015-0016-0001",
        counted_from=CountedFrom.YEAR_END,
        destroy_years=3,
    ),
    "HSI": ScheduleRule(
        title="HSI hard copy records in investigative case files",
        authority="NARA Records Control Schedule N1-036-86-001 (item 161/3, INV-7b)",
        counted_from=CountedFrom.RECORD,
        on_site_years=10,
        destroy_years=20,
    ),
}


def rule_of(schedule: RecordsSchedule) -> ScheduleRule:
    """The rule of a schedule as it stands now."""
    return ScheduleRule(
        title=schedule.title,
        authority=schedule.authority,
        counted_from=schedule.counted_from,
        on_site_years=schedule.on_site_years,
        destroy_years=schedule.destroy_years,
    )


def disposal_of(rule: ScheduleRule, recorded_on: date) -> Disposal:
    """What becomes of a record of that day.

    The days named are the last of their years: a copy is kept through it, and never a day less.
    """
    from_year_end = rule.counted_from == CountedFrom.YEAR_END
    begin = date(recorded_on.year, 12, 31) if from_year_end else recorded_on
    on_site = rule.on_site_years
    return Disposal(
        destroy_on=years_after(begin, rule.destroy_years),
        transfer_on=None if on_site is None else years_after(begin, on_site),
    )


def years_after(day: date, years: int) -> date:
    """The same day so many calendar years later; March 1 where that year has no February 29."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _years(count: int) -> str:
    return f"{count} year{'' if count == 1 else 's'}"
