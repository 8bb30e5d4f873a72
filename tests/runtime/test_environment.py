"""What each process is told, and what it is not."""

from pathlib import Path
from urllib.parse import urlsplit

import environs
import pytest
from psycopg.conninfo import conninfo_to_dict

from lprsvc.runtime import commands, environment
from lprsvc.runtime.process import Command

GIVEN = {
    "DATABASE_URL": "admin",
    "DATABASE_URL_OWNER": "owner",
    "DATABASE_URL_WEB": "web",
    "DATABASE_URL_WEB_FILE": "/run/secrets/web",
    "DATABASE_URL_WORKER": "worker",
    "DATABASE_URL_WORKER_FILE": "/run/secrets/worker",
    "REDIS_URL": "redis",
}


@pytest.mark.parametrize(
    ("command", "role"),
    [
        (commands.web(GIVEN, 8000), "WEB"),
        (commands.worker(GIVEN), "WORKER"),
        (commands.beat(GIVEN, Path("/data")), "WORKER"),
    ],
    ids=["web", "worker", "beat"],
)
def test_a_process_is_told_its_own_log_on_and_no_other(
    command: Command, role: str
) -> None:  # SAF-3
    told = {name for name in command.environment if name.startswith("DATABASE_URL")}
    assert told == {f"DATABASE_URL_{role}", f"DATABASE_URL_{role}_FILE"}
    assert command.environment["REDIS_URL"] == "redis"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://admin:pass%40word@host.example:6432/lprsvc?sslmode=require",
        "postgresql://admin@%2Ftmp%2Fsockets:5432/lprsvc",
    ],
)
def test_a_roles_address_differs_in_the_log_on_alone(url: str) -> None:
    before = conninfo_to_dict(url)
    after = conninfo_to_dict(environment.with_log_on(url, "lpr_app", "p@ss/w:rd%"))
    assert (after.pop("user"), after.pop("password")) == ("lpr_app", "p@ss/w:rd%")
    assert after == {name: value for name, value in before.items() if name in after}
    assert urlsplit(url).path == "/lprsvc"


def test_secrets_are_drawn_once_and_for_ones_own_eyes(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    drawn = environment.load_secrets(path)
    assert environment.load_secrets(path) == drawn
    assert len(set(drawn.values())) == len(drawn)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("value", ["plain", "a b", "it's", 'say "x"', "$HOME", "back\\slash", "#1"])
def test_the_service_file_gives_back_what_was_written(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LPRSVC_PROBE", "")
    monkeypatch.delenv("LPRSVC_PROBE")
    path = tmp_path / "service.env"
    environment.write_service_file(path, {"LPRSVC_PROBE": value})
    env = environs.Env()
    env.read_env(path, recurse=False)
    assert env.str("LPRSVC_PROBE") == value
    assert path.stat().st_mode & 0o777 == 0o600
