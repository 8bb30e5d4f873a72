"""Requests to the help desk, tracked until they are answered (ACC-14)."""

from django.db import models
from django.db.models import Q

from accounts.models.people import User
from audit.models import Log
from lprsvc.lib.ids import uuid7


class HelpTopic(models.TextChoices):
    """What a request is about."""

    LOG_ON = "log_on", "Logging on, passwords, second factor"
    QUERIES = "queries", "Queries and results"
    ALERTS = "alerts", "Alert lists and matches"
    TRAINING = "training", "Training and accounts"
    FEEDS = "feeds", "Cameras and feeds"
    OTHER = "other", "Something else"


class HelpState(models.TextChoices):
    """Where a request stands."""

    OPEN = "open", "Waiting for an answer"
    ANSWERED = "answered", "Answered"
    CLOSED = "closed", "Closed without an answer"


class HelpRequest(models.Model):
    """One question to the vendor's help desk, from a user or from somebody who can't log on.

    Its text is never in the log, so that it can be erased a year after its end.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Null: from somebody who was not logged on.
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    email = models.EmailField()
    topic = models.CharField(max_length=20, choices=HelpTopic)
    text = models.TextField(max_length=4_000)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=HelpState, default=HelpState.OPEN)
    answer = models.TextField(max_length=4_000, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="help_request_ends_with_words",
                condition=Q(state="open", ended_at=None, ended_by=None, answer="")
                | (Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(answer="")),
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], name="help_request_open", condition=Q(state="open"))
        ]
        ordering = ["due_at"]

    def __str__(self) -> str:
        return f"help request of {self.name}"
