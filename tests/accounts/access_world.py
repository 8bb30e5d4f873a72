"""Requests, keys and registrations as tests need them: made through the services, as in life."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from django.db import connections, transaction

from accounts.models import AccessRequest, Aor, RegistrationKey, User
from accounts.people import Person
from accounts.request_forms import RequestForm
from accounts.roles import Role
from accounts.security_questions import QUESTIONS
from accounts.services.access import (
    Applicant,
    Grant,
    approve_request,
    find_key_to_send,
    issue_secret,
    submit_request,
)
from accounts.services.registration import Credentials, register
from audit.actors import Origin
from tests.cast import NOW, Cast, Member, make_user

FROM = Origin(ip="198.51.100.7", client="web test")
NORA = Applicant("Nora Ek", "nora.ek@example.test", "Deportation Officer", "Fugitive cases.")
CHOSEN = "nora-chose-this-one-herself"
ANSWERS = [
    (question, f"said {number}")
    for number, question in zip(("one", "two", "three"), QUESTIONS, strict=False)
]
LATER = NOW + timedelta(hours=1)


def ask(
    cast: Cast,
    *,
    aor: Aor | None = None,
    applicant: Applicant = NORA,
    form: RequestForm | None = None,
) -> AccessRequest:
    """A request on the public page of New York."""
    return submit_request(
        aor=aor or cast.new_york, applicant=applicant, form=form, origin=FROM, now=NOW
    )


def grant(cast: Cast, **changes: Any) -> Grant:
    """What an approved investigator is in New York."""
    given: dict[str, Any] = {
        "roles": [Role.INVESTIGATOR.value],
        "component": cast.ero,
        "supervisor": cast.supervisor,
        "timezone": "America/New_York",
    }
    return Grant(**given | changes)


def approved(cast: Cast, *, by: Person | None = None) -> AccessRequest:
    """A request that the manager of New York approved."""
    return approve_request(
        actor=by or cast.manager.person,
        request=ask(cast),
        grant=grant(cast),
        reason="in my unit",
        now=NOW,
    )


def open_key(request: AccessRequest | None = None, user: User | None = None) -> RegistrationKey:
    """The one key that can still be used."""
    return RegistrationKey.objects.get(request=request, user=user, used_at=None, revoked_at=None)


def mail(key: RegistrationKey, *, now: Any = NOW) -> str:
    """The secret that the key's mail holds."""
    with transaction.atomic():
        found = find_key_to_send(str(key.pk))
        assert found is not None
        return issue_secret(found, now=now)


def credentials(**changes: Any) -> Credentials:
    """What Nora chooses."""
    given: dict[str, Any] = {"username": "nora.ek", "password": CHOSEN, "answers": ANSWERS}
    return Credentials(**given | changes)


def use(key: str, *, email: str = NORA.email, now: Any = LATER, **changes: Any) -> User:
    """Register."""
    return register(key=key, email=email, credentials=credentials(**changes), origin=FROM, now=now)


def second_manager(cast: Cast) -> Member:
    """Another manager of New York."""
    return make_user(
        "manager2", "Hugo Brandt", [Role.AGENCY_MANAGER], component=cast.ero, aor=cast.new_york
    )


def chicago_manager(cast: Cast) -> Member:
    """The manager of the other AOR."""
    return make_user(
        "manager-chicago", "Carl Ness", [Role.AGENCY_MANAGER],
        component=cast.hsi, aor=cast.chicago,
    )  # fmt: skip


def dallas_manager(cast: Cast) -> Member:
    """The manager of the other agency."""
    return make_user(
        "manager-dallas", "Olga Hahn", [Role.AGENCY_MANAGER],
        agency=cast.other_agency, aor=cast.other.aor,
    )  # fmt: skip


def at_once(*calls: Callable[[], object]) -> list[Exception | None]:
    """What each of the calls, begun at the same moment, raised."""
    start = Barrier(len(calls))
    raised: list[Exception | None] = [None] * len(calls)

    def run(index: int) -> None:
        start.wait()
        try:
            calls[index]()
        except Exception as error:  # noqa: BLE001  handed to the test, which looks at it
            raised[index] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised
