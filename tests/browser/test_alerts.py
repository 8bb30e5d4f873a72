"""Alerts and their end, at both widths (ALT-4, ALT-7, ALT-9, SAF-4)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.models import AlertEntry
from alerts.services.lifetime import keep_time
from tests.alerts.world import alert_on
from tests.browser.conftest import DESK, PHONE, Look, watched_page
from tests.browser.test_log_on import log_on
from tests.cast import Cast
from tests.harness.processes import Running

pytestmark = pytest.mark.browser
_LONG = "Case 2026-17, subject Q: seen leaving the warehouse at the river with two others in March"


@pytest.fixture(scope="module")
def alerts(cast: Cast) -> list[AlertEntry]:
    """One that is watched, two that end, one that has ended."""
    now = datetime.now(UTC)
    person = cast.colleague.person
    made = [
        alert_on(person, plate, now=now - timedelta(days=days), note=note)
        for plate, days, note in (
            ("KEEP 1", 1, "Case 2026-17"),
            ("ENDS 1", 360, _LONG),
            ("ENDS 2", 353, "Case 2026-19"),
            ("GONE 1", 368, "Case 2025-3"),
        )
    ]
    keep_time(now=now)
    return made


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def window(
    request: pytest.FixtureRequest, chromium: Browser, live_service: Running, cast: Cast
) -> Iterator[Page]:
    with watched_page(chromium, live_service.url, request.param) as page:
        log_on(page, cast.colleague.username)
        yield page


def test_ending_alerts_are_chosen_and_affirmed(
    window: Page, alerts: list[AlertEntry], look: Look
) -> None:
    size = "desk" if window.viewport_size and window.viewport_size["width"] > 500 else "phone"
    window.goto("/alerts/")
    look(window, f"alerts-list-{size}")
    window.get_by_label("Show").select_option(label="Ended")
    window.get_by_role("button", name="Find").click()
    expect(window.get_by_role("link", name="GONE 1")).to_be_visible()
    expect(window.get_by_role("link", name="KEEP 1")).to_have_count(0)
    window.get_by_role("link", name="GONE 1").click()
    expect(window.get_by_text("This alert has ended")).to_be_visible()
    look(window, f"alerts-ended-{size}")

    window.goto("/alerts/?shown=ending")
    for label in window.locator(".usa-checkbox__label").all():
        label.click()
    window.get_by_role("button", name="Stop watching those chosen").click()
    expect(window.get_by_role("heading", level=1)).to_contain_text("Stop watching")
    look(window, f"alerts-remove-{size}")
    window.get_by_role("link", name="Keep watching").click()
    window.goto("/alerts/?shown=ending")
    for label in window.locator(".usa-checkbox__label").all():
        label.click()
    window.get_by_role("button", name="Affirm the need of those chosen").click()
    look(window, f"alerts-affirm-{size}")
    window.get_by_role("button", name="Affirm the need").click()
    expect(window.get_by_text("Say why this plate must still be watched.").first).to_be_visible()
    if size == "phone":
        window.get_by_label("Why it must still be watched").fill("The trial is in May.")
        window.get_by_role("button", name="Affirm the need").click()
        expect(window.get_by_text("watched for another year")).to_be_visible()
        expect(window.get_by_text("Ends soon")).to_have_count(0)
        look(window, f"alerts-affirmed-{size}")
