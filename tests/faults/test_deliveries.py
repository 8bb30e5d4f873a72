"""Deliveries of every kind while things break: each read ends in exactly one of stored, duplicate,
quarantined and refused, or its sender got no 2xx; and sent again it is there once (ING-4, ING-5).

The web process is the real one, on a database as durable as in life. What breaks it is real too:
SIGKILL, the kernel's limit on files, and a table whose file has become a full device.
"""

import os
import re
import resource
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest
import redis
from pytest_django import DjangoDbBlocker

from ingest.services.sources import create_camera
from tests.faults.house import DATABASE, House, new_house
from tests.harness.mail import Inbox
from tests.ingest import vendors
from tests.ingest.feed import ACTOR, NOW, WHY, encoded, make_feed, payload, picture
from tests.ingest.wire import JSON, NDJSON, URL, Answer, Wire, multipart

pytestmark = pytest.mark.faults

_PATIENCE = 60.0
_FEEDS = "/api/v1/feeds/"
Part = bytes | tuple[str, bytes]


@dataclass(frozen=True)
class Delivery:
    """Bytes to send, as often as is needed; `plates` are the reads' in it."""

    body: bytes
    content_type: str
    to: str
    plates: tuple[str, ...]

    def send(self, wire: Wire) -> Answer | None:
        """The answer; None when the other side hung up or said nothing sensible."""
        try:
            return wire.post(self.body, self.content_type, to=self.to)
        except (OSError, HTTPException):
            return None


def _noise(plate: str) -> tuple[bytes, bytes]:
    """Two photographs of some 20 kB that no other delivery has."""
    first, second = (picture(n) + plate.encode() + os.urandom(20_000) for n in (10, 200))
    return first, second


def _roles(plate: str) -> list[dict[str, str]]:
    roles = zip(("scene", "plate"), _noise(plate), strict=True)
    return [{"role": role, "data": encoded(data)} for role, data in roles]


def _own(plate: str, at: datetime, **more: Any) -> dict[str, Any]:
    keys = [f"key-{plate}"]
    return payload(plate=plate, captured_at=at.isoformat(), keys=keys, **more)


def as_json(plates: tuple[str, ...], at: datetime) -> Delivery:
    """Our own JSON, with photographs as base64."""
    reads = [_own(plate, at, photos=_roles(plate)) for plate in plates]
    return Delivery(orjson.dumps(reads), JSON, URL, plates)


def as_lines(plates: tuple[str, ...], at: datetime) -> Delivery:
    """The same as lines."""
    reads = [_own(plate, at, photos=_roles(plate)) for plate in plates]
    return Delivery(b"\n".join(map(orjson.dumps, reads)), NDJSON, URL, plates)


def as_multipart(plates: tuple[str, ...], at: datetime) -> Delivery:
    """Photographs as parts of their own."""
    parts: dict[str, Part] = {}
    reads = []
    for plate in plates:
        scene, close_up = _noise(plate)
        parts |= {f"s-{plate}": ("s.jpg", scene), f"p-{plate}": ("p.jpg", close_up)}
        photos = [
            {"role": "scene", "part": f"s-{plate}"},
            {"role": "plate", "part": f"p-{plate}"},
        ]
        reads.append(_own(plate, at, photos=photos))
    body, content_type = multipart({"reads": orjson.dumps(reads), **parts})
    return Delivery(body, content_type, URL, plates)


def as_openalpr(plates: tuple[str, ...], at: datetime) -> Delivery:
    """Several groups in one list."""
    groups = []
    for plate in plates:
        scene, close_up = map(encoded, _noise(plate))
        group = vendors.openalpr_group(
            epoch_start=vendors.epoch_ms(at), best_plate_number=plate, best_uuid=f"U-{plate}",
            uuids=[f"U-{plate}"], vehicle_crop_jpeg=scene,
        )  # fmt: skip
        group["best_plate"] |= {"plate": plate, "plate_crop_jpeg": close_up}
        groups.append(group)
    return Delivery(orjson.dumps(groups), JSON, f"{_FEEDS}openalpr/", plates)


def as_genetec(plates: tuple[str, ...], at: datetime) -> Delivery:
    """AutoVu's webhook, one message."""
    (plate, *_) = plates
    scene, close_up = map(encoded, _noise(plate))
    message = vendors.genetec(
        Plate=plate, Guid=str(uuid4()), DateUtc=at.strftime("%d/%m/%Y"),
        TimeUtc=at.strftime("%H:%M:%S"), ContextImage=scene, PlateImage=close_up,
    )  # fmt: skip
    return Delivery(orjson.dumps(message), JSON, f"{_FEEDS}genetec/", (plate,))


def as_platerecognizer(plates: tuple[str, ...], at: datetime) -> Delivery:
    """Stream's multipart: one picture, a close-up cut from it for each plate."""
    scene, _ = _noise(plates[0])
    results = [vendors.stream_result(plate=plate.lower()) for plate in plates]
    message = vendors.stream_webhook(*results, timestamp=at.isoformat(), camera_id="GATE")
    body, content_type = multipart({"json": orjson.dumps(message), "upload": ("a.jpg", scene)})
    return Delivery(body, content_type, f"{_FEEDS}platerecognizer/", plates)


Shape = Callable[[tuple[str, ...], datetime], Delivery]
SHAPES: list[Shape] = [
    as_json,
    as_lines,
    as_multipart,
    as_openalpr,
    as_genetec,
    as_platerecognizer,
]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)


def new_delivery(shape: Shape, at: datetime | None = None) -> Delivery:
    """Three reads, or one where a message has no more, of plates that nobody sent before."""
    name = uuid4().hex[:7].upper()
    at = at or datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=3)
    return shape(tuple(f"{name}{n}" for n in range(3)), at)


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    """One web process for all of these tests; nothing is mailed."""
    with django_db_blocker.unblock(), new_house(Inbox("127.0.0.1", 9)) as made:
        made.start_web()
        yield made


@pytest.fixture(scope="module")
def wire(house: House) -> Wire:
    """A feed whose cameras the vendors' messages name."""
    with house.acting_here("lpr_app"):
        feed = make_feed()
        for code in ("GATE", "1414799424"):
            create_camera(
                source=feed.source, code=code, name=code, timezone="America/New_York",
                latitude=39.95, longitude=-75.16, default_state="US-PA", actor=ACTOR, reason=WHY,
                now=NOW,
            )  # fmt: skip
        return Wire(house, feed.headers())  # type: ignore[arg-type]


@pytest.fixture
def root(house: House) -> Iterator[psycopg.Connection]:
    """A superuser, who sees what was committed."""
    with house.servers.connect("postgres", DATABASE) as superuser:
        yield superuser


# --- what must hold -------------------------------------------------------------------------------


def is_acknowledged(answer: Answer | None) -> bool:
    return answer is not None and answer.status < HTTPStatus.MULTIPLE_CHOICES


def outcomes(delivery: Delivery, answer: Answer | None) -> list[str]:
    """What a success says of each read: one outcome each, and counts that agree."""
    assert answer is not None
    assert answer.status == HTTPStatus.OK, answer
    receipt = answer.json()
    told = [read["outcome"] for read in receipt["reads"]]
    assert len(told) == len(delivery.plates)
    for outcome in ("stored", "duplicate", "quarantined", "refused"):
        assert receipt[outcome] == told.count(outcome)
    return told


def stored(house: House, delivery: Delivery) -> list[int]:
    """How many rows there are of each plate: as read, and on their way to be matched."""
    counts = []
    for plate in delivery.plates:
        (row,) = house.rows(
            f"SELECT (SELECT count(*) FROM ingest_read WHERE plate_key = '{plate}'),"
            f" (SELECT count(*) FROM ingest_outbox, unnest(plate_keys) k WHERE k = '{plate}')"
        )
        # What is stored waits to be matched, once.
        assert row[0] == row[1], (plate, row)
        counts.append(row[0])
    return counts  # type: ignore[return-value]


def check_whole(house: House, delivery: Delivery, answer: Answer | None) -> None:
    """All of a delivery is there or nothing; all, if its sender was told so."""
    there = set(stored(house, delivery))
    assert len(there) == 1, there
    if is_acknowledged(answer):
        assert outcomes(delivery, answer) == ["stored"] * len(delivery.plates)
        assert there == {1}


def check_sent_again(house: House, wire: Wire, delivery: Delivery) -> None:
    """It is taken in the end, and is there once however often it comes."""
    before = stored(house, delivery)
    expected = "duplicate" if before[0] else "stored"
    assert set(outcomes(delivery, until_acknowledged(wire, delivery))) == {expected}
    assert set(outcomes(delivery, delivery.send(wire))) == {"duplicate"}
    assert stored(house, delivery) == [1] * len(delivery.plates)
    check_photographs(house, delivery)


def until_acknowledged(wire: Wire, delivery: Delivery) -> Answer:
    """As camera software does: what was not taken is sent again."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        answer = delivery.send(wire)
        if answer is not None and is_acknowledged(answer):
            return answer
        assert answer is None or answer.status >= 500, answer
        assert time.monotonic() < deadline
        time.sleep(0.1)


def check_photographs(house: House, delivery: Delivery) -> None:
    """Each photograph that a read names is on disk, and has its row."""
    plates = ", ".join(f"'{plate}'" for plate in delivery.plates)
    hashes = house.rows(
        "SELECT encode(h, 'hex'), EXISTS (SELECT FROM ingest_photograph WHERE sha256 = h)"
        " FROM ingest_read, unnest(ARRAY[scene_sha256, plate_sha256]) h"
        f" WHERE plate_key IN ({plates})"
    )
    assert hashes
    for name, has_row in hashes:
        assert has_row
        assert (house.photographs / str(name)[:2] / str(name)[2:4] / str(name)).is_file()


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --- the database dies ----------------------------------------------------------------------------

# Step → the table whose lock stops a delivery just there, and how strong it must be.
STEPS = {
    "the key is looked up": ("ingest_feedkey", "ACCESS EXCLUSIVE"),
    "the cameras are looked up": ("ingest_camera", "ACCESS EXCLUSIVE"),
    "the batch row is written": ("ingest_batch", "EXCLUSIVE"),
    "the reads are written": ("ingest_read", "EXCLUSIVE"),
    "the outbox is written": ("ingest_outbox", "EXCLUSIVE"),
    "the tally is written": ("ingest_tally", "EXCLUSIVE"),
    "the software's ids are written": ("ingest_deliverykey", "EXCLUSIVE"),
    "the photographs' rows are written": ("ingest_photograph", "EXCLUSIVE"),
    "the cameras' signs of life are written": ("ingest_cameraactivity", "EXCLUSIVE"),
}
_WAITING = (
    "SELECT pid FROM pg_locks WHERE NOT granted AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.mark.parametrize("step", STEPS)
def test_database_killed_at_each_step(house: House, wire: Wire, step: str) -> None:  # ING-4
    """One delivery of each shape waits just there when the whole database is killed."""
    table, mode = STEPS[step]
    deliveries = [new_delivery(shape) for shape in SHAPES]
    holder = house.servers.connect("postgres", DATABASE)
    with ThreadPoolExecutor(len(deliveries)) as pool:
        holder.execute("BEGIN")
        holder.execute(f"LOCK TABLE {table} IN {mode} MODE".encode())
        sent = [pool.submit(delivery.send, wire) for delivery in deliveries]
        # Some may wait for another's row in the order of their keys; one at least waits for us.
        wait_until(lambda: house.rows(_WAITING))
        time.sleep(0.3)
        house.kill("database")
        holder.close()
        check_after(house, wire, deliveries, sent)


def check_after(
    house: House,
    wire: Wire,
    deliveries: list[Delivery],
    sent: "list[Future[Answer | None]]",
) -> None:
    answers = [future.result() for future in sent]
    assert not all(map(is_acknowledged, answers)), "nothing was interrupted"
    for delivery, answer in zip(deliveries, answers, strict=True):
        check_whole(house, delivery, answer)
        check_sent_again(house, wire, delivery)


# --- a crash after the commit, before the answer --------------------------------------------------


@shapes
def test_web_killed_after_the_commit_and_before_the_answer(  # ING-4, ING-8
    house: House, wire: Wire, shape: Shape
) -> None:
    """The broker has stopped, so the web process waits to tell it of what it has committed."""
    delivery = new_delivery(shape)
    with redis.Redis.from_url(house.servers.valkey.url()) as client:
        broker: int = client.info("server")["process_id"]
    os.kill(broker, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as pool:
            sent = pool.submit(delivery.send, wire)
            wait_until(lambda: set(stored(house, delivery)) == {1})
            assert not sent.done()
            house.kill_web()
            answer = sent.result()
    finally:
        os.kill(broker, signal.SIGCONT)
    house.start_web()
    assert answer is None
    check_whole(house, delivery, answer)
    check_sent_again(house, wire, delivery)


# --- no room --------------------------------------------------------------------------------------


@shapes
def test_no_room_for_photographs(house: House, wire: Wire, shape: Shape) -> None:  # ING-4
    """The kernel lets no file of the web process grow beyond half a photograph."""
    delivery = new_delivery(shape)
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    for pid in house.web_processes():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
    try:
        answer = delivery.send(wire)
    finally:
        for pid in house.web_processes():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
    assert answer is not None
    answer.problem(503, "storage_unavailable")
    assert set(stored(house, delivery)) == {0}
    check_sent_again(house, wire, delivery)


@shapes
def test_no_room_in_the_database(  # ING-4
    house: House, wire: Wire, root: psycopg.Connection, shape: Shape
) -> None:
    """The file that the next batch's row would lengthen has become a device that is always full."""
    root.execute("CREATE TABLE IF NOT EXISTS full_device (x int)")
    root.execute(
        "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO full_device SELECT generate_series(1, 100000); RETURN NULL; END $$"
    )
    root.execute("ALTER FUNCTION no_room() SECURITY DEFINER")
    root.execute(
        "CREATE OR REPLACE TRIGGER no_room AFTER INSERT ON ingest_outbox"
        " FOR EACH STATEMENT EXECUTE FUNCTION no_room()"
    )
    (name,) = root.execute("SELECT pg_relation_filepath('full_device')").fetchone() or ("",)
    file = house.servers.places.database / name
    aside = file.with_suffix(".aside")
    delivery = new_delivery(shape)
    file.rename(aside)
    file.symlink_to("/dev/full")
    try:
        answer = delivery.send(wire)
    finally:
        file.unlink()
        aside.rename(file)
        root.execute("DROP TRIGGER no_room ON ingest_outbox")
    assert answer is not None
    assert "no room" in answer.problem(503, "database_unavailable")
    assert set(stored(house, delivery)) == {0}
    check_sent_again(house, wire, delivery)


# --- the same, many times at once -----------------------------------------------------------------


@shapes
def test_same_delivery_from_eight_connections_at_once(  # ING-4
    house: House, wire: Wire, shape: Shape
) -> None:
    delivery = new_delivery(shape)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: delivery.send(wire), range(8)))
    told = [outcomes(delivery, answer) for answer in answers]
    for of_read in zip(*told, strict=True):
        assert sorted(of_read) == ["duplicate"] * 7 + ["stored"]
    assert stored(house, delivery) == [1] * len(delivery.plates)
    check_photographs(house, delivery)


# --- a clock a day ahead --------------------------------------------------------------------------


@shapes
def test_clock_a_day_ahead(house: House, wire: Wire, shape: Shape) -> None:  # ING-5
    """Each read waits in quarantine, once, with both times; none is stored."""
    delivery = new_delivery(shape, at=datetime.now(UTC).replace(microsecond=0) + timedelta(days=1))
    answers = [delivery.send(wire) for _ in range(2)]
    for answer in answers:
        assert outcomes(delivery, answer) == ["quarantined"] * len(delivery.plates)
        assert answer is not None
        reads = answer.json()["reads"]
        assert {read["reason"] for read in reads} == {"captured_in_future"}
    assert set(stored(house, delivery)) == {0}
    ids = {read["id"] for answer in answers if answer for read in answer.json()["reads"]}
    assert len(ids) == len(delivery.plates)
    listed = ", ".join(f"'{id_}'" for id_ in ids)
    details = house.rows(f"SELECT detail FROM ingest_quarantinedread WHERE id IN ({listed})")
    assert len(details) == len(ids)
    for (detail,) in details:
        assert re.search(r"is in the future; it arrived 2", str(detail))
