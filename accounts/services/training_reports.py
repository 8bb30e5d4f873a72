"""That a report left the service is an event (AUD-1)."""

from accounts.people import Person
from audit.kinds import Kind
from audit.services import record_alone


def record_download(*, person: Person, report: str, kind: str, shown: str, sha256: str) -> None:
    """Record a report handed out as a file: what it showed, and the hash of its bytes.

    Raises AuditUnavailable.
    """
    record_alone(
        actor=person,
        kind=Kind.REPORT_DOWNLOADED,
        fields={"report": report, "format": kind, "shown": shown, "sha256": sha256},
    )
