"""docs/retention.md names every table, and jobs and tests that there are (ING-6, QRY-13, ALT-9)."""

import re
from pathlib import Path

from django.conf import settings

from lprsvc.database.grants import UNUSED_TABLES, collected

ROOT = Path(settings.BASE_DIR)
_NAMED = re.findall(r"`([^`]+)`", (ROOT / "docs" / "retention.md").read_text("utf-8"))


def _named(pattern: str) -> set[str]:
    return {name for name in _NAMED if re.fullmatch(pattern, name)}


def test_every_table_is_named_once_and_no_other() -> None:
    tables = {table for grants in collected().values() for table in grants} | UNUSED_TABLES
    rooms = "accounts|alerts|audit|auth|django|geo|ingest|queries|account|mfa"
    named = _named(rf"(?:{rooms})_[a-z_]+|audit\.[a-z_]+")
    assert named == tables
    # The records schedules stand beside the report, which they are about, too.
    twice = {name for name in named if _NAMED.count(name) > 1}
    assert twice == {"accounts_recordsschedule"}


def test_every_job_is_one_that_runs() -> None:
    jobs = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    named = _named(r"[a-z]+\.tasks\.[a-z_]+")
    assert named
    assert named <= jobs


def test_every_test_and_file_is_there() -> None:
    named = _named(r"[a-z_]+/[a-z_/]+\.py")
    assert len(named) > 20
    assert {name for name in named if not (ROOT / name).is_file()} == set()
