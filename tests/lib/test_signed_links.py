"""Tokens for addresses: what they open, for whom, until when (QRY-7)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from lprsvc.lib.errors import NotFound
from lprsvc.lib.signed_links import check, sign

NOW = datetime(2026, 3, 4, 15, 30, 0, 123456, tzinfo=UTC)
UNTIL = NOW + timedelta(minutes=5)
LAST = UNTIL - timedelta(microseconds=1)


def test_token_opens_its_own_until_the_last_moment() -> None:
    assert check(sign("a", 1, until=UNTIL), "a", 1, now=LAST) is None
    noted = sign("a", 1, until=UNTIL, note=NOW)
    assert check(noted, "a", 1, now=LAST) == NOW
    with pytest.raises(NotFound):
        check(noted, "a", 1, now=UNTIL)


@pytest.mark.parametrize("opens", [("a", 2), ("b", 1), ("a",), ("a", 1, "x"), ()])
def test_token_opens_nothing_else(opens: tuple[object, ...]) -> None:
    with pytest.raises(NotFound):
        check(sign("a", 1, until=UNTIL), *opens, now=NOW)


@pytest.mark.parametrize(
    "spoil", [lambda t: t + "x", lambda t: "9" + t, lambda t: t[:-3], lambda _: ""]
)
def test_changed_token_opens_nothing(spoil: Callable[[str], str]) -> None:
    with pytest.raises(NotFound):
        check(spoil(sign("a", 1, until=UNTIL)), "a", 1, now=NOW)
