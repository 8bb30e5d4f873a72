"""Fixtures for every test. What each is for and when to use which: docs/testing.md."""

from tests.cast import cast
from tests.harness.database import (
    as_role,
    committed_db,
    connect_as,
    django_db_setup,
    empty_cache,
    empty_ledger,
    pytest_runtest_setup,
)
from tests.harness.mail import smtp_server
from tests.harness.processes import live_service, running_worker

__all__ = [
    "as_role",
    "cast",
    "committed_db",
    "connect_as",
    "django_db_setup",
    "empty_cache",
    "empty_ledger",
    "live_service",
    "pytest_runtest_setup",
    "running_worker",
    "smtp_server",
]
