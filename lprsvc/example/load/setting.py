"""What every step of loading the example needs."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from audit.actors import Actor, system

REASON = "Example set-up"
JOB = "example-data"
# What set-up is told and the service's processes are not.
_OWNERS = ("DATABASE_URL", "LPRSVC_PROCESS")


@dataclass(frozen=True, slots=True)
class Loading:
    """One run: its time, who acts, and whom to tell."""

    now: datetime
    say: Callable[[str], object]
    actor: Actor = field(default_factory=lambda: system(JOB))


def environment_of(process: str) -> dict[str, str]:
    """The environment of another of the service's processes, without what only set-up may know."""
    kept = {name: value for name, value in os.environ.items() if name not in _OWNERS}
    return kept | {"LPRSVC_PROCESS": process}
