"""Registering by key: user name, password and security questions (ACC-1, ACC-5).

Whatever is wrong with a key (used, expired, revoked, another person's, made up), who types it
reads the same sentence; the log says which it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError

from accounts.models import AccessRequest, AccessRequestState, RegistrationKey, User
from accounts.people import person_for
from accounts.services.access import hash_of, lock_key
from accounts.services.governed import change_governed, create_governed
from accounts.services.notices import queue_notice
from accounts.services.passwords import check_new_password, write_password
from accounts.services.people import check_person
from accounts.services.recovery import check_answers, set_answers
from accounts.states import may_become
from audit.actors import VENDOR_LOG_ID, Actor, Origin
from audit.kinds import Kind
from audit.services import record, recording_refusals
from lprsvc.lib.errors import DomainError, InvalidInput

_REASON = "Registered by key."
_USERNAME_TAKEN = "This user name is taken. Choose another one."
_USERNAME_INDEX = "accounts_user_username_key"


class KeyRefused(DomainError):
    """A key that opens nothing; the message is the same whatever the cause."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"key_{cause}",
            "This key does not work with this e-mail address. Compare both with the mail. A key"
            " works once and for seven days; your agency manager can send a new one.",
            status=422,
        )


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person chooses at registration. `answers` are three pairs of a question's key and
    what the person said."""

    username: str
    password: str
    answers: Sequence[tuple[str, str]]


def register(
    *, key: str, email: str, credentials: Credentials, origin: Origin, now: datetime
) -> User:
    """Use a key: once, within seven days, together with the address it was sent to.

    For an approved request the account is made; for an existing account its password and
    questions are replaced, and its sessions end. A fault in what was chosen leaves the key as it
    is. Raises KeyRefused, InvalidInput, AuditUnavailable.
    """
    found = (
        RegistrationKey.objects.select_related("request__agency", "request__aor", "user__agency")
        .filter(key_hash=hash_of(key))
        .first()
    )
    try:
        with recording_refusals(
            actor=_claimed(found, origin),
            refused=Kind.CREDENTIAL_REGISTRATION_REFUSED,
            fields={"key": str(found.pk) if found else None},
        ):
            return _register(_usable(found, email, now), credentials, origin, now)
    except IntegrityError as error:
        # Somebody else chose the same name at the same moment.
        if _USERNAME_INDEX in str(error):
            raise InvalidInput({"username": [_USERNAME_TAKEN]}) from error
        raise


def _usable(found: RegistrationKey | None, email: str, now: datetime) -> RegistrationKey:
    """The key, locked, if it may be used now and by this person. Raises KeyRefused."""
    if found is None:
        raise KeyRefused("unknown")
    if found.email.casefold() != email.strip().casefold():
        raise KeyRefused("of_somebody_else")
    key = lock_key(found)
    if key is None:
        raise KeyRefused("used" if found.used_at else "revoked")
    # The secret may have been replaced while we waited for the lock.
    if key.key_hash != found.key_hash or key.expires_at is None or now >= key.expires_at:
        raise KeyRefused("expired")
    return key


def _register(
    key: RegistrationKey, credentials: Credentials, origin: Origin, now: datetime
) -> User:
    if key.request is not None:
        user = _create(key.request, credentials, origin, now)
    else:
        user = _renew(key, credentials)
    person = person_for(user, origin=origin)
    write_password(user, credentials.password, now=now)
    set_answers(user=user, answers=credentials.answers, now=now)
    key.used_at = now
    key.save(update_fields=["used_at"])
    record(
        actor=person,
        kind=Kind.CREDENTIAL_REGISTERED,
        fields={"key": str(key.pk), "account_is_new": key.request is not None},
    )
    if key.request is None:
        queue_notice(
            kind="password_changed",
            recipient=user.email,
            about=f"user:{user.pk}",
            log_id=person.log_id,
            now=now,
        )
    return user


def _create(
    request: AccessRequest, credentials: Credentials, origin: Origin, now: datetime
) -> User:
    """The account that the request was approved for."""
    if not may_become(request.state, AccessRequestState.REGISTERED):
        raise KeyRefused("revoked")
    user = User(
        username=credentials.username.strip().lower(),
        email=request.email,
        full_name=request.full_name,
        title=request.title,
        agency=request.agency,
        component=request.component,
        aor=request.aor,
        supervisor=request.supervisor,
        roles=list(request.roles),
        timezone=request.timezone,
        created_at=now,
    )
    user.set_unusable_password()
    _check_all(
        lambda: _check_new(user),
        lambda: check_new_password(user, credentials.password),
        lambda: check_answers(credentials.answers, user=user),
    )
    person = person_for(user, origin=origin)
    create_governed(user, actor=person, reason=_REASON, now=now)
    changes = {"state": AccessRequestState.REGISTERED, "user": user}
    change_governed(request, changes, actor=person, reason=_REASON, now=now)
    return user


def _renew(key: RegistrationKey, credentials: Credentials) -> User:
    """The existing account the key is for: its name stays, the rest is chosen anew."""
    user = key.user
    if user is None or not user.is_active:
        raise KeyRefused("revoked")
    _check_all(
        lambda: _check_own(user.username, credentials.username),
        lambda: check_new_password(user, credentials.password),
        lambda: check_answers(credentials.answers, user=user),
    )
    return user


def _check_new(user: User) -> None:
    check_person(user)
    if User.objects.filter(username=user.username).exists():
        raise InvalidInput({"username": [_USERNAME_TAKEN]})


def _check_own(username: str, typed: str) -> None:
    if typed.strip().lower() != username:
        raise InvalidInput({"username": ["Enter the user name you have: it does not change."]})


def _check_all(*checks: Callable[[], None]) -> None:
    """Raise all the faults together: a person should not be told one at a time."""
    faults: dict[str, list[str]] = {}
    for check in checks:
        try:
            check()
        except InvalidInput as error:
            faults |= error.errors
    if faults:
        raise InvalidInput(faults)


def _claimed(key: RegistrationKey | None, origin: Origin) -> Actor:
    """Who uses the key, as far as it says: the person it was made for."""
    if key is not None and key.user is not None:
        return person_for(key.user, origin=origin)
    request = key.request if key is not None else None
    if request is None:
        return Actor(id="nobody", name="", log_id=VENDOR_LOG_ID, origin=origin)
    return Actor(
        id=f"accessrequest:{request.pk}",
        name=request.full_name,
        log_id=request.agency.log_id if request.agency else VENDOR_LOG_ID,
        agency=request.agency.code if request.agency else "",
        aor=request.aor.name if request.aor else "",
        origin=origin,
    )
