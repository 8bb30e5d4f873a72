"""A request to end somebody's access, received by e-mail and counting down."""

from accounts.models import Agency, Aor, Component, Termination, User
from accounts.people import person_for
from accounts.selectors import find_user_by_username
from accounts.services.people import create_user
from accounts.services.terminations import enter_termination
from lprsvc.example.load.setting import REASON, Loading
from lprsvc.example.people import EXAMPLE_PASSWORD

_LEAVING = "leaving"


def load_terminations(loading: Loading, agency: Agency, people: dict[str, User]) -> None:
    """Somebody of New York leaves; the manager has entered the request, and nobody acted yet."""
    leaving = find_user_by_username(_LEAVING) or _create(loading, agency, people)
    if not Termination.objects.filter(user=leaving).exists():
        enter_termination(
            actor=person_for(people["manager"]),
            user=leaving,
            requested_by="Headquarters, Personnel <personnel@example.test>",
            # No earlier: then the account was not there yet.
            received_at=leaving.created_at,
            reason="Leaves the agency; e-mail of the personnel office.",
            now=loading.now,
        )
        loading.say("entered a termination: Dana Pryce")


def _create(loading: Loading, agency: Agency, people: dict[str, User]) -> User:
    return create_user(
        actor=loading.actor,
        username=_LEAVING,
        password=EXAMPLE_PASSWORD,
        email=f"{_LEAVING}@example.test",
        full_name="Dana Pryce",
        title="Deportation Officer",
        roles=["investigator"],
        timezone=agency.timezone,
        agency=agency,
        component=Component.objects.get(agency=agency, code="ERO"),
        aor=Aor.objects.get(agency=agency, name="New York"),
        supervisor=people["supervisor"],
        reason=REASON,
        now=loading.now,
    )
