"""Fixtures that give a test its database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
import redis
from django.db import connection, connections

from tests.harness.cluster import PASSWORD
from tests.harness.plugin import this_database, this_key_space, this_run

Connect = Callable[..., psycopg.Connection]
AsRole = Callable[[str], Any]


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None) -> Iterator[None]:
    """Replaces pytest-django's: this process's database is a copy of the migrated template."""
    this_run().create_database(this_database())
    yield
    connections.close_all()
    this_run().drop_database(this_database())


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """What one test leaves in the cache (rate limits, say) the next does not find."""
    with redis.Redis.from_url(this_run().valkey.url(this_key_space())) as client:
        client.flushdb()


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
            connections.close_all()
            this_run().create_database(this_database())


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

    @contextmanager
    def change(role: str) -> Iterator[None]:
        before = connection.settings_dict
        connection.close()
        connection.settings_dict = {**before, "USER": role, "PASSWORD": PASSWORD}
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict = before

    return change
