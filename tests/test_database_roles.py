"""The tests stand where the service stands: on its roles, never above them."""

import psycopg
import pytest
from django.db import connection

from lprsvc.database.roles import LOGIN_ROLES
from tests.harness.database import AsRole, Connect


@pytest.mark.django_db
def test_tests_log_on_as_the_web_process_does() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, session_user, rolsuper, rolbypassrls, rolinherit"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("lpr_app", "lpr_app", False, False, False)


@pytest.mark.parametrize("role", LOGIN_ROLES)
def test_connect_as_logs_on_as_the_role_named(connect_as: Connect, role: str) -> None:
    assert connect_as(role).execute("SELECT session_user").fetchone() == (role,)


@pytest.mark.parametrize("role", [role for role in LOGIN_ROLES if role != "lpr_owner"])
def test_service_roles_cannot_make_tables(connect_as: Connect, role: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect_as(role).execute("CREATE TABLE public.stray (id int)")


def test_as_role_changes_djangos_connection_and_back(as_role: AsRole) -> None:
    def user() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT session_user")
            return str(cursor.fetchone()[0])

    with as_role("lpr_worker"):
        assert user() == "lpr_worker"
    assert user() == "lpr_app"


class TestCommittedDatabase:
    """What one such test commits, the next does not see, in either order."""

    @pytest.mark.parametrize("turn", [1, 2])
    def test_starts_from_the_template(
        self, committed_db: None, connect_as: Connect, turn: int
    ) -> None:
        owner = connect_as("lpr_owner")
        owner.execute("CREATE TABLE public.left_behind (id int)")
        assert owner.execute("SELECT count(*) FROM public.left_behind").fetchone() == (0,)
