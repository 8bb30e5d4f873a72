"""What becomes of a preview: an agent's first word on a group of plates that it still watches.

The group itself counts, and shares the preview's ids: once it is stored, the preview is superseded.
Where it never comes, because the agent died, the preview is all there is, and is stored (ING-4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from audit.actors import system
from audit.kinds import Kind
from audit.services import record
from ingest.formats import generic
from ingest.insertion import KeyTaken
from ingest.known import SightingKeys
from ingest.models import QuarantinedRead, QuarantineState, Source
from ingest.rules import PREVIEW_WAITS, QuarantineReason
from ingest.schemas import Delivered, Outcome
from ingest.services.quarantine import REFED, as_it_came, settle
from ingest.services.reads import RulesChanged, insert_prepared, make_months_for, prepare_reads
from lprsvc.lib.errors import PolicyDenied

# Previews of one source in one transaction; each may bring two photographs to be read.
_PART = 200
_ACTOR = system("ingest.settle_previews")


@dataclass(slots=True)
class Settled:
    """How many previews were superseded by their groups, and how many were stored themselves."""

    superseded: int = 0
    stored: int = 0

    @property
    def any(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.superseded or self.stored)


def settle_previews(*, now: datetime) -> Settled:
    """Look at every preview that waits; safe to run twice, and beside another worker."""
    settled = Settled()
    waiting = _waiting().order_by("source_id").values_list("source_id", flat=True).distinct()
    for source in Source.objects.filter(pk__in=list(waiting)):
        try:
            with transaction.atomic(durable=True):
                here = _settle_of_source(source, now)
                if here.any:
                    _record(source, here)
        except (PolicyDenied, KeyTaken, RulesChanged):
            continue  # paused, or something changed at this very moment: the next run sees to it
        settled.superseded += here.superseded
        settled.stored += here.stored
    return settled


def _waiting() -> "QuerySet[QuarantinedRead]":
    return QuarantinedRead.objects.filter(
        reason=QuarantineReason.PREVIEW, state=QuarantineState.WAITING
    )


def _settle_of_source(source: Source, now: datetime) -> Settled:
    rows = _waiting().filter(source=source).select_for_update(skip_locked=True)
    held = list(rows.order_by("pk")[:_PART])
    reads = [generic.parse(*as_it_came(one)) for one in held]
    keys = SightingKeys(source, reads)
    known = [keys.find(read) is not None for read in reads]
    for one, is_known in zip(held, known, strict=True):
        if is_known:
            settle(one, QuarantineState.DISCARDED, actor=_ACTOR, now=now)
    alone = [
        (one, read)
        for one, read, is_known in zip(held, reads, known, strict=True)
        if not is_known and one.quarantined_at < now - PREVIEW_WAITS
    ]
    return Settled(sum(known), _store(source, alone, now) if alone else 0)


def _store(
    source: Source, alone: Sequence[tuple[QuarantinedRead, Delivered]], now: datetime
) -> int:
    """Store previews whose groups never came; returns how many became reads."""
    prepared = prepare_reads(
        source=source, reads=[read for _, read in alone], format=REFED, now=now
    )
    faults = prepared.take_faults()
    for index, fault in faults.items():
        held = alone[index][0]
        held.reason, held.detail = fault.reason, fault.detail
        held.save(update_fields=["reason", "detail"])
    if len(faults) == len(alone):
        return 0
    make_months_for(prepared)
    receipt = insert_prepared(prepared)
    for outcome in receipt.reads:
        held = alone[outcome.index][0]
        held.became_id = receipt.receipt
        if outcome.outcome is Outcome.REFUSED:
            # Not to be kept a day longer (ING-6).
            settle(held, QuarantineState.DISCARDED, actor=_ACTOR, now=now, kept=timedelta(0))
        else:
            settle(held, QuarantineState.REPAIRED, actor=_ACTOR, now=now)
    return receipt.stored


def _record(source: Source, settled: Settled) -> None:
    record(
        actor=_ACTOR,
        kind=Kind.SYSTEM_MAINTAINED,
        fields={
            "job": "ingest.settle_previews",
            "object": "ingest_quarantinedread",
            "source": source.code,
            "superseded": settled.superseded,
            "stored": settled.stored,
        },
    )
