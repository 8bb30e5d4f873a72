"""Training courses, who completed them, what is being imported, and yearly certifications."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.history import governed_history
from accounts.models.people import Agency, Aor
from lprsvc.lib.ids import uuid7


class Coverage(models.TextChoices):
    """What a course teaches (PIA "Training")."""

    SYSTEM_USE = "system_use", "use of the system"
    NONDISCRIMINATION = "nondiscrimination", "non-discriminatory use"
    PRIVACY_SECURITY = "privacy_security", "privacy and security"


class TrainingCourse(models.Model):
    """A course people complete; `agency` empty: for the people of every agency (ACC-8)."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    code = models.SlugField(max_length=40)
    title = models.CharField(max_length=200)
    covers = ArrayField(models.CharField(max_length=40))
    # Empty: a completion is valid for good.
    validity_months = models.PositiveSmallIntegerField(null=True)
    is_required = models.BooleanField()
    is_active = models.BooleanField(default=True)
    history = governed_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("code"), F("agency"), name="course_code_unique", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="course_validity_sane",
                condition=Q(validity_months=None) | Q(validity_months__range=(1, 120)),
            ),
            models.CheckConstraint(
                name="course_covers_known",
                condition=Q(covers__contained_by=Coverage.values) & Q(covers__len__gte=1),
            ),
        ]
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.title} ({self.code})"


class TrainingRecord(models.Model):
    """One completion of one course by one person, with an account or without.

    `user` is whom it was matched to when it was recorded. Without one it is kept all the same, and
    counts as soon as somebody of its `aor` (empty: of the agency) has an account with the same
    user name or, alone, the same e-mail address. A withdrawn one counts no longer, and importing
    it again does not revive it.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    aor = models.ForeignKey(Aor, on_delete=models.PROTECT, null=True, related_name="+")
    course = models.ForeignKey(TrainingCourse, on_delete=models.PROTECT, related_name="records")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="training"
    )
    # As the source has them, in small letters; at least one.
    username = models.CharField(max_length=60, blank=True)
    email = models.EmailField(blank=True)
    full_name = models.CharField(max_length=120, blank=True)
    completed_on = models.DateField()
    certificate = models.CharField(max_length=80, blank=True)
    is_withdrawn = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    history = governed_history()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "course", "completed_on"],
                condition=Q(user__isnull=False),
                name="training_once_per_user",
            ),
            models.UniqueConstraint(
                fields=["agency", "aor", "course", "username", "email", "completed_on"],
                condition=Q(user=None),
                nulls_distinct=False,
                name="training_once_per_person",
            ),
            models.CheckConstraint(
                name="training_names_somebody", condition=~Q(username="", email="")
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "username"], name="training_username"),
            models.Index(fields=["agency", "email"], name="training_email"),
        ]

    def __str__(self) -> str:
        return f"{self.full_name or self.username or self.email}, {self.completed_on}"


class TrainingImport(models.Model):
    """A file read and waiting to be confirmed: nothing of it counts before that."""

    class Status(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", "Waiting to be confirmed"
        APPLIED = "applied", "Imported"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    # The area under which persons without an account are kept.
    aor = models.ForeignKey(Aor, on_delete=models.PROTECT, related_name="+")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField()
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    row_count = models.PositiveIntegerField()
    # The rows that could be read, packed; emptied once they are imported.
    rows = models.BinaryField()
    # [row, column, what is wrong], the first few hundred, and how many there are.
    faults = models.JSONField()
    fault_count = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices)
    applied_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.file_name


class Certification(models.Model):
    """A manager's yearly word on who of an AOR still needs an account (ACC-15). Insert-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    aor = models.ForeignKey(Aor, on_delete=models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    signed_name = models.CharField(max_length=120)
    signed_at = models.DateTimeField()
    kept = models.PositiveIntegerField()
    removed = models.PositiveIntegerField()
    # What was certified, line by line, as it was shown; and the document made of it.
    lines = models.JSONField()
    document = models.BinaryField()
    document_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar[list[str]] = ["-signed_at"]
        indexes = [models.Index(fields=["aor", "-signed_at"], name="certification_latest")]

    def __str__(self) -> str:
        return f"{self.aor}, {self.signed_at:%Y-%m-%d}"


class Reminded(models.Model):
    """That somebody was told something once: a job that runs again does not tell them again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # What of, as "training_due:4:2026-03-01:30".
    about = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("user", "about", name="reminded_once")]

    def __str__(self) -> str:
        return self.about
