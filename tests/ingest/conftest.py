"""Fixtures of the ingest room's tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from tests.ingest.feed import Feed, make_feed


@pytest.fixture(autouse=True)
def photograph_folder(tmp_path: Path) -> Iterator[Path]:
    """Photographs go to a folder of the test's own; yields it."""
    folder = tmp_path / "photographs"
    backends: dict[str, Any] = dict(settings.STORAGES)
    backends["default"] = {
        **backends["default"],
        "OPTIONS": {"location": folder, "base_url": None},
    }
    with override_settings(STORAGES=backends):
        yield folder


@pytest.fixture
def feed(request: pytest.FixtureRequest) -> Feed:
    """A camera operator, in `committed_db` where the test has it, else in `db`."""
    uses_commits = "committed_db" in request.fixturenames
    request.getfixturevalue("committed_db" if uses_commits else "db")
    return make_feed()
