"""Whatever dies: no acknowledged event is missing from the log, doubled or altered (AUD-4)."""

import base64
import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb
from pytest_django import DjangoDbBlocker

from audit import bundles, verifier
from audit.actors import VENDOR_LOG_ID
from audit.tree import signing, store
from audit.tree.notes import Signer
from lprsvc.lib.ids import uuid7
from tests.faults.house import DATABASE, House, new_house
from tests.harness.mail import Inbox

pytestmark = pytest.mark.faults

KEY = base64.b64encode(bytes(range(32))).decode()
ROUNDS = 4
WRITERS = 3
SETTLED_AFTER = 90.0


@pytest.fixture
def house(smtp_server: Inbox, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    with django_db_blocker.unblock(), new_house(smtp_server) as made:
        yield made


def write(house: House, number: int, stop: threading.Event) -> list[UUID]:
    """Record one event after the other; returns those whose commit was acknowledged."""
    acknowledged: list[UUID] = []
    count = 0
    while not stop.is_set():
        count += 1
        event_id = uuid7()
        fields = {"actor": f"user:{number}", "outcome": "ok", "n": count}
        row = [event_id, VENDOR_LOG_ID, "session.login", os.urandom(32), Jsonb(fields)]
        try:
            with house.servers.connect("lpr_app", DATABASE) as connection:
                connection.execute(
                    "INSERT INTO audit.event (id, log_id, kind, seed, fields)"
                    " VALUES (%s, %s, %s, %s, %s)",
                    row,
                )
                connection.commit()
            acknowledged.append(event_id)
        except psycopg.OperationalError:
            time.sleep(0.05)
    return acknowledged


def test_every_acknowledged_event_has_one_place(house: House, tmp_path: Path) -> None:
    """AUD-4: sequencer and database killed again and again while events come in."""
    dice = random.Random(int(os.environ.get("FAULTS_SEED", "7")))
    house.start_sequencer(KEY)
    stop = threading.Event()
    with ThreadPoolExecutor(WRITERS) as writers:
        writing = [writers.submit(write, house, number, stop) for number in range(WRITERS)]
        for _ in range(ROUNDS):
            for victim in dice.sample(["sequencer", "database"], 2):
                time.sleep(dice.uniform(0.5, 2.0))
                house.kill(victim)
        stop.set()
        acknowledged = [event_id for one in writing for event_id in one.result()]
    settle(house)
    placed = house.rows("SELECT id, idx FROM audit.leaf WHERE log_id = "
                        f"'{VENDOR_LOG_ID}' ORDER BY idx")  # fmt: skip
    assert [idx for _, idx in placed] == list(range(len(placed)))
    assert len({event_id for event_id, _ in placed}) == len(placed)
    assert set(acknowledged) <= {event_id for event_id, _ in placed}
    assert acknowledged
    verify(house, tmp_path / "log.zip", len(placed))


def settle(house: House) -> None:
    """Wait until all that was committed has its place, and a checkpoint is over it."""
    deadline = time.monotonic() + SETTLED_AFTER
    log = f"log_id = '{VENDOR_LOG_ID}'"
    waiting = (
        "SELECT (SELECT count(*) FROM audit.pending),"
        f" (SELECT size FROM audit.head WHERE {log})"
        f" - coalesce((SELECT max(size) FROM audit.checkpoint WHERE {log}), 0)"
    )
    while house.rows(waiting) != [(0, 0)]:
        assert time.monotonic() < deadline, house.rows(waiting)
        time.sleep(0.5)


def verify(house: House, path: Path, size: int) -> None:
    """Off-line, as an auditor would, with the first checkpoint that was ever signed."""
    with house.acting_here("lpr_app"):
        bundles.write(path, VENDOR_LOG_ID, bundles.all_of, about={})
        first = store.find_checkpoint(VENDOR_LOG_ID, store.list_checkpoint_sizes(VENDOR_LOG_ID)[0])
    key = Signer("lprsvc/vendor", signing.parse_key(KEY)).verifier
    policy = verifier.Policy.parse(f"log {key}\n")
    report = verifier.verify(path, policy=policy, kept=[first or ""])
    assert report.point.size == size
    assert report.counts == {"full": size}
