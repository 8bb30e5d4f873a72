"""The table of offenses: who keeps it, what can be chosen, what is shipped (QRY-3, ACC-13)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.services.agencies import change_component
from audit.actors import VENDOR_LOG_ID, system
from audit.kinds import Kind
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from queries.models import Offense, QueryReview, RecentQuery
from queries.selectors import choosable_offenses, grounds_for
from queries.services import asking, offenses
from queries.services.offenses import OffenseIn
from queries.shipped_offenses import SHIPPED
from queries.timeframes import TimeFrame
from tests.audited import assert_audited, events_of, recorded
from tests.cast import Cast, client_for
from tests.harness.database import AsRole
from tests.queries.reads import NOW as TODAY
from tests.queries.test_services import ASK

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
WHY = "a test of offenses"
FRAUD = OffenseIn(
    citation="18 U.S.C. 3301",
    title="Securities fraud",
    years=6,
    note="",
    source="United States Code",
)
_ADMIN = "/admin/queries/offense/"


def made(code: str = "fraud", *, verified: bool = True, **changes: Any) -> Offense:
    """A row, verified unless the test says otherwise."""
    actor = system("tests")
    row = offenses.create_offense(
        actor=actor, code=code, offense=replace(FRAUD, **changes), reason=WHY, now=NOW
    )
    return verify(row) if verified else row


def verify(row: Offense) -> Offense:
    return offenses.verify_offense(
        actor=system("tests"),
        offense=row,
        verified_by="C. Counsel, Principal Legal Advisor",
        verified_on=date(2026, 2, 1),
        reason=WHY,
        now=NOW,
    )


def by_offense(cast: Cast) -> None:
    """Have the offense decide for HSI, of which the cast's colleague is."""
    change_component(
        actor=cast.vendor.person,
        component=cast.hsi,
        name=cast.hsi.name,
        lookback_by_offense=True,
        max_lookback_years=None,
        lookback_source="PIA p. 7",
        reason=WHY,
        now=NOW,
    )


# --- who keeps it ---------------------------------------------------------------------------------


def acts(row: Offense) -> dict[str, Callable[[Any], object]]:
    """Every change of the table, by anybody."""
    common: dict[str, Any] = {"reason": WHY, "now": NOW}
    return {
        "create": lambda actor: offenses.create_offense(
            actor=actor, code="arson", offense=FRAUD, **common
        ),
        "change": lambda actor: offenses.change_offense(
            actor=actor, offense=row, after=replace(FRAUD, years=7), **common
        ),
        "verify": lambda actor: offenses.verify_offense(
            actor=actor,
            offense=row,
            verified_by="Another counsel",
            verified_on=date(2026, 3, 1),
            **common,
        ),
        "withdraw": lambda actor: offenses.withdraw_offense(actor=actor, offense=row, **common),
        "delete": lambda actor: offenses.delete_offense(actor=actor, offense=row, **common),
    }


KINDS = {
    "create": Kind.ADMIN_CREATED,
    "change": Kind.ADMIN_CHANGED,
    "verify": Kind.ADMIN_CHANGED,
    "withdraw": Kind.ADMIN_CHANGED,
    "delete": Kind.ADMIN_REMOVED,
}


@pytest.mark.parametrize("name", KINDS)
def test_each_change_is_recorded_with_its_history_and_reason(cast: Cast, name: str) -> None:
    act = acts(made())[name]  # ACC-13
    [event] = assert_audited(lambda: act(cast.vendor.person), KINDS[name])
    assert (event.log_id, event.fields["reason"]) == (VENDOR_LOG_ID, WHY)
    [row] = Offense.history.all()[:1]
    assert (row.history_user_id, row.history_change_reason, row.history_date) == (
        cast.vendor.person.id,
        WHY,
        NOW,
    )


@pytest.mark.parametrize("who", ["investigator", "supervisor", "manager", "auditor", "other"])
@pytest.mark.parametrize("name", KINDS)
def test_nobody_but_the_vendor_changes_it(cast: Cast, name: str, who: str) -> None:  # SAF-1
    act = acts(made())[name]
    with recorded() as events, pytest.raises(PolicyDenied):
        act(cast.everybody[who].person)
    assert [(event.kind, event.fields["outcome_code"]) for event in events] == [
        (Kind.ADMIN_REFUSED, "offenses_vendor_only")
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"years": None}, "note"),
        ({"years": 0}, "years"),
        ({"years": 100}, "years"),
        ({"citation": " "}, "citation"),
        ({"title": ""}, "title"),
        ({"source": ""}, "source"),
        ({"title": "a\0b"}, "title"),
    ],
)
def test_faults_are_named_and_nothing_is_made(
    cast: Cast, changes: dict[str, Any], field: str
) -> None:
    row = made()
    common: dict[str, Any] = {"actor": cast.vendor.person, "reason": WHY, "now": NOW}
    faulty = replace(FRAUD, **changes)
    with pytest.raises(InvalidInput) as created:
        offenses.create_offense(code="new", offense=faulty, **common)
    with pytest.raises(InvalidInput) as changed:
        offenses.change_offense(offense=row, after=faulty, **common)
    assert field in created.value.errors
    assert field in changed.value.errors
    assert list(Offense.objects.values_list("code", "years")) == [("fraud", 6)]


def test_code_is_there_once(cast: Cast) -> None:
    made("fraud")
    with pytest.raises(InvalidInput, match="already exists"):
        made(" FRAUD ")


@pytest.mark.parametrize(
    ("by", "on", "field"),
    [(" ", date(2026, 3, 1), "verified_by"), ("C. Counsel", date(2026, 3, 4), "verified_on")],
)
def test_verification_names_counsel_and_a_day_that_has_come(
    cast: Cast, by: str, on: date, field: str
) -> None:
    row = made(verified=False)
    with pytest.raises(InvalidInput) as caught:
        offenses.verify_offense(
            actor=cast.vendor.person,
            offense=row,
            verified_by=by,
            verified_on=on,
            reason=WHY,
            now=NOW,
        )
    assert list(caught.value.errors) == [field]
    assert choosable_offenses() == {}


def test_database_refuses_what_no_form_lets_through(cast: Cast) -> None:
    row = made()
    for changes in ({"years": 0}, {"verified_by": ""}, {"verified_on": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Offense.objects.filter(pk=row.pk).update(**changes)


def test_row_that_is_gone_is_not_found(cast: Cast) -> None:
    row = made()
    offenses.delete_offense(actor=cast.vendor.person, offense=row, reason=WHY, now=NOW)
    gone = Offense(pk=987654321, code="gone")
    with pytest.raises(NotFound):
        offenses.withdraw_offense(actor=cast.vendor.person, offense=gone, reason=WHY, now=NOW)
    assert Offense.history.filter(code="fraud")[0].history_type == "-"


# --- what can be chosen ---------------------------------------------------------------------------


def test_only_what_is_verified_as_it_stands_can_be_chosen(cast: Cast) -> None:  # QRY-3
    row, vendor = made(verified=False), cast.vendor.person
    assert choosable_offenses() == {}
    verify(row)
    assert choosable_offenses()["fraud"].label == "18 U.S.C. 3301: Securities fraud"
    offenses.change_offense(
        actor=vendor, offense=row, after=replace(FRAUD, years=7), reason=WHY, now=NOW
    )
    assert choosable_offenses() == {}
    verify(row)
    offenses.withdraw_offense(actor=vendor, offense=row, reason=WHY, now=NOW)
    assert choosable_offenses() == {}
    offenses.restore_offense(actor=vendor, offense=row, reason=WHY, now=NOW)
    assert choosable_offenses()["fraud"].years == 7


def test_offenses_are_offered_where_the_component_goes_by_them(cast: Cast) -> None:  # QRY-3
    made()
    by_offense(cast)
    assert list(grounds_for(cast.colleague.person, now=NOW).offenses) == ["fraud"]
    assert grounds_for(cast.investigator.person, now=NOW).offenses == {}


def test_query_keeps_the_offense_as_it_read(cast: Cast) -> None:  # AUD-2, QRY-3
    row = made()
    by_offense(cast)
    query = asking.run_query(
        person=cast.colleague.person, ask=replace(ASK, offense="fraud"), now=TODAY
    ).query
    offenses.delete_offense(actor=cast.vendor.person, offense=row, reason=WHY, now=NOW)
    kept = RecentQuery.objects.get(pk=query.pk)
    assert (kept.offense_code, kept.offense_label) == ("fraud", "18 U.S.C. 3301: Securities fraud")
    [run] = events_of(Kind.QUERY_RUN)
    assert run.fields["offense"] == "fraud"
    assert not QueryReview.objects.exists()


@pytest.mark.parametrize("how", ["withdrawn", "deleted", "changed"])
def test_offense_that_went_meanwhile_is_refused_with_the_rule(cast: Cast, how: str) -> None:
    """QRY-3, QRY-15."""
    row, vendor = made(), cast.vendor.person
    by_offense(cast)
    if how == "withdrawn":
        offenses.withdraw_offense(actor=vendor, offense=row, reason=WHY, now=NOW)
    elif how == "deleted":
        offenses.delete_offense(actor=vendor, offense=row, reason=WHY, now=NOW)
    else:
        offenses.change_offense(
            actor=vendor, offense=row, after=replace(FRAUD, years=9), reason=WHY, now=NOW
        )
    with pytest.raises(PolicyDenied):
        asking.run_query(person=cast.colleague.person, ask=replace(ASK, offense="fraud"), now=TODAY)
    [refused] = events_of(Kind.QUERY_REFUSED)
    assert refused.fields["outcome_code"] == "offense_unknown"
    assert refused.fields["offense"] == "fraud"


def test_query_without_limitation_waits_for_the_supervisor(cast: Cast) -> None:  # QRY-3
    made("capital", years=None, note="No limitation.")
    by_offense(cast)
    old = TimeFrame(TODAY - timedelta(days=365 * 30), TODAY, "dates")

    def ask() -> object:
        ask = replace(ASK, offense="capital", frame=old)
        return asking.run_query(person=cast.colleague.person, ask=ask, now=TODAY)

    [run, _] = assert_audited(ask, Kind.QUERY_RUN, Kind.QUERY_RESULT)
    [review] = QueryReview.objects.all()
    assert (review.event_id, review.asker_id, review.cause) == (
        run.pk,
        cast.colleague.pk,
        "no_limitation",
    )


# --- what is shipped ------------------------------------------------------------------------------


def test_well_known_rows_are_shipped_once_and_unverified(cast: Cast) -> None:
    with recorded() as events:
        assert offenses.ship_offenses(now=NOW) == len(SHIPPED)
    assert [event.kind for event in events] == [Kind.ADMIN_CREATED] * len(SHIPPED)
    assert choosable_offenses() == {}
    assert offenses.ship_offenses(now=NOW) == 0
    gone = Offense.objects.get(code="18-usc-3294")
    offenses.delete_offense(actor=cast.vendor.person, offense=gone, reason=WHY, now=NOW)
    assert offenses.ship_offenses(now=NOW) == 0  # what the vendor deleted stays deleted
    assert not Offense.objects.filter(code="18-usc-3294").exists()


def test_every_statute_asked_for_is_shipped_and_tells_counsel_to_verify(cast: Cast) -> None:
    offenses.ship_offenses(now=NOW)
    citations = " ".join(Offense.objects.values_list("citation", flat=True))
    statutes = [f"18 U.S.C. {number}" for number in (3281, 3282, 3283, 3286, 3291, 3293, 3294)]
    statutes += [f"18 U.S.C. {number}" for number in (3295, 3298, 3299, 3301)]
    for statute in (*statutes, "26 U.S.C. 6531", "50 U.S.C. 1705(d)"):
        assert statute in citations
    for row in Offense.objects.all():
        assert "Counsel must verify" in row.note
        assert (row.verified_by, row.verified_on) == ("", None)


@pytest.mark.parametrize(
    ("code", "years"),
    [
        ("18-usc-3281", None),
        ("18-usc-3282-a", 5),
        ("18-usc-3283-life", None),
        ("18-usc-3286-a", 8),
        ("18-usc-3286-b", None),
        ("18-usc-3291", 10),
        ("18-usc-3294", 20),
        ("18-usc-3299", None),
        ("18-usc-3301", 6),
        ("26-usc-6531-three", 3),
        ("26-usc-6531-six", 6),
        ("50-usc-1705-d", 10),
    ],
)
def test_shipped_years(code: str, years: int | None) -> None:
    assert SHIPPED[code]["years"] == years


def test_set_up_ships_as_the_owner(committed_db: None, as_role: AsRole) -> None:
    with as_role("lpr_owner"):
        assert offenses.ship_offenses(now=datetime.now(UTC)) == len(SHIPPED)


# --- pages ----------------------------------------------------------------------------------------


def test_vendor_keeps_the_table_by_its_pages(cast: Cast) -> None:
    client = client_for(cast.vendor)

    def post(address: str, **data: object) -> str:
        response = client.post(f"{_ADMIN}{address}", data | {"reason": WHY})
        assert response.status_code == 302, response.content.decode()
        where: str = response["Location"]
        return where

    entered = {
        "citation": "18 U.S.C. 3281",
        "title": "Capital offenses",
        "years": "",
        "note": "No limitation.",
        "source": "United States Code",
    }
    post("new/", code="capital", **entered)
    row = Offense.objects.get(code="capital")
    assert row.years is None
    page = client.get(f"{_ADMIN}{row.pk}/verify/").content.decode()
    assert "no limitation in years" in page
    post(f"{row.pk}/verify/", verified_by="C. Counsel", verified_on="2026-02-01")
    assert "capital" in choosable_offenses()
    assert "C. Counsel" in client.get(f"{_ADMIN}{row.pk}/edit/").content.decode()
    post(f"{row.pk}/edit/", **entered | {"years": "5"})
    assert "capital" not in choosable_offenses()
    post(f"{row.pk}/withdraw/")
    for standing, shown in (("withdrawn", True), ("unverified", True), ("open", False)):
        page = client.get(_ADMIN, {"standing": standing}).content.decode()
        assert ("Capital offenses" in page) is shown, standing
    post(f"{row.pk}/restore/")
    history = client.get(f"{_ADMIN}{row.pk}/history/").content.decode()
    assert history.count(WHY) == 5
    assert post(f"{row.pk}/delete/") == _ADMIN
    assert not Offense.objects.exists()


@pytest.mark.parametrize("who", ["investigator", "supervisor", "manager", "auditor", "other"])
def test_pages_are_shut_to_all_others(cast: Cast, who: str) -> None:  # SAF-1
    row = made()
    client = client_for(cast.everybody[who])
    for page in ("", "new/", f"{row.pk}/change/", f"{row.pk}/verify/", f"{row.pk}/delete/"):
        assert client.get(f"{_ADMIN}{page}").status_code == 403, page
        assert client.post(f"{_ADMIN}{page}", {"reason": WHY}).status_code == 403, page
    assert Offense.objects.get().verified_by
