"""Bulk ingest as a share of what PostgreSQL can take at all: binary COPY into a bare table."""

import base64
import hashlib
import http.client
import io
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import psycopg

from lprsvc.runtime import commands
from tests.bench.report import Line
from tests.bench.stage import DATABASE, stage

READS = 200_000
PER_REQUEST = 1_000
_CLIENTS = 4
_TURNS = 5
_CODE = "bench"
_TYPES = [
    "text", "text", "timestamptz", "int8", "uuid", "uuid", "int4", "int4", "float4", "bool",
    "bytea", "bytea", "text", "text", "text", "text", "int4", "int2",
]  # fmt: skip
_COPY = (
    "COPY bench_bare (plate_key, state, captured_at, camera_id, id, batch_id, latitude_e7,"
    " longitude_e7, confidence, plate_is_derived, scene_sha256, plate_sha256, plate_text, make,"
    " model, color, county, version) FROM STDIN (FORMAT BINARY)"
)


def lines() -> list[Line]:
    """`load_reads` and HTTP batches without photographs, against COPY in the same run.

    In turns, a part at a time: what else the machine does then slows all of them alike.
    """
    with stage() as here, tempfile.TemporaryDirectory() as folder:
        secret, photos = _fill()
        port = here.start_web()
        loaded, posted = _payloads(1, photos), _payloads(2, photos)
        seconds: dict[str, float] = defaultdict(float)
        with here.servers.connect("lpr_owner", DATABASE) as connection:
            bare = _Bare(connection)
            for start in range(0, READS, READS // _TURNS):
                part = slice(start, start + READS // _TURNS)
                seconds["rows"] += _timed(bare.copy_rows)
                seconds["prebuilt"] += _timed(bare.copy_bytes)
                seconds["load"] += _load(Path(folder), loaded[part])
                seconds["http"] += _post(port, secret, posted[part], "stored")
                seconds["again"] += _post(port, secret, posted[part], "duplicate")
        rates = {name: READS / taken for name, taken in seconds.items()}
    return _lines(rates)


def _lines(rates: dict[str, float]) -> list[Line]:
    rows, prebuilt = rates["rows"], rates["prebuilt"]
    note = f"{READS:,} reads, COPY {rows:,.0f} rows/s by rows, {prebuilt:,.0f} prebuilt"
    http = f"HTTP, {PER_REQUEST:,} a request"
    return [
        Line("Ingest", "load_reads, NDJSON, ÷ binary COPY by rows", rates["load"] / rows, "×",
             0.12, "higher", note),
        Line("Ingest", "load_reads, NDJSON, ÷ binary COPY prebuilt", rates["load"] / prebuilt),
        Line("Ingest", "load_reads, NDJSON", rates["load"], "reads/s"),
        Line("Ingest", f"{http}, ÷ binary COPY by rows", rates["http"] / rows, "×", 0.06,
             "higher"),
        Line("Ingest", http, rates["http"], "reads/s", 12_000, "higher", "two workers"),
        Line("Ingest", "HTTP, all of it delivered again", rates["again"], "reads/s"),
    ]  # fmt: skip


def _fill() -> tuple[str, list[dict[str, str]]]:
    """A source, its camera and key, and two photographs that every read names by hash."""
    from audit.actors import system
    from ingest.formats import generic
    from ingest.services.reads import store_reads
    from ingest.services.sources import create_camera, create_feed_key, create_source

    now = datetime.now(UTC)
    common: dict[str, Any] = {"actor": system("bench"), "reason": "bench", "now": now}
    source = create_source(code=_CODE, name="Bench", kind="toll_road", state="US-NY", **common)
    create_camera(
        source=source, code="CAM-1", name="Mile 6", timezone="America/New_York", latitude=40.7,
        longitude=-74.0, **common,
    )  # fmt: skip
    first = _payload("FIRST", now, _pictures())
    receipt = store_reads(source=source, reads=[generic.parse(first)], format="bench", now=now)
    if receipt.stored != 1:
        raise RuntimeError(f"the first read was not stored: {receipt}")
    hashes = [_sha256(photo["data"]) for photo in first["photos"]]
    photos = [
        {"role": role, "sha256": sha256}
        for role, sha256 in zip(("scene", "plate"), hashes, strict=True)
    ]
    return create_feed_key(source=source, label="bench", **common).secret, photos


def _pictures() -> list[dict[str, str]]:
    from PIL import Image

    photos = []
    for role, shade in (("scene", 40), ("plate", 200)):
        target = io.BytesIO()
        Image.new("RGB", (64, 40), (shade, 80, 120)).save(target, "JPEG")
        photos.append({"role": role, "data": base64.b64encode(target.getvalue()).decode()})
    return photos


def _sha256(data: str) -> str:
    return hashlib.sha256(base64.b64decode(data)).hexdigest()


def _payload(plate: str, at: datetime, photos: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "plate": plate,
        "state": "NY",
        "captured_at": at.isoformat(timespec="milliseconds"),
        "latitude": 40.7001,
        "longitude": -74.0002,
        "camera": "CAM-1",
        "confidence": 0.97,
        "make": "Toyota",
        "model": "Camry",
        "color": "silver",
        "photos": photos,
    }


def _payloads(seed: int, photos: list[dict[str, str]]) -> list[bytes]:
    """`READS` lines of NDJSON over the last 60 days, in the order of their time."""
    source = random.Random(seed)
    step = timedelta(days=60) / READS
    start = datetime.now(UTC) - timedelta(days=60)
    return [
        orjson.dumps(
            _payload(f"{chr(64 + seed)}{source.randrange(10**6):06}", start + step * n, photos)
        )
        for n in range(READS)
    ]


class _Bare:
    """A table like the reads' without index, partition or guard, to COPY a part's rows into."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        now, batch = datetime.now(UTC), uuid4()
        self._rows = [
            (f"A{n:06}", "US-NY", now + timedelta(seconds=n), 1, uuid4(), batch, 407_000_000 + n,
             -740_000_000, 0.97, False, b"s" * 32, b"p" * 32, f"A{n:06}", "Toyota", "Camry",
             "silver", 36061, 1)
            for n in range(READS // _TURNS)
        ]  # fmt: skip
        connection.execute("CREATE TABLE bench_bare (LIKE ingest_read)")
        self.copy_rows()
        statement = "COPY bench_bare TO STDOUT (FORMAT BINARY)"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            self._data = b"".join(bytes(block) for block in copy)

    def copy_rows(self) -> None:
        """Row by row, as a program does that has rows."""
        with self._copy(_COPY) as copy:
            copy.set_types(_TYPES)
            for row in self._rows:
                copy.write_row(row)

    def copy_bytes(self) -> None:
        """From bytes made beforehand: what the server can take."""
        with self._copy("COPY bench_bare FROM STDIN (FORMAT BINARY)") as copy:
            for start in range(0, len(self._data), 1 << 16):
                copy.write(self._data[start : start + (1 << 16)])

    @contextmanager
    def _copy(self, statement: str) -> Iterator[psycopg.Copy]:
        self._connection.execute("TRUNCATE bench_bare")
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            yield copy


def _load(folder: Path, payloads: list[bytes]) -> float:
    """Seconds that `load_reads` takes."""
    from django.core.management import call_command

    path = folder / "reads.ndjson"
    path.write_bytes(b"\n".join(payloads))
    out = io.StringIO()
    seconds = _timed(lambda: call_command("load_reads", str(path), source=_CODE, stdout=out))
    _check(f"{len(payloads)} stored" in out.getvalue(), out.getvalue())
    return seconds


def _post(port: int, secret: str, payloads: list[bytes], outcome: str) -> float:
    """Seconds until every read has been answered for by `outcome`."""
    starts = range(0, len(payloads), PER_REQUEST)
    waiting = iter([b"\n".join(payloads[start : start + PER_REQUEST]) for start in starts])
    with ThreadPoolExecutor(_CLIENTS) as pool:
        began = time.perf_counter()
        jobs = [pool.submit(_client, port, secret, waiting, outcome) for _ in range(_CLIENTS)]
        counts = [job.result() for job in jobs]
        seconds = time.perf_counter() - began
    _check(sum(counts) == len(payloads), f"{counts} {outcome}")
    return seconds


def _client(port: int, secret: str, waiting: Iterator[bytes], outcome: str) -> int:
    connection = http.client.HTTPConnection(commands.HOST, port, timeout=60)
    headers = {"Authorization": f"Token {secret}", "Content-Type": "application/x-ndjson"}
    count = 0
    for body in waiting:
        connection.request("POST", "/api/v1/reads/", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        _check(answer.status == http.HTTPStatus.OK, f"{answer.status} {content[:200]!r}")
        count += orjson.loads(content)[outcome]
    connection.close()
    return count


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _check(is_well: bool, message: str) -> None:
    if not is_well:
        raise RuntimeError(message)
