"""The vendor's pages: offenses (QRY-3). Queries are not here, nor what they found (QRY-2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.governed_admin import GovernedAdmin, GovernedPage
from accounts.people import Person
from lprsvc.lib.errors import NotFound
from lprsvc.lib.permissions import Permission
from queries import offense_forms as forms
from queries.models import Offense
from queries.selectors import list_offenses_for
from queries.services import offenses
from queries.services.offenses import OffenseIn

_VENDOR = frozenset({Permission.MANAGE_OFFENSES})

Data = Mapping[str, Any]


def _given(found: Offense | None) -> Offense:
    if found is None:
        raise NotFound("offense")
    return found


# --- acts -----------------------------------------------------------------------------------------


def _entered(data: Data) -> OffenseIn:
    return OffenseIn(
        citation=data["citation"],
        title=data["title"],
        years=data["years"],
        note=data["note"],
        source=data["source"],
    )


def _create(person: Person, _: object, data: Data, now: datetime) -> None:
    offenses.create_offense(
        actor=person, code=data["code"], offense=_entered(data), reason=data["reason"], now=now
    )


def _change(person: Person, offense: Offense | None, data: Data, now: datetime) -> None:
    offenses.change_offense(
        actor=person,
        offense=_given(offense),
        after=_entered(data),
        reason=data["reason"],
        now=now,
    )


def _verify(person: Person, offense: Offense | None, data: Data, now: datetime) -> None:
    offenses.verify_offense(actor=person, offense=_given(offense), now=now, **data)


def _withdraw(person: Person, offense: Offense | None, data: Data, now: datetime) -> None:
    offenses.withdraw_offense(actor=person, offense=_given(offense), now=now, **data)


def _restore(person: Person, offense: Offense | None, data: Data, now: datetime) -> None:
    offenses.restore_offense(actor=person, offense=_given(offense), now=now, **data)


def _delete(person: Person, offense: Offense | None, data: Data, now: datetime) -> None:
    offenses.delete_offense(actor=person, offense=_given(offense), now=now, **data)


# --- what is said before --------------------------------------------------------------------------


def _of_new(_: Person, __: Offense | None) -> tuple[str, ...]:
    return ("Nobody can choose it until you note which counsel has verified it.",)


def _of_change(_: Person, offense: Offense | None) -> tuple[str, ...]:
    if offense is None or offense.verified_on is None:
        return ()
    return (
        f"It was verified by {offense.verified_by}. Counsel has not seen what you change now.",
        "Nobody can choose it until it is verified anew.",
    )


def _of_verification(_: Person, offense: Offense | None) -> tuple[str, ...]:
    if offense is None:
        return ()
    years = "no limitation in years" if offense.years is None else f"{offense.years} years"
    return (
        f"The row counsel has verified: {offense}. Limitation: {years}.",
        "People whose component goes by the offense can choose it from now on.",
    )


def _of_withdrawal(_: Person, __: Offense | None) -> tuple[str, ...]:
    return (
        "Nobody can choose it any more, not even who has the form open already.",
        "Queries of the past keep it.",
    )


# --- the list -------------------------------------------------------------------------------------


class StandingFilter(admin.SimpleListFilter):
    """Those that can be chosen, or what keeps the others."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Verified, waiting, withdrawn."""
        return [
            ("open", "Can be chosen"),
            ("unverified", "Not verified"),
            ("withdrawn", "Withdrawn"),
        ]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Offense]") -> "QuerySet[Offense]":  # noqa: ARG002
        """The rows of that standing."""
        found = {
            "open": queryset.filter(verified_on__isnull=False, is_withdrawn=False),
            "unverified": queryset.filter(verified_on=None),
            "withdrawn": queryset.filter(is_withdrawn=True),
        }
        return found.get(self.value() or "", queryset)


@admin.register(Offense)
class OffenseAdmin(GovernedAdmin[Offense]):
    """Offenses and their periods of limitation."""

    view_permissions = _VENDOR
    list_display = ("citation", "title", "limitation", "verified_by", "verified_on", "standing")
    list_filter = (StandingFilter,)
    search_fields = ("code", "citation", "title")
    fields = (
        "code",
        "citation",
        "title",
        "limitation",
        "note",
        "source",
        "verified_by",
        "verified_on",
        "standing",
    )
    pages: ClassVar[tuple[GovernedPage[Any], ...]] = (
        GovernedPage(
            "new",
            "Add an offense",
            _VENDOR,
            _create,
            form=forms.NewOffenseForm,
            of_object=False,
            consequences=_of_new,
        ),
        GovernedPage(
            "verify",
            "Note that counsel verified it",
            _VENDOR,
            _verify,
            form=forms.VerifyOffenseForm,
            consequences=_of_verification,
        ),
        GovernedPage(
            "edit",
            "Change this offense",
            _VENDOR,
            _change,
            form=forms.ChangeOffenseForm,
            prepare=forms.fill_in,
            consequences=_of_change,
        ),
        GovernedPage(
            "withdraw",
            "Withdraw",
            _VENDOR,
            _withdraw,
            offered=lambda _, offense: offense is not None and not offense.is_withdrawn,
            consequences=_of_withdrawal,
        ),
        GovernedPage(
            "restore",
            "Restore",
            _VENDOR,
            _restore,
            offered=lambda _, offense: offense is not None and offense.is_withdrawn,
        ),
        GovernedPage(
            "delete", "Delete", _VENDOR, _delete, removes=True, consequences=_of_withdrawal
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[Offense]":
        """All of them, for the vendor."""
        return list_offenses_for(person)

    @admin.display(description="Limitation", ordering="years")
    def limitation(self, offense: Offense) -> str:
        """In years, or that there is none."""
        return "none in years" if offense.years is None else f"{offense.years} years"

    @admin.display(description="Standing")
    def standing(self, offense: Offense) -> str:
        """Whether it can be chosen, and why not."""
        if offense.is_withdrawn:
            return "Withdrawn"
        return "Can be chosen" if offense.verified_on else "Not verified"
