"""The cast itself stands as every other test expects."""

from accounts.people import Person
from tests.cast import Cast


def test_cast_has_everybody_with_their_person(cast: Cast) -> None:
    assert set(cast.everybody) == {
        "investigator",
        "colleague",
        "supervisor",
        "manager",
        "auditor",
        "privacy",
        "vendor",
        "suspended",
        "other",
    }
    for member in cast.everybody.values():
        assert isinstance(member.person, Person)
        assert member.person.user_id == member.pk


def test_cast_suspended_may_nothing(cast: Cast) -> None:
    assert not cast.suspended.is_active
    assert cast.suspended.person.permissions == frozenset()
