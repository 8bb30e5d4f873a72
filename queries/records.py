"""What the log holds of a query (see docs/audit-events.md): names and values of fields."""

import hashlib
from collections.abc import Iterable, Mapping
from uuid import UUID

from accounts.models import user_actor_id
from audit.leaf import Value, format_at
from audit.services import Behalf
from lprsvc.lib.plates import InvalidPlate, plate_key
from queries.models import RecentQuery
from queries.policy import Grounds
from queries.rules import RULE_VERSION
from queries.schemas import Hit, QueryIn
from queries.timeframes import TimeFrame

# What is wrong with an entry shows in its beginning; the log is no place for a book.
_ENTERED_MAX = 4_000
_ARRANGEMENT_MAX = 200
# What a form says of where a read was made.
_WHERE_ENTRIES = ("where", "where_states", "center_latitude", "center_longitude", "radius_miles")


def asked(ask: QueryIn) -> dict[str, Value]:
    """The fields of ``query.run``: the question as entered and as it was searched."""
    frame = ask.frame
    return {
        "plate_raw": writable(ask.plate_text),
        "plate": ask.plate_key,
        "state": ask.state,
        "reason": writable(ask.reason_code),
        "note": writable(ask.case_reference),
        "start": format_at(frame.start) if frame else None,
        "end": format_at(frame.end) if frame else None,
        "period": frame.period if frame else None,
        "start_raw": writable(ask.start_text),
        "end_raw": writable(ask.end_text),
        "geography": ask.geography.as_fields() if ask.geography else None,
        "offense": writable(ask.offense) or None,
        "shared_with": str(ask.group) if ask.group else None,
        "rule_version": RULE_VERSION,
    }


def entered(values: Mapping[str, str], faults: Mapping[str, list[str]]) -> dict[str, Value]:
    """The fields of a ``query.refused`` whose form was not complete: all as it was entered."""
    return {
        "plate_raw": writable(values.get("plate", "")),
        "plate": _key_or_none(values.get("plate", "")),
        "state": writable(values.get("state", "")),
        "reason": writable(values.get("reason", "")),
        "note": writable(values.get("case_reference", "")),
        "for_whom": writable(values.get("for_whom", "")),
        "colleague": writable(values.get("colleague", "")),
        "on_behalf_of": writable(values.get("on_behalf_of", "")),
        "officer_unit": writable(values.get("officer_unit", "")),
        "offense": writable(values.get("offense", "")),
        "where_raw": {name: writable(values.get(name, "")) for name in _WHERE_ENTRIES},
        "shared_with": writable(values.get("share_with", "")),
        "period": writable(values.get("period", "")),
        "start_raw": writable(values.get("start", "")),
        "end_raw": writable(values.get("end", "")),
        "faults": {field: [writable(text) for text in texts] for field, texts in faults.items()},
        "rule_version": RULE_VERSION,
    }


def named(query: RecentQuery) -> dict[str, Value]:
    """Which recent query an event is about; opens none of its reads."""
    return {"query": str(query.pk), "plate": query.plate_key, "state": query.state}


def opening(query: RecentQuery, frame: TimeFrame | None = None) -> dict[str, Value]:
    """The fields that open the query's reads again: all of them, or those of a narrower frame."""
    return {
        "query": str(query.pk),
        "plate": query.plate_key,
        "state": query.state,
        "start": format_at(frame.start if frame else query.start),
        "end": format_at(frame.end if frame else query.end),
        "geography": query.geography,
    }


def arrangement(parameters: Mapping[str, str]) -> dict[str, Value]:
    """How an answer was looked at: the parts of its address that say so, as they came."""
    return {name: writable(value[:_ARRANGEMENT_MAX]) for name, value in sorted(parameters.items())}


def behalf_of(ask: QueryIn, grounds: Grounds) -> Behalf | None:
    """For whom it was asked, as the log names them: a colleague by id, anybody else by name."""
    if ask.behalf_user is not None:
        name = grounds.colleagues.get(ask.behalf_user, "")
        return Behalf(id=user_actor_id(ask.behalf_user), name=name)
    if ask.behalf_name:
        name = writable(ask.behalf_name)
        # Not even a refused entry may name a user's id that was typed.
        return Behalf(id=name.replace(":", " "), name=name)
    return None


def digest(hits: Iterable[Hit]) -> str:
    """SHA-256 over the sorted (read id, version): shows that a replay equals what was seen."""
    lines = sorted(f"{hit.id} {hit.version}\n" for hit in hits)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def writable(text: str) -> str:
    """The text as the log can hold it: U+0000 and lone surrogates shown, the excess cut off."""
    shown = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\u0000")
    cut = len(shown) - _ENTERED_MAX
    return shown if cut <= 0 else f"{shown[:_ENTERED_MAX]}… ({cut} more characters)"


def as_uuid(text: str) -> UUID | None:
    """The UUID the text stands for, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _key_or_none(text: str) -> str | None:
    try:
        return plate_key(text)
    except InvalidPlate:
        return None
