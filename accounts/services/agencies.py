"""Agencies and their parts: components, areas of responsibility, reason codes.

What events and addresses name for ever does not change: codes, and the names of AORs, by which the
log is parted between managers.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from zoneinfo import available_timezones

from accounts import policy
from accounts.models import Agency, Aor, Component, ReasonCode
from accounts.services.governed import change_governed, create_governed, governing, in_log
from audit.actors import Actor
from audit.services import create_log
from lprsvc.lib.errors import InvalidInput, NotFound

# No longer than anybody keeps reads; a typing error of a digit must not open twenty years.
MAX_LOOKBACK_YEARS = 10

Part = TypeVar("Part", Component, Aor, ReasonCode)


def create_agency(
    *, actor: Actor, code: str, name: str, timezone: str, reason: str, now: datetime
) -> Agency:
    """A new customer, with an audit log of its own whose public name ends in `code`.

    Recorded in the actor's log: the agency's own begins empty. Raises PolicyDenied, InvalidInput.
    """
    with governing(actor, subject=f"agency {code}", reason=reason):
        policy.check_can_manage_agencies(actor)
        check_timezone(timezone)
        if Agency.objects.filter(code__iexact=code).exists():
            raise InvalidInput({"code": ["There is an agency with this code."]})
        agency = Agency(code=code, name=name, timezone=timezone, created_at=now)
        agency.log = create_log(origin=f"lprsvc/{code.lower()[:40]}", now=now)
        create_governed(agency, actor=actor, reason=reason, now=now)
    return agency


def create_component(
    *,
    actor: Actor,
    agency: Agency,
    code: str,
    name: str,
    max_lookback_years: int | None,
    lookback_source: str,
    lookback_by_offense: bool = False,
    reason: str,
    now: datetime,
) -> Component:
    """A part of `agency` with a time-frame rule and the rule's source (QRY-3).

    The rule is a number of years, or the limitation period of the offense that a query names.
    Raises PolicyDenied, InvalidInput.
    """
    actor = in_log(actor, agency.log_id)
    with governing(actor, subject=f"component {agency.code} {code}", reason=reason):
        policy.check_can_manage_agencies(actor)
        _check_lookback(max_lookback_years, lookback_source, by_offense=lookback_by_offense)
        component = Component(
            agency=agency,
            code=code,
            name=name,
            lookback_by_offense=lookback_by_offense,
            max_lookback_years=max_lookback_years,
            lookback_source=lookback_source,
        )
        create_governed(component, actor=actor, reason=reason, now=now)
    return component


def create_aor(
    *, actor: Actor, agency: Agency, name: str, timezone: str, reason: str, now: datetime
) -> Aor:
    """An area of responsibility of `agency`. Raises PolicyDenied, InvalidInput."""
    actor = in_log(actor, agency.log_id)
    with governing(actor, subject=f"aor {agency.code} {name}", reason=reason):
        policy.check_can_manage_agencies(actor)
        check_timezone(timezone)
        aor = Aor(agency=agency, name=name, timezone=timezone)
        create_governed(aor, actor=actor, reason=reason, now=now)
    return aor


def create_reason_code(
    *, actor: Actor, agency: Agency, code: str, label: str, reason: str, now: datetime
) -> ReasonCode:
    """An entry of `agency`'s list of reasons (QRY-1). Raises PolicyDenied, InvalidInput."""
    actor = in_log(actor, agency.log_id)
    with governing(actor, subject=f"reason code {agency.code} {code}", reason=reason):
        policy.check_can_manage_agencies(actor)
        reason_code = ReasonCode(agency=agency, code=code, label=label)
        create_governed(reason_code, actor=actor, reason=reason, now=now)
    return reason_code


def change_agency(
    *, actor: Actor, agency: Agency, name: str, timezone: str, reason: str, now: datetime
) -> Agency:
    """Another name or time zone; the zone decides when the agency's business days end.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    actor = in_log(actor, agency.log_id)
    with governing(actor, subject=f"agency:{agency.pk}", reason=reason):
        policy.check_can_manage_agencies(actor)
        check_timezone(timezone)
        locked = Agency.objects.select_for_update().filter(pk=agency.pk).first()
        if locked is None:
            raise NotFound("agency")
        _change(locked, {"name": name, "timezone": timezone}, actor, reason, now)
    return locked


def change_component(
    *,
    actor: Actor,
    component: Component,
    name: str,
    max_lookback_years: int | None,
    lookback_source: str,
    lookback_by_offense: bool = False,
    reason: str,
    now: datetime,
) -> Component:
    """Another name or time-frame rule, with the rule's source; it holds from the next query on.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    actor = in_log(actor, component.agency.log_id)
    with governing(actor, subject=f"component:{component.pk}", reason=reason):
        policy.check_can_manage_agencies(actor)
        _check_lookback(max_lookback_years, lookback_source, by_offense=lookback_by_offense)
        changes = {
            "name": name,
            "lookback_by_offense": lookback_by_offense,
            "max_lookback_years": max_lookback_years,
            "lookback_source": lookback_source,
        }
        return _change_part(component, changes, actor, reason, now)


def change_aor(*, actor: Actor, aor: Aor, timezone: str, reason: str, now: datetime) -> Aor:
    """Another time zone. Raises PolicyDenied, InvalidInput, NotFound."""
    actor = in_log(actor, aor.agency.log_id)
    with governing(actor, subject=f"aor:{aor.pk}", reason=reason):
        policy.check_can_manage_agencies(actor)
        check_timezone(timezone)
        return _change_part(aor, {"timezone": timezone}, actor, reason, now)


def change_reason_code(
    *,
    actor: Actor,
    reason_code: ReasonCode,
    label: str,
    is_active: bool,
    reason: str,
    now: datetime,
) -> ReasonCode:
    """Other words, or whether it can be chosen; past queries keep the words they were asked with.

    Raises PolicyDenied, InvalidInput, NotFound.
    """
    actor = in_log(actor, reason_code.agency.log_id)
    with governing(actor, subject=f"reasoncode:{reason_code.pk}", reason=reason):
        policy.check_can_manage_agencies(actor)
        return _change_part(
            reason_code, {"label": label, "is_active": is_active}, actor, reason, now
        )


def _change_part(
    part: Part, changes: Mapping[str, Any], actor: Actor, reason: str, now: datetime
) -> Part:
    locked = type(part).objects.select_for_update().filter(pk=part.pk).first()
    if locked is None:
        raise NotFound(str(part))
    _change(locked, changes, actor, reason, now)
    return locked


def _change(
    locked: Agency | Component | Aor | ReasonCode,
    changes: Mapping[str, Any],
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    if all(getattr(locked, field) == value for field, value in changes.items()):
        raise InvalidInput({"": ["Nothing was changed."]})
    change_governed(locked, changes, actor=actor, reason=reason, now=now)


def _check_lookback(years: int | None, source: str, *, by_offense: bool) -> None:
    faults: dict[str, list[str]] = {}
    if by_offense and years is not None:
        faults["max_lookback_years"] = ["Leave this empty: the offense's own period decides."]
    elif not by_offense and not (years and 1 <= years <= MAX_LOOKBACK_YEARS):
        faults["max_lookback_years"] = [f"Use 1 to {MAX_LOOKBACK_YEARS} years."]
    if not source.strip():
        faults["lookback_source"] = ["Say where this limit is laid down."]
    if faults:
        raise InvalidInput(faults)


def check_timezone(name: str) -> None:
    """Raise InvalidInput unless `name` is an IANA time zone, as "America/New_York"."""
    if name not in _timezones():
        raise InvalidInput({"timezone": ["This is not an IANA time zone, as America/New_York."]})


@cache
def _timezones() -> frozenset[str]:
    """Looked up once: each look-up reads a whole tree of files."""
    return frozenset(available_timezones())
