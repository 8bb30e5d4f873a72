"""Which part of the log somebody may read (AUD-5), in the log's own terms."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class LogScope:
    """One log, and within it perhaps only some actors (a supervisor's own people) or AORs.

    An empty tuple means nothing at all; None means no limit of that kind.
    """

    log_id: UUID
    actors: tuple[str, ...] | None = None
    aors: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class LogReader:
    """How far somebody may read, and how the names they type become actor ids.

    Built by the frame from the accounts room, which this room may not know.
    """

    scope: LogScope
    find_actors: Callable[[str], tuple[str, ...]]


def reader_of(request: HttpRequest) -> LogReader:
    """The reader behind a request; the frame's middleware attaches how to find it."""
    reader: LogReader = request.get_log_reader()  # type: ignore[attr-defined]
    return reader


ReaderFinder = Callable[[str], LogReader | None]
_finders: list[ReaderFinder] = []


def register_reader_finder(find: ReaderFinder) -> None:
    """Have `find` say how far an actor, by id, may read today (None: not at all). The accounts room
    does at start; for work that goes on when the request is over."""
    _finders[:] = [find]


def find_reader(actor_id: str) -> LogReader | None:
    """How far the actor may read the log as of now; None for who may no longer."""
    (find,) = _finders
    return find(actor_id)
