"""Puts the example world into the service, through the rooms' own services, step by step.

Each step makes only what is missing, so one that was killed goes on where it stopped; once all is
there, nothing is done any more, whatever people have changed since.
"""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings

from accounts.models import Agency
from alerts.services.matching import match_batch
from ingest.models import OutboxEntry
from lprsvc.example.load.access import load_access
from lprsvc.example.load.accounts import load_agencies, load_people, load_rules
from lprsvc.example.load.agent import AGENT_SOURCE, load_agent
from lprsvc.example.load.alerts import LATEST_READS, load_alerts, split_reads
from lprsvc.example.load.cameras import load_sources
from lprsvc.example.load.credentials import load_credentials
from lprsvc.example.load.jurisdictions import load_jurisdictions
from lprsvc.example.load.mistakes import load_mistakes
from lprsvc.example.load.offenses import load_offenses
from lprsvc.example.load.queries import load_queries
from lprsvc.example.load.reads import HISTORY, LATEST, is_delivered, load_reads
from lprsvc.example.load.setting import Loading, environment_of
from lprsvc.example.load.streets import load_streets
from lprsvc.example.load.support import load_support
from lprsvc.example.load.terminations import load_terminations
from lprsvc.example.load.training import load_training
from lprsvc.example.people import AGENCIES
from lprsvc.example.world import READ_COUNT, World, make_world
from lprsvc.lib.errors import DomainError


class NotAnExample(DomainError):
    """Example people with a printed password have no business in this installation."""

    def __init__(self, environment: str) -> None:
        super().__init__(
            "not_an_example",
            f"Example data is for LPRSVC_ENV=example or test, not {environment!r}.",
            status=403,
        )


def load_example(say: Callable[[str], object], *, count: int = READ_COUNT) -> None:
    """Make what is missing of the example, with `count` reads; `say` is told each step.

    Set-up runs as the database's owner. The example must come about as life does, with the web
    process's rights and no more, so it is then made by a process of its own.
    Raises NotAnExample in production.
    """
    check_is_example()
    if is_loaded():
        return
    if settings.PROCESS == "owner":
        _run_as("web", "example_data")
    else:
        _load(Loading(now=datetime.now(UTC), say=say), count)


def check_is_example() -> None:
    """Raise NotAnExample where example data has no business."""
    if settings.ENVIRONMENT not in {"example", "test"}:
        raise NotAnExample(settings.ENVIRONMENT)


def is_loaded() -> bool:
    """Whether the last step was done once."""
    return is_delivered(LATEST, LATEST_READS)


def _load(loading: Loading, count: int) -> None:
    agencies = load_agencies(loading)
    load_rules(loading)
    load_offenses(loading)
    people = load_people(loading, agencies)
    load_credentials(loading, agencies, people)
    load_access(loading, agencies[AGENCIES[0].code], people)
    load_training(loading, agencies, people)
    load_terminations(loading, agencies[AGENCIES[0].code], people)
    load_support(loading, people)
    load_jurisdictions(loading)
    sources = load_sources(loading)
    # Before the reads, whose places are looked up as soon as the worker runs.
    load_streets(loading)
    load_agent(loading, sources[AGENT_SOURCE])
    before, latest = split_reads(_world(agencies, count))
    load_reads(loading, sources, before, name=HISTORY)
    load_mistakes(loading, people)
    # What was read before the alerts were added is no news: it is matched while there are none.
    _run_as("worker", "example_data", "--match")
    load_queries(loading, people)
    load_alerts(loading)
    load_reads(loading, sources, latest, name=LATEST)


def _world(agencies: dict[str, Agency], count: int) -> World:
    """The world as of the first run: one that goes on later must not make another."""
    return make_world(agencies[AGENCIES[0].code].created_at, count)


def match_waiting(now: datetime) -> int:
    """Match all that waits in the outbox; returns how many batches. For the worker's role."""
    check_is_example()
    waiting = list(OutboxEntry.objects.order_by("stored_at").values_list("batch_id", flat=True))
    return sum(match_batch(batch_id=batch_id, now=now) is not None for batch_id in waiting)


def _run_as(process: str, *command: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env=environment_of(process),
        check=True,
    )
