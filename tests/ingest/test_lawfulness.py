"""What the law forbids is refused at the door, and nothing of it is kept (ING-6)."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import insertion
from ingest.lawfulness import Rulebook, kept_until, rulings
from ingest.models import Batch, JurisdictionRule, Photograph, QuarantinedRead
from ingest.schemas import Receipt, RefusedRead
from ingest.services import reads as storing
from ingest.services.sources import create_camera
from lprsvc.lib.dbrole import acting_as
from lprsvc.lib.ids import uuid7
from tests.ingest.feed import ACTOR, CAPTURED, NOW, WHY, Feed, hits, payload
from tests.ingest.jurisdictions import enter, withdraw_all

# Where the mobile camera may be: Trenton and Philadelphia.
NEW_JERSEY = {"camera": "MOBILE", "latitude": 40.2206, "longitude": -74.7597}
PENNSYLVANIA = {"camera": "MOBILE", "latitude": 39.9526, "longitude": -75.1652}


def told(receipt: Receipt) -> list[tuple[str, str | None]]:
    return [(read.outcome, read.reason) for read in receipt.reads]


def refusing_rule(receipt: Receipt, index: int = 0) -> int | None:
    read = receipt.reads[index]
    assert isinstance(read, RefusedRead)
    return read.rule


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def everything_kept() -> str:
    """All that this role may see of what came, as text."""
    rows: list[Any] = [*Batch.objects.values_list(), *QuarantinedRead.objects.values_list()]
    rows += Photograph.objects.values_list()
    return repr(rows)


# ING-6
def test_unlawful_read_leaves_neither_plate_nor_photograph(
    feed: Feed, photograph_folder: Path
) -> None:
    rule = enter(is_lawful=False, retention_days=0)
    receipt = feed.store(payload(plate="FORBIDDEN"))
    assert told(receipt) == [("refused", "jurisdiction_unlawful")]
    assert refusing_rule(receipt) == rule.pk
    assert receipt.reads[0].id is None, (
        "an id is made of the plate, and tells it to who tries them all"
    )
    assert (receipt.stored, receipt.quarantined, receipt.refused) == (0, 0, 1)
    assert files(photograph_folder) == []
    assert "FORBIDDEN" not in everything_kept()
    assert hits("FORBIDDEN") == []


def test_receipt_counts_what_was_refused_and_why(feed: Feed) -> None:
    rule = enter("US-NJ", is_lawful=False, retention_days=0)
    receipt = feed.store(payload(), payload(**NEW_JERSEY), payload(plate=""))
    batch = Batch.objects.get(pk=receipt.receipt)
    assert (batch.stored, batch.quarantined, batch.refused) == (1, 1, 1)
    assert batch.exceptions[0] == {
        "index": 1,
        "outcome": "refused",
        "id": None,
        "reason": "jurisdiction_unlawful",
        "rule": rule.pk,
    }


def test_sender_is_told_the_rule(feed: Feed) -> None:
    rule = enter(is_lawful=False, retention_days=0)
    answer = feed.post(payload())
    assert answer.status_code == 200
    assert answer.json()["refused"] == 1
    assert answer.json()["reads"] == [
        {
            "index": 0,
            "outcome": "refused",
            "id": None,
            "reason": "jurisdiction_unlawful",
            "rule": rule.pk,
        }
    ]


# Default deny.
def test_state_without_a_rule_keeps_nothing(feed: Feed, photograph_folder: Path) -> None:
    withdraw_all("US-PA")
    receipt = feed.store(payload())
    assert told(receipt) == [("refused", "jurisdiction_unruled")]
    assert refusing_rule(receipt) is None
    assert files(photograph_folder) == []
    enter("US-PA", valid_from=date(2020, 1, 1))
    assert told(feed.store(payload())) == [("stored", None)]


def test_mobile_camera_is_where_the_read_says(feed: Feed) -> None:
    enter("US-NJ", is_lawful=False, retention_days=0)
    receipt = feed.store(payload(**PENNSYLVANIA), payload(**NEW_JERSEY))
    assert told(receipt) == [("stored", None), ("refused", "jurisdiction_unlawful")]


def test_fixed_camera_is_where_its_record_says(feed: Feed) -> None:
    """On the bridge at Trenton, a read may say that it was made on the other bank."""
    create_camera(
        actor=ACTOR, source=feed.source, code="BRIDGE", name="Bridge", reason=WHY, now=NOW,
        timezone="America/New_York", latitude=40.2206, longitude=-74.7597,
    )  # fmt: skip
    across = payload(camera="BRIDGE", latitude=40.2110, longitude=-74.7900)
    enter("US-PA", is_lawful=False, retention_days=0)
    assert told(feed.store(across)) == [("stored", None)]
    enter("US-NJ", is_lawful=False, retention_days=0)
    assert told(feed.store(across)) == [("refused", "jurisdiction_unlawful")]


def test_county_may_be_stricter_than_its_state(feed: Feed) -> None:
    rule = enter("US-PA", county="Philadelphia", is_lawful=False, retention_days=0)
    pittsburgh = payload(camera="MOBILE", latitude=40.4406, longitude=-79.9959)
    receipt = feed.store(payload(**PENNSYLVANIA), pittsburgh)
    assert told(receipt) == [("refused", "jurisdiction_unlawful"), ("stored", None)]
    assert refusing_rule(receipt) == rule.pk


@pytest.mark.parametrize(
    "fault",
    [
        {"plate": ""},
        {"photos": []},
        {"state": "??"},
        {"captured_at": (NOW + timedelta(days=3)).isoformat()},
        {"captured_at": "1970-01-01T00:00:00Z"},
        {"camera": "NOBODY"},
    ],
)
def test_unlawful_read_does_not_wait_in_quarantine_either(
    feed: Feed, photograph_folder: Path, fault: dict[str, Any]
) -> None:
    enter(is_lawful=False, retention_days=0)
    assert told(feed.store(payload(**fault))) == [("refused", "jurisdiction_unlawful")]
    assert not QuarantinedRead.objects.exists()
    assert files(photograph_folder) == []


def test_read_that_is_older_than_it_may_be_kept_is_refused(feed: Feed) -> None:
    rule = enter(retention_days=30)
    month = timedelta(days=30)
    old = payload(captured_at=(NOW - month - timedelta(seconds=1)).isoformat())
    just = payload(captured_at=(NOW - month).isoformat())
    receipt = feed.store(old, just)
    assert told(receipt) == [("refused", "retention_over"), ("stored", None)]
    assert refusing_rule(receipt) == rule.pk


def test_clock_that_was_never_set_is_a_matter_for_quarantine(feed: Feed) -> None:
    enter(retention_days=30)
    assert told(feed.store(payload(captured_at="1970-01-01T00:00:00Z"))) == [
        ("quarantined", "captured_too_old")
    ]


def test_read_at_sea_waits_in_quarantine(feed: Feed) -> None:
    receipt = feed.store(payload(camera="MOBILE", latitude=38.0, longitude=-60.0))
    assert told(receipt) == [("quarantined", "place_invalid")]
    assert "in no state or territory" in QuarantinedRead.objects.get().detail


@pytest.mark.parametrize("degrees", [float("nan"), float("inf"), 1e300])
def test_numbers_that_are_no_place_are_no_place(feed: Feed, degrees: float) -> None:
    receipt = feed.store(payload(camera="MOBILE", latitude=degrees, longitude=-75.0))
    assert told(receipt) == [("quarantined", "place_invalid")]


def test_rule_holds_from_its_first_day_on(feed: Feed) -> None:
    tomorrow = (NOW + timedelta(days=1)).date()
    enter(is_lawful=False, retention_days=0, valid_from=tomorrow)
    midnight = datetime.combine(tomorrow, datetime.min.time(), UTC)
    book = Rulebook(list(JurisdictionRule.objects.filter(withdrawn_at=None)))
    today, then = book.law_of(42101, NOW.date()), book.law_of(42101, midnight.date())
    assert (today and today.is_lawful, then and then.is_lawful) == (True, False)
    assert told(feed.store(payload())) == [("stored", None)]


def test_redelivery_of_what_is_forbidden_by_now_is_refused(feed: Feed) -> None:
    assert feed.store(payload()).stored == 1
    enter(is_lawful=False, retention_days=0)
    assert told(feed.store(payload())) == [("refused", "jurisdiction_unlawful")]


# --- a rule that changes while a delivery is under way ---------------------------------------


def test_state_that_forbids_it_meanwhile_gets_nothing(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.store(payload(plate="BEFORE"))
    enter(is_lawful=False, retention_days=0)
    stale = Rulebook([rule for rule in JurisdictionRule.objects.all() if rule.is_lawful])
    monkeypatch.setattr("ingest.services.rulebook._kept", [stale])
    receipt = feed.store(payload(plate="AFTER"))
    assert told(receipt) == [("refused", "jurisdiction_unlawful")]
    assert hits("AFTER") == []


def test_repeated_change_sends_the_delivery_back(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is kept, and nothing acknowledged: the sender sends it again."""
    stale = Rulebook(list(JurisdictionRule.objects.all()))
    enter(is_lawful=False, retention_days=0)
    monkeypatch.setattr(storing, "rule_on", partial(rulings, stale))
    with pytest.raises(storing.RulesChanged) as sent_back:
        feed.store(payload())
    assert sent_back.value.status == 503
    assert not Batch.objects.exists()


def test_state_that_allows_it_meanwhile_is_noticed(feed: Feed) -> None:
    """What is refused is refused by the rules as they are, never by older ones."""
    enter(is_lawful=False, retention_days=0)
    assert feed.store(payload()).refused == 1
    JurisdictionRule.objects.filter(is_lawful=False).update(withdrawn_at=NOW)
    assert feed.store(payload()).stored == 1


# --- the database itself ---------------------------------------------------------------------

_INSERT = """
INSERT INTO ingest_read (plate_key, state, captured_at, camera_id, id, batch_id, latitude_e7,
                         longitude_e7, plate_is_derived, scene_sha256, plate_sha256, plate_text,
                         county)
VALUES ('ABC123', 'US-PA', %s, %s, gen_random_uuid(), %s, 1, 1, false, %s, %s, 'ABC 123', %s)
"""


def insert_directly(feed: Feed, county: int | None, at: datetime = CAPTURED) -> None:
    with transaction.atomic(), acting_as("lpr_ingest"), connection.cursor() as cursor:
        batch = uuid7()
        insertion.insert_batch(
            batch=batch, source_id=feed.source.pk, feed_key_id=None, format_name="x", now=NOW
        )
        cursor.execute(_INSERT, [at, feed.fixed.pk, batch, b"s" * 32, b"p" * 32, county])


def test_database_takes_what_is_lawful(feed: Feed) -> None:
    insert_directly(feed, 42101)
    assert len(hits()) == 1


@pytest.mark.parametrize(
    ("county", "age"),
    [(42101, 0), (34021, 32), (None, 0), (34, 0), (99_001, 0)],
    ids=["unlawful", "too old", "nowhere", "no county", "no such state"],
)
def test_database_refuses_what_is_not(feed: Feed, county: int | None, age: int) -> None:
    enter("US-PA", is_lawful=False, retention_days=0)
    enter("US-NJ", retention_days=30)
    with pytest.raises(IntegrityError):
        insert_directly(feed, county, NOW - timedelta(days=age))
    assert hits() == []


def test_database_takes_no_change_of_a_rule(feed: Feed) -> None:
    rule = enter()
    for change in ("retention_days = 3000", "is_lawful = true", "valid_from = '1990-01-02'"):
        with (
            pytest.raises(Exception, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE ingest_jurisdictionrule SET {change} WHERE id = %s", [rule.pk])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    entered=st.lists(
        st.tuples(
            st.sampled_from([42, 42101, 34, 34021]),
            st.booleans(),
            st.integers(1, 3_660),
            st.dates(date(2000, 1, 1), date(2030, 1, 1)),
            st.booleans(),
        ),
        max_size=8,
        unique_by=lambda rule: (rule[0], rule[3]),
    ),
    county=st.sampled_from([42101, 42003, 34021, 12086]),
    day=st.dates(date(1999, 1, 1), date(2031, 1, 1)),
)
def test_rulebook_and_database_say_the_same(
    db: None, entered: list[tuple[int, bool, int, date, bool]], county: int, day: date
) -> None:
    JurisdictionRule.objects.filter(withdrawn_at=None).update(withdrawn_at=NOW)
    for geoid, is_lawful, days, valid_from, is_withdrawn in entered:
        JurisdictionRule.objects.create(
            state="US-XX", geoid=geoid, is_lawful=is_lawful, retention_days=days,
            citation="x", valid_from=valid_from, created_at=NOW,
            withdrawn_at=NOW if is_withdrawn else None,
        )  # fmt: skip
    book = Rulebook(list(JurisdictionRule.objects.filter(withdrawn_at=None)))
    law = book.law_of(county, day)
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_lawful, retention_days FROM ingest_rule_of(%s, %s)",
                       [county, day])  # fmt: skip
        row = cursor.fetchone()
    assert row == ((law.is_lawful, law.retention_days) if law else None)


# --- how long a read may be kept -------------------------------------------------------------

_ZONES = sorted(zone for zone in available_timezones() if zone.startswith(("America/", "US/")))
moments = st.integers(1_420_070_400, 2_051_222_400).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


@given(captured=moments, days=st.integers(0, 3_660), zone=st.sampled_from(_ZONES))
def test_time_is_the_same_in_every_zone(captured: datetime, days: int, zone: str) -> None:
    """Clocks that are set meanwhile neither shorten nor lengthen it, leap days count as days."""
    there = captured.astimezone(ZoneInfo(zone))
    assert kept_until(there, days) == kept_until(captured, days)
    assert kept_until(there, days) - captured == timedelta(hours=24 * days)


@given(captured=moments, days=st.integers(0, 3_659))
def test_a_day_more_is_a_day_more(captured: datetime, days: int) -> None:
    assert kept_until(captured, days + 1) - kept_until(captured, days) == timedelta(days=1)


@pytest.mark.parametrize(
    ("captured", "days", "until"),
    [
        ("2024-02-28T12:00:00+00:00", 1, "2024-02-29T12:00:00+00:00"),
        ("2024-02-28T12:00:00+00:00", 2, "2024-03-01T12:00:00+00:00"),
        ("2023-02-28T12:00:00+00:00", 1, "2023-03-01T12:00:00+00:00"),
        ("2024-03-10T01:30:00-05:00", 1, "2024-03-11T02:30:00-04:00"),
        ("2024-11-03T01:30:00-04:00", 1, "2024-11-04T00:30:00-05:00"),
    ],
)
def test_leap_days_and_changed_clocks(captured: str, days: int, until: str) -> None:
    assert kept_until(datetime.fromisoformat(captured), days) == datetime.fromisoformat(until)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(captured=moments, days=st.integers(0, 3_660), zone=st.sampled_from(_ZONES))
def test_database_counts_as_we_do(db: None, captured: datetime, days: int, zone: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [zone])
        cursor.execute(
            "SELECT %s::timestamptz + make_interval(hours => 24 * %s) = %s",
            [captured, days, kept_until(captured, days)],
        )
        assert cursor.fetchone() == (True,)
