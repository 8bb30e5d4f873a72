"""The database roles the service runs as, made once by whoever may create roles."""

from collections.abc import Mapping

import psycopg
from psycopg import sql

# Log-on roles. All but the owner NOINHERIT: what a group role may do is had by SET ROLE alone,
# on purpose.
LOGIN_ROLES = (
    "lpr_owner",
    "lpr_app",
    "lpr_worker",
    "lpr_sequencer",
    "lpr_auditor",
    "lpr_eraser",
)
# Who may insert reads, and who may write what is known of places and sees no read at all; entered
# through lprsvc.lib.dbrole.acting_as.
GROUP_ROLES = {
    "lpr_ingest": ("lpr_app", "lpr_worker"),
    "lpr_places": ("lpr_app", "lpr_worker"),
}


def ensure_roles(connection: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """Create or update the roles on this server; ``passwords`` maps each log-on role to its own.

    `connection` is anybody's who may create roles; it commits. Safe to run again. PostgreSQL's
    roles belong to the whole server, so one server holds one installation.
    """
    with connection.transaction():
        for role in LOGIN_ROLES:
            _ensure(connection, role)
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN {} NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                    sql.Identifier(role),
                    # As the database's owner it has schema public by inheritance (PostgreSQL 15).
                    sql.SQL("INHERIT" if role == "lpr_owner" else "NOINHERIT"),
                    sql.Literal(passwords[role]),
                )
            )
        for group, members in GROUP_ROLES.items():
            _ensure(connection, group)
            for member in members:
                connection.execute(
                    sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(member))
                )


def _ensure(connection: psycopg.Connection, role: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if not found:
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))


def own_database(connection: psycopg.Connection, database: str) -> None:
    """Give `database` to lpr_owner and close it to everybody but the service's roles."""
    roles = sql.SQL(", ").join(map(sql.Identifier, LOGIN_ROLES))
    name = sql.Identifier(database)
    with connection.transaction():
        # A CREATEROLE log-on that is no superuser must be a member of the role it gives to.
        connection.execute("GRANT lpr_owner TO CURRENT_USER")
        for statement in (
            "ALTER DATABASE {0} OWNER TO lpr_owner",
            "REVOKE ALL ON DATABASE {0} FROM PUBLIC",
            "GRANT CONNECT ON DATABASE {0} TO {1}",
            # For the staging tables of bulk loads.
            "GRANT TEMPORARY ON DATABASE {0} TO lpr_ingest, lpr_places",
        ):
            connection.execute(sql.SQL(statement).format(name, roles))
