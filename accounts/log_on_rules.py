"""The numbers of logging on, with their sources, and what an agency changed of them."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from accounts.models import Agency, LogOnPolicy

# NIST SP 800-63B-4, 3.1.1.2: 15 characters where the password is the only factor, 8 beside another.
MIN_LENGTH_ALONE = 15
MIN_LENGTH_WITH_FACTOR = 8
MAX_LENGTH = 1_000
# FBI CJIS Security Policy, IA-5 (1), basic password standards: after this long a short password,
# without a factor beside it, must be another.
MAX_AGE_OF_SHORT = timedelta(days=90)

# ACC-11.
FAILURES_UNTIL_LOCK = 5
FAILURE_WINDOW = timedelta(minutes=15)
LOCK = timedelta(minutes=10)

# ACC-6: how long a temporary password opens the account, and how late one is still worth sending.
TEMPORARY_PASSWORD = timedelta(minutes=30)
TEMPORARY_PASSWORD_OWED = timedelta(hours=2)
# How long the page waits for the answer to a security question.
ANSWER_WAITS = timedelta(minutes=10)

# What is kept of who logged on from where, and of failures nobody needs to know any more.
PLACE_KEPT = timedelta(days=180)
FAILURES_KEPT = timedelta(days=1)
TEMPORARY_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class LogOnRules:
    """What holds for the people of one agency."""

    require_second_factor: bool = False
    idle_seconds: int = 0
    min_password_length: int | None = None
    max_password_age: timedelta | None = None
    password_history: int = 0

    def min_length(self, *, with_factor: bool) -> int:
        """How many characters a password needs; `with_factor`: beside a second factor."""
        own = MIN_LENGTH_WITH_FACTOR if with_factor else MIN_LENGTH_ALONE
        return own if self.min_password_length is None else self.min_password_length


def rules_for(agency: Agency | None) -> LogOnRules:
    """What holds for an agency's people; None: the vendor's."""
    policy = _policy_of(agency)
    idle: int = settings.SESSION_IDLE_SECONDS
    if policy is None:
        return LogOnRules(idle_seconds=idle)
    days = policy.max_password_age_days
    return LogOnRules(
        require_second_factor=policy.require_second_factor,
        idle_seconds=min(idle, policy.idle_minutes * 60) if policy.idle_minutes else idle,
        min_password_length=policy.min_password_length,
        max_password_age=timedelta(days=days) if days else None,
        password_history=policy.password_history,
    )


def _policy_of(agency: Agency | None) -> LogOnPolicy | None:
    # Asked of the row, where `select_related` may have brought it: a page should not ask again.
    return getattr(agency, "log_on_policy", None)
