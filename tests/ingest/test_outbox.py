"""Each stored read is handed on once, whatever dies (ING-8)."""

from datetime import timedelta

import pytest
from django.db import transaction

from ingest.selectors import list_unmatched
from ingest.services.outbox import ClaimedBatch, claim_batch
from tests.harness.database import AsRole
from tests.ingest.feed import CAPTURED, NOW, Feed, payload


@pytest.fixture
def stored(committed_db: None, feed: Feed) -> ClaimedBatch:
    """What a claim of the feed's one batch gives."""
    receipt = feed.store(payload(), payload(plate="NEW 1"), payload(plate=""))
    ids = {read.index: read.id for read in receipt.reads}
    return ClaimedBatch(
        batch_id=receipt.receipt,
        stored_at=NOW,
        read_ids=[ids[0], ids[1]],  # type: ignore[list-item]
        plate_keys=["ABC123", "NEW1"],
        states=["US-PA", "US-PA"],
        captured_ats=[CAPTURED, CAPTURED],
        camera_ids=[feed.fixed.pk] * 2,
        latitudes_e7=[399_500_000] * 2,
        longitudes_e7=[-751_600_000] * 2,
    )


def test_claim_gives_the_stored_reads_once(stored: ClaimedBatch, as_role: AsRole) -> None:
    with as_role("lpr_worker"):
        with transaction.atomic():
            assert claim_batch(stored.batch_id) == stored
        with transaction.atomic():
            assert claim_batch(stored.batch_id) is None


def test_claim_that_is_rolled_back_can_be_claimed_again(
    stored: ClaimedBatch, as_role: AsRole
) -> None:
    with as_role("lpr_worker"):
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            claim_batch(stored.batch_id)
            raise KeyboardInterrupt
        with transaction.atomic():
            assert claim_batch(stored.batch_id) is not None


def test_claim_needs_the_transaction_of_its_work(stored: ClaimedBatch) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        claim_batch(stored.batch_id)


def test_sweep_finds_what_waits_oldest_first(
    stored: ClaimedBatch, feed: Feed, as_role: AsRole
) -> None:
    later = feed.store(payload(plate="LATER"), now=NOW + timedelta(seconds=30)).receipt
    with as_role("lpr_worker"):
        beyond = NOW + timedelta(minutes=1)
        assert list_unmatched(older_than=beyond, limit=9) == [stored.batch_id, later]
        assert list_unmatched(older_than=beyond, limit=1) == [stored.batch_id]
        assert list_unmatched(older_than=NOW + timedelta(seconds=1), limit=9) == [stored.batch_id]


def test_delivery_without_new_reads_leaves_nothing_to_match(
    stored: ClaimedBatch, feed: Feed, as_role: AsRole
) -> None:
    feed.store(payload())
    with as_role("lpr_worker"):
        found = list_unmatched(older_than=NOW + timedelta(days=1), limit=9)
    assert found == [stored.batch_id]
