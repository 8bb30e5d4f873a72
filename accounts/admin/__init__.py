"""The accounts room in the admin, a module for each noun; importing them registers the pages."""

from accounts.admin import (
    agencies,
    certification,
    credentials,
    groups,
    people,
    requests,
    rules,
    support,
    terminations,
    training,
)

__all__ = [
    "agencies",
    "certification",
    "credentials",
    "groups",
    "people",
    "requests",
    "rules",
    "support",
    "terminations",
    "training",
]
