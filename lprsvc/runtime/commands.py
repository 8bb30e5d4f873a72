"""The service's own processes: how each is started, here and on an operator's machines alike."""

import http.client
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from lprsvc.runtime.places import ROOT
from lprsvc.runtime.process import Command

HOST = "127.0.0.1"
HEALTH_PATH = "/healthz"


def web(environment: Mapping[str, str], port: int, host: str = HOST) -> Command:
    """Pages and the API, by gunicorn: `WEB_WORKERS` processes of `WEB_THREADS` threads."""
    argv = [sys.executable, "-m", "gunicorn", "lprsvc.wsgi:application", "--bind", f"{host}:{port}"]
    argv += ["--worker-class", "gthread", "--workers", environment.get("WEB_WORKERS", "2")]
    argv += ["--threads", environment.get("WEB_THREADS", "8"), "--preload", "--no-control-socket"]
    argv += ["--worker-tmp-dir", "/dev/shm"] if Path("/dev/shm").is_dir() else []  # noqa: S108
    argv += ["--graceful-timeout", "15", "--log-level", "warning"]
    return Command(
        name="web",
        argv=argv,
        environment=_for_process("web", environment),
        directory=ROOT,
        orphan_signal=signal.SIGQUIT,
    )


def worker(environment: Mapping[str, str], concurrency: int = 2) -> Command:
    """Background work: matching, mail, nightly jobs."""
    level = environment.get("LPRSVC_LOG_LEVEL", "INFO")
    argv = [*_celery(), "worker", "--concurrency", str(concurrency), "--loglevel", level]
    argv += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Command(
        name="worker",
        argv=argv,
        environment=_for_process("worker", environment) | _quiet_about_root(),
        directory=ROOT,
        orphan_signal=signal.SIGQUIT,  # on SIGTERM it would first finish what it is doing
    )


def beat(environment: Mapping[str, str], data: Path) -> Command:
    """The clock that sends the sweeps and nightly jobs; run one of it, no more."""
    argv = [*_celery(), "beat", "--schedule", str(data / "beat-schedule"), "--pidfile="]
    return Command(
        name="beat",
        argv=[*argv, "--loglevel", "WARNING"],
        environment=_for_process("worker", environment),
        directory=ROOT,
    )


def sequencer(environment: Mapping[str, str]) -> Command:
    """Gives events their place in the log and signs it; run one of it."""
    return Command(
        name="sequencer",
        argv=[sys.executable, "manage.py", "run_sequencer"],
        environment=_for_process("sequencer", environment),
        directory=ROOT,
    )


def start_service(environment: Mapping[str, str]) -> Command:
    """Migrations, grants, example data and static files; ends when all is in place."""
    return Command(
        name="set-up",
        argv=[sys.executable, "manage.py", "start_service"],
        environment={**environment, "LPRSVC_PROCESS": "owner"},
        directory=ROOT,
    )


def _for_process(process: str, environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without the log-ons of other processes' database roles, and the log's key."""
    own = {f"DATABASE_URL_{process.upper()}"} | (
        {"LPRSVC_LOG_KEY"} if process == "sequencer" else set()
    )
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(("DATABASE_URL", "LPRSVC_LOG_KEY"))
        or name.removesuffix("_FILE") in own
    }
    return kept | {"LPRSVC_PROCESS": process}


def _quiet_about_root() -> dict[str, str]:
    # Root is who runs the example set-up in a container; the danger Celery means is pickled tasks.
    return {"PYTHONWARNINGS": "ignore:You're running the worker"} if os.geteuid() == 0 else {}


def _celery() -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "lprsvc", "--quiet"]


def answers(port: int, host: str = HOST) -> bool:
    """Whether the web process says that it is well."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", HEALTH_PATH)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def inherited_environment() -> dict[str, str]:
    """This process's environment, with output unbuffered so that lines come as they happen."""
    return {**os.environ, "PYTHONUNBUFFERED": "1"}
