"""The help desk: asked, answered, escalated, erased (ACC-14)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import override_settings

from accounts.models import HelpRequest, HelpState, Notice
from accounts.notices import kind_named, message_of
from accounts.roles import Role
from accounts.services import support
from accounts.services.support import (
    KEPT_AFTER_END,
    Question,
    answer_help,
    ask_for_help,
    close_help,
    erase_ended,
    escalate_help,
)
from audit.actors import Origin
from audit.kinds import Kind
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from tests.audited import assert_audited, recorded
from tests.cast import Cast, client_for, new_client
from tests.harness.database import AsRole

# A Monday, no holiday.
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ORIGIN = Origin(ip="192.0.2.9", client="web test")
QUESTION = Question(topic="queries", text="Why does my form stay shut?")


def _asked(cast: Cast) -> HelpRequest:
    return ask_for_help(person=cast.investigator.person, origin=ORIGIN, question=QUESTION, now=NOW)


def _owed() -> dict[str, str]:
    """Who is owed a mail, and what it would say; what is no longer needed is left out."""
    letters = {
        notice.recipient: (notice, kind_named(notice.kind).compose(notice, NOW))
        for notice in Notice.objects.filter(status="waiting")
    }
    return {
        address: str(message_of(notice, letter).body)
        for address, (notice, letter) in letters.items()
        if letter
    }


def test_question_is_recorded_without_its_words(cast: Cast) -> None:  # ACC-14
    [event] = assert_audited(lambda: _asked(cast), Kind.SUPPORT_REQUESTED)
    assert event.log_id == cast.agency.log_id
    assert event.fields["topic"] == "queries"
    assert "form" not in str(event.fields)


def test_question_is_mailed_to_every_vendor_administrator(cast: Cast) -> None:  # ACC-14
    _asked(cast)
    owed = _owed()
    assert list(owed) == [cast.vendor.email]
    assert QUESTION.text not in owed[cast.vendor.email]


@override_settings(SUPPORT_EMAIL="desk@example.test")
def test_question_is_mailed_to_the_desks_own_address(cast: Cast) -> None:  # ACC-14
    _asked(cast)
    assert list(_owed()) == ["desk@example.test"]


@pytest.mark.parametrize(
    ("question", "field"),
    [
        (Question(topic="", text="x"), "topic"),
        (Question(topic="queries", text="  "), "text"),
        (Question(topic="queries", text="x" * 4_001), "text"),
        (Question(topic="queries", text="nul \0"), "text"),
    ],
)
def test_faulty_question_is_refused_and_recorded(
    cast: Cast, question: Question, field: str
) -> None:
    with recorded() as events, pytest.raises(InvalidInput) as refused:
        ask_for_help(person=cast.investigator.person, origin=ORIGIN, question=question, now=NOW)
    assert list(refused.value.errors) == [field]
    assert [event.kind for event in events] == [Kind.SUPPORT_REFUSED]
    assert not HelpRequest.objects.exists()


def test_who_cannot_log_on_names_an_address(cast: Cast) -> None:  # ACC-14
    with pytest.raises(InvalidInput) as refused:
        ask_for_help(person=None, origin=ORIGIN, question=QUESTION, now=NOW)
    assert list(refused.value.errors) == ["name"]


def test_answer_is_mailed_and_ends_the_request(cast: Cast) -> None:  # ACC-14
    request = _asked(cast)
    [event] = assert_audited(
        lambda: answer_help(
            actor=cast.vendor.person, request=request, answer="Complete LPR-USE.", now=NOW
        ),
        Kind.SUPPORT_ANSWERED,
    )
    assert event.log_id == cast.agency.log_id
    owed = _owed()
    assert list(owed) == [cast.investigator.email]  # the vendor's own is no longer needed
    assert "Complete LPR-USE." in owed[cast.investigator.email]
    with pytest.raises(InvalidInput):
        close_help(actor=cast.vendor.person, request=request, reason="Twice.", now=NOW)


@pytest.mark.parametrize("who", ["investigator", "supervisor", "manager", "auditor", "other"])
def test_only_the_vendor_answers(cast: Cast, who: str) -> None:
    request = _asked(cast)
    with recorded() as events, pytest.raises(PolicyDenied):
        answer_help(actor=cast.everybody[who].person, request=request, answer="Mine.", now=NOW)
    assert [event.fields["outcome_code"] for event in events] == ["help_vendor_only"]
    request.refresh_from_db()
    assert request.state == HelpState.OPEN


def test_overdue_request_is_escalated_once(
    committed_db: None, cast: Cast, as_role: AsRole
) -> None:  # ACC-14
    request = _asked(cast)
    # 24 business hours in New York from Monday are those of Tuesday, the same hour.
    assert request.due_at == NOW + timedelta(days=1)
    assert escalate_help(now=request.due_at - timedelta(seconds=1)) == 0
    with recorded() as events, as_role("lpr_worker"):
        assert escalate_help(now=request.due_at) == 1
        assert escalate_help(now=request.due_at) == 0
    assert [event.kind for event in events] == [Kind.SUPPORT_ESCALATED]


def test_one_that_breaks_does_not_hold_up_the_others(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = _asked(cast), _asked(cast)
    real = support._escalate

    def fragile(pk: UUID, now: datetime) -> bool:
        if pk == broken.pk:
            raise RuntimeError("on purpose")
        return real(pk, now)

    with monkeypatch.context() as patch:
        patch.setattr(support, "_escalate", fragile)
        assert escalate_help(now=other.due_at) == 1
    assert escalate_help(now=other.due_at) == 1


def test_escalated_by_another_sweep_meanwhile_is_left_alone(cast: Cast) -> None:
    request = _asked(cast)
    answer_help(actor=cast.vendor.person, request=request, answer="Done.", now=NOW)
    assert support._escalate(request.pk, NOW) is False


def test_request_that_is_gone_is_answered_by_nobody(cast: Cast) -> None:
    request = _asked(cast)
    gone = HelpRequest.objects.get(pk=request.pk)
    gone.pk = uuid4()
    with recorded() as events, pytest.raises(NotFound):
        answer_help(actor=cast.vendor.person, request=gone, answer="Late.", now=NOW)
    assert [event.kind for event in events] == [Kind.SUPPORT_REFUSED]


@pytest.mark.parametrize(
    ("name", "email", "field"), [(" ", "a@example.test", "name"), ("Omar", "nowhere", "email")]
)
def test_who_cannot_log_on_must_be_reached(cast: Cast, name: str, email: str, field: str) -> None:
    question = Question(topic="log_on", text="No key came.", name=name, email=email)
    with pytest.raises(InvalidInput) as refused:
        ask_for_help(person=None, origin=ORIGIN, question=question, now=NOW)
    assert refused.value.errors.keys() == {field}


def test_request_over_a_weekend_waits_until_tuesday(cast: Cast) -> None:
    friday = datetime(2026, 3, 6, 22, 0, tzinfo=UTC)
    request = ask_for_help(
        person=cast.investigator.person, origin=ORIGIN, question=QUESTION, now=friday
    )
    # Clocks go forward in between: 17:00 in New York is an hour earlier in UTC on Monday.
    assert request.due_at == datetime(2026, 3, 9, 21, 0, tzinfo=UTC)


def test_request_is_erased_a_year_after_its_end(
    committed_db: None, cast: Cast, as_role: AsRole
) -> None:
    request = _asked(cast)
    answer_help(actor=cast.vendor.person, request=request, answer="Done.", now=NOW)
    _asked(cast)
    with as_role("lpr_worker"):
        assert erase_ended(now=NOW + KEPT_AFTER_END - timedelta(seconds=1)) == 0
        assert erase_ended(now=NOW + KEPT_AFTER_END) == 1
        assert erase_ended(now=NOW + KEPT_AFTER_END) == 0
    assert HelpRequest.objects.get().state == HelpState.OPEN


# --- the pages ------------------------------------------------------------------------------------


def test_person_asks_and_finds_the_answer(cast: Cast) -> None:  # ACC-14
    client = client_for(cast.investigator)
    done = client.post("/help/contact/", {"topic": "alerts", "text": "How do I share?"})
    assert done["Location"] == "/help/requests/"
    vendor = client_for(cast.vendor)
    [request] = HelpRequest.objects.all()
    page = vendor.get(f"/admin/accounts/helprequest/{request.pk}/change/")
    assert "How do I share?" in page.content.decode()
    answered = vendor.post(
        f"/admin/accounts/helprequest/{request.pk}/answer/", {"reason": "Open the list."}
    )
    assert answered.status_code == 302
    assert "Open the list." in client.get("/help/requests/").content.decode()
    other = client_for(cast.colleague).get("/help/requests/").content.decode()
    assert "How do I share?" not in other


def test_somebody_without_account_asks(cast: Cast) -> None:  # ACC-14
    client = new_client()
    faulty = client.post("/help/contact/", {"topic": "log_on", "text": "Locked out."})
    assert faulty.status_code == 422
    assert b"id_email_error" in faulty.content
    done = client.post(
        "/help/contact/",
        {"topic": "log_on", "text": "Locked.", "name": "Nora", "email": "nora@example.test"},
    )
    assert done["Location"] == "/help/contact/sent/"
    assert client.get(done["Location"]).status_code == 200
    assert HelpRequest.objects.get().user is None


def test_questions_from_one_address_are_limited(cast: Cast) -> None:
    client = new_client()
    answers = [client.post("/help/contact/", {}).status_code for _ in range(21)]
    assert answers == [422] * 20 + [429]


@pytest.mark.parametrize("role", Role)
def test_each_role_has_a_guide(cast: Cast, role: Role) -> None:  # ACC-14
    client = client_for(cast.investigator)
    assert client.get(f"/help/guides/{role}/").status_code == 200
    assert f"/help/guides/{role}/" in client.get("/help/").content.decode()


def test_unknown_guide_is_not_found(cast: Cast) -> None:
    assert client_for(cast.investigator).get("/help/guides/emperor/").status_code == 404


def test_procedures_are_open_to_who_cannot_log_on(cast: Cast) -> None:  # ACC-14
    assert new_client().get("/help/log-on/").status_code == 200
