"""docs/policy.md: who may do what, from roles, access rules and policies themselves."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts import policy
from accounts.models import AccessRequest, User, UserGroup
from accounts.people import Person
from accounts.roles import ROLE_LABELS, ROLE_PERMISSIONS, ROLES_GIVEN_BY, Role, permissions_of
from alerts.policy import check_can_keep_alerts
from audit.actors import VENDOR_LOG_ID
from ingest.policy import (
    check_can_manage_jurisdictions,
    check_can_manage_sources,
    check_can_report_errors,
    check_can_request_amendments,
    check_can_review_reads,
    check_can_view_coverage,
)
from lprsvc.addresses import Address, all_addresses
from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.permissions import Permission as P
from queries.models import QueryReview
from queries.policy import (
    check_can_ask,
    check_can_decide,
    check_can_manage_offenses,
    check_can_review,
)

_HEAD = """# Who may do what

Written by `manage.py write_docs` from the code; a test compares the two. Roles carry permissions;
an address opens to who has one of its permissions; what may be done there to whom is a policy's to
say, and each refusal of a policy is recorded with the code that stands in the tables here.
"""

PERMISSION_WORDS: dict[P, str] = {
    P.RUN_QUERIES: "Run queries, see one's own again",
    P.REVIEW_QUERIES: "Review the queries of the own people",
    P.MANAGE_OFFENSES: "Manage the offenses a query may name",
    P.KEEP_ALERTS: "Keep alerts",
    P.READ_LOG_AGENCY: "Read the log of the whole agency",
    P.READ_LOG_AORS: "Read the log of the managed AORs",
    P.READ_LOG_TEAM: "Read the log of the own team",
    P.READ_LOG_VENDOR: "Read the vendor's own log, never an agency's",
    P.MANAGE_USERS: "Manage people, requests, groups, training of the managed AORs",
    P.MANAGE_AGENCIES: "Manage agencies and their parts, and who oversees them",
    P.PUBLISH_RULES: "Publish rules of behavior",
    P.MANAGE_SOURCES: "Manage camera sources and feeds",
    P.REVIEW_READS: "Review reads reported as wrong, and correct them",
    P.REQUEST_AMENDMENTS: "Ask for the amendment of reads, without seeing them",
    P.VIEW_COVERAGE: "See how many reads are collected where, and no read",
    P.ENTER_ADMIN: "Enter the administration",
}


def policy_document() -> str:
    """The whole document."""
    parts = (
        _HEAD,
        "## Roles and permissions\n",
        _permissions(),
        "## Who gives which role\n\nNobody changes their own role.\n",
        _gifts(),
        "## Persons and acts\n\n" + _ACTS_INTRO,
        _acts(),
        "## Addresses\n\n" + _ADDRESSES_INTRO,
        _addresses(),
    )
    return "\n".join(parts)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |"]
    lines.append("|" + "---|" * (lines[0].count("|") - 1))
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _mark(yes: bool) -> str:
    return "✓" if yes else ""


def _permissions() -> str:
    return _table(
        ["", *(ROLE_LABELS[role] for role in Role)],
        (
            [PERMISSION_WORDS[permission]]
            + [_mark(permission in ROLE_PERMISSIONS[role]) for role in Role]
            for permission in P
        ),
    )


def _gifts() -> str:
    return _table(
        ["Role", *(f"given by {ROLE_LABELS[role].lower()}" for role in Role)],
        (
            [ROLE_LABELS[role]] + [_mark(role in ROLES_GIVEN_BY[giver]) for giver in Role]
            for role in Role
        ),
    )


# --- persons and acts -----------------------------------------------------------------------------

_ACTS_INTRO = """Each policy asked as each person. All but the vendor are of AOR 1 of agency A,
which the manager manages alone. ✓: allowed; otherwise the code of the refusal. Training is
current.
"""

_AGENCY, _OTHER_AGENCY = 1, 2
_AOR, _OTHER_AOR, _FOREIGN_AOR = 1, 2, 3


def _person(number: int, *roles: Role, name: str = "") -> Person:
    vendor = roles == (Role.VENDOR_ADMINISTRATOR,)
    manager = Role.AGENCY_MANAGER in roles
    return Person(
        id=f"user:{UUID(int=number)}",
        name=name or f"person {number}",
        log_id=VENDOR_LOG_ID,
        roles=tuple(roles),
        user_id=UUID(int=number),
        agency_id=None if vendor else _AGENCY,
        aor_id=None if vendor else _AOR,
        email=f"{number}@example.test",
        permissions=permissions_of([role.value for role in roles]),
        managed_aor_ids=(_AOR,) if manager else (),
    )


PERSONS: dict[str, Person] = {
    ROLE_LABELS[role]: _person(number, role) for number, role in enumerate(Role, start=1)
}


def _user(
    number: int, *roles: Role, agency_id: int | None = _AGENCY, aor_id: int | None = _AOR
) -> User:
    return User(
        id=UUID(int=number),
        agency_id=agency_id,
        aor_id=aor_id,
        roles=[role.value for role in roles],
    )


_SOMEBODY = _user(101, Role.INVESTIGATOR)
_OF_OTHER_AOR = _user(102, Role.INVESTIGATOR, aor_id=_OTHER_AOR)
_FOREIGNER = _user(103, Role.INVESTIGATOR, agency_id=_OTHER_AGENCY, aor_id=_FOREIGN_AOR)
_OVERSEER = _user(104, Role.AUDITOR)
_MANAGER = _user(105, Role.AGENCY_MANAGER)
_OF_VENDOR = _user(106, Role.VENDOR_ADMINISTRATOR, agency_id=None, aor_id=None)


def _own(person: Person) -> User:
    return User(
        id=person.user_id,
        agency_id=person.agency_id,
        aor_id=person.aor_id,
        roles=list(person.roles),
    )


def _request(
    agency_id: int = _AGENCY, aor_id: int = _AOR, email: str = "x@y.test"
) -> AccessRequest:
    return AccessRequest(agency_id=agency_id, aor_id=aor_id, email=email, full_name="Somebody")


def _entered_by_vendor() -> AccessRequest:
    request = _request()
    request.entered_by = _OF_VENDOR
    return request


_GROUP = UserGroup(agency_id=_AGENCY, aor_id=_AOR)


@dataclass(frozen=True, slots=True)
class Act:
    """Something to do, and the policy that says who may. `asks` is that policy's own function."""

    words: str
    asks: Callable[..., object]
    check: Callable[[Person], object]


def _create(words: str, agency_id: int | None, aor_id: int | None, role: Role) -> Act:
    return Act(
        words,
        policy.check_can_create_user,
        lambda person: policy.check_can_create_user(
            person, agency_id=agency_id, aor_id=aor_id, roles=[role.value]
        ),
    )


def _manage(words: str, subject: User) -> Act:
    return Act(
        f"Suspend, unlock, close, send a key to {words}",
        policy.check_can_manage_user,
        lambda person: policy.check_can_manage_user(person, subject),
    )


def _terminate(words: str, subject: User) -> Act:
    return Act(
        f"End the access of {words}",
        policy.check_can_terminate,
        lambda person: policy.check_can_terminate(person, subject),
    )


def _change(words: str, subject: Callable[[Person], User], role: Role) -> Act:
    def check(person: Person) -> None:
        user = subject(person)
        roles = sorted(set(user.roles) ^ {role.value})
        policy.check_can_change_user(person, user, aor_id=user.aor_id, roles=roles)

    return Act(words, policy.check_can_change_user, check)


def _decide(words: str, request: Callable[[Person], AccessRequest]) -> Act:
    return Act(
        f"Decide {words}",
        policy.check_can_decide_request,
        lambda person: policy.check_can_decide_request(person, request(person)),
    )


ACTS: tuple[Act, ...] = (
    Act("Run a query", check_can_ask, lambda person: check_can_ask(person, ())),
    Act(
        "Answer the help desk's requests",
        policy.check_can_answer_help,
        policy.check_can_answer_help,
    ),
    Act("Keep alerts", check_can_keep_alerts, lambda person: check_can_keep_alerts(person, ())),
    _create("Add an investigator to AOR 1", _AGENCY, _AOR, Role.INVESTIGATOR),
    _create("Add an investigator to AOR 2", _AGENCY, _OTHER_AOR, Role.INVESTIGATOR),
    _create("Add an investigator to agency B", _OTHER_AGENCY, _FOREIGN_AOR, Role.INVESTIGATOR),
    _create("Add an agency manager to AOR 1", _AGENCY, _AOR, Role.AGENCY_MANAGER),
    _create("Add an auditor to agency A", _AGENCY, None, Role.AUDITOR),
    _create("Add a vendor administrator", None, None, Role.VENDOR_ADMINISTRATOR),
    _manage("an investigator of AOR 1", _SOMEBODY),
    _manage("an investigator of AOR 2", _OF_OTHER_AOR),
    _manage("an investigator of agency B", _FOREIGNER),
    _manage("another agency manager of AOR 1", _MANAGER),
    _manage("an auditor", _OVERSEER),
    _manage("another vendor administrator", _OF_VENDOR),
    Act(
        "Suspend, unlock, close, send a key to oneself",
        policy.check_can_manage_user,
        lambda person: policy.check_can_manage_user(person, _own(person)),
    ),
    _terminate("an investigator of AOR 1", _SOMEBODY),
    _terminate("an investigator of AOR 2", _OF_OTHER_AOR),
    _terminate("an investigator of agency B", _FOREIGNER),
    _terminate("an auditor", _OVERSEER),
    _terminate("another vendor administrator", _OF_VENDOR),
    Act(
        "End one's own access",
        policy.check_can_terminate,
        lambda person: policy.check_can_terminate(person, _own(person)),
    ),
    _change("Make an investigator of AOR 1 a supervisor too", lambda _: _SOMEBODY, Role.SUPERVISOR),
    _change("Make an investigator of AOR 1 an auditor too", lambda _: _SOMEBODY, Role.AUDITOR),
    _change("Give oneself a role, or drop one", _own, Role.CONTRACTING_OFFICER),
    Act(
        "Say which AORs a manager manages",
        policy.check_can_set_managed_aors,
        policy.check_can_set_managed_aors,
    ),
    _decide("a request for AOR 1", lambda _: _request()),
    _decide("a request for AOR 2", lambda _: _request(aor_id=_OTHER_AOR)),
    _decide("a request for agency B", lambda _: _request(_OTHER_AGENCY, _FOREIGN_AOR)),
    _decide("a request that the vendor entered", lambda _: _entered_by_vendor()),
    _decide("one's own request", lambda person: _request(email=person.email)),
    Act(
        "Make and fill groups of AOR 1",
        policy.check_can_manage_group,
        lambda person: policy.check_can_manage_group(person, agency_id=_AGENCY, aor_id=_AOR),
    ),
    Act(
        "Make and fill groups of AOR 2",
        policy.check_can_manage_group,
        lambda person: policy.check_can_manage_group(person, agency_id=_AGENCY, aor_id=_OTHER_AOR),
    ),
    Act(
        "Add somebody of AOR 2 to a group of AOR 1",
        policy.check_can_add_member,
        lambda person: policy.check_can_add_member(person, group=_GROUP, subject=_OF_OTHER_AOR),
    ),
    Act(
        "Publish agency A's rules of behavior",
        policy.check_can_publish_rules,
        lambda person: policy.check_can_publish_rules(person, agency_id=_AGENCY),
    ),
    Act(
        "Publish everybody's rules of behavior",
        policy.check_can_publish_rules,
        lambda person: policy.check_can_publish_rules(person, agency_id=None),
    ),
    Act(
        "Change agency A's courses",
        policy.check_can_manage_courses,
        lambda person: policy.check_can_manage_courses(person, agency_id=_AGENCY),
    ),
    Act(
        "Change everybody's courses",
        policy.check_can_manage_courses,
        lambda person: policy.check_can_manage_courses(person, agency_id=None),
    ),
    Act(
        "Record training of AOR 1",
        policy.check_can_record_training,
        lambda person: policy.check_can_record_training(person, agency_id=_AGENCY, aor_id=_AOR),
    ),
    Act(
        "Record training of AOR 2",
        policy.check_can_record_training,
        lambda person: policy.check_can_record_training(
            person, agency_id=_AGENCY, aor_id=_OTHER_AOR
        ),
    ),
    Act(
        "Certify the people of AOR 1",
        policy.check_can_certify,
        lambda person: policy.check_can_certify(person, agency_id=_AGENCY, aor_id=_AOR),
    ),
    Act(
        "Certify the people of AOR 2",
        policy.check_can_certify,
        lambda person: policy.check_can_certify(person, agency_id=_AGENCY, aor_id=_OTHER_AOR),
    ),
    Act(
        "Change agencies, components, AORs, reason codes",
        policy.check_can_manage_agencies,
        policy.check_can_manage_agencies,
    ),
    Act("Change sources, cameras, feed keys", check_can_manage_sources, check_can_manage_sources),
    Act(
        "Enter the rules of jurisdictions",
        check_can_manage_jurisdictions,
        check_can_manage_jurisdictions,
    ),
    Act("Report an error in a read one saw", check_can_report_errors, check_can_report_errors),
    Act(
        "Ask for an amendment on an individual's behalf",
        check_can_request_amendments,
        check_can_request_amendments,
    ),
    Act("Review and correct a reported read", check_can_review_reads, check_can_review_reads),
    Act("Look at how much is collected where", check_can_view_coverage, check_can_view_coverage),
    Act("Change, verify, withdraw offenses", check_can_manage_offenses, check_can_manage_offenses),
    Act("Review a query of the own people", check_can_review, check_can_review),
    Act(
        "Review one's own query",
        check_can_decide,
        lambda person: check_can_decide(person, QueryReview(asker_id=person.user_id)),
    ),
)


def answer(act: Act, person: Person) -> str:
    """ "✓", or the code of the refusal."""
    try:
        act.check(person)
    except PolicyDenied as refusal:
        return f"`{refusal.code}`"
    return _mark(yes=True)


def _acts() -> str:
    return _table(
        ["", *PERSONS],
        ([act.words] + [answer(act, person) for person in PERSONS.values()] for act in ACTS),
    )


# --- addresses ------------------------------------------------------------------------------------

_ADDRESSES_INTRO = """What each person may open at all; whose objects they find there is up to the
selectors. "Anybody" needs no log-on; "feed" is a camera feed's key, and no person.
"""


def _addresses() -> str:
    return _table(
        ["Address", "Anybody", *(ROLE_LABELS[role] for role in Role), "Feed"],
        (_address(address) for address in all_addresses()),
    )


def _address(address: Address) -> list[str]:
    rule = address.rule
    if rule is None:
        raise ValueError(f"/{address.route} has no access rule")
    public = bool(rule.public)
    enters = [
        public or bool(rule.any_person) or bool(rule.permissions & ROLE_PERMISSIONS[role])
        for role in Role
    ]
    return [f"`/{address.route}`", _mark(public), *map(_mark, enters), _mark(rule.feed)]
