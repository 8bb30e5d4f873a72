"""Agencies, their parts, their rules and their people."""

from accounts.disposal import SHIPPED
from accounts.models import Agency, Aor, Component, ReasonCode, RulesOfBehavior, User
from accounts.selectors import find_user_by_username
from accounts.services.agencies import (
    create_agency,
    create_aor,
    create_component,
    create_reason_code,
)
from accounts.services.people import create_user
from accounts.services.rules import publish_rules
from accounts.services.schedules import set_records_schedule
from lprsvc.example.load.setting import REASON, Loading
from lprsvc.example.people import (
    AGENCIES,
    EXAMPLE_PASSWORD,
    PEOPLE,
    ExampleAgency,
    ExamplePerson,
)
from lprsvc.example.rules_text import RULES_OF_BEHAVIOR


def load_agencies(loading: Loading) -> dict[str, Agency]:
    """The agencies by code, with components, AORs and reason codes."""
    agencies = {}
    for example in AGENCIES:
        agency = Agency.objects.filter(code=example.code).first() or create_agency(
            actor=loading.actor,
            code=example.code,
            name=example.name,
            timezone=example.timezone,
            reason=REASON,
            now=loading.now,
        )
        _load_parts(loading, agency, example)
        agencies[example.code] = agency
    return agencies


def _load_parts(loading: Loading, agency: Agency, example: ExampleAgency) -> None:
    components = set(Component.objects.filter(agency=agency).values_list("code", flat=True))
    for part in example.components:
        if part.code not in components:
            create_component(
                actor=loading.actor,
                agency=agency,
                code=part.code,
                name=part.name,
                lookback_by_offense=part.max_lookback_years is None,
                max_lookback_years=part.max_lookback_years,
                lookback_source=part.lookback_source,
                reason=REASON,
                now=loading.now,
            )
    _load_schedules(loading, agency)
    _load_aors(loading, agency, example)
    reason_codes = set(ReasonCode.objects.filter(agency=agency).values_list("code", flat=True))
    for code, label in example.reason_codes:
        if code not in reason_codes:
            create_reason_code(
                actor=loading.actor,
                agency=agency,
                code=code,
                label=label,
                reason=REASON,
                now=loading.now,
            )


def _load_schedules(loading: Loading, agency: Agency) -> None:
    """Of the components whose schedules the service ships."""
    for component in Component.objects.filter(agency=agency, records_schedule=None):
        if component.code in SHIPPED:
            set_records_schedule(
                actor=loading.actor,
                component=component,
                rule=SHIPPED[component.code],
                reason=REASON,
                now=loading.now,
            )


def _load_aors(loading: Loading, agency: Agency, example: ExampleAgency) -> None:
    aors = set(Aor.objects.filter(agency=agency).values_list("name", flat=True))
    for aor in example.aors:
        if aor.name not in aors:
            create_aor(
                actor=loading.actor,
                agency=agency,
                name=aor.name,
                timezone=aor.timezone,
                reason=REASON,
                now=loading.now,
            )


def load_rules(loading: Loading) -> None:
    """Rules of behavior for everybody, unless some are published already."""
    if not RulesOfBehavior.objects.filter(agency=None).exists():
        publish_rules(
            actor=loading.actor,
            agency=None,
            text=RULES_OF_BEHAVIOR,
            reason=REASON,
            now=loading.now,
        )


def load_people(loading: Loading, agencies: dict[str, Agency]) -> dict[str, User]:
    """The people by user name; one who is there already stays as they are."""
    people: dict[str, User] = {}
    for example in PEOPLE:
        found = find_user_by_username(example.username)
        if found is None:
            found = _create(loading, example, agencies.get(example.agency), people)
            loading.say(f"made {example.username}")
        people[example.username] = found
    return people


def _create(
    loading: Loading, example: ExamplePerson, agency: Agency | None, people: dict[str, User]
) -> User:
    return create_user(
        actor=loading.actor,
        username=example.username,
        password=EXAMPLE_PASSWORD,
        email=example.email,
        full_name=example.full_name,
        title=example.title,
        roles=example.roles,
        timezone=example.timezone,
        agency=agency,
        component=Component.objects.filter(agency=agency, code=example.component).first(),
        aor=Aor.objects.filter(agency=agency, name=example.aor).first(),
        supervisor=people.get(example.supervisor),
        reason=REASON,
        now=loading.now,
    )
