"""What governs a query, what a user may recall of theirs for 60 days, and what has to be reviewed.

Results are never here. What was asked is kept by the log for seven years, and here for 60 days
(QRY-13): the rows about reviews and about queries in another's name hold ids alone.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.history import governed_history
from accounts.models import User, UserGroup
from lprsvc.lib.ids import uuid7


class Offense(models.Model):
    """An offense and its period of limitation: how far back it may be asked about (QRY-3).

    A statute with several periods has a row for each. `years` None: there is no limitation, or it
    can't be counted in years from today; `note` says which. Nobody can choose a row that no
    counsel has verified as it stands.
    """

    code = models.SlugField(max_length=40, unique=True)
    citation = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    years = models.PositiveSmallIntegerField("years of limitation", null=True)
    note = models.TextField(max_length=1_000, blank=True)
    source = models.CharField(max_length=300)
    verified_by = models.CharField(max_length=200, blank=True)
    verified_on = models.DateField(null=True)
    is_withdrawn = models.BooleanField("withdrawn", default=False)
    history = governed_history()

    class Meta:
        ordering = ["citation", "code"]
        constraints = [
            models.CheckConstraint(
                name="offense_years_possible", condition=Q(years=None) | Q(years__range=(1, 99))
            ),
            models.CheckConstraint(
                name="offense_verified_by_somebody",
                condition=Q(verified_on=None, verified_by="")
                | (Q(verified_on__isnull=False) & ~Q(verified_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.citation}: {self.title}"


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
    # As they read when it was asked; the offense may be gone since.
    offense_code = models.CharField(max_length=40, blank=True)
    offense_label = models.CharField(max_length=330, blank=True)
    # The geographic limit as the log holds it (`ingest.geography`); None: anywhere.
    geography = models.JSONField(null=True)
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
    # Whose members may recall the question, never the answer (ACC-12).
    group = models.ForeignKey(UserGroup, on_delete=models.PROTECT, null=True, related_name="+")
    # The name its owner keeps it at the top of the list by.
    pinned_as = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name_plural = "recent queries"
        indexes = [
            models.Index(fields=["owner", "-run_at"], name="recent_query_newest"),
            models.Index(fields=["owner", "submission"], name="recent_query_submission"),
            models.Index(fields=["erase_after"], name="recent_query_due"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class HitMark(models.Model):
    """Whether a hit of a recent query is of use to the one who asked (QRY-11).

    The database removes it with its query, whatever removes that. `is_relevant` is null where the
    mark was taken back, and `was_relevant` is what it was before the last change, for undoing
    that; `change` is the event of it.
    """

    query = models.ForeignKey(
        RecentQuery, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    read_id = models.UUIDField()
    is_relevant = models.BooleanField(null=True)
    was_relevant = models.BooleanField(null=True)
    change = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["query", "read_id"], name="hit_mark_once")]

    def __str__(self) -> str:
        return f"{self.query_id} {self.read_id}"


class ReportState(models.TextChoices):
    """How far an ordered report has come (`queries.states`)."""

    WAITING = "waiting", "Waiting for its turn"
    RUNNING = "running", "Being made"
    DONE = "done", "Ready"
    FAILED = "failed", "Could not be made"
    CANCELED = "canceled", "Canceled"


class ReportFormat(models.TextChoices):
    """What a report is made as."""

    PDF = "pdf", "PDF"
    XLSX = "xlsx", "Excel"


class QueryReport(models.Model):
    """One order of a report of chosen hits, and how far it has come (QRY-8).

    Its id names it for good in the log. The database removes it with its query, and its file with
    it. `read_ids` are the hits chosen; `left_out` how many of them were no longer held when it was
    made; `done` how many are drawn. `sha256`, `size` (bytes) and `pages` are the file's, which is
    there until `file_until`; `hits_digest` is `queries.records.digest` of the hits in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    query = models.ForeignKey(
        RecentQuery, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    format = models.CharField(max_length=4, choices=ReportFormat)
    read_ids = ArrayField(models.UUIDField())
    ordered_at = models.DateTimeField()
    # The log entry of the order.
    event = models.UUIDField()
    state = models.CharField(max_length=10, choices=ReportState, default=ReportState.WAITING)
    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(null=True)
    pages = models.PositiveIntegerField(null=True)
    file_until = models.DateTimeField(null=True)
    hits_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="report_file_whole",
                condition=~Q(state=ReportState.DONE)
                | Q(size__isnull=False, file_until__isnull=False, sha256__regex=r"^[0-9a-f]{64}$"),
            ),
        ]
        indexes = [
            models.Index(fields=["query", "-ordered_at"], name="query_report_newest"),
            models.Index(
                fields=["ordered_at"],
                condition=Q(state__in=["waiting", "running"]),
                name="query_report_open",
            ),
            models.Index(fields=["file_until"], name="query_report_file_due"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_open(self) -> bool:
        """Whether it will go on."""
        return self.state in {ReportState.WAITING, ReportState.RUNNING}

    @property
    def count(self) -> int:
        """How many hits were chosen."""
        return len(self.read_ids)


class ReportPart(models.Model):
    """A piece of a finished report's file, sealed (`queries.sealed_files`).

    The database shows it to nobody but who has recorded in the same transaction that the report
    is downloaded.
    """

    report = models.ForeignKey(
        QueryReport, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="report_part_once")
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.number}"


class AskedInName(models.Model):
    """That somebody asked in the name of an officer of the agency, who may object once (QRY-1).

    Its id is the id of the ``query.run`` event; what was asked is read there.
    """

    id = models.UUIDField(primary_key=True)
    asker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    objected_at = models.DateTimeField(null=True)
    erase_after = models.DateTimeField()

    class Meta:
        verbose_name_plural = "queries asked in another's name"
        constraints = [
            models.CheckConstraint(name="asked_in_anothers_name", condition=~Q(asker=F("officer"))),
        ]
        indexes = [
            models.Index(fields=["officer", "-asked_at"], name="asked_in_name_newest"),
            models.Index(fields=["erase_after"], name="asked_in_name_due"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ReviewCause(models.TextChoices):
    """Why a supervisor has to look at a query."""

    NO_LIMITATION = "no_limitation", "Offense without limitation"
    REFUSED = "refused", "Refused by a rule"
    OBJECTION = "objection", "The officer named objects"


class ReviewFinding(models.TextChoices):
    """What a supervisor found."""

    IN_ORDER = "in_order", "In order"
    ADVISED = "advised", "Not in order: spoken with the person"
    REFERRED = "referred", "Not in order: referred to internal affairs"


class QueryReview(models.Model):
    """That a query has to be looked at by its asker's supervisor, and what was found.

    `event_id` is the ``query.run`` or ``query.refused`` it is about, `cause_event_id` the
    objection, `finding_event_id` the review itself: their content is read in the log.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    asker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=20, choices=ReviewCause)
    event_id = models.UUIDField()
    cause_event_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    finding = models.CharField(max_length=20, choices=ReviewFinding, blank=True)
    finding_event_id = models.UUIDField(null=True)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("event_id", "cause", name="review_once_per_cause"),
            models.CheckConstraint(
                name="review_never_of_ones_own",
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("asker")),
            ),
            models.CheckConstraint(
                name="review_whole_or_open",
                condition=Q(finding="", finding_event_id=None, reviewed_by=None, reviewed_at=None)
                | (
                    Q(finding__in=ReviewFinding.values)
                    & Q(
                        finding_event_id__isnull=False,
                        reviewed_by__isnull=False,
                        reviewed_at__isnull=False,
                    )
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["asker", "-created_at"], name="review_by_asker"),
            models.Index(fields=["reviewed_at"], name="review_done"),
        ]

    def __str__(self) -> str:
        return str(self.id)
