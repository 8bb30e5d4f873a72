"""Terminations in the admin: entered, counted down, carried out, withdrawn (ACC-10)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import Termination, User
from accounts.services.terminations import enter_termination
from audit.kinds import Kind
from tests.audited import events_of
from tests.cast import Cast, client_for

_LIST = "/admin/accounts/termination/"
_ENTER = f"{_LIST}enter/"
_NOW_PAGE = f"{_LIST}end-access/"


@pytest.fixture
def waiting(cast: Cast) -> Termination:
    """A request received by e-mail just now."""
    now = timezone.now()
    return enter_termination(
        actor=cast.vendor.person,
        user=cast.investigator,
        requested_by="Headquarters",
        received_at=now,
        reason="left",
        now=now,
    )


def form(who: str, received_at: datetime | str, **changes: str) -> dict[str, str]:
    if isinstance(received_at, datetime):
        received_at = received_at.strftime("%Y-%m-%dT%H:%M")
    return {
        "who": who,
        "requested_by": "Headquarters <hq@example.test>",
        "received_at": received_at,
        "reason": "left the agency",
    } | changes


def test_manager_enters_a_request_by_the_own_clock(cast: Cast) -> None:
    local = timezone.now().astimezone(ZoneInfo("America/New_York")) - timedelta(hours=1)

    response = client_for(cast.manager).post(_ENTER, form("investigator", local))

    assert response.status_code == 302
    found = Termination.objects.get()
    assert found.received_at == local.replace(second=0, microsecond=0)
    assert (found.user_id, found.entered_by_id) == (cast.investigator.pk, cast.manager.pk)


def test_vendor_enters_one_for_anybody_by_address(cast: Cast) -> None:
    local = timezone.now().astimezone(ZoneInfo(cast.vendor.timezone))
    client_for(cast.vendor).post(_ENTER, form("OTHER-investigator@example.test", local))
    assert Termination.objects.get().user_id == cast.other.pk


@pytest.mark.parametrize("who", ["colleague", "other-investigator", "nobody", "vendor", "x\0y"])
def test_people_out_of_reach_look_like_nobody(cast: Cast, who: str) -> None:
    client = client_for(cast.manager)
    response = client.post(_ENTER, form(who, "2026-03-03T10:00"))
    assert response.status_code == 422
    assert not Termination.objects.exists()
    if "\0" not in who:
        assert "You manage no open account with this name" in response.content.decode()
    assert (
        client.post(_NOW_PAGE, {"who": who, "effect": "closed", "reason": "x"}).status_code == 422
    )


@pytest.mark.parametrize(
    "received_at", ["", "nonsense", "2999-01-01T10:00", "2000-01-01T10:00", "2026-03-08T02:30"]
)
def test_impossible_times_are_marked(cast: Cast, received_at: str) -> None:
    response = client_for(cast.manager).post(_ENTER, form("investigator", received_at))
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert not Termination.objects.exists()


def test_end_access_at_once(cast: Cast) -> None:
    theirs = client_for(cast.investigator)
    mine = client_for(cast.manager)

    page = mine.get(_NOW_PAGE).content.decode()
    assert "Access ends now" in page
    data = {"who": "investigator", "effect": "closed", "reason": "left the agency"}
    assert mine.post(_NOW_PAGE, data).status_code == 302

    assert theirs.get("/").status_code == 302
    assert User.objects.get(pk=cast.investigator.pk).deleted_at is not None


@pytest.mark.parametrize("page", ["end-access", "enter-termination"])
def test_both_from_the_persons_own_page(cast: Cast, page: str) -> None:
    client = client_for(cast.manager)
    address = f"/admin/accounts/user/{cast.investigator.pk}/{page}/"
    assert address in client.get(f"/admin/accounts/user/{cast.investigator.pk}/change/").text
    local = timezone.now().astimezone(ZoneInfo("America/New_York"))
    data = form("", local, effect="suspended")
    assert client.post(address, data).status_code == 302
    assert Termination.objects.get().user_id == cast.investigator.pk


def test_list_shows_the_countdown(cast: Cast, waiting: Termination) -> None:
    page = client_for(cast.manager).get(_LIST, {"state__exact": "open"}).content.decode()
    assert "Alice Moreno" in page
    assert f'id="countdown-{waiting.pk}"' in page
    assert "lpr-countdown--" in page


def test_carry_out_and_the_time_it_took(cast: Cast, waiting: Termination) -> None:
    client = client_for(cast.manager)
    address = f"{_LIST}{waiting.pk}/carry-out/"
    assert address in client.get(f"{_LIST}{waiting.pk}/change/").text

    assert client.post(address, {"effect": "closed", "reason": "done"}).status_code == 302

    page = client.get(f"{_LIST}{waiting.pk}/change/").text
    assert "Carried out" in page
    assert "0 min" in page
    assert address not in page
    assert client.post(address, {"effect": "closed", "reason": "again"}).status_code == 422


def test_withdraw_with_a_reason(cast: Cast, waiting: Termination) -> None:
    client = client_for(cast.manager)
    address = f"{_LIST}{waiting.pk}/withdraw/"
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "the wrong person"}).status_code == 302
    waiting.refresh_from_db()
    assert waiting.state == "withdrawn"
    history = client.get(f"{_LIST}{waiting.pk}/history/").text
    assert "the wrong person" in history
    assert "Waiting to be carried out → Withdrawn" in " ".join(history.split())


@pytest.mark.parametrize("page", ["change", "history", "carry-out", "withdraw"])
def test_requests_of_other_areas_look_like_none(cast: Cast, page: str) -> None:
    now = timezone.now()
    theirs = enter_termination(
        actor=cast.vendor.person,
        user=cast.colleague,
        requested_by="Headquarters",
        received_at=now,
        reason="left",
        now=now,
    )
    client = client_for(cast.manager)
    address = f"{_LIST}{theirs.pk}/{page}/"
    assert client.get(address).status_code == 404
    assert client.post(address, {"effect": "closed", "reason": "x"}).status_code == 404
    assert client_for(cast.vendor).get(address).status_code == 200


def test_manager_cannot_end_their_own_access(cast: Cast) -> None:
    data = {"who": "manager", "effect": "closed", "reason": "x"}
    assert client_for(cast.manager).post(_NOW_PAGE, data).status_code == 403
    [event] = events_of(Kind.ADMIN_REFUSED, actor=cast.manager.pk)
    assert event.fields["outcome_code"] == "not_oneself"
