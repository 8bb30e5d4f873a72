"""The supervisor with real children: order, mending, last words, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lprsvc.runtime import process, supervisor
from lprsvc.runtime.process import Command, Register
from lprsvc.runtime.supervisor import StartError, StopRequestedError, Supervisor

SLEEPER = "import time; time.sleep(60)"


def command(name: str, code: str, folder: Path) -> Command:
    return Command(name, [sys.executable, "-c", code], {**os.environ}, folder, stop_seconds=2.0)


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path / "processes.json")


@pytest.fixture
def running(register: Register) -> Iterator[Supervisor]:
    made = Supervisor(register)
    yield made
    made.stop()


def test_start_waits_until_the_child_is_ready(running: Supervisor, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    code = f"import pathlib, time; time.sleep(0.2); pathlib.Path({str(flag)!r}).touch(); {SLEEPER}"
    running.start(command("one", code, tmp_path), lambda _: flag.exists())
    assert flag.exists()


def test_start_tells_of_a_child_that_ends_first(
    running: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StartError, match="one ended with status 3"):
        running.start(
            command("one", "print('last words', end=''); raise SystemExit(3)", tmp_path),
            lambda _: False,
        )
    assert "one      | last words" in capsys.readouterr().out


def test_run_once_shows_output_and_raises_on_failure(
    running: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running.run_once(command("good", "print('done')", tmp_path))
    assert "good     | done" in capsys.readouterr().out
    with pytest.raises(StartError, match="bad failed with status 1"):
        running.run_once(command("bad", "raise SystemExit(1)", tmp_path))


def test_dead_child_is_started_again(
    running: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE", 0.0)
    child = running.start(command("one", SLEEPER, tmp_path))
    child.pause = 0.0
    first = child.popen
    assert first is not None
    first.kill()
    first.wait()

    def mended() -> bool:
        running._mend()
        return child.popen is not None and child.popen.pid != first.pid

    wait_until(mended)
    assert child.popen is not None
    assert child.popen.poll() is None


def test_pauses_grow_to_their_limit(running: Supervisor, tmp_path: Path) -> None:
    child = running.start(command("one", SLEEPER, tmp_path))
    pauses = []
    for _ in range(7):
        assert child.popen is not None
        child.popen.kill()
        child.popen.wait()
        pauses.append(child.pause)
        running._note_death(child, time.monotonic())
        running._spawn(child)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]


def test_stop_ends_the_last_started_first(
    running: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two", "three"):
        running.start(command(name, SLEEPER, tmp_path))
    running.stop()
    said = capsys.readouterr().out
    assert [line.split()[-1] for line in said.splitlines()] == ["three", "two", "one"]


def test_stop_kills_a_child_that_will_not_end(running: Supervisor, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    code = (
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f" pathlib.Path({str(flag)!r}).touch(); time.sleep(60)"
    )
    child = running.start(command("deaf", code, tmp_path), lambda _: flag.exists())
    running.stop()
    assert child.popen is not None
    assert child.popen.returncode == -signal.SIGKILL


def test_request_to_stop_interrupts_waiting(running: Supervisor, tmp_path: Path) -> None:
    running._request_stop()
    with pytest.raises(StopRequestedError):
        running.start(command("one", SLEEPER, tmp_path), lambda _: False)


def test_register_stops_what_a_killed_supervisor_left(register: Register, tmp_path: Path) -> None:
    # A shell that runs this suite in the background has its children ignore interrupts.
    heeds = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    ready = f"{heeds}; print('up', flush=True); {SLEEPER}"
    left = subprocess.Popen(
        [sys.executable, "-c", ready], process_group=0, stdout=subprocess.PIPE, text=True
    )
    # Python that is still starting may lose an interrupt.
    assert left.stdout is not None
    assert left.stdout.readline() == "up\n"
    register.add("one", left.pid)
    # Its real parent is this test, so it must be waited for here, as init would.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", lambda _: left.poll())
        assert Register(register.path).stop_leftovers() == ["one"]
    left.stdout.close()
    assert left.wait(5) == -signal.SIGINT
    assert Register(register.path).stop_leftovers() == []


def test_register_leaves_a_later_process_with_the_same_number_alone(register: Register) -> None:
    other = subprocess.Popen([sys.executable, "-c", SLEEPER], process_group=0)
    try:
        register.path.write_text(f'{{"one": {{"pid": {other.pid}, "born": "1"}}}}')
        assert register.stop_leftovers() == []
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's help is Linux's")
def test_child_dies_with_a_killed_parent(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import os, pathlib, sys, time\n"
        "from lprsvc.runtime.process import Command, start\n"
        f"child = start(Command('c', [sys.executable, '-c', {SLEEPER!r}], os.environ,"
        " pathlib.Path('/')))\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    wait_until(lambda: note.exists() and note.read_text())
    child = int(note.read_text())
    assert process.born_at(child)
    parent.kill()
    parent.wait()
    wait_until(lambda: process.born_at(child) is None)
