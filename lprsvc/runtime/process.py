"""Starting child processes so that none outlives its parent, and stopping them for certain."""

import ctypes
import ctypes.util
import json
import os
import platform
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_PR_SET_PDEATHSIG = 1
_IS_LINUX = platform.system() == "Linux"
_LIBC = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True) if os.name == "posix" else None


@dataclass(frozen=True)
class Account:
    """The system account that database and broker run under."""

    uid: int
    gid: int

    @property
    def is_own(self) -> bool:
        """Whether it is the account this process runs under already."""
        return self.uid == os.geteuid()


def service_account() -> Account:
    """The account for database and broker: one's own, or `nobody` for root.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


@dataclass(frozen=True)
class Command:
    """One process to run: what, as whom, and by which signals it ends.

    `stop_signal` asks it to finish its work; `orphan_signal` is sent by the kernel (Linux) when
    the parent is gone without having asked.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 20.0


def start(command: Command, output: int | IO[Any] | None = None) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own, so that a terminal's Ctrl-C misses it.

    Call from the main thread only: the kernel ties a child's life to the thread that made it.
    """
    return subprocess.Popen(
        list(command.argv),
        env=dict(command.environment),
        cwd=command.directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        process_group=0,
        preexec_fn=_tied_to_parent(command.orphan_signal),  # noqa: PLW1509 - one thread only
        **identity(command.account),
    )


def identity(account: Account | None) -> dict[str, Any]:
    """Arguments of `subprocess` that run a child as `account` and in no other group."""
    if account is None or account.is_own:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def _tied_to_parent(orphan_signal: signal.Signals) -> Callable[[], None] | None:
    if not _IS_LINUX or _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(orphan_signal), 0, 0, 0)
        if os.getppid() != parent:  # it was gone before the kernel knew
            os._exit(1)

    return tie


def stop(process: subprocess.Popen[bytes], command: Command) -> None:
    """Ask `process` to end, wait, and kill its whole group if it does not."""
    if process.poll() is None:
        process.send_signal(command.stop_signal)
        try:
            process.wait(command.stop_seconds)
        except subprocess.TimeoutExpired:
            kill_group(process.pid)
            process.wait()
    kill_group(process.pid)  # whatever the leader left behind


def kill_group(leader: int) -> None:
    """Kill every process left in the group that `leader` made."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def born_at(pid: int) -> str | None:
    """What tells a process from a later one with the same number; None when there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return _born_at_by_ps(pid)
    fields = status.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def _born_at_by_ps(pid: int) -> str | None:
    if _IS_LINUX:
        return None
    answer = subprocess.run(
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], check=False, capture_output=True, text=True
    )
    return answer.stdout.strip() or None


class Register:
    """The children now running, on disk: what a killed supervisor leaves is found there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._children: dict[str, dict[str, Any]] = {}

    def add(self, name: str, pid: int) -> None:
        """Note that child `name` runs as `pid`."""
        self._children[name] = {"pid": pid, "born": born_at(pid)}
        self._write()

    def remove(self, name: str) -> None:
        """Note that child `name` has ended."""
        if self._children.pop(name, None):
            self._write()

    def stop_leftovers(self, *, seconds: float = 10.0) -> list[str]:
        """Stop what an earlier supervisor left running, last started first; returns the names."""
        found = [
            (name, child["pid"], child["born"])
            for name, child in reversed(self._read().items())
            if child["born"] is not None and born_at(child["pid"]) == child["born"]
        ]
        for _, pid, born in found:
            _end(pid, born, seconds)
        self._write()
        return [name for name, _, _ in found]

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            children: dict[str, dict[str, Any]] = json.loads(self.path.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return children

    def _write(self) -> None:
        self.path.write_text(json.dumps(self._children), "utf-8")


def _end(pid: int, born: str, seconds: float) -> None:
    """End a process that is nobody's child here: ask, wait, kill its group."""
    try:
        # PostgreSQL and Celery both take SIGINT for an orderly, prompt end.
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + seconds
        while born_at(pid) == born and time.monotonic() < deadline:
            time.sleep(0.05)
    except ProcessLookupError:
        pass
    kill_group(pid)
