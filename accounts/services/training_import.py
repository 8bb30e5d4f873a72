"""Importing a file of completions: read, shown, confirmed, applied at once or not at all (ACC-8).

What is confirmed is what was shown: the plan is made anew under a lock, and must be the same.
"""

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import IO, Any
from uuid import UUID

from django.db import connection, transaction

from accounts import policy
from accounts.models import Aor, TrainingImport, TrainingRecord
from accounts.people import Person
from accounts.services.governed import governing, loggable
from accounts.standing import Accounts, offered_courses
from accounts.training import today_in
from accounts.training_files import CompletionRow, Fault, ReadFile, read_completions
from audit.actors import system
from audit.kinds import Kind
from audit.services import record, recording_refusals
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound

# An upload nobody confirmed holds people's names for no purpose.
WAITS = timedelta(days=1)
# So many rows of each fate are shown.
SHOWN = 100
_BATCH = 5_000


class Fate(StrEnum):
    """What importing a row would do."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"
    REPEATED = "repeated"
    UNKNOWN_COURSE = "unknown_course"
    OTHER_AREA = "other_area"
    SHARED_ADDRESS = "shared_address"


FATE_LABELS: dict[Fate, str] = {
    Fate.NEW: "New: will be added",
    Fate.CHANGED: "Changed: will be corrected",
    Fate.UNCHANGED: "Unchanged: on record already",
    Fate.WITHDRAWN: "Withdrawn by hand: stays withdrawn",
    Fate.REPEATED: "Repeated in the file: counted once",
    Fate.UNKNOWN_COURSE: "Unknown course: left out",
    Fate.OTHER_AREA: "Of another area of responsibility: left out, its manager records it",
    Fate.SHARED_ADDRESS: "Several accounts have this address: left out, give the user name",
}
_APPLIED = frozenset({Fate.NEW, Fate.CHANGED})


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row, what will become of it, whom it was matched to (None: nobody with an account yet),
    and what differs from the record there is."""

    row: CompletionRow
    fate: Fate
    course_id: int | None = None
    user_id: UUID | None = None
    record_id: int | None = None
    difference: str = ""

    @property
    def named(self) -> str:
        """The person as the file has them."""
        return self.row.full_name or self.row.username or self.row.email


@dataclass(frozen=True, slots=True)
class Plan:
    """What importing a file would do now. `digest` stands for all of it."""

    rows: tuple[PlannedRow, ...]
    digest: str

    @property
    def counts(self) -> dict[Fate, int]:
        """How many rows there are of each fate."""
        found = Counter(row.fate for row in self.rows)
        return {fate: found[fate] for fate in Fate}

    @property
    def without_account(self) -> int:
        """New rows about people who have no account yet."""
        return sum(row.fate is Fate.NEW and row.user_id is None for row in self.rows)

    @property
    def change_count(self) -> int:
        """How many records will be added or corrected."""
        return sum(row.fate in _APPLIED for row in self.rows)

    def some(self, fate: Fate) -> list[PlannedRow]:
        """The first rows of a fate."""
        return [row for row in self.rows if row.fate is fate][:SHOWN]


def stage_import(
    *, person: Person, aor: Aor, file: IO[bytes], file_name: str, size: int, now: datetime
) -> TrainingImport:
    """Read a file and keep what it says until it is confirmed; nothing of it counts before.

    `aor`: the area under which people without an account are kept. Raises PolicyDenied,
    UnreadableFile; both are recorded.
    """
    name = loggable(file_name.replace("\\", "/").rpartition("/")[2] or "file", limit=200)
    with recording_refusals(
        actor=person,
        refused=Kind.ADMIN_REFUSED,
        failed=Kind.ADMIN_FAILED,
        fields={"object": f"training import {name}", "size": size},
    ):
        policy.check_can_record_training(person, agency_id=aor.agency_id, aor_id=aor.pk)
        read = read_completions(file, size=size, today=today_in(aor.timezone, now))
        staged = TrainingImport.objects.create(
            agency_id=aor.agency_id,
            aor=aor,
            uploaded_by_id=person.user_id,
            uploaded_at=now,
            file_name=name,
            file_sha256=_sha256(file),
            row_count=len(read.rows),
            rows=_packed(read.rows),
            faults=_fault_lists(read),
            fault_count=read.fault_count,
            status=TrainingImport.Status.WAITING,
        )
        record(
            actor=person,
            kind=Kind.ADMIN_CREATED,
            fields={
                "object": f"trainingimport:{staged.pk}",
                "before": None,
                "after": _facts(staged),
                "reason": "uploaded, not imported yet",
            },
        )
    return staged


def get_import_for(person: Person, pk: UUID | str) -> TrainingImport:
    """An import the person uploaded. Raises NotFound for others' and unknown ones alike."""
    found = TrainingImport.objects.select_related("aor", "agency").filter(
        pk=pk, uploaded_by_id=person.user_id
    )
    staged = found.first()
    if staged is None:
        raise NotFound("import")
    return staged


def plan_of(staged: TrainingImport, *, person: Person) -> Plan:
    """What importing the file would do now."""
    return _plan(staged, person.managed_aor_ids)


def faults_of(staged: TrainingImport) -> list[Fault]:
    """What was wrong in the file, the first few hundred of it."""
    return [Fault(*fault) for fault in staged.faults]


def apply_import(
    *, person: Person, pk: UUID, digest: str, reason: str, now: datetime
) -> TrainingImport:
    """Import what was shown: all of it in one transaction with one event, or nothing.

    `digest`: of the plan that was shown. Raises PolicyDenied, InvalidInput, NotFound, and
    DomainError "plan_changed" where the records have changed since.
    """
    with governing(person, subject=f"trainingimport:{pk}", reason=reason):
        staged = get_import_for(person, pk)
        policy.check_can_record_training(person, agency_id=staged.agency_id, aor_id=staged.aor_id)
        _one_at_a_time(staged.agency_id)
        staged = TrainingImport.objects.select_for_update().get(pk=pk)
        if staged.status != TrainingImport.Status.WAITING:
            raise InvalidInput({"": ["This file was imported already."]})
        plan = _plan(staged, person.managed_aor_ids)
        if plan.digest != digest:
            raise DomainError(
                "plan_changed",
                "The records have changed since this was shown. Look at it again.",
                status=409,
            )
        if not plan.change_count:
            raise InvalidInput({"": ["There is nothing to import: no record would change."]})
        _add(staged, plan, person, reason, now)
        _correct(plan, person, reason, now)
        facts = _facts(staged)
        staged.status = TrainingImport.Status.APPLIED
        staged.applied_at = now
        staged.rows = b""
        staged.save()
        record(
            actor=person,
            kind=Kind.ADMIN_CHANGED,
            fields={
                "object": f"trainingimport:{staged.pk}",
                "before": {"status": TrainingImport.Status.WAITING.value},
                "after": facts
                | {"status": staged.status.value}
                | {"rows": {fate.value: count for fate, count in plan.counts.items()}}
                | {"without_account": plan.without_account, "plan_sha256": plan.digest},
                "reason": reason,
            },
        )
    return staged


def erase_unconfirmed(*, now: datetime) -> int:
    """Erase uploads that nobody confirmed for a day; returns how many. Safe to run again."""
    with transaction.atomic(durable=True):
        waiting = TrainingImport.objects.filter(
            status=TrainingImport.Status.WAITING, uploaded_at__lt=now - WAITS
        )
        erased, _ = waiting.delete()
        if erased:
            record(
                actor=system("accounts.erase_unconfirmed_imports"),
                kind=Kind.SYSTEM_MAINTAINED,
                fields={"job": "accounts.erase_unconfirmed_imports", "erased": erased},
            )
    return erased


# --- the plan -------------------------------------------------------------------------------------

_Key = tuple[Any, ...]


def _plan(staged: TrainingImport, reach: Sequence[int]) -> Plan:
    accounts = Accounts(staged.agency_id)
    courses = {course.code.lower(): course.pk for course in offered_courses(staged.agency_id)}
    planned: list[PlannedRow] = []
    keys: list[_Key | None] = []
    for row in _unpacked(staged.rows):
        plan, key = _matched(row, staged, accounts, courses, reach)
        planned.append(plan)
        keys.append(key)
    _compare(planned, keys, staged, accounts)
    rows = tuple(planned)
    return Plan(rows, _digest(rows))


def _matched(
    row: CompletionRow,
    staged: TrainingImport,
    accounts: Accounts,
    courses: dict[str, int],
    reach: Sequence[int],
) -> tuple[PlannedRow, _Key | None]:
    course_id = courses.get(row.course)
    if course_id is None:
        return PlannedRow(row, Fate.UNKNOWN_COURSE), None
    found = accounts.find(row.username, row.email)
    if len(found) > 1:
        return PlannedRow(row, Fate.SHARED_ADDRESS, course_id), None
    if not found:
        person: _Key = ("person", staged.aor_id, row.username, row.email)
        return PlannedRow(row, Fate.NEW, course_id), (*person, course_id, row.completed_on)
    user_id, aor_id = found[0]
    if aor_id not in reach:
        return PlannedRow(row, Fate.OTHER_AREA, course_id), None
    key: _Key = ("user", user_id, course_id, row.completed_on)
    return PlannedRow(row, Fate.NEW, course_id, user_id), key


def _compare(
    planned: list[PlannedRow],
    keys: list[_Key | None],
    staged: TrainingImport,
    accounts: Accounts,
) -> None:
    """Set aside what is on record already; each completion is taken once."""
    wanted = {key for key in keys if key is not None}
    stored = _records(staged.agency_id, accounts)
    known = {key: facts for key, facts in stored if key in wanted}
    seen: set[_Key] = set()
    for place, (plan, key) in enumerate(zip(planned, keys, strict=True)):
        if key is None:
            continue
        if key in seen:
            planned[place] = PlannedRow(plan.row, Fate.REPEATED, plan.course_id, plan.user_id)
        elif key in known:
            planned[place] = _against(plan, known[key])
        seen.add(key)


def _records(
    agency_id: int, accounts: Accounts
) -> Iterator[tuple[_Key, tuple[int, str, str, bool]]]:
    """The agency's records one after another, under each key that a row may have for them."""
    records = TrainingRecord.objects.filter(agency_id=agency_id).values_list(
        *("pk", "user_id", "aor_id", "username", "email", "course_id", "completed_on"),
        *("certificate", "full_name", "is_withdrawn"),
    )
    for pk, user_id, aor_id, username, email, course_id, day, *facts in records.iterator(_BATCH):
        stored = (pk, *facts)
        if user_id is not None:
            yield ("user", user_id, course_id, day), stored
            continue
        yield ("person", aor_id, username, email, course_id, day), stored
        # Somebody who has an account by now.
        found = accounts.find(username, email)
        if len(found) == 1 and aor_id in {None, found[0][1]}:
            yield ("user", found[0][0], course_id, day), stored


def _against(plan: PlannedRow, stored: tuple[int, str, str, bool]) -> PlannedRow:
    record_id, certificate, full_name, is_withdrawn = stored
    row = plan.row
    differences = [
        f"{what}: {before or 'none'} → {after}"
        for what, before, after in (
            ("certificate", certificate, row.certificate),
            ("name", full_name, row.full_name),
        )
        if after and after != before
    ]
    fate = Fate.CHANGED if differences else Fate.UNCHANGED
    if is_withdrawn:
        fate, differences = Fate.WITHDRAWN, []
    return PlannedRow(row, fate, plan.course_id, plan.user_id, record_id, "; ".join(differences))


def _digest(rows: Sequence[PlannedRow]) -> str:
    whole = hashlib.sha256()
    for row in rows:
        whole.update(f"{row.row.number} {row.fate} {row.user_id} {row.record_id}\n".encode())
    return whole.hexdigest()


# --- applying -------------------------------------------------------------------------------------


def _add(staged: TrainingImport, plan: Plan, person: Person, reason: str, now: datetime) -> None:
    new = [
        TrainingRecord(
            agency_id=staged.agency_id,
            aor_id=staged.aor_id,
            course_id=row.course_id,
            user_id=row.user_id,
            username=row.row.username,
            email=row.row.email,
            full_name=row.row.full_name,
            completed_on=row.row.completed_on,
            certificate=row.row.certificate,
            recorded_at=now,
        )
        for row in plan.rows
        if row.fate is Fate.NEW and row.course_id is not None
    ]
    TrainingRecord.objects.bulk_create(new, batch_size=_BATCH)
    _write_history([one.pk for one in new], "+", person, reason, now)


def _correct(plan: Plan, person: Person, reason: str, now: datetime) -> None:
    changes = {
        row.record_id: row.row
        for row in plan.rows
        if row.fate is Fate.CHANGED and row.record_id is not None
    }
    locked = list(TrainingRecord.objects.select_for_update().filter(pk__in=changes))
    for one in locked:
        row = changes[one.pk]
        one.certificate = row.certificate or one.certificate
        one.full_name = row.full_name or one.full_name
    TrainingRecord.objects.bulk_update(locked, ["certificate", "full_name"], batch_size=_BATCH)
    _write_history([one.pk for one in locked], "~", person, reason, now)


def _write_history(
    pks: Sequence[int], how: str, person: Person, reason: str, now: datetime
) -> None:
    """The rows' history as `save_governed` writes it, for thousands in one statement."""
    columns = ", ".join(
        connection.ops.quote_name(str(field.column))
        for field in TrainingRecord._meta.concrete_fields  # noqa: SLF001  Django's documented API
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO accounts_historicaltrainingrecord ({columns}, history_type,"  # noqa: S608
            " history_date, history_user_id, history_change_reason)"
            f" SELECT {columns}, %s, %s, %s, %s FROM accounts_trainingrecord WHERE id = ANY(%s)",
            [how, now, person.id, reason, list(pks)],
        )


def _one_at_a_time(agency_id: int) -> None:
    """Two files with the same rows must not both find them missing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"accounts.training_import:{agency_id}"],
        )


# --- keeping what was read ------------------------------------------------------------------------


def _facts(staged: TrainingImport) -> dict[str, Any]:
    return {
        "file": staged.file_name,
        "file_sha256": staged.file_sha256,
        "aor_id": staged.aor_id,
        "readable_rows": staged.row_count,
        "faults": staged.fault_count,
    }


def _fault_lists(read: ReadFile) -> list[list[Any]]:
    return [[fault.row, fault.column, fault.message] for fault in read.faults]


def _packed(rows: Sequence[CompletionRow]) -> bytes:
    packer = zlib.compressobj()
    parts = [packer.compress(_line(row)) for row in rows]
    return b"".join(parts) + packer.flush()


def _line(row: CompletionRow) -> bytes:
    values = asdict(row) | {"completed_on": row.completed_on.isoformat()}
    return json.dumps(list(values.values())).encode() + b"\n"


def _unpacked(packed: bytes | memoryview) -> Iterator[CompletionRow]:
    if not packed:
        return
    for line in zlib.decompress(packed).splitlines():
        number, course, username, email, full_name, day, certificate = json.loads(line)
        yield CompletionRow(
            number, course, username, email, full_name, date.fromisoformat(day), certificate
        )


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
