"""How much the people of some areas of responsibility use the service, from the log (ACC-9)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from statistics import median
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from accounts.models import Aor, User, user_actor_id
from accounts.people import Person
from accounts.reports.document import PDF_TYPE, Table, Text, pdf
from accounts.reports.spreadsheet import XLSX_TYPE, Sheet, workbook
from accounts.selectors import list_aors_for, list_users_for, log_scope_for, users_of_actors
from accounts.training import spelt
from audit.kinds import Kind
from audit.selectors import Acts, count_acts

TITLE = "Usage of the service"
# What is counted, in the order of the columns, and what the column is called.
COUNTED: dict[Kind, str] = {
    Kind.SESSION_LOGIN: "Log-ons",
    Kind.QUERY_RUN: "Queries",
    Kind.QUERY_REFUSED: "Refused",
    Kind.RESULT_PHOTO_VIEWED: "Photographs viewed",
    Kind.ALERT_ADDED: "Alerts added",
    Kind.ALERT_MATCH_VIEWED: "Matches opened",
}
HEADINGS = (
    *("Name", "User name", "Area", "Component", "Account", "Last log-on"),
    *COUNTED.values(),
    "Queries with hits",
)


@dataclass(frozen=True, slots=True)
class UsageFilter:
    """The period, both days inclusive by the reader's clock, and the area; "" for all of them."""

    start: date
    end: date
    aor: str = ""

    @property
    def query(self) -> str:
        """The filter as the address holds it."""
        return urlencode({"start": self.start, "end": self.end, "aor": self.aor})

    @property
    def sentence(self) -> str:
        """The filter in words."""
        return f"{spelt(self.start)} to {spelt(self.end)}. Area: {self.aor or 'all you manage'}."


@dataclass(frozen=True, slots=True)
class UsageLine:
    """One user, and how often they did what; `is_here`: still has an account in these areas."""

    user: User
    counts: tuple[int, ...]
    with_hits: int
    is_here: bool

    @property
    def account(self) -> str:
        """How the account stands."""
        if self.user.deleted_at is not None:
            return "Closed"
        if not self.is_here:
            return "Moved away"
        if self.user.last_login is None:
            return "Never logged on"
        return "Open" if self.user.is_active else "Suspended"


@dataclass(frozen=True, slots=True)
class Usage:
    """The lines by area and name, the sums, and the median of queries of who asked at all."""

    lines: list[UsageLine]
    totals: tuple[int, ...]
    total_with_hits: int
    median_queries: float
    chosen: UsageFilter
    aors: list[Aor]


def usage_of(person: Person, chosen: UsageFilter) -> Usage:
    """The use made of the service in the areas that `person` manages, and in no other: by
    the people who are there, and by who acted there and has moved or gone since."""
    acts = _acts(person, chosen)
    there = list_users_for(person).filter(deleted_at=None)
    if chosen.aor:
        there = there.filter(aor__name=chosen.aor)
    here = {user.pk: user for user in there.select_related("aor", "component")}
    before = [user for user in users_of_actors(acts).values() if user.pk not in here]
    lines = [
        *(_line(user, acts, is_here=True) for user in sorted(here.values(), key=_place)),
        *(_line(user, acts, is_here=False) for user in sorted(before, key=_place)),
    ]
    asked = list(COUNTED).index(Kind.QUERY_RUN)
    queries = [line.counts[asked] for line in lines if line.counts[asked]]
    return Usage(
        lines=lines,
        totals=tuple(map(sum, zip(*(line.counts for line in lines), strict=True)))
        or (0,) * len(COUNTED),
        total_with_hits=sum(line.with_hits for line in lines),
        median_queries=median(queries) if queries else 0,
        chosen=chosen,
        aors=list(list_aors_for(person)),
    )


def usage_workbook(found: Usage, *, now: datetime) -> bytes:
    """The report as XLSX."""
    about = [
        ("Report", TITLE),
        ("Made at (UTC)", f"{now:%Y-%m-%d %H:%M}"),
        ("Shown", found.chosen.sentence),
        ("Median of queries of those who asked", found.median_queries),
    ]
    rows = [_cells(line) for line in found.lines]
    return workbook(
        TITLE,
        [Sheet("Usage", HEADINGS, rows), Sheet("About", ("What", "Which"), about)],
        made_at=now,
    )


def usage_pdf(found: Usage, *, now: datetime) -> bytes:
    """The report as PDF."""
    return pdf(
        TITLE,
        [
            Text(f"{found.chosen.sentence} Median of queries: {found.median_queries:g}."),
            Table(
                HEADINGS,
                [[str(cell) for cell in _cells(line)] for line in found.lines],
                widths=(5, 4.5, 4, 3.5, 4, 4.5, 3, 3, 3, 4, 3, 3, 3),
                empty="You manage nobody yet.",
            ),
        ],
        made_at=now,
    )


TYPES = {"xlsx": XLSX_TYPE, "pdf": PDF_TYPE}
MAKERS = {"xlsx": usage_workbook, "pdf": usage_pdf}


def _acts(person: Person, chosen: UsageFilter) -> Mapping[str, Acts]:
    scope = log_scope_for(person)
    if scope is None:
        return {}
    # Whoever may read the whole log as well still manages no more than this.
    areas = tuple(name for name in person.managed_aors if chosen.aor in ("", name))
    scope = replace(scope, aors=areas)
    zone = ZoneInfo(person.timezone)
    return count_acts(
        scope,
        kinds=[*COUNTED, Kind.QUERY_RESULT],
        start=datetime.combine(chosen.start, time(), zone),
        end=datetime.combine(chosen.end + timedelta(days=1), time(), zone),
    )


def _place(user: User) -> tuple[str, str]:
    return user.aor.name if user.aor else "", user.full_name


def _line(user: User, acts: Mapping[str, Acts], *, is_here: bool) -> UsageLine:
    done = acts.get(user_actor_id(user.pk), Acts({}, 0))
    counts = tuple(done.counts.get(kind, 0) for kind in COUNTED)
    return UsageLine(user, counts, done.with_hits, is_here)


def _cells(line: UsageLine) -> list[object]:
    user = line.user
    return [
        user.full_name,
        user.username,
        user.aor.name if line.is_here and user.aor else "",
        user.component.code if line.is_here and user.component else "",
        line.account,
        f"{user.last_login:%Y-%m-%d %H:%M} UTC" if line.is_here and user.last_login else "",
        *line.counts,
        line.with_hits,
    ]
