"""Who may change agencies, people and rules. Pure decisions; nothing is written here."""

from collections.abc import Collection, Sequence
from typing import cast

from accounts.models import AccessRequest, User, UserGroup, user_actor_id
from accounts.people import Person
from accounts.roles import ROLES_GIVEN_BY, Role
from accounts.training import CourseStanding, gaps
from audit.actors import Actor
from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.permissions import Permission

# Those who watch over agency managers: not theirs to suspend.
OVERSEERS = frozenset(
    {Role.AUDITOR.value, Role.CONTRACTING_OFFICER.value, Role.PRIVACY_OFFICER.value}
)
VENDORS_TO_GIVE = frozenset(role.value for role in ROLES_GIVEN_BY[Role.VENDOR_ADMINISTRATOR])


def check_can_manage_agencies(actor: Actor) -> None:
    """Agencies, components, AORs, reason codes: the vendor, or the service's own set-up."""
    if _is_service(actor):
        return
    if not (isinstance(actor, Person) and actor.may(Permission.MANAGE_AGENCIES)):
        raise PolicyDenied("agencies_vendor_only", "Only the vendor changes agencies.")


def check_can_create_user(
    actor: Actor, *, agency_id: int | None, aor_id: int | None, roles: Sequence[str]
) -> None:
    """An agency manager adds people to the own AOR (ACC-9); the vendor makes the first ones.

    Nobody gives a role that is not theirs to give: `ROLES_GIVEN_BY`.
    """
    if _is_service(actor):
        return
    if not isinstance(actor, Person):
        raise PolicyDenied("users_managers_only", "Only managers add people.")
    if actor.may(Permission.MANAGE_USERS):
        _check_own_aor(actor, agency_id=agency_id, aor_id=aor_id)
    elif not actor.may(Permission.MANAGE_AGENCIES):
        raise PolicyDenied("users_managers_only", "Only managers add people.")
    _check_roles_to_give(actor, set(roles))


def check_can_manage_user(actor: Actor, subject: User) -> None:
    """Who suspends, reinstates, changes, deletes somebody or sends them a key (ACC-9).

    The agency manager of the subject's AOR, but not over those who oversee managers. The vendor,
    over its own people and over those of an agency whose every role is the vendor's to give.
    Nobody over themselves.
    """
    if _is_service(actor):
        return
    if not isinstance(actor, Person):
        raise PolicyDenied("users_managers_only", "Only managers manage people.")
    if actor.user_id == subject.pk:
        raise PolicyDenied("not_oneself", "Nobody manages the own account: ask another manager.")
    if actor.may(Permission.MANAGE_USERS):
        _check_own_aor(actor, agency_id=subject.agency_id, aor_id=subject.aor_id)
        if OVERSEERS & set(subject.roles):
            raise PolicyDenied("overseer_not_yours", "Managers do not manage who oversees them.")
    elif not (actor.may(Permission.MANAGE_AGENCIES) and is_vendors_to_manage(subject)):
        raise PolicyDenied("users_managers_only", "Only managers manage people.")


def is_vendors_to_manage(subject: User) -> bool:
    """The vendor's own people, and those of agencies whom only the vendor can have made."""
    return subject.agency_id is None or set(subject.roles) <= VENDORS_TO_GIVE


def can_manage_user(actor: Actor, subject: User) -> bool:
    """Whether `check_can_manage_user` would let the actor."""
    try:
        check_can_manage_user(actor, subject)
    except PolicyDenied:
        return False
    return True


def check_keeps_managers(actor: Actor, subject: User, *, unmanaged: Sequence[str]) -> None:
    """What the subject alone manages (`unmanaged`, names) must not be left without anybody.

    The vendor may on the agency's order close even the last manager's account; its own last
    administrator stays.
    """
    if not unmanaged or _is_service(actor):
        return
    if isinstance(actor, Person) and actor.agency_id is None and subject.agency_id is not None:
        return
    raise PolicyDenied(
        "last_manager",
        f"Nobody else manages {', '.join(unmanaged)}: first make somebody else its manager.",
    )


def check_can_change_user(
    actor: Actor, subject: User, *, aor_id: int | None, roles: Sequence[str]
) -> None:
    """Change a person's name, place or roles; `aor_id` and `roles` are those after it.

    Nobody changes their own role. Whoever changes roles gives and takes only what is theirs to
    give, and moves people only between their own AORs.
    """
    if _is_service(actor):
        return
    changed = set(roles) ^ set(subject.roles)
    if changed and isinstance(actor, Person) and actor.user_id == subject.pk:
        raise PolicyDenied("own_role", "Nobody changes their own role.")
    check_can_manage_user(actor, subject)
    # Nobody else passes the check above.
    person = cast("Person", actor)
    if person.may(Permission.MANAGE_USERS):
        _check_own_aor(person, agency_id=subject.agency_id, aor_id=aor_id)
    _check_roles_to_give(person, changed)


def check_can_terminate(actor: Actor, subject: User) -> None:
    """End somebody's access, enter a request to, or withdraw one: whoever manages the person, and
    the vendor for anybody, who must act on the agency's request (PIA-039(a): within 24 business
    hours). Nobody for themselves."""
    if _is_service(actor):
        return
    vendor = isinstance(actor, Person) and actor.may(Permission.MANAGE_AGENCIES)
    if vendor and actor.id != user_actor_id(subject.pk):
        return
    check_can_manage_user(actor, subject)


def can_terminate(actor: Actor, subject: User) -> bool:
    """Whether `check_can_terminate` would let the actor."""
    try:
        check_can_terminate(actor, subject)
    except PolicyDenied:
        return False
    return True


def check_can_answer_help(actor: Actor) -> None:
    """Answer a request to the help desk, or close it: the vendor's administrators (ACC-14)."""
    if not (isinstance(actor, Person) and actor.may(Permission.MANAGE_AGENCIES)):
        raise PolicyDenied("help_vendor_only", "Only the vendor answers the help desk's requests.")


def check_can_set_managed_aors(actor: Actor) -> None:
    """Which AORs a manager manages is the vendor's to enter, on the agency's order."""
    if _is_service(actor):
        return
    if not (isinstance(actor, Person) and actor.may(Permission.MANAGE_AGENCIES)):
        raise PolicyDenied("managed_aors_vendor_only", "Only the vendor gives AORs to managers.")


def check_can_decide_request(actor: Actor, request: AccessRequest) -> None:
    """Approve, refuse, withdraw or send the key of a request: the agency manager of its AOR, never
    its subject (ACC-4); what the vendor entered, the vendor."""
    if _is_service(actor):
        return
    if not isinstance(actor, Person):
        raise PolicyDenied("requests_managers_only", "Only managers decide requests.")
    if is_subject(actor, request):
        raise PolicyDenied("own_request", "Nobody decides about their own request.")
    if actor.may(Permission.MANAGE_USERS):
        _check_own_aor(actor, agency_id=request.agency_id, aor_id=request.aor_id)
    elif not (actor.may(Permission.MANAGE_AGENCIES) and is_vendors_request(request)):
        raise PolicyDenied("requests_managers_only", "Only managers decide requests.")


def is_subject(person: Person, request: AccessRequest) -> bool:
    """Whether a request asks access for this very person: by account, address or name."""
    return (
        request.user_id == person.user_id
        or request.email.strip().casefold() == person.email.strip().casefold()
        or " ".join(request.full_name.split()).casefold()
        == " ".join(person.name.split()).casefold()
    )


def is_vendors_request(request: AccessRequest) -> bool:
    """Whether the vendor entered it: for its own people, or for who oversees an agency's."""
    return request.entered_by is not None and request.entered_by.agency_id is None


def can_decide_request(actor: Actor, request: AccessRequest) -> bool:
    """Whether `check_can_decide_request` would let the actor."""
    try:
        check_can_decide_request(actor, request)
    except PolicyDenied:
        return False
    return True


def check_can_manage_group(actor: Actor, *, agency_id: int, aor_id: int) -> None:
    """Make, rename, fill and close groups: the agency manager of the group's AOR (ACC-12)."""
    if _is_service(actor):
        return
    if not (isinstance(actor, Person) and actor.may(Permission.MANAGE_USERS)):
        raise PolicyDenied("groups_managers_only", "Only agency managers manage groups.")
    _check_own_aor(actor, agency_id=agency_id, aor_id=aor_id)


def check_can_add_member(actor: Actor, *, group: UserGroup, subject: User) -> None:
    """A group takes people of its own agency, out of the manager's own AORs."""
    if subject.agency_id != group.agency_id:
        raise PolicyDenied("member_of_other_agency", "A group takes people of its own agency.")
    if isinstance(actor, Person):
        _check_own_aor(actor, agency_id=subject.agency_id, aor_id=subject.aor_id)


def check_can_publish_rules(actor: Actor, *, agency_id: int | None) -> None:
    """An agency's own rules: its managers. Those of everybody else, and any: the vendor."""
    if _is_service(actor):
        return
    if not (isinstance(actor, Person) and actor.may(Permission.PUBLISH_RULES)):
        raise PolicyDenied("rules_managers_only", "Only managers publish rules of behavior.")
    if actor.agency_id is not None and actor.agency_id != agency_id:
        raise PolicyDenied("rules_own_agency", "You publish the rules of your own agency only.")


# --- training (ACC-8) and certification (ACC-15) ----------------------------------------------


class TrainingMissing(PolicyDenied):
    """A required course is not completed, or its completion has expired; `gaps` says which."""

    def __init__(self, gaps: Sequence[CourseStanding]) -> None:
        self.gaps = tuple(gaps)
        missing = " ".join(gap.sentence for gap in self.gaps)
        super().__init__(
            "training_missing",
            f"Queries and alerts are closed to you until your training is current. {missing}",
        )


def check_is_trained(courses: Sequence[CourseStanding]) -> None:
    """Raise TrainingMissing unless every required course is completed and unexpired (PIA
    "Training"). `courses`: `accounts.standing.training_of` the person."""
    if missing := gaps(courses):
        raise TrainingMissing(missing)


def check_can_manage_courses(actor: Actor, *, agency_id: int | None) -> None:
    """An agency's own courses: its managers. Everybody's, and any: the vendor."""
    if _is_service(actor):
        return
    may = isinstance(actor, Person) and bool(
        actor.permissions & {Permission.MANAGE_USERS, Permission.MANAGE_AGENCIES}
    )
    if not (may and isinstance(actor, Person)):
        raise PolicyDenied("courses_managers_only", "Only managers change training courses.")
    if not actor.may(Permission.MANAGE_AGENCIES) and actor.agency_id != agency_id:
        raise PolicyDenied("courses_own_agency", "You change the courses of your own agency only.")


def can_manage_courses(actor: Actor, *, agency_id: int | None) -> bool:
    """Whether `check_can_manage_courses` would let the actor."""
    try:
        check_can_manage_courses(actor, agency_id=agency_id)
    except PolicyDenied:
        return False
    return True


def check_can_record_training(actor: Actor, *, agency_id: int | None, aor_id: int | None) -> None:
    """Completions are entered by the agency manager of the person's AOR."""
    _check_manages(actor, "training", agency_id=agency_id, aor_id=aor_id)


def check_can_certify(actor: Actor, *, agency_id: int | None, aor_id: int | None) -> None:
    """The people of an AOR are certified by its agency manager."""
    _check_manages(actor, "certification", agency_id=agency_id, aor_id=aor_id)


def _check_manages(actor: Actor, what: str, *, agency_id: int | None, aor_id: int | None) -> None:
    if _is_service(actor):
        return
    if not (isinstance(actor, Person) and actor.may(Permission.MANAGE_USERS)):
        raise PolicyDenied(f"{what}_managers_only", f"Only agency managers see to {what}.")
    _check_own_aor(actor, agency_id=agency_id, aor_id=aor_id)


def _is_service(actor: Actor) -> bool:
    """Set-up and jobs, made by `audit.actors.system`; a logged-on person never is one."""
    return not isinstance(actor, Person) and actor.id.startswith("system:")


def _check_roles_to_give(actor: Person, roles: Collection[str]) -> None:
    if not_theirs := sorted(set(roles) - roles_given_by(actor)):
        raise PolicyDenied(
            "role_not_yours_to_give", f"Your roles do not let you give: {', '.join(not_theirs)}."
        )


def roles_given_by(person: Person) -> frozenset[Role]:
    """The roles the person may give to somebody else."""
    return frozenset().union(*(ROLES_GIVEN_BY[Role(role)] for role in person.roles))


def _check_own_aor(actor: Person, *, agency_id: int | None, aor_id: int | None) -> None:
    if actor.agency_id is None or not actor.managed_aor_ids:
        raise PolicyDenied("aor_missing", "You manage no area of responsibility.")
    if agency_id != actor.agency_id or not actor.manages(aor_id):
        raise PolicyDenied("aor_not_yours", "You manage people of your own AOR only.")
