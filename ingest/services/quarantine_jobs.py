"""Many quarantined reads at once: fed again as they are, or discarded (ING-5).

A person orders it; the worker goes through the reads a few hundred at a time, each part with its
counts in one transaction, so that it may be killed, started twice or stopped at any point: what is
done is done once, and the rest is found by the next run. A read that is still faulty goes on
waiting, under the reason it has now.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

from celery import current_app
from django.db import InterfaceError, OperationalError, transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from accounts.services.governed import governing
from audit.actors import Actor, system
from audit.kinds import Kind
from audit.services import record
from ingest import policy
from ingest.formats import generic
from ingest.insertion import KeyTaken
from ingest.models import (
    JobState,
    QuarantineAct,
    QuarantinedRead,
    QuarantineJob,
    QuarantineState,
    Source,
)
from ingest.quarantine import Which, list_open_jobs, which_of
from ingest.schemas import Outcome
from ingest.services.quarantine import REFED, as_it_came, settle
from ingest.services.reads import insert_prepared, make_months_for, prepare_reads
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound
from lprsvc.lib.ids import uuid7

WORK_JOB = "ingest.tasks.work_quarantine_job"
# Reads in one transaction; each may bring two photographs to be read.
PART = 200
# A claim whose worker has not finished a part for so long is anybody's.
CLAIM_LASTS = timedelta(minutes=5)
# A task works no longer than this, to stay far within the worker's time limit.
WORK_SECONDS = 120.0
_ACTOR = system("ingest.work_quarantine_job")

logger = logging.getLogger(__name__)


def order_job(
    *, actor: Actor, act: QuarantineAct, which: Which, reason: str, now: datetime
) -> QuarantineJob:
    """Have the worker go through all waiting reads of `which`; what comes later is not among them.

    Raises PolicyDenied; InvalidInput without a reason and where nothing waits.
    """
    with governing(actor, subject=f"quarantine {act}", reason=reason):
        policy.check_can_manage_sources(actor)
        job = QuarantineJob(
            id=uuid7(),
            act=act,
            source_id=which.source_id,
            reason=which.reason,
            camera=which.camera,
            since=which.since,
            until=which.until,
            why=reason,
            ordered_by=actor.id,
            ordered_name=actor.name,
            ordered_at=now,
        )
        job.total = which_of(job).rows().count()
        if not job.total:
            raise InvalidInput({"": ["Nothing of this kind waits any more."]})
        ordered = record(
            actor=actor,
            kind=Kind.QUARANTINE_BULK_ORDERED,
            fields=_about(job) | which.described() | {"count": job.total, "reason": reason},
        )
        job.event = ordered.id
        job.save(force_insert=True)
        transaction.on_commit(partial(tell_worker, job.pk), robust=True)
    return job


def stop_job(*, actor: Actor, job: QuarantineJob, reason: str, now: datetime) -> None:
    """End a job after the part it is at. Raises PolicyDenied, InvalidInput."""
    with governing(actor, subject=f"quarantinejob:{job.pk}", reason=reason):
        policy.check_can_manage_sources(actor)
        stopped = QuarantineJob.objects.filter(
            pk=job.pk, state__in=[JobState.WAITING, JobState.RUNNING]
        ).update(state=JobState.STOPPED, finished_at=now)
        if not stopped:
            raise InvalidInput({"": ["It has ended already."]})
        record(
            actor=actor,
            kind=Kind.QUARANTINE_BULK_STOPPED,
            fields=_about(job) | {"reason": reason},
            parent=job.event,
        )


def tell_worker(job_id: UUID) -> None:
    """Have a worker go on with a job; when the broker is away, the sweep will."""
    try:
        current_app.send_task(WORK_JOB, kwargs={"job_id": str(job_id)})
    except (KombuError, RedisError, OSError) as error:
        logger.warning("%s for %s was not sent, the sweep will: %s", WORK_JOB, job_id, error)


def sweep_jobs(*, now: datetime) -> int:
    """Have the worker go on with every job that nobody works on; returns how many."""
    idle = [job.pk for job in list_open_jobs() if not _is_claimed(job, now)]
    for job_id in idle:
        tell_worker(job_id)
    return len(idle)


def work_job(*, job_id: UUID, clock: Callable[[], datetime]) -> bool:
    """Work on a job until it is done, stopped or `WORK_SECONDS` are over; returns whether there
    is more to do. Another worker's job is left alone, so running it twice is harmless."""
    claim, deadline = _claim(job_id, clock()), time.monotonic() + WORK_SECONDS
    if claim is None:
        return False
    try:
        while _work_part(job_id, claim, clock()):
            if time.monotonic() > deadline:
                _release(job_id, claim)
                return True
    except KeyTaken:
        # Another delivery of the same sighting was quicker: looked at anew, it is a duplicate.
        _release(job_id, claim)
        return True
    except DomainError as error:
        # The storage is away, or the log: it may be back when the sweep comes round. A source
        # that is paused stays so until somebody resumes it.
        if error.status >= 500:
            _release(job_id, claim)
        else:
            _fail(job_id, claim, clock(), fault=error.message)
    except (OperationalError, InterfaceError):
        # Without a database nothing can be said; the claim runs out by itself.
        raise
    except Exception as error:
        _fail(job_id, claim, clock(), fault=f"{type(error).__name__}; see the worker's messages.")
        raise
    return False


def _claim(job_id: UUID, now: datetime) -> UUID | None:
    claim = uuid4()
    with transaction.atomic(durable=True):
        job = QuarantineJob.objects.select_for_update().filter(pk=job_id).first()
        if job is None or not job.is_open or _is_claimed(job, now):
            return None
        job.state, job.claim, job.claimed_at = JobState.RUNNING, claim, now
        job.save(update_fields=["state", "claim", "claimed_at"])
    return claim


def _is_claimed(job: QuarantineJob, now: datetime) -> bool:
    return job.claimed_at is not None and job.claimed_at > now - CLAIM_LASTS


def _release(job_id: UUID, claim: UUID) -> None:
    QuarantineJob.objects.filter(pk=job_id, claim=claim).update(claim=None, claimed_at=None)


def _work_part(job_id: UUID, claim: UUID, now: datetime) -> bool:
    """One part of the job; False when there is nothing left to do for this claim."""
    with transaction.atomic(durable=True):
        job = QuarantineJob.objects.select_for_update().filter(
            pk=job_id, claim=claim, state=JobState.RUNNING
        ).first()  # fmt: skip
        if job is None:
            return False
        part = _next_part(job)
        if not part:
            _finish(job, JobState.DONE, now)
            return False
        if job.act == QuarantineAct.DISCARD:
            _discard(job, part, now)
        else:
            _feed_again(job, part, now)
        job.position, job.claimed_at = part[-1].pk, now
        job.save()
    return True


def _next_part(job: QuarantineJob) -> list[QuarantinedRead]:
    rows = which_of(job).rows().select_related("source").select_for_update(of=("self",))
    if job.position is not None:
        rows = rows.filter(pk__gt=job.position)
    return list(rows.order_by("pk")[:PART])


def _discard(job: QuarantineJob, part: Sequence[QuarantinedRead], now: datetime) -> None:
    for held in part:
        settle(held, QuarantineState.DISCARDED, actor=_ordered_by(job), now=now)
    job.discarded += len(part)


def _feed_again(job: QuarantineJob, part: Sequence[QuarantinedRead], now: datetime) -> None:
    by_source = sorted(part, key=lambda held: held.source_id)
    for _, several in groupby(by_source, key=lambda held: held.source_id):
        _feed_again_of_source(job, list(several), now)


def _feed_again_of_source(
    job: QuarantineJob, part: Sequence[QuarantinedRead], now: datetime
) -> None:
    source: Source = part[0].source
    reads = [generic.parse(*as_it_came(held)) for held in part]
    prepared = prepare_reads(source=source, reads=reads, format=REFED, now=now)
    faults = prepared.take_faults()
    for index, fault in faults.items():
        part[index].reason, part[index].detail = fault.reason, fault.detail
        part[index].save(update_fields=["reason", "detail"])
    job.unchanged += len(faults)
    if len(faults) == len(part):
        return
    make_months_for(prepared)
    receipt = insert_prepared(prepared)
    for outcome in receipt.reads:
        held = part[outcome.index]
        held.became_id = receipt.receipt
        if outcome.outcome is Outcome.REFUSED:
            # Not to be kept a day longer (ING-6).
            settle(held, QuarantineState.DISCARDED, actor=_ACTOR, now=now, kept=timedelta(0))
        else:
            settle(held, QuarantineState.REPAIRED, actor=_ordered_by(job), now=now)
        job.stored += outcome.outcome is Outcome.STORED
        job.duplicate += outcome.outcome is Outcome.DUPLICATE
        job.discarded += outcome.outcome is Outcome.REFUSED


def _finish(job: QuarantineJob, state: JobState, now: datetime, *, fault: str = "") -> None:
    job.state, job.finished_at, job.fault = state, now, fault[:200]
    job.save(update_fields=["state", "finished_at", "fault"])
    record(
        actor=_ACTOR,
        kind=Kind.QUARANTINE_BULK_ENDED,
        fields=_about(job) | _counts(job) | {"ordered_by": job.ordered_by},
        outcome="failed" if state is JobState.FAILED else "ok",
        parent=job.event,
    )


def _fail(job_id: UUID, claim: UUID, now: datetime, *, fault: str) -> None:
    with transaction.atomic(durable=True):
        job = QuarantineJob.objects.select_for_update().filter(pk=job_id, claim=claim).first()
        if job is not None and job.is_open:
            _finish(job, JobState.FAILED, now, fault=fault)


def get_job(pk: UUID) -> QuarantineJob:
    """A job with its source. Raises NotFound."""
    job = QuarantineJob.objects.select_related("source").filter(pk=pk).first()
    if job is None:
        raise NotFound("job")
    return job


def _ordered_by(job: QuarantineJob) -> Actor:
    return Actor(id=job.ordered_by, name=job.ordered_name, log_id=_ACTOR.log_id)


def _about(job: QuarantineJob) -> dict[str, Any]:
    return {"object": f"quarantinejob:{job.pk}", "act": str(job.act)}


def _counts(job: QuarantineJob) -> dict[str, Any]:
    return {
        "total": job.total,
        "stored": job.stored,
        "duplicate": job.duplicate,
        "discarded": job.discarded,
        "unchanged": job.unchanged,
    }
