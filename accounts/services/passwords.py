"""Passwords: which are good enough, setting them, and what an agency under CJIS asks besides."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import check_password, is_password_usable, make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet

from accounts.log_on_rules import MAX_LENGTH, MIN_LENGTH_ALONE, rules_for
from accounts.models import PastPassword, TemporaryPassword, User
from accounts.password_validation import faults_of
from accounts.people import Person
from accounts.services.governed import check_text
from accounts.services.notices import queue_notice
from audit.kinds import Kind
from audit.services import record
from lprsvc.lib.errors import InvalidInput

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: User) -> bool:
    """Whether the person has an authenticator app or a security key."""
    rows = Authenticator.objects.filter(user_id=user.pk, type__in=SECOND_FACTORS)
    return bool(rows.exists())


def will_have_second_factor(user: User) -> bool:
    """Whether no log-on of theirs gets by without one: enrolled, or forced to by the agency."""
    return rules_for(user.agency).require_second_factor or has_second_factor(user)


def check_new_password(user: User, password: str) -> None:
    """Raise InvalidInput for a password that `user` may not choose; the row need not exist yet.

    At least 15 characters, 8 beside a second factor, or as many as the agency says; nothing
    common, monotonous or made of the person's own names; neither the current nor, where the
    agency keeps them, an earlier one.
    """
    check_text("password", password)
    if faults := _faults(user, password):
        raise InvalidInput({"password": faults})


def set_password(*, person: Person, user: User, password: str, now: datetime) -> None:
    """Set a password that was checked already; every other session and temporary password ends.

    The person is told. Not by save(): the hash is in no governed history, which would outlive it.
    Raises AuditUnavailable.
    """
    with transaction.atomic(durable=True):
        write_password(user, password, now=now)
        record(
            actor=person,
            kind=Kind.CREDENTIAL_CHANGED,
            fields={"what": "password", "sessions_ended": True},
        )
        queue_notice(
            kind="password_changed",
            recipient=user.email,
            about=f"user:{user.pk}",
            log_id=person.log_id,
            now=now,
        )


def write_password(user: User, password: str, *, now: datetime) -> None:
    """Hash and store, in the caller's transaction; all of the person's sessions end, and so do
    temporary passwords."""
    _remember(user, now=now)
    TemporaryPassword.objects.filter(user_id=user.pk, spent_at=None).update(spent_at=now)
    minimum = rules_for(user.agency).min_length(with_factor=False)
    user.password = make_password(password)
    user.password_set_at = now
    user.password_is_short = len(password) < minimum
    user.must_change_password = False
    User.objects.filter(pk=user.pk).update(
        password=user.password,
        password_set_at=now,
        password_is_short=user.password_is_short,
        must_change_password=False,
        session_epoch=F("session_epoch") + 1,
    )
    user.refresh_from_db(fields=["session_epoch"])


def is_change_due(user: User, *, now: datetime) -> bool:
    """Whether the next log-on must begin with a new password: it was temporary, or is older than
    the agency allows."""
    if user.must_change_password:
        return True
    if user.password_is_short and not will_have_second_factor(user):
        return True
    age = rules_for(user.agency).max_password_age
    if age is None:
        return False
    return now - (user.password_set_at or user.created_at) >= age


def _faults(user: User, password: str) -> list[str]:
    if len(password) > MAX_LENGTH:
        return [f"Use {MAX_LENGTH:,} characters at most."]
    minimum = rules_for(user.agency).min_length(with_factor=will_have_second_factor(user))
    faults = [f"Use at least {minimum} characters."] if len(password) < minimum else []
    return [*faults, *faults_of(password, user)] or _reused(user, password)


def _reused(user: User, password: str) -> list[str]:
    if user.password and check_password(password, user.password):
        return ["Choose another password than the current one."]
    counted = rules_for(user.agency).password_history
    # The current one is among the counted.
    earlier = _past(user).values_list("password", flat=True)[: max(counted - 1, 0)]
    if any(check_password(password, one) for one in earlier):
        return [f"Choose a password that is none of your last {counted}."]
    return []


def _past(user: User) -> "QuerySet[PastPassword]":
    return PastPassword.objects.filter(user_id=user.pk).order_by("-replaced_at", "-pk")


def _remember(user: User, *, now: datetime) -> None:
    """Keep the hash of the password that goes, where the agency asks, and no more than it asks."""
    kept = max(rules_for(user.agency).password_history - 1, 0)
    if kept and user.password and is_password_usable(user.password):
        PastPassword.objects.create(user=user, password=user.password, replaced_at=now)
    too_old = list(_past(user).values_list("pk", flat=True)[kept:])
    PastPassword.objects.filter(pk__in=too_old).delete()


class HouseRules:
    """The same rules for whatever asks Django's own password validation."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError for a password that `user` may not choose."""
        if faults := _faults(user or User(), password):
            raise ValidationError(faults)

    def get_help_text(self) -> str:
        """What people read beside the field."""
        return f"Use at least {MIN_LENGTH_ALONE} characters; a few words that only you combine."
