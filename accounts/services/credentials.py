"""Second factors: their changes as the log sees them, never the secrets; the person is told."""

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from accounts.log_on_rules import TEMPORARY_KEPT
from accounts.models import TemporaryPassword
from accounts.people import Person
from accounts.services import lockout, places
from accounts.services.notices import queue_notice
from audit.actors import system
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record, record_alone

_JOB = "accounts.forget_old_credentials"


def record_factor_added(*, person: Person, factor: str) -> None:
    """Record a new second factor, as "totp", in the transaction that adds it, if there is one."""
    _record(person, Kind.CREDENTIAL_MFA_ENROLLED, factor)


def record_factor_removed(*, person: Person, factor: str) -> None:
    """Record that a second factor was taken away."""
    _record(person, Kind.CREDENTIAL_CHANGED, f"{factor} removed")


def record_factor_failed(*, person: Person, factor: str) -> None:
    """Record a wrong code. Raises AuditUnavailable."""
    record_alone(
        actor=person,
        kind=Kind.CREDENTIAL_MFA_FAILED,
        fields={"what": factor},
        outcome="failed",
        outcome_code="wrong_code",
    )


def forget_old(*, now: datetime) -> None:
    """Remove what of credentials and sessions nobody needs any more, and record how much.

    For the worker.
    """
    old = TemporaryPassword.objects.filter(expires_at__lt=now - TEMPORARY_KEPT)
    with transaction.atomic(durable=True):
        removed: dict[str, Value] = {
            "failures": lockout.forget_old_failures(now=now),
            "places": places.forget_old_places(now=now),
            "temporary_passwords": old.delete()[0],
            "sessions": Session.objects.filter(expire_date__lt=now).delete()[0],
        }
        record(actor=system(_JOB), kind=Kind.SYSTEM_MAINTAINED, fields={"removed": removed})


def _record(person: Person, kind: Kind, what: str) -> None:
    # The receivers of allauth's rows know no time of their own.
    now: datetime = timezone.now()
    with transaction.atomic(durable=not connection.in_atomic_block):
        record(actor=person, kind=kind, fields={"what": what})
        queue_notice(
            kind="second_factor_changed",
            recipient=person.email,
            about=f"user:{person.user_id}",
            log_id=person.log_id,
            now=now,
        )
