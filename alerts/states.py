"""What an entry and a notification may become, and the event that says so. Nothing else moves."""

from enum import StrEnum

from alerts.models import EntryStatus, NotificationStatus
from audit.kinds import Kind


class Gone(StrEnum):
    """The end that no row remembers (ALT-9)."""

    ERASED = "erased"


# {from: {to: event}}. Expiry itself is a matter of the clock: matching looks at `expires_at`, so
# an entry past it is silent even before it is marked.
ENTRY: dict[EntryStatus, dict[EntryStatus | Gone, Kind]] = {
    EntryStatus.ACTIVE: {
        EntryStatus.EXPIRED: Kind.ALERT_EXPIRED,
        Gone.ERASED: Kind.ALERT_REMOVED,
    },
    EntryStatus.EXPIRED: {
        EntryStatus.ACTIVE: Kind.ALERT_RENEWED,
        Gone.ERASED: Kind.ALERT_REMOVED,
    },
}

# None: a step on the way, that by itself tells nobody anything.
NOTIFICATION: dict[NotificationStatus, dict[NotificationStatus, Kind | None]] = {
    NotificationStatus.WAITING: {NotificationStatus.SENDING: None},
    NotificationStatus.SENDING: {
        NotificationStatus.WAITING: None,
        NotificationStatus.SENT: Kind.ALERT_NOTIFIED,
        NotificationStatus.FAILED: Kind.ALERT_NOTIFY_FAILED,
    },
    NotificationStatus.SENT: {},
    NotificationStatus.FAILED: {},
}


def notification_step(before: NotificationStatus, after: NotificationStatus) -> Kind | None:
    """The event of a notification's step. Raises KeyError for a step the table does not know."""
    return NOTIFICATION[before][after]
