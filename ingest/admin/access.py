"""What the pages of this package share: they are the vendor's alone."""

from typing import TypeVar

from django.db import models
from django.db.models import QuerySet

from accounts.people import Person
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission

VENDOR = frozenset({Permission.MANAGE_SOURCES})

M = TypeVar("M", bound=models.Model)


def given(found: M | None) -> M:
    """The object a page is about. Raises NotFound."""
    if found is None:
        raise NotFound("object")
    return found


def for_vendor(model: type[M], person: Person) -> "QuerySet[M]":
    """All rows, for who manages sources; none for anybody else."""
    rows = model._default_manager.all()  # noqa: SLF001 - Django's documented name
    return rows if person.may(Permission.MANAGE_SOURCES) else rows.none()
