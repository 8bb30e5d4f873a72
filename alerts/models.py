"""Hot plates, their matches with new reads, and who is told.

No history tables anywhere here: what is removed is erased for good, but for the audit log (ALT-9).
"""

from django.db import models
from django.db.models import Q

from accounts.models import Agency, User
from ingest.models import Camera
from lprsvc.lib.ids import uuid7


class AlertList(models.Model):
    """A list of hot plates. A single-plate alert is a list of its own with one entry (ALT-2)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="alert_lists")
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class EntryStatus(models.TextChoices):
    """Where an entry is in its life; only an active one matches."""

    ACTIVE = "active", "Active"
    EXPIRED = "expired", "Expired, can still be renewed"


class AlertEntry(models.Model):
    """One hot plate, with the reason it is watched for, valid for a year (ALT-7)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alert_list = models.ForeignKey(AlertList, on_delete=models.CASCADE, related_name="entries")
    plate_text = models.CharField(max_length=40)
    plate_key = models.CharField(max_length=10)
    state = models.CharField(max_length=6)
    reason_code = models.CharField(max_length=60)
    reason_label = models.CharField(max_length=120)
    case_reference = models.TextField()
    status = models.CharField(max_length=10, choices=EntryStatus, default=EntryStatus.ACTIVE)
    added_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # Of the reminders that it ends, how many its owner has been told (`alerts.life`).
    reminded = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "alert entries"
        indexes = [
            # What the daily job asks for.
            models.Index(fields=["expires_at"], name="alert_entry_ends"),
            # What matching joins on.
            models.Index(
                fields=["plate_key", "state"],
                name="alert_entry_active",
                condition=Q(status=EntryStatus.ACTIVE),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["alert_list", "plate_key", "state"], name="alert_entry_once_per_list"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Match(models.Model):
    """A new read of a hot plate. Holds what opens the read and what the mail says, no more."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry = models.ForeignKey(AlertEntry, on_delete=models.CASCADE, related_name="matches")
    read_id = models.UUIDField()
    captured_at = models.DateTimeField()
    camera = models.ForeignKey(Camera, on_delete=models.PROTECT, related_name="+")
    latitude_e7 = models.IntegerField()
    longitude_e7 = models.IntegerField()
    matched_at = models.DateTimeField()
    # Since when the read is known to be none of this plate: it was misread (QRY-10).
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "matches"
        constraints = [
            # A read that was corrected to another plate and back again matches anew.
            models.UniqueConstraint(
                fields=["entry", "read_id"],
                name="match_once_per_entry",
                condition=Q(withdrawn_at=None),
            )
        ]
        indexes = [
            models.Index(fields=["entry", "-captured_at"], name="match_newest"),
            models.Index(fields=["read_id"], name="match_of_read"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class NotificationStatus(models.TextChoices):
    """How far the mail to one recipient has come."""

    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being handed over"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed for good"


class Notification(models.Model):
    """One mail to one recipient about one match, claimed by conditional update."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="notifications")
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=10, choices=NotificationStatus, default=NotificationStatus.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    # When the recipient first opened the match (ALT-11).
    opened_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["match", "recipient"], name="notification_once_per_recipient"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="notification_unfinished",
                condition=~Q(status__in=[NotificationStatus.SENT, NotificationStatus.FAILED]),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
