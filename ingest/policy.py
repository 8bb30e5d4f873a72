"""Who may manage sources, and which of them may deliver."""

from accounts.people import Person
from audit.actors import Actor
from ingest.models import FeedKey, Source
from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.permissions import Permission


def check_can_manage_sources(actor: Actor) -> None:
    """The vendor's people and the service's own commands. Raises PolicyDenied."""
    if isinstance(actor, Person):
        allowed = actor.may(Permission.MANAGE_SOURCES)
    else:
        allowed = actor.id.startswith("system:")
    if not allowed:
        raise PolicyDenied("sources_not_yours", "Only the vendor's administrators manage sources.")


def check_can_deliver(source: Source, feed_key: FeedKey | None) -> None:
    """A paused source or a revoked key delivers nothing (ING-1). Raises PolicyDenied."""
    if source.is_paused:
        raise PolicyDenied("source_paused", f"Source {source.code} is paused; nothing was kept.")
    if feed_key is not None and feed_key.revoked_at is not None:
        raise PolicyDenied("feed_key_revoked", "This feed key has been revoked.")
