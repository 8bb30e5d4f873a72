"""Who may manage sources, and which of them may deliver; who reports and corrects errors."""

from collections.abc import Collection

from accounts.people import Person
from audit.actors import Actor
from ingest.models import FeedKey, Source
from lprsvc.lib.errors import PolicyDenied
from lprsvc.lib.permissions import Permission


def check_can_manage_sources(actor: Actor) -> None:
    """The vendor's people and the service's own commands. Raises PolicyDenied."""
    if not _is_vendor(actor):
        raise PolicyDenied("sources_not_yours", "Only the vendor's administrators manage sources.")


def check_can_manage_jurisdictions(actor: Actor) -> None:
    """Likewise, for what the law of each place says of its reads (ING-6). Raises PolicyDenied."""
    if not _is_vendor(actor):
        reason = "Only the vendor's administrators enter the rules of jurisdictions."
        raise PolicyDenied("jurisdictions_not_yours", reason)


def _is_vendor(actor: Actor) -> bool:
    if isinstance(actor, Person):
        return actor.may(Permission.MANAGE_SOURCES)
    return actor.id.startswith("system:")


def check_can_deliver(source: Source, feed_key: FeedKey | None) -> None:
    """A paused source or a revoked key delivers nothing (ING-1). Raises PolicyDenied."""
    if source.is_paused:
        raise PolicyDenied("source_paused", f"Source {source.code} is paused; nothing was kept.")
    if feed_key is not None and feed_key.revoked_at is not None:
        raise PolicyDenied("feed_key_revoked", "This feed key has been revoked.")


def check_can_report_errors(person: Person) -> int:
    """Whoever may see reads reports what is wrong with one; returns the agency it is reported for.

    That it is a read of theirs is for the room that showed it to say. Raises PolicyDenied.
    """
    sees_reads = person.may(Permission.RUN_QUERIES) or person.may(Permission.KEEP_ALERTS)
    if not sees_reads or person.agency_id is None:
        raise PolicyDenied("reports_not_permitted", "Your roles do not include reports of errors.")
    return person.agency_id


def check_can_request_amendments(person: Person) -> int:
    """The agency's privacy office asks on an individual's behalf (QRY-10); returns the agency.

    Raises PolicyDenied.
    """
    if not person.may(Permission.REQUEST_AMENDMENTS) or person.agency_id is None:
        raise PolicyDenied(
            "amendments_not_permitted", "Only an agency's privacy office asks for amendments."
        )
    return person.agency_id


def check_can_review_reads(actor: Actor) -> None:
    """Looking at a read that was reported, correcting it, rejecting the report: the vendor's
    people. Raises PolicyDenied."""
    if not (isinstance(actor, Person) and actor.may(Permission.REVIEW_READS)):
        raise PolicyDenied("review_vendor_only", "Only the vendor reviews reported reads.")


def check_can_view_coverage(person: Person) -> None:
    """How much is collected where is for the vendor, and for those of an agency who answer for the
    contract or oversee its use (ING-7): counts alone. Raises PolicyDenied."""
    if not person.may(Permission.VIEW_COVERAGE):
        raise PolicyDenied("coverage_not_permitted", "Your roles do not include coverage.")


def can_be_told_of_reads(
    *, is_active: bool, permissions: Collection[Permission], is_same_agency: bool
) -> bool:
    """Whether somebody who once saw a read may still be told that it was wrong."""
    sees_reads = bool({Permission.RUN_QUERIES, Permission.KEEP_ALERTS} & set(permissions))
    return is_active and is_same_agency and sees_reads


def can_be_told_of_amendments(permissions: Collection[Permission]) -> bool:
    """Whether somebody of the privacy office still is, when the mail goes out."""
    return Permission.REQUEST_AMENDMENTS in permissions
