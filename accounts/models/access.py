"""How people come to have access: requests, registration keys, managed AORs, user groups."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.history import governed_history
from accounts.models.people import Agency, Aor, Component, User
from accounts.roles import Role
from lprsvc.lib.ids import uuid7


class AccessRequestState(models.TextChoices):
    """Where a request stands; `accounts.states` says what may become of it."""

    WAITING = "waiting", "Waiting for the manager"
    APPROVED = "approved", "Approved, key not sent yet"
    KEY_SENT = "key_sent", "Registration key sent"
    REGISTERED = "registered", "Registered"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"


class AccessRequest(models.Model):
    """Somebody's request for access, and what the agency manager decided (ACC-4).

    It is kept as long as the account it led to, for agency managers keep the request forms
    (ACC-9). The uploaded form lies in storage under `form_sha256`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    aor = models.ForeignKey(
        Aor, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="AOR"
    )
    full_name = models.CharField(max_length=120)
    email = models.EmailField()
    title = models.CharField(max_length=120, blank=True)
    need = models.TextField(max_length=2_000)
    form_sha256 = models.CharField(max_length=64, blank=True)
    form_type = models.CharField(max_length=40, blank=True)
    form_name = models.CharField(max_length=200, blank=True)
    state = models.CharField(
        max_length=20, choices=AccessRequestState, default=AccessRequestState.WAITING
    )
    submitted_at = models.DateTimeField()
    # Empty: the person asked on the public page.
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    # Set by the decision.
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decision_reason = models.TextField(max_length=1_000, blank=True)
    component = models.ForeignKey(Component, on_delete=models.PROTECT, null=True, related_name="+")
    supervisor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    roles = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    timezone = models.CharField(max_length=60, blank=True)
    # Set by registering.
    user = models.OneToOneField(
        User, on_delete=models.PROTECT, null=True, related_name="access_request"
    )
    history = governed_history()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="access_request_state_known",
                condition=Q(state__in=AccessRequestState.values),
            ),
            models.CheckConstraint(
                name="access_request_roles_known",
                condition=Q(roles__contained_by=[role.value for role in Role]),
            ),
            models.CheckConstraint(
                name="access_request_registered_has_user",
                condition=Q(state=AccessRequestState.REGISTERED, user__isnull=False)
                | (~Q(state=AccessRequestState.REGISTERED) & Q(user__isnull=True)),
            ),
        ]
        indexes = [models.Index("agency", "state", name="access_request_waiting")]

    def __str__(self) -> str:
        return self.full_name


class RegistrationKey(models.Model):
    """A key by mail with which a person chooses user name, password and security questions.

    For an approved request, or for an account whose credentials are chosen anew. Its secret is
    made while the mail is made and is stored as a hash; until then `key_hash` is empty.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(
        AccessRequest, on_delete=models.PROTECT, null=True, related_name="keys"
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    email = models.EmailField()
    key_hash = models.CharField(max_length=64, unique=True, null=True)
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=200)
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="registration_key_of_one",
                condition=Q(request__isnull=False, user__isnull=True)
                | Q(request__isnull=True, user__isnull=False),
            ),
            # At most one that can still be used, whoever sends at the same time.
            models.UniqueConstraint(
                fields=["request"],
                name="registration_key_open_request",
                condition=Q(used_at=None, revoked_at=None),
            ),
            models.UniqueConstraint(
                fields=["user"],
                name="registration_key_open_user",
                condition=Q(used_at=None, revoked_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"registration key for {self.email}"


class ManagedAor(models.Model):
    """An AOR that somebody manages beside the own one."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="managed")
    aor = models.ForeignKey(Aor, on_delete=models.PROTECT, related_name="managed_by")
    history = governed_history()

    class Meta:
        constraints = [models.UniqueConstraint("user", "aor", name="managed_aor_unique")]

    def __str__(self) -> str:
        return f"{self.user} manages {self.aor}"


class UserGroup(models.Model):
    """A named group, as a task force or case team, for sharing (ACC-12)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    aor = models.ForeignKey(
        Aor, on_delete=models.PROTECT, related_name="groups", verbose_name="AOR"
    )
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    members = models.ManyToManyField(User, through="GroupMember", related_name="user_groups")
    history = governed_history()

    class Meta:
        constraints = [
            # A name serves again once its group is closed.
            models.UniqueConstraint(
                "agency",
                Lower("name"),
                name="user_group_name_unique",
                condition=Q(closed_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """That somebody belongs to a group."""

    group = models.ForeignKey(UserGroup, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    history = governed_history()

    class Meta:
        constraints = [models.UniqueConstraint("group", "user", name="group_member_unique")]

    def __str__(self) -> str:
        return f"{self.user} in {self.group}"
