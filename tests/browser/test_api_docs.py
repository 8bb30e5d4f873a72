"""The programs' interface as people read it, at both widths (MOB-3, SAF-4)."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, Look, watched_page
from tests.harness.processes import Running

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_description_is_read_without_log_on(
    chromium: Browser, live_service: Running, look: Look, size: tuple[int, int]
) -> None:
    with watched_page(chromium, live_service.url, size) as window:
        window.goto("/api/v1/docs/")
        expect(window.get_by_role("heading", level=1)).to_have_text("Programs' interface")
        expect(window.get_by_role("heading", name="Deliver reads")).to_be_visible()
        look(window, f"api-docs-{size[0]}")
