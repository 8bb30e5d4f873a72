"""Quarantined reads: repaired and stored, or discarded, once, and erased in the end (ING-5)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction

from audit.kinds import Kind
from ingest.models import Batch, QuarantinedRead, QuarantineState
from ingest.rules import QUARANTINE_SETTLED_KEPT, QUARANTINE_WAITS
from ingest.services import quarantine
from ingest.services.quarantine import AlreadySettled, Forbidden, Repair, StillFaulty
from ingest.services.sources import pause_source
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from lprsvc.lib.ids import uuid7
from tests.audited import assert_audited, events_of, recorded
from tests.cast import Cast
from tests.harness.database import AsRole, Connect
from tests.harness.plugin import this_database, this_run
from tests.ingest.feed import ACTOR, CAPTURED, NOW, WHY, Feed, encoded, hits, payload, picture
from tests.ingest.jurisdictions import withdraw_all

FUTURE = (NOW + timedelta(hours=3)).isoformat()


def held(feed: Feed, **changes: Any) -> QuarantinedRead:
    """A read in quarantine."""
    receipt = feed.store(payload(**changes))
    return QuarantinedRead.objects.get(batch=receipt.receipt)


def fix(read: QuarantinedRead, **changes: Any) -> Repair:
    """The read as it came, but for `changes`."""
    came = read.read
    values: dict[str, Any] = {
        "plate": came.get("plate", ""),
        "state": came.get("state", ""),
        "captured_at": came.get("captured_at", ""),
        "camera": came.get("camera", ""),
        "latitude": came.get("latitude"),
        "longitude": came.get("longitude"),
        "confidence": came.get("confidence"),
        "scene": 0,
        "close_up": 1,
    }
    return Repair(**(values | changes))


def repair(read: QuarantinedRead, **changes: Any) -> Any:
    return quarantine.repair_read(
        actor=ACTOR, pk=read.pk, repair=fix(read, **changes), reason=WHY, now=NOW
    )


# --- what is kept ---------------------------------------------------------------------------------


def test_read_is_kept_as_understood_with_its_camera_and_photographs(feed: Feed) -> None:
    read = held(feed, captured_at=FUTURE)
    assert (read.source, read.camera, read.state) == (feed.source, "FIXED", "waiting")
    assert read.read["plate"] == "ABC 123"
    hashes = [photo["sha256"] for photo in read.read["photos"]]
    assert [bytes(sha256).hex() for sha256 in read.photographs] == hashes


def test_payload_that_is_no_read_is_kept_without_one(feed: Feed) -> None:
    receipt = feed.store(["no", "object"], {"camera": 7, "plate": ["A"]})
    first, second = QuarantinedRead.objects.filter(batch=receipt.receipt).order_by("index")
    assert (first.read, first.photographs, first.camera) == ({"photos": []}, [], "")
    assert (second.read, second.camera) == ({"photos": [], "camera": 7}, "7")


# --- repair ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "repaired"),
    [
        ({"plate": ""}, {"plate": "ABC 123"}),
        ({"plate": "AB?123"}, {"plate": "ABC 123"}),
        ({"state": "ZZ"}, {"state": "US-PA"}),
        ({"captured_at": FUTURE}, {"captured_at": CAPTURED.isoformat()}),
        ({"captured_at": "yesterday"}, {"captured_at": CAPTURED.isoformat()}),
        ({"camera": "NOBODY"}, {"camera": "FIXED"}),
        ({"latitude": -75.16, "longitude": 39.95}, {"latitude": 39.95, "longitude": -75.16}),
        ({"latitude": 47.0}, {"latitude": None, "longitude": None}),
        ({"confidence": 97}, {"confidence": 0.97}),
    ],
)
def test_repaired_read_is_stored_like_any_other(
    feed: Feed, sent: dict[str, Any], repaired: dict[str, Any]
) -> None:
    read = held(feed, **sent)
    outcome = repair(read, **repaired)
    (hit,) = hits()
    assert (outcome.outcome, outcome.id) == ("stored", hit.id)
    assert (hit.plate_key, hit.state, hit.captured_at) == ("ABC123", "US-PA", CAPTURED)
    assert (hit.make, hit.camera) == ("Toyota", feed.fixed)
    read.refresh_from_db()
    assert (read.state, read.settled_by) == (QuarantineState.REPAIRED, ACTOR.id)
    assert read.erase_after == NOW + QUARANTINE_SETTLED_KEPT
    assert read.payload["plate"] == payload(**sent)["plate"]
    assert read.became is not None
    assert (read.became.format, read.became.stored) == ("quarantine", 1)


# ING-8
def test_repaired_read_waits_to_be_matched(
    committed_db: None, feed: Feed, connect_as: Connect
) -> None:
    outcome = repair(held(feed, plate=""), plate="ABC 123")
    rows = connect_as("postgres").execute("SELECT read_ids FROM ingest_outbox").fetchall()
    assert rows == [([outcome.id],)]


def test_missing_photograph_is_attached(feed: Feed) -> None:
    scene = {"role": "scene", "data": encoded(picture(10))}
    read = held(feed, photos=[scene])
    new = picture(99)
    assert repair(read, close_up=new).outcome == "stored"
    (hit,) = hits()
    assert not hit.plate_is_derived


def test_close_up_is_cut_from_the_scene(feed: Feed) -> None:
    read = held(feed, photos=[{"role": "scene", "data": encoded(picture(10))}])
    assert repair(read, close_up=None, box=(4.0, 4.0, 30.0, 12.0)).outcome == "stored"
    (hit,) = hits()
    assert hit.plate_is_derived


def test_photographs_in_the_wrong_roles_are_told_apart(feed: Feed) -> None:
    photos = [{"role": "overview", "data": encoded(picture(number))} for number in (10, 200)]
    read = held(feed, photos=photos)
    assert repair(read, scene=1, close_up=0).outcome == "stored"
    (hit,) = hits()
    assert bytes(hit.scene_sha256) == bytes(read.photographs[1])


def test_read_that_was_stored_meanwhile_is_a_duplicate(feed: Feed) -> None:
    read = held(feed, captured_at=FUTURE)
    feed.store(payload())
    assert repair(read, captured_at=CAPTURED.isoformat()).outcome == "duplicate"
    read.refresh_from_db()
    assert read.state == QuarantineState.REPAIRED


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"plate": ""}, "plate"),
        ({"plate": "A?"}, "plate"),
        ({"state": "ZZ"}, "state"),
        ({"captured_at": "noon"}, "captured_at"),
        ({"captured_at": FUTURE}, "captured_at"),
        ({"camera": "NOBODY"}, "camera"),
        ({"latitude": 1.0}, "latitude"),
        ({"confidence": 97.0}, ""),
        ({"scene": None}, "scene"),
        ({"scene": b"<svg/>"}, "scene"),
        ({"close_up": None}, "scene"),
        ({"scene": 7}, "scene"),
    ],
)
def test_repair_that_is_none_is_refused_and_changes_nothing(
    feed: Feed, wrong: dict[str, Any], field: str
) -> None:
    read = held(feed, captured_at=FUTURE)
    right: dict[str, Any] = {"captured_at": CAPTURED.isoformat()}
    with recorded() as events, pytest.raises(StillFaulty) as refusal:
        repair(read, **(right | wrong))
    assert set(refusal.value.errors) == {field}
    assert QuarantinedRead.objects.get(pk=read.pk).state == QuarantineState.WAITING
    assert Batch.objects.count() == 1
    assert hits() == []
    # The log tells that it was tried, without what was typed.
    [event] = events
    assert event.kind == Kind.ADMIN_REFUSED
    assert "A?" not in str(event.fields)


def test_event_tells_what_was_corrected_and_never_the_plate(feed: Feed) -> None:
    # Letters that no id has in its hex digits.
    read = held(feed, plate="WX?789")
    [event] = assert_audited(lambda: repair(read, plate="WXY 789"), Kind.QUARANTINE_REPAIRED)
    assert event.fields["corrected"] == ["plate"]
    assert event.fields["fault"] == "plate_unreadable"
    assert event.fields["object"] == f"quarantinedread:{read.pk}"
    assert "WXY" not in str(event.fields).upper()
    assert event.plate is None


def test_repair_needs_a_reason_and_the_vendor(feed: Feed, cast: Cast) -> None:
    read = held(feed, plate="")
    values: dict[str, Any] = {"pk": read.pk, "repair": fix(read, plate="ABC 123"), "now": NOW}
    with pytest.raises(InvalidInput):
        quarantine.repair_read(actor=ACTOR, reason=" ", **values)
    for part in ("investigator", "supervisor", "manager", "auditor", "other"):
        with pytest.raises(PolicyDenied):
            quarantine.repair_read(actor=cast.everybody[part].person, reason=WHY, **values)
    assert (
        quarantine.repair_read(actor=cast.vendor.person, reason=WHY, **values).outcome == "stored"
    )


def test_paused_source_stores_no_repaired_read_either(feed: Feed) -> None:
    read = held(feed, plate="")
    pause_source(actor=ACTOR, source=feed.source, reason=WHY, now=NOW)
    with pytest.raises(PolicyDenied, match="paused"):
        repair(read, plate="ABC 123")
    assert QuarantinedRead.objects.get().state == QuarantineState.WAITING


def test_unknown_read_is_not_found(feed: Feed) -> None:
    with pytest.raises(NotFound):
        quarantine.discard_read(actor=ACTOR, pk=uuid7(), reason=WHY, now=NOW)


# --- discarding -----------------------------------------------------------------------------------


def test_discarded_read_is_settled_and_not_stored(feed: Feed) -> None:
    read = held(feed, plate="")

    def discard() -> None:
        quarantine.discard_read(actor=ACTOR, pk=read.pk, reason="no plate", now=NOW)

    [event] = assert_audited(discard, Kind.QUARANTINE_DISCARDED)
    assert event.fields["reason"] == "no plate"
    assert QuarantinedRead.objects.get().state == QuarantineState.DISCARDED
    assert hits() == []


@pytest.mark.parametrize("first", ["repair", "discard"])
def test_what_is_settled_stays_so(feed: Feed, first: str) -> None:
    read = held(feed, plate="")

    def discard() -> None:
        quarantine.discard_read(actor=ACTOR, pk=read.pk, reason=WHY, now=NOW)

    if first == "discard":
        discard()
    else:
        repair(read, plate="ABC 123")
    with pytest.raises(AlreadySettled):
        discard()
    with pytest.raises(AlreadySettled):
        repair(read, plate="ABC 123")


def test_of_two_people_at_once_one_repairs(committed_db: None, feed: Feed) -> None:
    read, ready = held(feed, plate=""), threading.Barrier(4)

    def attempt(number: int) -> str:
        ready.wait()
        try:
            if number % 2:
                quarantine.discard_read(actor=ACTOR, pk=read.pk, reason=WHY, now=NOW)
                return "discarded"
            repair(read, plate="ABC 123")
        except AlreadySettled:
            return "too late"
        else:
            return "repaired"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = sorted(pool.map(attempt, range(4)))
    assert done.count("too late") == 3
    assert len(hits()) == done.count("repaired")
    assert QuarantinedRead.objects.get().state in done


# --- erasing --------------------------------------------------------------------------------------


def test_settled_reads_are_erased_after_their_time(feed: Feed, as_role: AsRole) -> None:
    for number in range(3):
        read = held(feed, plate="", id=str(number))
        if number:
            quarantine.discard_read(actor=ACTOR, pk=read.pk, reason=WHY, now=NOW)
    with as_role("lpr_worker"):
        soon = NOW + QUARANTINE_SETTLED_KEPT - timedelta(seconds=1)
        assert quarantine.erase_settled(now=soon) == 0
    _make_due()
    with as_role("lpr_worker"):
        assert quarantine.erase_settled(now=NOW) == 2
        assert quarantine.erase_settled(now=NOW) == 0
    assert QuarantinedRead.objects.get().state == QuarantineState.WAITING
    [event] = [e for e in events_of(Kind.SYSTEM_MAINTAINED) if e.fields.get("erased")]
    assert event.fields["erased"] == 2


def _make_due() -> None:
    """Settled a month ago: the database's own clock decides what may be erased."""
    with this_run().connect("postgres", this_database()) as root:
        root.execute("ALTER TABLE ingest_quarantinedread DISABLE TRIGGER settled_once")
        root.execute(
            "UPDATE ingest_quarantinedread SET erase_after = %s WHERE state <> 'waiting'",
            [NOW - timedelta(seconds=1)],
        )
        root.execute("ALTER TABLE ingest_quarantinedread ENABLE TRIGGER settled_once")


def test_what_nobody_repairs_is_discarded_in_the_end(feed: Feed, as_role: AsRole) -> None:
    held(feed, plate="")
    with as_role("lpr_worker"):
        assert quarantine.discard_forgotten(now=NOW + QUARANTINE_WAITS) == 0
        late = NOW + QUARANTINE_WAITS + timedelta(seconds=1)
        assert quarantine.discard_forgotten(now=late) == 1
        assert quarantine.discard_forgotten(now=late) == 0
    read = QuarantinedRead.objects.get()
    assert (read.state, read.settled_by) == ("discarded", "system:ingest.tidy_quarantine")


# --- the database's own guard ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ingest_quarantinedread SET payload = '{}'",
        "UPDATE ingest_quarantinedread SET read = '{}'",
        "UPDATE ingest_quarantinedread SET camera = 'X'",
        "UPDATE ingest_quarantinedread SET reason = 'no_plate'",
        "DELETE FROM ingest_quarantinedread",
    ],
)
def test_web_role_changes_nothing_that_came(feed: Feed, statement: str) -> None:
    held(feed, plate="")
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (("UPDATE ingest_quarantinedread SET state = 'waiting', settled_at = NULL,"
         " erase_after = NULL"), "is settled"),
        ("DELETE FROM ingest_quarantinedread", "not to be erased yet"),
    ],
)  # fmt: skip
def test_worker_neither_reopens_nor_erases_too_soon(
    feed: Feed, as_role: AsRole, statement: str, why: str
) -> None:
    read = held(feed, plate="")
    quarantine.discard_read(actor=ACTOR, pk=read.pk, reason=WHY, now=NOW)
    with (
        as_role("lpr_worker"),
        pytest.raises(ProgrammingError, match=why),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_owner_changes_no_payload(feed: Feed, as_role: AsRole) -> None:
    held(feed, plate="")
    with (
        as_role("lpr_owner"),
        pytest.raises(ProgrammingError, match="never changes"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE ingest_quarantinedread SET payload = '{}'")


def test_id_of_a_repaired_read_says_nothing_new(feed: Feed) -> None:
    """The id in the event is that of the read itself (`ingest.models.read_id`)."""
    read = held(feed, plate="")
    outcome = repair(read, plate="ABC 123")
    assert isinstance(outcome.id, UUID)
    assert hits()[0].id == outcome.id


# ING-6
def test_what_the_law_forbids_by_now_is_not_stored_by_a_repair(feed: Feed) -> None:
    read = held(feed, plate="")
    withdraw_all("US-PA")
    with pytest.raises(Forbidden, match="jurisdiction_unruled"):
        repair(read, plate="ABC 123")
    assert QuarantinedRead.objects.get().state == QuarantineState.WAITING
    assert hits() == []


# ING-4
def test_repaired_sighting_keeps_the_senders_own_id(feed: Feed) -> None:
    sent = {"plate": "AB?123", "keys": ["vendor-7"]}
    repair(held(feed, **sent), plate="ABC 123")
    again = feed.store(payload(plate="ABC 123", keys=["vendor-7"]))
    assert again.duplicate == 1
