"""Fixtures that give a test its database.

There are two in each process: one as set-up leaves it, and one in which the cast of `tests.cast` is
already made. Making it takes longer than most tests, so it is made once, and kept as a template.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
import redis
from django.db import connection, connections
from pytest_django.plugin import blocking_manager_key

from tests.cast import make_cast
from tests.harness.cluster import PASSWORD, TEMPLATE
from tests.harness.plugin import (
    empty_database,
    this_database,
    this_key_space,
    this_run,
    work_on,
)

Connect = Callable[..., psycopg.Connection]
AsRole = Callable[[str], Any]


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None) -> Iterator[None]:
    """Replaces pytest-django's: this process's database is a copy of the migrated template."""
    this_run().create_database(empty_database())
    yield
    connections.close_all()
    for name in (empty_database(), _with_cast(), _cast_template()):
        this_run().drop_database(name)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Turn to the database that the test asks for by its fixtures, before any of them is set up."""
    names = getattr(item, "fixturenames", ())
    # The browser's tests make a cast of their own, for all of them.
    wants_cast = "cast" in names and not item.get_closest_marker("browser")
    if wants_cast and not _made:
        with item.config.stash[blocking_manager_key].unblock():
            _make_databases_with_cast()
    _turn_to(_with_cast() if wants_cast else empty_database())


_made: list[str] = []


def _with_cast() -> str:
    return f"{empty_database()}_cast"


def _cast_template() -> str:
    return f"{_with_cast()}_template"


def _turn_to(name: str) -> None:
    if connection.settings_dict["NAME"] != name:
        connections.close_all()
        connection.settings_dict["NAME"] = name
    work_on(name)


def _make_databases_with_cast() -> None:
    this_run().create_database(_cast_template())
    _turn_to(_cast_template())
    make_cast()
    connections.close_all()
    this_run().create_database(_with_cast(), _cast_template())
    _made.append(_with_cast())


def create_anew() -> None:
    """Put this process's database back to what its template is."""
    connections.close_all()
    has_cast = this_database() == _with_cast()
    this_run().create_database(this_database(), _cast_template() if has_cast else TEMPLATE)


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """What one test leaves in the cache (rate limits, say) the next does not find."""
    with redis.Redis.from_url(this_run().valkey.url(this_key_space())) as client:
        client.flushdb()


@pytest.fixture(autouse=True)
def empty_ledger() -> None:
    """What one test's feeds were turned away for is not written into the next one's database."""
    from ingest.services.turned_away import LEDGER

    LEDGER.forget()


@pytest.fixture
def committed_db(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[None]:
    """The database with real commits; made anew from the template afterwards."""
    if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        raise pytest.UsageError("committed_db takes the place of db; use one of them")
    blocker = request.getfixturevalue("django_db_blocker")
    with blocker.unblock():
        try:
            yield
        finally:
            create_anew()


@pytest.fixture
def connect_as(django_db_setup: None) -> Iterator[Connect]:
    """`connect_as(role)`: a psycopg connection of its own as any role, `postgres` included.

    It sees committed rows only, so go with `committed_db` to see what the test did.
    """
    with ExitStack() as stack:

        def connect(role: str) -> psycopg.Connection:
            return stack.enter_context(this_run().connect(role, this_database()))

        yield connect


@pytest.fixture
def as_role(committed_db: None) -> AsRole:
    """`with as_role("lpr_worker"):` Django's own connection logs on as that role meanwhile."""
    return logged_on_as


@contextmanager
def logged_on_as(role: str) -> Iterator[None]:
    """As `as_role`, for functions of tests that have `committed_db`."""
    before = connection.settings_dict
    connection.close()
    connection.settings_dict = {**before, "USER": role, "PASSWORD": PASSWORD}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before
