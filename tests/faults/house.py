"""The whole service on servers of its own, any process of which can be killed and started again."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

import redis
from django.db import connection

from lprsvc.runtime import commands, process
from lprsvc.runtime.postgres import PORT, DatabaseError
from lprsvc.runtime.process import Command
from tests.harness.cluster import PASSWORD, Servers, new_home, running
from tests.harness.mail import Inbox, free_port

DATABASE = "lprsvc_faults"
_START_SECONDS = 90.0


@dataclass
class House:
    """Web, worker, clock, database and broker, as durable as in life."""

    servers: Servers
    inbox: Inbox
    port: int = field(default_factory=free_port)
    _children: dict[str, tuple[Popen[bytes], Command]] = field(default_factory=dict)

    @property
    def photographs(self) -> Path:
        """Where the web process keeps them."""
        return self.servers.home / "data" / "photographs"

    @property
    def url(self) -> str:
        """Where the web process answers."""
        return f"http://{commands.HOST}:{self.port}"

    def start_web(self) -> None:
        """Start the web process alone."""
        self._start(commands.web(self._environment(), self.port), self._web_answers)

    def kill_web(self) -> None:
        """End the web process as a power cut would; it is not started again."""
        child, _ = self._children.pop("web")
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def web_processes(self) -> list[int]:
        """The process numbers of those that answer."""
        child, _ = self._children["web"]
        children = Path(f"/proc/{child.pid}/task").glob("*/children")
        return [int(pid) for path in children for pid in path.read_text().split()]

    def start_service(self) -> None:
        """Start what works on the servers."""
        environment = self._environment()
        self.start_web()
        worker = commands.worker(environment)
        self._start(worker, self._worker_ready())
        self._start(commands.beat(environment, self.servers.home), lambda: True)

    def start_sequencer(self, key: str) -> None:
        """Start what places events in the log and signs it; `key` as in LPRSVC_LOG_KEY."""
        environment = self._environment() | {"LPRSVC_LOG_KEY": key}
        self._start(commands.sequencer(environment), lambda: True)

    def kill(self, victim: str) -> None:
        """End `victim` as a power cut would, start it again, and wait until it works."""
        if victim == "database":
            self._kill_database()
        elif victim == "broker":
            self._kill_broker()
        else:
            child, command = self._children[victim]
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            ready = {"web": self._web_answers, "sequencer": lambda: True}
            self._start(command, ready.get(victim) or self._worker_ready())

    def stop_work(self) -> None:
        """Stop worker and clock in good order."""
        for name in ("beat", "worker"):
            process.stop(*self._children.pop(name))

    def stop(self) -> None:
        """Stop all that was started here."""
        for name in ("sequencer", "beat", "worker", "web", "broker", "database"):
            if name in self._children:
                process.stop(*self._children.pop(name))

    @contextmanager
    def acting_here(self, role: str) -> Iterator[None]:
        """Let this process's Django work on the house's database as `role`."""
        before = connection.settings_dict
        connection.close()
        connection.settings_dict = {
            **before,
            "USER": role,
            "PASSWORD": PASSWORD,
            "NAME": DATABASE,
            "HOST": str(self.servers.places.sockets),
            "PORT": str(PORT),
        }
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict = before

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What a superuser sees, row-level security or not."""
        with self.servers.connect("postgres", DATABASE) as superuser:
            return superuser.execute(statement.encode()).fetchall()

    def _environment(self) -> dict[str, str]:
        return {
            **commands.inherited_environment(),
            **self.servers.environment(DATABASE, 0),
            "EMAIL_URL": self.inbox.url,
        }

    def _start(self, command: Command, is_ready: Callable[[], bool]) -> None:
        with self._log(command.name).open("ab") as log:
            child = process.start(command, log)
        self._children[command.name] = child, command
        deadline = time.monotonic() + _START_SECONDS
        while not is_ready():
            if child.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{command.name}:\n{self._log(command.name).read_text()}")
            time.sleep(0.05)

    def _log(self, name: str) -> Path:
        return self.servers.home / f"{name}.log"

    def _web_answers(self) -> bool:
        return commands.answers(self.port)

    def _worker_ready(self) -> Callable[[], bool]:
        log = self._log("worker")
        before = log.read_text().count(" ready.") if log.exists() else 0
        return lambda: log.read_text().count(" ready.") > before

    def _kill_database(self) -> None:
        pid_file = self.servers.places.database / "postmaster.pid"
        self._kill_server("database", int(pid_file.read_text().split()[0]))
        command = self.servers.postgres.command()
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with self._log(command.name).open("ab") as log:
                child = process.start(command, log)
            try:
                self.servers.postgres.wait(child)
            except DatabaseError:
                # Its sessions are still going: they notice the death by and by.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                self._children["database"] = child, command
                return

    def _kill_broker(self) -> None:
        with redis.Redis.from_url(self.servers.valkey.url()) as client:
            pid: int = client.info("server")["process_id"]
        self._kill_server("broker", pid)
        command = self.servers.valkey.command()
        with self._log(command.name).open("ab") as log:
            child = process.start(command, log)
        self.servers.valkey.wait(child)
        self._children["broker"] = child, command

    def _kill_server(self, name: str, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        if name in self._children:
            self._children.pop(name)[0].wait()
        else:
            # The harness started the first one; unless it is waited for, its number stays taken.
            os.waitpid(pid, 0)


@contextmanager
def new_house(inbox: Inbox) -> Iterator[House]:
    """A house with an empty, migrated database; servers run, the service is yet to be started."""
    with ExitStack() as stack:
        servers = stack.enter_context(running(new_home(), is_durable=True))
        servers.create_database(DATABASE)
        house = House(servers, inbox)
        stack.callback(house.stop)
        yield house
