"""In production the service refuses to start where it would not be safe (SAF-3)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import override_settings

from lprsvc import checks

GOOD = "k3J!9vQz_8mN2pXw#7sRt5uYb1cLd6fGh4jKq0aZe-WxCvBnM"
ROOT = Path(__file__).parents[2]
# A whole environment of production; nothing in it is reached by what is tested here.
PRODUCTION = {
    "PATH": os.environ["PATH"],
    "LPRSVC_ENV": "production",
    "SECRET_KEY": GOOD + "xy",
    "ALLOWED_HOSTS": "lpr.example",
    "LPRSVC_BASE_URL": "https://lpr.example",
    "EMAIL_URL": "smtp://mail.example",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "DATABASE_URL_WEB": "postgresql://lpr_app@127.0.0.1:1/lprsvc",
    "DATABASE_URL_WORKER": "postgresql://lpr_worker@127.0.0.1:1/lprsvc",
    "DATABASE_URL_OWNER": "postgresql://lpr_owner@127.0.0.1:1/lprsvc",
}

TILES = {
    "code": "topo",
    "kind": "http",
    "label": "Topographic",
    "credit": "USGS",
    "url": "https://tiles.example/{z}/{y}/{x}",
    "max_zoom": 16,
}


_SEQUENCER = {"PROCESS": "sequencer", "DATABASES": {"default": {"USER": "lpr_sequencer"}}}


def ids(**settings: object) -> list[str]:
    complete = {
        "IS_PRODUCTION": True,
        "SECRET_KEY": GOOD + "xy",
        "ALLOWED_HOSTS": ["lpr.example"],
        "BASE_URL": "https://lpr.example",
        "EMAIL_HOST_CONFIGURED": True,
        "PROCESS": "web",
        "LOG_KEY": "",
        "DATABASES": {"default": {"USER": "lpr_app"}},
    }
    with override_settings(**(complete | settings)):
        found = [
            *checks.check_secret_key(None),
            *checks.check_hosts(None),
            *checks.check_mail(None),
            *checks.check_database_role(None),
            *checks.check_tile_sources(None),
            *checks.check_log_key(None),
        ]
        return [message.id or "" for message in found]


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_a_complete_production_set_up_passes() -> None:
    assert ids() == []
    assert ids(TILE_SOURCES=[TILES]) == []
    assert ids(**_SEQUENCER, LOG_KEY="k") == []


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"SECRET_KEY": "short"}, "lprsvc.E001"),
        ({"SECRET_KEY": "a" * 60}, "lprsvc.E001"),
        ({"TILE_SOURCES": [TILES | {"url": "http://tiles.example/{z}/{y}/{x}"}]}, "lprsvc.E006"),
        ({"SECRET_KEY": "django-insecure-" + GOOD + GOOD}, "lprsvc.E001"),
        ({"ALLOWED_HOSTS": []}, "lprsvc.E002"),
        ({"ALLOWED_HOSTS": ["*"]}, "lprsvc.E002"),
        ({"EMAIL_HOST_CONFIGURED": False}, "lprsvc.E003"),
        ({"BASE_URL": "http://lpr.example"}, "lprsvc.E004"),
        ({"DATABASES": {"default": {"USER": "postgres"}}}, "lprsvc.E005"),
        ({"DATABASES": {"default": {"USER": ""}}}, "lprsvc.E005"),
        ({"PROCESS": "worker"}, "lprsvc.E005"),
        ({"LOG_KEY": "k"}, "lprsvc.E007"),
        (_SEQUENCER | {"LOG_KEY": ""}, "lprsvc.E007"),
    ],
)
@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_each_default_that_is_unsafe_is_found(
    wrong: dict[str, object], found: str
) -> None:  # SAF-3
    assert ids(**wrong) == [found]
    assert ids(**wrong, IS_PRODUCTION=False) == []


@pytest.mark.parametrize(
    "sources", [[{"code": "x"}], [TILES | {"kind": "archive", "path": "/no.pmtiles"}]], ids=str
)
@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_maps_that_can_not_be_drawn_are_found_everywhere(sources: list[dict[str, object]]) -> None:
    assert ids(TILE_SOURCES=sources) == ["lprsvc.E006"]
    assert ids(TILE_SOURCES=sources, IS_PRODUCTION=False) == ["lprsvc.E006"]


def start(data: Path, *command: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run a Python command in production's environment, with some of it `changed`."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=PRODUCTION | {"LPRSVC_DATA_DIR": str(data)} | changed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("missing", ["SECRET_KEY", "REDIS_URL", "DATABASE_URL_WEB"])
def test_without_its_secrets_nothing_starts(missing: str) -> None:  # SAF-3
    given = {name: value for name, value in PRODUCTION.items() if name != missing}
    result = subprocess.run(
        [sys.executable, "-c", "import lprsvc.settings"],
        cwd=ROOT,
        env=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert missing in result.stderr


@pytest.mark.parametrize(
    "process",
    [
        ("-m", "lprsvc.runtime", "web"),
        ("-m", "lprsvc.runtime", "worker"),
        ("-m", "lprsvc.runtime", "beat"),
        ("manage.py", "start_service"),
    ],
    ids=lambda process: process[-1],
)
def test_no_process_starts_on_an_unsafe_default(
    process: tuple[str, ...], tmp_path: Path
) -> None:  # SAF-3
    result = start(tmp_path, *process, SECRET_KEY="short", PORT="1")
    assert result.returncode != 0
    assert "Not starting" in result.stderr
    assert "lprsvc.E001" in result.stderr


def test_djangos_own_deployment_checks_find_nothing(tmp_path: Path) -> None:  # SAF-3
    result = start(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (result.returncode, result.stdout) == (
        0,
        "System check identified no issues (0 silenced).\n",
    ), result.stderr
