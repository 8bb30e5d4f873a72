"""Fixtures that run the service's real processes on this test's database."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lprsvc.runtime import commands, process
from tests.harness.mail import Inbox, free_port
from tests.harness.plugin import this_database, this_key_space, this_run

_START_SECONDS = 60.0


@dataclass(frozen=True)
class Running:
    """One process of the service, as a test sees it."""

    child: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text("utf-8", "replace")


@pytest.fixture
def running_worker(committed_db: None, smtp_server: Inbox, tmp_path: Path) -> Iterator[Running]:
    """A real Celery worker on this test's database and broker, sending mail to `smtp_server`."""
    command = commands.worker(environment_for(smtp_server), concurrency=1)
    with running_process(
        command, tmp_path, lambda running: " ready." in running.output()
    ) as running:
        yield running


@pytest.fixture
def live_service(
    committed_db: None, running_worker: Running, smtp_server: Inbox, tmp_path: Path
) -> Iterator[Running]:
    """The web process (`.url`) with a worker beside it, for browser and flow tests."""
    port = free_port()
    command = commands.web(environment_for(smtp_server), port)
    url = f"http://{commands.HOST}:{port}"
    with running_process(command, tmp_path, lambda _: commands.answers(port), url) as running:
        yield running


@contextmanager
def running_process(
    command: process.Command, folder: Path, ready: Callable[[Running], bool], url: str = ""
) -> Iterator[Running]:
    """Start a process, wait until it is `ready`, and stop it when the block ends."""
    log = folder / f"{command.name}.log"
    with log.open("ab") as output:
        running = Running(process.start(command, output), log, url)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not ready(running):
            if running.child.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{command.name} did not start:\n{running.output()}")
            time.sleep(0.05)
        yield running
    finally:
        process.stop(running.child, command)


def environment_for(inbox: Inbox) -> dict[str, str]:
    """What the service's processes are told, so that they work where this test does."""
    servers = this_run().environment(this_database(), this_key_space())
    return {**commands.inherited_environment(), **servers, "EMAIL_URL": inbox.url}
