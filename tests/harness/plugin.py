"""Starts the tests' servers before Django's settings are read; loaded by `-p` in pyproject.toml.

The controlling process starts them once; pytest-xdist's workers inherit where they are.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.harness.cluster import Servers, TemplateError, new_home, running

_HOME = "LPRSVC_TEST_HOME"
_DATABASE = "LPRSVC_TEST_DATABASE"
_WORKER = os.environ.get("PYTEST_XDIST_WORKER")
_servers = ExitStack()


def this_database() -> str:
    """The database that this very process works on; see `tests.harness.database`."""
    return os.environ.get(_DATABASE, empty_database())


def empty_database() -> str:
    """This process's database as set-up leaves one."""
    return f"lprsvc_{_WORKER or 'main'}"


def work_on(database: str) -> None:
    """Make `database` the one that `this_database` names."""
    os.environ[_DATABASE] = database


def this_key_space() -> int:
    """The broker's key space of this very process."""
    return 1 + int(_WORKER.removeprefix("gw")) if _WORKER else 0


def this_run() -> Servers:
    """The servers of this run."""
    return Servers(Path(os.environ[_HOME]))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Point the environment at this process's own database, before anything reads settings."""
    if _WORKER is None:
        os.environ[_HOME] = str(new_home())
    # What the caller's shell says about a running service must not reach the tests.
    for name in [name for name in os.environ if name.startswith(("LPRSVC_", "DATABASE_URL"))]:
        if name not in {_HOME, "LPRSVC_SHARED_DATA"}:
            del os.environ[name]
    os.environ.update(this_run().environment(this_database(), this_key_space()))
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the servers once, and only when there is something to run."""
    if _WORKER is None and not session.config.option.collectonly:
        try:
            _servers.enter_context(running(Path(os.environ[_HOME])))
        except TemplateError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.INTERNAL_ERROR)


def pytest_unconfigure() -> None:
    """Stop what was started."""
    _servers.close()
