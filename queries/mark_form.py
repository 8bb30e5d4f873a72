"""What was sent to mark hits (QRY-11): by the buttons of a hit, of those ticked, of all listed."""

from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict

from lprsvc.lib.errors import DomainError
from queries.arranging import Wanted, read

_MARKS: dict[str, bool | None] = {"relevant": True, "not_relevant": False, "none": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkIn:
    """What to do: undo a change, or give `is_relevant` to hits by name, or to all that `wanted`
    lists."""

    is_relevant: bool | None = None
    names: tuple[str, ...] = ()
    wanted: Wanted | None = None
    undo: UUID | None = None


def read_marks(sent: QueryDict) -> MarkIn:
    """What the form asks for. Raises DomainError where it asks for nothing that can be done."""
    if undo := sent.get("undo", ""):
        return MarkIn(undo=_uuid(undo))
    if one := sent.get("one", ""):
        mark, _, name = one.partition(":")
        return MarkIn(is_relevant=_mark(mark), names=(name,))
    if every := sent.get("all", ""):
        return MarkIn(is_relevant=_mark(every), wanted=read(QueryDict(sent.get("arrangement", ""))))
    if ticked := sent.get("ticked", ""):
        names = tuple(sent.getlist("hit"))
        if not names:
            raise DomainError("no_hit_chosen", "Tick the hits to mark first.", status=422)
        return MarkIn(is_relevant=_mark(ticked), names=names)
    raise DomainError("mark_unknown", "Say how to mark the hits.", status=422)


def _mark(text: str) -> bool | None:
    if text not in _MARKS:
        raise DomainError("mark_unknown", "There is no such mark.", status=422)
    return _MARKS[text]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise DomainError("mark_unknown", "There is no such change to undo.", status=422) from None
