"""Asking in an officer's name: they are told, see it, and may object once (QRY-1)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Notice, User
from accounts.notices import kind_named, message_of
from accounts.services.people import suspend_user
from audit.actors import system
from audit.kinds import Kind
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from queries.models import AskedInName, QueryReview
from queries.rules import RECALL
from queries.services import asking, behalf, recall
from queries.tasks import erase_recent_queries
from tests.audited import assert_audited, events_of, recorded
from tests.cast import Cast, cast, client_for
from tests.harness.database import AsRole
from tests.harness.mail import Inbox
from tests.queries.reads import NOW
from tests.queries.test_services import ASK
from tests.queries.test_views import text

__all__ = ["cast"]

WHY = "I was on leave and asked for nothing."


def asked(cast: Cast, officer: User | None = None) -> UUID:
    """A query of the investigator's in the colleague's name, or in another's."""
    named = (officer or cast.colleague).pk
    ask = replace(ASK, behalf_user=named, submission=uuid4())
    return asking.run_query(person=cast.investigator.person, ask=ask, now=NOW).query.pk


def notices(kind: str) -> list[str]:
    return list(Notice.objects.filter(kind=kind).values_list("recipient", flat=True))


# --- being told -----------------------------------------------------------------------------------


def test_named_officer_is_told_by_mail_in_the_querys_own_transaction(cast: Cast) -> None:
    ask = replace(ASK, behalf_user=cast.colleague.pk)
    [run, _] = assert_audited(
        lambda: asking.run_query(person=cast.investigator.person, ask=ask, now=NOW),
        Kind.QUERY_RUN,
        Kind.QUERY_RESULT,
    )
    assert run.fields["behalf_of"] == f"user:{cast.colleague.pk}"
    assert notices("asked_in_name") == [cast.colleague.email]
    [row] = AskedInName.objects.all()
    assert (row.id, row.asker_id, row.officer_id) == (
        run.pk,
        cast.investigator.pk,
        cast.colleague.pk,
    )


def test_nobody_is_told_of_what_was_refused_or_asked_for_oneself_or_twice(cast: Cast) -> None:
    person = cast.investigator.person
    with pytest.raises(PolicyDenied):
        ask = replace(ASK, behalf_user=cast.colleague.pk, case_reference="x")
        asking.run_query(person=person, ask=ask, now=NOW)
    asking.run_query(person=person, ask=replace(ASK, submission=uuid4()), now=NOW)
    named = replace(ASK, behalf_name="Jane Roe, ERO Newark", submission=uuid4())
    asking.run_query(person=person, ask=named, now=NOW)
    assert notices("asked_in_name") == []
    twice = replace(ASK, behalf_user=cast.colleague.pk, submission=uuid4())
    for _ in range(2):
        asking.run_query(person=person, ask=twice, now=NOW)
    assert notices("asked_in_name") == [cast.colleague.email]


def test_mail_has_text_and_html_and_no_plate_case_or_reason(cast: Cast) -> None:
    pk = asked(cast)
    [notice] = Notice.objects.filter(kind="asked_in_name")
    letter = kind_named(notice.kind).compose(notice, NOW)
    assert letter
    message = message_of(notice, letter)
    html = message.alternatives[0].content  # type: ignore[attr-defined]
    for part in (message.body, html):
        assert "Alice Moreno" in part
        assert f"/queries/in-my-name/{pk}/" in part
    for secret in ("ABC123", "abc-123", "John Doe", "12345678", "Criminal"):
        for part in (message.subject, message.body, html):
            assert secret not in part


def test_mail_is_dropped_once_there_is_nothing_to_see(cast: Cast) -> None:
    asked(cast)
    [notice] = Notice.objects.filter(kind="asked_in_name")
    suspend_user(actor=system("tests"), user=cast.colleague, reason=WHY, now=NOW)
    assert kind_named(notice.kind).compose(notice, NOW) is None


def test_worker_sends_both_mails(
    committed_db: None, cast: Cast, smtp_server: Inbox, as_role: AsRole
) -> None:
    from accounts.services.notices import sweep_notices

    behalf.object_to_query(person=cast.colleague.person, pk=asked(cast), reason=WHY, now=NOW)
    with as_role("lpr_worker"):
        sweep_notices(now=NOW)
    messages = {message["To"]: message for message in smtp_server.wait_for(2)}
    assert "in your name" in messages[cast.colleague.email]["Subject"]
    assert "objects" in messages[cast.supervisor.email]["Subject"]
    for message in messages.values():
        kinds = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
        assert kinds == ["text/plain", "text/html"]


# --- seeing it ------------------------------------------------------------------------------------


def test_officer_sees_what_was_asked_and_each_look_is_recorded(cast: Cast) -> None:  # AUD-1
    pk, person = asked(cast), cast.colleague.person
    [listed] = assert_audited(
        lambda: behalf.list_in_name(person=person, now=NOW), Kind.QUERY_RECALLED
    )
    assert listed.fields["in_name"] == 1
    with recorded() as events:
        found = behalf.view_in_name(person=person, pk=pk, now=NOW)
    assert [(event.kind, event.fields["object"]) for event in events] == [
        (Kind.AUDIT_VIEWED, str(pk))
    ]
    assert found.entry.fields["plate"] == "ABC123"


def test_officer_sees_it_also_after_the_asker_has_deleted_it(cast: Cast) -> None:
    pk = asked(cast)
    recall.forget_query(person=cast.investigator.person, pk=pk, now=NOW)
    found = behalf.view_in_name(person=cast.colleague.person, pk=pk, now=NOW)
    assert found.entry.fields["note"] == ASK.case_reference


@pytest.mark.parametrize("who", ["investigator", "supervisor", "manager", "auditor", "other"])
def test_nobody_else_sees_it_or_objects(cast: Cast, who: str) -> None:  # QRY-14
    pk, person = asked(cast), cast.everybody[who].person
    assert behalf.list_in_name(person=person, now=NOW) == []
    for key in (pk, uuid4()):
        with pytest.raises(NotFound):
            behalf.view_in_name(person=person, pk=key, now=NOW)
        with pytest.raises(NotFound):
            behalf.object_to_query(person=person, pk=key, reason=WHY, now=NOW)
    assert not QueryReview.objects.exists()


def test_it_is_gone_after_60_days_and_erased_by_the_nightly_job(
    committed_db: None, cast: Cast, as_role: AsRole
) -> None:  # QRY-13
    pk, over = asked(cast), NOW + RECALL
    assert behalf.list_in_name(person=cast.colleague.person, now=over) == []
    with pytest.raises(NotFound):
        behalf.view_in_name(person=cast.colleague.person, pk=pk, now=over)
    with as_role("lpr_worker"):
        recall.erase_due(now=over - timedelta(seconds=1))
        assert AskedInName.objects.count() == 1
        recall.erase_due(now=over)
        erase_recent_queries()
    assert not AskedInName.objects.exists()


# --- objecting ------------------------------------------------------------------------------------


def test_objection_goes_to_the_askers_supervisor_once(cast: Cast) -> None:
    pk, person = asked(cast), cast.colleague.person
    [event] = assert_audited(
        lambda: behalf.object_to_query(person=person, pk=pk, reason=f" {WHY} ", now=NOW),
        Kind.QUERY_OBJECTED,
    )
    assert (event.fields["reason"], event.fields["parent"]) == (WHY, str(pk))
    [review] = QueryReview.objects.all()
    assert (review.asker_id, review.cause, review.event_id, review.cause_event_id) == (
        cast.investigator.pk,
        "objection",
        pk,
        event.pk,
    )
    assert notices("query_objected") == [cast.supervisor.email]
    with pytest.raises(PolicyDenied) as denied:
        behalf.object_to_query(person=person, pk=pk, reason=WHY, now=NOW)
    assert denied.value.code == "already_objected"
    assert QueryReview.objects.count() == len(notices("query_objected")) == 1


def test_where_there_is_no_supervisor_the_managers_of_the_area_are_told(cast: Cast) -> None:
    suspend_user(actor=system("tests"), user=cast.supervisor, reason=WHY, now=NOW)
    behalf.object_to_query(person=cast.colleague.person, pk=asked(cast), reason=WHY, now=NOW)
    assert notices("query_objected") == [cast.manager.email]


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 1_001, "a\0b"])
def test_objection_needs_a_reason(cast: Cast, reason: str) -> None:
    pk = asked(cast)
    with pytest.raises(InvalidInput) as caught:
        behalf.object_to_query(person=cast.colleague.person, pk=pk, reason=reason, now=NOW)
    assert list(caught.value.errors) == ["reason"]
    assert AskedInName.objects.get().objected_at is None


def test_database_lets_nobody_be_named_for_themselves(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AskedInName.objects.create(
            id=uuid4(),
            asker=cast.colleague,
            officer=cast.colleague,
            asked_at=NOW,
            erase_after=NOW,
        )


# --- pages ----------------------------------------------------------------------------------------


def test_officer_reads_and_objects_on_the_page(cast: Cast) -> None:
    pk = asked(cast, cast.manager)  # who may run no queries
    client = client_for(cast.manager)
    where = f"/queries/in-my-name/{pk}/"
    assert where in text(client.get("/queries/in-my-name/"))
    page = text(client.get(where))
    for shown in ("ABC123", "Pennsylvania", "Criminal investigation", "case number 12345678"):
        assert shown in page
    empty = client.post(where, {"reason": "  "})
    assert empty.status_code == 422
    assert 'id="id_reason_error"' in empty.content.decode()
    assert client.post(where, {"reason": WHY}).status_code == 303
    assert "You objected on" in text(client.get(where))
    again = client.post(where, {"reason": WHY})
    assert again.status_code == 422
    assert "You have objected to this query already" in again.content.decode()
    assert len(events_of(Kind.QUERY_OBJECTED)) == 1


def test_page_of_nothing_says_so(cast: Cast) -> None:
    assert "Nothing was asked in your name" in text(
        client_for(cast.auditor).get("/queries/in-my-name/")
    )


@pytest.mark.parametrize("who", ["supervisor", "auditor", "vendor", "other"])
def test_page_of_another_is_not_found(cast: Cast, who: str) -> None:  # SAF-1
    where = f"/queries/in-my-name/{asked(cast)}/"
    client = client_for(cast.everybody[who])
    assert client.get(where).status_code == 404
    assert client.post(where, {"reason": WHY}).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_wrong_method(cast: Cast, method: str) -> None:
    client: Any = client_for(cast.colleague)
    for path in ("/queries/in-my-name/", f"/queries/in-my-name/{uuid4()}/"):
        assert client.generic(method, path).status_code == 405
