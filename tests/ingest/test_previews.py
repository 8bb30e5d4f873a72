"""Previews of OpenALPR's agents: superseded by their groups, or stored in their place (ING-4)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.kinds import Kind
from ingest.models import DeliveryKey, QuarantinedRead
from ingest.rules import DELIVERY_KEYS_KEPT, PREVIEW_WAITS
from ingest.services.maintenance import forget_delivery_keys
from ingest.services.previews import settle_previews
from ingest.services.reads import store_reads
from ingest.services.sources import name_camera, pause_source
from tests.audited import recorded
from tests.harness.database import AsRole
from tests.ingest.feed import ACTOR, NOW, WHY, Feed, hits
from tests.ingest.formats_base import understood
from tests.ingest.vendors import openalpr_group

SOON, LATE = NOW + timedelta(minutes=1), NOW + PREVIEW_WAITS + timedelta(seconds=1)
PREVIEW: dict[str, Any] = {"is_preview": True, "best_plate_number": "A8C123"}


@pytest.fixture
def agent(feed: Feed) -> Feed:
    """The fixed camera is the agent's."""
    name_camera(actor=ACTOR, camera=feed.fixed, name="1414799424", reason=WHY, now=NOW)
    return feed


def deliver(feed: Feed, now: datetime = NOW, **changes: Any) -> None:
    reads = understood("openalpr", openalpr_group(**changes)).reads
    store_reads(source=feed.source, reads=reads, format="openalpr", now=now)


def state() -> tuple[str, str]:
    held = QuarantinedRead.objects.get()
    return held.state, held.reason


def test_preview_is_put_away_once_its_group_has_come(agent: Feed) -> None:
    deliver(agent, **PREVIEW)
    deliver(agent)
    with recorded() as events:
        settled = settle_previews(now=SOON)
    assert (settled.superseded, settled.stored) == (1, 0)
    assert state() == ("discarded", "preview")
    assert (len(hits()), hits("A8C123")) == (1, [])
    (event,) = events
    assert (event.kind, event.fields["superseded"]) == (Kind.SYSTEM_MAINTAINED, 1)


def test_preview_waits_a_while_for_its_group(agent: Feed) -> None:
    deliver(agent, **PREVIEW)
    assert not settle_previews(now=NOW + PREVIEW_WAITS).any
    assert state() == ("waiting", "preview")


def test_preview_whose_group_never_came_is_stored(agent: Feed) -> None:
    deliver(agent, **PREVIEW)
    assert settle_previews(now=LATE).stored == 1
    assert state() == ("repaired", "preview")
    assert len(hits("A8C123")) == 1
    held = QuarantinedRead.objects.get()
    assert held.became is not None
    assert held.became.stored == 1


def test_group_that_comes_after_all_makes_no_second_read(agent: Feed) -> None:
    deliver(agent, **PREVIEW)
    settle_previews(now=LATE)
    deliver(agent, now=LATE)
    assert (len(hits("A8C123")), hits()) == (1, [])
    assert QuarantinedRead.objects.filter(reason="redelivered_changed").count() == 1


def test_running_it_twice_changes_nothing(agent: Feed) -> None:
    deliver(agent, **PREVIEW)
    settle_previews(now=LATE)
    with recorded() as events:
        assert not settle_previews(now=LATE).any
    assert events == []


def test_preview_that_is_faulty_itself_waits_under_its_fault(
    committed_db: None, feed: Feed, as_role: AsRole
) -> None:
    deliver(feed, **PREVIEW)
    with as_role("lpr_worker"):
        assert not settle_previews(now=LATE).any
    assert state() == ("waiting", "camera_unknown")


def test_previews_of_a_paused_source_wait(agent: Feed) -> None:  # ING-1
    deliver(agent, **PREVIEW)
    pause_source(actor=ACTOR, source=agent.source, reason=WHY, now=NOW)
    assert not settle_previews(now=LATE).any
    assert state() == ("waiting", "preview")


def test_worker_may_do_it(committed_db: None, agent: Feed, as_role: AsRole) -> None:
    deliver(agent, **PREVIEW)
    deliver(agent, epoch_start=openalpr_group()["epoch_start"] + 9, uuids=["x"], best_uuid="x")
    with as_role("lpr_worker"):
        assert settle_previews(now=LATE).stored == 1
        assert forget_delivery_keys(now=LATE + DELIVERY_KEYS_KEPT + timedelta(days=1)) > 0


def test_ids_of_sightings_are_forgotten_after_three_months(
    committed_db: None, agent: Feed, as_role: AsRole
) -> None:
    deliver(agent)
    assert DeliveryKey.objects.count() == 2
    with as_role("lpr_worker"):
        assert forget_delivery_keys(now=NOW + DELIVERY_KEYS_KEPT) == 0
        with recorded() as events:
            later = NOW + DELIVERY_KEYS_KEPT + timedelta(seconds=1)
            assert forget_delivery_keys(now=later) == 2
    assert [event.fields["forgotten"] for event in events] == [2]
    # The natural key still refuses it.
    deliver(agent)
    assert len(hits()) == 1
