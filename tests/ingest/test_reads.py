"""Storing deliveries: once, whole, durable, with a receipt (ING-3, ING-4, ING-5, ING-8)."""

import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import insertion
from ingest.models import Batch, Camera, Photograph, QuarantinedRead
from ingest.services.sources import pause_source, revoke_feed_key, switch_camera
from ingest.signals import reads_stored
from ingest.storage import StorageUnavailable
from lprsvc.lib.errors import PolicyDenied
from tests.harness.database import AsRole, Connect
from tests.ingest.feed import (
    ACTOR,
    CAPTURED,
    CLOSE_UP,
    NOW,
    SCENE,
    WHY,
    Feed,
    encoded,
    hits,
    make_feed,
    payload,
    picture,
)

Capture = Callable[..., Any]
_numbers = count()


def many(times: int, **changes: Any) -> list[dict[str, Any]]:
    """Reads of one plate, a second apart."""
    return [
        payload(captured_at=(CAPTURED + timedelta(seconds=second)).isoformat(), **changes)
        for second in range(times)
    ]


@contextmanager
def heard() -> Iterator[list[UUID]]:
    batches: list[UUID] = []

    def hear(batch_id: UUID, **_: Any) -> None:
        batches.append(batch_id)

    reads_stored.connect(hear)
    try:
        yield batches
    finally:
        reads_stored.disconnect(hear)


# ING-3
def test_read_is_stored_as_it_was_sent(feed: Feed) -> None:
    receipt = feed.store(payload())
    (read,) = hits()
    assert receipt.reads[0].id == read.id
    assert (read.plate_text, read.make, read.model, read.color) == (
        "ABC 123", "Toyota", "Camry", "silver",
    )  # fmt: skip
    assert (read.latitude, read.longitude) == (39.95, -75.16)
    assert (read.captured_at, read.camera) == (CAPTURED, feed.fixed)
    assert read.confidence == pytest.approx(0.97)
    assert bytes(read.scene_sha256) == hashlib.sha256(SCENE).digest()
    assert bytes(read.plate_sha256) == hashlib.sha256(CLOSE_UP).digest()
    assert read.batch_id == receipt.receipt


# ING-4
@pytest.mark.parametrize("times", [1, insertion.COPY_FROM - 1, insertion.COPY_FROM, 200])
def test_redelivery_stores_nothing_and_gives_the_same_ids(feed: Feed, times: int) -> None:
    first = feed.store(*many(times))
    assert (first.stored, first.duplicate) == (times, 0)
    again = feed.store(*many(times))
    assert (again.stored, again.duplicate) == (0, times)
    assert [read.id for read in again.reads] == [read.id for read in first.reads]
    assert {read.outcome for read in again.reads} == {"duplicate"}
    assert len(hits()) == times


@pytest.mark.parametrize("times", [2, 100])
def test_read_twice_in_one_delivery_is_stored_once(feed: Feed, times: int) -> None:
    receipt = feed.store(*many(times), *many(times))
    assert (receipt.stored, receipt.duplicate) == (times, times)
    assert [read.id for read in receipt.reads[:times]] == [
        read.id for read in receipt.reads[times:]
    ]


def test_two_cameras_that_see_the_same_plate_at_once_are_two_reads(feed: Feed) -> None:
    assert feed.store(payload(), payload(camera="MOBILE")).stored == 2


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deliveries=st.lists(st.lists(st.integers(0, 70), max_size=80), min_size=1, max_size=4))
def test_any_deliveries_leave_each_read_once(
    committed_db: None, feed: Feed, deliveries: list[list[int]]
) -> None:
    """However reads are split, mixed and repeated, each is stored by exactly one delivery.

    With real commits: the staging table is emptied by them.
    """
    code = f"R{next(_numbers)}"  # a plate of this example's own
    everything = many(71, plate=code)
    receipts = [feed.store(*[everything[i] for i in wanted]) for wanted in deliveries]
    distinct = {i for wanted in deliveries for i in wanted}
    assert sum(receipt.stored for receipt in receipts) == len(distinct)
    assert len(hits(code)) == len(distinct)
    for receipt, wanted in zip(receipts, deliveries, strict=True):
        assert receipt.stored + receipt.duplicate == len(wanted)


# ING-4: a receipt says what became of each read.
def test_receipt_is_kept_with_the_exceptions(feed: Feed) -> None:
    feed.store(payload())
    receipt = feed.store(payload(), payload(plate="NEW 1"), payload(plate=""))
    batch = Batch.objects.get(pk=receipt.receipt)
    assert (batch.stored, batch.duplicate, batch.quarantined, batch.refused) == (1, 1, 1, 0)
    assert [(e["index"], e["outcome"], e["reason"]) for e in batch.exceptions] == [
        (0, "duplicate", None),
        (2, "quarantined", "no_plate"),
    ]


def test_empty_delivery_has_a_receipt_too(feed: Feed) -> None:
    receipt = feed.store()
    assert Batch.objects.get(pk=receipt.receipt).stored == 0


# ING-5
def test_quarantined_read_keeps_its_payload_and_photographs(
    feed: Feed, photograph_folder: Path
) -> None:
    sent = payload(plate="???")
    receipt = feed.store(sent)
    entry = QuarantinedRead.objects.get()
    assert entry.pk == receipt.reads[0].id
    scene, close_up = (hashlib.sha256(data).hexdigest() for data in (SCENE, CLOSE_UP))
    assert entry.reason == "plate_unreadable"
    assert "?" in entry.detail
    assert entry.payload == sent | {
        "photos": [{"role": "scene", "sha256": scene}, {"role": "plate", "sha256": close_up}]
    }
    assert Photograph.objects.count() == 2
    # Repaired, it can be fed again as it stands.
    assert feed.store(entry.payload | {"plate": "ABC 123"}).stored == 1


def test_quarantined_read_waits_once_however_often_it_comes(feed: Feed) -> None:
    ids = {feed.store(payload(plate="")).reads[0].id for _ in range(3)}
    assert QuarantinedRead.objects.count() == len(ids) == 1


@pytest.mark.parametrize(
    "extra",
    [
        {"note": "nul \0 inside", "\0": 1},
        {"note": float("nan")},
        {"note": float("-inf")},
        {"note": "x" * 200_000},
        {"note": [[[["deep"]]]]},
    ],
)
def test_quarantine_takes_whatever_the_payload_holds(feed: Feed, extra: dict[str, Any]) -> None:
    receipt = feed.store(payload(plate="", **extra))
    assert receipt.quarantined == 1
    assert QuarantinedRead.objects.get().reason == "no_plate"


def test_bottomless_payload_is_kept_to_a_depth(feed: Feed) -> None:
    nest: Any = "bottom"
    for _ in range(900):
        nest = [nest]
    assert feed.store(payload(plate="", note=nest)).quarantined == 1


def test_camera_switched_off_sends_its_reads_to_quarantine(feed: Feed) -> None:
    switch_camera(actor=ACTOR, camera=feed.fixed, on=False, reason=WHY, now=NOW)
    assert feed.store(payload()).reads[0].reason == "camera_inactive"


def test_camera_of_another_source_is_unknown(feed: Feed) -> None:
    other = make_feed("NY-TOLL")
    Camera.objects.filter(pk=other.mobile.pk).update(code="THEIRS")
    assert feed.store(payload(camera="THEIRS")).reads[0].reason == "camera_unknown"


# --- photographs -----------------------------------------------------------------------------


def test_photographs_are_on_disk_under_their_hash(feed: Feed, photograph_folder: Path) -> None:
    feed.store(payload())
    for data in (SCENE, CLOSE_UP):
        name = hashlib.sha256(data).hexdigest()
        assert (photograph_folder / name[:2] / name[2:4] / name).read_bytes() == data
    row = Photograph.objects.get(sha256=hashlib.sha256(SCENE).digest())
    assert (row.content_type, row.width, row.height, row.size) == (
        "image/jpeg", 64, 40, len(SCENE),
    )  # fmt: skip


def test_photograph_type_is_told_by_its_content(feed: Feed) -> None:
    scenes = {"image/png": picture(1, kind="PNG"), "image/webp": picture(1, kind="WEBP")}
    for content_type, data in scenes.items():
        photos = [
            {"role": "scene", "data": encoded(data)},
            {"role": "plate", "data": encoded(CLOSE_UP)},
        ]
        feed.store(payload(plate=content_type[6:], photos=photos))
        sha256 = hashlib.sha256(data).digest()
        assert Photograph.objects.get(sha256=sha256).content_type == content_type


def test_known_photograph_may_be_named_by_its_hash(feed: Feed) -> None:
    feed.store(payload())
    photos: list[dict[str, Any]] = [
        {"role": "scene", "sha256": hashlib.sha256(SCENE).hexdigest()},
        {"role": "plate", "sha256": hashlib.sha256(CLOSE_UP).hexdigest()},
    ]
    assert feed.store(payload(plate="NEW 1", photos=photos)).stored == 1
    # A close-up can be cut from a scene that is stored already.
    photos = [photos[0] | {"box": [4, 4, 30, 12]}]
    assert feed.store(payload(plate="NEW 2", photos=photos)).stored == 1


def test_photograph_of_another_source_is_unknown_by_its_hash(feed: Feed) -> None:
    """Nobody finds out by a hash what others have sent."""
    make_feed("NY-TOLL").store(payload())
    photos = [
        {"role": role, "sha256": hashlib.sha256(data).hexdigest()}
        for role, data in (("scene", SCENE), ("plate", CLOSE_UP))
    ]
    assert feed.store(payload(photos=photos)).reads[0].reason == "photograph_unknown"


def test_storage_that_fails_keeps_nothing(feed: Feed, photograph_folder: Path) -> None:
    photograph_folder.write_text("no folder can be made here")
    with pytest.raises(StorageUnavailable):
        feed.store(payload())
    assert not Batch.objects.exists()
    assert hits() == []


def test_files_of_a_delivery_that_was_never_committed_do_no_harm(
    feed: Feed, photograph_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ING-4: the process dies after the photographs and before the commit."""

    def die(**_: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(insertion, "insert_batch", die)
        with pytest.raises(KeyboardInterrupt):
            feed.store(payload())
    assert len([path for path in photograph_folder.rglob("*") if path.is_file()]) == 2
    assert not Photograph.objects.exists()
    assert feed.store(payload()).stored == 1
    assert len([path for path in photograph_folder.rglob("*") if path.is_file()]) == 2


# --- sources and credentials -----------------------------------------------------------------


# ING-1
def test_paused_source_delivers_nothing(feed: Feed) -> None:
    pause_source(actor=ACTOR, source=feed.source, reason=WHY, now=NOW)
    with pytest.raises(PolicyDenied) as refusal:
        feed.store(payload())
    assert refusal.value.code == "source_paused"


# ING-1: at once, also for what has been let in already.
def test_pause_meanwhile_stops_a_delivery_on_its_way(feed: Feed) -> None:
    pause_source(actor=ACTOR, source=type(feed.source).objects.get(), reason=WHY, now=NOW)
    assert not feed.source.is_paused, "this process still holds the row from before"
    with pytest.raises(PolicyDenied) as refusal:
        feed.store(payload())
    assert refusal.value.code == "source_paused"


def test_revocation_meanwhile_stops_a_delivery_on_its_way(feed: Feed) -> None:
    revoke_feed_key(actor=ACTOR, feed_key=feed.issued.key, reason=WHY, now=NOW)
    assert feed.issued.key.revoked_at is None, "this process still holds the row from before"
    with pytest.raises(PolicyDenied) as refusal:
        feed.store(payload())
    assert refusal.value.code == "feed_key_revoked"
    assert not Batch.objects.exists()


# --- handing on ------------------------------------------------------------------------------


# ING-8
def test_signal_follows_the_commit_of_stored_reads(
    feed: Feed, django_capture_on_commit_callbacks: Capture
) -> None:
    with heard() as batches:
        with django_capture_on_commit_callbacks(execute=True):
            receipt = feed.store(payload())
            assert batches == []
        assert batches == [receipt.receipt]
        with django_capture_on_commit_callbacks(execute=True):
            feed.store(payload(), payload(plate=""))
        assert batches == [receipt.receipt], "nothing new, nobody told"


def test_listener_that_fails_does_not_fail_the_delivery(
    feed: Feed, django_capture_on_commit_callbacks: Capture
) -> None:
    def fail(**_: Any) -> None:
        raise ConnectionError("the broker is away")

    reads_stored.connect(fail)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            assert feed.store(payload()).stored == 1
    finally:
        reads_stored.disconnect(fail)


# --- partitions ------------------------------------------------------------------------------


def test_old_reads_get_their_months(feed: Feed) -> None:
    old = [datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)]
    receipt = feed.store(*[payload(captured_at=at.isoformat()) for at in old], payload())
    assert receipt.stored == 3
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('ingest_read_y2019m12'), to_regclass('ingest_read_y2020m01')"
        )
        assert None not in cursor.fetchone()
    assert [read.captured_at for read in hits()] == [CAPTURED, *reversed(old)]


# --- several at once -------------------------------------------------------------------------


def test_same_reads_from_eight_connections_at_once_are_stored_once(
    committed_db: None, feed: Feed, connect_as: Connect
) -> None:
    """ING-4: each read by exactly one delivery, none lost, none locked out, old months included."""
    ready = threading.Barrier(8)
    sent = [*many(120), payload(captured_at="2018-03-01T00:00:00Z")]

    def deliver(number: int) -> tuple[int, int]:
        mine = random.Random(number).sample(sent, len(sent))
        ready.wait()
        try:
            receipt = feed.store(*mine)
            return receipt.stored, receipt.duplicate
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(deliver, range(8)))
    assert sum(stored for stored, _ in results) == 121
    assert all(stored + duplicate == 121 for stored, duplicate in results)
    root = connect_as("postgres")
    assert root.execute("SELECT count(*), count(DISTINCT id) FROM ingest_read").fetchone() == (
        121, 121,
    )  # fmt: skip
    # Each stored read is in the outbox exactly once.
    count = root.execute(
        "SELECT count(*), count(DISTINCT r) FROM ingest_outbox, unnest(read_ids) r"
    )
    assert count.fetchone() == (121, 121)


def test_worker_stores_reads_as_the_web_does(
    committed_db: None, feed: Feed, as_role: AsRole
) -> None:
    with as_role("lpr_worker"):
        assert feed.store(*many(60)).stored == 60
