"""The embedded servers are as the service needs them, in the tests and in `make run` alike."""

import os

import pytest
from django.db import connection

from tests.harness.cluster import Servers
from tests.harness.plugin import this_run


@pytest.fixture
def servers(django_db_setup: None) -> Servers:
    return this_run()


def asked(query: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def test_letters_beyond_ascii_change_case(db: None) -> None:
    assert asked("SELECT lower('ÄÖÉ')") == "äöé"


def test_only_this_account_reaches_the_servers(db: None, servers: Servers) -> None:
    assert asked("SHOW listen_addresses") == ""
    for socket in (servers.places.sockets / ".s.PGSQL.5432", servers.valkey.socket):
        assert len(os.fsencode(socket)) <= 107
        assert socket.stat().st_mode & 0o077 == 0
    assert servers.places.sockets.stat().st_mode & 0o777 == 0o700


def test_statements_and_their_plates_reach_no_log(db: None) -> None:
    assert asked("SHOW log_min_error_statement") == "panic"
    assert asked("SHOW log_statement") == "none"
