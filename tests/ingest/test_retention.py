"""Reads whose time is over are erased, with their photographs, and nothing else is (ING-6)."""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from audit.actors import system
from audit.kinds import Kind
from audit.models import Event
from audit.services import record
from ingest.models import (
    Coverage,
    Erasure,
    Photograph,
    QuarantinedRead,
)
from ingest.regions import FIPS_OF_STATE
from ingest.services import erased_files, retention
from ingest.services import reads as storing
from ingest.services.coverage import rebuild_coverage, roll_up
from ingest.services.retention import Erased
from lprsvc.lib.errors import AuditUnavailable
from lprsvc.lib.ids import uuid7
from tests.audited import broken_log, recorded
from tests.harness.database import AsRole, Connect
from tests.ingest.feed import (
    ACTOR,
    CLOSE_UP,
    NOW,
    SCENE,
    Feed,
    encoded,
    hits,
    make_feed,
    payload,
    picture,
)
from tests.ingest.jurisdictions import enter, withdraw_all

OLD, YOUNG = NOW - timedelta(days=40), NOW - timedelta(days=20)
NEW_JERSEY = {"camera": "MOBILE", "latitude": 40.2206, "longitude": -74.7597}


def at(moment: datetime, **changes: Any) -> dict[str, Any]:
    return payload(captured_at=moment.isoformat(), **changes)


def shaded(shade: int) -> bytes:
    """Far enough apart that JPEG tells them apart."""
    return picture(shade * 30)


def photos(*shades: int) -> list[dict[str, Any]]:
    """Scene and close-up of these shades."""
    roles = zip(("scene", "plate"), shades, strict=True)
    return [{"role": role, "data": encoded(shaded(shade))} for role, shade in roles]


def sha256_of(shade: int) -> bytes:
    return hashlib.sha256(shaded(shade)).digest()


def files(folder: Path) -> set[bytes]:
    return {bytes.fromhex(path.name) for path in folder.rglob("*") if path.is_file()}


def rows() -> set[bytes]:
    return {bytes(sha256) for sha256 in Photograph.objects.values_list("sha256", flat=True)}


@pytest.fixture
def night(as_role: AsRole) -> Callable[..., Erased]:
    """Tonight's run, as the worker; it must not be another's."""

    def run(*, now: datetime | None = None, seconds: float = 600.0) -> Erased:
        with as_role("lpr_worker"):
            erased = retention.erase_expired(now=now or datetime.now(UTC), seconds=seconds)
        assert erased is not None
        return erased

    return run


Night = Callable[..., Erased]


# ING-6
def test_what_is_over_goes_and_the_rest_stays(
    feed: Feed, night: Night, photograph_folder: Path
) -> None:
    feed.store(at(OLD, photos=photos(1, 2)), at(YOUNG, photos=photos(3, 4)))
    enter(retention_days=30)
    erased = night()
    assert (erased.reads, erased.photographs, erased.files) == (1, 2, 2)
    assert [read.captured_at for read in hits()] == [YOUNG]
    assert rows() == files(photograph_folder) == {sha256_of(3), sha256_of(4)}


def test_run_tells_how_many_and_where_and_no_plate(feed: Feed, night: Night) -> None:
    feed.store(at(OLD), at(OLD, plate="OTHER", **NEW_JERSEY))
    enter("US-PA", "US-NJ", retention_days=30)
    with recorded() as events:
        night()
    assert {event.kind for event in events} == {Kind.INGEST_ERASED, Kind.SYSTEM_MAINTAINED}
    *steps, run = events
    assert sum(step.fields["reads"] for step in steps) == 2
    assert run.fields["by_jurisdiction"] == {"US-NJ": 1, "US-PA": 1}
    assert (run.fields["reads_erased"], run.outcome) == (2, "ok")
    told = repr([event.fields for event in events])
    assert "ABC" not in told
    assert "OTHER" not in told
    assert {str(step.fields["erasure"]) for step in steps} == {
        str(pk) for pk in Erasure.objects.values_list("pk", flat=True)
    }


def test_time_is_over_to_the_second(feed: Feed, night: Night) -> None:
    month = timedelta(days=30)
    now = datetime.now(UTC)
    feed.store(at(now - month - timedelta(minutes=1)), at(now - month + timedelta(minutes=5)))
    enter(retention_days=30)
    assert night().reads == 1
    assert [read.captured_at for read in hits()] == [now - month + timedelta(minutes=5)]


def test_second_run_finds_nothing_and_says_so(feed: Feed, night: Night) -> None:
    feed.store(at(OLD))
    enter(retention_days=30)
    assert night().reads == 1
    with recorded() as events:
        assert night().reads == 0
    [run] = events
    assert (run.kind, run.fields["reads_erased"]) == (Kind.SYSTEM_MAINTAINED, 0)


def test_two_at_once_are_one(
    feed: Feed, connect_as: Connect, night: Night, as_role: AsRole
) -> None:
    feed.store(at(OLD))
    enter(retention_days=30)
    other = connect_as("lpr_worker")
    other.execute("SELECT pg_advisory_lock(hashtextextended('ingest.erase_expired', 0))")
    with as_role("lpr_worker"):
        assert retention.erase_expired(now=NOW) is None
    other.close()
    assert night().reads == 1


def test_state_that_forbids_loses_all_its_reads_tonight(feed: Feed, night: Night) -> None:
    feed.store(at(NOW - timedelta(minutes=5)), at(OLD, **NEW_JERSEY))
    enter("US-PA", is_lawful=False, retention_days=0)
    assert night().by_state == {"US-PA": 1}
    assert [read.captured_at for read in hits()] == [OLD]


def test_state_that_forbids_may_let_the_old_ones_be_kept(feed: Feed, night: Night) -> None:
    feed.store(at(OLD), at(YOUNG))
    enter(is_lawful=False, retention_days=30)
    assert night().reads == 1
    assert [read.captured_at for read in hits()] == [YOUNG]


def test_county_goes_by_its_own_rule(feed: Feed, night: Night) -> None:
    pittsburgh = {"camera": "MOBILE", "latitude": 40.4406, "longitude": -79.9959}
    feed.store(at(OLD), at(OLD, **pittsburgh))
    enter(county="Philadelphia", retention_days=30)
    assert night().reads == 1
    assert [read.camera.code for read in hits()] == ["MOBILE"]


def test_state_whose_rule_is_withdrawn_keeps_what_it_has(feed: Feed, night: Night) -> None:
    """Nothing is erased without a rule that says so: a mistake must not cost the reads."""
    feed.store(at(OLD))
    withdraw_all()
    assert night().reads == 0
    assert len(hits()) == 1


def test_rule_to_come_erases_nothing_yet(feed: Feed, night: Night) -> None:
    feed.store(at(OLD))
    enter(retention_days=30, valid_from=(NOW + timedelta(days=2)).date())
    assert night().reads == 0


# --- photographs -----------------------------------------------------------------------------


def test_photograph_goes_with_its_last_read(
    feed: Feed, night: Night, photograph_folder: Path
) -> None:
    """One picture of two cars, the second of which is read later."""
    feed.store(at(OLD, photos=photos(1, 2)))
    feed.store(at(YOUNG, photos=photos(1, 3)))
    enter(retention_days=30)
    night()
    assert rows() == files(photograph_folder) == {sha256_of(1), sha256_of(3)}
    enter(retention_days=10, valid_from=date(2021, 1, 1))
    night()
    assert rows() == files(photograph_folder) == set()


def test_photograph_of_two_reads_of_one_delivery_goes_with_the_last(
    feed: Feed, night: Night, photograph_folder: Path
) -> None:
    feed.store(at(OLD, photos=photos(1, 2)), at(YOUNG, photos=photos(1, 3)))
    enter(retention_days=30)
    night()
    assert files(photograph_folder) == {sha256_of(1), sha256_of(3)}


def test_both_cars_of_one_picture_may_go_at_once(
    feed: Feed, night: Night, photograph_folder: Path
) -> None:
    feed.store(at(OLD, photos=photos(1, 2)), at(OLD, plate="OTHER", photos=photos(1, 3)))
    enter(retention_days=30)
    erased = night()
    assert (erased.reads, erased.photographs, erased.files) == (2, 3, 3)
    assert rows() == files(photograph_folder) == set()


def test_one_picture_may_be_scene_and_close_up(
    feed: Feed, night: Night, photograph_folder: Path
) -> None:
    feed.store(at(OLD, photos=photos(1, 1)))
    enter(retention_days=30)
    assert night().photographs == 1
    assert files(photograph_folder) == set()


@pytest.mark.parametrize("first", ["read", "quarantine"])
def test_photograph_that_the_quarantine_names_stays(
    feed: Feed, night: Night, photograph_folder: Path, first: str
) -> None:
    deliveries = [at(OLD, photos=photos(1, 2)), at(OLD, plate="", photos=photos(1, 2))]
    for delivery in deliveries if first == "read" else reversed(deliveries):
        feed.store(delivery)
    enter(retention_days=30)
    assert night().reads == 1
    assert rows() == files(photograph_folder) == {sha256_of(1), sha256_of(2)}


def test_photograph_of_an_entry_taken_out_of_quarantine_goes(
    feed: Feed, night: Night, photograph_folder: Path, connect_as: Connect
) -> None:
    feed.store(at(OLD, plate="", photos=photos(1, 2)), at(YOUNG, photos=photos(1, 3)))
    root = connect_as("postgres")
    root.execute(
        "UPDATE ingest_quarantinedread SET state = 'discarded', settled_at = now(),"
        " erase_after = now()"
    )
    root.execute("DELETE FROM ingest_quarantinedread")
    assert root.execute("SELECT count(*) FROM ingest_suspectphotograph").fetchone() == (2,)
    night()
    assert rows() == files(photograph_folder) == {sha256_of(1), sha256_of(3)}


# QRY-10
def test_original_of_a_corrected_read_goes_when_its_own_time_is_over(
    feed: Feed, night: Night, photograph_folder: Path, connect_as: Connect
) -> None:
    feed.store(at(OLD, photos=photos(1, 2)), at(YOUNG, photos=photos(1, 3)))
    root = connect_as("postgres")
    columns = (
        "plate_key, state, captured_at, camera_id, batch_id, latitude_e7, longitude_e7, confidence,"
        " plate_is_derived, scene_sha256, plate_sha256, plate_text, make, model, color, county"
    )
    root.execute(
        f"WITH old AS (DELETE FROM ingest_read RETURNING *)"
        f" INSERT INTO ingest_correction (id, read_id, version, key_id, outcome, valid_from,"
        f" valid_until, event_id, corrected_by, corrected_by_name, reason, {columns})"
        f" SELECT gen_random_uuid(), id, 1, id, 'withdrawn', '-infinity', now(),"
        f" gen_random_uuid(), 'x', 'x', 'x', {columns} FROM old"
    )
    enter(retention_days=30)
    assert night().reads == 1
    left = root.execute("SELECT captured_at FROM ingest_correction").fetchall()
    assert left == [(YOUNG,)]
    assert rows() == files(photograph_folder) == {sha256_of(1), sha256_of(3)}


def test_run_that_died_before_the_files_leaves_them_to_the_next(
    feed: Feed, night: Night, photograph_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.store(at(OLD))
    enter(retention_days=30)

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erased_files, "remove_photographs", die)
        with pytest.raises(KeyboardInterrupt):
            night()
    assert rows() == set()
    assert len(files(photograph_folder)) == 2, "row first, file second"
    assert night().files == 2
    assert files(photograph_folder) == set()


def test_run_that_died_between_file_and_commit_does_no_harm(
    feed: Feed, night: Night, photograph_folder: Path
) -> None:
    feed.store(at(OLD))
    enter(retention_days=30)
    for path in photograph_folder.rglob("*"):
        if path.is_file():
            path.unlink()
    assert night().files == 2


def test_run_that_died_after_a_stretch_goes_on_where_it_was(
    feed: Feed, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.store(*[at(OLD - timedelta(days=day)) for day in range(5)])
    enter(retention_days=30)
    erase, left = retention._erase_stretch, [1, 2]

    def die_soon(*given: Any) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        erase(*given)

    with monkeypatch.context() as patch:
        patch.setattr(retention, "_erase_stretch", die_soon)
        with pytest.raises(KeyboardInterrupt):
            night()
    assert len(hits()) == 3
    assert night().reads == 3
    assert hits() == []


def test_run_stops_when_its_seconds_are_over_and_another_goes_on(feed: Feed, night: Night) -> None:
    feed.store(*[at(OLD - timedelta(days=day)) for day in range(3)])
    enter(retention_days=30)
    first = night(seconds=-1.0)
    assert (first.reads, first.is_finished) == (0, False)
    second = night()
    assert (second.reads, second.is_finished) == (3, True)


def test_many_reads_are_erased_in_parts(
    feed: Feed, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = OLD.replace(hour=12, minute=0)
    feed.store(*[at(day + timedelta(minutes=minute)) for minute in range(30)])
    enter(retention_days=30)
    monkeypatch.setattr(retention, "_STRETCH_READS", 10)
    with recorded() as events:
        assert night().reads == 30
    # The parts are equal in time, so noon's is one of three; it may hold all.
    assert {event.kind for event in events} == {Kind.INGEST_ERASED, Kind.SYSTEM_MAINTAINED}
    assert hits() == []


# --- pictures that come again meanwhile ------------------------------------------------------


def test_picture_that_comes_again_before_its_file_goes_is_kept(
    feed: Feed,
    night: Night,
    photograph_folder: Path,
    connect_as: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    feed.store(at(OLD, photos=photos(1, 2)))
    enter(retention_days=30)
    with monkeypatch.context() as patch:
        patch.setattr(retention, "remove_files", lambda **_: 0)
        night()
    count = "SELECT count(*) FROM ingest_erasedphotograph"
    assert connect_as("postgres").execute(count).fetchone() == (2,)
    assert feed.store(at(YOUNG, photos=photos(1, 2))).stored == 1
    assert connect_as("postgres").execute(count).fetchone() == (0,)
    night()
    assert rows() == files(photograph_folder) == {sha256_of(1), sha256_of(2)}


def test_picture_whose_file_goes_between_look_and_commit_is_written_again(
    feed: Feed, night: Night, photograph_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The delivery found the file there; then the nightly run removed it; then it commits."""
    feed.store(at(OLD, photos=photos(1, 2)))
    enter(retention_days=30)
    with monkeypatch.context() as patch:
        patch.setattr(retention, "remove_files", lambda **_: 0)
        night()
    insert = storing.insert_prepared

    def remove_first(prepared: Any) -> Any:
        for path in photograph_folder.rglob("*"):
            if path.is_file():
                path.unlink()
        return insert(prepared)

    with monkeypatch.context() as patch:
        patch.setattr(storing, "insert_prepared", remove_first)
        assert feed.store(at(YOUNG, photos=photos(1, 2))).stored == 1
    assert files(photograph_folder) == rows() == {sha256_of(1), sha256_of(2)}


def test_photograph_named_by_its_hash_and_gone_meanwhile_is_missed(
    committed_db: None, feed: Feed, connect_as: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.store(at(OLD, photos=photos(1, 2)))
    by_hash = [
        {"role": role, "sha256": sha256_of(shade).hex()}
        for role, shade in (("scene", 1), ("plate", 2))
    ]
    enter(retention_days=30)
    insert, left = storing.insert_prepared, [1]

    def erase_first(prepared: Any) -> Any:
        if left:
            left.pop()
            erase_as_another_process(connect_as)
        return insert(prepared)

    monkeypatch.setattr(storing, "insert_prepared", erase_first)
    receipt = feed.store(at(YOUNG, photos=by_hash))
    assert receipt.reads[0].reason == "photograph_unknown"
    assert hits() == []


def erase_as_another_process(connect_as: Connect) -> None:
    erase_directly(connect_as("lpr_worker"), [42101], event={"reads": 1})


# --- files without a row ---------------------------------------------------------------------


def age(path: Path, days: float) -> None:
    moment = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))


def put(folder: Path, name: str, *, days: float) -> Path:
    path = folder / name[:2] / name[2:4] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    age(path, days)
    return path


def test_files_that_no_row_names_are_removed_in_time(
    feed: Feed, night: Night, photograph_folder: Path
) -> None:
    feed.store(at(YOUNG))
    for path in photograph_folder.rglob("*"):
        if path.is_file():
            age(path, 3)
    orphan = put(photograph_folder, "ab" * 32, days=2)
    arriving = put(photograph_folder, "cd" * 32, days=0.5)
    leftover = put(photograph_folder, "ef" * 32, days=2).parent / f".{'ef' * 32}.{'0' * 32}"
    leftover.write_bytes(b"half")
    age(leftover, 2)
    stranger = put(photograph_folder, "README", days=99)
    assert night().orphans == 2
    assert not leftover.exists()
    assert orphan.exists(), "noted tonight: a delivery under way is told by the note"
    assert night().files == 2
    assert not orphan.exists()
    assert arriving.exists()
    assert stranger.exists()
    assert rows() == {hashlib.sha256(SCENE).digest(), hashlib.sha256(CLOSE_UP).digest()}


# --- whole months ----------------------------------------------------------------------------

LONG_AGO = datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC)


def has_month(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"ingest_read_{name}"])
        return cursor.fetchone()[0] is not None


def shorten_everywhere(days: int = 400) -> None:
    enter(*FIPS_OF_STATE, retention_days=days)


def test_month_that_is_over_is_dropped_whole(
    feed: Feed, night: Night, photograph_folder: Path
) -> None:
    feed.store(
        at(LONG_AGO, photos=photos(1, 2)),
        at(LONG_AGO, photos=photos(1, 3), **NEW_JERSEY),
        at(LONG_AGO + timedelta(seconds=1), photos=photos(4, 5)),
        at(YOUNG, photos=photos(1, 6)),
    )
    shorten_everywhere()
    with recorded() as events:
        erased = night()
    assert erased.months == ["2019-12", "2020-01"]
    assert erased.reads == 3
    assert not has_month("y2019m12")
    assert [read.captured_at for read in hits()] == [YOUNG]
    assert rows() == files(photograph_folder) == {sha256_of(1), sha256_of(6)}
    month = events[0]
    assert (month.kind, month.fields["month"], month.fields["reads"]) == (
        Kind.INGEST_ERASED, "2019-12", 2,
    )  # fmt: skip
    assert Erasure.objects.filter(is_month=True).count() == 2


def test_dropped_month_is_made_again_when_it_is_needed(feed: Feed, night: Night) -> None:
    feed.store(at(LONG_AGO))
    shorten_everywhere()
    night()
    shorten_back = date(2021, 1, 1)
    enter(retention_days=3_660, valid_from=shorten_back)
    assert feed.store(at(LONG_AGO)).stored == 1
    assert has_month("y2019m12")


def test_month_in_which_one_state_may_keep_its_reads_stays(feed: Feed, night: Night) -> None:
    feed.store(at(LONG_AGO), at(LONG_AGO, **NEW_JERSEY))
    shorten_everywhere()
    withdraw_all("US-NJ")
    erased = night()
    assert (erased.months, erased.by_state) == ([], {"US-PA": 1})
    assert has_month("y2019m12")


def test_month_that_somebody_reads_is_dropped_another_night(
    feed: Feed, night: Night, connect_as: Connect
) -> None:
    feed.store(at(LONG_AGO))
    shorten_everywhere()
    reader = connect_as("postgres")
    reader.autocommit = False
    reader.execute("SELECT 1 FROM ingest_read_y2019m12")
    with recorded() as events:
        erased = night()
    assert erased.failures == ["month 2019-12: LockNotAvailable"]
    # What could not be dropped was erased read by read.
    assert erased.reads == 1
    assert events[-1].outcome == "partial"
    reader.rollback()
    assert night().months == ["2019-12"]


def test_months_made_ahead_and_this_one_are_never_dropped(feed: Feed, night: Night) -> None:
    shorten_everywhere(1)
    night()
    assert has_month(f"y{NOW:%Y}m{NOW:%m}")


# --- the clock -------------------------------------------------------------------------------


def add_event(connect_as: Connect, *, days_ago: float) -> None:
    """An event of the vendor's log from then, put there past its guards."""
    root = connect_as("postgres")
    root.execute("SELECT audit.make_partitions((now() - interval '60 days')::date, 3)")
    root.execute("ALTER TABLE audit.event DISABLE TRIGGER stamp")
    moment = datetime.now(UTC) - timedelta(days=days_ago)
    partition = f"audit.event_y{moment:%Y}m{moment:%m}"
    root.execute(f"ALTER TABLE {partition} DISABLE TRIGGER stamp")
    root.execute(
        "INSERT INTO audit.event (id, at, log_id, kind, seed, fields, txid) VALUES (%s, %s,"
        " '00000000-0000-7000-8000-000000000001', 'system.maintained', %s,"
        ' \'{"actor": "system:x", "outcome": "ok"}\', pg_current_xact_id())',
        [uuid7(), moment, b"s" * 32],
    )
    for table in ("audit.event", partition):
        root.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER stamp")


def test_clock_that_jumped_ahead_erases_nothing(
    feed: Feed, night: Night, connect_as: Connect
) -> None:
    """To the log it looks as if nothing had happened for weeks."""
    feed.store(at(OLD))
    enter(retention_days=30)
    add_event(connect_as, days_ago=20)
    with recorded() as events:
        assert night().failures == ["clock_unsettled"]
    [run] = events
    assert (run.kind, run.outcome, run.fields["outcome_code"]) == (
        Kind.SYSTEM_MAINTAINED, "refused", "clock_unsettled",
    )  # fmt: skip
    assert len(hits()) == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="clock"):
        erase_directly(connect_as("lpr_worker"), [42101])


def test_clock_that_the_log_has_seen_for_a_day_is_trusted(
    feed: Feed, night: Night, connect_as: Connect
) -> None:
    """The second night after a long standstill."""
    feed.store(at(OLD))
    enter(retention_days=30)
    add_event(connect_as, days_ago=20)
    add_event(connect_as, days_ago=1)
    assert night().reads == 1


@pytest.mark.parametrize("hours", [-30, 2, 24 * 365])
def test_clocks_that_differ_erase_nothing(feed: Feed, night: Night, hours: int) -> None:
    feed.store(at(OLD))
    enter(retention_days=30)
    assert night(now=datetime.now(UTC) + timedelta(hours=hours)).failures == ["clocks_differ"]
    assert len(hits()) == 1


# --- counts ----------------------------------------------------------------------------------


def counts() -> list[tuple[date, int, int, int]]:
    found = Coverage.objects.order_by("day", "county")
    return [(one.day, one.county, one.collected, one.held) for one in found]


# ING-7
def test_what_is_collected_and_held_is_counted(feed: Feed, night: Night, as_role: AsRole) -> None:
    feed.store(at(OLD), at(YOUNG), at(YOUNG + timedelta(seconds=1)), at(YOUNG, **NEW_JERSEY))
    feed.store(at(OLD), at(YOUNG + timedelta(seconds=2)))
    with as_role("lpr_worker"):
        assert roll_up() == 2
        assert roll_up() == 0
    assert counts() == [
        (OLD.date(), 42101, 1, 1), (YOUNG.date(), 34021, 1, 1), (YOUNG.date(), 42101, 3, 3),
    ]  # fmt: skip
    enter(retention_days=30)
    night()
    assert counts()[0] == (OLD.date(), 42101, 1, 0)


def test_counts_are_rebuilt_from_the_reads(
    feed: Feed, as_role: AsRole, connect_as: Connect
) -> None:
    feed.store(at(OLD), at(YOUNG), at(YOUNG, **NEW_JERSEY))
    with as_role("lpr_worker"):
        roll_up()
    right = counts()
    connect_as("postgres").execute(
        "UPDATE ingest_coverage SET held = held + 7 WHERE county > 40000"
    )
    connect_as("postgres").execute("DELETE FROM ingest_coverage WHERE county < 40000")
    feed.store(at(YOUNG, plate="PENDING"))  # its tally is still to be rolled up
    with as_role("lpr_worker"), recorded() as events:
        span = {"since": OLD.date(), "until": NOW.date()}
        assert rebuild_coverage(actor=ACTOR, now=NOW, **span) == 3
        assert rebuild_coverage(actor=ACTOR, now=NOW, **span) == 0
    assert counts() == right
    assert events[0].fields["counts_mended"] == 3
    with as_role("lpr_worker"):
        roll_up()
    assert counts()[-1] == (YOUNG.date(), 42101, 2, 2)


def test_counts_that_tell_of_reads_that_are_not_there_are_mended(
    feed: Feed, night: Night, connect_as: Connect
) -> None:
    feed.store(at(OLD))
    enter(retention_days=30)
    night()
    connect_as("postgres").execute("UPDATE ingest_coverage SET held = 5")
    night()
    assert counts()[0][3] == 0


# --- nobody else erases anything -------------------------------------------------------------


def erase_directly(
    role: psycopg.Connection, counties: list[int], *, event: dict[str, Any] | None = None
) -> Any:
    """Call the function as the nightly run does, in one transaction; `event` recorded beside it."""
    erasure = uuid7()
    with role.transaction():
        row = role.execute(
            "SELECT ingest_erase_reads(%s, %s, %s, %s)",
            [erasure, OLD - timedelta(hours=1), OLD + timedelta(hours=1), counties],
        ).fetchone()
        if event is not None:
            fields = {"actor": "system:x", "outcome": "ok", "erasure": str(erasure)} | event
            role.execute(
                "INSERT INTO audit.event (id, log_id, kind, seed, fields) VALUES (%s,"
                " '00000000-0000-7000-8000-000000000001', 'ingest.erased', %s, %s)",
                [uuid7(), b"s" * 32, psycopg.types.json.Jsonb(fields)],
            )
    return row


ROLES = ["lpr_app", "lpr_worker", "lpr_sequencer", "lpr_auditor", "lpr_eraser"]
_REMOVALS = [
    "DELETE FROM ingest_read",
    "TRUNCATE ingest_read",
    "UPDATE ingest_read SET captured_at = '1990-01-01'",
    "DELETE FROM {partition}",
    "TRUNCATE {partition}",
    "DROP TABLE {partition}",
    "ALTER TABLE ingest_read DETACH PARTITION {partition}",
    """INSERT INTO ingest_erasure
              (id, erased_at, since, until, counties, reads, photographs, is_month)
       VALUES (gen_random_uuid(), now(), '2000-01-01', '2000-01-02', '{{}}', 0, 0, false)""",
    "DELETE FROM ingest_photograph",
]


@pytest.mark.parametrize("statement", _REMOVALS)
@pytest.mark.parametrize("role", ROLES)
def test_no_role_removes_a_read(
    committed_db: None, feed: Feed, connect_as: Connect, role: str, statement: str
) -> None:
    feed.store(at(OLD))
    partition = f"ingest_read_y{OLD:%Y}m{OLD:%m}"
    connection_ = connect_as(role)
    for group in ["none", *(["lpr_ingest"] if role in {"lpr_app", "lpr_worker"} else [])]:
        connection_.execute(f"SET ROLE {group}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection_.execute(statement.format(partition=partition))
    assert len(hits()) == 1


@pytest.mark.parametrize("role", [role for role in ROLES if role != "lpr_worker"])
@pytest.mark.parametrize(
    "call",
    [
        "ingest_erase_reads(gen_random_uuid(), '2000-01-01', '2000-01-02', '{42101}')",
        "ingest_drop_month(gen_random_uuid(), '2000-01-01')",
        "ingest_clear_suspects(10)",
        "ingest_rebuild_coverage('2000-01-01', '2000-01-02')",
        "ingest_follow_erasure(gen_random_uuid())",
    ],
)
def test_no_role_but_the_workers_may_call_what_erases(
    committed_db: None, connect_as: Connect, role: str, call: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect_as(role).execute(f"SELECT {call}")


def test_worker_erases_nothing_whose_time_is_not_over(
    committed_db: None, feed: Feed, connect_as: Connect
) -> None:
    feed.store(at(OLD))
    enter(retention_days=41)
    worker = connect_as("lpr_worker")
    for counties in ([42101], [34021], [0], [99_999], [42101, 34021]):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="may still be kept"):
            erase_directly(worker, counties, event={"reads": 1})
    assert len(hits()) == 1


@pytest.mark.parametrize(
    "event", [None, {"reads": 2}, {"reads": 0}, {"reads": 1, "erasure": str(uuid7())}]
)
def test_worker_erases_nothing_without_an_event_that_says_how_many(
    committed_db: None, feed: Feed, connect_as: Connect, event: dict[str, Any] | None
) -> None:
    feed.store(at(OLD))
    enter(retention_days=30)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no audit, no erasure"):
        erase_directly(connect_as("lpr_worker"), [42101], event=event)
    assert len(hits()) == 1
    erase_directly(connect_as("lpr_worker"), [42101], event={"reads": 1})
    assert hits() == []


def test_event_of_another_transaction_does_not_count(
    committed_db: None, feed: Feed, connect_as: Connect
) -> None:
    feed.store(at(OLD))
    enter(retention_days=30)
    worker, erasure = connect_as("lpr_worker"), uuid7()
    with transaction.atomic():
        record(
            actor=system("x"),
            kind=Kind.INGEST_ERASED,
            fields={"erasure": str(erasure), "reads": 1},
        )
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no audit"):
        worker.execute(
            "SELECT ingest_erase_reads(%s, %s, %s, '{42101}')",
            [erasure, OLD - timedelta(hours=1), OLD + timedelta(hours=1)],
        )
    assert len(hits()) == 1


def test_worker_erases_no_more_than_a_day_at_once(
    committed_db: None, feed: Feed, connect_as: Connect
) -> None:
    enter(retention_days=30)
    with pytest.raises(psycopg.errors.RaiseException, match="a day of reads"):
        connect_as("lpr_worker").execute(
            "SELECT ingest_erase_reads(gen_random_uuid(), '2000-01-01', '2000-01-03', '{42101}')"
        )


def test_worker_drops_no_month_that_may_still_be_kept(
    committed_db: None, feed: Feed, connect_as: Connect
) -> None:
    feed.store(at(LONG_AGO), at(LONG_AGO, **NEW_JERSEY))
    worker = connect_as("lpr_worker")
    for month in ("2019-12-01", f"{NOW:%Y-%m-01}", f"{NOW + timedelta(days=40):%Y-%m-01}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="may still be kept"):
            worker.execute("SELECT ingest_drop_month(gen_random_uuid(), %s)", [month])
    shorten_everywhere()
    withdraw_all("US-NJ")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="county 34021"):
        worker.execute("SELECT ingest_drop_month(gen_random_uuid(), '2019-12-01')")
    withdraw_all("US-PA")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        worker.execute("SELECT ingest_drop_month(gen_random_uuid(), '2019-12-01')")
    assert len(hits()) == 2


def test_owner_itself_sees_and_removes_nothing(
    committed_db: None, feed: Feed, connect_as: Connect
) -> None:
    """Whoever runs migrations has to take the guards away first."""
    feed.store(at(OLD))
    owner = connect_as("lpr_owner")
    partition = f"ingest_read_y{OLD:%Y}m{OLD:%m}"
    for table in ("ingest_read", partition):
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        assert owner.execute(f"DELETE FROM {table}").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="TRUNCATE"):
            owner.execute(f"TRUNCATE {table}")
    assert len(hits()) == 1


def test_month_made_later_is_guarded_as_well(
    committed_db: None, feed: Feed, connect_as: Connect
) -> None:
    feed.store(at(LONG_AGO))
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="TRUNCATE"):
        connect_as("postgres").execute("TRUNCATE ingest_read_y2019m12")


# AUD-3
def test_log_that_cannot_be_written_keeps_every_read(
    feed: Feed, as_role: AsRole, photograph_folder: Path
) -> None:
    feed.store(at(OLD))
    enter(retention_days=30)
    with as_role("lpr_worker"), broken_log(), pytest.raises(AuditUnavailable):
        retention.erase_expired(now=datetime.now(UTC))
    assert len(hits()) == 1
    assert len(files(photograph_folder)) == 2
    assert not Event.objects.filter(kind=Kind.INGEST_ERASED).exists()


def test_read_of_another_plate_and_source_is_none_of_its_business(feed: Feed, night: Night) -> None:
    make_feed("NY-TOLL").store(at(YOUNG, plate="THEIRS"))
    feed.store(at(OLD))
    enter(retention_days=30)
    assert night().reads == 1
    assert len(hits("THEIRS")) == 1
    assert not QuarantinedRead.objects.exists()
