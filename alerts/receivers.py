"""What the alerts room does when a lower room speaks."""

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from alerts.services import queue
from ingest.signals import reads_stored


@receiver(reads_stored, dispatch_uid="alerts.match_stored_reads")
def match_stored_reads(*, batch_id: UUID, **_: Any) -> None:
    """Have the new reads matched, seconds after they were stored."""
    queue.match_later(batch_id)
