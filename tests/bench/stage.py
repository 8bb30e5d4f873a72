"""What measurements run on: own servers, the real web process, a browser without a screen."""

import http.client
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from lprsvc.runtime import commands, process
from lprsvc.runtime.process import Command
from tests.harness.cluster import Servers, new_home, running
from tests.harness.mail import free_port

DATABASE = "lprsvc_bench"


@dataclass
class Stage:
    """Servers with an empty, migrated database, and this process's Django set up on it."""

    servers: Servers
    environment: dict[str, str]
    _stack: ExitStack = field(repr=False)

    def start_web(self) -> int:
        """Start the web process; returns its port."""
        port = free_port()
        self.start(commands.web(self.process_environment(), port), lambda: commands.answers(port))
        return port

    def process_environment(self, **more: str) -> dict[str, str]:
        """What the service's processes are started with."""
        return {**commands.inherited_environment(), **self.environment, **more}

    def start(self, command: Command, is_ready: Callable[[], bool]) -> Path:
        """Start a process of the service and wait until it is ready; returns its log."""
        log = self.servers.home / f"{command.name}.log"
        with log.open("ab") as output:
            child = process.start(command, output)
        self._stack.callback(process.stop, child, command)
        deadline = time.monotonic() + 60
        while not is_ready():
            if child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command.name} did not start:\n{log.read_text()}")
            time.sleep(0.05)
        return log


@contextmanager
def stage() -> Iterator[Stage]:
    """Own servers, as durable as in life; Django of this process connects to them."""
    with running(new_home(), is_durable=True) as servers, ExitStack() as stack:
        servers.create_database(DATABASE)
        environment = servers.environment(DATABASE, 0)
        os.environ.update(environment)
        import django

        django.setup()
        # The mail server of the measurements tells of every line it hears.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        yield Stage(servers, environment, stack)


class Visitor:
    """One person's browser as far as measuring needs it: cookies, forms, one open connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(commands.HOST, port)
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> str:
        """The page at `path`."""
        page, location = self._send("GET", path)
        return self.get(location) if location else page

    def post(self, path: str, form: Mapping[str, str]) -> str:
        """Send a form that is answered by a redirect; returns where to, without going there."""
        page, location = self._send("POST", path, urlencode(form))
        if not location:
            raise RuntimeError(f"POST {path} was not accepted: {page[:2000]}")
        return location

    def log_on(self, username: str, password: str) -> None:
        """Through password and rules of behavior, as everybody."""
        form = {"login": username, "password": password}
        page = self.get(self.post("/accounts/login/", form | csrf(self.get("/accounts/login/"))))
        rules = re.search(r'name="rules" value="(\d+)"', page)
        if rules is None:
            raise RuntimeError("the rules of behavior did not appear")
        self.post("/accounts/rules/", {"decision": "affirm", "rules": rules[1]} | csrf(page))

    def rest(self) -> None:
        """Close the connection, which the server would not keep for long; the next request opens
        another."""
        self._connection.close()

    def _send(self, method: str, path: str, body: str = "") -> tuple[str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body or None, headers)
        response = self._connection.getresponse()
        page = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.split(";", 1)[0].partition("=")
            self._cookies[name] = value
        if response.status >= 500:
            raise RuntimeError(f"{method} {path} answered {response.status}: {page[:500]}")
        return page, response.headers.get("Location", "")


def csrf(page: str) -> dict[str, str]:
    """The CSRF field of a page's form."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if token is None:
        raise RuntimeError("the page has no form")
    return {"csrfmiddlewaretoken": token[1]}
