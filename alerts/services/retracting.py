"""What becomes of matches whose read was corrected: withdrawn, or moved to its place (QRY-10).

Their recipients are told by the ingest room, with everybody else who saw the read.
"""

from datetime import datetime

from django.db import transaction

from alerts.models import Match
from alerts.services.facts import job_for, match_fields, owner_of
from audit.kinds import Kind
from audit.services import record
from ingest.services import outbox
from ingest.services.outbox import ClaimedRetraction

JOB = "alerts.retract"


def retract_waiting(*, now: datetime) -> int:
    """Act on every correction that waits, in one transaction; returns how many matches were
    withdrawn. Run twice, the second finds nothing to claim."""
    with transaction.atomic(durable=True):
        return retract_corrected(now=now)


def retract_corrected(*, now: datetime) -> int:
    """As `retract_waiting`, within the caller's transaction."""
    return sum(_retract(claim, now) for claim in outbox.claim_retractions())


def _retract(claim: ClaimedRetraction, now: datetime) -> int:
    matches = Match.objects.filter(read_id=claim.read_id, withdrawn_at=None)
    if not claim.is_gone:
        matches.update(latitude_e7=claim.latitude_e7, longitude_e7=claim.longitude_e7)
        return 0
    gone = list(
        # Waits for an entry that is being removed, whose matches are then gone.
        matches.select_for_update(of=("self",)).select_related(
            "entry__alert_list__owner__aor", "entry__alert_list__agency", "camera__source"
        )
    )
    Match.objects.filter(pk__in=[match.pk for match in gone]).update(withdrawn_at=now)
    for match in gone:
        record(
            actor=job_for(match.entry, JOB),
            kind=Kind.ALERT_MATCH_WITHDRAWN,
            fields=match_fields(match) | {"correction": str(claim.correction_id)},
            behalf=owner_of(match.entry),
        )
    return len(gone)
