"""The nightly erasure of reads whose time is over, with their photographs (ING-6).

    months    partitions that are past every rule's time are dropped whole
    stretches what else is over, an hour or a day of some counties at a time
    then      photographs that lost their last read, their files, files that never had a row

What is due is told by the counts (`ingest.models.Coverage`), so no night looks through the reads;
and the database erases only what its own look at the rules allows (``0008_retention.sql``). Each
step is a transaction of its own with its own event: a run that dies has done what it has done, and
the next goes on. Two at once: the second does nothing.
"""

import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction

from audit.actors import Actor, system
from audit.kinds import Kind
from audit.leaf import Value, format_at
from audit.services import record, record_alone
from ingest import selectors
from ingest.lawfulness import Rulebook
from ingest.regions import STATE_OF_FIPS
from ingest.rules import MAX_AGE
from ingest.services.coverage import roll_up
from ingest.services.erased_files import note_orphans, remove_files
from lprsvc.lib.alone import only_one
from lprsvc.lib.ids import uuid7

# Reads erased in one transaction, about.
_STRETCH_READS = 50_000
# Photographs looked into in one transaction.
_SUSPECTS = 200
# Clocks that differ by more say nothing of what is over.
_CLOCKS_DIFFER = timedelta(hours=1)
_DAY = timedelta(days=1)
_SHORTEST_MONTH_KEPT = timedelta(days=31)
_JOB = "erase_expired"


@dataclass(slots=True)
class Erased:
    """What a run has erased."""

    reads: int = 0
    photographs: int = 0
    files: int = 0
    orphans: int = 0
    months: list[str] = field(default_factory=list)
    by_state: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    is_finished: bool = True

    def add(self, result: Mapping[str, Any]) -> None:
        """Count what the database says of one step."""
        self.reads += result["reads"]
        self.photographs += result["photographs"]
        self.by_state.update(_by_state(result["counties"]))


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was captured in [since, until) in these counties is over; `reads` by the counts."""

    since: datetime
    until: datetime
    counties: tuple[int, ...]
    reads: int

    def parts(self) -> Iterator["Stretch"]:
        """The stretch in parts that are quickly done."""
        number = max(1, math.ceil(self.reads / _STRETCH_READS))
        length = (self.until - self.since) / number
        for part in range(number):
            since = self.since + part * length
            until = self.until if part == number - 1 else since + length
            yield Stretch(since, until, self.counties, self.reads // number)


def erase_expired(*, now: datetime, seconds: float = math.inf) -> Erased | None:
    """Erase what is over; stops between two steps after `seconds`, for another run to go on.

    None: another run is at it. Recorded in any case, also that nothing was over. For the worker's
    role.
    """
    deadline = time.monotonic() + seconds

    def is_over() -> bool:
        return time.monotonic() > deadline

    with only_one("ingest.erase_expired") as alone:
        if not alone:
            return None
        actor, erased = system(_JOB), Erased()
        database_now, doubt = _clock(now)
        if doubt:
            erased.failures.append(doubt)
            _record_run(actor, erased, outcome="refused", outcome_code=doubt)
            return erased
        roll_up()
        _erase_reads(actor, erased, min(now, database_now), is_over)
        _erase_photographs(erased, now, is_over)
        erased.is_finished = not is_over()
        _record_run(actor, erased, outcome="partial" if erased.failures else "ok")
    return erased


def due_stretches(book: Rulebook, now: datetime) -> list[Stretch]:
    """What is over by the counts, oldest first."""
    today = now.astimezone(UTC).date()
    due: dict[tuple[datetime, datetime], list[tuple[int, int]]] = defaultdict(list)
    for held in selectors.list_held(_last_days(book, today)):
        begin = _midnight(held.day)
        over = now - _DAY * _days_kept(book, held.county, today)
        if over > begin:
            due[begin, min(begin + _DAY, over)].append((held.county, held.reads))
    return [
        Stretch(since, until, tuple(sorted(dict(found))), sum(reads for _, reads in found))
        for (since, until), found in sorted(due.items())
    ]


def _erase_reads(actor: Actor, erased: Erased, now: datetime, is_over: Callable[[], bool]) -> None:
    book = Rulebook(selectors.list_rules_in_use())
    for month in _due_months(book, now):
        if is_over():
            return
        _drop_month(actor, erased, month)
    for stretch in due_stretches(book, now):
        for part in stretch.parts():
            if is_over():
                return
            _erase_stretch(actor, erased, part)
    _mend_counts(due_stretches(book, now))


def _erase_stretch(actor: Actor, erased: Erased, stretch: Stretch) -> None:
    erasure = uuid7()
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT ingest_erase_reads(%s, %s, %s, %s)",
                [erasure, stretch.since, stretch.until, list(stretch.counties)],
            )
            result = json.loads(cursor.fetchone()[0])
        if result["reads"]:
            fields = _told(result, since=stretch.since, until=stretch.until)
            record(
                actor=actor,
                kind=Kind.INGEST_ERASED,
                fields=fields | {"object": "ingest_read", "erasure": str(erasure)},
            )
    erased.add(result)


def _drop_month(actor: Actor, erased: Erased, month: date) -> None:
    """Drop a month's partition; where somebody reads it for long, the next night will."""
    erasure, name = uuid7(), f"{month:%Y-%m}"
    try:
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SELECT ingest_drop_month(%s, %s)", [erasure, month])
                answer = cursor.fetchone()[0]
            if answer is None:
                return
            result = json.loads(answer)
            record(
                actor=actor,
                kind=Kind.INGEST_ERASED,
                fields=_told(result) | {
                    "object": "ingest_read", "erasure": str(erasure), "month": name,
                },
            )  # fmt: skip
    except DatabaseError as error:
        erased.failures.append(f"month {name}: {type(error.__cause__ or error).__name__}")
        return
    erased.months.append(name)
    erased.add(result)


def _erase_photographs(erased: Erased, now: datetime, is_over: Callable[[], bool]) -> None:
    while not is_over():
        looked = _clear_suspects(erased)
        if not looked:
            break
    erased.files += remove_files(now=now, is_over=is_over)
    erased.orphans += note_orphans(now=now, is_over=is_over)


def _clear_suspects(erased: Erased) -> int:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT ingest_clear_suspects(%s)", [_SUSPECTS])
        result = json.loads(cursor.fetchone()[0])
    erased.photographs += result["photographs"]
    looked: int = result["looked"]
    return looked


def _mend_counts(left: Iterable[Stretch]) -> None:
    """Of days that are over and still count reads, the counts are wrong: all there was is gone."""
    whole = {stretch.since.date() for stretch in left if stretch.until - stretch.since == _DAY}
    for day in sorted(whole):
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SELECT ingest_rebuild_coverage(%s, %s)", [day, day + _DAY])


def _due_months(book: Rulebook, now: datetime) -> list[date]:
    """Months with a partition that are past the longest time of any rule, and of which no place
    without a rule still holds a read."""
    today = now.astimezone(UTC).date()
    longest = max(_DAY * _longest(book, today), _SHORTEST_MONTH_KEPT)
    due = [
        month
        for month in selectors.list_partitions()
        if _midnight(_next_month(month)) <= now - longest
    ]
    return [
        month
        for month in due
        if all(
            _midnight(_next_month(month)) <= now - _DAY * _days_kept(book, county, today)
            for county in selectors.list_counties_held(month, _next_month(month))
        )
    ]


def _clock(now: datetime) -> tuple[datetime, str]:
    """The database's time; and, as a code, why an erasure can't trust it or ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now(), ingest_clock_is_settled()")
        database_now, is_settled = cursor.fetchone()
    if abs(database_now - now) > _CLOCKS_DIFFER:
        return database_now, "clocks_differ"
    return database_now, "" if is_settled else "clock_unsettled"


def _record_run(
    actor: Actor, erased: Erased, *, outcome: str, outcome_code: str | None = None
) -> None:
    record_alone(
        actor=actor,
        kind=Kind.SYSTEM_MAINTAINED,
        fields={
            "object": "ingest_read",
            "reads_erased": erased.reads,
            "by_jurisdiction": dict(sorted(erased.by_state.items())),
            "photographs_erased": erased.photographs,
            "files_removed": erased.files,
            "files_without_row": erased.orphans,
            "months_dropped": list(erased.months),
            "failures": list(erased.failures),
            "is_finished": erased.is_finished,
        },
        outcome=outcome,
        outcome_code=outcome_code,
    )


def _told(
    result: Mapping[str, Any], *, since: datetime | None = None, until: datetime | None = None
) -> dict[str, Value]:
    """What an event says of a step: counts, never a plate."""
    return {
        "since": format_at(since) if since else None,
        "until": format_at(until) if until else None,
        "reads": result["reads"],
        "photographs": result["photographs"],
        "by_jurisdiction": dict(sorted(_by_state(result["counties"]).items())),
    }


def _by_state(counties: Mapping[str, int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for county, reads in counties.items():
        counts[STATE_OF_FIPS.get(f"{int(county) // 1000:02}", "unknown")] += reads
    return counts


def _days_kept(book: Rulebook, county: int, day: date) -> int:
    law = book.law_of(county, day)
    return law.retention_days if law else MAX_AGE.days


def _last_days(book: Rulebook, today: date) -> dict[int, date]:
    """State or county by its number → the last day of which a read may be over."""
    geoids = {int(fips) for fips in STATE_OF_FIPS} | set(book.laws_on(today))
    laws = book.laws_on(today)
    return {
        geoid: today - _DAY * (laws[geoid].retention_days if geoid in laws else MAX_AGE.days)
        for geoid in geoids
    }


def _longest(book: Rulebook, day: date) -> int:
    days = [law.retention_days for law in book.laws_on(day).values()]
    return max(days, default=MAX_AGE.days)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _next_month(month: date) -> date:
    return (month.replace(day=1) + _SHORTEST_MONTH_KEPT).replace(day=1)
