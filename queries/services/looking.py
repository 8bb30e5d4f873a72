"""The transaction in which a person looks at something of their own."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

from accounts.people import Person
from audit.kinds import Kind
from audit.services import Recorded, recording_refusals
from lprsvc.lib.errors import DomainError

Then = Callable[[Recorded, DomainError], None]


def looking(
    person: Person,
    *,
    then: Then = lambda _refusal, _error: None,
    **about: UUID,
) -> AbstractContextManager[None]:
    """The transaction of looking at something of one's own; what was not there is recorded.

    `then`: what a refusal brings about, within the transaction that records it.
    """
    return recording_refusals(
        actor=person,
        refused=Kind.ACCESS_REFUSED,
        failed=Kind.QUERY_FAILED,
        fields={name: str(value) for name, value in about.items()},
        then=then,
    )
