"""One hit's page: all that is known of it, and the hits before and after it in the list."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.people import Person
from queries import presenting
from queries.answer_page import marked_hit
from queries.arranging import Wanted, arrange, parameters_of, see
from queries.rules import HITS_PER_PAGE, PHOTOGRAPH_LINK
from queries.schemas import HitResult


def context(result: HitResult, wanted: Wanted, person: Person, *, now: datetime) -> dict[str, Any]:
    """All that ``hit_detail.html`` shows."""
    query, hit = result.query, result.hit
    arranged = arrange(see(result.hits, result.marking.marks), wanted)
    listed = [seen.hit.id for seen in arranged.hits]
    # Not in the list where the address leaves it out: then it stands alone.
    at = listed.index(hit.id) if hit.id in listed else None
    parameters = parameters_of(arranged.wanted)

    def url_of(index: int) -> str | None:
        if at is None or not 0 <= index < len(listed):
            return None
        path = reverse("hit_detail", args=[query.pk, listed[index]])
        return f"{path}?{urlencode(parameters)}".removesuffix("?")

    return {
        "query": presenting.summary(query, person),
        "hit": presenting.hit_card(hit, query, person, now=now)
        | marked_hit(query, person, hit.id, result.marking),
        "number": None if at is None else at + 1,
        "count": len(listed),
        "previous_url": None if at is None else url_of(at - 1),
        "next_url": None if at is None else url_of(at + 1),
        "results_url": _list_url(query.pk, parameters, at),
        "arrangement": urlencode(parameters),
        "watch_url": presenting.watch_url(query, person),
        "photographs_end_after": int(PHOTOGRAPH_LINK.total_seconds()),
        "receipt_id": result.receipt,
        "seen_at": now,
        "person_name": person.name,
    }


def _list_url(pk: Any, parameters: list[tuple[str, str]], at: int | None) -> str:
    """The list, on the page that holds this hit."""
    page = 1 if at is None else at // HITS_PER_PAGE + 1
    found = [*parameters, *([("page", str(page))] if page > 1 else [])]
    fragment = "" if at is None else f"#hit-{at + 1}"
    path = reverse("query_detail", args=[pk])
    return f"{path}?{urlencode(found)}".removesuffix("?") + fragment
