"""Matches of reads that were corrected (QRY-10): withdrawn, moved, or made anew."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from accounts.models import Notice
from alerts.models import Match, Notification, NotificationStatus
from alerts.selectors import EntryFilter, list_entries_for
from alerts.services import retracting, sweeping
from alerts.services.notification import Delivery
from alerts.services.viewing import view_match
from audit.kinds import Kind
from audit.services import record
from ingest.models import OutboxEntry, Wrong
from ingest.revision import as_revision
from ingest.selectors import list_hits
from ingest.services.corrections import correct_read
from ingest.services.mistakes import Claim, NamedRead, report_error
from ingest.services.reviewing import view_report
from tests.alerts.world import NOW, World, alert_on, events
from tests.cast import Cast, client_for
from tests.harness.mail import Inbox

_DAY = timedelta(days=1)


def correct(
    cast: Cast, world: World, read_id: UUID, *, plate: str = "ABC123", **changes: Any
) -> None:
    """The read reported by the supervisor, and corrected by the vendor (withdrawn, without
    `changes`)."""
    person = cast.supervisor.person
    named = NamedRead(
        read_id=read_id, plate_key=plate, state="US-PA", start=NOW - _DAY, end=NOW + _DAY
    )
    with transaction.atomic():
        cause = record(
            actor=person,
            kind=Kind.RESULT_ERROR_REPORTED,
            fields={
                "plate": plate,
                "state": "US-PA",
                "start": named.start.isoformat(),
                "end": named.end.isoformat(),
            },
        )
        claim = Claim(wrong=(Wrong.PHOTOGRAPH,), text="Not this car.")
        made = report_error(person=person, read=named, claim=claim, cause=cause.id, now=NOW)
    review = view_report(person=cast.vendor.person, pk=made.pk, now=NOW)
    assert review.read is not None
    correct_read(
        person=cast.vendor.person,
        report_id=made.pk,
        seen=frozenset(one.pk for one in review.reports),
        revision=replace(as_revision(review.read), **changes) if changes else None,
        reason="looked",
        now=NOW,
    )


TO_128 = {"plate_text": "ABC 128", "plate_key": "ABC128"}
BACK = {"plate_text": "ABC 123", "plate_key": "ABC123"}


def retract(world: World) -> int:
    withdrawn: int = world.worker(retracting.retract_waiting, now=NOW)
    return withdrawn


def waiting_batches(world: World) -> list[UUID]:
    found: list[UUID] = world.worker(
        lambda: list(OutboxEntry.objects.order_by("stored_at").values_list("pk", flat=True))
    )
    return found


def first_read(cast: Cast) -> UUID:
    """The first stored read of ABC 123, by a query's event."""
    with transaction.atomic():
        record(
            actor=cast.supervisor.person,
            kind=Kind.QUERY_RUN,
            fields={
                "plate": "ABC123",
                "state": "US-PA",
                "start": (NOW - _DAY).isoformat(),
                "end": (NOW + _DAY).isoformat(),
            },
        )
        reads = list_hits(plate_key="ABC123", state="US-PA", start=NOW - _DAY, end=NOW + _DAY)
    return reads[-1].id


@pytest.fixture
def match(world: World, cast: Cast) -> Match:
    """The investigator's match of ABC 123."""
    alert_on(cast.investigator.person)
    world.match(world.deliver())
    return Match.objects.get()


def test_match_of_the_wrong_plate_is_withdrawn_and_recorded(
    world: World, cast: Cast, match: Match
) -> None:
    correct(cast, world, match.read_id, **TO_128)
    assert retract(world) == 1
    match.refresh_from_db()
    assert match.withdrawn_at == NOW
    [event] = events("alert.match_withdrawn")
    assert event.log_id == cast.agency.log_id
    assert event.fields["match"] == str(match.pk)
    assert event.behalf == cast.investigator.person.id
    # Twice does nothing.
    assert retract(world) == 0
    assert len(events("alert.match_withdrawn")) == 1


def test_withdrawn_read_withdraws_its_matches_too(world: World, cast: Cast, match: Match) -> None:
    correct(cast, world, match.read_id)
    assert retract(world) == 1


def test_mail_of_a_withdrawn_match_is_not_sent(world: World, cast: Cast, match: Match) -> None:
    correct(cast, world, match.read_id, **TO_128)
    retract(world)
    notification = Notification.objects.get()
    assert world.send(notification.pk) == Delivery.FAILED
    notification.refresh_from_db()
    assert notification.status == NotificationStatus.FAILED
    [event] = events("alert.notify_failed")
    assert event.fields["outcome_code"] == "match_withdrawn"


def test_corrected_plate_matches_who_watches_it(world: World, cast: Cast, match: Match) -> None:
    alert_on(cast.colleague.person, plate="ABC128")
    correct(cast, world, match.read_id, **TO_128)
    [batch] = waiting_batches(world)
    matched = world.match(batch)
    assert matched is not None
    assert matched.matches == 1
    held = Match.objects.get(withdrawn_at=None)
    assert held.entry.plate_key == "ABC128"
    assert held.read_id == match.read_id
    # The old one went in the same transaction, whether the worker was told of it or not.
    assert Match.objects.exclude(withdrawn_at=None).get().pk == match.pk
    assert retract(world) == 0


def test_batch_that_was_not_matched_yet_never_matches_the_wrong_plate(
    world: World, cast: Cast
) -> None:
    alert_on(cast.investigator.person)
    batch = world.deliver(times=2)
    correct(cast, world, first_read(cast), **TO_128)
    matched = world.match(batch)
    assert matched is not None
    assert (matched.reads, matched.matches) == (1, 1)
    for other in waiting_batches(world):
        world.match(other)
    assert Match.objects.count() == 1


def test_plate_that_is_corrected_back_matches_again(world: World, cast: Cast, match: Match) -> None:
    correct(cast, world, match.read_id, **TO_128)
    correct(cast, world, match.read_id, plate="ABC128", **BACK)
    for batch in waiting_batches(world):
        world.match(batch)
    first, second = Match.objects.order_by("pk")
    assert sorted([first.withdrawn_at is None, second.withdrawn_at is None]) == [False, True]
    assert Notification.objects.count() == 2


def test_corrected_place_moves_the_match_and_mails_nobody_anew(
    world: World, cast: Cast, match: Match
) -> None:
    correct(cast, world, match.read_id, latitude_e7=400_000_000, longitude_e7=-750_000_000)
    assert waiting_batches(world) == [], "the same plate is not matched anew"
    assert retract(world) == 0
    match.refresh_from_db()
    assert (match.latitude_e7, match.withdrawn_at) == (400_000_000, None)
    assert Notification.objects.count() == 1


def test_recipient_of_the_mail_is_told_that_it_was_wrong(
    world: World, cast: Cast, match: Match, smtp_server: Inbox
) -> None:
    world.send(Notification.objects.get().pk)
    correct(cast, world, match.read_id, **TO_128)
    [owed] = Notice.objects.filter(kind="read_corrected")
    assert owed.recipient == cast.investigator.email


def test_sweep_finds_what_the_worker_was_not_told(world: World, cast: Cast, match: Match) -> None:
    correct(cast, world, match.read_id, **TO_128)
    swept = world.worker(sweeping.sweep, now=NOW)
    assert swept is not None
    assert swept.retracted == 1


def test_failure_leaves_the_correction_for_the_next(
    world: World, cast: Cast, match: Match, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(cast, world, match.read_id, **TO_128)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the log is away")

    with monkeypatch.context() as patch:
        patch.setattr(retracting, "record", fail)
        swept = world.worker(sweeping.sweep, now=NOW)
        assert swept is not None
        assert swept.retracted == 0
    match.refresh_from_db()
    assert match.withdrawn_at is None
    assert retract(world) == 1


# --- what its owner sees --------------------------------------------------------------------------


def test_page_of_a_withdrawn_match_shows_no_read_and_says_why(
    world: World, cast: Cast, match: Match
) -> None:
    correct(cast, world, match.read_id, **TO_128)
    retract(world)
    client = client_for(cast.investigator)
    text = client.get(f"/alerts/matches/{match.pk}/").content.decode()
    assert "This was no match" in text
    assert "<img" not in text
    assert "ABC128" not in text
    [event] = events("alert.match_viewed")
    assert event.fields["outcome_code"] == "match_withdrawn"
    assert "start" not in event.fields
    assert client.get(f"/alerts/matches/{match.pk}/photographs/scene/").status_code == 404
    assert "misread" in client.get(f"/alerts/{match.entry_id}/").content.decode()


def test_withdrawn_matches_do_not_count(world: World, cast: Cast, match: Match) -> None:
    person = cast.investigator.person

    def counts() -> tuple[int, int]:
        entry = list_entries_for(person, EntryFilter(), now=NOW).get()
        return entry.match_count, entry.unopened_count  # type: ignore[attr-defined]

    assert counts() == (1, 1)
    correct(cast, world, match.read_id, **TO_128)
    retract(world)
    assert counts() == (0, 0)


def test_match_that_holds_is_shown_as_before(world: World, cast: Cast, match: Match) -> None:
    correct(cast, world, match.read_id, color="gray")
    retract(world)
    shown = view_match(person=cast.investigator.person, pk=match.pk, now=NOW)
    assert shown.read is not None
    assert (shown.read.color, shown.read.version) == ("gray", 2)
