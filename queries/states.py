"""What an ordered report may become, and the event that says so. Nothing else moves."""

from audit.kinds import Kind
from queries.models import ReportState as S

# None: a step on the way, that by itself tells nobody anything.
REPORT: dict[S, dict[S, Kind | None]] = {
    S.WAITING: {S.RUNNING: None, S.CANCELED: Kind.REPORT_CANCELED, S.FAILED: Kind.REPORT_FAILED},
    S.RUNNING: {
        S.WAITING: None,
        S.DONE: Kind.REPORT_PRINTED,
        S.FAILED: Kind.REPORT_FAILED,
        S.CANCELED: Kind.REPORT_CANCELED,
    },
    # Once its file is gone; and where a hit in it was corrected or erased since.
    S.DONE: {S.WAITING: Kind.REPORT_ORDERED, S.FAILED: Kind.REPORT_FAILED},
    S.FAILED: {S.WAITING: Kind.REPORT_ORDERED},
    S.CANCELED: {S.WAITING: Kind.REPORT_ORDERED},
}


def before(after: S) -> list[S]:
    """The states that may become `after`."""
    return [state for state, steps in REPORT.items() if after in steps]
