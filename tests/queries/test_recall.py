"""Recalling what was asked: own and group, named, shared, deleted, asked again (QRY-13, ACC-12)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from accounts.models import UserGroup
from accounts.people import Person
from accounts.services.groups import add_member, close_group, create_group, remove_member
from audit.actors import system
from audit.kinds import Kind
from ingest.geography import Circle
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from queries.models import RecentQuery
from queries.recalling import as_it_was, moved_on
from queries.rules import RECALL
from queries.selectors import MINE, SHARED, RecallFilter
from queries.services import asking, recall, viewing
from queries.timeframes import TimeFrame, local_date
from tests.audited import assert_audited, events_of
from tests.cast import Cast, cast, client_for
from tests.harness.database import AsRole
from tests.queries.reads import NOW, days_ago
from tests.queries.test_services import ASK
from tests.queries.test_views import dates, send, text

__all__ = ["cast"]

COMMON: dict[str, Any] = {"actor": system("tests"), "reason": "tests", "now": NOW}


@pytest.fixture
def group(cast: Cast) -> UserGroup:
    """A group of the investigator and the supervisor."""
    made = create_group(aor=cast.new_york, name="Harbor", purpose="Thefts", **COMMON)
    for user in (cast.investigator, cast.supervisor):
        add_member(group=made, user=user, **COMMON)
    return made


def ask(person: Person, **changes: Any) -> RecentQuery:
    question = replace(ASK, submission=uuid4(), **changes)
    return asking.run_query(person=person, ask=question, now=NOW).query


def listed(person: Person, **wanted: str) -> list[UUID]:
    found = recall.list_recent(person=person, wanted=RecallFilter(**wanted), now=NOW)
    return [query.pk for query in found]


def keep(person: Person, query: RecentQuery, name: str = "", group: UUID | None = None) -> None:
    recall.keep_query(person=person, pk=query.pk, name=name, group=group, now=NOW)


# --- sharing --------------------------------------------------------------------------------------


def test_group_sees_the_question_and_never_the_answer(cast: Cast, group: UserGroup) -> None:
    query = ask(cast.investigator.person, group=group.pk)  # chosen at asking
    member = cast.supervisor.person
    assert listed(member) == [query.pk]
    assert recall.recall_query(person=member, pk=query.pk, now=NOW) == query
    with pytest.raises(NotFound):  # QRY-14
        viewing.view_result(person=member, pk=query.pk, now=NOW)
    with pytest.raises(NotFound):
        recall.forget_query(person=member, pk=query.pk, now=NOW)
    with pytest.raises(NotFound):
        keep(member, query, "Mine now")
    [run] = events_of(Kind.QUERY_RUN)
    assert run.fields["shared_with"] == str(group.pk)


def test_owner_shares_and_stops_sharing_and_both_are_recorded(cast: Cast, group: UserGroup) -> None:
    query, owner = ask(cast.investigator.person), cast.investigator.person
    assert listed(cast.supervisor.person) == []
    [shared] = assert_audited(lambda: keep(owner, query, group=group.pk), Kind.QUERY_SHARED)
    assert (shared.fields["group_name"], shared.fields["parent"]) == ("Harbor", str(query.pk))
    assert listed(cast.supervisor.person) == [query.pk]
    [ended] = assert_audited(lambda: keep(owner, query), Kind.QUERY_SHARED)
    assert (ended.fields["group"], ended.fields["group_before"]) == (None, str(group.pk))
    assert listed(cast.supervisor.person) == []


@pytest.mark.parametrize("who", ["colleague", "other"])
def test_who_is_in_no_group_of_it_sees_nothing(cast: Cast, group: UserGroup, who: str) -> None:
    query, person = ask(cast.investigator.person, group=group.pk), cast.everybody[who].person
    assert listed(person) == []
    with pytest.raises(NotFound):
        recall.recall_query(person=person, pk=query.pk, now=NOW)


def test_who_leaves_the_group_sees_it_no_more_nor_anybody_once_it_is_closed(
    cast: Cast, group: UserGroup
) -> None:
    query = ask(cast.investigator.person, group=group.pk)
    add_member(group=group, user=cast.manager, **COMMON)
    remove_member(group=group, user=cast.supervisor, **COMMON)
    assert listed(cast.supervisor.person) == []
    close_group(group=group, **COMMON)
    assert listed(cast.investigator.person) == [query.pk]
    with pytest.raises(NotFound):
        recall.recall_query(person=cast.supervisor.person, pk=query.pk, now=NOW)


def test_group_of_others_is_refused(cast: Cast, group: UserGroup) -> None:
    colleague = cast.colleague.person
    with pytest.raises(PolicyDenied) as denied:
        ask(colleague, group=group.pk)
    assert denied.value.code == "group_unknown"
    with pytest.raises(PolicyDenied):
        keep(colleague, ask(colleague), group=group.pk)


def test_member_asks_again_under_their_own_name(cast: Cast, group: UserGroup) -> None:
    shared = ask(cast.investigator.person, group=group.pk)
    client = client_for(cast.supervisor)
    page = text(client.get("/queries/new/", {"again": str(shared.pk)}))
    assert "by Alice Moreno" in page
    assert 'value="abc-123"' in page
    send(client, case_reference=shared.case_reference)
    runs = events_of(Kind.QUERY_RUN)
    assert [run.fields["actor"] for run in runs] == [
        cast.investigator.person.id,
        cast.supervisor.person.id,
    ]
    assert runs[0].pk != runs[1].pk


# --- naming and finding ---------------------------------------------------------------------------


def test_named_query_stands_first_and_is_erased_in_time_all_the_same(
    committed_db: None, cast: Cast, as_role: AsRole
) -> None:
    person = cast.investigator.person
    first, second = ask(person), ask(person)
    [event] = assert_audited(lambda: keep(person, first, " Grey  van "), Kind.QUERY_PINNED)
    assert event.fields["name"] == "Grey van"
    assert listed(person) == [first.pk, second.pk]
    assert listed(person, text="grey VAN") == [first.pk]
    with as_role("lpr_worker"):
        recall.erase_due(now=NOW + RECALL)
    assert not RecentQuery.objects.exists()


@pytest.mark.parametrize("name", ["x" * 81, "a\0b"])
def test_name_has_an_end(cast: Cast, name: str) -> None:
    query = ask(cast.investigator.person)
    with pytest.raises(InvalidInput):
        keep(cast.investigator.person, query, name)


def test_list_is_filtered_and_ordered(cast: Cast, group: UserGroup) -> None:
    person = cast.investigator.person
    one = ask(person, plate_text="ABC 123", plate_key="ABC123", reason_code="missing")
    two = ask(person, plate_text="XYZ1", plate_key="XYZ1", case_reference="Case 77 of Roe")
    theirs = ask(cast.supervisor.person, group=group.pk, plate_text="QQ1", plate_key="QQ1")
    assert listed(person) == [theirs.pk, two.pk, one.pk]
    assert listed(person, sort="oldest") == [one.pk, two.pk, theirs.pk]
    assert listed(person, sort="plate") == [one.pk, theirs.pk, two.pk]
    assert listed(person, text="abc-123") == [one.pk]
    assert listed(person, text="ABC") == []  # QRY-2: no part of a plate, here either
    assert listed(person, text="%") == []
    assert listed(person, text="case 77") == [two.pk]
    assert listed(person, reason="missing") == [one.pk]
    assert listed(person, whose=MINE) == [two.pk, one.pk]
    assert listed(person, whose=SHARED) == [theirs.pk]


# --- deleting -------------------------------------------------------------------------------------


def test_several_are_deleted_together_or_not_at_all(cast: Cast) -> None:
    person = cast.investigator.person
    own, other = [ask(person).pk for _ in range(3)], ask(cast.colleague.person).pk
    with pytest.raises(NotFound):
        recall.forget_queries(person=person, pks=[own[0], other], now=NOW)
    assert RecentQuery.objects.count() == 4
    assert_audited(
        lambda: recall.forget_queries(person=person, pks=[*own[:2], own[0]], now=NOW),
        *[Kind.QUERY_FORGOTTEN] * 2,
    )
    assert set(RecentQuery.objects.values_list("pk", flat=True)) == {own[2], other}


# --- asking again ---------------------------------------------------------------------------------


def test_dates_are_moved_on_to_today_or_kept(cast: Cast) -> None:
    person = cast.investigator.person
    frame = TimeFrame(days_ago(40), days_ago(30), "dates")
    query = ask(person, frame=frame)
    today = local_date(NOW, person.timezone)
    moved, kept = moved_on(query, person, now=NOW), as_it_was(query, person)
    first, last = (local_date(at, person.timezone) for at in (days_ago(40), days_ago(30.0001)))
    assert (kept["period"], kept["start"], kept["end"]) == ("dates", first, last)
    assert (moved["end"], moved["end"] - moved["start"]) == (today, last - first)
    preset = ask(person)
    assert moved_on(preset, person, now=NOW)["period"] == "previous-60-days"
    assert as_it_was(preset, person)["period"] == "dates"


@pytest.mark.parametrize("miles", ["0.05", "0.33", "1", "2.5", "499.99", "500"])
def test_circle_comes_back_as_it_was_entered(cast: Cast, miles: str) -> None:
    meters = round(float(miles) * 1_609.344)
    query = ask(cast.investigator.person, geography=Circle(397_000_000, -756_000_000, meters))
    again = moved_on(query, cast.investigator.person, now=NOW)
    assert round(float(again["radius_miles"]) * 1_609.344) == meters
    assert str(again["center_latitude"]) == "39.7000000"


def test_for_whom_is_said_anew_unless_it_is_the_very_same(cast: Cast, group: UserGroup) -> None:
    person = cast.investigator.person
    query = ask(person, behalf_user=cast.colleague.pk, group=group.pk)
    assert as_it_was(query, person)["colleague"] == str(cast.colleague.pk)
    assert "for_whom" not in moved_on(query, person, now=NOW)
    assert "for_whom" not in as_it_was(query, cast.supervisor.person)
    named = as_it_was(ask(person, behalf_name="Jane Roe, ERO Newark"), person)
    assert (named["on_behalf_of"], named["officer_unit"]) == ("Jane Roe", "ERO Newark")


# --- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_for(cast.investigator)


def test_owner_names_shares_and_finds_on_the_pages(
    cast: Cast, client: Client, group: UserGroup
) -> None:
    query = ask(cast.investigator.person)
    where = f"/queries/{query.pk}/keep/"
    assert "Harbor" in text(client.get(where))
    response = client.post(where, {"name": "Grey van", "group": str(group.pk)})
    assert (response.status_code, response["Location"]) == (303, "/queries/")
    page = text(client.get("/queries/", {"q": "grey"}))
    assert "Grey van" in page
    assert "No recent query fits" in text(client.get("/queries/", {"q": "blue"}))
    member = text(client_for(cast.supervisor).get("/queries/"))
    assert "by Alice Moreno" in member
    assert "Grey van" not in member  # the name is its owner's
    assert f"/queries/{query.pk}/keep/" not in member
    assert f"/queries/{query.pk}/forget/" not in member
    nonsense = {"whose": "x", "sort": "x", "reason": "%", "page": "x", "q": "x" * 100}
    assert "Grey van" in text(client.get("/queries/", nonsense))


def test_several_are_deleted_once_confirmed(cast: Cast, client: Client) -> None:
    pks = [str(ask(cast.investigator.person).pk) for _ in range(2)]
    ticked = {"query": pks}
    page = text(client.post("/queries/forget/", ticked))
    assert "Delete 2 queries?" in page
    assert RecentQuery.objects.count() == 2
    assert client.post("/queries/forget/", ticked | {"confirmed": "yes"}).status_code == 303
    assert not RecentQuery.objects.exists()
    again = client.post("/queries/forget/", ticked | {"confirmed": "yes"})
    assert again.status_code == 404
    assert client.post("/queries/forget/", {"query": ["x"]}).status_code == 303
    assert client.get("/queries/forget/").status_code == 405


@pytest.mark.parametrize("who", ["manager", "auditor", "vendor"])
def test_pages_are_shut_to_who_may_not_ask(cast: Cast, who: str) -> None:  # SAF-1
    query = ask(cast.investigator.person)
    client = client_for(cast.everybody[who])
    for path in (f"/queries/{query.pk}/keep/", "/queries/forget/"):
        assert client.post(path, {"query": str(query.pk), "confirmed": "yes"}).status_code == 403
    assert RecentQuery.objects.count() == 1


@pytest.mark.parametrize("who", ["colleague", "other"])
def test_query_of_another_can_be_neither_named_nor_deleted(cast: Cast, who: str) -> None:
    query = ask(cast.investigator.person)
    client = client_for(cast.everybody[who])
    assert client.get(f"/queries/{query.pk}/keep/").status_code == 404
    confirmed = {"query": str(query.pk), "confirmed": "yes"}
    assert client.post("/queries/forget/", confirmed).status_code == 404
    assert RecentQuery.objects.count() == 1


def test_asking_again_the_same_days_fills_the_form(cast: Cast, client: Client) -> None:
    entered = dates(17, 3)
    send(client, **entered)
    [query] = RecentQuery.objects.all()
    page = text(client.get("/queries/new/", {"again": str(query.pk), "frame": "as-it-was"}))
    for day in (entered["start"], entered["end"]):
        assert f'value="{day}"' in page
    assert "Filled in from a query of" in page
    assert RecentQuery.objects.count() == 1  # nothing was asked yet


def test_too_old_is_gone_for_the_group_too(cast: Cast, group: UserGroup) -> None:
    query = ask(cast.investigator.person, group=group.pk)
    over = NOW + RECALL + timedelta(seconds=1)
    with pytest.raises(NotFound):
        recall.recall_query(person=cast.supervisor.person, pk=query.pk, now=over)
