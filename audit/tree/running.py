"""The sequencer's rounds: place what is queued, sign what has grown, look for what was lost, and
say every few minutes that the log is alive.

One process of it is meant to run; a second one finds the lock taken and does no harm.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from audit.tree import heartbeat, sequencing, signing, store
from audit.tree.signing import Memory, WillNotSign
from audit.tree.store import TreeBroken

# Seconds between rounds, checkpoints, and looks for what was lost.
ROUND = 0.5
SIGN_EVERY = 10.0
SWEEP_EVERY = 60.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Sequencer:
    """Does what is due whenever `step` is called; `clock` gives monotonic seconds, `now` the time.

    A log that contradicts itself, or that may not be signed, is left alone and named loudly each
    time; the others go on.
    """

    key: Ed25519PrivateKey
    memory: Memory
    clock: Callable[[], float]
    now: Callable[[], datetime] = timezone.now
    alarms: dict[UUID, str] = field(default_factory=dict)
    _signed_at: float = field(default=float("-inf"), init=False)
    _swept_at: float = field(default=float("-inf"), init=False)
    _beat_at: float = field(default=float("-inf"), init=False)

    def step(self) -> int:
        """One round; returns how many events found their place."""
        now = self.clock()
        is_signing = now - self._signed_at >= SIGN_EVERY
        if now - self._swept_at >= SWEEP_EVERY:
            is_first = self._swept_at == float("-inf")
            self._swept_at = now
            sequencing.requeue_lost(
                within=sequencing.LOOKED_BACK if is_first else sequencing.LOOKED_BACK_EACH
            )
        if now - self._beat_at >= heartbeat.BEAT_EVERY:
            self._beat_at = now
            heartbeat.beat(now=self.now())
        if is_signing:
            self._signed_at = now
            for head in store.list_heads():
                signing.announce_key(head, self.key)
        waiting = sequencing.list_waiting()
        placed = sum(self._place(head) for head in store.list_heads() if head.log_id in waiting)
        if is_signing:
            for head in store.list_heads():
                self._sign(head)
        return placed

    def _place(self, head: store.Head) -> int:
        placed = 0
        try:
            while taken := sequencing.sequence(head.log_id):
                placed += taken
                if taken < sequencing.BATCH:
                    break
        except TreeBroken as fault:
            self._alarm(head, fault)
        return placed

    def _sign(self, head: store.Head) -> None:
        try:
            signing.sign(head, key=self.key, memory=self.memory)
            self.alarms.pop(head.log_id, None)
        except (WillNotSign, TreeBroken) as fault:
            self._alarm(head, fault)

    def _alarm(self, head: store.Head, fault: Exception) -> None:
        self.alarms[head.log_id] = str(fault)
        _log.critical("The log %s is not signed: %s", head.origin, fault)
