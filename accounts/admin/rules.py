"""The rules of behavior in the admin: every version to read; publishing a new one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet

from accounts import selectors
from accounts.forms import PublishRulesForm
from accounts.governed_admin import GovernedAdmin, GovernedPage
from accounts.models import RulesOfBehavior
from accounts.people import Person
from accounts.services.rules import publish_rules
from lprsvc.lib.permissions import Permission as P

_PUBLISHERS = frozenset({P.PUBLISH_RULES})


def _publish(person: Person, _rules: object, data: Mapping[str, Any], now: datetime) -> None:
    """For the person's own agency; the vendor's are everybody's who has none of their own."""
    agency = selectors.find_agency(person.agency_id)
    publish_rules(actor=person, agency=agency, text=data["text"], reason=data["reason"], now=now)


@admin.register(RulesOfBehavior)
class RulesOfBehaviorAdmin(GovernedAdmin[RulesOfBehavior]):
    """Every published version of the rules; none ever changes (ACC-3)."""

    view_permissions = _PUBLISHERS
    list_display = ("version", "agency", "published_at", "published_by")
    fields = ("version", "agency", "text", "published_at", "published_by")
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        GovernedPage(
            name="publish",
            title="Publish a new version",
            permissions=_PUBLISHERS,
            act=_publish,
            form=PublishRulesForm,
            of_object=False,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[RulesOfBehavior]":
        """The own agency's and everybody's; the vendor sees all."""
        return selectors.list_rules_for(person)
