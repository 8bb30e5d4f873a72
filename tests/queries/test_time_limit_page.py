"""What the form says of how far back one may ask, and that sending it decides (QRY-3)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.kinds import Kind
from audit.models import Event
from queries.models import QueryReview
from queries.services.offenses import withdraw_offense
from queries.timeframes import local_date, years_before
from tests.audited import events_of, recorded
from tests.cast import Cast, cast, client_for
from tests.queries.test_offenses import NOW, WHY, by_offense, made
from tests.queries.test_views import send, text

__all__ = ["cast"]

_LIMIT = "/queries/new/limit/"


@pytest.fixture
def client(cast: Cast) -> Client:
    """The browser of somebody whose component goes by the offense, in Chicago."""
    by_offense(cast)
    made("fraud", years=6)
    made("capital", citation="18 U.S.C. 3281", title="Capital", years=None, note="No limitation.")
    made("waiting", citation="18 U.S.C. 3295", title="Arson", years=10, verified=False)
    return client_for(cast.colleague)


def today() -> date:
    return local_date(timezone.now(), "America/Chicago")


def two_dates(first: date, last: date) -> dict[str, str]:
    return {"period": "dates", "start": first.isoformat(), "end": last.isoformat()}


def test_form_offers_what_counsel_verified_and_nothing_else(client: Client) -> None:
    page = text(client.get("/queries/new/"))
    assert "18 U.S.C. 3301: Securities fraud" in page
    assert "Arson" not in page
    assert "Choose the offense first" in page


def test_form_of_a_component_with_years_asks_for_no_offense(cast: Cast, client: Client) -> None:
    page = text(client_for(cast.investigator).get("/queries/new/"))
    assert "id_offense" not in page
    assert "ERO may ask for 5 years back at most" in page


def test_limit_is_shown_as_the_form_is_filled_in(client: Client) -> None:
    lawful = years_before(today(), 6)
    shown = f"a limitation of 6 years: from {lawful:%b} {lawful.day}, {lawful.year}"
    chosen = {"offense": "fraud"}
    assert shown in text(client.get(_LIMIT, chosen))
    within = text(client.get(_LIMIT, chosen | two_dates(lawful, today())))
    assert shown in within
    assert "usa-error-message" not in within
    beyond = text(client.get(_LIMIT, chosen | two_dates(lawful - timedelta(days=1), today())))
    assert "The dates you chose begin before that" in beyond
    later = text(client.get(_LIMIT, chosen | two_dates(today(), today() + timedelta(days=1))))
    assert "Nothing has been read after now" in later
    reverse = two_dates(today(), today() - timedelta(days=2))
    assert "The last day comes before the first" in text(client.get(_LIMIT, chosen | reverse))
    assert "your supervisor will review" in text(client.get(_LIMIT, {"offense": "capital"}))


@pytest.mark.parametrize(
    "entered",
    [
        {},
        {"offense": "waiting"},
        {"offense": "%"},
        {"offense": "fraud'--", "period": "dates", "start": "soon", "end": "9999-12-31"},
        {"period": "dates", "start": "2026-02-30"},
        {"period": "x"},
    ],
)
def test_limit_of_nonsense_waits_for_sense(client: Client, entered: dict[str, str]) -> None:
    assert "Choose the offense first" in text(client.get(_LIMIT, entered))


def test_showing_the_limit_asks_nothing(client: Client) -> None:
    with recorded() as events:
        client.get(_LIMIT, {"offense": "fraud", "plate": "ABC123"})
    assert events == []


@pytest.mark.parametrize("who", ["manager", "auditor", "vendor"])
def test_limit_is_for_who_may_ask(cast: Cast, who: str) -> None:  # SAF-1
    assert client_for(cast.everybody[who]).get(_LIMIT).status_code == 403


def test_missing_offense_is_named_and_nothing_is_searched(client: Client) -> None:  # QRY-1
    response = send(client)
    assert response.status_code == 422
    assert 'id="id_offense_error"' in response.content.decode()
    [refused] = events_of(Kind.QUERY_REFUSED)
    assert refused.fields["outcome_code"] == "offense_missing"


def test_offense_withdrawn_while_the_form_was_open_is_refused(cast: Cast, client: Client) -> None:
    """QRY-3, QRY-15."""
    row = made("arson2", citation="18 U.S.C. 3295", title="Arson", years=10)
    assert "Arson" in text(client.get("/queries/new/"))
    withdraw_offense(actor=cast.vendor.person, offense=row, reason=WHY, now=NOW)
    response = send(client, offense="arson2")
    assert response.status_code == 422
    assert "Choose one of the list" in response.content.decode()
    [refused] = events_of(Kind.QUERY_REFUSED)
    assert refused.fields["outcome_code"] == "offense_unknown"
    assert refused.fields["offense"] == "arson2"


def test_day_beyond_the_limitation_is_refused_beside_its_field(client: Client) -> None:
    lawful = years_before(today(), 6)
    entered: dict[str, Any] = {"offense": "fraud"}
    assert send(client, **entered, **two_dates(lawful, today())).status_code == 303
    response = send(client, **entered, **two_dates(lawful - timedelta(days=1), today()))
    assert response.status_code == 422
    page = response.content.decode()
    assert 'id="id_start_error"' in page
    assert "18 U.S.C. 3301 sets a limitation of 6 years" in page
    [refused] = events_of(Kind.QUERY_REFUSED)
    assert refused.fields["outcome_code"] == "time_frame_too_long"


def test_offense_without_limitation_needs_dates_and_a_review(client: Client) -> None:
    assert send(client, offense="capital", period="").status_code == 422
    assert not QueryReview.objects.exists()
    where = send(client, offense="capital", **two_dates(date(1990, 1, 1), today()))["Location"]
    [review] = QueryReview.objects.all()
    assert where == f"/queries/{review.event_id}/"
    assert "18 U.S.C. 3281: Capital" in text(client.get(where))
    assert Event.objects.get(pk=review.event_id).fields["offense"] == "capital"
