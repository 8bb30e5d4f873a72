"""Named user groups, as task forces and case teams, for sharing (ACC-12)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError

from accounts import policy
from accounts.models import Aor, GroupMember, User, UserGroup
from accounts.services.governed import (
    change_governed,
    check_text,
    create_governed,
    governing,
    in_log,
    remove_governed,
)
from audit.actors import Actor
from lprsvc.lib.errors import InvalidInput, NotFound

_NAME_INDEX = "user_group_name_unique"
_NAME_TAKEN = "There is an open group with this name in your agency."


def create_group(
    *, actor: Actor, aor: Aor, name: str, purpose: str, reason: str, now: datetime
) -> UserGroup:
    """A new, empty group of `aor`. Raises PolicyDenied, InvalidInput."""
    actor = in_log(actor, aor.agency.log_id)
    group = UserGroup(
        agency=aor.agency,
        aor=aor,
        name=" ".join(name.split()),
        purpose=purpose.strip(),
        created_at=now,
    )
    with _naming(), governing(actor, subject=f"group {name}", reason=reason):
        policy.check_can_manage_group(actor, agency_id=group.agency_id, aor_id=group.aor_id)
        _check_name(group)
        create_governed(group, actor=actor, reason=reason, now=now)
    return group


def change_group(
    *, actor: Actor, group: UserGroup, name: str, purpose: str, reason: str, now: datetime
) -> UserGroup:
    """Rename a group, or say anew what it is for. Raises PolicyDenied, InvalidInput, NotFound."""
    with _naming(), _locking(actor, group, reason) as (by, locked):
        after = {"name": " ".join(name.split()), "purpose": purpose.strip()}
        changes = {field: new for field, new in after.items() if getattr(locked, field) != new}
        if not changes:
            raise InvalidInput({"": ["Nothing was changed."]})
        _check_name(UserGroup(pk=locked.pk, agency=locked.agency, name=after["name"]))
        change_governed(locked, changes, actor=by, reason=reason, now=now)
    return locked


def add_member(
    *, actor: Actor, group: UserGroup, user: User, reason: str, now: datetime
) -> GroupMember:
    """Put somebody into a group: from then on they see what is shared with it. Raises
    PolicyDenied, InvalidInput, NotFound."""
    with _locking(actor, group, reason) as (by, locked):
        policy.check_can_add_member(by, group=locked, subject=user)
        if not user.is_active:
            raise InvalidInput({"user": ["The account is not open."]})
        if GroupMember.objects.filter(group=locked, user=user).exists():
            raise InvalidInput({"user": ["They are in the group already."]})
        member = GroupMember(group=locked, user=user)
        create_governed(member, actor=by, reason=reason, now=now)
    return member


def remove_member(
    *, actor: Actor, group: UserGroup, user: User, reason: str, now: datetime
) -> None:
    """Take somebody out of a group: what is shared with it is theirs no more. Raises PolicyDenied,
    InvalidInput, NotFound."""
    with _locking(actor, group, reason) as (by, locked):
        member = GroupMember.objects.filter(group=locked, user=user).first()
        if member is None:
            raise InvalidInput({"user": ["They are not in the group."]})
        remove_governed(member, actor=by, reason=reason, now=now)


def close_group(*, actor: Actor, group: UserGroup, reason: str, now: datetime) -> UserGroup:
    """Close a group for ever: nothing is shared with it any more; its name serves again. Raises
    PolicyDenied, InvalidInput, NotFound."""
    with _locking(actor, group, reason) as (by, locked):
        change_governed(locked, {"closed_at": now}, actor=by, reason=reason, now=now)
    return locked


@contextmanager
def _locking(actor: Actor, group: UserGroup, reason: str) -> Iterator[tuple[Actor, UserGroup]]:
    """The transaction of one act about an open group, with its row locked."""
    actor = in_log(actor, group.agency.log_id)
    with governing(actor, subject=f"usergroup:{group.pk}", reason=reason):
        locked = UserGroup.objects.select_for_update(no_key=True).filter(pk=group.pk).first()
        if locked is None:
            raise NotFound("group")
        policy.check_can_manage_group(actor, agency_id=locked.agency_id, aor_id=locked.aor_id)
        if locked.closed_at is not None:
            raise InvalidInput({"": ["The group is closed."]})
        yield actor, locked


def _check_name(group: UserGroup) -> None:
    check_text("name", group.name)
    same = UserGroup.objects.filter(
        agency=group.agency, name__iexact=group.name, closed_at=None
    ).exclude(pk=group.pk)
    if same.exists():
        raise InvalidInput({"name": [_NAME_TAKEN]})


@contextmanager
def _naming() -> Iterator[None]:
    """Two groups of one name at the same moment: the database lets one through."""
    try:
        yield
    except IntegrityError as error:
        if _NAME_INDEX in str(error):
            raise InvalidInput({"name": [_NAME_TAKEN]}) from error
        raise
