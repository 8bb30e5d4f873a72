"""Every table is granted to somebody on purpose, or to nobody on purpose (default deny)."""

import re

from django.db import connection

from lprsvc.database.grants import UNUSED_TABLES, collected
from tests.harness.database import Connect

_OF_COLUMNS = re.compile(r"(\w+) \(([^)]*)\)")


def tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN n.nspname = 'public' THEN c.relname"
            " ELSE n.nspname || '.' || c.relname END"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname IN ('public', 'audit') AND c.relkind IN ('r', 'p')"
            " AND NOT c.relispartition"
        )
        return {name for (name,) in cursor.fetchall()}


def test_every_table_is_named(db: None) -> None:
    named = {table for grants in collected().values() for table in grants}
    assert tables() == named | UNUSED_TABLES


def test_the_database_grants_what_is_listed_and_no_more(
    committed_db: None, connect_as: Connect
) -> None:
    with connect_as("postgres") as superuser:
        rows = superuser.execute(
            "SELECT grantee, CASE table_schema WHEN 'public' THEN table_name"
            " ELSE table_schema || '.' || table_name END, privilege_type"
            " FROM information_schema.role_table_grants"
            " WHERE table_schema IN ('public', 'audit') AND grantee LIKE 'lpr\\_%'"
            " AND grantee <> 'lpr_owner'"
        ).fetchall()
    granted = {(role, table, privilege) for role, table, privilege in rows}
    listed = {
        (role, table, privilege.strip())
        for role, grants in collected().items()
        for table, privileges in grants.items()
        for privilege in _whole_table(privileges)
    }
    assert granted == listed


def test_the_database_grants_the_listed_columns_and_no_more(
    committed_db: None, connect_as: Connect
) -> None:
    with connect_as("postgres") as superuser:
        rows = superuser.execute(
            "SELECT pg_get_userbyid(acl.grantee), CASE n.nspname WHEN 'public' THEN c.relname"
            " ELSE n.nspname || '.' || c.relname END, acl.privilege_type, a.attname"
            " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " CROSS JOIN LATERAL aclexplode(a.attacl) acl"
            " WHERE n.nspname IN ('public', 'audit')"
        ).fetchall()
    listed = {
        (role, table, privilege, column.strip())
        for role, grants in collected().items()
        for table, privileges in grants.items()
        for privilege, columns in _OF_COLUMNS.findall(privileges)
        for column in columns.split(",")
    }
    assert set(rows) == listed
    assert listed


def _whole_table(privileges: str) -> list[str]:
    """Privileges on all columns."""
    return [part for part in _OF_COLUMNS.sub("", privileges).split(",") if part.strip()]


def test_every_table_that_holds_reads_forces_row_level_security(db: None) -> None:  # QRY-16
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE 'ingest\\_read%'"
            " AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
        assert cursor.fetchall() == []
