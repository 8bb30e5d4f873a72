"""Keeping the table of reads ready for what comes."""

from datetime import UTC, datetime

from django.db import transaction

from audit.actors import system
from audit.kinds import Kind
from audit.services import record
from ingest.insertion import make_months
from lprsvc.lib.dbrole import acting_as

# This month and three ahead: a nightly job may fail for a quarter of a year.
_MONTHS = 4


def make_partitions_ahead(*, now: datetime) -> int:
    """Make the missing monthly partitions from now on; returns how many, recorded when any."""
    actor = system("make_partitions_ahead")
    month = now.astimezone(UTC).date().replace(day=1)
    with transaction.atomic(durable=True):
        with acting_as("lpr_ingest"):
            made = make_months([month], count=_MONTHS)
        if made:
            record(
                actor=actor,
                kind=Kind.SYSTEM_MAINTAINED,
                fields={"object": "ingest_read", "partitions_made": made},
            )
    return made
