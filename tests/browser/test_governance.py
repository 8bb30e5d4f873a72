"""The to-do board and a termination from e-mail to its end, in a real browser (ACC-10, ACC-13)."""

import re
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.countdown import count_down
from accounts.models import Termination, User
from accounts.roles import Role
from accounts.services.terminations import enter_termination, zone_of
from tests.browser.conftest import DESK, PHONE, Axe, Office, Screenshot, watched_page
from tests.browser.test_log_on import log_on
from tests.cast import Cast, Member, make_user
from tests.harness.processes import Running

pytestmark = pytest.mark.browser
LIST = "/admin/accounts/termination/"


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def window(
    request: pytest.FixtureRequest, chromium: Browser, live_service: Running
) -> Iterator[Page]:
    """A window of each size."""
    with watched_page(chromium, live_service.url, request.param) as page:
        yield page


def size_of(page: Page) -> str:
    size = page.viewport_size
    return "desk" if size and size["width"] == DESK[0] else "phone"


def enter_request(cast: Cast, user: Member, *, ago: timedelta) -> Termination:
    """A request that came by e-mail some time ago."""
    now = timezone.now()
    return enter_termination(
        actor=cast.vendor.person,
        user=user,
        requested_by="Headquarters <hq@example.test>",
        received_at=now - ago,
        reason="left the agency",
        now=now,
    )


def fits(page: Page) -> None:
    """Nothing sticks out to the right, by which a phone's page would scroll sideways."""
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.evaluate("document.documentElement.clientWidth")


def test_managers_board(
    window: Page, cast: Cast, office: Office, axe: Axe, screenshot: Screenshot
) -> None:
    enter_request(cast, office.investigator, ago=timedelta(days=10))
    other = f"mona-{office.agency.code.lower()}"
    second = make_user(
        other, "Mona Reyes", [Role.INVESTIGATOR], component=office.component, aor=office.aor
    )
    enter_request(cast, second, ago=timedelta(minutes=5))
    log_on(window, office.manager.username)

    window.goto("/admin/")

    card = window.locator("#board-terminations")
    expect(card.locator(".lpr-board__count")).to_have_text("2")
    expect(card.locator(".lpr-countdown--overdue")).to_contain_text("overdue by")
    expect(card.locator(".lpr-countdown--calm")).to_contain_text("left")
    expect(window.locator("#board-requests")).to_contain_text("Nobody waits for a decision.")
    axe(window)
    fits(window)
    screenshot(window, f"board-manager-{size_of(window)}")


def test_vendors_board(
    window: Page, cast: Cast, office: Office, axe: Axe, screenshot: Screenshot
) -> None:
    enter_request(cast, office.investigator, ago=timedelta(hours=1))
    log_on(window, cast.vendor.username)
    window.goto("/admin/")
    expect(window.locator("#board-unmanaged")).to_contain_text("Chicago")
    axe(window)
    fits(window)
    screenshot(window, f"board-vendor-{size_of(window)}")


def _countdowns_of_the_last_minutes(found: Termination) -> set[str]:
    """What the page may have said; on a holiday the 24 hours have not begun to run."""
    zone, now = zone_of(found.user), timezone.now()
    return {count_down(found.due_at, now - timedelta(minutes=ago), zone).words for ago in range(2)}


def test_request_by_mail_from_its_entry_to_the_end_of_access(
    window: Page, office: Office, axe: Axe, screenshot: Screenshot
) -> None:
    """ACC-10: entered with its time, counted down, carried out, and the time it took noted."""
    log_on(window, office.manager.username)
    window.goto(LIST)
    window.get_by_role("link", name="Enter a request received by e-mail").click()
    axe(window)
    screenshot(window, f"termination-enter-{size_of(window)}")
    local = timezone.now().astimezone(ZoneInfo(office.manager.timezone)) - timedelta(minutes=3)
    window.get_by_label("Person").fill(office.investigator.username)
    window.get_by_label("Who asked").fill("Headquarters")
    window.get_by_label("Received at").fill(local.strftime("%Y-%m-%dT%H:%M"))
    window.get_by_label("Reason").fill("left the agency")
    window.get_by_role("button", name="Enter a request received by e-mail").click()

    expect(window.locator(".messagelist")).to_contain_text("done and recorded")
    found = Termination.objects.get(user=office.investigator)
    countdown = window.locator(f"#countdown-{found.pk}")
    expect(countdown).to_have_text(re.compile(r"^(24 h 0|23 h 5\d) min left$"))
    assert countdown.text_content() in _countdowns_of_the_last_minutes(found)
    axe(window)
    screenshot(window, f"termination-list-{size_of(window)}")

    # What the page asks for each minute puts the new time into its place.
    window.evaluate(
        "id => { document.getElementById(id).textContent = 'old' }", f"countdown-{found.pk}"
    )
    window.evaluate("address => htmx.ajax('GET', address, {swap: 'none'})", f"{LIST}countdowns/")
    expect(countdown).to_contain_text("left")

    window.goto(f"{LIST}{found.pk}/change/")
    axe(window)
    window.get_by_role("link", name="Carry it out: end the access now").click()
    expect(window.get_by_text("Access ends now")).to_be_visible()
    axe(window)
    screenshot(window, f"termination-carry-out-{size_of(window)}")
    window.get_by_label("Reason").fill("confirmed with headquarters")
    window.get_by_role("button", name="Carry it out: end the access now").click()

    expect(window.locator(".field-took")).to_contain_text("min")
    screenshot(window, f"termination-done-{size_of(window)}")
    window.get_by_role("link", name="History").click()
    expect(window.locator("#content tbody")).to_contain_text("confirmed with headquarters")
    axe(window)
    screenshot(window, f"termination-history-{size_of(window)}")
    assert User.objects.get(pk=office.investigator.pk).deleted_at is not None


def test_vendor_changes_a_time_frame_rule(
    window: Page, cast: Cast, office: Office, axe: Axe, screenshot: Screenshot
) -> None:
    """ACC-13: with a reason, and who, from, to and why in the history."""
    log_on(window, cast.vendor.username)
    window.goto(f"/admin/accounts/component/{office.component.pk}/edit/")
    axe(window)
    fits(window)
    screenshot(window, f"component-edit-{size_of(window)}")
    window.get_by_label("Longest look-back, in years").fill("2")
    window.get_by_label("Source of this limit").fill("Memorandum of March 2")
    window.get_by_label("Reason").fill("the agency's letter")
    window.get_by_role("button", name="Change this component").click()
    window.get_by_role("link", name="History").click()
    rows = window.locator("#content tbody tr")
    expect(rows.first).to_contain_text("5 → 2")
    expect(rows.first).to_contain_text(cast.vendor.full_name)
    axe(window)
    screenshot(window, f"component-history-{size_of(window)}")
    window.goto(f"/admin/accounts/agency/{office.agency.pk}/change/")
    axe(window)
    screenshot(window, f"agency-{size_of(window)}")
