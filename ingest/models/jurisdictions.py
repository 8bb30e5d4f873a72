"""What may be collected where and kept how long, and what was erased for it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.history import governed_history
from ingest.rules import MAX_AGE


class JurisdictionRule(models.Model):
    """What the law of a state, or of one of its counties, says of reads made there (ING-6).

    Never changed, only withdrawn: another rule of the same place takes over on its first day
    (`valid_from`, UTC). Of a state's rule and its county's the stricter holds.
    """

    state = models.CharField(max_length=6)
    # The Census Bureau's number of the place: two digits for a state, five for a county.
    geoid = models.PositiveIntegerField(verbose_name="place")
    is_lawful = models.BooleanField(verbose_name="collection is lawful")
    # Where it is not lawful: how long what was collected before may still be kept.
    retention_days = models.PositiveSmallIntegerField(verbose_name="days a read may be kept")
    citation = models.CharField(max_length=300, verbose_name="source of the rule")
    valid_from = models.DateField()
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    history = governed_history()

    class Meta:
        ordering = ["state", "geoid", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["geoid", "valid_from"],
                condition=models.Q(withdrawn_at=None),
                name="jurisdiction_rule_once",
                violation_error_message="This place has another rule from the same day on.",
            ),
            models.CheckConstraint(
                name="jurisdiction_rule_days",
                condition=models.Q(retention_days__lte=MAX_AGE.days)
                & (models.Q(is_lawful=False) | models.Q(retention_days__gte=1)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} from {self.valid_from}"

    @property
    def place(self) -> str:
        """The state or county by its name."""
        from ingest.regions import place_name

        return place_name(self.geoid)


class Erasure(models.Model):
    """A stretch of reads that was erased because their time was over, in one transaction.

    `counties`: where; what was captured in [since, until) there is gone. The database writes it,
    with the transaction's id (column ``txid``), and demands an `ingest.erased` event beside it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    erased_at = models.DateTimeField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    counties = ArrayField(models.IntegerField())
    reads = models.BigIntegerField()
    photographs = models.BigIntegerField()
    # A whole month's partition was dropped.
    is_month = models.BooleanField()

    class Meta:
        ordering = ["-erased_at"]
        indexes = [models.Index(fields=["-erased_at"], name="erasure_newest")]

    def __str__(self) -> str:
        return str(self.id)


class SuspectPhotograph(models.Model):
    """A photograph that lost a read or a quarantined one, and may be named by nobody any more."""

    sha256 = models.BinaryField(primary_key=True)
    queued_at = models.DateTimeField()

    def __str__(self) -> str:
        return bytes(self.sha256).hex()


class ErasedPhotograph(models.Model):
    """A photograph whose row is gone and whose file is to go, or went at `removed_at`.

    Kept a while after that: who stores the same picture meanwhile has perhaps found the file still
    there, and must write it again.
    """

    sha256 = models.BinaryField(primary_key=True)
    queued_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["queued_at"],
                condition=models.Q(removed_at=None),
                name="erased_photograph_due",
            )
        ]

    def __str__(self) -> str:
        return bytes(self.sha256).hex()
