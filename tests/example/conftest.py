"""Fixtures of the example's tests."""

import pytest
from pytest_django import Settings

from tests.cast import QuickHasher


@pytest.fixture(autouse=True)
def quick_hashes(settings: Settings) -> None:
    """Seven people are made in nearly every test here, and log-on is tested elsewhere."""
    settings.PASSWORD_HASHERS = [f"{QuickHasher.__module__}.{QuickHasher.__name__}"]
