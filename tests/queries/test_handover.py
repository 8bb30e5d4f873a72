"""The sealed proposal that leads from a query to an alert (ALT-2)."""

import base64
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lprsvc.lib.handover import AlertProposal, StaleProposal, seal, unseal

USER = UUID(int=1)
PROPOSAL = AlertProposal("ABC123", "US-PA", "criminal", "John Doe, case 12345678", UUID(int=7))


def test_sealed_proposal_comes_back_whole() -> None:
    assert unseal(seal(PROPOSAL, USER), USER) == PROPOSAL


def test_token_shows_neither_plate_nor_case() -> None:
    token = seal(PROPOSAL, USER)
    plain = base64.urlsafe_b64decode(token)
    for secret in (b"ABC123", b"John", b"12345678"):
        assert secret not in token.encode()
        assert secret not in plain


@pytest.mark.parametrize(
    ("user", "change"),
    [(uuid4(), ""), (USER, "x"), (USER, "é")],
    ids=["another user's", "one character before", "not even ASCII"],
)
def test_changed_or_foreign_token_is_stale(user: UUID, change: str) -> None:
    with pytest.raises(StaleProposal):
        unseal(change + seal(PROPOSAL, USER), user)


def test_old_token_is_stale() -> None:
    with pytest.raises(StaleProposal):
        unseal(seal(PROPOSAL, USER), USER, timedelta(seconds=-1))


@given(case=st.text(max_size=4_000))
def test_address_stays_short_whatever_the_case_reference(case: str) -> None:
    token = seal(AlertProposal("ABC123", "US-PA", "r" * 60, case, UUID(int=7)), USER)
    assert len(token) <= 3_000
    assert unseal(token, USER).case_reference in {case, ""}
