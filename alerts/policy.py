"""Who may keep alerts, change which, and be told."""

from collections.abc import Collection, Sequence

from accounts.people import Person
from accounts.policy import check_is_trained
from accounts.training import CourseStanding
from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.permissions import Permission


def check_can_keep_alerts(person: Person, training: Sequence[CourseStanding]) -> int:
    """The id of the agency for which the person watches plates.

    Raises PolicyDenied unless roles, agency and training (ACC-8) allow it; `training` is
    `accounts.standing.training_of` the person.
    """
    if not person.may(Permission.KEEP_ALERTS) or person.agency_id is None:
        raise PolicyDenied("alerts_not_permitted", "Your roles do not allow alerts.")
    check_is_trained(training)
    return person.agency_id


def check_plate_is_new(taken: bool) -> None:
    """Raise PolicyDenied when the person already watches this plate of this state.

    One entry each, so that one read never tells the same person twice (ALT-5).
    """
    if taken:
        raise PolicyDenied(
            "already_watched",
            "You already watch this plate. Remove that alert first if its reason has changed.",
            field="plate",
        )


def can_be_told(*, is_active: bool, permissions: Collection[Permission], same_agency: bool) -> bool:
    """Whether a recipient may still be told of a match, at the moment the mail goes out.

    Whether they are trained is asked besides (`accounts.policy.check_is_trained`).
    """
    return is_active and same_agency and Permission.KEEP_ALERTS in permissions
