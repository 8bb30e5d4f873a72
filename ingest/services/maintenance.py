"""Keeping the table of reads ready for what comes."""

from datetime import UTC, datetime

from django.db import transaction

from audit.actors import system
from audit.kinds import Kind
from audit.services import record, record_alone
from ingest.insertion import make_months
from ingest.models import DeliveryKey
from ingest.rules import DELIVERY_KEYS_KEPT
from lprsvc.lib.dbrole import acting_as

# Rows in one statement of the nightly job.
_CHUNK = 10_000
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


def forget_delivery_keys(*, now: datetime) -> int:
    """Forget the vendors' ids of sightings that nobody delivers again; returns how many.

    A chunk in each transaction, so that no delivery waits long. Recorded when any. Safe to run
    again.
    """
    forgotten = 0
    while True:
        with transaction.atomic(durable=True):
            old = DeliveryKey.objects.filter(seen_at__lt=now - DELIVERY_KEYS_KEPT)
            keys = list(old.values_list("pk", flat=True)[:_CHUNK])
            if not keys:
                break
            forgotten += DeliveryKey.objects.filter(pk__in=keys).delete()[0]
    if forgotten:
        record_alone(
            actor=system("forget_delivery_keys"),
            kind=Kind.SYSTEM_MAINTAINED,
            fields={"object": "ingest_deliverykey", "forgotten": forgotten},
        )
    return forgotten
