"""Reading agencies, people and rules, scoped by who asks; unknown and forbidden answer alike."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import policy
from accounts.disposal import Retention, disposal_of, rule_of
from accounts.models import (
    AccessRequest,
    Agency,
    Aor,
    GroupMember,
    HelpRequest,
    ReasonCode,
    RecordsSchedule,
    RulesOfBehavior,
    Termination,
    User,
    UserGroup,
    user_actor_id,
)
from accounts.people import Person, person_for
from accounts.roles import Role
from audit.actors import VENDOR_LOG_ID
from audit.scopes import LogReader, LogScope
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission

if TYPE_CHECKING:
    from accounts.certifying import AorCertification
    from accounts.standing import UserStanding


def list_users_for(person: Person, *, deleted: bool = False) -> "QuerySet[User]":
    """Whom the person may manage: managers their AORs' people; the vendor its own, and those of
    agencies who have no role but the vendor's to give. `deleted`: closed accounts as well."""
    users = User.objects.select_related("agency", "component", "aor", "supervisor")
    users = users.order_by("full_name", "username")
    if not deleted:
        users = users.filter(deleted_at=None)
    if person.may(Permission.MANAGE_USERS) and person.agency_id is not None:
        return users.filter(agency_id=person.agency_id, aor_id__in=person.managed_aor_ids)
    if person.may(Permission.MANAGE_AGENCIES) and person.agency_id is None:
        return users.filter(Q(agency=None) | Q(roles__contained_by=sorted(policy.VENDORS_TO_GIVE)))
    return users.none()


def find_user(user_id: UUID) -> User | None:
    """A user with agency, component and AOR, for `accounts.people.person_for`."""
    users = User.objects.select_related("agency__log_on_policy", "component", "aor")
    return users.filter(pk=user_id).first()


def find_user_by_username(username: str) -> User | None:
    """A user by the name they log on with, in whatever case it was typed."""
    if "\0" in username:
        return None
    users = User.objects.select_related("agency__log_on_policy", "component", "aor")
    return users.filter(username=username.strip().lower()).first()


def list_colleagues(person: Person) -> "QuerySet[User]":
    """Open accounts of the same agency but the own: whom one may ask on behalf of (QRY-1)."""
    if person.agency_id is None:
        return User.objects.none()
    colleagues = User.objects.filter(agency_id=person.agency_id, is_active=True)
    return colleagues.exclude(pk=person.user_id).order_by("full_name", "username")


def find_agency_by_code(code: str) -> Agency | None:
    """The agency of this code, in whatever case it was typed."""
    return Agency.objects.filter(code__iexact=code).first()


def list_agencies_for(person: Person) -> "QuerySet[Agency]":
    """All agencies for the vendor; for anybody else the own."""
    agencies = Agency.objects.order_by("code")
    if person.may(Permission.MANAGE_AGENCIES):
        return agencies
    return agencies.filter(pk=person.agency_id) if person.agency_id else agencies.none()


def find_agency(agency_id: int | None) -> Agency | None:
    """An agency by its key; None for the vendor's people, who have none."""
    return Agency.objects.filter(pk=agency_id).first() if agency_id is not None else None


def list_rules_for(person: Person) -> "QuerySet[RulesOfBehavior]":
    """Published versions, newest first: the own agency's and everybody's; all for the vendor."""
    rules = RulesOfBehavior.objects.select_related("agency").order_by("-published_at", "-version")
    if person.may(Permission.MANAGE_AGENCIES):
        return rules
    everybodys = Q(agency=None)
    return rules.filter(
        everybodys | Q(agency_id=person.agency_id) if person.agency_id else everybodys
    )


def current_rules_for(agency_id: int | None) -> RulesOfBehavior | None:
    """The newest rules of the agency, or of everybody where it has none of its own."""
    rules = RulesOfBehavior.objects.order_by("-version")
    own = rules.filter(agency_id=agency_id).first() if agency_id is not None else None
    return own or rules.filter(agency=None).first()


def reason_codes_for(agency_id: int | None) -> "QuerySet[ReasonCode]":
    """The reasons an agency's people may choose from, by label; none for the vendor's people."""
    if agency_id is None:
        return ReasonCode.objects.none()
    return ReasonCode.objects.filter(agency_id=agency_id, is_active=True)


def find_retention(person: Person, *, recorded_on: date) -> Retention | None:
    """How long what the person prints on that day is kept, by their component's schedule; None
    where the component has none, or the person no component."""
    if person.component_id is None:
        return None
    schedule = RecordsSchedule.objects.filter(component_id=person.component_id).first()
    if schedule is None:
        return None
    rule = rule_of(schedule)
    return Retention(rule, disposal_of(rule, recorded_on))


def log_scope_for(person: Person) -> LogScope | None:
    """What part of the log the person may read (AUD-5); None: none of it.

    The widest of the person's permissions counts. The vendor's people read the vendor's own log,
    never an agency's.
    """
    if person.agency_id is None:
        may = person.may(Permission.READ_LOG_VENDOR)
        return LogScope(log_id=VENDOR_LOG_ID) if may else None
    if person.may(Permission.READ_LOG_AGENCY):
        return LogScope(log_id=person.log_id)
    if person.may(Permission.READ_LOG_AORS) and person.managed_aors:
        return LogScope(log_id=person.log_id, aors=person.managed_aors)
    if person.may(Permission.READ_LOG_TEAM):
        return LogScope(log_id=person.log_id, actors=team_actor_ids(person))
    return None


def team_actor_ids(person: Person) -> tuple[str, ...]:
    """A supervisor's own people as the log names them, suspended ones and the self included."""
    team: Iterable[UUID] = User.objects.filter(supervisor_id=person.user_id).values_list(
        "pk", flat=True
    )
    return tuple(sorted(user_actor_id(pk) for pk in {person.user_id, *team}))


def log_reader_for(person: Person | None) -> LogReader:
    """How far the person may read the log, and how names they type there become actor ids."""
    scope = log_scope_for(person) if person else None
    nothing = LogScope(log_id=VENDOR_LOG_ID, actors=())
    return LogReader(
        scope=scope or nothing,
        find_actors=lambda typed: _actor_ids_named(person.agency_id if person else None, typed),
    )


def find_log_reader(actor_id: str) -> LogReader | None:
    """How far the user behind an actor may read the log today; None for who may not."""
    user = users_of_actors([actor_id]).get(actor_id)
    if user is None or not user.is_active:
        return None
    person = person_for(user)
    return log_reader_for(person) if log_scope_for(person) else None


def _actor_ids_named(agency_id: int | None, typed: str) -> tuple[str, ...]:
    """The people of an agency (or of the vendor) by user name, or by part of their name."""
    if "\0" in typed:
        return ()
    users = User.objects.filter(
        Q(username=typed.strip().lower()) | Q(full_name__icontains=typed.strip()),
        Q(agency_id=agency_id) if agency_id is not None else Q(agency=None),
    )
    return tuple(user_actor_id(pk) for pk in users.values_list("pk", flat=True))


def users_of_actors(actor_ids: Iterable[str]) -> dict[str, User]:
    """The users, with agency and AOR, behind those actors of the log that are people."""
    users = User.objects.filter(pk__in=_user_keys(actor_ids)).select_related("agency", "aor")
    return {user_actor_id(user.pk): user for user in users}


# --- access: requests, AORs, groups ---------------------------------------------------------------


def list_aors_for(person: Person) -> "QuerySet[Aor]":
    """The AORs a person puts people into: a manager the managed ones, the vendor all."""
    aors = Aor.objects.select_related("agency").order_by("agency__code", "name")
    if person.may(Permission.MANAGE_AGENCIES):
        return aors
    return aors.filter(pk__in=person.managed_aor_ids)


def list_requests_for(person: Person) -> "QuerySet[AccessRequest]":
    """Requests for access that the person may see: a manager those of the managed AORs, the vendor
    those it entered; waiting ones first, then the newest."""
    requests = AccessRequest.objects.select_related(
        "agency", "aor", "component", "supervisor", "entered_by", "decided_by", "user"
    ).order_by("-submitted_at")
    if person.may(Permission.MANAGE_USERS) and person.agency_id is not None:
        return requests.filter(agency_id=person.agency_id, aor_id__in=person.managed_aor_ids)
    if person.may(Permission.MANAGE_AGENCIES):
        return requests.filter(entered_by__isnull=False, entered_by__agency=None)
    return requests.none()


def names_of_actors(actor_ids: Iterable[str]) -> dict[str, str]:
    """The names, as they are now, of those actors of the log or of a history that are people."""
    people = User.objects.filter(pk__in=_user_keys(actor_ids)).values_list("pk", "full_name")
    return {user_actor_id(pk): name for pk, name in people}


def _user_keys(actor_ids: Iterable[str]) -> list[str]:
    return [actor_id.partition(":")[2] for actor_id in actor_ids if actor_id.startswith("user:")]


def list_vendor_administrators() -> "QuerySet[User]":
    """The vendor's administrators whose accounts are open."""
    return User.objects.filter(
        agency=None, is_active=True, roles__contains=[Role.VENDOR_ADMINISTRATOR.value]
    )


def list_help_requests_for(person: Person) -> "QuerySet[HelpRequest]":
    """Requests to the help desk that the person answers: the vendor all, nobody else any."""
    found = HelpRequest.objects.select_related("user__agency", "ended_by")
    return found if person.may(Permission.MANAGE_AGENCIES) else found.none()


def list_terminations_for(person: Person) -> "QuerySet[Termination]":
    """Terminations that the person may see: a manager those of the managed AORs' people, the
    vendor everybody's, because it must carry them out (ACC-10)."""
    found = Termination.objects.select_related(
        "user__agency", "user__aor", "user__component", "entered_by"
    )
    if person.may(Permission.MANAGE_AGENCIES):
        return found
    if person.may(Permission.MANAGE_USERS) and person.agency_id is not None:
        return found.filter(
            user__agency_id=person.agency_id, user__aor_id__in=person.managed_aor_ids
        )
    return found.none()


def find_to_terminate(person: Person, typed: str) -> User | None:
    """The one account that has this user name or e-mail address, for who may end its access: the
    vendor anybody's; None for what is unknown, closed, ambiguous or out of reach."""
    typed = typed.strip()
    if "\0" in typed:
        return None
    if person.may(Permission.MANAGE_AGENCIES):
        users = User.objects.select_related("agency", "component", "aor").filter(deleted_at=None)
    else:
        users = list_users_for(person)
    found = list(users.filter(Q(username=typed.lower()) | Q(email__iexact=typed))[:2])
    return found[0] if len(found) == 1 else None


def list_managers_of(aor_id: int) -> "QuerySet[User]":
    """The open accounts that manage an AOR, as their own or beside it."""
    return User.objects.filter(
        Q(aor_id=aor_id) | Q(managed__aor_id=aor_id),
        roles__contains=[Role.AGENCY_MANAGER.value],
        is_active=True,
    ).distinct()


def list_reviewers_of(user: User) -> "QuerySet[User]":
    """Who reviews the person's queries: the supervisor, or where there is none with an open
    account the managers of the AOR. Never the person."""
    if user.supervisor_id not in {None, user.pk}:
        supervisor = _supervisors().filter(team=user, agency=user.agency)
        if supervisor.exists():
            return supervisor
    if user.aor_id is None:
        return User.objects.none()
    return list_managers_of(user.aor_id).exclude(pk=user.pk)


def list_reviewed_by(person: Person) -> "QuerySet[User]":
    """The inverse of `list_reviewers_of`: whose queries the person reviews."""
    if person.agency_id is None or not person.may(Permission.REVIEW_QUERIES):
        return User.objects.none()
    own_people = Q(supervisor_id=person.user_id) if Role.SUPERVISOR in person.roles else Q()
    supervised = _supervisors().filter(
        pk=OuterRef("supervisor_id"), agency_id=OuterRef("agency_id")
    )
    unsupervised = Q(aor_id__in=person.managed_aor_ids) & ~Q(Exists(supervised))
    reviewed = own_people | unsupervised if own_people else unsupervised
    others = User.objects.exclude(pk=person.user_id).filter(agency_id=person.agency_id)
    return others.filter(reviewed).order_by("full_name", "username")


def _supervisors() -> "QuerySet[User]":
    return User.objects.filter(roles__contains=[Role.SUPERVISOR.value], is_active=True)


def left_unmanaged_without(user: User) -> list[str]:
    """What nobody would manage if this open account were closed: AORs by name, or the vendor's
    service itself. Exact only while the managers' rows are locked."""
    if not user.is_active:
        return []
    if user.agency_id is None:
        others = User.objects.filter(agency=None, is_active=True).exclude(pk=user.pk)
        return [] if others.exists() else ["the service"]
    if Role.AGENCY_MANAGER.value not in user.roles:
        return []
    aors = Aor.objects.filter(Q(pk=user.aor_id) | Q(managed_by__user=user)).distinct()
    return [
        aor.name
        for aor in aors.order_by("name")
        if not list_managers_of(aor.pk).exclude(pk=user.pk).exists()
    ]


def list_groups_for(person: Person) -> "QuerySet[UserGroup]":
    """Groups that a manager manages, closed ones included."""
    groups = UserGroup.objects.select_related("agency", "aor").order_by("name")
    if person.may(Permission.MANAGE_USERS) and person.agency_id is not None:
        return groups.filter(agency_id=person.agency_id, aor_id__in=person.managed_aor_ids)
    return groups.none()


def list_own_groups(person: Person) -> "QuerySet[UserGroup]":
    """The open groups a person belongs to: with whom they may share (ACC-12)."""
    if person.agency_id is None:
        return UserGroup.objects.none()
    return UserGroup.objects.filter(
        memberships__user_id=person.user_id, agency_id=person.agency_id, closed_at=None
    ).order_by("name")


def get_own_group(person: Person, pk: UUID | str) -> UserGroup:
    """One of `list_own_groups`. Raises NotFound, whether unknown or others'."""
    try:
        found = list_own_groups(person).filter(pk=pk).first()
    except (ValueError, ValidationError):
        found = None
    if found is None:
        raise NotFound("group")
    return found


def list_members(group: UserGroup) -> "QuerySet[User]":
    """The group's people with open accounts; of a closed group, and of people who have moved to
    another agency, none: who must be told of what is shared with it."""
    if group.closed_at is not None:
        return User.objects.none()
    members = GroupMember.objects.filter(group=group).values("user_id")
    return User.objects.filter(pk__in=members, is_active=True, agency_id=group.agency_id).order_by(
        "full_name", "username"
    )


# --- training and certification: kept beside their own rules, which ask this module ---------------


def training_gaps(person: Person, *, now: datetime) -> "list[UserStanding]":
    """The people in a manager's reach who lack a required course (`accounts.standing`)."""
    from accounts import standing

    return standing.training_gaps(person, now=now)


def certification_state(person: Person, *, now: datetime) -> "list[AorCertification]":
    """How the AORs a manager manages stand with their yearly certification, most urgent first
    (`accounts.certifying`)."""
    from accounts import certifying

    return certifying.certification_state(person, now=now)
