"""What governs alerts, each constant with where it comes from."""

from datetime import datetime, timedelta

from lprsvc.lib.mailing import CLAIM_LASTS, GIVE_UP_AFTER, RETRY_STEPS, retry_delay

__all__ = ["CLAIM_LASTS", "GIVE_UP_AFTER", "RETRY_STEPS", "expires_at", "retry_delay"]

# A batch that the worker was told of is matched within a second or two; one this old was missed.
BATCH_OVERDUE = timedelta(seconds=5)

# A task matches whatever waits when it begins, so many batches at most in its one transaction.
MATCHED_TOGETHER = 200
# How long the note that a matching task waits keeps others from being sent; see services.queue.
NOTE_LASTS = timedelta(seconds=2)
# The clocks of the machines that store and match may differ by this much.
CLOCKS_APART = timedelta(minutes=1)

# One sweep takes no more than this, so that fresh work is not kept waiting behind it.
SWEEP_BATCHES = 200
SWEEP_NOTIFICATIONS = 200
SWEEP_SECONDS = 45.0

# Links to photographs of a match live this long: a page is looked at, then asked for anew (QRY-7).
PHOTOGRAPH_LINK_AGE = timedelta(minutes=15)

PAGE_SIZE = 25


def expires_at(added_at: datetime) -> datetime:
    """When an entry added then stops matching: one year on (PIA-039(a), Alert lists; ALT-7).

    Added on 29 February, it ends on 28 February: never longer than a year.
    """
    try:
        return added_at.replace(year=added_at.year + 1)
    except ValueError:
        return added_at.replace(year=added_at.year + 1, day=28)
