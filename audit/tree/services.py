"""Looking at the log's proofs; each look is recorded first (AUD-1, AUD-4)."""

from uuid import UUID

from django.db import transaction

from audit import leaf
from audit.actors import Actor
from audit.kinds import Kind
from audit.scopes import LogReader
from audit.selectors import find_entry
from audit.services import record, recording_refusals
from audit.tree import proving
from audit.tree.proving import EntryProof, Finding, Standing
from lprsvc.lib.errors import NotFound


def view_standing(*, actor: Actor, reader: LogReader) -> Standing:
    """How the reader's log stands: size, root, newest checkpoint, keys. Recorded first."""
    with transaction.atomic(durable=True):
        record(actor=actor, kind=Kind.AUDIT_VIEWED, fields={"object": "proof of the log"})
        return proving.standing_of(reader.scope.log_id)


def check_log(*, actor: Actor, reader: LogReader) -> list[Finding]:
    """Check what is stored of the reader's log; what was found is recorded with it."""
    with transaction.atomic(durable=True):
        found = proving.check(reader.scope.log_id)
        failed = [one.what for one in found if not one.holds]
        record(
            actor=actor,
            kind=Kind.AUDIT_VERIFIED,
            fields={"object": "stored log", "checked": [one.what for one in found]},
            outcome="failed" if failed else "ok",
            outcome_code="log_broken" if failed else None,
        )
    return found


def view_proof(*, actor: Actor, reader: LogReader, event_id: UUID) -> EntryProof:
    """An entry's proof as a file that leaves the service. Recorded first; raises NotFound for an
    entry out of the reader's scope, or that no checkpoint covers yet."""
    fields: dict[str, leaf.Value] = {"object": str(event_id), "form": "tlog-proof"}
    with recording_refusals(actor=actor, refused=Kind.AUDIT_EXPORTED, fields=fields):
        record(actor=actor, kind=Kind.AUDIT_EXPORTED, fields=fields)
        found = None
        if find_entry(reader.scope, event_id):
            found = proving.find_proof(reader.scope.log_id, event_id)
        if found is None:
            raise NotFound("proof")
    return found
