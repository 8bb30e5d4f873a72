"""What the alerts room does when a lower room speaks."""

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from alerts.services import queue
from ingest.signals import read_retracted, reads_stored


@receiver(reads_stored, dispatch_uid="alerts.match_stored_reads")
def match_stored_reads(*, batch_id: UUID, **_: Any) -> None:
    """Have the new reads matched, seconds after they were stored."""
    queue.match_later(batch_id)


@receiver(read_retracted, dispatch_uid="alerts.retract_corrected_read")
def retract_corrected_read(**_: Any) -> None:
    """Have matches of a corrected read withdrawn, seconds after it was."""
    queue.retract_later()
