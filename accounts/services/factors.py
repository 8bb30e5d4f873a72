"""Second factors (ACC-7): enrolling where an agency demands it, spending codes, removing them."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction

from accounts import policy
from accounts.log_on_rules import rules_for
from accounts.models import User
from accounts.services import sessions
from accounts.services.governed import governing, in_log
from accounts.services.notices import queue_notice
from accounts.services.passwords import SECOND_FACTORS, has_second_factor
from audit.actors import VENDOR_LOG_ID, Actor
from audit.kinds import Kind
from audit.services import record
from lprsvc.lib.errors import InvalidInput

_LAST_COUNTER = "last_counter"


def must_enroll(user: User) -> bool:
    """Whether the agency demands a second factor that the person does not have yet."""
    return rules_for(user.agency).require_second_factor and not has_second_factor(user)


def enroll_app(user: User, *, secret: str, code: str) -> tuple[Authenticator, list[str]]:
    """Enroll an authenticator app whose `code` was right; the app, and the recovery codes.

    The code is spent by it. Recorded by the receivers of the rows. Raises AuditUnavailable.
    """
    with transaction.atomic(durable=True):
        app = TOTP.activate(user, secret).instance
        spend_code(app, code)
        return app, RecoveryCodes.activate(user).get_unused_codes()


def enroll_key(
    user: User, *, name: str, credential: dict[str, object]
) -> tuple[Authenticator, list[str]]:
    """Enroll a security key whose answer was verified; the key, and the recovery codes."""
    with transaction.atomic(durable=True):
        key = WebAuthn.add(user, name, credential).instance
        return key, RecoveryCodes.activate(user).get_unused_codes()


def has_factors(user: User) -> bool:
    """Whether there is any to take away, recovery codes included."""
    return bool(Authenticator.objects.filter(user_id=user.pk).exists())


def recovery_codes_of(user: User) -> list[str]:
    """The codes that are left."""
    row = Authenticator.objects.filter(
        user_id=user.pk, type=Authenticator.Type.RECOVERY_CODES
    ).first()
    codes: list[str] = row.wrap().get_unused_codes() if row else []
    return codes


def spend_code(app: Authenticator, code: str) -> bool:
    """Whether this code of an authenticator app is newer than the last one used; then it is used.

    In the database, where an emptied cache can't forget it; of two uses at once one is the first.
    """
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=app.pk)
        secret = decrypt(row.data["secret"])
        used = row.data.get(_LAST_COUNTER, -1)
        fresh = [
            counter
            for counter in yield_hotp_counters_from_time()
            if counter > used and format_hotp_value(hotp_value(secret, counter)) == _plain(code)
        ]
        if not fresh:
            return False
        row.data[_LAST_COUNTER] = max(fresh)
        row.save(update_fields=["data"])
    return True


def may_remove(factor: Authenticator) -> bool:
    """Not the last second factor where the agency demands one."""
    if factor.type not in SECOND_FACTORS:
        return True
    user: User = factor.user
    if not rules_for(user.agency).require_second_factor:
        return True
    others = Authenticator.objects.filter(user_id=user.pk, type__in=SECOND_FACTORS)
    return bool(others.exclude(pk=factor.pk).exists())


def reset_factors(*, actor: Actor, user: User, reason: str, now: datetime) -> None:
    """Take all second factors from somebody who lost them; their sessions end.

    Whoever demands it must have made sure who asks. Raises PolicyDenied, InvalidInput.
    """
    actor = in_log(actor, user.agency.log_id if user.agency else VENDOR_LOG_ID)
    with governing(actor, subject=f"user:{user.pk}", reason=reason):
        policy.check_can_manage_user(actor, user)
        rows = Authenticator.objects.filter(user_id=user.pk)
        had = sorted(rows.select_for_update().values_list("type", flat=True))
        if not had:
            raise InvalidInput({"": ["There is no second factor to take away."]})
        # Past the receivers, which take it that a person changes their own.
        rows._raw_delete(rows.db)  # noqa: SLF001
        sessions.end_everywhere(user)
        queue_notice(
            kind="second_factor_changed",
            recipient=user.email,
            about=f"user:{user.pk}",
            log_id=actor.log_id,
            now=now,
        )
        record(
            actor=actor,
            kind=Kind.ADMIN_CHANGED,
            fields={
                "object": f"user:{user.pk}",
                "before": {"second_factors": had},
                "after": {"second_factors": []},
                "reason": reason,
            },
        )


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "")
