"""Bad input over real HTTP, to the running web process: a clear error that names what and where;
nothing lost, half done or twice (ING-4, ING-5, SAF-2)."""

import gzip
import hashlib
import os
import re
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from django.utils import timezone

from lprsvc.runtime import commands
from tests.harness.database import Connect
from tests.harness.mail import free_port
from tests.harness.plugin import empty_database, this_key_space, this_run
from tests.harness.processes import Running, running_process
from tests.ingest import vendors
from tests.ingest.feed import CLOSE_UP, SCENE, Feed, encoded, payload, picture
from tests.ingest.wire import JSON, NDJSON, URL, Wire, multipart

# What a delivery leaves behind.
KEPT = ("ingest_batch", "ingest_read", "ingest_outbox", "ingest_tally", "ingest_quarantinedread",
        "ingest_photograph", "ingest_placequeue", "ingest_deliverykey")  # fmt: skip


@pytest.fixture(scope="module")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One web process for all of these tests; each finds its database as set-up leaves it."""
    servers = this_run().environment(empty_database(), this_key_space())
    folder, port = tmp_path_factory.mktemp("web"), free_port()
    environment = {**commands.inherited_environment(), **servers}
    environment["LPRSVC_DATA_DIR"] = str(folder / "data")
    url = f"http://{commands.HOST}:{port}"
    with running_process(
        commands.web(environment, port), folder, lambda _: commands.answers(port), url
    ) as running:
        yield running


@pytest.fixture
def wire(committed_db: None, feed: Feed, web: Running) -> Wire:
    """The feed's software, with its key."""
    return Wire(web, feed.headers())


@pytest.fixture
def root(committed_db: None, connect_as: Connect) -> psycopg.Connection:
    """A superuser, who sees what was committed."""
    return connect_as("postgres")


def counts(root: psycopg.Connection) -> dict[str, int]:
    """How many rows a delivery left in each table."""
    statement = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in KEPT)
    return dict(root.execute(statement.encode()).fetchall())


def nothing() -> dict[str, int]:
    return dict.fromkeys(KEPT, 0)


def many(count: int, **changes: Any) -> list[dict[str, Any]]:
    """Reads of so many plates; the first brings the photographs that all others name by hash."""
    photos = [
        {"role": role, "sha256": hashlib.sha256(data).hexdigest()}
        for role, data in (("scene", SCENE), ("plate", CLOSE_UP))
    ]
    rest = [payload(plate=f"M{n:05}", photos=photos, **changes) for n in range(1, count)]
    return [payload(plate="M00000", **changes), *rest]


def lines_of(reads: list[Any]) -> bytes:
    return b"\n".join(map(orjson.dumps, reads))


# --- what can't be read ------------------------------------------------------------------------

GOOD = orjson.dumps([payload(), payload(plate="XYZ 9")])


@pytest.mark.parametrize(
    ("body", "content_type", "where"),
    [
        pytest.param(GOOD[:-1], JSON, f"line 1, column {len(GOOD)}", id="cut-at-the-end"),
        pytest.param(GOOD[:30], JSON, "line 1, column", id="cut-in-a-text"),
        pytest.param(b"[\n" + GOOD[1:40], JSON, "line 2, column", id="cut-in-line-2"),
        pytest.param(b"", JSON, "empty", id="empty"),
        pytest.param(b" \n", NDJSON, "empty", id="lines-of-nothing"),
        pytest.param(lines_of([{}, payload()])[:-9], NDJSON, "line 2, column", id="lines-cut"),
        pytest.param(GOOD.decode().encode("utf-16"), JSON, "UTF-16", id="utf-16"),
        pytest.param(GOOD.decode().encode("utf-16-le"), JSON, "UTF-16", id="utf-16-without-mark"),
        pytest.param(GOOD.decode().encode("utf-32"), JSON, "UTF-32", id="utf-32"),
        pytest.param(
            '[{"make": "Citroën"}]'.encode("latin-1"), JSON, "no UTF-8 at byte 17", id="latin-1"
        ),
        pytest.param(
            '{"make": "A"}\n{"make": "Citroën"}'.encode("latin-1"), NDJSON,
            "line 2: no UTF-8 at byte 16", id="latin-1-in-line-2",
        ),
        pytest.param(b'[{"plate": "\xed\xa0\x80"}]', JSON, "at byte 13", id="surrogate-bytes"),
        pytest.param(b'[{"plate": "\\ud800"}]', JSON, "line 1, column", id="lone-surrogate"),
        pytest.param(b'[{"plate": "A\0B"}]', JSON, "line 1, column", id="nul-byte"),
        pytest.param(b"[" * 100_000, JSON, "line 1, column", id="bottomless"),
        pytest.param(gzip.compress(GOOD), JSON, "packed", id="packed-unsaid"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_where(
    wire: Wire, root: psycopg.Connection, body: bytes, content_type: str, where: str
) -> None:
    assert where in wire.post(body, content_type).problem(400, "malformed")
    assert counts(root) == nothing()


def test_byte_order_mark_is_no_fault(wire: Wire) -> None:
    """RFC 8259, section 8.1, lets a reader pass over it; software for Windows writes it."""
    assert wire.post(b"\xef\xbb\xbf" + GOOD).json()["stored"] == 2
    again = wire.post(b"\xef\xbb\xbf" + lines_of(orjson.loads(GOOD)), NDJSON)
    assert again.json()["duplicate"] == 2


def test_body_that_breaks_off_leaves_nothing(wire: Wire, root: psycopg.Connection) -> None:
    """Cut where what came is a whole document by itself, too."""
    wire.break_off(GOOD, missing=5)
    wire.break_off(b"[" + orjson.dumps(payload()) + b"]" + b" " * 40, missing=40)
    wire.break_off(orjson.dumps(payload()) + b" " * 40, missing=40)
    assert counts(root) == nothing()
    assert wire.post(GOOD).json()["stored"] == 2


# --- what is too much --------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "Token wrong"])
def test_who_has_no_key_hears_it_too(wire: Wire, key: str) -> None:
    stranger = Wire(wire.running, {"Authorization": key} if key else {})
    stranger.post_in_pieces(20 * 2**20, b" " * 2**20).problem(401, "feed_key_wrong")


def test_hundred_megabytes_are_refused_and_the_sender_hears_it(
    wire: Wire, root: psycopg.Connection
) -> None:
    """Simple software sends to the end before it listens: it must find the answer there."""
    answer = wire.post_in_pieces(100 * 2**20, b" " * 2**20)
    assert "67108864 bytes" in answer.problem(413, "too_much")
    assert counts(root) == nothing()
    assert wire.post(GOOD).json()["stored"] == 2


def test_zip_bomb_is_refused_packed(wire: Wire, root: psycopg.Connection) -> None:
    bomb = gzip.compress(b"[" + b" " * (200 * 2**20) + b"]", 9)
    assert len(bomb) < 2**20
    detail = wire.post(bomb, Content_Encoding="gzip").problem(415, "unsupported")
    assert "gzip" in detail
    assert counts(root) == nothing()


@pytest.mark.parametrize("content_type", [JSON, NDJSON, "multipart"])
def test_one_read_too_many_is_refused_whole(
    wire: Wire, root: psycopg.Connection, content_type: str
) -> None:
    reads = many(5_001)
    body = lines_of(reads) if content_type == NDJSON else orjson.dumps(reads)
    if content_type == "multipart":
        body, content_type = multipart({"reads": body})
    assert "5001 reads; at most 5000" in wire.post(body, content_type).problem(413, "too_much")
    assert counts(root) == nothing()


@pytest.mark.parametrize(
    ("count", "part"),
    [pytest.param(1_001, b"x", id="fields"), pytest.param(10_001, ("a.jpg", b"x"), id="files")],
)
@pytest.mark.parametrize("to", [URL, "/api/v1/feeds/platerecognizer/"])
def test_too_many_parts_are_refused_and_the_sender_hears_it(
    wire: Wire, root: psycopg.Connection, count: int, part: bytes | tuple[str, bytes], to: str
) -> None:
    parts: dict[str, bytes | tuple[str, bytes]] = {f"p{n}": part for n in range(count)}
    body, content_type = multipart({"reads": GOOD, **parts})
    assert "parts" in wire.post(body, content_type, to=to).problem(413, "too_much")
    assert counts(root) == nothing()
    assert wire.post(GOOD).json()["stored"] == 2


def heavy_bodies() -> dict[str, dict[str, bytes | tuple[str, bytes]]]:
    """Multipart bodies of nearly all that a delivery may weigh, in every shape."""
    weight = 63 * 2**20
    megabyte = os.urandom(2**20)
    return {
        "one part": {"a": ("a.jpg", b"x" * weight)},
        "one field": {"a": b"x" * weight},
        "parts that stay in memory": {f"p{n}": ("a.jpg", megabyte) for n in range(62)},
        "fields": {f"p{n}": megabyte for n in range(62)},
        "as many parts as may be": {f"p{n}": ("a.jpg", b"x" * 6_000) for n in range(9_990)},
        "reads that are long": {"reads": b'{"plate": "' + b"A" * weight + b'"}'},
    }


# What a delivery costs at most, as a multiple of the longest body: the body, its parts, the texts
# made of them, and what a read of that length is kept as.
MEMORY_PER_BODY = 10


@pytest.mark.parametrize("shape", list(heavy_bodies()))
def test_memory_of_a_multipart_body_is_bounded(wire: Wire, shape: str) -> None:
    """No shape of a body that may be sent costs more than a few times its length."""
    wire.post(GOOD)
    body, content_type = multipart({"reads": GOOD, **heavy_bodies()[shape]})
    limit = 64 * 2**20
    assert len(body) < limit
    before = {pid: peak_bytes(pid, afresh=True) for pid in wire.workers()}
    for pid in before:  # as many files as a process may usually open
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (1024, 1024))
    for to in (URL, "/api/v1/feeds/platerecognizer/"):
        assert wire.post(body, content_type, to=to).status in {200, 400, 413}
    for pid, bytes_before in before.items():
        assert peak_bytes(pid) - bytes_before < MEMORY_PER_BODY * limit, shape
    assert wire.post(GOOD).json()["duplicate"] == 2


def peak_bytes(pid: int, *, afresh: bool = False) -> int:
    """The most memory that a process had since it was last counted afresh."""
    folder = Path(f"/proc/{pid}")
    if afresh:
        (folder / "clear_refs").write_text("5")
    line = re.search(r"VmHWM:\s+(\d+) kB", (folder / "status").read_text())
    assert line is not None
    return int(line[1]) * 1024


# --- what is bad in a good delivery ------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"plate": "A\0B"}, "plate_unreadable"),
        ({"plate": "A\ue000"}, "plate_unreadable"),
        ({"photos": []}, "photographs_missing"),
        ({"captured_at": (timezone.now() + timedelta(days=1)).isoformat()}, "captured_in_future"),
        ({"latitude": 0.0, "longitude": 0.0}, "place_invalid"),
    ],
)
def test_one_bad_read_among_4999_costs_none_of_them(
    wire: Wire, root: psycopg.Connection, changes: dict[str, Any], reason: str
) -> None:
    reads = many(5_000)
    reads[3_210] |= changes
    receipt = wire.post(lines_of(reads), NDJSON).json()
    assert (receipt["stored"], receipt["quarantined"]) == (4_999, 1)
    (held,) = [read for read in receipt["reads"] if read["outcome"] != "stored"]
    assert (held["index"], held["outcome"], held["reason"]) == (3_210, "quarantined", reason)
    assert root.execute("SELECT detail <> '' FROM ingest_quarantinedread").fetchall() == [(True,)]
    again = wire.post(lines_of(reads), NDJSON).json()
    assert (again["stored"], again["duplicate"], again["quarantined"]) == (0, 4_999, 1)
    assert counts(root)["ingest_read"] == 4_999
    assert counts(root)["ingest_quarantinedread"] == 1


def test_clock_a_day_ahead_puts_every_read_aside_with_both_times(
    wire: Wire, root: psycopg.Connection
) -> None:
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    receipt = wire.post(orjson.dumps(many(3, captured_at=tomorrow))).json()
    assert receipt["quarantined"] == 3
    for (detail,) in root.execute("SELECT detail FROM ingest_quarantinedread").fetchall():
        assert "is in the future; it arrived" in detail
        assert tomorrow[:10] in detail


def test_nul_and_surrogates_in_the_address_are_no_key(wire: Wire) -> None:
    stranger = Wire(wire.running)
    answer = stranger.post(b"{}", to="/api/v1/feeds/openalpr/?key=%00%ed%a0%80")
    answer.problem(401, "feed_key_wrong")


def test_nul_in_a_cameras_name_sends_the_read_to_quarantine(wire: Wire) -> None:
    body = orjson.dumps(vendors.openalpr_group())
    answer = wire.post(body, to="/api/v1/feeds/openalpr/?camera=%00%ff")
    assert answer.json()["quarantined"] == 1


def test_nul_in_a_parts_name_harms_no_read(wire: Wire) -> None:
    body, content_type = multipart({"reads": GOOD, "a\0b": ("\0.jpg", b"x")})
    assert wire.post(body, content_type).json()["stored"] == 2


# --- the same, many times at once --------------------------------------------------------------


def test_same_batch_from_eight_connections_at_once_is_stored_once(
    wire: Wire, root: psycopg.Connection
) -> None:
    body = lines_of(many(1_000))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: wire.post(body, NDJSON), range(8)))
    receipts = [answer.json() for answer in answers]
    assert [answer.status for answer in answers] == [200] * 8
    assert sum(receipt["stored"] for receipt in receipts) == 1_000
    assert sum(receipt["duplicate"] for receipt in receipts) == 7_000
    ids = [[read["id"] for read in receipt["reads"]] for receipt in receipts]
    assert all(one == ids[0] for one in ids)
    found = root.execute(
        "SELECT count(*), count(DISTINCT id) FROM ingest_read"
        " UNION ALL SELECT count(*), count(DISTINCT r) FROM ingest_outbox, unnest(read_ids) r"
    )
    assert found.fetchall() == [(1_000, 1_000)] * 2


# --- no room ------------------------------------------------------------------------------------


def large_read() -> bytes:
    """A read whose photographs are larger than what the kernel will let be written."""
    noise = [picture(n, kind="PNG") + os.urandom(300_000) for n in (1, 2)]
    roles = zip(("scene", "plate"), noise, strict=True)
    return orjson.dumps(payload(photos=[{"role": r, "data": encoded(d)} for r, d in roles]))


def test_no_room_for_photographs_keeps_nothing_and_is_named(
    wire: Wire, root: psycopg.Connection
) -> None:
    """The kernel refuses to let files grow, in the middle of a photograph."""
    body = large_read()
    for pid in wire.workers():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    try:
        detail = wire.post(body).problem(503, "storage_unavailable")
    finally:
        for pid in wire.workers():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert "Photographs cannot be stored" in detail
    assert counts(root) == nothing()
    assert wire.post(body).json()["stored"] == 1


@pytest.mark.parametrize("table", ["ingest_outbox", "ingest_batch", "ingest_placequeue"])
def test_no_room_in_the_database_keeps_nothing_and_is_named(
    wire: Wire, root: psycopg.Connection, table: str
) -> None:
    """The table's file has become the device on which there never is any room."""
    (name,) = root.execute("SELECT pg_relation_filepath(%s)", [table]).fetchone() or ("",)
    file = this_run().places.database / name
    assert file.stat().st_size == 0
    file.rename(file.with_suffix(".aside"))
    file.symlink_to("/dev/full")
    try:
        detail = wire.post(GOOD).problem(503, "database_unavailable")
    finally:
        file.unlink()
        file.with_suffix(".aside").rename(file)
    assert "no room" in detail
    for (pid,) in root.execute(_SESSIONS).fetchall():
        root.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    assert counts(root) == nothing()
    assert wire.post(GOOD).json()["stored"] == 2


# --- the database dies at each step ------------------------------------------------------------

_SESSIONS = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'lpr_app'
   AND pid <> pg_backend_pid()
"""
_WAITING = """
SELECT pid FROM pg_locks WHERE NOT granted AND database =
       (SELECT oid FROM pg_database WHERE datname = current_database())
"""
# Step → the table whose lock stops a delivery just there, and how strong it must be.
STEPS = {
    "the key is looked up": ("ingest_feedkey", "ACCESS EXCLUSIVE"),
    "the cameras are looked up": ("ingest_camera", "ACCESS EXCLUSIVE"),
    "the photographs are looked up": ("ingest_photograph", "ACCESS EXCLUSIVE"),
    "the batch row is written": ("ingest_batch", "EXCLUSIVE"),
    "the reads are written": ("ingest_read", "EXCLUSIVE"),
    "the outbox is written": ("ingest_outbox", "EXCLUSIVE"),
    "the tally is written": ("ingest_tally", "EXCLUSIVE"),
    "places are queued": ("ingest_placequeue", "EXCLUSIVE"),
    "the vendor's ids are written": ("ingest_deliverykey", "EXCLUSIVE"),
    "the quarantine is written": ("ingest_quarantinedread", "EXCLUSIVE"),
    "the photographs' rows are written": ("ingest_photograph", "EXCLUSIVE"),
    "the camera's sign of life is written": ("ingest_cameraactivity", "EXCLUSIVE"),
}


def delivery() -> bytes:
    """A good read with an id of the vendor's, and one for the quarantine."""
    return orjson.dumps([payload(keys=["sighting-1"]), payload(plate="")])


def wait_for(find: Callable[[], list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
    """What it finds as soon as it finds any."""
    deadline = time.monotonic() + 30
    while not (found := find()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


@pytest.mark.parametrize("step", STEPS)
def test_database_that_dies_at_any_step_keeps_nothing(
    wire: Wire, root: psycopg.Connection, connect_as: Connect, step: str
) -> None:
    table, mode = STEPS[step]
    holder = connect_as("postgres")
    with ThreadPoolExecutor(1) as pool:
        with holder.transaction():
            holder.execute(f"LOCK TABLE {table} IN {mode} MODE".encode())
            answer = pool.submit(wire.post, delivery())
            ((pid,),) = wait_for(lambda: root.execute(_WAITING).fetchall())
            root.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
        detail = answer.result().problem(503, "database_unavailable")
    assert "send it again" in detail
    assert counts(root) == nothing()
    check_sent_again(wire, root)


def check_sent_again(wire: Wire, root: psycopg.Connection) -> None:
    """It is stored once, however often it comes."""
    receipt = wire.post(delivery()).json()
    assert (receipt["stored"], receipt["quarantined"]) == (1, 1)
    again = wire.post(delivery()).json()
    assert (again["duplicate"], again["quarantined"]) == (1, 1)
    assert counts(root) == nothing() | {
        "ingest_batch": 2, "ingest_read": 1, "ingest_outbox": 1, "ingest_tally": 1,
        "ingest_quarantinedread": 1, "ingest_photograph": 2, "ingest_placequeue": 1,
        "ingest_deliverykey": 1,
    }  # fmt: skip


def test_database_that_dies_before_the_commit_is_done_keeps_nothing(
    wire: Wire, root: psycopg.Connection, connect_as: Connect
) -> None:
    """A trigger that is due at the commit waits there for a lock."""
    root.execute(
        "CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END'"
    )
    root.execute(
        "CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON ingest_batch"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_commit()"
    )
    holder = connect_as("postgres")
    with ThreadPoolExecutor(1) as pool:
        with holder.transaction():
            holder.execute("SELECT pg_advisory_xact_lock(1)")
            answer = pool.submit(wire.post, delivery())
            ((pid,),) = wait_for(lambda: root.execute(_WAITING).fetchall())
            root.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
        assert "send it again" in answer.result().problem(503, "database_unavailable")
    assert counts(root) == nothing()
    check_sent_again(wire, root)
