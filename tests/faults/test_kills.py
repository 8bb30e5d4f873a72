"""Whatever dies between receipt and e-mail: no read and no match is lost or doubled.

Each process of the service is killed (SIGKILL) several times under load, in an order drawn by lot
(`FAULTS_SEED` repeats one). The senders do as camera software does: what is not answered with 200
is sent again.
"""

import http.client
import itertools
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from alerts.rules import CLAIM_LASTS
from alerts.services.entries import NewAlert, add_single_alert
from alerts.services.sweeping import sweep
from ingest.storage import photograph_name
from lprsvc.runtime.commands import HOST
from tests import cast
from tests.faults.house import House, new_house
from tests.harness.mail import Inbox
from tests.ingest.feed import encoded, make_feed, payload, picture

pytestmark = pytest.mark.faults

VICTIMS = ("web", "worker", "database", "broker")
ROUNDS = 2
SENDERS = 3
READS_A_DELIVERY = 4
SETTLED_AFTER = 90.0
WATCHED = "WATCH1"


@dataclass
class Sender:
    """Camera software: delivers until told to stop, and sends again what was not acknowledged."""

    port: int
    headers: dict[str, str]
    number: int
    stop: threading.Event
    acknowledged: dict[str, str] = field(default_factory=dict)  # read id → plate key
    repeats: int = 0

    def run(self) -> "Sender":
        """Deliver one after the other; the last one to its end, too."""
        for count in itertools.count():
            if self.stop.is_set():
                return self
            plates = [WATCHED, *(f"S{self.number}N{count}R{i}" for i in range(1, READS_A_DELIVERY))]
            self._deliver(plates, count)
            # Mails take longer than reads: what piles up is only waited for in the end.
            time.sleep(0.03)
        raise AssertionError("unreachable")

    def _deliver(self, plates: list[str], count: int) -> None:
        captured = datetime.now(UTC) - timedelta(minutes=3)
        photos = [
            {"role": "scene", "data": encoded(picture(self.number * 60 + count % 60))},
            {"role": "plate", "data": encoded(picture(250 - count % 60))},
        ]
        body = orjson.dumps(
            [payload(plate=p, captured_at=captured.isoformat(), photos=photos) for p in plates]
        )
        while (receipt := self._post(body)) is None:
            self.repeats += 1
            time.sleep(0.1)
        assert receipt["stored"] + receipt["duplicate"] == len(plates), receipt
        ids = [read["id"] for read in receipt["reads"]]
        self.acknowledged |= dict(zip(ids, plates, strict=True))

    def _post(self, body: bytes) -> dict[str, Any] | None:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            connection.request("POST", "/api/v1/reads/", body, self.headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if response.status == 200:
            receipt: dict[str, Any] = orjson.loads(content)
            return receipt
        assert response.status >= 500, content
        return None


@pytest.fixture
def house(smtp_server: Inbox, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    with django_db_blocker.unblock(), new_house(smtp_server) as made:
        yield made


def set_up(house: House) -> dict[str, str]:
    """A feed, and an investigator who watches one plate; returns the headers of a delivery."""
    hasher = f"{cast.QuickHasher.__module__}.{cast.QuickHasher.__name__}"
    with house.acting_here("lpr_app"), override_settings(PASSWORD_HASHERS=[hasher]):
        new = NewAlert(
            plate=WATCHED, state="US-PA", reason_code="criminal", case_reference="Case 2026-17"
        )
        add_single_alert(person=cast.build_cast().investigator.person, new=new, now=timezone.now())
        return make_feed().headers() | {"Content-Type": "application/json"}


def kill_at_random(house: House, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(ROUNDS):
        for victim in dice.sample(VICTIMS, len(VICTIMS)):
            time.sleep(dice.uniform(0.1, 1.0))
            house.kill(victim)


def settle(house: House) -> None:
    """Let the worker finish; then do what a later sweep does with claims of those that died."""
    unfinished = (
        "SELECT (SELECT count(*) FROM ingest_outbox) + (SELECT count(*)"
        " FROM alerts_notification WHERE status = 'waiting')"
    )
    deadline = time.monotonic() + SETTLED_AFTER
    while house.rows(unfinished) != [(0,)]:
        assert time.monotonic() < deadline, house.rows(unfinished)
        time.sleep(0.5)
    house.stop_work()
    with house.acting_here("lpr_worker"):
        assert sweep(now=timezone.now() + CLAIM_LASTS) is not None


# ING-4, ING-8, ALT-5
def test_whatever_is_killed_each_read_is_there_once_and_each_match_is_mailed(
    house: House, smtp_server: Inbox, record_property: Callable[[str, object], None]
) -> None:
    seed = int(os.environ.get("FAULTS_SEED", time.time_ns()))
    record_property("FAULTS_SEED", seed)
    headers, stop = set_up(house), threading.Event()
    house.start_service()
    with ThreadPoolExecutor(SENDERS) as pool:
        senders = [Sender(house.port, headers, number, stop) for number in range(SENDERS)]
        running = [pool.submit(sender.run) for sender in senders]
        try:
            kill_at_random(house, seed)
        finally:
            stop.set()
        for sender in running:
            sender.result()
    settle(house)

    acknowledged = dict(item for sender in senders for item in sender.acknowledged.items())
    check_reads(house, acknowledged)
    check_mails(
        house, smtp_server, {id_ for id_, plate in acknowledged.items() if plate == WATCHED}
    )
    # Else nothing was interrupted, and nothing was shown.
    assert sum(sender.repeats for sender in senders) > 0


def check_reads(house: House, acknowledged: dict[str, str]) -> None:
    stored = Counter(str(id_) for (id_,) in house.rows("SELECT id FROM ingest_read"))
    assert stored == Counter(acknowledged.keys())
    assert house.rows("SELECT sum(stored) FROM ingest_batch") == [(len(stored),)]
    hashes = house.rows(
        "SELECT scene_sha256 FROM ingest_read UNION SELECT plate_sha256 FROM ingest_read"
    )
    for (sha256,) in hashes:
        assert isinstance(sha256, bytes)
        assert (house.photographs / photograph_name(sha256)).is_file()


def check_mails(house: House, inbox: Inbox, watched: set[str]) -> None:
    rows = house.rows(
        "SELECT m.read_id, n.id, n.status, n.attempts FROM alerts_match m"
        " JOIN alerts_notification n ON n.match_id = m.id"
    )
    assert Counter(str(read) for read, *_ in rows) == Counter(watched)
    assert {status for _, _, status, _ in rows} == {"sent"}
    mailed = Counter(str(message["Message-ID"]).split("@")[0] for message in inbox.messages)
    attempts = {f"<notification.{id_}": attempts for _, id_, _, attempts in rows}
    assert set(mailed) == set(attempts)
    # Twice only for a claim whose worker, or whose database, died before the commit.
    for mail, times in mailed.items():
        assert times <= attempts[mail], mail  # type: ignore[operator]
    for kind in ("alert.matched", "alert.notified"):
        told = house.rows(
            f"SELECT DISTINCT fields->>'match' FROM audit.event WHERE kind = '{kind}'"
        )
        assert len(told) == len(rows), kind
    (matched,) = house.rows("SELECT count(*) FROM audit.event WHERE kind = 'alert.matched'")
    assert matched == (len(rows),)
