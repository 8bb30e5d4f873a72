"""Signed names of what an answer showed: photographs, by links that soon end (QRY-7), and hits.

Each is for one person and one query, so that acting on a hit needs no second look at the reads.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lprsvc.lib import signed_links
from lprsvc.lib.errors import NotFound
from queries.rules import PHOTOGRAPH_LINK

_SALT = "query-photograph"
_HIT_SALT = "query-hit"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotographLink:
    """What a link stands for. `captured_at` narrows what viewing it opens to this one read."""

    user_id: UUID
    query_id: UUID
    read_id: UUID
    role: str
    captured_at: datetime


def sign(link: PhotographLink, *, now: datetime) -> str:
    """The token for the link's address; only the time of capture and its end can be read in it."""
    return signed_links.sign(
        _SALT,
        link.user_id,
        link.query_id,
        link.read_id,
        link.role,
        until=now + PHOTOGRAPH_LINK,
        note=link.captured_at,
    )


def sign_hit(*, user_id: UUID, query_id: UUID, read_id: UUID, until: datetime) -> str:
    """What names a hit of this person's query to be marked: its read's id, and that we said it.

    Good for as long as the query is kept, so that a mark on a page left open still counts.
    """
    token = signed_links.sign(_HIT_SALT, user_id, query_id, read_id, until=until)
    return f"{read_id}.{token}"


def check_hit(name: str, *, user_id: UUID, query_id: UUID, now: datetime) -> UUID:
    """The read's id, if `sign_hit` made the name for this person and query; else NotFound."""
    text, _, token = name.partition(".")
    try:
        read_id = UUID(text)
    except ValueError:
        raise NotFound("hit") from None
    signed_links.check(token, _HIT_SALT, user_id, query_id, read_id, now=now)
    return read_id


def check(
    token: str, *, user_id: UUID, query_id: UUID, read_id: UUID, role: str, now: datetime
) -> PhotographLink:
    """The link, if `sign` made the token for exactly this within the last five minutes.

    Raises NotFound for anything else: a link that is old, changed or somebody else's.
    """
    captured_at = signed_links.check(token, _SALT, user_id, query_id, read_id, role, now=now)
    if captured_at is None:
        raise NotFound("photograph")
    return PhotographLink(
        user_id=user_id, query_id=query_id, read_id=read_id, role=role, captured_at=captured_at
    )
