"""What proves who somebody is, besides the password itself: answers, temporary passwords, locks."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from accounts.history import governed_history
from accounts.models.people import Agency, User


class SecurityAnswer(models.Model):
    """One of the questions a person chose, with the hash of the answer (ACC-6)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # A key of `accounts.security_questions.QUESTIONS`.
    question = models.CharField(max_length=40)
    answer = models.CharField(max_length=200)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "question", name="security_answer_once_a_question")
        ]
        ordering = ["question"]

    def __str__(self) -> str:
        return self.question


class TemporaryPassword(models.Model):
    """A password sent by e-mail: opens one log-on, soon, and only to choose a new one (ACC-6)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # SHA-256, as it is random and long; nobody chose it.
    key_hash = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # Set when it was used, or replaced by a newer one.
    spent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["user"],
                name="temporary_password_open",
                condition=Q(spent_at__isnull=True),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="temporary_password_ends", condition=Q(expires_at__gt=F("issued_at"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} until {self.expires_at}"


class PastPassword(models.Model):
    """The hash of an earlier password, where the agency forbids to use it again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    password = models.CharField(max_length=200)
    replaced_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-replaced_at"], name="past_password_newest")]

    def __str__(self) -> str:
        return f"{self.user_id} until {self.replaced_at}"


class FailedLogOns(models.Model):
    """The recent failures under one user name, real or not, and the lock they led to (ACC-11).

    The name stands here as a keyed hash: people type passwords into the wrong field.
    """

    name_hash = models.CharField(max_length=64, primary_key=True)
    # Attempts begun and not known to have been right, oldest first.
    failures = ArrayField(models.DateTimeField(), default=list)
    locked_until = models.DateTimeField(null=True)
    # Who is locked; empty for a name that nobody has.
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["changed_at"], name="failed_log_ons_changed")]

    def __str__(self) -> str:
        return self.name_hash[:8]


class KnownPlace(models.Model):
    """A browser or network from which a person has logged on before."""

    class Kind(models.TextChoices):
        """What was recognized."""

        BROWSER = "browser"
        NETWORK = "network"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=100)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "kind", "name", name="known_place_once"),
        ]

    def __str__(self) -> str:
        return self.name


class LogOnPolicy(models.Model):
    """How an agency wants its people to log on, where it differs from the service's own rules.

    Empty numbers mean the service's own: see `accounts.log_on_rules`.
    """

    agency = models.OneToOneField(Agency, on_delete=models.PROTECT, related_name="log_on_policy")
    require_second_factor = models.BooleanField(default=False)
    idle_minutes = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(5), MaxValueValidator(30)],
    )
    # The next three are for agencies under the FBI's CJIS Security Policy.
    min_password_length = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(8), MaxValueValidator(64)]
    )
    max_password_age_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(30), MaxValueValidator(730)]
    )
    password_history = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(24)]
    )
    history = governed_history()

    class Meta:
        verbose_name = "log-on policy"
        verbose_name_plural = "log-on policies"

    def __str__(self) -> str:
        return f"log-on policy of {self.agency}"
