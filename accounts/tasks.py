"""The worker's side of accounts. Each task may run twice: then it finds nothing to do."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from accounts.services import (
    credentials,
    dormancy,
    notices,
    reminders,
    support,
    terminations,
    training_import,
)


@shared_task(name="accounts.tasks.send_notice")  # type: ignore[untyped-decorator]
def send_notice(*, notice_id: str) -> None:
    """Send one mail."""
    notices.send_notice(notice_id=UUID(notice_id), now=timezone.now())


# Beat sends one every ten seconds; those that waited in a long queue for longer have no use.
@shared_task(name="accounts.tasks.sweep_notices", expires=10)  # type: ignore[untyped-decorator]
def sweep_notices() -> None:
    """Send the mails that were missed or postponed."""
    notices.sweep_notices(now=timezone.now())


@shared_task(name="accounts.tasks.forget_old_credentials")  # type: ignore[untyped-decorator]
def forget_old_credentials() -> None:
    """Remove counters of failures, temporary passwords, known places, ended sessions and mails,
    and old requests for help."""
    now = timezone.now()
    credentials.forget_old(now=now)
    notices.forget_ended(now=now)
    support.erase_ended(now=now)


@shared_task(name="accounts.tasks.escalate_help", expires=300)  # type: ignore[untyped-decorator]
def escalate_help() -> None:
    """Tell the vendor again of requests for help that are overdue."""
    support.escalate_help(now=timezone.now())


@shared_task(name="accounts.tasks.escalate_terminations", expires=60)  # type: ignore[untyped-decorator]
def escalate_terminations() -> None:
    """Tell who must know of terminations that are overdue."""
    terminations.escalate_overdue(now=timezone.now())


@shared_task(name="accounts.tasks.suspend_unused")  # type: ignore[untyped-decorator]
def suspend_unused() -> None:
    """Suspend accounts that nobody used for 90 days; tell 14 days before."""
    dormancy.suspend_unused(now=timezone.now())


@shared_task(name="accounts.tasks.remind_of_training")  # type: ignore[untyped-decorator]
def remind_of_training() -> None:
    """Tell who has to be told of training and certifications; erase uploads nobody confirmed."""
    now = timezone.now()
    reminders.remind_of_training(now=now)
    reminders.send_gap_lists(now=now)
    reminders.remind_of_certifications(now=now)
    training_import.erase_unconfirmed(now=now)
