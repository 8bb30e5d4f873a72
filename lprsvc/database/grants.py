"""Applying every room's grants after each migration: REVOKE ALL, then what is listed.

Default deny: a table nobody lists can be used by nobody but the owner, and a test demands that
every table is listed.
"""

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import connections
from django.utils.module_loading import import_string

from lprsvc.database.roles import GROUP_ROLES, LOGIN_ROLES

ROOMS = ("audit", "accounts", "ingest", "queries", "alerts")
SERVICE_ROLES = tuple(role for role in (*LOGIN_ROLES, *GROUP_ROLES) if role != "lpr_owner")
SCHEMAS = ("public", "audit")

_ALL = "SELECT, INSERT, UPDATE, DELETE"
# Tables of packages we use.
_PACKAGES: dict[str, dict[str, str]] = {
    "lpr_app": {
        "django_session": _ALL,
        "django_content_type": "SELECT",
        "auth_permission": "SELECT",
        "account_emailaddress": "SELECT, INSERT, UPDATE",
        "account_emailconfirmation": "SELECT, INSERT, DELETE",
        "mfa_authenticator": _ALL,
        "django_migrations": "SELECT",
    },
    "lpr_worker": {
        "django_session": "SELECT, DELETE",
        "django_content_type": "SELECT",
        "django_migrations": "SELECT",
    },
}
# Tables of packages that nobody uses: groups and the admin's own log. Permissions are ours
# (lprsvc.lib.permissions), and the admin's changes are audit events.
UNUSED_TABLES = frozenset({"auth_group", "auth_group_permissions", "django_admin_log"})


def collected() -> dict[str, dict[str, str]]:
    """Role → table → privileges, from every room and the packages; a table listed twice raises."""
    result: dict[str, dict[str, str]] = {role: {} for role in SERVICE_ROLES}
    sources: list[Mapping[str, Mapping[str, str]]] = [_PACKAGES]
    sources += [import_string(f"{room}.grants.GRANTS") for room in ROOMS if apps.is_installed(room)]
    for source in sources:
        for role, tables in source.items():
            if twice := result[role].keys() & tables.keys():
                raise ValueError(f"{role}: {sorted(twice)} are granted in two places")
            result[role] |= tables
    return result


def apply_grants(using: str) -> None:
    """Set the service roles' privileges to exactly the collected ones. Runs as the owner."""
    roles = ", ".join(SERVICE_ROLES)
    with connections[using].cursor() as cursor:
        for schema in SCHEMAS:
            cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {roles}")
            cursor.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM PUBLIC, {roles}")
            cursor.execute(f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {roles}")
            cursor.execute(f"GRANT USAGE ON SCHEMA {schema} TO {roles}")
        for role, tables in collected().items():
            for table, privileges in tables.items():
                cursor.execute(f"GRANT {privileges} ON {table} TO {role}")
                if "INSERT" in privileges:
                    _grant_sequences(cursor, role, table)


def _grant_sequences(cursor: Any, role: str, table: str) -> None:
    """Identity columns need nothing; a serial column of a package needs its sequence."""
    cursor.execute(
        "SELECT s.oid::regclass::text FROM pg_depend d JOIN pg_class s ON s.oid = d.objid"
        " WHERE d.refobjid = to_regclass(%s) AND s.relkind = 'S' AND d.deptype = 'a'",
        [table],
    )
    for (sequence,) in cursor.fetchall():
        cursor.execute(f"GRANT USAGE ON SEQUENCE {sequence} TO {role}")


def apply_grants_after_migrate(*, using: str, **_: Any) -> None:
    """Receiver of post_migrate, run once for the last application of a migration."""
    # Until every room's first migration has run its tables do not exist.
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] == "lpr_owner":
            apply_grants(using)
