"""What a user may recall of their queries for 60 days (QRY-13); never the results."""

from django.db import models

from accounts.models import User


class RecentQuery(models.Model):
    """One query as it was asked. Its id is the id of its ``query.run`` event.

    No history table: the row is erased for good after 60 days, or sooner by hand.
    """

    id = models.UUIDField(primary_key=True)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    plate_text = models.CharField(max_length=40)
    plate_key = models.CharField(max_length=10)
    state = models.CharField(max_length=6)
    reason_code = models.CharField(max_length=60)
    reason_label = models.CharField(max_length=120)
    case_reference = models.TextField()
    behalf_id = models.CharField(max_length=200, blank=True)
    behalf_name = models.CharField(max_length=200, blank=True)
    start = models.DateTimeField()
    end = models.DateTimeField()
    period = models.CharField(max_length=40)
    hit_count = models.PositiveIntegerField()
    receipt = models.CharField(max_length=64)
    run_at = models.DateTimeField()
    erase_after = models.DateTimeField()
    # The same for every delivery of one filled-in form.
    submission = models.UUIDField()

    class Meta:
        verbose_name_plural = "recent queries"
        indexes = [
            models.Index(fields=["owner", "-run_at"], name="recent_query_newest"),
            models.Index(fields=["owner", "submission"], name="recent_query_submission"),
            models.Index(fields=["erase_after"], name="recent_query_due"),
        ]

    def __str__(self) -> str:
        return str(self.id)
