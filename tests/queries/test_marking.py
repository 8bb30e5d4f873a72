"""Relevant or not (QRY-11): one hit, several, all; undone; kept no longer than the query."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from audit.kinds import Kind
from lprsvc.lib.errors import NotFound
from queries import selectors
from queries.arranging import read
from queries.links import sign_hit
from queries.models import HitMark, RecentQuery
from queries.services import marking, recall
from tests.audited import assert_audited, recorded
from tests.cast import Cast, Member, cast, client_for
from tests.harness.database import AsRole, Connect
from tests.queries.reads import days_ago, make_source, read_in, store
from tests.queries.test_views import asked, text

__all__ = ["cast"]

COUNT = 30


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_for(cast.investigator)


@pytest.fixture
def read_ids(cast: Cast) -> list[UUID]:
    reads = [read_in("ABC 123", days_ago(n / 10)) for n in range(1, COUNT + 1)]
    return [UUID(id_) for id_ in store(make_source(cast), reads)]


@pytest.fixture
def query(client: Client, read_ids: list[UUID]) -> RecentQuery:
    """A query of the investigator's with thirty hits, newest first as `read_ids` are."""
    asked(client)
    return RecentQuery.objects.get()


def name_of(query: RecentQuery, read_id: UUID, member: Member, **changes: Any) -> str:
    named: dict[str, Any] = {"query_id": query.pk, "until": query.erase_after} | changes
    return sign_hit(user_id=member.pk, read_id=read_id, **named)


def mark(
    cast: Cast, query: RecentQuery, read_ids: Iterable[UUID], is_relevant: bool | None
) -> dict[UUID, bool | None]:
    names = [name_of(query, read_id, cast.investigator) for read_id in read_ids]
    marked = marking.mark_hits(
        person=cast.investigator.person,
        pk=query.pk,
        names=names,
        is_relevant=is_relevant,
        now=timezone.now(),
    )
    return dict(marked.changed)


def last_change(query: RecentQuery) -> UUID:
    change = selectors.marking_of(query).last_change
    assert change is not None
    return change


def undo(cast: Cast, query: RecentQuery, change: UUID) -> dict[UUID, bool | None]:
    person, now = cast.investigator.person, timezone.now()
    return dict(marking.undo_marks(person=person, pk=query.pk, change=change, now=now).changed)


# --- Marking ------------------------------------------------------------------------------------


def test_marks_are_kept_and_recorded(
    cast: Cast, query: RecentQuery, read_ids: list[UUID]
) -> None:  # QRY-11, AUD-1
    names = [name_of(query, read_id, cast.investigator) for read_id in read_ids[:2]]

    [event] = assert_audited(
        lambda: marking.mark_hits(
            person=cast.investigator.person,
            pk=query.pk,
            names=names,
            is_relevant=False,
            now=timezone.now(),
        ),
        Kind.RESULT_MARKED,
    )

    assert selectors.marks_for(query) == {read_ids[0]: False, read_ids[1]: False}
    assert event.fields["mark"] == "not_relevant"
    assert (event.fields["plate"], event.fields["state"]) == ("ABC123", "US-PA")
    assert event.fields["count"] == 2
    assert event.fields["reads"] == sorted(map(str, read_ids[:2]))
    assert event.fields["parent"] == str(query.pk)


def test_same_mark_again_changes_nothing(
    cast: Cast, query: RecentQuery, read_ids: list[UUID]
) -> None:
    assert mark(cast, query, read_ids[:2], True)
    change = last_change(query)
    assert mark(cast, query, read_ids[:2], True) == {}
    assert last_change(query) == change


def test_mark_is_taken_back(cast: Cast, query: RecentQuery, read_ids: list[UUID]) -> None:
    mark(cast, query, read_ids[:2], True)
    mark(cast, query, read_ids[:1], None)
    assert selectors.marks_for(query) == {read_ids[1]: True}


def test_all_that_is_listed_is_marked_on_every_page(cast: Cast, query: RecentQuery) -> None:
    person, now = cast.investigator.person, timezone.now()
    wanted = read(QueryDict("source=Delaware+toll+road&page=2"))
    with recorded() as events:
        marked = marking.mark_arranged(
            person=person, pk=query.pk, wanted=wanted, is_relevant=False, now=now
        )
    assert len(marked.changed) == COUNT
    assert [event.kind for event in events] == ["result.viewed", "result.marked"]


def test_more_than_the_log_names_are_told_by_number_and_digest(
    cast: Cast, query: RecentQuery, monkeypatch: pytest.MonkeyPatch, read_ids: list[UUID]
) -> None:
    monkeypatch.setattr(marking, "_NAMED_IN_LOG", 2)
    with recorded() as events:
        mark(cast, query, read_ids[:3], True)
    assert events[0].fields["reads"] is None
    assert events[0].fields["count"] == 3
    assert re.fullmatch("[0-9a-f]{64}", events[0].fields["digest"])


# --- Undoing ------------------------------------------------------------------------------------


def test_undo_gives_back_what_was_before(
    cast: Cast, query: RecentQuery, read_ids: list[UUID]
) -> None:
    mark(cast, query, read_ids[:1], True)
    mark(cast, query, read_ids[:3], False)
    changed = undo(cast, query, last_change(query))
    assert changed == {read_ids[0]: True, read_ids[1]: None, read_ids[2]: None}
    assert selectors.marks_for(query) == {read_ids[0]: True}


def test_undoing_can_be_undone(cast: Cast, query: RecentQuery, read_ids: list[UUID]) -> None:
    mark(cast, query, read_ids[:2], False)
    undo(cast, query, last_change(query))
    undo(cast, query, last_change(query))
    assert selectors.marks_for(query) == {read_ids[0]: False, read_ids[1]: False}


def test_undo_leaves_alone_what_was_marked_since(
    cast: Cast, query: RecentQuery, read_ids: list[UUID]
) -> None:
    mark(cast, query, read_ids[:2], False)
    first = last_change(query)
    mark(cast, query, read_ids[:1], True)
    assert undo(cast, query, first) == {read_ids[1]: None}
    assert selectors.marks_for(query) == {read_ids[0]: True}


def test_undo_of_nothing_is_refused(cast: Cast, query: RecentQuery) -> None:
    with pytest.raises(NotFound):
        undo(cast, query, uuid4())


# --- Who may, and what --------------------------------------------------------------------------


def test_name_fits_one_person_query_and_hit(
    cast: Cast, query: RecentQuery, read_ids: list[UUID]
) -> None:  # QRY-14
    now = timezone.now()
    good = name_of(query, read_ids[0], cast.investigator)
    for name in (
        "",
        "x",
        str(read_ids[0]),
        good[:-1],
        good.replace(str(read_ids[0]), str(read_ids[1])),
        name_of(query, read_ids[0], cast.colleague),
        name_of(query, read_ids[0], cast.investigator, query_id=uuid4()),
        name_of(query, read_ids[0], cast.investigator, until=now),
    ):
        with pytest.raises(NotFound):
            marking.mark_hits(
                person=cast.investigator.person,
                pk=query.pk,
                names=[good, name],
                is_relevant=True,
                now=now,
            )
    assert not HitMark.objects.exists()


@pytest.mark.parametrize("name", ["colleague", "supervisor", "other"])
def test_nobody_else_marks_or_sees_marks(
    cast: Cast, query: RecentQuery, read_ids: list[UUID], name: str
) -> None:  # QRY-14
    member = cast.everybody[name]
    client = client_for(member)
    sent = {"one": f"relevant:{name_of(query, read_ids[0], member)}"}
    for body in (sent, {"all": "relevant"}, {"undo": str(uuid4())}):
        assert client.post(f"/queries/{query.pk}/marks/", body).status_code == 404
    assert not HitMark.objects.exists()


@pytest.mark.parametrize("name", ["manager", "auditor", "vendor"])
def test_who_may_not_ask_may_not_mark(cast: Cast, query: RecentQuery, name: str) -> None:
    client = client_for(cast.everybody[name])
    assert client.post(f"/queries/{query.pk}/marks/", {"all": "relevant"}).status_code == 403


# --- Kept as long as the query ------------------------------------------------------------------


def test_marks_end_with_the_query_by_hand_and_by_night(
    committed_db: None,
    cast: Cast,
    client: Client,
    query: RecentQuery,
    read_ids: list[UUID],
    as_role: AsRole,
) -> None:  # QRY-11, QRY-13
    mark(cast, query, read_ids[:3], True)
    client.post(f"/queries/{query.pk}/forget/")
    assert not HitMark.objects.exists()

    asked(client)
    again = RecentQuery.objects.get()
    mark(cast, again, read_ids[:3], False)
    with as_role("lpr_worker"):
        recall.erase_due(now=again.erase_after + timedelta(seconds=1))
    assert not HitMark.objects.exists()


def test_worker_erases_marks_that_it_may_not_see(
    cast: Cast,
    committed_db: None,
    client: Client,
    query: RecentQuery,
    read_ids: list[UUID],
    connect_as: Connect,
) -> None:
    mark(cast, query, read_ids[:3], True)
    worker = connect_as("lpr_worker")
    worker.execute("DELETE FROM queries_recentquery WHERE id = %s", [query.pk])
    assert not HitMark.objects.exists()
    with pytest.raises(Exception, match="permission denied"):
        worker.execute("SELECT * FROM queries_hitmark")


# --- The page -----------------------------------------------------------------------------------


def buttons(page: str) -> list[str]:
    """What the page's buttons of marking send."""
    return re.findall(r'name="one" value="([^"]+)"', page)


def test_button_marks_without_script_and_leads_back(
    client: Client, query: RecentQuery, read_ids: list[UUID]
) -> None:
    where = f"/queries/{query.pk}/"
    relevant, not_relevant = buttons(text(client.get(where, {"page": "2"})))[:2]
    sent = {"arrangement": "source=Delaware+toll+road", "page": "2"}

    response = client.post(f"{where}marks/", sent | {"one": not_relevant})

    assert response.status_code == 303
    assert response["Location"] == f"{where}?source=Delaware+toll+road&page=2"
    page = text(client.get(response["Location"]))
    assert "1 hit marked anew" in page
    assert 'data-mark="not_relevant"' in page
    assert "1 not relevant" in page
    assert relevant in buttons(page)
    assert buttons(page)[1].startswith("none:")


def test_button_marks_with_script_by_the_changed_parts_alone(
    client: Client, query: RecentQuery, read_ids: list[UUID]
) -> None:
    where = f"/queries/{query.pk}/"
    shown = list(map(str, read_ids[:25]))
    sent = {"shown": shown, "listed": "30", "one": buttons(text(client.get(where)))[0]}

    with recorded() as events:
        response = client.post(f"{where}marks/", sent, headers={"HX-Request": "true"})

    page = text(response)
    assert f'id="mark-{read_ids[0]}"' in page
    assert "1 relevant" in page
    assert "lpr-photograph" not in page
    assert [event.kind for event in events] == ["result.marked"]


def test_change_beyond_the_page_loads_it_anew(client: Client, query: RecentQuery) -> None:
    where = f"/queries/{query.pk}/"
    sent = {"all": "relevant", "arrangement": "sort=oldest", "page": "2", "listed": "30"}
    response = client.post(f"{where}marks/", sent, headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (204, f"{where}?sort=oldest&page=2")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Say how to mark the hits."),
        ({"ticked": "relevant"}, "Tick the hits to mark first."),
        ({"all": "splendid"}, "There is no such mark."),
        ({"one": "splendid:x"}, "There is no such mark."),
        ({"undo": "x"}, "There is no such change to undo."),
    ],
)
def test_what_can_not_be_done_is_said(
    client: Client, query: RecentQuery, sent: dict[str, str], said: str
) -> None:
    where = f"/queries/{query.pk}/marks/"
    response = client.post(where, sent, headers={"HX-Request": "true"})
    assert (response.status_code, response.content.decode()) == (422, said)
    assert said in text(client.post(where, sent, follow=True))


def test_not_relevant_can_be_filtered_and_is_left_out_of_print(
    cast: Cast, client: Client, query: RecentQuery, read_ids: list[UUID]
) -> None:  # QRY-11
    mark(cast, query, read_ids[:2], False)
    where = f"/queries/{query.pk}/"
    page = text(client.get(where))
    assert "2 hits of this page are marked not relevant and not printed" in page
    only = text(client.get(where, {"mark": "not_relevant"}))
    assert [f'/hits/{read_id}/"' in only for read_id in read_ids[:3]] == [True, True, False]


def test_mark_on_a_hits_own_page_leads_back_to_it(
    client: Client, query: RecentQuery, read_ids: list[UUID]
) -> None:
    where = f"/queries/{query.pk}/hits/{read_ids[3]}/"
    one = buttons(text(client.get(where, {"sort": "oldest"})))[0]
    sent = {"one": one, "alone": str(read_ids[3]), "arrangement": "sort=oldest"}
    response = client.post(f"/queries/{query.pk}/marks/", sent)
    assert response["Location"] == f"{where}?sort=oldest"
    assert 'data-mark="relevant"' in text(client.get(where))
