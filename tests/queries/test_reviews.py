"""What a supervisor has to look at: whose, why, once, and never the own (QRY-3, QRY-15)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User
from accounts.people import Person, person_for
from accounts.roles import Role
from accounts.selectors import list_reviewed_by, list_reviewers_of
from accounts.services.people import suspend_user
from audit.actors import system
from audit.kinds import Kind
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from queries.models import QueryReview, ReviewCause, ReviewFinding
from queries.rules import REFUSALS_TO_REVIEW, REVIEW_KEPT
from queries.selectors import ReviewFilter, count_waiting_reviews
from queries.services import asking, behalf, recall, reviews
from queries.timeframes import TimeFrame
from tests.audited import assert_audited, broken_log, events_of, recorded
from tests.cast import Cast, cast, client_for, make_user
from tests.harness.database import AsRole
from tests.queries.reads import NOW, days_ago
from tests.queries.test_services import ASK, TOO_LONG
from tests.queries.test_views import text

__all__ = ["cast"]

WHY = "Spoke with the person and saw the warrant."
ALL = ReviewFilter()
DONE = ReviewFilter(done=True)


def refused(person: Person, **changes: Any) -> QueryReview:
    """A query that a rule refuses, put before the supervisor."""
    ask = replace(TOO_LONG, submission=uuid4(), **changes)
    before = set(QueryReview.objects.values_list("pk", flat=True))
    with pytest.raises(PolicyDenied):
        asking.run_query(person=person, ask=ask, now=NOW)
    return QueryReview.objects.exclude(pk__in=before).get()


def listed(person: Person, wanted: ReviewFilter = ALL) -> list[UUID]:
    page = reviews.list_reviews(person=person, wanted=wanted, page="1")
    return [review.pk for review in page.object_list]


def decide(person: Person, review: QueryReview, **changes: Any) -> None:
    given: dict[str, Any] = {"finding": ReviewFinding.IN_ORDER, "reason": WHY} | changes
    reviews.decide_review(person=person, pk=review.pk, now=NOW, **given)


# --- what waits -----------------------------------------------------------------------------------


def test_refusal_waits_beside_its_event_in_one_transaction(cast: Cast) -> None:
    review = refused(cast.investigator.person)
    [event] = events_of(Kind.QUERY_REFUSED)
    assert (review.event_id, review.cause, review.asker_id) == (
        event.pk,
        ReviewCause.REFUSED,
        cast.investigator.pk,
    )
    with broken_log(), pytest.raises(Exception, match="audit log cannot be written"):
        asking.run_query(person=cast.investigator.person, ask=TOO_LONG, now=NOW)
    assert QueryReview.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code", "waits"),
    [
        ({"frame": TOO_LONG.frame}, "time_frame_too_long", True),
        ({"case_reference": "investigation"}, "note_insufficient", True),
        ({"behalf_name": "Bob Lindqvist, HSI Chicago"}, "behalf_has_account", True),
        ({"reason_code": "customs"}, "reason_unknown", False),
        ({"frame": TimeFrame(days_ago(1), days_ago(2), "dates")}, "time_frame_reversed", False),
        ({"frame": TimeFrame(days_ago(-2), days_ago(-1), "dates")}, "time_frame_future", False),
        ({"frame": None}, "time_frame_missing", False),
    ],
)
def test_what_a_rule_forbids_waits_and_a_slip_of_the_hand_does_not(
    cast: Cast, changes: dict[str, Any], code: str, waits: bool
) -> None:
    with pytest.raises(PolicyDenied):
        asking.run_query(person=cast.investigator.person, ask=replace(ASK, **changes), now=NOW)
    [event] = events_of(Kind.QUERY_REFUSED)  # QRY-15: in the log either way
    assert event.fields["outcome_code"] == code
    assert (code in REFUSALS_TO_REVIEW) is waits
    assert QueryReview.objects.exists() is waits


@pytest.mark.parametrize(
    ("who", "waits"), [("manager", True), ("auditor", True), ("vendor", False)]
)
def test_who_may_not_ask_and_tries_is_put_before_somebody_of_the_agency(
    cast: Cast, who: str, waits: bool
) -> None:
    with pytest.raises(PolicyDenied):
        asking.run_query(person=cast.everybody[who].person, ask=ASK, now=NOW)
    assert QueryReview.objects.exists() is waits


# --- whose ----------------------------------------------------------------------------------------


def test_supervisor_reviews_the_own_people_and_a_manager_who_has_no_supervisor(cast: Cast) -> None:
    def reviewed(user: Any) -> set[User]:
        return set(list_reviewed_by(user.person))

    assert reviewed(cast.supervisor) >= {cast.investigator, cast.colleague}
    assert cast.supervisor not in reviewed(cast.supervisor)
    assert list(list_reviewers_of(cast.investigator)) == [cast.supervisor]
    # The supervisor has none, and is of the manager's area.
    assert reviewed(cast.manager) == {cast.supervisor}
    assert list(list_reviewers_of(cast.supervisor)) == [cast.manager]
    for nobody in (cast.investigator, cast.colleague, cast.auditor, cast.vendor, cast.other):
        assert reviewed(nobody) == set()
    suspend_user(actor=system("tests"), user=cast.supervisor, reason=WHY, now=NOW)
    assert cast.investigator in reviewed(cast.manager)
    assert cast.colleague not in reviewed(cast.manager)  # of Chicago


def test_each_reviewer_is_the_inverse_of_the_other(cast: Cast) -> None:
    make_user(
        "second",
        "Second Supervisor",
        [Role.SUPERVISOR, Role.AGENCY_MANAGER],
        aor=cast.chicago,
        component=cast.hsi,
        supervisor=cast.supervisor,
    )
    open_accounts = User.objects.select_related("agency", "component", "aor").filter(is_active=True)
    reviewed = {other: set(list_reviewed_by(person_for(other))) for other in open_accounts}
    for user in User.objects.filter(agency=cast.agency):
        reviewers = {other for other, people in reviewed.items() if user in people}
        assert set(list_reviewers_of(user)) == reviewers, user


@pytest.mark.parametrize("who", ["investigator", "colleague", "auditor", "vendor", "other"])
def test_others_may_not_look(cast: Cast, who: str) -> None:  # SAF-1
    review, person = refused(cast.investigator.person), cast.everybody[who].person
    for look in (
        lambda: reviews.list_reviews(person=person, wanted=ALL, page=""),
        lambda: reviews.open_review(person=person, pk=review.pk),
        lambda: decide(person, review),
    ):
        with recorded() as events, pytest.raises(PolicyDenied):
            look()
        assert [event.kind for event in events] == [Kind.ACCESS_REFUSED]


def test_own_refusal_is_not_in_the_own_list_and_cannot_be_decided(cast: Cast) -> None:
    review, person = refused(cast.supervisor.person), cast.supervisor.person
    assert listed(person) == []
    assert count_waiting_reviews(person) == 0
    for look in (
        lambda: reviews.open_review(person=person, pk=review.pk),
        lambda: decide(person, review),
    ):
        with pytest.raises(NotFound):
            look()
    assert listed(cast.manager.person) == [review.pk]
    with pytest.raises(IntegrityError), transaction.atomic():  # the database as last guard
        QueryReview.objects.filter(pk=review.pk).update(
            finding="in_order",
            finding_event_id=uuid4(),
            reviewed_by=cast.supervisor,
            reviewed_at=NOW,
        )


# --- looking --------------------------------------------------------------------------------------


def test_list_is_recorded_and_filtered(cast: Cast) -> None:
    person = cast.supervisor.person
    first, second = refused(cast.investigator.person), refused(cast.colleague.person)
    assert listed(person) == [first.pk, second.pk]
    by_asker = ReviewFilter(asker=cast.colleague.pk, cause="refused")
    [event] = assert_audited(lambda: listed(person, by_asker), Kind.REVIEW_LISTED)
    assert event.fields["asker"] == f"user:{cast.colleague.pk}"
    assert event.fields["count"] == 1
    assert listed(person, by_asker) == [second.pk]
    assert listed(person, ReviewFilter(cause="objection")) == []
    assert listed(person, DONE) == []
    assert count_waiting_reviews(person) == 2


def test_what_was_asked_is_read_in_the_log_and_that_is_recorded(cast: Cast) -> None:  # AUD-1
    review = refused(cast.investigator.person)
    with recorded() as events:
        shown = reviews.open_review(person=cast.supervisor.person, pk=review.pk)
    assert [(event.kind, event.fields["object"]) for event in events] == [
        (Kind.AUDIT_VIEWED, str(review.event_id))
    ]
    assert shown.asked
    assert shown.asked.fields["plate"] == "ABC123"
    assert (shown.hit_count, shown.objection, shown.finding) == (None, None, None)


def test_objection_and_hits_are_shown_with_the_query(cast: Cast) -> None:
    ask = replace(ASK, behalf_user=cast.colleague.pk)
    pk = asking.run_query(person=cast.investigator.person, ask=ask, now=NOW).query.pk
    behalf.object_to_query(person=cast.colleague.person, pk=pk, reason="Not I.", now=NOW)
    [review] = QueryReview.objects.all()
    decide(cast.supervisor.person, review)
    shown = reviews.open_review(person=cast.supervisor.person, pk=review.pk)
    assert shown.objection
    assert (shown.objection.fields["reason"], shown.hit_count) == ("Not I.", 0)
    assert shown.finding
    assert shown.finding.fields["reason"] == WHY


def test_rows_hold_no_plate_case_or_reason(cast: Cast) -> None:  # QRY-13
    review = refused(cast.investigator.person)
    decide(cast.supervisor.person, review)
    [row] = QueryReview.objects.values()
    held = " ".join(map(str, row.values()))
    for content in ("ABC123", "John Doe", "criminal", WHY):
        assert content not in held


# --- deciding -------------------------------------------------------------------------------------


def test_finding_is_recorded_once_with_its_reason(cast: Cast) -> None:
    review, person = refused(cast.investigator.person), cast.supervisor.person
    [event] = assert_audited(
        lambda: decide(person, review, finding=ReviewFinding.ADVISED), Kind.REVIEW_DECIDED
    )
    assert event.fields["parent"] == str(review.event_id)
    assert (event.fields["finding"], event.fields["reason"]) == ("advised", WHY)
    review.refresh_from_db()
    assert (review.finding, review.reviewed_by_id, review.reviewed_at) == (
        "advised",
        person.user_id,
        NOW,
    )
    assert (review.finding_event_id, count_waiting_reviews(person)) == (event.pk, 0)
    assert listed(person, DONE) == [review.pk]
    with pytest.raises(PolicyDenied) as denied:
        decide(person, review)
    assert denied.value.code == "already_reviewed"


@pytest.mark.parametrize("reason", ["", " \n", "x" * 1_001, "a\0b"])
def test_finding_needs_a_reason(cast: Cast, reason: str) -> None:
    review = refused(cast.investigator.person)
    with pytest.raises(InvalidInput):
        decide(cast.supervisor.person, review, reason=reason)
    review.refresh_from_db()
    assert review.finding == ""


def test_findings_go_after_a_year_and_what_waits_stays(
    committed_db: None, cast: Cast, as_role: AsRole
) -> None:
    done, waits = refused(cast.investigator.person), refused(cast.investigator.person)
    decide(cast.supervisor.person, done)
    with as_role("lpr_worker"):
        recall.erase_due(now=NOW + REVIEW_KEPT - timedelta(seconds=1))
        assert QueryReview.objects.count() == 2
        recall.erase_due(now=NOW + REVIEW_KEPT)
    assert list(QueryReview.objects.all()) == [waits]


# --- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_for(cast.supervisor)


def test_supervisor_finds_opens_and_decides(cast: Cast, client: Client) -> None:
    review = refused(cast.investigator.person)
    home = text(client.get("/"))
    assert '1<span class="usa-sr-only"> waiting</span>' in home
    page = text(client.get("/queries/reviews/"))
    assert "Refused by a rule" in page
    assert "ABC123" not in page  # the list shows who and why, not what
    where = f"/queries/reviews/{review.pk}/"
    assert where in page
    opened = text(client.get(where))
    for shown in ("ABC123", "case number 12345678", "time_frame_too_long", "Alice Moreno"):
        assert shown in opened
    missing = client.post(where, {"reason": ""})
    assert missing.status_code == 422
    for name in ("finding", "reason"):
        assert f'id="id_{name}_error"' in missing.content.decode()
    response = client.post(where, {"finding": "advised", "reason": WHY})
    assert (response.status_code, response["Location"]) == (303, "/queries/reviews/")
    assert "Nothing waits for you" in text(client.get("/queries/reviews/"))
    assert "spoken with the person" in text(client.get("/queries/reviews/", {"state": "done"}))
    assert WHY in text(client.get(where))
    again = client.post(where, {"finding": "in_order", "reason": WHY})
    assert again.status_code == 422
    assert "has reviewed this query already" in again.content.decode()


def test_filters_stand_in_the_address_and_nonsense_is_left_aside(
    cast: Cast, client: Client
) -> None:
    review = refused(cast.investigator.person)
    where = f"/queries/reviews/{review.pk}/"
    for entered, shown in (
        ({"cause": "refused"}, True),
        ({"cause": "objection"}, False),
        ({"asker": str(cast.investigator.pk)}, True),
        ({"asker": str(cast.colleague.pk)}, False),
        ({"asker": str(cast.other.pk)}, True),
        ({"asker": "x", "cause": "%", "state": "all", "page": "x"}, True),
    ):
        assert (where in text(client.get("/queries/reviews/", entered))) is shown, entered
    assert "No review fits" in text(client.get("/queries/reviews/", {"cause": "objection"}))


def test_number_of_database_queries_does_not_grow_with_the_list(
    cast: Cast, client: Client, django_assert_max_num_queries: Any
) -> None:
    refused(cast.investigator.person)
    with django_assert_max_num_queries(40) as used:
        client.get("/queries/reviews/")
    for _ in range(5):
        refused(cast.colleague.person)
    with django_assert_max_num_queries(len(used)):
        client.get("/queries/reviews/")


@pytest.mark.parametrize("who", ["investigator", "auditor", "vendor", "other"])
def test_pages_are_shut_to_others(cast: Cast, who: str) -> None:  # SAF-1
    review = refused(cast.investigator.person)
    client = client_for(cast.everybody[who])
    for path in ("/queries/reviews/", f"/queries/reviews/{review.pk}/"):
        assert client.get(path).status_code == 403
        assert client.post(path, {"finding": "in_order", "reason": WHY}).status_code == 403
    review.refresh_from_db()
    assert review.finding == ""


def test_review_of_strangers_is_not_found(cast: Cast) -> None:
    review = refused(cast.investigator.person)  # whose supervisor is open: none of the manager's
    client = client_for(cast.manager)
    assert client.get(f"/queries/reviews/{review.pk}/").status_code == 404
    assert client.get(f"/queries/reviews/{uuid4()}/").status_code == 404
