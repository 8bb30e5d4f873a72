"""The result page in a real browser: list and map, keys, photographs, filters, marks, paper."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Axe, Look
from tests.browser.test_log_on import log_on
from tests.browser.test_states import ask, size_of
from tests.cast import Cast
from tests.story import Road

pytestmark = pytest.mark.browser


@pytest.fixture(params=["page", "phone"])
def window(request: pytest.FixtureRequest, cast: Cast, road: Road) -> Page:
    """An answer of more than one page, at a desk and on a phone."""
    opened: Page = request.getfixturevalue(request.param)
    log_on(opened, cast.investigator.username)
    ask(opened)
    return opened


def test_looks(window: Page, look: Look, axe: Axe) -> None:
    window.set_default_timeout(40_000)
    if size_of(window) == "desk":
        axe(window)
        window.screenshot(path="var/screenshots/results-desk-top.png")
        window.locator("#hit-2").scroll_into_view_if_needed()
        window.locator("#hit-2").focus()
        window.wait_for_timeout(800)
        window.screenshot(path="var/screenshots/results-desk-list.png")
    else:
        look(window, f"results-{size_of(window)}")
    window.locator("#hit-1 [data-photographs] a").first.click()
    expect(window.locator("#viewer")).to_be_visible()
    window.wait_for_timeout(500)
    axe(window)
    window.screenshot(path=f"var/screenshots/results-viewer-{size_of(window)}.png")
    window.keyboard.press("Escape")
    window.locator("#arrange-more > summary").click()
    axe(window)
    window.screenshot(path=f"var/screenshots/results-filter-{size_of(window)}.png")
    window.get_by_role("link", name="Open this hit").first.click()
    look(window, f"hit-{size_of(window)}")
