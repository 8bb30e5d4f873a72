"""Ordering a report, its making in the background, its file; and whatever comes between."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.sealing import Unreadable
from accounts.services.people import suspend_user
from audit.actors import system
from audit.kinds import Kind
from audit.models import Event
from audit.services import record
from ingest.models import Wrong
from ingest.revision import as_revision
from ingest.services.corrections import correct_read
from ingest.services.mistakes import Claim
from ingest.services.reviewing import view_report
from lprsvc.lib.errors import AuditUnavailable, DomainError
from queries import rules, sealed_files
from queries.models import QueryReport, RecentQuery, ReportPart, ReportState
from queries.report_form import ReportIn
from queries.reports.pdf import report_pdf
from queries.rules import FILE_KEPT, MOST_TRIES, REPORT_CLAIM_LASTS
from queries.services import ordering, recall, reports
from queries.services.marking import mark_hits
from queries.services.mistakes import report_hit
from queries.services.reports import make_report, sweep_reports
from queries.states import REPORT
from tests.audited import assert_audited, broken_log, recorded
from tests.cast import NOW, Cast, cast, client_for, new_client
from tests.harness.database import Connect, logged_on_as
from tests.queries.reads import days_ago, make_source, read_in, store
from tests.queries.test_report import make, names_of, ordered, pk_of, printed, text_of
from tests.queries.test_views import UNKNOWN, asked

__all__ = ["cast"]
pytestmark = pytest.mark.usefixtures("committed_db")

MAY_NOT = ["manager", "auditor", "vendor"]
OTHERS = ["colleague", "supervisor", "other"]


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_for(cast.investigator)


@pytest.fixture
def read_ids(cast: Cast) -> list[str]:
    return store(make_source(cast), [read_in("ABC 123", days_ago(days)) for days in (10, 20, 30)])


@pytest.fixture
def where(client: Client, read_ids: list[str]) -> str:
    """The address of the answer."""
    return asked(client)


def mark(cast: Cast, where: str, read_id: str, is_relevant: bool | None) -> None:
    mark_hits(
        person=cast.investigator.person,
        pk=pk_of(where),
        names=names_of(where, [read_id]),
        is_relevant=is_relevant,
        now=timezone.now(),
    )


def act(client: Client, report: QueryReport, do: str) -> Any:
    return client.post(f"/queries/{report.query_id}/reports/{report.pk}/do/", {"do": do})


def file_of(client: Client, report: QueryReport, **headers: str) -> Any:
    where = f"/queries/{report.query_id}/reports/{report.pk}/file/"
    return client.get(where, headers=headers)


def run(pk: UUID, *, after: timedelta = timedelta(0)) -> None:
    """The worker's part, by a clock that goes ahead so much."""
    with logged_on_as("lpr_worker"):
        make_report(report_id=pk, clock=lambda: timezone.now() + after)


def sweep(*, after: timedelta = timedelta(0)) -> None:
    with logged_on_as("lpr_worker"):
        sweep_reports(now=timezone.now() + after)


def the_report() -> QueryReport:
    return QueryReport.objects.get()


# --- which hits ---------------------------------------------------------------------------------


def test_result_page_has_one_tick_for_each_hit(client: Client, where: str) -> None:
    page = client.get(where).content.decode()
    assert page.count('type="checkbox" form="marks" name="hit"') == 3
    assert "PDF of ticked hits" in page


def test_all_that_is_relevant_is_chosen_on_whatever_page(
    client: Client, cast: Cast, where: str, read_ids: list[str]
) -> None:
    for read_id in read_ids[:2]:
        mark(cast, where, read_id, is_relevant=True)
    client.post(f"{where}report/", {"report": "relevant:pdf"})
    assert the_report().read_ids == sorted(map(UUID, read_ids[:2]))


def test_all_that_is_listed_leaves_out_what_is_not_relevant(
    client: Client, cast: Cast, where: str, read_ids: list[str]
) -> None:  # QRY-11
    mark(cast, where, read_ids[0], is_relevant=False)
    with recorded() as events:
        client.post(f"{where}report/", {"report": "listed:xlsx", "arrangement": "sort=oldest"})
    assert the_report().read_ids == sorted(map(UUID, read_ids[1:]))
    assert [event.kind for event in events] == [Kind.RESULT_VIEWED, Kind.REPORT_ORDERED]


@pytest.mark.parametrize(
    "sent",
    [
        {"report": "ticked:pdf"},
        {"report": "ticked:doc", "hit": "some"},
        {"report": "relevant:pdf"},
        {"report": "everything:pdf"},
        {},
    ],
)
def test_wrong_choice_is_said_on_the_list(
    client: Client, where: str, read_ids: list[str], sent: dict[str, str]
) -> None:
    entries: dict[str, Any] = dict(sent)
    if "hit" in sent:
        entries["hit"] = names_of(where, read_ids)
    response = client.post(f"{where}report/", entries, follow=True)
    assert "Choose" in response.content.decode()
    assert not QueryReport.objects.exists()


def test_too_many_hits_are_refused(
    client: Client, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queries.services.ordering.MOST_PRINTED", 2)
    with recorded() as events:
        ordered(client, where, read_ids)
    assert [event.kind for event in events] == [Kind.ACCESS_REFUSED]
    assert b"2 hits at most; 3 are chosen" in client.get(where).content
    assert rules.MOST_PRINTED >= 50


def test_a_name_that_no_page_gave_is_unknown(client: Client, cast: Cast, where: str) -> None:
    foreign = store(make_source(cast, "NJ-LOT"), [read_in("XYZ9", days_ago(5), camera="NJ-LOT-1")])
    sent = {"hit": [f"{foreign[0]}.forged"], "report": "ticked:pdf"}
    assert client.post(f"{where}report/", sent).status_code == 404


def test_what_is_not_relevant_is_not_ordered(
    client: Client, cast: Cast, where: str, read_ids: list[str]
) -> None:
    """QRY-11."""
    mark(cast, where, read_ids[0], is_relevant=False)
    with recorded() as events:
        ordered(client, where, read_ids)
    assert events[-1].fields["outcome_code"] == "not_relevant"
    assert not QueryReport.objects.exists()


# --- who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MAY_NOT)
def test_who_may_not_ask_orders_and_sees_nothing(cast: Cast, name: str) -> None:
    report = f"/queries/{UNKNOWN}/reports/{UNKNOWN}/"
    for somebody, status in ((client_for(cast.everybody[name]), 403), (new_client(), 302)):
        assert somebody.post(f"/queries/{UNKNOWN}/report/").status_code == status
        assert somebody.get(report).status_code == status
        assert somebody.get(f"{report}file/").status_code == status
        assert somebody.post(f"{report}do/", {"do": "cancel"}).status_code == status


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_has_anothers_report(
    cast: Cast, client: Client, where: str, read_ids: list[str], name: str
) -> None:
    printed(client, where, read_ids)
    report, somebody = the_report(), client_for(cast.everybody[name])
    assert ordered(somebody, where, read_ids).status_code == 404
    assert somebody.get(f"{where}reports/{report.pk}/").status_code == 404
    assert act(somebody, report, "remove").status_code == 404
    with recorded() as events:
        assert file_of(somebody, report).status_code == 404
    assert [event.kind for event in events] == [Kind.ACCESS_REFUSED]


def test_a_report_is_not_found_under_another_query(
    client: Client, where: str, read_ids: list[str]
) -> None:
    printed(client, where, read_ids)
    other = asked(client, plate="XYZ9")
    assert client.get(f"{other}reports/{the_report().pk}/file/").status_code == 404


@pytest.mark.parametrize(
    ("path", "methods"),
    [("report/", ["get", "put"]), (f"reports/{UNKNOWN}/", ["post"]),
     (f"reports/{UNKNOWN}/do/", ["get"]), (f"reports/{UNKNOWN}/file/", ["post"])],
)  # fmt: skip
def test_wrong_method(client: Client, where: str, path: str, methods: list[str]) -> None:
    for method in methods:
        assert getattr(client, method)(where + path).status_code == 405


# --- one order, one event -----------------------------------------------------------------------


def test_ordering_needs_its_event(
    client: Client, cast: Cast, where: str, read_ids: list[str]
) -> None:  # QRY-16
    wanted = ReportIn(form="pdf", names=tuple(names_of(where, read_ids)))
    person, pk, now = cast.investigator.person, pk_of(where), timezone.now()

    def order() -> None:
        ordering.order_report(person=person, pk=pk, wanted=wanted, now=now)

    [event] = assert_audited(order, Kind.REPORT_ORDERED)
    report = the_report()
    assert event.fields["report"] == str(report.pk)
    about: dict[str, Any] = {"person": person, "pk": pk, "report_id": report.pk, "now": now}
    assert_audited(lambda: ordering.cancel_report(**about), Kind.REPORT_CANCELED)
    assert_audited(lambda: ordering.order_again(**about), Kind.REPORT_ORDERED)
    assert_audited(lambda: ordering.remove_report(**about), Kind.REPORT_REMOVED)


def test_a_double_click_orders_once(client: Client, where: str, read_ids: list[str]) -> None:
    first, second = (ordered(client, where, read_ids)["Location"] for _ in range(2))
    assert first == second
    assert the_report().state == ReportState.WAITING
    assert ordered(client, where, read_ids, "xlsx")["Location"] != first


def test_nobody_fills_the_queue(client: Client, where: str, read_ids: list[str]) -> None:
    for number in range(3):
        ordered(client, where, [read_ids[number]])
    with recorded() as events:
        ordered(client, where, read_ids)
    assert events[-1].fields["outcome_code"] == "too_many_reports"
    assert QueryReport.objects.count() == 3


# --- how far it is ------------------------------------------------------------------------------


def test_page_says_how_far_it_is(client: Client, where: str, read_ids: list[str]) -> None:
    here = ordered(client, where, read_ids)["Location"]
    waiting = client.get(here).content.decode()
    assert "Waiting for its turn" in waiting
    assert "hx-get" in waiting
    part = client.get(here, headers={"HX-Request": "true"}).content.decode()
    assert part.count("<html") == 0
    make()
    ready = client.get(here).content.decode()
    assert "Ready" in ready
    assert "4 pages" in ready
    assert 'hx-trigger="load delay:2s"' not in ready
    assert "PDF of 3 hits" in client.get(where).content.decode()


def test_progress_is_told_while_it_is_drawn(
    client: Client, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "_SAYS_EVERY", timedelta(0))
    told: list[int] = []
    still = reports._still

    def listen(held: Any, **changes: Any) -> None:
        if "state" not in changes and "done" in changes:
            told.append(changes["done"])
        still(held, **changes)

    monkeypatch.setattr(reports, "_still", listen)
    printed(client, where, read_ids)
    assert told == [0, 1, 2, 3]


def test_every_state_is_in_the_table() -> None:
    assert set(REPORT) == set(ReportState)


# --- checked again when it is made --------------------------------------------------------------


def failed(report: QueryReport, code: str) -> None:
    """That it failed by a rule, which is on record, and nothing of it is left."""
    assert report.state == ReportState.FAILED
    event = Event.objects.filter(kind=Kind.REPORT_FAILED).get()
    assert event.fields["outcome_code"] == code
    assert event.fields["report"] == str(report.pk)
    assert not Event.objects.filter(kind=Kind.REPORT_PRINTED).exists()


def test_who_is_suspended_meanwhile_gets_none(
    client: Client, cast: Cast, where: str, read_ids: list[str]
) -> None:
    ordered(client, where, read_ids)
    suspend_user(actor=system("tests"), user=cast.investigator, reason="x", now=NOW)
    with recorded() as events:
        failed(make(), "account_not_open")
    assert [event.kind for event in events] == [Kind.REPORT_FAILED]


def test_a_hit_marked_not_relevant_meanwhile_stops_it(
    client: Client, cast: Cast, where: str, read_ids: list[str]
) -> None:
    """QRY-11."""
    ordered(client, where, read_ids)
    mark(cast, where, read_ids[1], is_relevant=False)
    failed(make(), "not_relevant")


def test_a_right_lost_while_it_is_drawn_keeps_nothing(
    client: Client, cast: Cast, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered(client, where, read_ids)
    draw = reports._draw

    def suspended(*given: Any) -> Any:
        made = draw(*given)
        with logged_on_as("lpr_app"):
            suspend_user(actor=system("tests"), user=cast.investigator, reason="x", now=NOW)
        return made

    monkeypatch.setattr(reports, "_draw", suspended)
    failed(make(), "account_not_open")


def test_a_hit_that_is_gone_is_left_out_and_said(
    client: Client, where: str, read_ids: list[str], connect_as: Connect
) -> None:
    """ING-6, QRY-10: erased, or corrected to another plate."""
    ordered(client, where, read_ids)
    with connect_as("postgres") as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("DELETE FROM ingest_read WHERE id = %s", [read_ids[2]])
    report = make()
    assert (report.state, report.left_out) == (ReportState.DONE, 1)
    page = text_of(file_of(client, report).content)[0]
    assert "1 hit that was chosen is no longer held" in page
    assert (
        b"1 of the chosen hits is no longer held"
        in client.get(f"{where}reports/{report.pk}/").content
    )


def test_where_no_hit_is_left_there_is_no_report(
    client: Client, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered(client, where, read_ids)
    monkeypatch.setattr(reports, "list_sightings", lambda **_: [])
    failed(make(), "hits_gone")


def test_a_query_deleted_meanwhile_takes_its_report_along(
    client: Client, where: str, read_ids: list[str]
) -> None:  # QRY-13
    ordered(client, where, read_ids)
    pk = the_report().pk
    client.post(f"{where}forget/")
    assert not QueryReport.objects.exists()
    with recorded() as events:
        run(pk)
    assert events == []


# --- what goes wrong ----------------------------------------------------------------------------


def dies(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def die(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(reports, "report_pdf", die)


class Killed(BaseException):
    """As a worker that is killed: nothing after it runs."""


def test_a_worker_that_dies_is_followed_by_another(
    client: Client, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered(client, where, read_ids)
    with monkeypatch.context() as meanwhile:
        dies(meanwhile, Killed())
        with pytest.raises(Killed):
            make()
    told: list[UUID] = []
    monkeypatch.setattr(reports, "tell_worker", told.append)
    sweep()
    assert make().state == ReportState.RUNNING, "claimed still: a second run does nothing"
    assert not told
    sweep(after=REPORT_CLAIM_LASTS)
    assert told == [the_report().pk]
    run(told[0], after=REPORT_CLAIM_LASTS)
    assert the_report().state == ReportState.DONE
    assert Event.objects.filter(kind=Kind.REPORT_PRINTED).count() == 1


def test_a_report_that_kills_its_worker_ends(
    client: Client, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered(client, where, read_ids)
    dies(monkeypatch, Killed())
    pk = the_report().pk
    for number in range(MOST_TRIES):
        with pytest.raises(Killed):
            run(pk, after=number * 2 * REPORT_CLAIM_LASTS)
    run(pk, after=MOST_TRIES * 2 * REPORT_CLAIM_LASTS)
    failed(the_report(), "broke_off")


def test_run_twice_it_is_made_once(client: Client, where: str, read_ids: list[str]) -> None:
    content = printed(client, where, read_ids).content
    with recorded() as events:
        report = make()
    assert events == []
    assert file_of(client, report).content == content


def test_who_was_only_slow_keeps_nothing(
    client: Client, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claim ran out, and another has made the report since."""
    ordered(client, where, read_ids)
    pk, draw = the_report().pk, reports._draw
    runs: list[int] = []

    def slow(*given: Any) -> Any:
        runs.append(1)
        if len(runs) == 1:
            make_report(report_id=pk, clock=lambda: timezone.now() + REPORT_CLAIM_LASTS)
        return draw(*given)

    monkeypatch.setattr(reports, "_draw", slow)
    with recorded() as events:
        make()
    assert [event.kind for event in events].count(Kind.REPORT_PRINTED) == 1
    assert len(runs) == 2


@pytest.mark.parametrize("do", ["cancel", "remove"])
def test_canceled_while_it_is_drawn_it_is_not_kept(
    client: Client, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch, do: str
) -> None:
    ordered(client, where, read_ids)
    draw = reports._draw

    def canceled(*given: Any) -> Any:
        with logged_on_as("lpr_app"):
            act(client, the_report(), "cancel")
            if do == "remove":
                act(client, the_report(), "remove")
        monkeypatch.setattr(reports, "_SAYS_EVERY", timedelta(0))
        return draw(*given)

    monkeypatch.setattr(reports, "_draw", canceled)
    with recorded() as events:
        run(the_report().pk)
    assert Kind.REPORT_PRINTED not in [event.kind for event in events]
    assert [row.state for row in QueryReport.objects.all()] == (
        [ReportState.CANCELED] if do == "cancel" else []
    )


def test_a_storage_that_is_away_is_waited_for(
    client: Client, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered(client, where, read_ids)
    with monkeypatch.context() as meanwhile:

        def away(_: bytes) -> Any:
            raise DomainError("storage_unavailable", "away", status=503)

        meanwhile.setattr(reports, "open_photograph", away)
        assert make().state == ReportState.WAITING
    assert make().state == ReportState.DONE


def test_without_a_log_there_is_no_report(
    client: Client, where: str, read_ids: list[str]
) -> None:  # QRY-16
    ordered(client, where, read_ids)
    with broken_log():
        report = make()
    assert report.state == ReportState.WAITING
    assert report.size is None


def test_what_takes_too_long_says_so(
    client: Client, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ordered(client, where, read_ids)["Location"]
    dies(monkeypatch, SoftTimeLimitExceeded())
    failed(make(), "took_too_long")
    assert b"Choose fewer hits" in client.get(here).content


def test_a_fault_of_ours_is_told_to_the_vendor_and_can_be_tried_again(
    client: Client, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered(client, where, read_ids)
    with monkeypatch.context() as meanwhile:
        dies(meanwhile, RuntimeError("ABC123"))
        with pytest.raises(RuntimeError):
            make()
    failed(the_report(), "RuntimeError")
    assert "ABC123" not in json.dumps(Event.objects.get(kind=Kind.REPORT_FAILED).fields["message"])
    act(client, the_report(), "again")
    assert make().state == ReportState.DONE


@pytest.mark.parametrize("do", ["cancel", "again"])
def test_what_is_ready_is_neither_canceled_nor_made_again(
    client: Client, where: str, read_ids: list[str], do: str
) -> None:
    printed(client, where, read_ids)
    act(client, the_report(), do)
    assert the_report().state == ReportState.DONE
    assert act(client, the_report(), "burn").status_code == 404


# --- the file -----------------------------------------------------------------------------------


def test_file_comes_as_an_attachment_that_nobody_keeps(
    client: Client, where: str, read_ids: list[str]
) -> None:
    response = printed(client, where, read_ids)
    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"].startswith("attachment")
    assert "ABC" not in response["Content-Disposition"]


def test_a_broken_download_goes_on(
    client: Client, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_files, "PART_BYTES", 5_000)
    whole = printed(client, where, read_ids)
    report, size = the_report(), len(whole.content)
    with recorded() as events:
        rest = file_of(client, report, Range="bytes=7000-", **{"If-Range": whole["ETag"]})
    assert rest.status_code == 206
    assert rest["Content-Range"] == f"bytes 7000-{size - 1}/{size}"
    assert rest.content == whole.content[7000:]
    assert [event.kind for event in events] == [Kind.RESULT_VIEWED, Kind.REPORT_DOWNLOADED]
    assert events[0].fields["report"] == str(report.pk)
    assert (events[1].fields["first_byte"], events[1].fields["last_byte"]) == (7000, size - 1)
    changed = file_of(client, report, Range="bytes=7000-", **{"If-Range": '"other"'})
    assert (changed.status_code, changed.content) == (200, whole.content)
    assert file_of(client, report, Range=f"bytes={size}-").status_code == 416


def test_a_mark_since_closes_the_file(
    client: Client, cast: Cast, where: str, read_ids: list[str]
) -> None:
    """QRY-11."""
    printed(client, where, read_ids)
    mark(cast, where, read_ids[0], is_relevant=False)
    assert file_of(client, the_report()).status_code == 403


def correct_the_vehicle(cast: Cast, read_id: str) -> None:
    error = report_hit(
        person=cast.investigator.person,
        pk=RecentQuery.objects.get().pk,
        read_id=UUID(read_id),
        claim=Claim(wrong=(Wrong.VEHICLE,), make="Honda"),
        now=timezone.now(),
    )
    vendor = cast.vendor.person
    review = view_report(person=vendor, pk=error.pk, now=timezone.now())
    assert review.read is not None
    correct_read(
        person=vendor,
        report_id=error.pk,
        seen=frozenset(one.pk for one in review.reports),
        revision=replace(as_revision(review.read), make="Honda"),
        reason="tests",
        now=timezone.now(),
    )


@pytest.mark.parametrize("what", ["corrected", "erased"])
def test_a_read_corrected_or_erased_since_closes_the_file_for_good(
    client: Client, cast: Cast, where: str, read_ids: list[str], connect_as: Connect, what: str
) -> None:
    """ING-6, QRY-10: no file gives out what the answer does not."""
    assert printed(client, where, read_ids[:2]).status_code == 200
    report = the_report()
    if what == "corrected":
        correct_the_vehicle(cast, read_ids[0])
    else:
        with connect_as("postgres") as superuser:
            superuser.execute("DELETE FROM ingest_read WHERE id = %s", [read_ids[0]])
    with recorded() as events:
        response = file_of(client, report)
    assert response.status_code == 410
    assert b"corrected or erased" in response.content
    assert b"%PDF" not in response.content
    codes = [(event.kind, event.fields["outcome_code"]) for event in events]
    assert codes == [("access.refused", "file_outdated"), ("report.failed", "file_outdated")]
    assert "No longer up to date" in client.get(f"{where}reports/{report.pk}/").content.decode()
    assert file_of(client, report).status_code == 410
    sweep()
    with connect_as("postgres") as superuser:
        assert superuser.execute("SELECT count(*) FROM queries_reportpart").fetchone() == (0,)
    act(client, report, "again")
    assert make().state == ReportState.DONE
    assert file_of(client, report).content.startswith(b"%PDF")
    assert the_report().left_out == (0 if what == "corrected" else 1)


def test_a_read_that_is_not_in_it_leaves_the_file_alone(
    client: Client, where: str, read_ids: list[str], connect_as: Connect
) -> None:
    printed(client, where, read_ids[:2])
    with connect_as("postgres") as superuser:
        superuser.execute("DELETE FROM ingest_read WHERE id = %s", [read_ids[2]])
    assert file_of(client, the_report()).status_code == 200


def test_no_event_no_file(client: Client, where: str, read_ids: list[str]) -> None:  # QRY-16
    printed(client, where, read_ids)
    with broken_log():
        response = file_of(client, the_report())
    assert response.status_code == 503


def test_file_is_erased_after_a_day_and_can_be_made_again(
    client: Client, where: str, read_ids: list[str]
) -> None:
    """QRY-14: results are not stored."""
    printed(client, where, read_ids)
    report = the_report()
    with logged_on_as("lpr_worker"):
        QueryReport.objects.update(file_until=timezone.now())
    assert file_of(client, report).status_code == 410
    assert "Its file was erased" in client.get(f"{where}reports/{report.pk}/").content.decode()
    act(client, report, "again")
    assert the_report().state == ReportState.WAITING


# --- the database as last guard -----------------------------------------------------------------


def test_file_is_sealed_and_shown_to_nobody_without_its_event(
    cast: Cast, client: Client, connect_as: Connect
) -> None:
    reads = store(make_source(cast), [read_in("ABC 123", days_ago(3))])
    where = asked(client)
    ordered(client, where, reads)
    assert make().state == ReportState.DONE
    sweep()
    assert file_of(client, the_report()).content.startswith(b"%PDF")
    with connect_as("postgres") as superuser:
        rows = superuser.execute("SELECT content FROM queries_reportpart").fetchall()
    assert rows
    assert all(b"%PDF" not in bytes(content) for (content,) in rows)
    with connect_as("lpr_app") as app:
        assert app.execute("SELECT count(*) FROM queries_reportpart").fetchone() == (0,)
    with connect_as("lpr_worker") as worker, pytest.raises(psycopg.errors.InsufficientPrivilege):
        worker.execute("SELECT content FROM queries_reportpart")
    sweep(after=FILE_KEPT)
    with connect_as("postgres") as superuser:
        assert superuser.execute("SELECT count(*) FROM queries_reportpart").fetchone() == (0,)


def test_an_event_of_another_report_opens_nothing(cast: Cast, client: Client) -> None:
    reads = store(make_source(cast), [read_in("ABC 123", days_ago(3))])
    where = asked(client)
    ordered(client, where, reads)
    make()
    person = cast.investigator.person
    for named, found in ((str(uuid4()), False), (str(the_report().pk), True)):
        with transaction.atomic():
            record(actor=person, kind=Kind.REPORT_DOWNLOADED, fields={"report": named})
            assert ReportPart.objects.exists() is found
    assert not ReportPart.objects.exists(), "the next transaction sees nothing again"


def test_a_part_in_another_place_is_not_read(cast: Cast) -> None:
    sealed = sealed_files._sealed(uuid4(), 0, b"page")
    with pytest.raises(Unreadable):
        sealed_files._opened(uuid4(), 0, sealed)
    with pytest.raises(Unreadable):
        sealed_files._opened(uuid4(), 0, b"x" * 64)


def test_map_servers_are_asked_outside_of_transactions(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    within: list[bool] = []
    picture: Callable[..., Any] = report_pdf

    def drawn(*given: Any, **named: Any) -> Any:
        within.append(connection.in_atomic_block)
        return picture(*given, **named)

    monkeypatch.setattr(reports, "report_pdf", drawn)
    reads = store(make_source(cast), [read_in("ABC 123", days_ago(3))])
    ordered(client, asked(client), reads)
    make()
    assert within == [False]


def test_report_is_erased_with_its_query_at_night(
    cast: Cast, client: Client, connect_as: Connect
) -> None:  # QRY-13
    reads = store(make_source(cast), [read_in("ABC 123", days_ago(3))])
    ordered(client, asked(client), reads)
    make()
    due = RecentQuery.objects.get().erase_after
    with logged_on_as("lpr_worker"):
        recall.erase_due(now=due)
    with connect_as("postgres") as superuser:
        for table in ("queries_queryreport", "queries_reportpart"):
            assert superuser.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_log_that_breaks_at_the_end_leaves_no_file(
    client: Client, where: str, read_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered(client, where, read_ids)

    def refuse(**given: Any) -> Any:
        if given["kind"] == Kind.REPORT_PRINTED:
            raise AuditUnavailable
        return record(**given)

    monkeypatch.setattr(reports, "record", refuse)
    assert make().state == ReportState.WAITING
    assert the_report().sha256 == ""


def test_the_worker_knows_no_query_but_the_one_it_has_claimed(
    client: Client, where: str, read_ids: list[str], connect_as: Connect
) -> None:
    """QRY-14."""
    ordered(client, where, read_ids)
    report, claim = the_report(), uuid4()
    asked_for = "SELECT count(*) FROM queries_reported_query(%s, %s)"
    with connect_as("lpr_worker") as worker:
        assert worker.execute(asked_for, [report.pk, claim]).fetchone() == (0,)
        worker.execute(
            "UPDATE queries_queryreport SET state = 'running', claim = %s WHERE id = %s",
            [claim, report.pk],
        )
        assert worker.execute(asked_for, [report.pk, claim]).fetchone() == (1,)
        assert worker.execute(asked_for, [report.pk, uuid4()]).fetchone() == (0,)
