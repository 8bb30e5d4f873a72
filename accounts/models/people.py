"""Agencies, their parts, their people, and the rules people agree to."""

from typing import ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from accounts.history import governed_history
from accounts.roles import Role, permissions_of
from audit.models import Log
from lprsvc.lib.ids import uuid7
from lprsvc.lib.permissions import Permission


class Agency(models.Model):
    """A customer. Nothing of one agency is ever visible to another."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    log = models.OneToOneField(Log, on_delete=models.PROTECT, related_name="+")
    timezone = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    history = governed_history()

    class Meta:
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.name


class Component(models.Model):
    """A part of an agency with a time-frame rule of its own, as ERO and HSI (QRY-3).

    ERO may ask so many years back, whatever the case; HSI as far back as the offense that is
    investigated can still be charged, so its rule has no number of years.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="components")
    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=200)
    lookback_by_offense = models.BooleanField(default=False)
    max_lookback_years = models.PositiveSmallIntegerField(null=True)
    lookback_source = models.CharField(max_length=300)
    history = governed_history()

    class Meta:
        constraints = [
            models.UniqueConstraint("agency", "code", name="component_code_unique"),
            models.CheckConstraint(
                name="component_has_one_time_frame_rule",
                condition=Q(lookback_by_offense=True, max_lookback_years=None)
                | Q(lookback_by_offense=False, max_lookback_years__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Aor(models.Model):
    """An area of responsibility, as "New York"; each has its agency managers."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="aors")
    name = models.CharField(max_length=60)
    timezone = models.CharField(max_length=60)
    history = governed_history()

    class Meta:
        verbose_name = "area of responsibility"
        verbose_name_plural = "areas of responsibility"
        constraints = [models.UniqueConstraint("agency", "name", name="aor_name_unique")]

    def __str__(self) -> str:
        return self.name


class ReasonCode(models.Model):
    """One entry of an agency's drop-down of reasons for a query or alert."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="reason_codes")
    code = models.SlugField(max_length=60)
    label = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    history = governed_history()

    class Meta:
        constraints = [models.UniqueConstraint("agency", "code", name="reason_code_unique")]
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label


class User(AbstractBaseUser):
    """A person with a user name and a password of their own (ACC-1).

    A user of the vendor has no agency. What a user may do comes from `roles` alone; Django's own
    permissions, staff and superuser flags do not exist here.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(
        max_length=60,
        unique=True,
        error_messages={"unique": "This user name is taken. Choose another one."},
    )
    email = models.EmailField()
    full_name = models.CharField(max_length=120)
    title = models.CharField(max_length=120, blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="users")
    component = models.ForeignKey(Component, on_delete=models.PROTECT, null=True, related_name="+")
    aor = models.ForeignKey(Aor, on_delete=models.PROTECT, null=True, related_name="+")
    supervisor = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="team")
    roles = ArrayField(models.CharField(max_length=40))
    timezone = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)
    # Closed for ever: the row stays so that the log's names stay somebody's.
    deleted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    password_set_at = models.DateTimeField(null=True)
    # Shorter than a password may be that has no second factor beside it.
    password_is_short = models.BooleanField(default=False)
    must_change_password = models.BooleanField(default=False)
    # Raised to end all of the person's sessions: see `_get_session_auth_hash`.
    session_epoch = models.PositiveIntegerField(default=0)
    history = governed_history(
        excluded_fields=[
            "password",
            "last_login",
            "password_set_at",
            "password_is_short",
            "must_change_password",
            "session_epoch",
        ]
    )

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = BaseUserManager()

    class Meta:
        constraints = [
            # With the unique index: no two names differ by case alone (ACC-1).
            models.CheckConstraint(
                name="user_username_lowercase", condition=Q(username=Lower("username"))
            ),
            models.CheckConstraint(
                name="user_roles_known",
                condition=Q(roles__contained_by=[role.value for role in Role])
                & Q(roles__len__gte=1),
            ),
            # The vendor's people have no agency, and nobody is of both.
            models.CheckConstraint(
                name="user_vendor_without_agency",
                condition=Q(agency=None, roles=[Role.VENDOR_ADMINISTRATOR.value])
                | (Q(agency__isnull=False) & ~Q(roles__contains=[Role.VENDOR_ADMINISTRATOR.value])),
            ),
            models.CheckConstraint(
                name="user_deleted_is_closed", condition=Q(deleted_at=None) | Q(is_active=False)
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this person may do; nothing when suspended."""
        return permissions_of(tuple(self.roles)) if self.is_active else frozenset()

    def check_password(self, raw_password: str | None) -> bool:
        """Whether it is the password; a hash made with older settings is renewed, which is no
        change of the account and leaves no history row."""

        def renew(raw: str) -> None:
            self.password = make_password(raw)
            User.objects.filter(pk=self.pk).update(password=self.password)

        return check_password(raw_password, self.password, renew)

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """What ties a session to the account as it was at log-on: Django compares it at each
        request. Of the password, so that changing it ends all other sessions; and of the epoch.
        """
        of = f"{self.session_epoch} {self.password}"
        return salted_hmac("accounts.session", of, secret=secret, algorithm="sha256").hexdigest()

    # What the Django admin asks of a user. Its pages are governed by lprsvc.lib.access and each
    # ModelAdmin's own rule, so these only say who may enter at all.
    @property
    def is_staff(self) -> bool:
        """May enter the admin."""
        return Permission.ENTER_ADMIN in self.permissions

    def has_perm(self, perm: str, obj: object = None) -> bool:  # noqa: ARG002
        """Never by Django's own permissions (default deny)."""
        return False

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002
        """Never by Django's own permissions (default deny)."""
        return False


class RulesOfBehavior(models.Model):
    """One published version of the text a person affirms at each log-on (ACC-3).

    Insert-only: the service's roles may not change a row, so a new version never changes what an
    old affirmation said. `agency` empty: the text for agencies that have none of their own, and
    for the vendor's people.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField()
    text = models.TextField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "rules of behavior"
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "version"],
                name="rules_version_unique",
                nulls_distinct=False,
            )
        ]
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"version {self.version}"


def user_actor_id(user_id: UUID) -> str:
    """The stable id by which the audit log names a user."""
    return f"user:{user_id}"
