"""What a report of an error may become, and the event that says so. Nothing else moves (QRY-10)."""

from audit.kinds import Kind
from ingest.models import ReportStatus as S
from lprsvc.lib.errors import PolicyDenied

# {from: {to: event}}. The vendor decides what it has looked at; until then the reporter may think
# better of it.
REPORT: dict[S, dict[S, Kind]] = {
    S.OPEN: {S.UNDER_REVIEW: Kind.READ_REVIEWED, S.WITHDRAWN: Kind.READ_REPORT_WITHDRAWN},
    S.UNDER_REVIEW: {
        S.CORRECTED: Kind.READ_REPORT_CORRECTED,
        S.REJECTED: Kind.READ_REPORT_REJECTED,
        S.WITHDRAWN: Kind.READ_REPORT_WITHDRAWN,
    },
    S.CORRECTED: {},
    S.REJECTED: {},
    S.WITHDRAWN: {},
}


def report_step(before: str, after: S) -> Kind:
    """The event of a report's step. Raises PolicyDenied for one the table does not know."""
    status = S(before)
    kind = REPORT[status].get(after)
    if kind is None:
        raise PolicyDenied(
            "report_closed" if not REPORT[status] else "report_not_reviewed",
            f"This report is {status.label.lower()}: it cannot become {after.label.lower()}.",
        )
    return kind
