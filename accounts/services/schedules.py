"""Records schedules: entered and changed by the vendor on the agency's order, with a history."""

from datetime import datetime

from accounts import policy
from accounts.disposal import MAX_YEARS, ScheduleRule
from accounts.models import Component, RecordsSchedule
from accounts.services.governed import change_governed, create_governed, governing, in_log
from audit.actors import Actor
from lprsvc.lib.errors import InvalidInput


def set_records_schedule(
    *, actor: Actor, component: Component, rule: ScheduleRule, reason: str, now: datetime
) -> RecordsSchedule:
    """The schedule of what the component's people print, in place of what it had.

    Reports made from then on name it; what was printed keeps what it says.
    Raises PolicyDenied, InvalidInput.
    """
    actor = in_log(actor, component.agency.log_id)
    with governing(actor, subject=f"records schedule {component.pk}", reason=reason):
        policy.check_can_manage_agencies(actor)
        _check_years(rule)
        values = {name: getattr(rule, name) for name in ScheduleRule.__dataclass_fields__}
        # The component's row is what two who enter the first one wait for.
        Component.objects.select_for_update().get(pk=component.pk)
        found = RecordsSchedule.objects.filter(component=component).first()
        if found is None:
            found = RecordsSchedule(component=component, **values)
            create_governed(found, actor=actor, reason=reason, now=now)
        elif all(getattr(found, name) == value for name, value in values.items()):
            raise InvalidInput({"": ["Nothing was changed."]})
        else:
            change_governed(found, values, actor=actor, reason=reason, now=now)
    return found


def _check_years(rule: ScheduleRule) -> None:
    faults: dict[str, list[str]] = {}
    if not 1 <= rule.destroy_years <= MAX_YEARS:
        faults["destroy_years"] = [f"Use 1 to {MAX_YEARS} years."]
    if rule.on_site_years is not None and not 1 <= rule.on_site_years <= rule.destroy_years:
        faults["on_site_years"] = ["Use 1 year to as many as until destruction, or nothing."]
    if faults:
        raise InvalidInput(faults)
