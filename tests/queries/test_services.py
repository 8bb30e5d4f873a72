"""Asking, seeing again, forgetting: what happens, and the exact event of each."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import ProgrammingError, connection, connections

from accounts.people import Person
from audit.models import Event
from ingest.models import Source
from lprsvc.lib.errors import AuditUnavailable, DomainError, NotFound, PolicyDenied
from lprsvc.lib.pictures import Size
from queries.links import PhotographLink, sign
from queries.models import RecentQuery
from queries.rules import RECALL
from queries.schemas import PhotographResult, QueryIn
from queries.selectors import grounds_for
from queries.services import asking, recall, viewing
from queries.tasks import erase_recent_queries
from queries.timeframes import TimeFrame
from tests.cast import Cast, cast
from tests.harness.database import AsRole, Connect
from tests.queries.reads import NOW, PLATE, SCENE, days_ago, make_source, read_in, store

__all__ = ["cast"]

CASE = "Subject name John Doe, case number 12345678"
ASK = QueryIn(
    plate_text="abc-123",
    plate_key="ABC123",
    state="US-PA",
    reason_code="criminal",
    case_reference=CASE,
    frame=TimeFrame(days_ago(60), NOW, "previous-60-days"),
    submission=UUID(int=9),
)
TOO_LONG = replace(ASK, frame=TimeFrame(days_ago(3_000), NOW, "dates"))


@pytest.fixture
def source(cast: Cast) -> Source:
    return make_source(cast)


@pytest.fixture
def read_ids(source: Source) -> list[str]:
    """Two reads of ABC123 within 60 days; each other differs in one thing from what is asked."""
    return store(
        source,
        [
            read_in("ABC 123", days_ago(10)),
            read_in("ABC123", days_ago(20), camera="DE-TOLL-2"),
            read_in("ABC123", days_ago(70)),
            read_in("ABC123", days_ago(10), state="US-DE"),
            read_in("ABC124", days_ago(10)),
        ],
    )


def ask(person: Person, **changes: Any) -> Any:
    changes.setdefault("submission", uuid4())
    return asking.run_query(person=person, ask=replace(ASK, **changes), now=NOW)


def events(*kinds: str) -> list[Event]:
    """The events of the room so far, oldest first; of these kinds where any is named."""
    wanted = kinds or ("query.", "result.", "access.")
    return [event for event in Event.objects.order_by("id") if event.kind.startswith(wanted)]


def kinds() -> list[str]:
    return [event.kind for event in events()]


def refuse_events(connect: Connect, kind: str) -> None:
    """Break the log for events of `kind`, as its owner could."""
    owner = connect("lpr_owner")
    owner.execute(f"ALTER TABLE audit.event ADD CHECK (kind NOT LIKE '{kind}') NOT VALID")


# --- run_query ----------------------------------------------------------------------------------


def test_run_query_answers_with_the_plates_reads_newest_first(
    cast: Cast, read_ids: list[str]
) -> None:  # QRY-5, QRY-6
    result = ask(cast.investigator.person)
    assert [str(hit.id) for hit in result.hits] == read_ids[:2]
    hit = result.hits[0]
    assert hit.captured_at == days_ago(10)
    assert (hit.plate_text, hit.state, hit.timezone) == ("ABC 123", "US-PA", "America/New_York")
    assert (hit.source_name, hit.camera_name) == ("Delaware toll road", "Gantry 1")
    assert (hit.latitude, hit.longitude) == (39.7, -75.6)
    assert (hit.make, hit.model, hit.color) == ("Toyota", "Camry", "silver")


def test_run_query_records_the_question_and_then_the_count(
    cast: Cast, read_ids: list[str]
) -> None:  # AUD-2
    person = cast.investigator.person
    result = ask(person, behalf_name="Officer Roe, Newark")
    run, answer = events()
    assert (run.kind, answer.kind) == ("query.run", "query.result")
    assert run.pk == result.query.pk == result.receipt
    expected = {
        "actor": person.id,
        "behalf_of": "Officer Roe, Newark",
        "behalf_name": "Officer Roe, Newark",
        "plate_raw": "abc-123",
        "plate": "ABC123",
        "state": "US-PA",
        "reason": "criminal",
        "note": CASE,
        "start": days_ago(60).strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        "end": NOW.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        "period": "previous-60-days",
        "rule_version": "queries-2",
        "outcome": "ok",
    }
    assert expected.items() <= run.fields.items()
    lines = "".join(sorted(f"{read_id} 1\n" for read_id in read_ids[:2]))
    assert answer.fields["parent"] == answer.fields["run"] == str(run.pk)
    assert answer.fields["count"] == 2
    assert answer.fields["digest"] == hashlib.sha256(lines.encode()).hexdigest()
    # Never the hits.
    assert not any(read_id in str(answer.fields) for read_id in read_ids)


def test_run_query_can_be_recalled_for_60_days(cast: Cast, read_ids: list[str]) -> None:  # QRY-13
    row = RecentQuery.objects.get(pk=ask(cast.investigator.person).query.pk)
    assert (row.owner_id, row.hit_count, row.reason_label) == (
        cast.investigator.pk,
        2,
        "Criminal investigation",
    )
    assert row.erase_after == NOW + RECALL == NOW + timedelta(days=60)


def test_run_query_for_a_colleague_names_them_by_id(cast: Cast) -> None:
    ask(cast.investigator.person, behalf_user=cast.colleague.pk)
    (run,) = events("query.run")
    assert run.behalf == f"user:{cast.colleague.pk}"
    assert run.fields["behalf_name"] == "Bob Lindqvist"


def test_run_query_without_hits_is_recorded_too(cast: Cast) -> None:
    assert ask(cast.investigator.person).hits == ()
    assert events("query.result")[0].fields["count"] == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason_code": "customs"}, "reason_unknown"),
        ({"case_reference": "   "}, "note_insufficient"),
        ({"frame": None}, "time_frame_missing"),
        ({"frame": TOO_LONG.frame}, "time_frame_too_long"),
    ],
)
def test_refused_query_is_recorded_with_its_rule_and_searches_nothing(  # QRY-15
    cast: Cast, read_ids: list[str], changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(PolicyDenied):
        ask(cast.investigator.person, **changes)
    (refused,) = events()
    assert (refused.kind, refused.outcome) == ("query.refused", "refused")
    assert refused.fields["outcome_code"] == code
    assert refused.fields["plate"] == "ABC123"
    assert not RecentQuery.objects.exists()


def test_typed_name_never_passes_for_a_users_id_not_even_refused(cast: Cast) -> None:  # AUD-2
    with pytest.raises(PolicyDenied):
        ask(cast.investigator.person, behalf_name=f"user:{cast.colleague.pk}")
    (refused,) = events()
    assert refused.behalf != f"user:{cast.colleague.pk}"
    assert refused.fields["behalf_name"] == f"user:{cast.colleague.pk}"


@pytest.mark.parametrize("behalf", ["other", "suspended", "investigator"])
def test_colleague_of_another_agency_suspended_or_oneself_is_refused(
    cast: Cast, behalf: str
) -> None:
    with pytest.raises(PolicyDenied, match="colleague"):
        ask(cast.investigator.person, behalf_user=cast.everybody[behalf].pk)
    assert kinds() == ["query.refused"]


def test_reason_that_is_no_longer_active_is_refused(cast: Cast) -> None:
    cast.agency.reason_codes.filter(code="criminal").update(is_active=False)
    with pytest.raises(PolicyDenied, match="reason"):
        ask(cast.investigator.person)


@pytest.mark.parametrize("name", ["manager", "auditor", "vendor", "suspended"])
def test_nobody_without_the_permission_can_run_a_query(cast: Cast, name: str) -> None:  # SAF-1
    with pytest.raises(PolicyDenied) as denied:
        ask(cast.everybody[name].person)
    assert denied.value.code == "not_permitted"
    assert kinds() == ["query.refused"]


def test_form_sent_twice_is_one_query(cast: Cast, read_ids: list[str]) -> None:
    first = ask(cast.investigator.person, submission=UUID(int=1))
    second = ask(cast.investigator.person, submission=UUID(int=1))
    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert second.query == first.query
    assert second.hits == first.hits
    assert kinds() == ["query.run", "query.result", "result.viewed"]


def test_same_submission_of_somebody_else_is_a_query_of_their_own(cast: Cast) -> None:
    first = ask(cast.investigator.person, submission=UUID(int=1))
    other = ask(cast.other.person, submission=UUID(int=1))
    assert other.query.pk != first.query.pk
    assert not other.is_repeat


def test_double_click_at_the_same_instant_is_one_query(
    committed_db: None, cast: Cast, read_ids: list[str]
) -> None:
    person, results = cast.investigator.person, list[Any]()
    barrier = threading.Barrier(4)

    def click() -> None:
        barrier.wait()
        try:
            results.append(ask(person, submission=UUID(int=1)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.is_repeat for result in results) == [False, True, True, True]
    assert len({result.query.pk for result in results}) == 1
    assert len(events("query.run")) == RecentQuery.objects.count() == 1


# --- No audit, no read --------------------------------------------------------------------------


def see_photograph(
    person: Person, query: UUID, read: UUID, role: str = "scene", at: datetime | None = None
) -> PhotographResult:
    """Follow the link that the person's own page would hold."""
    link = PhotographLink(
        user_id=person.user_id,
        query_id=query,
        read_id=read,
        role=role,
        captured_at=at or days_ago(10),
    )
    return viewing.view_photograph(
        person=person,
        pk=query,
        read_id=read,
        role=role,
        token=sign(link, now=NOW),
        size=Size.FULL,
        now=NOW,
    )


LOOKS: dict[str, tuple[str, Callable[[Person, UUID, UUID], object]]] = {
    "run": ("query.run", lambda person, _q, _r: ask(person)),
    "result": ("query.result", lambda person, _q, _r: ask(person)),
    "view": (
        "result.viewed",
        lambda person, query, _r: viewing.view_result(person=person, pk=query, now=NOW),
    ),
    "hit": (
        "result.viewed",
        lambda person, query, read: viewing.view_hit(
            person=person, pk=query, read_id=read, now=NOW
        ),
    ),
    "photograph": (
        "result.photo_viewed",
        see_photograph,
    ),
    "recall": (
        "query.recalled",
        lambda person, query, _r: recall.recall_query(person=person, pk=query, now=NOW),
    ),
    "list": ("query.recalled", lambda person, _q, _r: recall.list_recent(person=person, now=NOW)),
    "forget": (
        "query.forgotten",
        lambda person, query, _r: recall.forget_query(person=person, pk=query, now=NOW),
    ),
}


@pytest.mark.parametrize(("kind", "look"), LOOKS.values(), ids=LOOKS)
def test_without_its_event_nothing_is_shown_or_changed(  # QRY-16, AUD-3
    committed_db: None,
    cast: Cast,
    read_ids: list[str],
    connect_as: Connect,
    kind: str,
    look: Callable[[Person, UUID, UUID], object],
) -> None:
    person = cast.investigator.person
    query = ask(person).query.pk
    before = kinds()
    refuse_events(connect_as, kind)
    with pytest.raises(AuditUnavailable) as error:
        look(person, query, UUID(read_ids[0]))
    assert error.value.status == 503
    assert kinds() == before
    assert list(RecentQuery.objects.values_list("pk", flat=True)) == [query]


def test_refusal_that_cannot_be_recorded_is_unavailable(
    committed_db: None, cast: Cast, connect_as: Connect
) -> None:  # QRY-15, QRY-16
    refuse_events(connect_as, "query.refused")
    with pytest.raises(AuditUnavailable):
        ask(cast.investigator.person, reason_code="customs")
    with pytest.raises(AuditUnavailable):
        asking.record_incomplete(
            person=cast.investigator.person,
            grounds=grounds_for(cast.investigator.person, now=NOW),
            values={},
            faults={},
            rule="plate_missing",
        )


def test_what_fails_for_another_cause_is_recorded_as_failed(
    committed_db: None, cast: Cast, connect_as: Connect
) -> None:
    owner = connect_as("lpr_owner")
    owner.execute("ALTER TABLE queries_recentquery ADD CHECK (hit_count > 0) NOT VALID")
    with pytest.raises(Exception, match="violates check constraint"):
        ask(cast.investigator.person)
    (failed,) = events()
    assert (failed.kind, failed.outcome) == ("query.failed", "failed")
    assert failed.fields["outcome_code"] == "IntegrityError"


def test_result_stays_closed_to_the_next_transaction(
    committed_db: None, cast: Cast, read_ids: list[str]
) -> None:  # QRY-16
    assert len(ask(cast.investigator.person).hits) == 2
    with (
        connection.cursor() as cursor,
        pytest.raises(Exception, match="no audit, no read"),
    ):
        cursor.execute("SELECT * FROM ingest_read WHERE plate_key = 'ABC123'")


# --- Seeing again -------------------------------------------------------------------------------


def test_view_result_selects_again_and_records_it(cast: Cast, source: Source) -> None:
    person = cast.investigator.person
    query = ask(person).query
    store(source, [read_in("ABC123", days_ago(1))])
    result = viewing.view_result(person=person, pk=query.pk, now=NOW)
    assert len(result.hits) == 1
    (viewed,) = events("result.viewed")
    assert result.receipt == viewed.pk
    assert viewed.fields["parent"] == str(query.pk)
    run = events("query.run")[0].fields
    same = ("plate", "state", "start", "end")
    assert [viewed.fields[name] for name in same] == [run[name] for name in same]


def test_view_hit_shows_one_and_records_which(cast: Cast, read_ids: list[str]) -> None:
    person = cast.investigator.person
    query = ask(person).query
    result = viewing.view_hit(person=person, pk=query.pk, read_id=UUID(read_ids[1]), now=NOW)
    assert str(result.hit.id) == read_ids[1]
    assert events("result.viewed")[0].fields["read"] == read_ids[1]


@pytest.mark.parametrize(("role", "content"), [("scene", SCENE), ("plate", PLATE)])
def test_view_photograph_opens_one_instant_only(  # QRY-7
    cast: Cast, read_ids: list[str], role: str, content: bytes
) -> None:
    person = cast.investigator.person
    query = ask(person).query
    result = see_photograph(person, query.pk, UUID(read_ids[0]), role)
    assert (result.content, result.content_type) == (content, "image/png")
    (viewed,) = events("result.photo_viewed")
    start = days_ago(10).strftime("%Y-%m-%dT%H:%M:%S")
    assert viewed.fields["start"] == f"{start}.000000Z"
    assert viewed.fields["end"] == f"{start}.000001Z"
    assert (viewed.fields["plate"], viewed.fields["photograph"]) == ("ABC123", role)
    assert viewed.fields["parent"] == str(query.pk)


@pytest.mark.parametrize("index", [2, 3, 4], ids=["older", "other state", "other plate"])
def test_read_that_is_no_hit_of_the_query_looks_unknown(
    committed_db: None, cast: Cast, read_ids: list[str], index: int
) -> None:  # QRY-2
    person = cast.investigator.person
    query = ask(person).query
    read = UUID(read_ids[index])
    with pytest.raises(NotFound):
        viewing.view_hit(person=person, pk=query.pk, read_id=read, now=NOW)
    with pytest.raises(NotFound):
        see_photograph(person, query.pk, read, at=days_ago(70 if index == 2 else 10))
    assert kinds()[2:] == ["access.refused", "access.refused"]


PERSONAL: dict[str, Callable[[Person, UUID, UUID], object]] = {
    name: look for name, (_, look) in LOOKS.items() if name not in {"run", "result", "list"}
}


@pytest.mark.parametrize("look", PERSONAL.values(), ids=PERSONAL)
def test_other_peoples_forgotten_and_unknown_queries_look_alike(
    committed_db: None,
    cast: Cast,
    read_ids: list[str],
    look: Callable[[Person, UUID, UUID], object],
) -> None:  # QRY-14
    own = ask(cast.investigator.person).query
    old = ask(cast.colleague.person).query
    recall.forget_query(person=cast.colleague.person, pk=old.pk, now=NOW)
    answers = set()
    for person, pk in [
        (cast.colleague.person, own.pk),
        (cast.supervisor.person, own.pk),
        (cast.other.person, own.pk),
        (cast.colleague.person, old.pk),
        (cast.investigator.person, uuid4()),
    ]:
        with pytest.raises(DomainError) as error:
            look(person, pk, UUID(read_ids[0]))
        answers.add((error.value.code, error.value.status, error.value.message))
    assert len(answers) == 1
    assert answers.pop()[:2] == ("not_found", 404)
    assert kinds().count("access.refused") == 5


def test_query_past_its_60_days_is_gone_before_the_nightly_job(cast: Cast) -> None:  # QRY-13
    person = cast.investigator.person
    query = ask(person).query
    last, over = NOW + RECALL - timedelta(seconds=1), NOW + RECALL
    assert viewing.view_result(person=person, pk=query.pk, now=last).query == query
    with pytest.raises(NotFound):
        viewing.view_result(person=person, pk=query.pk, now=over)
    assert recall.list_recent(person=person, now=over) == []


# --- Recall and erasure -------------------------------------------------------------------------


def test_list_recent_shows_own_queries_newest_first_and_is_recorded(cast: Cast) -> None:  # QRY-13
    person = cast.investigator.person
    first, second = ask(person).query, ask(person).query
    ask(cast.colleague.person)
    assert recall.list_recent(person=person, now=NOW) == [second, first]
    assert events("query.recalled")[0].fields["count"] == 2


def test_forget_query_erases_the_row_and_keeps_the_log(cast: Cast) -> None:  # QRY-13
    person = cast.investigator.person
    query, kept = ask(person).query.pk, ask(person).query.pk
    recall.forget_query(person=person, pk=query, now=NOW)
    assert list(RecentQuery.objects.values_list("pk", flat=True)) == [kept]
    (forgotten,) = events("query.forgotten")
    assert forgotten.fields["parent"] == str(query)
    assert Event.objects.filter(pk=query, kind="query.run").exists()


def test_erase_due_erases_what_is_due_and_nothing_twice(  # QRY-13
    committed_db: None, cast: Cast, as_role: AsRole
) -> None:
    ask(cast.investigator.person)
    kept = asking.run_query(
        person=cast.investigator.person, ask=ASK, now=NOW + timedelta(seconds=1)
    ).query
    with as_role("lpr_worker"):
        assert recall.erase_due(now=NOW + RECALL) == 1
        assert recall.erase_due(now=NOW + RECALL) == 0
    assert list(RecentQuery.objects.all()) == [kept]
    done = Event.objects.filter(kind="system.maintained").order_by("id")
    assert [event.fields["erased"] for event in done] == [1, 0]


def test_record_incomplete_holds_all_that_was_entered(cast: Cast) -> None:  # QRY-15
    asking.record_incomplete(
        person=cast.investigator.person,
        grounds=grounds_for(cast.investigator.person, now=NOW),
        values={
            "plate": "abc-1\x00🚗\ud800",
            "state": "%",
            "start": "soon",
            "case_reference": "x" * 9_000,
        },
        faults={"plate": ["no"]},
        rule="plate_invalid",
    )
    (refused,) = events()
    assert refused.fields["outcome_code"] == "plate_invalid"
    assert refused.fields["plate_raw"] == "abc-1\\u0000🚗\\ud800"
    assert (refused.fields["plate"], refused.fields["state"]) == (None, "%")
    assert refused.fields["start_raw"] == "soon"
    assert refused.fields["note"].endswith("… (5000 more characters)")
    assert refused.fields["faults"] == {"plate": ["no"]}


def test_worker_erases_without_being_able_to_read_what(  # QRY-13
    committed_db: None, cast: Cast, as_role: AsRole
) -> None:
    ask(cast.investigator.person)
    with as_role("lpr_worker"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            list(RecentQuery.objects.all())
        assert recall.erase_due(now=NOW) == 0
        assert recall.erase_due(now=NOW + RECALL) == 1
        assert recall.erase_due(now=NOW + RECALL) == 0
    assert not RecentQuery.objects.exists()


def test_nightly_task_erases_what_is_due_now(  # QRY-13
    committed_db: None, cast: Cast, as_role: AsRole
) -> None:
    person = cast.investigator.person
    due = asking.run_query(
        person=person, ask=replace(ASK, frame=past_frame()), now=NOW - RECALL
    ).query
    kept = ask(person).query
    with as_role("lpr_worker"):
        erase_recent_queries()
    assert list(RecentQuery.objects.all()) == [kept]
    assert due != kept


def past_frame() -> TimeFrame:
    return TimeFrame(days_ago(90), days_ago(80), "dates")
