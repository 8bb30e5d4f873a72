"""Sources, cameras and keys: governed, recorded, by the vendor alone (ING-1, ACC-13)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from audit.actors import Actor
from audit.kinds import Kind
from ingest.models import Camera, FeedKey, Source
from ingest.selectors import find_feed_key
from ingest.services import sources
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from tests.audited import assert_audited, recorded
from tests.cast import Cast
from tests.ingest.feed import ACTOR, NOW, WHY, Feed

Call = Callable[..., Any]

SOURCE: dict[str, Any] = {
    "code": "NY-TOLL",
    "name": "New York",
    "kind": "toll_road",
    "state": "US-NY",
}
CAMERA: dict[str, Any] = {
    "code": "C1",
    "name": "Gantry 1",
    "timezone": "America/New_York",
    "latitude": 40.7,
    "longitude": -74.0,
}


def calls(feed: Feed) -> dict[str, tuple[Call, Kind]]:
    """Every change of the room's governed objects, ready but for its actor."""
    common: dict[str, Any] = {"reason": WHY, "now": NOW}
    key, camera, source = feed.issued.key, feed.fixed, feed.source
    return {
        "create_source": (partial(sources.create_source, **SOURCE, **common), Kind.ADMIN_CREATED),
        "create_camera": (
            partial(sources.create_camera, source=source, **CAMERA, **common),
            Kind.ADMIN_CREATED,
        ),
        "create_feed_key": (
            partial(sources.create_feed_key, source=source, label="k", **common),
            Kind.ADMIN_CREATED,
        ),
        "switch_camera": (
            partial(sources.switch_camera, camera=camera, on=False, **common),
            Kind.ADMIN_CHANGED,
        ),
        "revoke_feed_key": (
            partial(sources.revoke_feed_key, feed_key=key, **common),
            Kind.ADMIN_CHANGED,
        ),
        "pause_source": (
            partial(sources.pause_source, source=source, **common),
            Kind.ADMIN_CHANGED,
        ),
    }


NAMES = [
    "create_source",
    "create_camera",
    "create_feed_key",
    "switch_camera",
    "revoke_feed_key",
    "pause_source",
]


@pytest.mark.parametrize("name", NAMES)
def test_change_and_event_happen_together(feed: Feed, name: str) -> None:
    call, kind = calls(feed)[name]
    (event,) = assert_audited(partial(call, actor=ACTOR), kind)
    assert event.fields["reason"] == WHY
    assert feed.issued.secret not in str(event.fields)
    assert "key_hash" not in str(event.fields)


@pytest.mark.parametrize("name", NAMES)
def test_only_the_vendor_changes_sources(feed: Feed, cast: Cast, name: str) -> None:
    call, kind = calls(feed)[name]
    for part, user in cast.everybody.items():
        if part != "vendor":
            with recorded() as events, pytest.raises(PolicyDenied):
                call(actor=user.person)
            assert [(e.kind, e.outcome) for e in events] == [(Kind.ADMIN_REFUSED, "refused")]
    with recorded() as events:
        call(actor=cast.vendor.person)
    assert [event.kind for event in events] == [kind]


def test_feed_is_no_actor_that_may(feed: Feed) -> None:
    stranger = Actor(id="feed:1", name="a feed", log_id=ACTOR.log_id)
    with pytest.raises(PolicyDenied):
        sources.pause_source(actor=stranger, source=feed.source, reason=WHY, now=NOW)


# ACC-13
def test_history_says_who_when_from_to_and_why(feed: Feed) -> None:
    sources.pause_source(actor=ACTOR, source=feed.source, reason="they asked", now=NOW)
    sources.resume_source(actor=ACTOR, source=feed.source, reason="all well", now=NOW)
    rows = [
        (row.history_user_id, row.history_change_reason, row.is_paused)
        for row in feed.source.history.order_by("history_id")
    ]
    assert rows == [
        (ACTOR.id, WHY, False), (ACTOR.id, "they asked", True), (ACTOR.id, "all well", False),
    ]  # fmt: skip


def test_secret_is_kept_nowhere(feed: Feed) -> None:
    key = FeedKey.objects.get()
    assert feed.issued.secret.encode() not in bytes(key.key_hash)
    assert find_feed_key(feed.issued.secret) == key
    assert not hasattr(key.history.get(), "key_hash")


def test_two_keys_never_have_the_same_secret(feed: Feed) -> None:
    issue = partial(sources.create_feed_key, actor=ACTOR, source=feed.source, reason=WHY, now=NOW)
    assert len({issue(label=str(number)).secret for number in range(20)}) == 20


@pytest.mark.parametrize("action", ["pause_source", "revoke_feed_key", "switch_camera"])
def test_doing_it_again_is_refused(feed: Feed, action: str) -> None:
    call, _ = calls(feed)[action]
    call(actor=ACTOR)
    with pytest.raises(PolicyDenied):
        call(actor=ACTOR)


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "no spaces"},
        {"code": ""},
        {"code": "DE-TOLL"},
        {"kind": "satellite"},
        {"state": "NY"},
        {"name": ""},
        {"reason": "  "},
    ],
)
def test_source_with_a_fault_is_not_made(feed: Feed, changes: dict[str, str]) -> None:
    given: dict[str, Any] = {"actor": ACTOR, "reason": WHY, "now": NOW}
    with pytest.raises(InvalidInput) as fault:
        sources.create_source(**(given | SOURCE | changes))
    assert set(fault.value.errors) == set(changes)
    assert Source.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "FIXED"}, ""),
        ({"timezone": "Eastern"}, "timezone"),
        ({"latitude": None}, "latitude"),
        ({"latitude": float("nan")}, "latitude"),
        ({"longitude": 181.0}, "latitude"),
        ({"is_mobile": True}, "latitude"),
        ({"default_state": "PA"}, "default_state"),
    ],
)
def test_camera_with_a_fault_is_not_made(feed: Feed, changes: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {"actor": ACTOR, "source": feed.source, "reason": WHY, "now": NOW}
    with pytest.raises(InvalidInput) as fault:
        sources.create_camera(**(given | CAMERA | changes))
    assert set(fault.value.errors) == {field}
    assert Camera.objects.count() == 2
