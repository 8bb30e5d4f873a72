"""Who did it, as far as the log needs to know: a person, a feed or a job."""

from dataclasses import dataclass
from uuid import UUID

# The vendor's own log: installation, sources and jobs that belong to no agency. Made by the
# first migration; agencies get a log each.
VENDOR_LOG_ID = UUID("00000000-0000-7000-8000-000000000001")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an action came from. All empty for a job."""

    session: str = ""
    request: str = ""
    ip: str = ""
    client: str = ""
    auth: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """One who acts. ``id`` is stable for ever; ``name`` is as it was at the time."""

    id: str
    name: str
    log_id: UUID
    agency: str = ""
    aor: str = ""
    roles: tuple[str, ...] = ()
    origin: Origin = Origin()


def system(job: str, *, log_id: UUID = VENDOR_LOG_ID, agency: str = "") -> Actor:
    """The service itself, doing ``job`` (a task's or command's name)."""
    return Actor(
        id=f"system:{job}",
        name=job,
        log_id=log_id,
        agency=agency,
        roles=("system",),
        origin=Origin(client="job"),
    )
