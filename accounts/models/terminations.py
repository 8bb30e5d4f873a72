"""Requests to end somebody's access, and how long it took (ACC-10)."""

from django.db import models
from django.db.models import F, Q

from accounts.history import governed_history
from accounts.models.people import User
from lprsvc.lib.ids import uuid7


class TerminationOrigin(models.TextChoices):
    """How the request came."""

    SYSTEM = "system", "Made in the system"
    EMAIL = "email", "Received by e-mail"


class TerminationState(models.TextChoices):
    """Where it stands."""

    OPEN = "open", "Waiting to be carried out"
    DONE = "done", "Carried out"
    WITHDRAWN = "withdrawn", "Withdrawn"


class TerminationEffect(models.TextChoices):
    """What became of the account."""

    CLOSED = "closed", "Closed for ever"
    SUSPENDED = "suspended", "Suspended"


class Termination(models.Model):
    """A request to end one person's access, due within 24 business hours of its receipt."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="terminations")
    origin = models.CharField(max_length=10, choices=TerminationOrigin)
    # Who asked by e-mail; empty for a request made in the system.
    requested_by = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=TerminationState, default=TerminationState.OPEN)
    effect = models.CharField(max_length=10, choices=TerminationEffect, blank=True)
    # When access was cut, or the request withdrawn.
    ended_at = models.DateTimeField(null=True)
    # Business time from receipt until access was cut.
    taken = models.DurationField(null=True)
    managers_told_at = models.DateTimeField(null=True)
    vendor_told_at = models.DateTimeField(null=True)
    history = governed_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state="open"), name="termination_one_open"
            ),
            models.CheckConstraint(
                name="termination_state_complete",
                condition=Q(state="open", ended_at=None, taken=None, effect="")
                | Q(state="withdrawn", ended_at__isnull=False, taken=None, effect="")
                | (
                    Q(state="done", ended_at__isnull=False, taken__isnull=False)
                    & Q(effect__in=["closed", "suspended"])
                ),
            ),
            models.CheckConstraint(
                name="termination_times_in_order",
                condition=Q(received_at__lte=F("entered_at")) & Q(received_at__lte=F("due_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="termination_open", condition=Q(state="open"))
        ]
        ordering = ["due_at"]

    def __str__(self) -> str:
        return f"termination of {self.user}"
