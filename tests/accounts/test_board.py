"""The admin's first page: what waits, within one's own reach (ACC-9, ACC-10)."""

import html
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.board import BoardItem, board_for
from accounts.models import Coverage, Termination
from accounts.roles import Role
from accounts.services import lockout
from accounts.services.terminations import enter_termination
from accounts.services.training import create_course
from audit.actors import Origin
from audit.kinds import Kind
from ingest.services.sources import create_source, pause_source
from tests.accounts.access_world import approved, ask, mail, open_key
from tests.audited import recorded
from tests.cast import NOW, Cast, Member, client_for, make_user

MANAGERS = {"requests", "unsent", "keys", "training", "terminations", "locked", "certifications"}
VENDORS = {
    "reports",
    "places",
    "help",
    "terminations",
    "unmanaged",
    "requests",
    "unsent",
    "keys",
    "locked",
    "paused",
    "quarantine",
    "silent",
}


def board(member: Member, now: object = None) -> dict[str, BoardItem]:
    return {item.key: item for item in board_for(member.person, now or NOW)}  # type: ignore[arg-type]


def entered(cast: Cast, user: Member) -> Termination:
    return enter_termination(
        actor=cast.vendor.person,
        user=user,
        requested_by="Headquarters",
        received_at=NOW,
        reason="left",
        now=NOW,
    )


def lock(user: Member) -> None:
    for _ in range(5):
        attempt = lockout.begin_attempt(username=user.username, now=NOW)
        lockout.count_failure(attempt, user=user, origin=Origin(), now=NOW)


def test_each_sees_their_own_kinds_of_work(cast: Cast) -> None:
    assert set(board(cast.manager)) == MANAGERS
    assert set(board(cast.vendor)) == VENDORS
    for who in ("investigator", "supervisor", "auditor", "other"):
        assert board(cast.everybody[who]) == {}


def test_approved_request_whose_key_was_never_mailed_is_seen_after_an_hour(cast: Cast) -> None:
    """ACC-5, ACC-9: a refused address does not leave somebody waiting unseen."""
    request = approved(cast)
    approved_at, hour = request.decided_at, timedelta(hours=1)
    assert approved_at is not None
    assert board(cast.manager, approved_at + hour - timedelta(seconds=1))["unsent"].count == 0
    waiting = board(cast.manager, approved_at + hour)["unsent"]
    assert (waiting.count, waiting.oldest) == (1, approved_at)
    mail(open_key(request))
    assert board(cast.manager, approved_at + hour)["unsent"].count == 0


def test_terminations_count_with_their_countdown_in_the_own_areas_alone(cast: Cast) -> None:
    mine = entered(cast, cast.investigator)
    entered(cast, cast.colleague)  # of Chicago
    entered(cast, cast.other)  # of another agency

    item = board(cast.manager)["terminations"]

    assert (item.count, item.oldest) == (1, NOW)
    [row] = item.rows
    assert row.label == "Alice Moreno"
    assert row.countdown is not None
    assert row.countdown.words == "24 h 0 min left"
    assert str(mine.pk) in row.url
    assert board(cast.vendor)["terminations"].count == 3


def test_locked_accounts_of_the_own_areas(cast: Cast) -> None:
    lock(cast.investigator)
    lock(cast.colleague)

    item = board(cast.manager)["locked"]

    assert (item.count, item.oldest) == (1, NOW)
    assert board(cast.vendor)["locked"].count == 0
    assert board(cast.manager, NOW + timedelta(minutes=11))["locked"].count == 0


def test_areas_without_manager_are_the_vendors_work(cast: Cast) -> None:
    item = board(cast.vendor)["unmanaged"]
    assert [row.label for row in item.rows] == ["EXAMPLE: Chicago", "OTHER: Dallas"]
    make_user("chief", "Chief", [Role.AGENCY_MANAGER], component=cast.ero, aor=cast.chicago)
    assert board(cast.vendor)["unmanaged"].count == 1


def test_paused_source_is_the_vendors_work(cast: Cast) -> None:
    source = create_source(
        actor=cast.vendor.person,
        code="TOLL",
        name="Toll road",
        kind="toll_road",
        state="US-DE",
        reason="tests",
        now=NOW,
    )
    assert board(cast.vendor)["paused"].count == 0
    pause_source(actor=cast.vendor.person, source=source, reason="tests", now=NOW)
    item = board(cast.vendor)["paused"]
    assert [row.label for row in item.rows] == ["Toll road"]


def test_people_without_training_are_named(cast: Cast) -> None:
    assert board(cast.manager)["training"].count == 0
    create_course(
        actor=cast.vendor.person,
        agency=None,
        code="new-course",
        title="A new course",
        covers=Coverage.values,
        validity_months=None,
        is_required=True,
        reason="tests",
        now=NOW,
    )

    item = board(cast.manager)["training"]

    assert item.count >= 2
    names = {row.label for row in item.rows}
    assert cast.investigator.full_name in names
    assert cast.colleague.full_name not in names
    assert {row.note for row in item.rows} == {"new-course"}


def test_certification_due_of_the_own_areas_is_named(cast: Cast) -> None:
    assert board(cast.manager)["certifications"].count == 0
    item = board(cast.manager, NOW + timedelta(days=400))["certifications"]
    assert [row.label for row in item.rows] == ["New York"]
    assert "Overdue" in item.rows[0].note


def test_requests_and_keys_of_the_own_areas(cast: Cast) -> None:
    ask(cast, aor=cast.chicago)
    assert board(cast.manager)["requests"].count == 0
    request = approved(cast)
    assert board(cast.manager)["keys"].count == 0  # the mail has not gone out
    mail(open_key(request))
    waiting = board(cast.manager)
    assert (waiting["requests"].count, waiting["keys"].count) == (0, 1)
    late = board(cast.manager, NOW + timedelta(days=30))["keys"]
    assert late.note.startswith("1 expired")


def test_what_waits_comes_first(cast: Cast) -> None:
    entered(cast, cast.investigator)
    counts = [item.count > 0 for item in board_for(cast.manager.person, NOW)]
    assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("who", ["manager", "vendor"])
def test_page_shows_every_item_and_each_link_opens(cast: Cast, who: str) -> None:
    entered(cast, cast.investigator)
    member = cast.everybody[who]
    client = client_for(member)

    page = html.unescape(client.get("/admin/").content.decode())

    for item in board(member, timezone.now()).values():
        assert item.title in page
        assert (item.empty in page) is (item.count == 0)
        assert client.get(item.url).status_code == 200, item.url
        for row in item.rows:
            assert row.label in page
            assert client.get(row.url).status_code == 200, row.url
    assert 'hx-trigger="every 60s"' in page


def test_looking_at_the_board_is_recorded(cast: Cast) -> None:
    client = client_for(cast.manager)
    with recorded() as events:
        client.get("/admin/")
    assert [(event.kind, event.fields["object"]) for event in events] == [
        (Kind.ADMIN_VIEWED, "board")
    ]


def test_board_of_many_costs_no_more_queries(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(4):
        user = make_user(
            f"person-{number}",
            f"Person {number}",
            [Role.INVESTIGATOR],
            component=cast.ero,
            aor=cast.new_york,
        )
        entered(cast, user)
    with django_assert_max_num_queries(20):
        board(cast.manager)


def test_countdowns_renew_themselves_and_keep_no_session_open(cast: Cast) -> None:
    found = entered(cast, cast.investigator)
    elsewhere = entered(cast, cast.colleague)
    client = client_for(cast.manager)
    before = client.session["lprsvc_seen"]
    session = client.session
    session["lprsvc_seen"] = before - 120
    session.save()

    with recorded() as events:
        response = client.get(
            "/admin/accounts/termination/countdowns/", headers={"X-Unattended": "1"}
        )

    body = response.content.decode()
    assert f'id="countdown-{found.pk}"' in body
    assert 'hx-swap-oob="true"' in body
    assert str(elsewhere.pk) not in body
    assert events == []
    assert client.session["lprsvc_seen"] == before - 120
    client.get("/admin/")
    assert client.session["lprsvc_seen"] >= before
