"""Taking a log out of the service, as a bundle that proves itself; recorded first."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import bundles
from audit.actors import Actor
from audit.bundles import Disclosure, Progress, Written
from audit.kinds import Kind
from audit.services import record


def export_log(
    *,
    actor: Actor,
    log_id: UUID,
    path: Path,
    of_actor: str = "",
    progress: Progress = lambda _count: None,
) -> Written:
    """Write the whole log to `path`, a zip; with `of_actor` (an actor's id) what they did or had
    done is whole, and of everything else only who acted is open.

    Written beside and moved into place at the end, so that `path` is whole or not there. Raises
    bundles.NotSigned and OSError; that it was asked for is in the log either way.
    """
    with transaction.atomic(durable=True):
        record(
            actor=actor,
            kind=Kind.AUDIT_EXPORTED,
            fields={"object": "whole log", "form": "bundle", "of_actor": of_actor or None},
        )

    def opens(fields: dict[str, Any]) -> frozenset[str] | None:
        is_open = not of_actor or of_actor in {fields.get("actor"), fields.get("behalf_of")}
        return None if is_open else frozenset({"actor", "behalf_of"})

    partial = path.with_name(f"{path.name}.partial")
    try:
        written = bundles.write(
            partial,
            log_id,
            lambda size: Disclosure(range(size), opens),
            about={"of_actor": of_actor},
            kind="redacted" if of_actor else "full",
            progress=progress,
        )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return written
