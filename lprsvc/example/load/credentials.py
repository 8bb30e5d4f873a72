"""One person who can recover a forgotten password, and one agency with its own log-on policy."""

from accounts.models import Agency, LogOnPolicy, User
from accounts.people import person_for
from accounts.services.log_on_policy import set_log_on_policy
from accounts.services.recovery import change_answers, has_answers
from lprsvc.example.load.setting import REASON, Loading

# Printed, like the password.
RECOVERABLE = "investigator"
ANSWERS = (
    ("first-concert", "The Paper Kites"),
    ("first-flight", "Duluth"),
    ("lost-thing", "Red mitten"),
)
POLICY_OF = "OTHER"


def load_credentials(
    loading: Loading, agencies: dict[str, Agency], people: dict[str, User]
) -> None:
    """Make what is missing of them."""
    user = people[RECOVERABLE]
    if not has_answers(user):
        change_answers(person=person_for(user), user=user, answers=ANSWERS, now=loading.now)
        loading.say(f"{RECOVERABLE} answers: {', '.join(answer for _, answer in ANSWERS)}")
    agency = agencies[POLICY_OF]
    if not LogOnPolicy.objects.filter(agency=agency).exists():
        set_log_on_policy(
            actor=loading.actor,
            agency=agency,
            wanted={"idle_minutes": 15, "password_history": 10},
            reason=REASON,
            now=loading.now,
        )
