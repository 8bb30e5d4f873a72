"""How an agency wants its people to log on: second factor, idle time, passwords under CJIS."""

from collections.abc import Mapping
from datetime import datetime

from accounts import policy
from accounts.log_on_rules import MAX_AGE_OF_SHORT, MIN_LENGTH_ALONE
from accounts.models import Agency, LogOnPolicy
from accounts.services.governed import change_governed, create_governed, governing, in_log
from audit.actors import Actor
from lprsvc.lib.errors import InvalidInput

FIELDS = (
    "require_second_factor",
    "idle_minutes",
    "min_password_length",
    "max_password_age_days",
    "password_history",
)


def set_log_on_policy(
    *,
    actor: Actor,
    agency: Agency,
    wanted: Mapping[str, int | bool | None],
    reason: str,
    now: datetime,
) -> LogOnPolicy:
    """Set what of `FIELDS` is in `wanted`; by the vendor, on the agency's order.

    Stands in the agency's log. Sessions that are open keep to a shorter idle time at once; a
    second factor is demanded from the next log-on. Raises PolicyDenied, InvalidInput.
    """
    actor = in_log(actor, agency.log_id)
    with governing(actor, subject=f"log-on policy of {agency.code}", reason=reason):
        policy.check_can_manage_agencies(actor)
        # The agency's row is held, so that two who change it come one after the other.
        Agency.objects.select_for_update().get(pk=agency.pk)
        found = LogOnPolicy.objects.filter(agency=agency).first()
        if found is None:
            found = LogOnPolicy(agency=agency, **dict(wanted))
            _check_short_passwords(found)
            create_governed(found, actor=actor, reason=reason, now=now)
            return found
        changes = {name: new for name, new in wanted.items() if getattr(found, name) != new}
        if not changes:
            raise InvalidInput({"": ["Nothing was changed."]})
        _check_short_passwords(LogOnPolicy(agency=agency, **(_held(found) | changes)))
        change_governed(found, changes, actor=actor, reason=reason, now=now)
    return found


def _held(found: LogOnPolicy) -> dict[str, int | bool | None]:
    return {name: getattr(found, name) for name in FIELDS}


def _check_short_passwords(wanted: LogOnPolicy) -> None:
    """That a password too short to stand alone stands beside a factor or is soon another, as the
    FBI's CJIS Security Policy has it. Raises InvalidInput."""
    length, days = wanted.min_password_length, wanted.max_password_age_days
    if length is None or length >= MIN_LENGTH_ALONE or wanted.require_second_factor:
        return
    if days is None or days > MAX_AGE_OF_SHORT.days:
        fault = (
            f"A password of less than {MIN_LENGTH_ALONE} characters needs a second factor beside"
            f" it, or to be changed after {MAX_AGE_OF_SHORT.days} days at most."
        )
        raise InvalidInput({"min_password_length": [fault]})
