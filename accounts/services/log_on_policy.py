"""How an agency wants its people to log on: second factor, idle time, passwords under CJIS."""

from collections.abc import Mapping
from datetime import datetime

from accounts import policy
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
            create_governed(found, actor=actor, reason=reason, now=now)
            return found
        changes = {name: new for name, new in wanted.items() if getattr(found, name) != new}
        if not changes:
            raise InvalidInput({"": ["Nothing was changed."]})
        change_governed(found, changes, actor=actor, reason=reason, now=now)
    return found
