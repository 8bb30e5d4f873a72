"""How feeds fare: rates, silence, what was turned away and why (ING-1, ING-5)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from audit.kinds import Kind
from ingest import api
from ingest.feeds import ADVICE, Standing, list_feeds, list_refused, list_silent
from ingest.models import FeedHour, FeedKey, FeedsCounted, Source, TurnedAway
from ingest.rules import FEED_HOURS_KEPT, TURNED_AWAY_KEPT
from ingest.services import turned_away
from ingest.services.feed_hours import count_feeds, first_id, forget_feed_hours
from ingest.services.sources import cut_off_source, pause_source, revoke_feed_key, set_silence
from ingest.services.turned_away import Ledger, Refusal
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from lprsvc.lib.ids import uuid7
from tests.audited import assert_audited
from tests.cast import Cast
from tests.harness.database import AsRole
from tests.ingest.feed import ACTOR, NOW, WHY, Feed, make_feed, payload

HOUR = timedelta(hours=1)


def soon() -> datetime:
    """When the worker adds up all that is there by now: the ids of batches are made now."""
    return datetime.now(UTC) + timedelta(minutes=2)


@pytest.fixture(autouse=True)
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger of the test's own, that writes at once."""
    own = Ledger()
    monkeypatch.setattr(turned_away, "_FLUSH_SECONDS", -1.0)
    monkeypatch.setattr("ingest.transport.LEDGER", own)
    return own


def fare(now: datetime = NOW) -> Any:
    [feed] = list_feeds(Source.objects.all(), now=now)
    return feed


# --- rates ----------------------------------------------------------------------------------------


def deliver(feed: Feed) -> None:
    """Two stored, one again, one set aside an hour ago; one stored now."""
    feed.store(payload(plate="A1"), payload(plate="A2"), now=NOW - HOUR)
    feed.store(payload(plate="A1"), payload(plate=""), now=NOW - HOUR)
    feed.store(payload(plate="A3"))


def assert_rates(now: datetime = NOW) -> None:
    shown = fare(now)
    assert [sums.stored for sums in shown.by_hour[-2:]] == [2, 1]
    day = shown.last_day
    assert (day.deliveries, day.stored, day.duplicate, day.quarantined) == (3, 3, 1, 1)
    assert (shown.stored_at, shown.delivered_at) == (NOW, NOW)
    assert shown.waiting == 1


def test_rates_are_those_of_the_batches(feed: Feed) -> None:
    deliver(feed)
    assert_rates()


def test_rates_are_the_same_once_the_worker_has_added_them_up(feed: Feed, as_role: AsRole) -> None:
    deliver(feed)
    with as_role("lpr_worker"):
        at = soon()
        assert count_feeds(now=at) == count_feeds(now=at) == first_id(at - timedelta(minutes=2))
    assert FeedHour.objects.count() == 2
    assert_rates()
    # What comes after is seen beside it, and added to it.
    feed.store(payload(plate="A4"))
    assert fare().this_hour.stored == 2
    with as_role("lpr_worker"):
        count_feeds(now=soon())
    assert fare().this_hour.stored == 2
    assert FeedHour.objects.count() == 2


def test_nothing_is_added_up_before_it_must_be_committed(feed: Feed, as_role: AsRole) -> None:
    deliver(feed)
    with as_role("lpr_worker"):
        count_feeds(now=datetime.now(UTC))
    assert not FeedHour.objects.exists()
    assert_rates()


def test_installation_without_any_batch_counts_nothing(committed_db: None, as_role: AsRole) -> None:
    with as_role("lpr_worker"):
        assert count_feeds(now=NOW) == first_id(NOW - timedelta(minutes=2))
    assert FeedsCounted.objects.count() == 1


def test_ids_begin_with_their_time() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert first_id(before) <= uuid7() < first_id(before + timedelta(seconds=2))


def test_hours_and_refusals_are_forgotten_but_the_last_hour(feed: Feed, as_role: AsRole) -> None:
    deliver(feed)
    with as_role("lpr_worker"):
        count_feeds(now=soon())
        late = NOW + FEED_HOURS_KEPT + 2 * HOUR
        assert forget_feed_hours(now=late) == 1
        assert forget_feed_hours(now=late) == 0
    assert fare(late).stored_at == NOW


# --- standing -------------------------------------------------------------------------------------


def test_feed_is_silent_after_its_hours(feed: Feed) -> None:
    assert fare().standing(NOW) is Standing.NEVER
    feed.store(payload())
    assert fare().standing(NOW + 5 * HOUR) is Standing.DELIVERING
    assert fare().standing(NOW + 6 * HOUR) is Standing.SILENT
    assert [one.source for one in list_silent(now=NOW + 6 * HOUR)] == [feed.source]
    set_silence(actor=ACTOR, source=feed.source, silent_after_hours=0, reason=WHY, now=NOW)
    assert fare().standing(NOW + 600 * HOUR) is Standing.DELIVERING
    assert list_silent(now=NOW + 600 * HOUR) == []


def test_only_new_reads_are_a_sign_of_life(feed: Feed) -> None:
    feed.store(payload())
    feed.store(payload(), payload(plate=""), now=NOW + 6 * HOUR)
    assert fare().standing(NOW + 6 * HOUR) is Standing.SILENT


def test_paused_feed_is_not_silent_and_one_without_key_is_told_so(feed: Feed) -> None:
    revoke_feed_key(actor=ACTOR, feed_key=feed.issued.key, reason=WHY, now=NOW)
    assert fare().standing(NOW) is Standing.NO_KEY
    pause_source(actor=ACTOR, source=feed.source, reason=WHY, now=NOW)
    assert fare().standing(NOW) is Standing.PAUSED
    assert list_silent(now=NOW + 100 * HOUR) == []


def test_feeds_cost_a_fixed_number_of_queries(
    feed: Feed, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        make_feed(f"S{number}").store(payload())
    with django_assert_max_num_queries(8):
        assert len(list_feeds(Source.objects.all(), now=NOW)) == 6


def test_all_keys_are_cut_off_at_once(feed: Feed, cast: Cast) -> None:
    def cut_off(actor: Any = ACTOR) -> int:
        return cut_off_source(actor=actor, source=feed.source, reason="stolen", now=NOW)

    for part in ("investigator", "manager", "auditor", "other"):
        with pytest.raises(PolicyDenied):
            cut_off(cast.everybody[part].person)
    [event] = assert_audited(cut_off, Kind.ADMIN_CHANGED)
    assert event.fields["reason"] == "stolen"
    assert not FeedKey.objects.filter(revoked_at=None).exists()
    assert feed.post(payload()).status_code == 401
    with pytest.raises(PolicyDenied, match="no key"):
        cut_off()


def test_silence_is_governed(feed: Feed) -> None:
    def change(hours: int = 12) -> None:
        set_silence(actor=ACTOR, source=feed.source, silent_after_hours=hours, reason=WHY, now=NOW)

    [event] = assert_audited(change, Kind.ADMIN_CHANGED)
    assert event.fields["after"] == {"silent_after_hours": 12}
    with pytest.raises(InvalidInput):
        change(-1)


# --- turned away ----------------------------------------------------------------------------------


def refusals() -> dict[str, int]:
    return {row.code: row.count for row in TurnedAway.objects.all()}


def test_malformed_delivery_is_counted_without_what_it_held(feed: Feed) -> None:
    for _ in range(3):
        assert feed.post(b'{"plate": "SECRET1"').status_code == 400
    [row] = TurnedAway.objects.all()
    assert (row.source, row.format, row.code, row.status, row.count) == (
        feed.source,
        "generic",
        "malformed",
        400,
        3,
    )
    assert "SECRET1" not in str(row.__dict__)
    assert "No JSON at line 1" in row.detail


def test_every_kind_of_refusal_is_counted(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    feed.post(b"", content_type="text/csv")
    feed.post([payload()] * 5_001)
    Client().post("/api/v1/feeds/nonsense/", b"{}", "application/json", headers=feed.headers())

    def away(**_: Any) -> None:
        raise OperationalError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(api, "store_reads", away)
        feed.post(payload())

    def fail(**_: Any) -> None:
        raise ValueError("a bug with plate SECRET2")

    with monkeypatch.context() as patch:
        patch.setattr(api, "store_reads", fail)
        with pytest.raises(ValueError, match="a bug"):
            feed.post(payload())
    pause_source(actor=ACTOR, source=feed.source, reason=WHY, now=NOW)
    feed.post(payload())
    expected = ["unsupported", "too_much", "not_found", "database_unavailable", "internal",
                "source_paused"]  # fmt: skip
    assert refusals() == dict.fromkeys(expected, 1)
    assert set(expected) <= set(ADVICE)
    assert "SECRET2" not in str(list(TurnedAway.objects.values()))


def test_key_that_was_cut_off_is_told_from_one_that_never_was(feed: Feed) -> None:
    revoke_feed_key(actor=ACTOR, feed_key=feed.issued.key, reason=WHY, now=NOW)
    answers = [
        feed.post(payload()),
        Client().post("/api/v1/reads/", b"{}", "application/json"),
        Client().post("/api/v1/feeds/openalpr/?key=guess", b"{}", "application/json"),
    ]
    # The sender is not told which.
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (401, answers[0].content)
    }
    cut_off, unknown = list_refused(since=NOW - HOUR)[::-1]
    assert (unknown.source, unknown.format, unknown.code, unknown.count) == (
        None,
        "",
        "feed_key_wrong",
        2,
    )
    assert (cut_off.source, cut_off.code) == (feed.source, "feed_key_revoked")
    assert list_refused(since=NOW - HOUR, source=feed.source) == [cut_off]


def test_look_at_a_receipt_is_no_delivery(feed: Feed) -> None:
    Client().get(f"/api/v1/receipts/{uuid7()}/", headers=feed.headers())
    Client().get(f"/api/v1/receipts/{uuid7()}/")
    assert feed.post(payload()).status_code == 200
    assert not TurnedAway.objects.exists()


def test_hammering_costs_one_write_a_second(
    feed: Feed, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turned_away, "_FLUSH_SECONDS", 60.0)
    for _ in range(5):
        feed.post(b"{")
    assert refusals() == {"malformed": 1}
    ledger.flush()
    assert refusals() == {"malformed": 5}


def test_what_could_not_be_counted_is_counted_later(
    feed: Feed, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = Refusal(feed.source.pk, "generic", "database_unavailable", 503, "away")

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise OperationalError("away")

    with connection.execute_wrapper(refuse):
        ledger.note(refusal, now=NOW)
        ledger.note(refusal, now=NOW)
    assert "could not be counted yet" in caplog.text
    assert feed.post(payload()).status_code == 200
    assert refusals() == {"database_unavailable": 2}


def test_nothing_piles_up_without_end(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turned_away, "_MAX_WAITING", 3)
    monkeypatch.setattr(ledger, "flush", lambda: None)
    for number in range(9):
        ledger.note(Refusal(number, "generic", "malformed", 400, ""), now=NOW)
    assert len(ledger._waiting) == 3


def test_refusals_are_forgotten(feed: Feed, as_role: AsRole) -> None:
    feed.post(b"{")
    with as_role("lpr_worker"):
        assert forget_feed_hours(now=NOW + TURNED_AWAY_KEPT + 2 * HOUR) == 1
    assert not TurnedAway.objects.exists()
