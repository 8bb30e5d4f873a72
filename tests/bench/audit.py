"""The log that proves itself: sequencing, proofs, exports and their verification."""

import random
import secrets
import tempfile
import time
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.types.json import Jsonb

from tests.bench.report import Line, percentile
from tests.bench.stage import stage

EVENTS = 100_000
PROOFS = 300
RECORDED = 1_000
_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
# As a query's entry is (`query.run`): most of what a log holds.
_FIELDS = {
    "actor_name": "Alice Moreno", "agency": "EXAMPLE", "aor": "New York", "auth": "password",
    "behalf_name": None, "behalf_of": None, "build": "0.1.0", "client": "web Mozilla/5.0 (X11)",
    "end": "2026-11-27T15:31:48.901773Z", "geography": None, "ip": "192.0.2.1",
    "note": "Case 2026-0117, subject Q. Example", "offense": None, "outcome": "ok",
    "outcome_code": None, "parent": None, "period": "previous-5-years", "reason": "criminal",
    "request": "bebbc9ebf86ee2b3", "roles": ["investigator"], "rule_version": "queries-2",
    "session": "1b9f7fea63e918f1", "start": "2021-11-27T05:00:00.000000Z", "state": "US-PA",
}  # fmt: skip


def lines() -> list[Line]:
    """All of it in one log; the sequencer as its own database role."""
    with stage() as here, tempfile.TemporaryDirectory() as folder:
        from audit.actors import VENDOR_LOG_ID
        from audit.tree.running import Sequencer
        from audit.tree.signing import Memory
        from tests.harness.database import logged_on_as

        recording = _record(RECORDED)
        _fill(here.environment["DATABASE_URL_WEB"])
        began = time.perf_counter()
        with logged_on_as("lpr_sequencer"):
            memory = Memory(Path(folder) / "state.json")
            placed = Sequencer(key=_KEY, memory=memory, clock=time.monotonic).step()
        sequencing = placed / (time.perf_counter() - began)
        proofs = _prove(VENDOR_LOG_ID)
        path = Path(folder) / "log.zip"
        exporting = _export(path)
        verifying = _verify(path)
    note = f"{placed:,} events of {len(_FIELDS) + 2} fields in one log"
    return [
        Line("Audit", "event in its transaction: CPU added, p50",
             recording * 1_000, "ms", 0.3),
        Line("Audit", "sequencing", sequencing, "events/s", 2_000, "higher", note),
        Line("Audit", "inclusion proof, p50", proofs[0] * 1_000, "ms", 25, note=note),
        Line("Audit", "inclusion proof, p99", proofs[1] * 1_000, "ms"),
        Line("Audit", "bundle of the whole log", exporting, "entries/s"),
        Line("Audit", "verification of it, one core", verifying, "entries/s", 20_000, "higher"),
    ]  # fmt: skip


def _record(count: int) -> float:
    """Seconds of CPU that recording adds, of this process alone."""
    from django.db import connection, transaction

    from audit.actors import system
    from audit.kinds import Kind
    from audit.services import record

    def spent(does_record: bool) -> float:
        times = []
        for _ in range(count):
            began = time.process_time()
            with transaction.atomic(durable=True):
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                if does_record:
                    record(actor=system("bench"), kind=Kind.SYSTEM_STARTED, fields={"note": "x"})
            times.append(time.process_time() - began)
        return median(times)

    return spent(True) - spent(False)


def _fill(url: str) -> None:
    import psycopg

    from audit.actors import VENDOR_LOG_ID
    from lprsvc.lib.ids import uuid7

    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        into = "COPY audit.event (id, log_id, kind, seed, fields) FROM STDIN"
        with cursor.copy(into) as copy:
            for number in range(EVENTS):
                fields = _FIELDS | {"actor": f"user:{number % 500}", "plate": f"P{number % 9_000}"}
                row = (uuid7(), VENDOR_LOG_ID, "query.run", secrets.token_bytes(32), Jsonb(fields))
                copy.write_row(row)


def _prove(log_id: object) -> tuple[float, float]:
    from audit.models import Event
    from audit.tree import proving

    ids = list(Event.objects.values_list("id", flat=True)[:EVENTS])
    times = []
    for event_id in random.Random(1).sample(ids, PROOFS):
        began = time.perf_counter()
        if proving.find_proof(log_id, event_id) is None:  # type: ignore[arg-type]
            raise RuntimeError("an entry has no proof")
        times.append(time.perf_counter() - began)
    return percentile(times, 50), percentile(times, 99)


def _export(path: Path) -> float:
    from audit import bundles
    from audit.actors import VENDOR_LOG_ID

    began = time.perf_counter()
    written = bundles.write(path, VENDOR_LOG_ID, bundles.all_of, about={})
    return written.count / (time.perf_counter() - began)


def _verify(path: Path) -> float:
    from audit import verifier
    from audit.tree.notes import Signer

    policy = verifier.Policy.parse(f"log {Signer('lprsvc/vendor', _KEY).verifier}\n")
    began = time.perf_counter()
    report = verifier.verify(path, policy=policy)
    return report.point.size / (time.perf_counter() - began)
