"""Pages with nothing to show, pages refused, pages grown old, pages on paper."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from queries.links import PhotographLink, sign
from queries.rules import HITS_PER_PAGE, PHOTOGRAPH_LINK
from tests.browser.conftest import SCREENSHOTS, Look, Screenshot
from tests.browser.test_log_on import log_on
from tests.cast import Cast, Member
from tests.story import PLATE, STATE, Road

pytestmark = pytest.mark.browser

ADDRESS = re.compile("/queries/(?P<query>[^/]+)/hits/(?P<read>[^/]+)/photographs/(?P<role>[a-z]+)/")


def fill_in(window: Page, plate: str = PLATE, period: str = "Previous 5 years") -> None:
    """Open the form and fill it in for a plate of Pennsylvania."""
    window.goto("/queries/new/")
    window.get_by_label("Plate number").fill(plate)
    window.get_by_label("State of registration").select_option(label=STATE)
    window.locator("#id_reason").select_option(label="Criminal investigation")
    window.get_by_label("Case or subject").fill("Case 2026-0117, subject Q. Example")
    window.get_by_text("Myself").click()
    window.get_by_text(period).click()


def ask(window: Page, plate: str = PLATE, period: str = "Previous 5 years") -> None:
    """Ask about a plate of Pennsylvania."""
    fill_in(window, plate, period)
    window.get_by_role("button", name="Search").click()
    expect(window).to_have_url(re.compile("/queries/[0-9a-f-]{36}/"))
    # The address is there before the page's scripts are, which hear the keys.
    window.wait_for_load_state("load")


@pytest.fixture(params=["page", "phone"])
def window(request: pytest.FixtureRequest) -> Page:
    """A window of a desk's size, and one of a phone's."""
    opened: Page = request.getfixturevalue(request.param)
    return opened


def size_of(window: Page) -> str:
    size = window.viewport_size
    return "phone" if size and size["width"] < 600 else "desk"


def test_query_without_a_hit_says_what_to_check(
    window: Page, cast: Cast, road: Road, look: Look
) -> None:
    """QRY-5: an O is not a 0, so this plate was never read."""
    log_on(window, cast.colleague.username)
    ask(window, "ABCI23", "Previous 30 days")
    expect(window.get_by_role("heading", level=1)).to_have_text(f"0 hits for ABCI23 {STATE}")
    expect(window.get_by_text("an empty answer does not show")).to_be_visible()
    look(window, f"hits-none-{size_of(window)}")


def test_lists_with_nothing_in_them(window: Page, cast: Cast, look: Look) -> None:
    log_on(window, cast.other.username)
    window.goto("/alerts/")
    expect(window.get_by_role("heading", name="No plate is being watched")).to_be_visible()
    look(window, f"alerts-none-{size_of(window)}")
    window.goto("/queries/")
    expect(window.get_by_role("heading", name="No recent query")).to_be_visible()
    look(window, f"queries-none-{size_of(window)}")


def test_recent_queries_and_alert_to_remove(
    window: Page, cast: Cast, road: Road, look: Look
) -> None:
    """QRY-13, ALT-9."""
    log_on(window, cast.colleague.username)
    ask(window)
    window.get_by_role("link", name="Watch this plate").click()
    window.get_by_role("button", name="Start watching").click()
    window.goto("/queries/")
    look(window, f"queries-{size_of(window)}")
    window.goto("/alerts/")
    look(window, f"alerts-{size_of(window)}")

    window.get_by_role("main").locator("tbody").get_by_role("link").first.click()
    window.get_by_role("link", name="Stop watching").click()
    window.get_by_role("button", name="Remove and erase").click()
    expect(window.locator(".lpr-error-summary")).to_be_focused()
    look(window, f"alert-remove-refused-{size_of(window)}")
    window.get_by_label("Why it need not").fill("The case is closed.")
    window.get_by_role("button", name="Remove and erase").click()
    expect(window.get_by_role("status")).to_contain_text("removed and erased")
    look(window, f"alert-removed-{size_of(window)}")


def test_alert_form_names_what_is_missing_beside_its_field(
    window: Page, cast: Cast, look: Look
) -> None:
    log_on(window, cast.colleague.username)
    window.goto("/alerts/new/")
    window.get_by_role("button", name="Start watching").click()
    expect(window.locator(".lpr-error-summary")).to_be_focused()
    expect(window.get_by_label("License plate")).to_have_attribute("aria-invalid", "true")
    look(window, f"alert-refused-{size_of(window)}")


def test_pages_refused(window: Page, cast: Cast, look: Look) -> None:
    """SAF-1: what is not theirs looks like what does not exist."""
    log_on(window, cast.auditor.username)
    window.goto("/queries/new/")
    expect(window.get_by_role("heading", level=1)).to_be_visible()
    look(window, f"refused-{size_of(window)}")
    window.goto("/no/such/page/")
    expect(window.get_by_role("heading", level=1)).to_have_text("There is no such page")
    look(window, f"not-found-{size_of(window)}")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/rules/", "rules-again"),
        ("/help/", "help"),
        ("/accounts/password/change/", "password"),
        ("/accounts/2fa/", "second-factor"),
        ("/accounts/logout/", "log-out"),
        ("/dev/mail/", "in-box"),
    ],
)
def test_pages_of_the_account(page: Page, cast: Cast, look: Look, address: str, name: str) -> None:
    log_on(page, cast.colleague.username)
    page.goto(address)
    look(page, name)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/admin/", "admin"),
        ("/admin/ingest/source/", "admin-sources"),
        ("/admin/ingest/camera/", "admin-cameras"),
    ],
)
def test_pages_of_the_administration(
    page: Page, cast: Cast, road: Road, look: Look, address: str, name: str
) -> None:
    log_on(page, cast.vendor.username)
    page.goto(address)
    look(page, name)


def test_way_by_keyboard_to_the_answer(page: Page, cast: Cast, road: Road) -> None:
    """SAF-4: the first key leads past the menus; no pointer is needed to ask."""
    log_on(page, cast.colleague.username)
    page.goto("/queries/new/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main-content")).to_be_focused()

    plate = page.get_by_label("Plate number")
    press_until_focused(page, plate)
    for keys in (PLATE, "Tab", "Penn", "Tab", "Crim", "Tab", "Case 2026-0117, subject Q", "Tab"):
        page.keyboard.press(keys) if keys == "Tab" else page.keyboard.type(keys)
    page.keyboard.press("Space")
    expect(page.get_by_label("Myself")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Previous 60 days")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/queries/[0-9a-f-]{36}/"))


def press_until_focused(page: Page, wanted: Locator) -> None:
    for _ in range(8):
        page.keyboard.press("Tab")
        if wanted.evaluate("field => field === document.activeElement"):
            return
    pytest.fail("not to be reached by the Tab key")


def test_page_left_open_fetches_fresh_links_when_somebody_looks_on(
    page: Page, cast: Cast, road: Road
) -> None:
    """QRY-7: links to photographs end; what comes into view later is shown by a new one."""
    log_on(page, cast.colleague.username)
    page.clock.install()
    ask(page)
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status > 399 else None)
    last = page.locator("#hit-25 [data-photographs] img").first
    old = last.get_attribute("src")

    page.clock.fast_forward(int(PHOTOGRAPH_LINK.total_seconds()) * 1000)
    last.scroll_into_view_if_needed()

    expect(last).not_to_have_attribute("src", old or "")
    expect(last).to_have_attribute("src", re.compile(r"\?t="))
    expect(last).to_have_js_property("complete", True)
    assert last.evaluate("picture => picture.naturalWidth") > 0
    expect(page.get_by_text("could not get new ones")).to_be_hidden()
    assert refused == [], "an ended link was tried"


def test_page_left_open_after_log_out_says_how_to_go_on(
    page: Page, cast: Cast, road: Road, look: Look
) -> None:
    """QRY-7: no fresh links without a log-on, and the page says so in place of empty pictures."""
    log_on(page, cast.colleague.username)
    page.clock.install()
    ask(page)
    page.context.clear_cookies()

    page.clock.fast_forward(int(PHOTOGRAPH_LINK.total_seconds()) * 1000)
    page.locator("#hit-25").scroll_into_view_if_needed()

    hint = page.get_by_role("status").filter(has_text="Reload this page")
    expect(hint).to_be_visible()
    look(page, "hits-left-open")
    hint.get_by_role("link", name="Reload this page").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_photograph_by_an_old_link_says_so_in_its_place(
    page: Page, cast: Cast, road: Road, screenshot: Screenshot
) -> None:
    """QRY-7: the service refuses a link that is a minute too old, and the page explains."""
    log_on(page, cast.colleague.username)
    page.route("**/photographs/**", lambda route: with_an_old_link(route, cast.colleague))
    ask(page)
    gone = page.locator(".lpr-photograph__gone")
    expect(gone.first).to_contain_text("could not be shown", timeout=20_000)
    expect(gone.first.get_by_role("link", name="Reload this page")).to_be_visible()
    screenshot(page, "hits-old-links")


def with_an_old_link(route: Route, person: Member) -> None:
    """Ask for the same photograph by a link that the service made a while ago."""
    address = urlsplit(route.request.url)
    named = ADDRESS.search(address.path)
    assert named is not None
    captured_at = int(parse_qs(address.query)["t"][0].partition(".")[0])
    link = PhotographLink(
        user_id=person.pk,
        query_id=UUID(named["query"]),
        read_id=UUID(named["read"]),
        role=named["role"],
        captured_at=moment(captured_at),
    )
    token = sign(link, now=datetime.now(UTC) - PHOTOGRAPH_LINK - timedelta(minutes=1))
    route.continue_(url=address._replace(query=f"t={token}").geturl())


def moment(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def test_answer_on_paper_has_every_photograph_and_no_menu(
    page: Page, cast: Cast, road: Road, screenshot: Screenshot
) -> None:
    """QRY-9 holds on paper too: the warning and who asked are printed with the hits."""
    log_on(page, cast.investigator.username)
    ask(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Sections")).to_be_hidden()
    expect(page.get_by_text("Corroborate before you act")).to_be_visible()
    expect(page.get_by_text("Alice Moreno, for themselves")).to_be_visible()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.pdf(path=SCREENSHOTS / "hits-printed.pdf", format="Letter", print_background=False)
    widths = page.locator(".lpr-photograph img").evaluate_all(
        "pictures => pictures.map(picture => picture.naturalWidth)"
    )
    assert len(widths) == 2 * HITS_PER_PAGE
    assert all(widths), "pictures far down the page were printed empty"
    screenshot(page, "hits-print")
