"""Telling: from a camera's POST to the mail in the server's hands, through the real processes."""

import base64
import http.client
import io
import json
import os
import queue
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from lprsvc.runtime import commands
from tests.bench.report import Line, percentile
from tests.bench.stage import DATABASE, Stage, stage
from tests.harness.mail import free_port

READS_PER_SECOND = 100
SECONDS = 60
WARM_UP = 5
# One read in so many is of a watched plate: 300 matches a minute.
HOT_EVERY = 20
# What else is watched at the time.
OTHER_ENTRIES = 100_000
_CLIENTS = 12
_PATIENCE = 30.0
_HOT = re.compile(rb"HOT(\d{6})")

_FILL_ENTRIES = """
INSERT INTO alerts_alertentry
       (id, alert_list_id, plate_text, plate_key, state, reason_code, reason_label,
        case_reference, status, added_at, expires_at, reminded)
SELECT gen_random_uuid(), l.id, p.key, p.key, 'US-NY', 'criminal', 'Criminal investigation',
       'bench', 'active', now(), now() + interval '1 year', 0
  FROM (SELECT id FROM alerts_alertlist LIMIT 1) l,
       (SELECT 'COLD' || lpad(n::text, 6, '0') AS key FROM generate_series(1, %(cold)s) n
         UNION ALL
        SELECT 'HOT' || lpad(n::text, 6, '0') FROM generate_series(1, %(hot)s) n) p
"""


@dataclass
class Sink:
    """A mail server that notes when the mail about each watched plate is in its hands."""

    arrived: dict[int, float] = field(default_factory=dict)
    repeated: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook."""
        found = _HOT.search(bytes(envelope.original_content or b""))
        if found:
            number = int(found[1])
            self.repeated += number in self.arrived
            self.arrived.setdefault(number, time.perf_counter())
        return "250 OK"


@dataclass
class Pushes:
    """Deliveries of one read each, sent at a steady rate whatever the answers take."""

    port: int
    key: str
    sent: dict[int, float] = field(default_factory=dict)
    received: dict[int, float] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def run(self, count: int, hot: Iterator[int]) -> float:
        """Send `count` reads; returns the rate that was reached, in reads/s."""
        waiting: queue.Queue[tuple[float, int | None] | None] = queue.Queue()
        threads = [threading.Thread(target=self._client, args=(waiting,)) for _ in range(_CLIENTS)]
        for thread in threads:
            thread.start()
        began = time.perf_counter()
        for number in range(count):
            due = began + number / READS_PER_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            waiting.put((due, next(hot) if number % HOT_EVERY == 0 else None))
        for _ in threads:
            waiting.put(None)
        for thread in threads:
            thread.join()
        return count / (time.perf_counter() - began)

    def _client(self, waiting: "queue.Queue[tuple[float, int | None] | None]") -> None:
        connection = http.client.HTTPConnection(commands.HOST, self.port, timeout=30)
        headers = {"Authorization": f"Token {self.key}", "Content-Type": "application/json"}
        while job := waiting.get():
            due, hot = job
            # From when the read was due: a service that is late must not slow the clock.
            if hot is not None:
                self.sent[hot] = due
            connection.request("POST", "/api/v1/reads/", _read(hot), headers)
            answer = connection.getresponse()
            body = answer.read()
            self.answers.append(time.perf_counter() - due)
            if hot is not None:
                self.received[hot] = time.perf_counter()
            if answer.status != 200 or b'"stored":1' not in body.replace(b" ", b""):
                self.failures.append(f"{answer.status} {body[:200]!r}")
        connection.close()


def lines() -> list[Line]:
    """`POST` to mail at a steady 100 reads/s, with two photographs each."""
    with stage() as here, _mail_server() as (sink, mail_url):
        key = _fill(here)
        pushes = Pushes(here.start_web(), key)
        _start_worker(here, mail_url)
        hot = iter(range(1, _hot_plates() + 1))
        pushes.run(WARM_UP * READS_PER_SECOND, hot)
        warm = set(pushes.sent)
        pushes.answers.clear()
        rate = pushes.run(SECONDS * READS_PER_SECOND, hot)
        _wait_for_mails(sink, len(pushes.sent))
        return _lines(pushes, sink, warm, rate)


def _hot_plates() -> int:
    return (WARM_UP + SECONDS) * READS_PER_SECOND // HOT_EVERY + 1


def _lines(pushes: Pushes, sink: Sink, warm: set[int], rate: float) -> list[Line]:
    if pushes.failures:
        raise RuntimeError(f"{len(pushes.failures)} reads not stored: {pushes.failures[:3]}")
    measured = {number: due for number, due in pushes.sent.items() if number not in warm}
    missing = measured.keys() - sink.arrived.keys()
    if missing or sink.repeated:
        raise RuntimeError(f"{len(missing)} mails missing, {sink.repeated} repeated")
    delays = [sink.arrived[number] - due for number, due in measured.items()]
    # A mail may be there before the receipt has been read: that is no wait at all.
    waits = [max(0.0, sink.arrived[number] - pushes.received[number]) for number in measured]
    note = f"{len(delays)} mails, {rate:.0f} reads/s, {OTHER_ENTRIES:,} entries"
    name = f"POST to mail handed over at {READS_PER_SECOND} reads/s"
    return [
        Line("Alerts", f"{name}, p50", percentile(delays, 50), "s", 1.0, note=note),
        Line("Alerts", f"{name}, p99", percentile(delays, 99), "s", 5.0),
        Line("Alerts", "receipt to mail handed over, p50", percentile(waits, 50), "s", 1.0),
        Line("Alerts", "receipt to mail handed over, p99", percentile(waits, 99), "s", 5.0),
        Line("Alerts", "POST of one read to its receipt meanwhile, p50",
             percentile(pushes.answers, 50), "s"),
        Line("Alerts", "POST of one read to its receipt meanwhile, p99",
             percentile(pushes.answers, 99), "s"),
    ]  # fmt: skip


def _fill(here: Stage) -> str:
    """People, a camera, its feed key, and everything that is watched; returns the key."""
    from alerts.services.entries import NewAlert, add_single_alert
    from audit.actors import system
    from ingest.services.sources import create_camera, create_feed_key, create_source
    from tests.cast import build_cast

    now, setup = datetime.now(UTC), system("bench")
    common: dict[str, Any] = {"actor": setup, "reason": "bench", "now": now}
    cast = build_cast()
    first = NewAlert(plate="FIRST1", state="US-NY", reason_code="criminal", case_reference="bench")
    add_single_alert(person=cast.investigator.person, new=first, now=now)
    source = create_source(
        code="bench", name="Bench toll road", kind="toll_road", state="US-NY", **common
    )
    create_camera(
        source=source,
        code="CAM-1",
        name="Mile 6",
        timezone="America/New_York",
        latitude=40.7,
        longitude=-74.0,
        **common,
    )
    with here.servers.connect("postgres", DATABASE) as superuser:
        superuser.execute(_FILL_ENTRIES, {"cold": OTHER_ENTRIES, "hot": _hot_plates()})
        superuser.execute("VACUUM ANALYZE")
    return create_feed_key(source=source, label="bench", **common).secret


def _start_worker(here: Stage, mail_url: str) -> None:
    command = commands.worker(here.process_environment(EMAIL_URL=mail_url))
    log = here.servers.home / f"{command.name}.log"
    here.start(command, lambda: " ready." in log.read_text("utf-8", "replace"))


@contextmanager
def _mail_server() -> Iterator[tuple[Sink, str]]:
    sink, port = Sink(), free_port()
    controller = Controller(sink, hostname=commands.HOST, port=port)
    controller.start()
    try:
        yield sink, f"smtp://{commands.HOST}:{port}"
    finally:
        controller.stop()


def _wait_for_mails(sink: Sink, count: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while len(sink.arrived) < count and time.monotonic() < deadline:
        time.sleep(0.1)


def _read(hot: int | None) -> bytes:
    """A delivery of one read with two photographs of some 30 kB, that no other delivery has."""
    plate = f"X{int.from_bytes(os.urandom(4), 'big') % 10**8}" if hot is None else f"HOT{hot:06d}"
    photos = [
        {"role": role, "data": base64.b64encode(_PICTURE + os.urandom(16)).decode()}
        for role in ("scene", "plate")
    ]
    read = {
        "plate": plate,
        "state": "US-NY",
        "captured_at": datetime.now(UTC).isoformat(),
        "camera": "CAM-1",
        "confidence": 0.97,
        "photos": photos,
    }
    return json.dumps(read).encode()


def _picture() -> bytes:
    """A JPEG of noise: some 30 kB, as a camera's."""
    from PIL import Image

    target = io.BytesIO()
    Image.frombytes("L", (220, 140), os.urandom(220 * 140)).save(target, "JPEG", quality=92)
    return target.getvalue()


_PICTURE = _picture()
