"""The room's constants and tables: complete, and as their sources say."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from alerts import rules
from alerts.models import EntryStatus, NotificationStatus
from alerts.states import ENTRY, NOTIFICATION, Gone, notification_step
from audit.kinds import Kind


@pytest.mark.parametrize(
    ("added", "ends"),
    [
        (datetime(2026, 3, 2, 15, tzinfo=UTC), datetime(2027, 3, 2, 15, tzinfo=UTC)),
        (datetime(2027, 3, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, 8, tzinfo=UTC), datetime(2029, 2, 28, 8, tzinfo=UTC)),
    ],
)
def test_entry_is_valid_one_year(added: datetime, ends: datetime) -> None:  # ALT-7
    assert rules.expires_at(added) == ends


def test_retries_begin_soon_and_get_rarer() -> None:
    delays = [rules.retry_delay(attempt) for attempt in range(1, 10)]
    assert delays == sorted(delays)
    assert delays[0] <= timedelta(seconds=10)
    assert delays[-1] == rules.RETRY_STEPS[-1]


def test_claim_outlives_the_hardest_time_limit() -> None:
    assert timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT) < rules.CLAIM_LASTS
    assert rules.SWEEP_SECONDS < settings.CELERY_TASK_SOFT_TIME_LIMIT


def test_state_tables_are_complete() -> None:
    assert set(ENTRY) == set(EntryStatus)
    assert set(NOTIFICATION) == set(NotificationStatus)
    for table in (ENTRY, NOTIFICATION):
        for before, steps in table.items():
            assert before not in steps
            assert all(event is None or isinstance(event, Kind) for event in steps.values())
    reached = {after for steps in NOTIFICATION.values() for after in steps}
    assert reached == set(NotificationStatus)
    assert all(Gone.ERASED in steps for steps in ENTRY.values())


def test_unknown_step_raises() -> None:
    with pytest.raises(KeyError):
        notification_step(NotificationStatus.SENT, NotificationStatus.WAITING)
