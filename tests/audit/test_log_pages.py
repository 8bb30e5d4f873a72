"""The log's pages: who sees what, found by whom, plate and date (AUD-1, AUD-5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import User
from accounts.models.people import user_actor_id
from audit import services
from audit.actors import Actor, system
from audit.kinds import Kind
from audit.models import Event
from audit.scopes import LogReader, LogScope
from audit.selectors import EventFilter, Position
from lprsvc.lib.errors import NotFound
from lprsvc.lib.ids import uuid7
from tests.audited import recorded
from tests.cast import Cast, client_for


def asked(person: Actor, plate: str) -> services.Recorded:
    with transaction.atomic():
        return services.record(
            actor=person,
            kind=Kind.QUERY_REFUSED,
            fields={"plate": plate, "state": "US-WI", "note": f"case of {plate}"},
            outcome="refused",
            outcome_code="time_frame_too_long",
        )


@pytest.fixture
def entries(cast: Cast) -> dict[str, services.Recorded]:
    """One refused query each, of people in different AORs, teams and agencies."""
    return {
        "investigator": asked(cast.investigator.person, "AAA111"),
        "colleague": asked(cast.colleague.person, "BBB222"),
        "other": asked(cast.other.person, "CCC333"),
    }


def plates_seen(user: User, query: str = "") -> list[str]:
    response = client_for(user).get(f"{reverse('log')}?kind=query.refused{query}")
    assert response.status_code == 200
    return [row["plate"] for row in response.context["events"]]


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        ("auditor", ["BBB222", "AAA111"]),  # the whole agency, newest first
        ("manager", ["AAA111"]),  # the own AOR, New York
        ("supervisor", ["AAA111", "BBB222"]),  # the own people
        ("vendor", []),  # never an agency's queries
    ],
)
def test_each_reader_sees_their_part_and_no_more(
    cast: Cast, entries: dict[str, services.Recorded], reader: str, seen: list[str]
) -> None:  # AUD-5
    assert sorted(plates_seen(cast.everybody[reader])) == sorted(seen)


@pytest.mark.parametrize("person", ["investigator", "other", "colleague"])
def test_who_has_no_business_with_the_log_is_refused_and_recorded(
    cast: Cast, entries: dict[str, services.Recorded], person: str
) -> None:
    response = client_for(cast.everybody[person]).get(reverse("log"))
    assert response.status_code == 403
    assert Event.objects.filter(
        kind=Kind.ACCESS_REFUSED, actor=cast.everybody[person].person.id
    ).exists()


def test_nobody_reads_the_log_without_logging_on(client: Client, db: None) -> None:
    response = client.get(reverse("log"))
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("&plate=aaa-111", ["AAA111"]),
        ("&plate=ZZZ999", []),
        ("&user=colleague", ["BBB222"]),
        ("&user=lindq", ["BBB222"]),
        ("&user=nobody-of-that-name", []),
        ("&user=other-investigator", []),
    ],
)
def test_the_log_is_found_by_user_and_plate(
    cast: Cast, entries: dict[str, services.Recorded], query: str, seen: list[str]
) -> None:  # AUD-5
    assert plates_seen(cast.auditor, query) == seen


def test_the_log_is_found_by_date_in_the_readers_own_zone(
    cast: Cast, entries: dict[str, services.Recorded]
) -> None:  # AUD-5
    from zoneinfo import ZoneInfo

    today = datetime.now(ZoneInfo(cast.auditor.timezone)).date()
    day = timedelta(days=1)
    assert len(plates_seen(cast.auditor, f"&start={today}&end={today}")) == 2
    assert plates_seen(cast.auditor, f"&start={today + day}") == []
    assert plates_seen(cast.auditor, f"&end={today - day}") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("plate=A%25", "plate"),
        ("start=yesterday", "start"),
        ("start=2026-03-02&end=2026-03-01", "end"),
        ("kind=query.sung", "kind"),
        (f"user={'x' * 121}", "user"),
        ("user=%00", "user"),
    ],
)
def test_a_filter_that_makes_no_sense_is_named_and_nothing_is_searched(
    cast: Cast, query: str, field: str
) -> None:
    client = client_for(cast.auditor)
    before = Event.objects.filter(kind=Kind.AUDIT_SEARCHED).count()
    response = client.get(f"{reverse('log')}?{query}")
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert list(response.context["events"]) == []
    assert Event.objects.filter(kind=Kind.AUDIT_SEARCHED).count() == before


def test_each_search_is_itself_recorded_but_not_as_use_of_the_plate(
    cast: Cast, entries: dict[str, services.Recorded]
) -> None:  # AUD-1
    plates_seen(cast.auditor, "&plate=AAA111")
    event = Event.objects.get(kind=Kind.AUDIT_SEARCHED)
    assert event.actor == cast.auditor.person.id
    assert event.plate is None
    assert event.fields["wanted_plate"] == "AAA111"
    assert event.fields["wanted_kind"] == "query.refused"


def test_an_entry_shows_all_its_fields_and_its_receipt(
    cast: Cast, entries: dict[str, services.Recorded]
) -> None:  # AUD-2, AUD-4
    receipt = entries["investigator"]
    response = client_for(cast.auditor).get(reverse("log_event", args=[receipt.id]))
    page = response.content.decode()
    assert response.status_code == 200
    for shown in ("AAA111", "case of AAA111", "time_frame_too_long", str(receipt.id)):
        assert shown in page
    assert response.context["event"]["leaf_hash"] == receipt.leaf_hash
    assert Event.objects.filter(
        kind=Kind.AUDIT_VIEWED, fields__object=str(receipt.id), actor=cast.auditor.person.id
    ).exists()


@pytest.mark.parametrize(
    ("reader", "whose"),
    [("manager", "colleague"), ("auditor", "other"), ("vendor", "investigator")],
)
def test_an_entry_out_of_scope_looks_like_none(
    cast: Cast, entries: dict[str, services.Recorded], reader: str, whose: str
) -> None:  # AUD-5
    client = client_for(cast.everybody[reader])
    out_of_scope = client.get(reverse("log_event", args=[entries[whose].id]))
    unknown = client.get(reverse("log_event", args=[uuid7()]))
    assert (out_of_scope.status_code, unknown.status_code) == (404, 404)


def test_pages_follow_each_other_without_gap_or_repetition(cast: Cast) -> None:  # AUD-5
    recorded = [asked(cast.investigator.person, f"P{number}") for number in range(120)]
    client, found = client_for(cast.auditor), []
    url: str | None = f"{reverse('log')}?kind=query.refused"
    for _ in range(4):
        if url is None:
            break
        context = client.get(url).context
        found += [row["id"] for row in context["events"]]
        url = context["older_url"]
    assert found == [receipt.id for receipt in reversed(recorded)]
    assert url is None


@pytest.mark.parametrize(
    "position", ["x", "1", "1.2", "-5.0", "9" * 30 + ".0190a5d1-0000-7000-8000-000000000000", "%00"]
)
def test_a_mended_position_shows_the_newest_page(
    cast: Cast, entries: dict[str, services.Recorded], position: str
) -> None:
    assert len(plates_seen(cast.auditor, f"&older={position}")) == 2


def test_a_position_survives_being_written(db: None) -> None:
    position = Position(at=datetime(2026, 3, 1, 2, 3, 4, 567891, tzinfo=UTC), id=uuid7())
    assert Position.parse(str(position)) == position


def test_a_result_is_shown_with_its_query(cast: Cast) -> None:
    with transaction.atomic():
        run = services.record(actor=cast.investigator.person, kind=Kind.SESSION_LOGIN, fields={})
        child = services.record(
            actor=cast.investigator.person, kind=Kind.SESSION_LOGOUT, fields={}, parent=run.id
        )
    response = client_for(cast.auditor).get(reverse("log_event", args=[run.id]))
    assert [row["id"] for row in response.context["related"]] == [child.id]


def test_a_reader_without_a_scope_of_actors_finds_nobody(
    cast: Cast, entries: dict[str, services.Recorded]
) -> None:
    reader = LogReader(
        scope=LogScope(log_id=cast.auditor.person.log_id, actors=()), find_actors=lambda _: ()
    )
    page = services.search_log(actor=cast.auditor.person, reader=reader, wanted=EventFilter())
    assert page == services.LogPage(entries=[], older=None)
    with pytest.raises(NotFound):
        services.view_entry(
            actor=cast.auditor.person, reader=reader, event_id=entries["investigator"].id
        )


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_log_takes_no_other_method(cast: Cast, method: str) -> None:
    assert getattr(client_for(cast.auditor), method)(reverse("log")).status_code == 405


def test_a_page_of_the_log_costs_a_handful_of_queries(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(50):
        asked(cast.investigator.person, f"P{number}")
    client = client_for(cast.auditor)
    with django_assert_max_num_queries(8):
        client.get(reverse("log"))


# --- what was done for somebody -------------------------------------------------------------------


@pytest.mark.parametrize("reader", ["auditor", "supervisor", "manager"])
def test_what_was_done_for_somebody_is_found_by_their_name(cast: Cast, reader: str) -> None:
    """AUD-5: a job's act for a person, or a colleague's question, stands under the person too."""
    owner = cast.investigator
    job = system("matching", log_id=owner.person.log_id, agency=owner.person.agency)
    with transaction.atomic():
        done = services.record(
            actor=replace(job, aor=owner.person.aor),
            kind=Kind.ALERT_MATCHED,
            fields={"plate": "AAA111", "state": "US-NY"},
            behalf=services.Behalf(id=user_actor_id(owner.pk), name=owner.full_name),
        )
    response = client_for(getattr(cast, reader)).get(
        f"{reverse('log')}?kind=alert.matched&user={owner.username}"
    )
    assert [row["id"] for row in response.context["events"]] == [done.id]
    stranger = client_for(cast.auditor).get(
        f"{reverse('log')}?kind=alert.matched&user={cast.colleague.username}"
    )
    assert stranger.context["events"] == []


# --- bad input, wrong person ----------------------------------------------------------------------


def test_a_look_at_what_is_anothers_is_recorded_as_refused(
    cast: Cast, entries: dict[str, services.Recorded]
) -> None:
    """AUD-1: a look that found nothing does not stand in the log as one that did."""
    address = reverse("log_event", args=[entries["other"].id])
    with recorded() as events:
        assert client_for(cast.auditor).get(address).status_code == 404
    [event] = [event for event in events if event.kind == Kind.AUDIT_VIEWED]
    assert event.outcome == "refused"
    assert event.fields["object"] == str(entries["other"].id)


@pytest.mark.parametrize("field", ["start", "end"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2200-01-01", "1999-12-31", "no"])
def test_a_day_beyond_the_calendar_is_named_beside_its_field(
    cast: Cast, field: str, day: str
) -> None:
    response = client_for(cast.auditor).get(f"{reverse('log')}?{field}={day}")
    assert response.status_code < 500
    assert response.context["form"].errors[field]
