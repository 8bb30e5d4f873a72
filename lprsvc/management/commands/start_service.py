"""Brings database and static files up to what this version needs, in one process.

Roles (when told the log-on that may make them), migrations, grants, what is shipped with the
service, example data, static files: each step finds out by itself that nothing is left to do, so
a second run takes a second.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lprsvc.checks import refuse_unsafe
from lprsvc.database.grants import apply_grants
from lprsvc.database.roles import LOGIN_ROLES, ensure_roles, own_database


class Command(BaseCommand):
    """`start_service`: everything between a running server and a running service."""

    help = "Prepare roles, tables, grants, example data and static files."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do what is left to do, in order."""
        refuse_unsafe()
        if admin_url := os.environ.get("DATABASE_URL"):
            make_roles(admin_url)
        self._migrate()
        self._ship()
        if settings.ENVIRONMENT == "example":
            self._load_example()
        self._collect_static()

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("migrating the database")
            call_command("migrate", interactive=False, verbosity=0)
        else:
            # Grants may have changed without a migration.
            apply_grants(connection.alias)

    def _ship(self) -> None:
        from queries.services.offenses import ship_offenses

        if shipped := ship_offenses(now=timezone.now()):
            self.stdout.write(f"shipped {shipped} offenses, for counsel to verify")

    def _load_example(self) -> None:
        from lprsvc.example.load import load_example

        load_example(self.stdout.write)

    def _collect_static(self) -> None:
        stamp = Path(settings.STATIC_ROOT) / ".stamp"
        fingerprint = static_fingerprint()
        if stamp.exists() and stamp.read_text("ascii") == fingerprint:
            return
        self.stdout.write("collecting static files")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(fingerprint, "ascii")


def make_roles(admin_url: str) -> None:
    """Make the service's roles and its database with the log-on of `admin_url`."""
    name = str(conninfo_to_dict(admin_url)["dbname"])
    passwords = {role: os.environ[f"LPRSVC_PASSWORD_{role.upper()}"] for role in LOGIN_ROLES}
    try:
        server = psycopg.connect(admin_url, autocommit=True)
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error):
            raise
        with psycopg.connect(make_conninfo(admin_url, dbname="postgres"), autocommit=True) as first:
            first.execute(
                sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(name)
                )
            )
        server = psycopg.connect(admin_url, autocommit=True)
    with server:
        ensure_roles(server, passwords)
        own_database(server, name)


def static_fingerprint() -> str:
    """Changes when any static file's path, size or time does."""
    digest = hashlib.sha256(str(settings.STORAGES).encode())
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda found: found[0]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
