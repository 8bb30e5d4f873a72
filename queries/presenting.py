"""What the pages of this room show, as the templates' notes describe it. Pure but for addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse

from accounts.people import Person
from audit.selectors import LogEntry
from ingest.geography import Circle, Geography, States, geography_of
from lprsvc.lib.handover import AlertProposal, seal
from lprsvc.lib.jurisdictions import JURISDICTIONS, state_name
from lprsvc.lib.permissions import Permission
from lprsvc.lib.pictures import small
from queries.links import PhotographLink, sign
from queries.models import RecentQuery
from queries.rules import METERS_PER_MILE, period_label
from queries.schemas import Hit

# Stands for a read's id in an address.
_ANY_READ = UUID(int=0)
# The two photographs of a read, in the order they are shown.
ROLES = ("scene", "plate")


def summary(query: RecentQuery, person: Person) -> dict[str, Any]:
    """Who asked what, why and for when, in the person's own time zone."""
    zone = ZoneInfo(person.timezone)
    is_own = query.owner_id == person.user_id
    return {
        "id": query.pk,
        "plate": query.plate_key,
        "state_name": state_name(query.state),
        "reason_name": query.reason_label,
        "case_reference": query.case_reference,
        "offense": query.offense_label or None,
        "where": where_words(geography_of(query.geography)),
        "asked_by": person.name if is_own else query.owner.full_name,
        "is_own": is_own,
        "name": query.pinned_as if is_own else "",
        "group": query.group.name if query.group else None,
        "on_behalf_of": query.behalf_name or None,
        "start": query.start.astimezone(zone),
        "end": last_instant(query.end).astimezone(zone),
        "timezone": person.timezone,
        "period_label": period_label(query.period),
        "made_at": query.run_at,
        "asked_on": query.run_at.astimezone(zone),
        "erase_after": query.erase_after.astimezone(zone),
        # The question is the group's, the answer its owner's (QRY-14).
        "hit_count": query.hit_count if is_own else None,
        "receipt_id": query.pk,
        "url": reverse("query_detail", args=[query.pk]) if is_own else None,
    }


def where_words(geography: Geography | None) -> str | None:
    """The geographic limit in words; None: there is none (QRY-4)."""
    match geography:
        case States(ids):
            return ", ".join(map(state_name, ids))
        case Circle(latitude_e7, longitude_e7, radius_m):
            center = f"{latitude_e7 / 1e7:.5f}, {longitude_e7 / 1e7:.5f}"
            return f"Within {radius_m / METERS_PER_MILE:.2f} miles of {center}"
        case None:
            return None


@dataclass(frozen=True, slots=True)
class Words:
    """What people read for the codes in a log entry: reasons and offenses."""

    reasons: Mapping[str, str]
    offenses: Mapping[str, str]


def logged_query(entry: LogEntry, person: Person, words: Words) -> dict[str, Any]:
    """What was asked, as the log holds it, in the reader's own time zone: run or refused."""
    fields, zone = entry.fields, ZoneInfo(person.timezone)
    start, end = (_moment(fields.get(name)) for name in ("start", "end"))
    state, reason = str(fields.get("state") or ""), str(fields.get("reason") or "")
    return {
        "id": entry.id,
        "at": entry.at,
        "plate": fields.get("plate") or fields.get("plate_raw"),
        "state_name": state_name(state) if state in JURISDICTIONS else state,
        "reason_name": words.reasons.get(reason, reason),
        "offense": words.offenses.get(str(fields.get("offense")), fields.get("offense")),
        "case_reference": fields.get("note"),
        "where": where_words(geography_of(fields.get("geography"))),
        "start": start.astimezone(zone) if start else None,
        "end": last_instant(end).astimezone(zone) if end else None,
        "period_label": period_label(str(fields.get("period"))),
        "asked_by": fields.get("actor_name"),
        "on_behalf_of": fields.get("behalf_name"),
        "refusal": fields.get("message"),
        "rule": fields.get("outcome_code"),
        "timezone": person.timezone,
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def hit_card(hit: Hit, query: RecentQuery, person: Person, *, now: datetime) -> dict[str, Any]:
    """One hit with everything known of it and fresh links to its photographs (QRY-6)."""
    return {
        "id": hit.id,
        "url": _hit_path("hit_detail", query.pk, hit.id),
        "report_url": _hit_path("hit_report", query.pk, hit.id),
        "version": hit.version,
        "captured_at": hit.captured_at,
        "timezone": hit.timezone,
        "plate": hit.plate_text,
        "state_name": state_name(hit.state),
        "source_name": hit.source_name,
        "camera_name": hit.camera_name,
        "latitude": hit.latitude,
        "longitude": hit.longitude,
        "make": hit.make,
        "model": hit.model,
        "color": hit.color,
        "confidence": hit.confidence,
        "place": hit.place,
        "photographs": [
            {
                "role": role,
                "url": small(large),
                "large_url": large,
                "derived": role == "plate" and hit.plate_is_derived,
            }
            for role in ROLES
            if (large := _photograph_url(hit, query, person, role, now))
        ],
    }


def watch_url(query: RecentQuery, person: Person) -> str | None:
    """The form of a new alert for the query's plate; None for who may keep none (ALT-2)."""
    if not person.may(Permission.KEEP_ALERTS):
        return None
    proposal = AlertProposal(
        plate=query.plate_text,
        state=query.state,
        reason_code=query.reason_code,
        case_reference=query.case_reference,
        query_id=query.pk,
    )
    return f"{reverse('alert_new')}?from={seal(proposal, person.user_id)}"


def _photograph_url(hit: Hit, query: RecentQuery, person: Person, role: str, now: datetime) -> str:
    link = PhotographLink(
        user_id=person.user_id,
        query_id=query.pk,
        read_id=hit.id,
        role=role,
        captured_at=hit.captured_at,
    )
    return f"{_hit_path('hit_photograph', query.pk, hit.id, role)}?t={sign(link, now=now)}"


@lru_cache(maxsize=256)
def path_of(name: str, *args: UUID | str) -> str:
    """The address of a page about a query, resolved once for all of its hits."""
    return reverse(name, args=args)


def _hit_path(name: str, query_id: UUID, read_id: UUID, *more: str) -> str:
    """The address of one of a hit's pages: those of a query's hits differ by the read alone."""
    return path_of(name, query_id, _ANY_READ, *more).replace(str(_ANY_READ), str(read_id))


def last_instant(end: datetime) -> datetime:
    """The last moment of a half-open frame, so that its day is the day that was chosen."""
    return end - timedelta(microseconds=1)


def day(when: date) -> str:
    """A day with its month spelt."""
    return f"{when:%b} {when.day}, {when.year}"
