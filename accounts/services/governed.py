"""Creating and changing governed objects: history row and audit event, never one without the other.

For services of this room and of those above it. Callers have asked their policy and hold the
transaction (`audit.services.recording_refusals`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.db.models.options import Options

from accounts.history import delete_governed, save_governed
from audit.actors import Actor
from audit.kinds import Kind
from audit.leaf import Value
from audit.services import record, record_alone, recording_refusals
from lprsvc.lib.errors import InvalidInput

# Never in the log, hashed or not; and what is no change of substance.
_UNLOGGED = frozenset(
    {
        "password",
        "last_login",
        "key_hash",
        "password_set_at",
        "password_is_short",
        "must_change_password",
        "session_epoch",
    }
)
_MAX_LOGGED = 2_000


@contextmanager
def governing(actor: Actor, *, subject: str, reason: str) -> Iterator[None]:
    """The transaction of one administrative act; its refusal or failure is recorded.

    `subject` names what is acted on, as entered; `reason` is mandatory. Raises InvalidInput.
    """
    with recording_refusals(
        actor=actor,
        refused=Kind.ADMIN_REFUSED,
        failed=Kind.ADMIN_FAILED,
        fields={"object": loggable(subject), "reason": loggable(reason)},
    ):
        if not reason.strip():
            raise InvalidInput({"reason": ["Say why."]})
        check_text("reason", reason)
        yield


def create_governed(instance: models.Model, *, actor: Actor, reason: str, now: datetime) -> None:
    """Validate and insert `instance`, with its history row and `admin.created`.

    Raises InvalidInput with the faults by field.
    """
    validate(instance)
    save_governed(instance, actor=actor, reason=reason, now=now)
    record(
        actor=actor,
        kind=Kind.ADMIN_CREATED,
        fields={
            "object": name_of(instance),
            "before": None,
            "after": snapshot(instance),
            "reason": reason,
        },
    )


def change_governed(
    instance: models.Model,
    changes: Mapping[str, Any],
    *,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    """Set `changes` on `instance`, with its history row and `admin.changed`.

    The event holds the changed fields only, before and after. Raises InvalidInput.
    """
    before = snapshot(instance)
    for field, value in changes.items():
        setattr(instance, field, value)
    validate(instance)
    after = snapshot(instance)
    save_governed(instance, actor=actor, reason=reason, now=now, fields=list(changes) or None)
    changed = [name for name in after if after[name] != before[name]]
    record(
        actor=actor,
        kind=Kind.ADMIN_CHANGED,
        fields={
            "object": name_of(instance),
            "before": {name: before[name] for name in changed},
            "after": {name: after[name] for name in changed},
            "reason": reason,
        },
    )


def remove_governed(instance: models.Model, *, actor: Actor, reason: str, now: datetime) -> None:
    """Delete a row that only says that two things belong together; its history and
    `admin.removed` stay."""
    name, before = name_of(instance), snapshot(instance)
    delete_governed(instance, actor=actor, reason=reason, now=now)
    record(
        actor=actor,
        kind=Kind.ADMIN_REMOVED,
        fields={"object": name, "before": before, "after": None, "reason": reason},
    )


def in_log(actor: Actor, log_id: UUID) -> Actor:
    """The same actor, recorded in another log: what the vendor changes of an agency stands in
    that agency's log, where its own auditors see it."""
    return replace(actor, log_id=log_id)


def name_of(instance: models.Model) -> str:
    """How events name an object, for ever: model and primary key."""
    return f"{_meta(instance).model_name}:{instance.pk}"


def snapshot(instance: models.Model) -> dict[str, Value]:
    """The object's own fields as an event may hold them; never a secret."""
    return {
        field.attname: _plain(getattr(instance, field.attname))
        for field in _meta(instance).concrete_fields
        if field.name not in _UNLOGGED
    }


def _meta(instance: models.Model) -> "Options[models.Model]":
    return instance._meta  # noqa: SLF001 - Django's documented model interface


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def validate(instance: models.Model) -> None:
    """Django's own validation, with its faults as InvalidInput."""
    for field in _meta(instance).concrete_fields:
        value = getattr(instance, field.attname)
        if isinstance(value, str):
            check_text(field.name, value)
    try:
        # An empty reference is allowed where the column is; the admin's forms are not asked.
        instance.full_clean(
            exclude={
                field.name
                for field in _meta(instance).concrete_fields
                if field.null and getattr(instance, field.attname) is None
            }
        )
    except ValidationError as error:
        raise InvalidInput(
            {
                "" if name == NON_FIELD_ERRORS else name: messages
                for name, messages in error.message_dict.items()
            }
        ) from error


def check_text(field: str, text: str) -> None:
    """Raise InvalidInput for text that neither database nor log can hold."""
    if text != loggable(text, limit=len(text)):
        raise InvalidInput({field: ["It holds a character that can't be stored."]})


def loggable(text: str, *, limit: int = _MAX_LOGGED) -> str:
    """Entered text as an event may hold it even when it is refused for what it is."""
    clean = text[:limit].replace("\0", "\ufffd")
    return clean.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def record_viewed(*, person: Actor, subject: str, search: str = "") -> None:
    """Record that somebody looked at a page of the admin: reads are events too."""
    record_alone(
        actor=person,
        kind=Kind.ADMIN_VIEWED,
        fields={"object": loggable(subject), "search": loggable(search)},
    )
