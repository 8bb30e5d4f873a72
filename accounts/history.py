"""The history that every governed object keeps: who, when, from, to, why (ACC-13)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from audit.actors import Actor


def governed_history(*, excluded_fields: list[str] | None = None) -> HistoricalRecords:
    """History rows that name the actor by the same stable id as the audit log does.

    Never for what must be erased (alert entries, recent queries): history would keep it.
    """
    return HistoricalRecords(
        excluded_fields=excluded_fields or [],
        history_user_id_field=models.CharField(max_length=200, null=True),
        history_user_getter=_get_actor,
        history_user_setter=_set_actor,
        history_change_reason_field=models.TextField(null=True),
    )


def save_governed(
    instance: models.Model,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
    fields: Collection[str] | None = None,
) -> None:
    """Save a governed object; its history row says who, why and when (`now`).

    `fields`: only these are written, so that what others change meanwhile stays, and a role needs
    no right to the rest. Raises TypeError for a model without history: it would change without a
    trace (ACC-13).
    """
    _sign(instance, actor, reason, now)
    instance.save(update_fields=fields)


def delete_governed(instance: models.Model, *, actor: Actor, reason: str, now: datetime) -> None:
    """Delete a governed object; its last history row says who, why and when (`now`)."""
    _sign(instance, actor, reason, now)
    instance.delete()


def _sign(instance: models.Model, actor: Actor, reason: str, now: datetime) -> None:
    if not hasattr(instance, "history"):
        raise TypeError(f"{type(instance).__name__} has no history")
    # simple-history's documented way to hand these over is by these attributes.
    for name, value in (
        ("_history_user", actor.id),
        ("_change_reason", reason),
        ("_history_date", now),
    ):
        setattr(instance, name, value)


def _get_actor(row: Any) -> str | None:
    actor: str | None = row.history_user_id
    return actor


def _set_actor(row: Any, actor_id: str | None) -> None:
    row.history_user_id = actor_id
