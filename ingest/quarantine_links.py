"""Signed addresses of quarantined reads' photographs: for one person, some minutes (QRY-7)."""

from datetime import datetime
from uuid import UUID

from django.urls import reverse

from accounts.people import Person
from ingest.rules import PHOTOGRAPH_LINK
from lprsvc.lib import signed_links

_SALT = "ingest.quarantine.photograph"


def photograph_url(person: Person, pk: UUID, number: int, *, now: datetime) -> str:
    """The address under which this person may see the picture for a while."""
    until = now + PHOTOGRAPH_LINK
    token = signed_links.sign(_SALT, person.user_id, pk, number, until=until)
    return f"{reverse('admin:quarantine_photograph', args=[pk, number])}?t={token}"


def check_photograph_link(
    person: Person, pk: UUID, number: int, token: str, *, now: datetime
) -> None:
    """Raise NotFound unless the address was made for this person and is not too old."""
    signed_links.check(token, _SALT, person.user_id, pk, number, now=now)
