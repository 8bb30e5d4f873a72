"""A logged-on person, as services and policies see one: frozen, without the request."""

from dataclasses import dataclass, field
from uuid import UUID

from accounts.models import ManagedAor, User, user_actor_id
from audit.actors import VENDOR_LOG_ID, Actor, Origin
from lprsvc.lib.permissions import Permission

NOWHERE = Origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Actor):
    """An `Actor` with what policies need to know. ``agency_id`` is None for the vendor's people."""

    user_id: UUID
    agency_id: int | None = None
    component: str = ""
    component_id: int | None = None
    aor_id: int | None = None
    email: str = ""
    timezone: str = "UTC"
    permissions: frozenset[Permission] = field(default_factory=frozenset)
    # The AORs an agency manager manages: the own one, and those given beside it.
    managed_aor_ids: tuple[int, ...] = ()
    managed_aors: tuple[str, ...] = ()

    def manages(self, aor_id: int | None) -> bool:
        """Whether the person is an agency manager of this AOR."""
        return aor_id is not None and aor_id in self.managed_aor_ids

    def may(self, permission: Permission) -> bool:
        """Whether the person's roles carry the permission."""
        return permission in self.permissions


def person_for(user: User, *, origin: Origin = NOWHERE) -> Person:
    """The person behind a user row; ``agency``, ``component`` and ``aor`` should be selected."""
    agency = user.agency
    managed = _managed_by(user)
    return Person(
        id=user_actor_id(user.pk),
        name=user.full_name,
        log_id=agency.log_id if agency else VENDOR_LOG_ID,
        agency=agency.code if agency else "",
        aor=user.aor.name if user.aor else "",
        roles=tuple(user.roles),
        origin=origin,
        user_id=user.pk,
        agency_id=user.agency_id,
        component=user.component.code if user.component else "",
        component_id=user.component_id,
        aor_id=user.aor_id,
        email=user.email,
        timezone=user.timezone,
        permissions=user.permissions,
        managed_aor_ids=tuple(managed),
        managed_aors=tuple(managed.values()),
    )


def _managed_by(user: User) -> dict[int, str]:
    """AORs by key, the own one first; only managers are asked about, so only they cost a query."""
    if Permission.MANAGE_USERS not in user.permissions:
        return {}
    own = {user.aor.pk: user.aor.name} if user.aor else {}
    rows = ManagedAor.objects.filter(user=user, aor__agency=user.agency_id).order_by("aor__name")
    return own | dict(rows.values_list("aor_id", "aor__name"))
