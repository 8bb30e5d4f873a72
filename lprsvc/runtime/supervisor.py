"""Runs the service's processes: starts them in order, restarts what dies, stops in reverse."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from lprsvc.runtime import process
from lprsvc.runtime.console import say
from lprsvc.runtime.process import Command

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
# One that ran this long was well; its next end starts the pauses from the shortest again.
_WELL_AFTER = 60.0


class StopRequestedError(Exception):
    """Somebody asked the service to stop."""


class StartError(Exception):
    """A process did not come up; the message says what to look at."""


@dataclass
class Child:
    """A command, the process that runs it now, and what its failures have earned it."""

    command: Command
    popen: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = _FIRST_PAUSE
    due: float | None = None
    unfinished: bytes = b""


class Supervisor:
    """Owns the children. Everything happens in the main thread, driven by one selector."""

    def __init__(self, register: process.Register) -> None:
        self._register = register
        self._selector = selectors.DefaultSelector()
        self._children: list[Child] = []
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ)

    def listen_for_signals(self) -> None:
        """Take Ctrl-C, termination and the terminal's end as requests to stop."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)
        # With a handler, the end of a child wakes the selector.
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _request_stop(self, *_: object) -> None:
        self._stopping = True

    def start(
        self,
        command: Command,
        is_ready: Callable[[subprocess.Popen[bytes]], bool] | None = None,
        *,
        seconds: float = 90.0,
        pause: float = 0.05,
    ) -> Child:
        """Start `command` and, when `is_ready` is given, wait for it. Later deaths are mended."""
        child = Child(command)
        self._children.append(child)
        self._spawn(child)
        if is_ready is not None:
            self._wait_for(child, is_ready, seconds, pause)
        return child

    def _wait_for(
        self,
        child: Child,
        is_ready: Callable[[subprocess.Popen[bytes]], bool],
        seconds: float,
        pause: float,
    ) -> None:
        """Return when `child` is ready; raise when it ends first or takes longer."""
        deadline = time.monotonic() + seconds
        while True:
            popen = child.popen
            assert popen is not None  # noqa: S101
            if is_ready(popen):
                return
            if popen.poll() is not None:
                self._drain(child)
                raise StartError(
                    f"{child.command.name} ended with status {popen.returncode} while starting."
                )
            if time.monotonic() > deadline:
                raise StartError(f"{child.command.name} was not ready after {seconds:.0f} s.")
            self._turn(pause)

    def run_once(self, command: Command, *, seconds: float = 900.0) -> None:
        """Run a command that ends by itself; raise unless it succeeds."""
        child = Child(command)
        self._children.append(child)
        self._spawn(child)
        assert child.popen is not None  # noqa: S101
        deadline = time.monotonic() + seconds
        while child.popen.poll() is None:
            if time.monotonic() > deadline:
                raise StartError(f"{command.name} took longer than {seconds:.0f} s.")
            self._turn(0.2)
        self._drain(child)
        self._children.remove(child)
        self._register.remove(command.name)
        if child.popen.returncode:
            raise StartError(f"{command.name} failed with status {child.popen.returncode}.")

    def watch(self) -> None:
        """Restart what dies until somebody asks to stop."""
        try:
            while True:
                self._mend()
                self._turn(1.0)
        except StopRequestedError:
            return

    def stop(self) -> None:
        """Stop every child, the last started first, showing what they say meanwhile."""
        self._stopping = False  # a second Ctrl-C must not leave half of them running
        for child in reversed(self._children):
            child.due = None
            if child.popen is not None and child.popen.poll() is None:
                say(f"stopping {child.command.name}")
                self._end(child)
            self._register.remove(child.command.name)
        self._children.clear()

    def _end(self, child: Child) -> None:
        popen, command = child.popen, child.command
        assert popen is not None  # noqa: S101
        popen.send_signal(command.stop_signal)
        deadline = time.monotonic() + command.stop_seconds
        while popen.poll() is None and time.monotonic() < deadline:
            self._turn(0.05, stoppable=False)
        if popen.poll() is None:
            say(f"{command.name} does not stop; killing it")
        process.kill_group(popen.pid)
        popen.wait()
        self._drain(child)

    def _spawn(self, child: Child) -> None:
        popen = process.start(child.command, subprocess.PIPE)
        assert popen.stdout is not None  # noqa: S101
        os.set_blocking(popen.stdout.fileno(), False)
        self._selector.register(popen.stdout, selectors.EVENT_READ, child)
        child.popen, child.started, child.due = popen, time.monotonic(), None
        self._register.add(child.command.name, popen.pid)

    def _mend(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.due is not None:
                if now >= child.due:
                    say(f"starting {child.command.name} again")
                    self._spawn(child)
            elif child.popen is not None and child.popen.poll() is not None:
                self._note_death(child, now)

    def _note_death(self, child: Child, now: float) -> None:
        popen = child.popen
        assert popen is not None  # noqa: S101
        process.kill_group(popen.pid)  # its own children, if any survive it
        self._drain(child)
        if now - child.started > _WELL_AFTER:
            child.pause = _FIRST_PAUSE
        say(
            f"{child.command.name} ended with status {popen.returncode}; "
            f"starting it again in {child.pause:.0f} s"
        )
        child.popen, child.due = None, now + child.pause
        child.pause = min(child.pause * 2, _LONGEST_PAUSE)

    def _turn(self, seconds: float, *, stoppable: bool = True) -> None:
        """Show what children say, for at most `seconds`; raise when asked to stop."""
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                _discard(self._wake_read)
            else:
                self._read(key.data)
        if stoppable and self._stopping:
            raise StopRequestedError

    def _read(self, child: Child) -> None:
        stream = child.popen.stdout if child.popen else None
        if stream is None or stream.closed:
            return
        chunk = stream.read(65536)
        if chunk == b"":
            self._selector.unregister(stream)
            stream.close()
        if chunk:
            *whole, child.unfinished = (child.unfinished + chunk).split(b"\n")
            for line in whole:
                self._show(child, line)

    def _drain(self, child: Child) -> None:
        """Show the last words of a process that has ended, and let go of its pipe."""
        self._read(child)
        if child.unfinished:
            self._show(child, child.unfinished)
            child.unfinished = b""
        stream = child.popen.stdout if child.popen else None
        if stream is not None and not stream.closed:
            self._selector.unregister(stream)
            stream.close()

    def _show(self, child: Child, line: bytes) -> None:
        say(line.decode("utf-8", "replace"), child.command.name)


def _discard(descriptor: int) -> None:
    try:
        while os.read(descriptor, 4096):
            pass
    except BlockingIOError:
        return
