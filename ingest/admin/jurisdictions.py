"""The rules of states and counties: read, entered, withdrawn (ING-6)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from accounts.governed_admin import GovernedAdmin, GovernedPage
from accounts.people import Person
from ingest.admin.access import VENDOR, for_vendor, given
from ingest.forms import RuleForm
from ingest.models import JurisdictionRule
from ingest.services import jurisdictions
from ingest.services.jurisdictions import NewRule
from ingest.services.rule_preview import preview_rules, preview_withdrawal

Data = Mapping[str, Any]


def _new_rule(data: Data) -> NewRule:
    return NewRule(
        states=data["states"],
        county=data["county"],
        is_lawful=data["is_lawful"],
        retention_days=data["retention_days"],
        citation=data["citation"],
        valid_from=data["valid_from"],
    )


def _enter(person: Person, _: JurisdictionRule | None, data: Data, now: datetime) -> None:
    jurisdictions.enter_rules(actor=person, new=_new_rule(data), reason=data["reason"], now=now)


def _withdraw(person: Person, rule: JurisdictionRule | None, data: Data, now: datetime) -> None:
    jurisdictions.withdraw_rule(actor=person, rule=given(rule), reason=data["reason"], now=now)


@admin.register(JurisdictionRule)
class JurisdictionRuleAdmin(GovernedAdmin[JurisdictionRule]):
    """What the law of each place says of reads made there."""

    view_permissions = VENDOR
    list_display = ("shown_place", "is_lawful", "retention_days", "valid_from", "withdrawn_at")
    list_filter = ("is_lawful", "state", ("withdrawn_at", admin.EmptyFieldListFilter))
    search_fields = ("citation",)
    fields = (
        "id",
        "shown_place",
        "is_lawful",
        "retention_days",
        "citation",
        "valid_from",
        "created_at",
        "withdrawn_at",
    )
    pages = (
        GovernedPage(
            "new",
            "Enter a rule",
            VENDOR,
            _enter,
            form=RuleForm,
            of_object=False,
            preview=lambda _, data, now: preview_rules(_new_rule(data), now=now),
        ),
        GovernedPage(
            "withdraw",
            "Withdraw",
            VENDOR,
            _withdraw,
            offered=lambda _, rule: rule is not None and rule.withdrawn_at is None,
            preview=lambda rule, _, now: preview_withdrawal(given(rule), now=now),
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[JurisdictionRule]":
        """All of them, for the vendor."""
        return for_vendor(JurisdictionRule, person)

    @admin.display(description="Place", ordering="state")
    def shown_place(self, rule: JurisdictionRule) -> str:
        """State, or county and state."""
        return rule.place
