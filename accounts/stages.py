"""The stages of a log-on that are ours: a new password, a second factor, the rules (ACC-3, 6, 7).

While one waits there is no session of anybody's: only allauth's pending log-on, which lasts 15
minutes and opens nothing but the stage's own page.
"""

from typing import Any

from allauth.account.stages import LoginStage
from allauth.core.internal.httpkit import headed_redirect_response
from django.utils import timezone

from accounts.services import factors, passwords


class NewPasswordStage(LoginStage):  # type: ignore[misc]
    """Asks for a new password where the old one was temporary, or is too old for the agency."""

    key = "new_password"
    urlname = "account_new_password"

    def handle(self) -> tuple[Any, bool]:
        """Only where one is due."""
        if not passwords.is_change_due(self.login.user, now=timezone.now()):
            return None, True
        return headed_redirect_response(self.urlname), True


class EnrollmentStage(LoginStage):  # type: ignore[misc]
    """Has the person enroll the second factor that their agency demands."""

    key = "second_factor_enrollment"
    urlname = "account_enroll"

    def handle(self) -> tuple[Any, bool]:
        """Only where it is missing."""
        if not factors.must_enroll(self.login.user):
            return None, True
        return headed_redirect_response(self.urlname), True


class RulesStage(LoginStage):  # type: ignore[misc]
    """Sends the person to the rules; `accounts.views.affirm_rules` exits or aborts the stage."""

    key = "rules_of_behavior"
    urlname = "account_rules"

    def handle(self) -> tuple[Any, bool]:
        """Always asks: nothing remembers an affirmation from one log-on to the next."""
        return headed_redirect_response(self.urlname), True
