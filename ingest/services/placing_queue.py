"""Telling the worker that places wait to be looked up. What it misses is found by the sweep.

While a task waits in the queue no second one is sent: it looks up all there is when it begins. A
note in the broker's store says that one waits; it is short-lived, because a task may be lost.
"""

import logging
from functools import cache

from celery import current_app
from django.conf import settings
from kombu.exceptions import KombuError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

FILL_PLACES = "ingest.tasks.fill_places"

_NOTE = "lprsvc:ingest:places-wait"
_NOTE_LASTS_MS = 10_000
_BROKER_AWAY = (KombuError, RedisError, OSError)
logger = logging.getLogger(__name__)


def fill_later() -> None:
    """Have a worker look up what waits; when the broker is away, the sweep will."""
    try:
        if _store().set(_NOTE, 1, nx=True, px=_NOTE_LASTS_MS):
            current_app.send_task(FILL_PLACES)
    except _BROKER_AWAY as error:
        logger.warning("broker away, left to the sweep: %s (%s)", FILL_PLACES, error)


def filling_begins() -> None:
    """From now on a task is sent again. Called before looking for what waits."""
    try:
        _store().delete(_NOTE)
    except _BROKER_AWAY as error:
        # The note ends by itself.
        logger.warning("broker away: %s", error)


@cache
def _store() -> Redis:
    # One try more, for a connection that the broker's restart has left dead; no waiting.
    return Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=1,
        socket_timeout=1,
        retry=Retry(NoBackoff(), 1),
    )
