"""Signed addresses of photographs of a read under review: for one person, some minutes (QRY-7)."""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from django.urls import reverse

from accounts.people import Person
from ingest.rules import PHOTOGRAPH_LINK
from lprsvc.lib import signed_links

Role = Literal["scene", "plate"]
ROLES: tuple[Role, ...] = get_args(Role)
_SALT = "ingest.photograph"


def photograph_url(person: Person, report_id: UUID, role: Role, *, now: datetime) -> str:
    """The address under which this person may see the picture for a while."""
    token = signed_links.sign(_SALT, person.user_id, report_id, role, until=now + PHOTOGRAPH_LINK)
    return f"{reverse('admin:ingest_errorreport_photograph', args=[report_id, role])}?t={token}"


def check_photograph_link(
    person: Person, report_id: UUID, role: Role, token: str, *, now: datetime
) -> None:
    """Raise NotFound unless the address was made for this person and is not too old."""
    signed_links.check(token, _SALT, person.user_id, report_id, role, now=now)
