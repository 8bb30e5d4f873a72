"""Adding and removing hot plates."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.functional import cached_property

from accounts.models import ReasonCode
from accounts.people import Person
from accounts.standing import training_of
from alerts import policy, rules, selectors
from alerts.models import AlertEntry, AlertList
from alerts.services.facts import entry_fields
from audit.actors import Actor
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import Behalf, record, recording_refusals
from lprsvc.lib.errors import InvalidInput
from lprsvc.lib.handover import AlertProposal
from lprsvc.lib.jurisdictions import JURISDICTIONS
from lprsvc.lib.plates import InvalidPlate, plate_key

# Names no plate: a list's name is shown where its plates are not.
SINGLE_LIST_NAME = "Single-plate alert"
MAX_PLATE_TEXT = 40
MAX_NOTE = 2000


@dataclass(frozen=True, kw_only=True)
class NewAlert:
    """What a person entered to watch one plate; `query_id` where it came from a query (ALT-2)."""

    plate: str
    state: str
    reason_code: str
    case_reference: str
    query_id: UUID | None = None

    @cached_property
    def key(self) -> str:
        """The plate's key. Raises InvalidPlate."""
        return plate_key(self.plate)


@dataclass(frozen=True, slots=True)
class Erased:
    """What went with a removed entry."""

    entries: int
    matches: int
    notifications: int


def from_query(new: NewAlert, proposal: AlertProposal) -> NewAlert:
    """`new` as caused by the query that proposed it, if it still is about the query's plate."""
    try:
        same = new.key == plate_key(proposal.plate) and new.state == proposal.state
    except InvalidPlate:
        same = False
    return replace(new, query_id=proposal.query_id) if same else new


def add_single_alert(*, person: Person, new: NewAlert, now: datetime) -> AlertEntry:
    """Watch one plate: a list of its own with one entry, its owner alone is told (ALT-2, ALT-3).

    Raises PolicyDenied (not permitted; ``already_watched``) and InvalidInput with the faults by
    field; both are recorded.
    """
    fields: dict[str, Value] = {
        "plate_raw": new.plate,
        "state": new.state,
        "reason": new.reason_code,
        "note": new.case_reference,
    }
    with recording_refusals(
        actor=person, refused=Kind.ALERT_REFUSED, failed=Kind.ALERT_FAILED, fields=fields
    ):
        agency_id = policy.check_can_keep_alerts(person, training_of(person, now=now))
        reason = _check_input(person, new)
        _one_addition_at_a_time(person)
        policy.check_plate_is_new(
            selectors.is_watching(person, plate_key=new.key, state=new.state, now=now)
        )
        entry = _create(person, agency_id, new, reason, now)
        cause: dict[str, Value] = {"cause": "query" if new.query_id else "by hand"}
        added = entry_fields(entry) | cause
        record(actor=person, kind=Kind.ALERT_LIST_CREATED, fields=added, parent=new.query_id)
        record(actor=person, kind=Kind.ALERT_ADDED, fields=added, parent=new.query_id)
    return entry


def _check_input(person: Person, new: NewAlert) -> ReasonCode:
    errors: dict[str, list[str]] = {}
    try:
        _ = new.key
    except InvalidPlate as fault:
        errors["plate"] = [str(fault)]
    if len(new.plate) > MAX_PLATE_TEXT:
        errors["plate"] = [f"Enter at most {MAX_PLATE_TEXT} characters."]
    if new.state not in JURISDICTIONS:
        errors["state"] = ["Choose the state of registration."]
    if not new.case_reference.strip():
        errors["note"] = ["Name the case or subject."]
    elif len(new.case_reference) > MAX_NOTE:
        errors["note"] = [f"Enter at most {MAX_NOTE} characters."]
    reason = selectors.find_reason(person, new.reason_code)
    if reason is None:
        errors["reason"] = ["Choose a reason code of your agency."]
    if errors or reason is None:
        raise InvalidInput(errors)
    return reason


def _one_addition_at_a_time(person: Person) -> None:
    """Two additions of the same plate at once must not both find it missing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"alerts.add:{person.user_id}"],
        )


def _create(
    person: Person, agency_id: int, new: NewAlert, reason: ReasonCode, now: datetime
) -> AlertEntry:
    alert_list = AlertList.objects.create(
        agency_id=agency_id,
        owner_id=person.user_id,
        name=SINGLE_LIST_NAME,
        created_at=now,
    )
    return AlertEntry.objects.create(
        alert_list=alert_list,
        plate_text=new.plate.strip(),
        plate_key=new.key,
        state=new.state,
        reason_code=reason.code,
        reason_label=reason.label,
        case_reference=new.case_reference.strip(),
        added_at=now,
        expires_at=rules.expires_at(now),
    )


def remove_entries(*, person: Person, pks: Collection[UUID], reason: str, now: datetime) -> Erased:
    """Stop watching: the entries, their matches and notifications are erased for good (ALT-9).
    All of them, or none.

    What remains is in the audit log: that each was removed, and that it was erased with how much.
    Raises NotFound for an entry that is not the person's own, InvalidInput without a reason.
    """
    with recording_refusals(
        actor=person,
        refused=Kind.ALERT_REFUSED,
        failed=Kind.ALERT_FAILED,
        fields={"entries": [*sorted(map(str, pks))], "removal_reason": reason[:MAX_NOTE]},
    ):
        policy.check_can_keep_alerts(person, training_of(person, now=now))
        check_reason(reason, "Say why this plate need not be watched any longer.")
        # Locked, so that no match is added between the count and the erasure.
        entries = selectors.lock_entries_for(person, pks)
        told: dict[str, Value] = {"removal_reason": reason.strip(), "cause": "by owner"}
        erased = [erase_recorded(one, actor=person, fields=told, now=now) for one in entries]
    return Erased(
        entries=sum(one.entries for one in erased),
        matches=sum(one.matches for one in erased),
        notifications=sum(one.notifications for one in erased),
    )


def check_reason(reason: str, missing: str) -> None:
    """Raise InvalidInput unless there is a reason that the log can keep."""
    if not reason.strip():
        raise InvalidInput({"reason": [missing]})
    if len(reason) > MAX_NOTE:
        raise InvalidInput({"reason": [f"Enter at most {MAX_NOTE} characters."]})


def erase_recorded(
    entry: AlertEntry,
    *,
    actor: Actor,
    fields: Mapping[str, Value],
    now: datetime,
    behalf: Behalf | None = None,
) -> Erased:
    """Remove a locked entry and erase it with all that hangs on it: two events, which are all that
    is left (ALT-9). `fields` says why."""
    watched: dict[str, Value] = {"days_watched": (now - entry.added_at).days}
    removed = record(
        actor=actor,
        kind=Kind.ALERT_REMOVED,
        fields=entry_fields(entry) | dict(fields) | watched,
        behalf=behalf,
    )
    erased = _erase(entry)
    record(
        actor=actor,
        kind=Kind.ALERT_ERASED,
        fields=entry_fields(entry)
        | {"matches": erased.matches, "notifications": erased.notifications},
        parent=removed.id,
        behalf=behalf,
    )
    return erased


def _erase(entry: AlertEntry) -> Erased:
    """Erase the entry and all that hangs on it; a list without entries goes too."""
    _, counts = AlertEntry.objects.filter(pk=entry.pk).delete()
    if not entry.alert_list.entries.exists():
        AlertList.objects.filter(pk=entry.alert_list_id).delete()
    return Erased(
        entries=counts.get("alerts.AlertEntry", 0),
        matches=counts.get("alerts.Match", 0),
        notifications=counts.get("alerts.Notification", 0),
    )
