"""`run_sequencer`: the process that gives events their place in the log and signs it."""

import signal
import threading
import time
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from audit.tree import signing
from audit.tree.running import ROUND, Sequencer
from audit.tree.signing import Memory, WillNotSign

# Seconds before the database is tried again, at most.
_LONGEST_WAIT = 10.0


class Command(BaseCommand):
    """Runs until SIGINT or SIGTERM; a database that is away is waited for."""

    help = (
        "Places events in the log's tree and signs checkpoints (LPRSVC_LOG_KEY, LPRSVC_LOG_STATE)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """See `--help`."""
        parser.add_argument("--once", action="store_true", help="one round, signed, then end")

    def handle(self, **options: Any) -> None:
        """Step until told to stop. Raises CommandError without a usable key or state."""
        sequencer = Sequencer(key=_key(), memory=_memory(), clock=time.monotonic)
        if options["once"]:
            sequencer.step()
            if sequencer.alarms:
                raise CommandError("; ".join(sequencer.alarms.values()))
            return
        stop = threading.Event()

        def stopped(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stopped)
        wait = ROUND
        while not stop.wait(wait):
            try:
                sequencer.step()
                wait = ROUND
            except DatabaseError as error:
                connection.close()
                self.stderr.write(f"The database does not answer: {error}".strip())
                wait = min(wait * 2, _LONGEST_WAIT)


def _key() -> Ed25519PrivateKey:
    try:
        return signing.parse_key(settings.LOG_KEY)
    except ValueError as error:
        raise CommandError(
            "LPRSVC_LOG_KEY (or …_FILE) is not base64 of the 32 bytes of an Ed25519 private key."
        ) from error


def _memory() -> Memory:
    try:
        return Memory(Path(settings.LOG_STATE))
    except WillNotSign as error:
        raise CommandError(str(error)) from error
