"""The result page: one answer, arranged, with its filters, charts, map and marks. Pure but for
addresses and the links to photographs."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.people import Person
from lprsvc.lib.jurisdictions import state_name
from lprsvc.lib.mapping import MapPoint, map_data
from queries import presenting
from queries.arranging import (
    MARKS,
    PLACES,
    SORTS,
    WEEKDAYS,
    Arranged,
    Wanted,
    arrange,
    mark_word,
    parameters_of,
    see,
)
from queries.charting import charts
from queries.links import sign_hit
from queries.models import RecentQuery
from queries.report_page import line_of
from queries.rules import HITS_PER_PAGE, MOST_PRINTED, PHOTOGRAPH_LINK
from queries.schemas import Marked, Marking, QueryResult
from queries.timeframes import local_date

_PLACE_LABELS = {
    "state": ("State", "All states"),
    "area": ("City or county", "All cities and counties"),
    "source": ("Source", "All sources"),
    "camera": ("Camera", "All cameras"),
}
_NOWHERE = "Not known"
_SELECTED = SafeString(" selected")


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a drop-down: what it stands for, and how many hits it has."""

    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Select:
    """One drop-down of the filter; `fault` says what of the address was not understood."""

    name: str
    label: str
    all_label: str
    choices: list[Choice]
    fault: str


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that is on, in words, and the address without it."""

    label: str
    url: str


def context(
    result: QueryResult,
    wanted: Wanted,
    person: Person,
    *,
    now: datetime,
    is_list_only: bool = False,
) -> dict[str, Any]:
    """All that ``query_results.html`` shows; `is_list_only`: map and charts stand there already."""
    query = result.query
    arranged = arrange(see(result.hits, result.marking.marks), wanted)
    numbers = arranged.numbers()
    return {
        "query": presenting.summary(query, person),
        "hit_count": len(result.hits),
        "arranged": arranged,
        "page": arranged.page,
        "hits": [
            presenting.hit_card(seen.hit, query, person, now=now)
            | marked_hit(query, person, seen.hit.id, result.marking)
            | {"number": numbers[seen.hit.id]}
            for seen in arranged.page
        ],
        "is_list_only": is_list_only,
        "charts": None if is_list_only else _charts(query, arranged, person),
        "map_data": None if is_list_only else _map_data(arranged, numbers),
        "per_page": HITS_PER_PAGE,
        "watch_url": presenting.watch_url(query, person),
        "photographs_end_after": int(PHOTOGRAPH_LINK.total_seconds()),
        "receipt_id": result.receipt,
        "seen_at": now,
        "person_name": person.name,
        "reports": [line_of(report, now=now) for report in result.reports],
        "most_printed": MOST_PRINTED,
        **_filter(query, arranged),
        **_marks(result.marking, arranged),
    }


def _filter(query: RecentQuery, arranged: Arranged) -> dict[str, Any]:
    wanted = arranged.wanted
    return {
        "selects": _selects(arranged),
        "weekdays": [(day, name, day in wanted.weekdays) for day, name in enumerate(WEEKDAYS)],
        "hours_from": _hour_options(range(24), wanted.hours[0] if wanted.hours else None),
        "hours_until": _hour_options(range(25), wanted.hours[1] if wanted.hours else None),
        "sorts": [Choice(name, label, 0, name == wanted.sort) for name, label in SORTS.items()],
        "chips": _chips(query, wanted),
        "reset_url": _address(query, Wanted(sort=wanted.sort)),
    }


def _marks(marking: Marking, arranged: Arranged) -> dict[str, Any]:
    return {
        "marked": counts_of(marking),
        "undo": undo_of(marking),
        "left_out": sum(seen.is_relevant is False for seen in arranged.page),
        "arrangement": urlencode(parameters_of(arranged.wanted)),
        "page_number": arranged.page.number,
        "listed_count": len(arranged.hits),
    }


def marked_hit(
    query: RecentQuery, person: Person, read_id: UUID, marking: Marking
) -> dict[str, Any]:
    """A hit as its buttons of marking need it: its mark, and the signed name that they send."""
    return {
        "id": read_id,
        "mark": mark_word(marking.marks.get(read_id)),
        "marks_url": presenting.path_of("query_marks", query.pk),
        "name": sign_hit(
            user_id=person.user_id, query_id=query.pk, read_id=read_id, until=query.erase_after
        ),
    }


def counts_of(marking: Marking) -> dict[str, int]:
    """How many hits have each mark."""
    counts = Counter(marking.marks.values())
    return {"relevant": counts[True], "not_relevant": counts[False]}


def undo_of(marking: Marking) -> dict[str, Any] | None:
    """The last change of marks, for the button that takes it back."""
    if marking.last_change is None:
        return None
    return {"change": marking.last_change, "count": marking.last_count}


def marks_context(marked: Marked, person: Person, sent: Mapping[str, str]) -> dict[str, Any]:
    """The parts of a page that a change of marks changes; `sent` says which page that is."""
    return {
        "query": {"id": marked.query.pk},
        "most_printed": MOST_PRINTED,
        "hits": [
            marked_hit(marked.query, person, read_id, marked.marking) for read_id in marked.changed
        ],
        "is_list": "listed" in sent,
        "marked": counts_of(marked.marking),
        "undo": undo_of(marked.marking),
        "arrangement": sent.get("arrangement", ""),
        "page_number": sent.get("page", ""),
        "listed_count": sent.get("listed", ""),
        "is_fragment": True,
    }


def marks_message(marked: Marked) -> str:
    """What a change of marks did, in words."""
    count = len(marked.changed)
    if not count:
        return "These hits were marked so already."
    return f"{count:,} hit{'' if count == 1 else 's'} marked anew. It can be undone below."


def _selects(arranged: Arranged) -> list[Select]:
    wanted = arranged.wanted
    places = [
        Select(
            name,
            *_PLACE_LABELS[name],
            _choices(arranged.choices[name], wanted.places.get(name), _place_words(name)),
            wanted.faults.get(name, ""),
        )
        for name in PLACES
    ]
    marks = Select(
        "mark",
        "Mark",
        "All marks",
        [
            Choice(name, label, arranged.choices["mark"].get(name, 0), name == wanted.mark)
            for name, label in MARKS.items()
        ],
        wanted.faults.get("mark", ""),
    )
    return [*places, marks]


def _choices(counts: Mapping[str, int], chosen: str | None, words: Any) -> list[Choice]:
    found = [Choice(value, words(value), count, value == chosen) for value, count in counts.items()]
    return sorted(found, key=lambda choice: choice.label)


def _hour_options(hours: range, chosen: int | None) -> SafeString:
    """Drawn here: fifty lines of a template's loop cost as much as four hits."""
    return format_html_join(
        "",
        '<option value="{}"{}>{:02}:00</option>',
        ((hour, _SELECTED if hour == chosen else "", hour) for hour in hours),
    )


def _place_words(name: str) -> Any:
    if name == "state":
        return lambda value: state_name(value) if value else _NOWHERE
    return lambda value: value or _NOWHERE


def _chips(query: RecentQuery, wanted: Wanted) -> list[Chip]:
    """What is filtered, in words, each with the way to undo it."""
    said: list[tuple[tuple[str, ...], str]] = [
        ((name,), _place_words(name)(value)) for name, value in wanted.places.items()
    ]
    if wanted.first or wanted.last:
        said.append((("from", "to"), _days(wanted.first, wanted.last)))
    if wanted.hours:
        said.append((("hour_from", "hour_to"), "{:02}:00 to {:02}:00".format(*wanted.hours)))
    if wanted.weekdays:
        days = ", ".join(WEEKDAYS[day][:3] for day in sorted(wanted.weekdays))
        said.append((("day",), days))
    if wanted.mark:
        said.append((("mark",), MARKS[wanted.mark]))
    if wanted.bounds:
        said.append((("map",), "What the map shows"))
    return [Chip(label, _address(query, wanted, without=names)) for names, label in said]


def _days(first: date | None, last: date | None) -> str:
    if first == last and first is not None:
        return presenting.day(first)
    start = f"from {presenting.day(first)}" if first else ""
    end = f"to {presenting.day(last)}" if last else ""
    return f"{start} {end}".strip().capitalize()


def _charts(query: RecentQuery, arranged: Arranged, person: Person) -> Any:
    wanted = arranged.wanted
    frame = (
        wanted.first or local_date(query.start, person.timezone),
        wanted.last or local_date(presenting.last_instant(query.end), person.timezone),
    )

    def url_of(first: date, last: date) -> str:
        days = [("from", first.isoformat()), ("to", last.isoformat())]
        return _address(query, wanted, without=("from", "to"), more=days)

    return charts(arranged.hits, frame=frame, url_of=url_of)


def _map_data(arranged: Arranged, numbers: Mapping[Any, int]) -> dict[str, Any]:
    return map_data(
        MapPoint(
            latitude=seen.hit.latitude,
            longitude=seen.hit.longitude,
            source=seen.hit.source_name,
            camera=seen.hit.camera_name,
            local=seen.local,
            number=numbers.get(seen.hit.id, 0),
            is_left_out=seen.is_relevant is False,
        )
        for seen in arranged.around
    )


def _address(
    query: RecentQuery,
    wanted: Wanted,
    *,
    without: tuple[str, ...] = (),
    more: list[tuple[str, str]] | None = None,
) -> str:
    kept = [(name, value) for name, value in parameters_of(wanted) if name not in without]
    parameters = urlencode([*kept, *(more or [])])
    path = reverse("query_detail", args=[query.pk])
    return f"{path}?{parameters}" if parameters else path
