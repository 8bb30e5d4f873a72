"""What the log is told of an entry and a match: the same fields in every event about them."""

from dataclasses import replace
from datetime import datetime, timedelta

from accounts.models import user_actor_id
from alerts.life import Life
from alerts.models import AlertEntry, Match
from audit import actors
from audit.actors import Actor
from audit.leaf import Value, format_at
from audit.services import Behalf

# All that is left of an erased entry stands in the log, so it is complete there (ALT-8, ALT-9).
SCOPE_OWN = "own"


def entry_fields(entry: AlertEntry) -> dict[str, Value]:
    """The fields of an event about one entry; its list and the list's owner should be selected."""
    return {
        "list": str(entry.alert_list_id),
        "entry": str(entry.pk),
        "plate": entry.plate_key,
        "plate_raw": entry.plate_text,
        "state": entry.state,
        "reason": entry.reason_code,
        "note": entry.case_reference,
        "scope": SCOPE_OWN,
        "recipients": [user_actor_id(entry.alert_list.owner_id)],
        "expires": format_at(entry.expires_at),
    }


def life_of(entry: AlertEntry) -> Life:
    """The entry's life, by the calendar of its owner, who should be selected."""
    return Life(entry.expires_at, entry.alert_list.owner.timezone)


def match_fields(match: Match) -> dict[str, Value]:
    """The fields of an event about one match; its entry, list and camera should be selected."""
    return entry_fields(match.entry) | {
        "match": str(match.pk),
        "read": str(match.read_id),
        "captured_at": format_at(match.captured_at),
        "camera": match.camera.code,
        "source": match.camera.source.code,
    }


def instant(captured_at: datetime) -> tuple[datetime, datetime]:
    """The least window that holds one capture: half-open, in PostgreSQL's own resolution."""
    return captured_at, captured_at + timedelta(microseconds=1)


def opening_fields(captured_at: datetime) -> dict[str, Value]:
    """`start` and `end` that open the reads of one very moment, and so one match's read."""
    start, end = instant(captured_at)
    return {"start": format_at(start), "end": format_at(end)}


def job_for(entry: AlertEntry, job: str) -> Actor:
    """The service doing `job` for the entry's owner, in the owner's agency's log and AOR."""
    owner, agency = entry.alert_list.owner, entry.alert_list.agency
    actor = actors.system(job, log_id=agency.log_id, agency=agency.code)
    # The managers of an AOR read what happened in theirs, so the job is of the owner's.
    return replace(actor, aor=owner.aor.name if owner.aor else "")


def owner_of(entry: AlertEntry) -> Behalf:
    """The owner, as the one a job acts for: a search of the log by person finds it."""
    owner = entry.alert_list.owner
    return Behalf(id=user_actor_id(owner.pk), name=owner.full_name)
