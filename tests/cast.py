"""The people of every test: the same names, made through the services as in life.

`cast.investigator`, `.colleague`, `.supervisor`, `.manager`, `.auditor`, `.privacy`, `.vendor`,
`.other` (of another agency) and `.suspended` are `User` rows, each with `.person` as services take
it.
Everybody of an agency has completed the one required course, unless made with `is_trained=False`.
`client_for(user)` is a Django test client that really logged on: password, then the rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client, override_settings

from accounts.models import (
    Agency,
    Aor,
    Component,
    Coverage,
    RulesOfBehavior,
    TrainingCourse,
    TrainingRecord,
    User,
)
from accounts.people import Person, person_for
from accounts.roles import Role
from accounts.selectors import current_rules_for
from accounts.services.agencies import (
    create_agency,
    create_aor,
    create_component,
    create_reason_code,
)
from accounts.services.people import create_user, suspend_user
from accounts.services.rules import publish_rules
from accounts.services.training import Completion, create_course, record_completion
from audit.actors import Origin, system

PASSWORD = "the-cast-logs-on-with-this"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
RULES = "Ask about one plate only for a case.\n\nCorroborate before you act."

# Required of everybody, and valid for good: what lapses is the subject of tests of its own.
COURSE = "LPR-USE"
COMPLETED_ON = date(2020, 1, 13)

_WHY = "the cast of the tests"
_ZONE = "America/New_York"
_SETUP = system("tests")
# Each client comes from an address of its own, so that limits by address never meet.
_addresses = count(1)

if TYPE_CHECKING:

    class Member(User):
        """A user of the cast, with the person that services take."""

        person: Person

else:
    Member = User


_MEMBERS = Member.objects.select_related("agency", "component", "aor")


class QuickHasher(Argon2PasswordHasher):
    """The service's own hash with the least work: tests log on hundreds of times."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1


_QUICK_HASHER = f"{__name__}.{QuickHasher.__name__}"


@dataclass(frozen=True)
class Cast:
    """Everybody, and the agencies they belong to."""

    agency: Agency
    ero: Component
    hsi: Component
    new_york: Aor
    chicago: Aor
    rules: RulesOfBehavior
    investigator: Member
    colleague: Member
    supervisor: Member
    manager: Member
    auditor: Member
    privacy: Member
    vendor: Member
    suspended: Member
    other_agency: Agency
    other: Member

    @property
    def everybody(self) -> dict[str, Member]:
        """All people by the name of their part."""
        return {name: part for name, part in vars(self).items() if isinstance(part, Member)}


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> Iterator[Cast]:
    """The cast, in `committed_db` where the test has it, else in `db`.

    Made beforehand: a test that asks for it works on the database that holds it
    (`tests.harness.database`). What each test finds are rows fetched anew.
    """
    uses_commits = "committed_db" in request.fixturenames
    request.getfixturevalue("committed_db" if uses_commits else "db")
    caches = {"default": {**django_settings.CACHES["default"], "KEY_PREFIX": f"t{uuid4().hex}"}}
    with override_settings(
        PASSWORD_HASHERS=[_QUICK_HASHER],
        # Counters of attempts begin anew in each test.
        CACHES=caches,
    ):
        yield find_cast()


def make_cast() -> None:
    """Make the cast in the database that is connected, and commit it."""
    with override_settings(PASSWORD_HASHERS=[_QUICK_HASHER]):
        build_cast()


def build_cast() -> Cast:
    """Make everybody. Two agencies, each with a log of its own; the vendor belongs to neither."""
    publish_rules(actor=_SETUP, agency=None, text=RULES, reason=_WHY, now=NOW)
    make_course()
    agency, ero, new_york = _agency("EXAMPLE", "ERO", "New York", _ZONE)
    hsi = _component(agency, "HSI")
    chicago = _aor(agency, "Chicago", "America/Chicago")
    _, inv, dallas = _agency("OTHER", "INV", "Dallas", "America/Chicago")

    def member(
        username: str, full_name: str, *roles: Role, component: Component = ero, aor: Aor = new_york
    ) -> Member:
        return make_user(
            username, full_name, roles, component=component, aor=aor, supervisor=supervisor
        )

    supervisor: Member | None = None
    supervisor = member("supervisor", "Sam Okafor", Role.SUPERVISOR, Role.INVESTIGATOR)
    member("investigator", "Alice Moreno", Role.INVESTIGATOR)
    member("colleague", "Bob Lindqvist", Role.INVESTIGATOR, component=hsi, aor=chicago)
    member("manager", "Grace Whitfield", Role.AGENCY_MANAGER)
    suspended = member("suspended", "Dana Pryce", Role.INVESTIGATOR)
    suspend_user(actor=_SETUP, user=suspended, reason=_WHY, now=NOW)
    make_user("auditor", "Ivan Castellano", [Role.AUDITOR], agency=agency)
    make_user("privacy", "Nora Lindgren", [Role.PRIVACY_OFFICER], agency=agency)
    make_user("vendor", "Vera Lund", [Role.VENDOR_ADMINISTRATOR])
    make_user("other-investigator", "Oscar Delgado", [Role.INVESTIGATOR], component=inv, aor=dallas)
    return find_cast()


def find_cast() -> Cast:
    """Everybody, as the database has them."""
    members = {row.username: row for row in _MEMBERS.all()}
    for row in members.values():
        row.person = _person(row)
    agencies = {agency.code: agency for agency in Agency.objects.all()}
    example = agencies["EXAMPLE"]
    components = {one.code: one for one in Component.objects.filter(agency=example)}
    aors = {one.name: one for one in Aor.objects.filter(agency=example)}
    rules = current_rules_for(None)
    assert rules is not None
    return Cast(
        agency=example,
        ero=components["ERO"],
        hsi=components["HSI"],
        new_york=aors["New York"],
        chicago=aors["Chicago"],
        rules=rules,
        investigator=members["investigator"],
        colleague=members["colleague"],
        supervisor=members["supervisor"],
        manager=members["manager"],
        auditor=members["auditor"],
        privacy=members["privacy"],
        vendor=members["vendor"],
        suspended=members["suspended"],
        other_agency=agencies["OTHER"],
        other=members["other-investigator"],
    )


def make_user(
    username: str,
    full_name: str,
    roles: tuple[Role, ...] | list[Role],
    *,
    agency: Agency | None = None,
    component: Component | None = None,
    aor: Aor | None = None,
    supervisor: User | None = None,
    is_trained: bool = True,
) -> Member:
    """One more person, for tests that need somebody special; `PASSWORD` opens the account."""
    user = create_user(
        actor=_SETUP,
        username=username,
        password=PASSWORD,
        email=f"{username}@example.test",
        full_name=full_name,
        roles=[role.value for role in roles],
        agency=agency or (component.agency if component else None),
        component=component,
        aor=aor,
        supervisor=supervisor,
        timezone=aor.timezone if aor else _ZONE,
        reason=_WHY,
        now=NOW,
    )
    if is_trained and user.agency is not None:
        train(user)
    return _member_row(user)


def make_course() -> TrainingCourse:
    """The course that everybody of every agency has to complete, once."""
    return create_course(
        actor=_SETUP,
        agency=None,
        code=COURSE,
        title="Use of the license plate service",
        covers=Coverage.values,
        validity_months=None,
        is_required=True,
        reason=_WHY,
        now=NOW,
    )


def train(user: User, *, course: str = COURSE, on: date = COMPLETED_ON) -> TrainingRecord:
    """Put a completion of a course on record for `user`."""
    assert user.agency is not None
    return record_completion(
        actor=_SETUP,
        agency=user.agency,
        aor=user.aor,
        completion=Completion(course_code=course, completed_on=on, username=user.username),
        reason=_WHY,
        now=NOW,
    )


def client_for(user: User) -> Client:
    """A browser of `user`'s: logged on by password, rules affirmed. Fails where log-on does."""
    client = client_at_rules(user)
    rules = current_rules_for(user.agency_id)
    assert rules is not None
    response = client.post("/accounts/rules/", {"decision": "affirm", "rules": rules.pk})
    assert response.status_code == 302, response.content
    assert "_auth_user_id" in client.session
    return client


def client_at_rules(user: User) -> Client:
    """A browser in which the password was right and the rules are still to be affirmed."""
    client = new_client()
    response = client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    assert response.status_code == 302, response.content
    assert response["Location"] == "/accounts/rules/"
    return client


def new_client() -> Client:
    """Nobody's browser yet, from an address that no other client has."""
    number = next(_addresses)
    return Client(
        REMOTE_ADDR=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        HTTP_USER_AGENT="test browser",
    )


def _member_row(user: User) -> Member:
    row = _MEMBERS.get(pk=user.pk)
    row.person = _person(row)
    return row


def _person(row: Member) -> Person:
    return person_for(row, origin=Origin(session="cast", ip="192.0.2.1", client="web test"))


def _agency(code: str, component: str, aor: str, zone: str) -> tuple[Agency, Component, Aor]:
    agency = create_agency(
        actor=_SETUP, code=code, name=f"{code.title()} Agency", timezone=zone, reason=_WHY, now=NOW
    )
    for reason_code, label in (("criminal", "Criminal investigation"), ("missing", "Missing")):
        create_reason_code(
            actor=_SETUP, agency=agency, code=reason_code, label=label, reason=_WHY, now=NOW
        )
    return agency, _component(agency, component), _aor(agency, aor, zone)


def _component(agency: Agency, code: str) -> Component:
    return create_component(
        actor=_SETUP,
        agency=agency,
        code=code,
        name=f"Component {code}",
        max_lookback_years=5,
        lookback_source="PIA p. 7",
        reason=_WHY,
        now=NOW,
    )


def _aor(agency: Agency, name: str, zone: str) -> Aor:
    return create_aor(actor=_SETUP, agency=agency, name=name, timezone=zone, reason=_WHY, now=NOW)
