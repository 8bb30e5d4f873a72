"""Mails that the service owes people, until they are sent."""

from django.db import models
from django.db.models import Q

from audit.models import Log
from lprsvc.lib.ids import uuid7


class NoticeStatus(models.TextChoices):
    """How far one mail has come."""

    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being handed over"
    SENT = "sent", "Sent"
    # What it would have told is no longer so.
    DROPPED = "dropped", "No longer needed"
    FAILED = "failed", "Failed for good"


class Notice(models.Model):
    """One mail to one address, claimed by conditional update.

    Holds what it is about, never what it says: secrets are made while the mail is composed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=40)
    recipient = models.EmailField()
    # What the mail's composer needs to find, as "user:<id>"; see accounts.notices.
    about = models.CharField(max_length=200)
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=NoticeStatus, default=NoticeStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="notice_unfinished",
                condition=Q(status__in=[NoticeStatus.WAITING, NoticeStatus.SENDING]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
