"""Signed addresses of photographs: for one person, one match, one picture, some minutes (QRY-7)."""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from django.urls import reverse

from accounts.people import Person
from alerts.rules import PHOTOGRAPH_LINK_AGE
from lprsvc.lib import signed_links

Role = Literal["scene", "plate"]
ROLES: tuple[Role, ...] = get_args(Role)
_SALT = "alerts.photograph"


def photograph_url(person: Person, match_id: UUID, role: Role, *, now: datetime) -> str:
    """The address under which this person may see the picture for a while."""
    until = now + PHOTOGRAPH_LINK_AGE
    token = signed_links.sign(_SALT, person.user_id, match_id, role, until=until)
    return f"{reverse('match_photograph', args=[match_id, role])}?t={token}"


def check_photograph_link(
    person: Person, match_id: UUID, role: Role, token: str, *, now: datetime
) -> None:
    """Raise NotFound unless the address was made for this person and is not too old."""
    signed_links.check(token, _SALT, person.user_id, match_id, role, now=now)
