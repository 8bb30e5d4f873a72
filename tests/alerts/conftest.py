"""Fixtures of the alerts room."""

from collections.abc import Iterable
from uuid import UUID

import pytest

from alerts.services import queue
from tests.alerts.world import World, make_world
from tests.cast import Cast
from tests.harness.database import AsRole


@pytest.fixture
def world(
    committed_db: None, cast: Cast, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> World:
    """A camera and the cast, with real commits; `world.told` has what the worker is told."""
    made = make_world(as_role)

    def tell(task: str, argument: str, ids: Iterable[UUID]) -> None:
        made.told += [(task, str(id_)) for id_ in ids]

    monkeypatch.setattr(queue, "_tell", tell)
    monkeypatch.setattr(queue, "_leave_note", lambda: True)
    return made
