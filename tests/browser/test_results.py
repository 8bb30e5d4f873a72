"""The result page in a real browser: list and map, keys, photographs, filters, marks, paper."""

import re

import pytest
from playwright.sync_api import Page, Response, expect

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


def test_list_and_map_move_together(window: Page) -> None:
    """QRY-6."""
    if size_of(window) == "phone":
        window.locator("#hit-3 [data-show-on-map]").click()
    else:
        window.locator("#hit-1").focus()
        for _ in range(2):
            window.keyboard.press("ArrowDown")
        expect(window.locator("#hit-3")).to_be_focused()
        window.keyboard.press("m")
    expect(window.locator("#hit-3")).to_have_class(re.compile("is-chosen"))
    marker = window.locator(".lpr-marker.is-chosen")
    expect(marker).to_have_count(1)
    expect(marker).to_be_visible()
    window.screenshot(path=f"var/screenshots/results-map-{size_of(window)}.png")


def test_keys_turn_pages_and_mark(window: Page) -> None:
    """QRY-11."""
    window.locator("#hit-25").focus()
    window.keyboard.press("ArrowDown")
    expect(window.locator("#hit-26")).to_be_focused()
    window.keyboard.press("r")
    expect(window.locator("#hit-26")).to_have_attribute("data-mark", "relevant")
    window.keyboard.press("u")
    expect(window.locator("#hit-26")).to_have_attribute("data-mark", "unmarked")
    # The answer has been read and put in its place to the end.
    window.wait_for_load_state("networkidle")
    expect(window.locator("#hit-26")).to_be_focused()
    window.keyboard.press("ArrowLeft")
    expect(window.locator("#hit-1")).to_be_focused()


def test_map_stays_through_pages_and_follows_marks(window: Page) -> None:
    """QRY-6, QRY-11: map and charts are sent again only where they are others."""
    parts: list[bool] = []

    def note(response: Response) -> None:
        if "page=" in response.url:
            parts.append('id="hits-points"' in response.text())

    window.on("response", note)
    window.locator("#hit-1").focus()
    window.keyboard.press("ArrowRight")
    expect(window.locator("#hit-26")).to_be_focused()
    window.wait_for_load_state("networkidle")
    expect(window.locator(".lpr-marker.is-chosen")).to_have_count(1)
    window.keyboard.press("n")
    expect(window.locator("#hit-26")).to_have_attribute("data-mark", "not_relevant")
    window.keyboard.press("ArrowLeft")
    expect(window.locator("#hit-1")).to_be_focused()
    expect(window.locator("#when")).to_contain_text("Hits marked not relevant are left out.")
    window.wait_for_load_state("networkidle")
    assert parts == [False, True]


# Presses `key` on the hit the very moment its mark changes to `mark`.
PRESS_AT_ONCE = """(hit, [mark, key]) => new MutationObserver((_, watch) => {
  if (hit.dataset.mark === mark) {
    watch.disconnect();
    hit.dataset.pressed = key;
    hit.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  }
}).observe(hit, { attributes: true })"""


def test_a_key_pressed_at_once_does_not_leave_the_page(window: Page) -> None:
    """QRY-11: what replaces the marks works from its first moment on."""
    hit = window.locator("#hit-2")
    hit.evaluate(PRESS_AT_ONCE, ["relevant", "u"])
    hit.focus()
    window.keyboard.press("r")
    expect(hit).to_have_attribute("data-pressed", "u")
    expect(hit).to_have_attribute("data-mark", "unmarked")
    # A page of its own, loaded anew, would have forgotten what was pressed.
    window.wait_for_load_state("networkidle")
    expect(hit).to_have_attribute("data-pressed", "u")
    expect(hit).to_be_focused()


def test_ticks_of_several_pages_make_one_report(window: Page, look: Look) -> None:
    """QRY-8: from ticks to the file, by the real worker."""
    size = size_of(window)
    window.locator("#hit-1").focus()
    window.keyboard.press("x")
    window.keyboard.press("ArrowRight")
    window.locator("#hit-26").focus()
    window.keyboard.press("x")
    expect(window.locator("[data-ticks-said]")).to_have_text(
        "2 hits are ticked, 1 of them on other pages"
    )
    window.keyboard.press("ArrowLeft")
    expect(window.locator("#tick-1")).to_be_checked()
    window.get_by_text("Make a report").click()
    window.locator("#marks").scroll_into_view_if_needed()
    window.screenshot(path=f"var/screenshots/report-choice-{size}.png")
    window.get_by_role("button", name="PDF of ticked hits").click()
    expect(window.get_by_role("heading", level=1)).to_contain_text("PDF report of 2 hits")
    expect(window.get_by_role("heading", name="Ready")).to_be_visible(timeout=30_000)
    look(window, f"report-ready-{size}")
    with window.expect_download() as download:
        window.get_by_role("link", name="Download").click()
    assert download.value.path().read_bytes().startswith(b"%PDF")
    window.get_by_role("button", name="Remove this report").click()
    expect(window.get_by_text("The report and its file are removed.")).to_be_visible()


def test_paper_has_the_hits_and_no_buttons(window: Page) -> None:
    """QRY-9."""
    window.emulate_media(media="print")
    expect(window.locator("#hit-1 h3")).to_be_visible()
    expect(window.get_by_text("Corroborate before you act").first).to_be_visible()
    expect(window.locator("#marks")).to_be_hidden()
    expect(window.locator("#arrange")).to_be_hidden()
    expect(window.locator("#hit-1 .lpr-mark")).to_be_hidden()
    window.screenshot(path=f"var/screenshots/results-paper-{size_of(window)}.png", full_page=True)
