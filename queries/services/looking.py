"""The transaction in which a person looks at something of their own."""

from contextlib import AbstractContextManager
from uuid import UUID

from accounts.people import Person
from audit.kinds import Kind
from audit.services import recording_refusals


def looking(person: Person, **about: UUID) -> AbstractContextManager[None]:
    """The transaction of looking at something of one's own; what was not there is recorded."""
    return recording_refusals(
        actor=person,
        refused=Kind.ACCESS_REFUSED,
        failed=Kind.QUERY_FAILED,
        fields={name: str(value) for name, value in about.items()},
    )
