"""Secrets that can be read back are encrypted at rest, with keys that can be changed."""

import pytest
from pytest_django import Settings

from accounts.sealing import Unreadable, seal, unseal


def test_sealed_text_is_not_the_text_and_opens_again() -> None:
    token = seal("JBSWY3DPEHPK3PXP é")
    assert "JBSWY3DP" not in token
    assert unseal(token) == "JBSWY3DPEHPK3PXP é"
    assert seal("JBSWY3DPEHPK3PXP é") != token


def test_keys_can_be_changed_without_losing_what_they_sealed(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["first"]
    old = seal("secret")
    settings.FIELD_ENCRYPTION_KEYS = ["second", "first"]
    assert unseal(old) == "secret"
    new = seal("secret")
    settings.FIELD_ENCRYPTION_KEYS = ["second"]
    assert unseal(new) == "secret"
    with pytest.raises(Unreadable):
        unseal(old)


def test_own_keys_do_not_depend_on_the_secret_key(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["first"]
    token = seal("secret")
    settings.SECRET_KEY = "another" * 10
    assert unseal(token) == "secret"


@pytest.mark.parametrize("token", ["", "junk", "\0", "gAAAAA" + "A" * 100])
def test_damaged_tokens_do_not_open(token: str) -> None:
    with pytest.raises(Unreadable):
        unseal(token)
