"""Telling the worker. It may be deaf: what it misses is found by the sweep (ING-8).

Single pushes come a hundred a second and more, faster than a task for each can be had. So while a
matching task waits in the queue no second one is sent: it will match whatever waits when it
begins. A note in the broker's store says that one waits; it is short-lived, because a task may be
lost.
"""

import logging
from collections.abc import Iterable
from functools import cache
from uuid import UUID

from celery import current_app
from django.conf import settings
from kombu.exceptions import KombuError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from alerts.rules import NOTE_LASTS

MATCH_BATCH = "alerts.tasks.match_batch"
SEND_NOTIFICATION = "alerts.tasks.send_notification"
RETRACT = "alerts.tasks.retract"

_NOTE = "lprsvc:alerts:matching-waits"
_BROKER_AWAY = (KombuError, RedisError, OSError)
logger = logging.getLogger(__name__)


def match_later(batch_id: UUID) -> None:
    """Have a batch matched by a worker; when the broker is away, the sweep will."""
    try:
        first = _leave_note()
    except _BROKER_AWAY as error:
        _warn(MATCH_BATCH, batch_id, error)
        return
    if first:
        _tell(MATCH_BATCH, "batch_id", [batch_id])


def matching_begins() -> None:
    """From now on, new batches send a task again. Called before looking for what waits: a batch
    that is stored after the look finds no note."""
    try:
        _store().delete(_NOTE)
    except _BROKER_AWAY as error:
        # The note ends by itself.
        logger.warning("broker away: %s", error)


def send_later(notification_ids: Iterable[UUID]) -> None:
    """Have notifications sent by a worker; when the broker is away, the sweep will."""
    _tell(SEND_NOTIFICATION, "notification_id", notification_ids)


def retract_later() -> None:
    """Have matches of corrected reads withdrawn; when the broker is away, the sweep will."""
    try:
        current_app.send_task(RETRACT)
    except _BROKER_AWAY as error:
        logger.warning("broker away, left to the sweep: %s (%s)", RETRACT, error)


def _leave_note() -> bool:
    """Whether no other matching task waits."""
    return bool(_store().set(_NOTE, 1, nx=True, px=NOTE_LASTS))


@cache
def _store() -> Redis:
    # One try more, for a connection that the broker's restart has left dead; no waiting.
    return Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=1,
        socket_timeout=1,
        retry=Retry(NoBackoff(), 1),
    )


def _tell(task: str, argument: str, ids: Iterable[UUID]) -> None:
    for id_ in ids:
        try:
            current_app.send_task(task, kwargs={argument: str(id_)})
        except _BROKER_AWAY as error:
            # The rest would wait for the same time-out each.
            _warn(task, id_, error)
            return


def _warn(task: str, id_: UUID, error: Exception) -> None:
    logger.warning("broker away, left to the sweep: %s %s (%s)", task, id_, error)
