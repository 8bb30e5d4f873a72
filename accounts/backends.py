"""Finding the user of a session."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.selectors import find_user
from accounts.services import recovery


class PersonBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's backend; a session's user comes with agency, component and AOR in one query."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """Whose password this is; a temporary one opens a log-on, and nothing else (ACC-6)."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None or request is None or request.user.is_authenticated:
            return user
        return recovery.use_temporary_password(
            username=str(credentials.get("username") or ""),
            password=str(credentials.get("password") or ""),
            origin=request.origin,  # type: ignore[attr-defined]
            now=timezone.now(),
        )

    def get_user(self, user_id: Any) -> User | None:
        """The user of a session, unless suspended."""
        user = find_user(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
