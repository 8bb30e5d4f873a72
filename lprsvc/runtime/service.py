"""`make run`: database, broker, set-up, web, worker and beat under one supervisor."""

import fcntl
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lprsvc.example import people
from lprsvc.example.vehicles import NAMED_VEHICLES
from lprsvc.runtime import commands, console, environment, places, process
from lprsvc.runtime.broker import BrokerError, Valkey
from lprsvc.runtime.console import say
from lprsvc.runtime.places import UnsafeFolderError
from lprsvc.runtime.postgres import DatabaseError, Postgres
from lprsvc.runtime.supervisor import StartError, StopRequestedError, Supervisor

DATABASE = "lprsvc"


class AlreadyRunningError(Exception):
    """Another supervisor works on the same data folder."""


class PortTakenError(Exception):
    """Something else listens where the pages should be."""


@dataclass(frozen=True)
class Servers:
    """Where database and broker are, whoever runs them."""

    admin_url: str
    redis_url: str


def run() -> int:
    """Run the service until somebody stops it; returns the exit status."""
    began = time.monotonic()
    data = places.data_folder()
    try:
        places.make_data_folder(data)
        os.umask(0o077)  # photographs and mail are nobody else's to read
        with _only_one(data):
            return _supervise(data, _port(), began)
    except PermissionError as error:
        say(f"{error.filename} belongs to another user. Set LPRSVC_DATA_DIR to a folder of yours.")
    except (AlreadyRunningError, PortTakenError, UnsafeFolderError) as error:
        say(str(error))
    return 1


def _supervise(data: Path, port: int, began: float) -> int:
    register = process.Register(data / "processes.json")
    if left := register.stop_leftovers():
        say(f"stopped what an earlier run left behind: {', '.join(left)}")
    _check_port(port)
    supervisor = Supervisor(register)
    supervisor.listen_for_signals()
    try:
        _start_everything(supervisor, data, port, began)
        supervisor.watch()
    except StopRequestedError:
        pass
    except (StartError, DatabaseError, BrokerError) as error:
        say(str(error))
        return 1
    finally:
        supervisor.stop()
    say("stopped")
    return 0


def _start_everything(supervisor: Supervisor, data: Path, port: int, began: float) -> None:
    secrets = environment.load_secrets(data / "secrets.json")
    servers = _start_servers(supervisor, data, secrets["superuser"])
    variables = _variables(servers, data, port, secrets)
    environment.write_service_file(data / "service.env", variables)
    inherited = {**commands.inherited_environment(), **variables}
    passwords = {role: secrets[role] for role in environment.ROLE_VARIABLES.values()}
    # Only set-up is told the log-on that made the roles, and every role's password.
    supervisor.run_once(
        commands.start_service(
            {**inherited, "DATABASE_URL": servers.admin_url, **_password_variables(passwords)}
        )
    )
    inherited.pop("DATABASE_URL", None)
    supervisor.start(commands.worker(inherited))
    supervisor.start(commands.beat(inherited, data))
    supervisor.start(commands.sequencer({**inherited, "LPRSVC_LOG_KEY": secrets["log_key"]}))
    supervisor.start(commands.web(inherited, port), lambda _: commands.answers(port), pause=0.2)
    say(f"ready after {time.monotonic() - began:.0f} s: http://{commands.HOST}:{port}/")
    if variables["LPRSVC_ENV"] == "example":
        say(_log_ons())
    say("Ctrl-C stops everything and keeps the data.")


def _log_ons() -> str:
    rows = [(p.username, p.full_name, p.title, p.agency) for p in people.PEOPLE]
    listed = console.table([("log on as", "who", "", "agency"), *rows])
    plates = ", ".join(
        f"{one.serial} ({one.state.removeprefix('US-')})" for one in NAMED_VEHICLES[:4]
    )
    told = f"Everybody's password: {people.EXAMPLE_PASSWORD}\nPlates to ask about: {plates}"
    return f"{listed}\n{told}"


def _start_servers(supervisor: Supervisor, data: Path, superuser: str) -> Servers:
    """Start the servers that the person running this did not bring."""
    admin_url = os.environ.get("DATABASE_URL", "")
    redis_url = os.environ.get("REDIS_URL", "")
    if admin_url and redis_url:
        return Servers(admin_url, redis_url)
    where = places.server_places(data, process.service_account())
    if not redis_url:
        valkey = Valkey(where)
        supervisor.start(valkey.command(), _once(valkey.wait))
        redis_url = valkey.url()
    if not admin_url:
        postgres = Postgres(where, superuser)
        postgres.prepare()
        supervisor.start(postgres.command(), _once(postgres.wait))
        postgres.ensure_database(DATABASE)
        admin_url = postgres.superuser_url(DATABASE)
    return Servers(admin_url, redis_url)


def _once(
    wait: Callable[[subprocess.Popen[bytes]], None],
) -> Callable[[subprocess.Popen[bytes]], bool]:
    def is_ready(child: subprocess.Popen[bytes]) -> bool:
        wait(child)
        return True

    return is_ready


def _variables(servers: Servers, data: Path, port: int, secrets: dict[str, str]) -> dict[str, str]:
    """What settings read; a person's own environment goes before our defaults."""
    ours = {
        "LPRSVC_ENV": "example",
        "LPRSVC_LOG_LEVEL": "WARNING",  # at INFO every task is two lines
        "SECRET_KEY": secrets["secret_key"],
        "LPRSVC_BASE_URL": f"http://{commands.HOST}:{port}",
    }
    chosen = {name: os.environ.get(name, value) for name, value in ours.items()}
    return chosen | {
        "LPRSVC_DATA_DIR": str(data),
        "REDIS_URL": servers.redis_url,
        **environment.role_urls(servers.admin_url, secrets),
    }


def _password_variables(passwords: dict[str, str]) -> dict[str, str]:
    return {f"LPRSVC_PASSWORD_{role.upper()}": value for role, value in passwords.items()}


def _port() -> int:
    text = os.environ.get("PORT", "8000")
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise PortTakenError(f"PORT is {text!r}; it must be a number from 1 to 65535.")
    return int(text)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((commands.HOST, port))
        except OSError as error:
            raise PortTakenError(
                f"Port {port} cannot be used: {error.strerror}. "
                f"Choose another, for example: PORT={port + 1} make run"
            ) from error


@contextmanager
def _only_one(data: Path) -> Iterator[None]:
    with (data / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise AlreadyRunningError(
                f"The service already runs from {data} (process {lock.read().strip()}). Stop it "
                "first, or choose another LPRSVC_DATA_DIR and PORT."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
