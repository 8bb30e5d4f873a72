"""How allauth behaves here: nobody signs up unasked, log-on goes through our stages, and each step
is recorded with it or does not happen.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.people import Person, person_for
from accounts.sealing import seal, unseal
from accounts.selectors import find_user_by_username
from accounts.services import factors, lockout, passwords, places, sessions
from audit.actors import Origin
from lprsvc.lib.errors import InvalidInput


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closed sign-up; the rules of behavior as the last stage of each log-on (ACC-3)."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "The user name or the password is not right.",
        "too_many_login_attempts": "Too many failed attempts. Wait 15 minutes and try again.",
        "incorrect_password": "The password is not right.",
        "enter_current_password": "This is not your present password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody signs up (ACC-1)."""
        return False

    def get_login_stages(self) -> list[str]:
        """Second factor, a new password or factor where one is due, then the rules: nothing may
        come between them and the session."""
        return [
            "allauth.mfa.stages.AuthenticateStage",
            "accounts.stages.NewPasswordStage",
            "accounts.stages.EnrollmentStage",
            "accounts.stages.RulesStage",
        ]

    def get_client_ip(self, request: HttpRequest) -> str:
        """The same address as in the audit log."""
        return _origin(request).ip or "unknown"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Turn away an account or address with too many failures, before looking at anything."""
        try:
            super().pre_authenticate(request, **credentials)
            self._attempt = lockout.begin_attempt(
                username=str(credentials.get("username", "")), now=timezone.now()
            )
        except (ValidationError, lockout.AccountLocked) as error:
            sessions.record_locked(user=_named(credentials), origin=_origin(request))
            raise self.validation_error("too_many_login_attempts") from error

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The user whose password this is; a right one does not count towards a lock."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            lockout.take_back(self._attempt)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record a wrong password; known and unknown user names do the same work."""
        sessions.fail_password(
            self._attempt,
            user=_named(credentials),
            origin=_origin(request),
            now=timezone.now(),
        )

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Refuse a suspended person whose password was right; note what it has proven."""
        if not user.is_active:
            sessions.record_login_failed(user=user, origin=_origin(request), cause="suspended")
        sessions.note_proven(request.session, user=user)
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        """All stages are passed: begin the session under a new key, together with its event."""
        self._check_still_welcome(request, user)
        now = timezone.now()
        try:
            with transaction.atomic(durable=True):
                super().login(request, user)
                sessions.begin(request.session, now=now)
                sessions.record_login(
                    user=user, origin=_origin(request), session=request.session, now=now
                )
                places.note_place(user, _origin(request), now=now)
        except Exception:
            # Rolled back; what this request holds in memory must not outlive it.
            request.session.clear()
            request.user = AnonymousUser()
            raise

    def _check_still_welcome(self, request: HttpRequest, user: User) -> None:
        """What was right when the password was given may not be after the rules were read."""
        user.refresh_from_db(fields=["is_active", "password", "session_epoch"])
        origin = _origin(request)
        if not user.is_active:
            sessions.record_login_failed(user=user, origin=origin, cause="suspended")
            clear_login(request)
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        if not sessions.is_still_proven(request.session, user=user):
            sessions.record_login_failed(user=user, origin=origin, cause="outdated")
            clear_login(request)
            messages.error(request, "Your account has changed meanwhile. Log on again.")
            raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login")))

    def logout(self, request: HttpRequest) -> None:
        """End the session together with its event."""
        sessions.end_by_logout(request, person=_person(request, request.user))

    def clean_password(self, password: str, user: User | None = None) -> str:
        """The password, if it is good enough; raises ValidationError."""
        try:
            passwords.check_new_password(user or User(), password)
        except InvalidInput as error:
            raise ValidationError(error.errors["password"]) from error
        return password

    def set_password(self, user: User, password: str) -> None:
        """Set a changed password together with its event."""
        passwords.set_password(
            person=_person(self.request, user), user=user, password=password, now=timezone.now()
        )


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors, their secrets encrypted at rest."""

    def encrypt(self, text: str) -> str:
        """A TOTP secret or the seed of recovery codes, for storage."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Counterpart of `encrypt`."""
        return unseal(encrypted_text)

    def get_totp_label(self, user: User) -> str:
        """How an authenticator app names the account."""
        return user.username

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """How a security key names the service; what it is bound to is the host."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": settings.SERVICE_NAME}

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002
        """What a new security key is called until its owner says otherwise."""
        count: int = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Security key {count + 1}" if count else "Security key"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last one where the agency demands one."""
        return factors.may_remove(authenticator)


def _named(typed: dict[str, Any]) -> User | None:
    return find_user_by_username(str(typed.get("username", "")))


def _person(request: HttpRequest, user: Any) -> Person:
    return person_for(user, origin=_origin(request))


def _origin(request: HttpRequest) -> Origin:
    origin: Origin = request.origin  # type: ignore[attr-defined]
    return origin
