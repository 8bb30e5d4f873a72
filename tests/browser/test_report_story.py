"""From a refused question to the printed report, and to the log entry it names, as one would."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from accounts.disposal import SHIPPED
from accounts.models import RecordsSchedule
from accounts.services.schedules import set_records_schedule
from audit.actors import system
from audit.kinds import Kind
from audit.models import Event
from tests.browser.conftest import DESK, PHONE, SCREENSHOTS, Look, watched_page
from tests.browser.test_log_on import log_on
from tests.browser.test_states import fill_in
from tests.cast import NOW, Cast
from tests.harness.processes import Running
from tests.story import PLATE, STATE, Road

pytestmark = pytest.mark.browser


@dataclass
class Teller:
    """A window in which the story is told; each page is looked over and pictured."""

    window: Page
    look: Look
    size: str
    cast: Cast

    def see(self, name: str) -> None:
        self.look(self.window, f"report-story-{name}-{self.size}")

    def top(self, name: str) -> None:
        """The part that one sees first of a page that is long."""
        self.window.screenshot(path=SCREENSHOTS / f"report-story-{name}-{self.size}.png")


@pytest.fixture(params=["desk", "phone"])
def teller(
    request: pytest.FixtureRequest,
    chromium: Browser,
    live_service: Running,
    cast: Cast,
    road: Road,
    look: Look,
) -> Iterator[Teller]:
    rule = SHIPPED["ERO"]
    if not RecordsSchedule.objects.filter(component=cast.ero).exists():
        set_records_schedule(
            actor=system("tests"), component=cast.ero, rule=rule, reason="tests", now=NOW
        )
    size = {"desk": DESK, "phone": PHONE}[request.param]
    with watched_page(chromium, live_service.url, size) as window:
        window.set_default_timeout(30_000)
        yield Teller(window, look, request.param, cast)


def test_story_from_the_form_to_the_printed_report(teller: Teller, tmp_path: Path) -> None:
    """QRY-1, QRY-3, QRY-8, QRY-9, QRY-11, AUD-2, SAF-4."""
    log_on(teller.window, teller.cast.investigator.username)
    be_refused(teller)
    ask(teller)
    mark(teller)
    order(teller)
    pages = print_it(teller, tmp_path)
    entry = receipt_on(pages)
    assert entry.kind == Kind.QUERY_RUN
    look_it_up(teller, entry)


def be_refused(teller: Teller) -> None:
    window = teller.window
    fill_in(window, PLATE)
    window.get_by_text("Two dates").click()
    window.get_by_label("First day").fill("2010-01-01")
    window.get_by_label("Last day").fill("2010-02-01")
    expect(window.locator("#time-limit")).to_contain_text("The dates you chose begin before that")
    window.get_by_role("button", name="Search").click()
    expect(window.locator("#id_start_error")).to_be_visible()
    expect(window.get_by_text("Nothing was searched")).to_be_visible()
    teller.see("1-refused")


def ask(teller: Teller) -> None:
    window = teller.window
    # What was entered is still there; only the time frame is mended.
    expect(window.get_by_label("Plate number")).to_have_value(PLATE)
    window.get_by_text("Previous 5 years").click()
    window.get_by_role("button", name="Search").click()
    expect(window.get_by_role("heading", level=1)).to_contain_text(f"hits for {PLATE} {STATE}")
    expect(window.get_by_text("Corroborate before you act").first).to_be_visible()
    teller.top("2-answer")


def mark(teller: Teller) -> None:
    window = teller.window
    for number, name in ((1, "relevant"), (2, "relevant"), (3, "not_relevant")):
        window.locator(f'#hit-{number} [data-do-mark="{name}"]').click()
        expect(window.locator(f"#hit-{number}")).to_have_attribute("data-mark", name)
    window.locator("#hit-2").scroll_into_view_if_needed()
    teller.top("3-marks")


def order(teller: Teller) -> None:
    window = teller.window
    window.get_by_text("Make a report").click()
    window.get_by_role("button", name="PDF of all relevant").scroll_into_view_if_needed()
    teller.top("4-choice")
    window.get_by_role("button", name="PDF of all relevant").click()
    expect(window.get_by_role("heading", level=1)).to_contain_text("PDF report of 2 hits")
    teller.see("5-waiting")
    expect(window.get_by_role("heading", name="Ready")).to_be_visible(timeout=30_000)
    teller.see("6-ready")


def print_it(teller: Teller, folder: Path) -> list[str]:
    """The words of each page of the file; pictures of them are left beside the screenshots."""
    with teller.window.expect_download() as download:
        teller.window.get_by_role("link", name="Download").click()
    file = folder / "report.pdf"
    download.value.save_as(file)
    if drawer := shutil.which("pdftoppm"):
        target = SCREENSHOTS / f"report-story-7-paper-{teller.size}"
        subprocess.run([drawer, "-r", "80", "-png", file, target], check=True)
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(file).pages]
    assert len(pages) == 3
    for page in pages:
        assert "Corroborate before you act" in page
    for words in ("Destroy by", "2 of ", "Criminal investigation", "Alice Moreno"):
        assert words in pages[0]
    for page in pages[1:]:
        for words in ("Street view", "Area view", "Satellite", "Nearest address", "UTC"):
            assert words in page
    return pages


def receipt_on(pages: list[str]) -> Event:
    """The entry of the query that the first page names."""
    named = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", pages[0])
    return Event.objects.get(pk__in=named, kind=Kind.QUERY_RUN)


def look_it_up(teller: Teller, entry: Event) -> None:
    """An auditor finds what the paper names."""
    window = teller.window
    window.context.clear_cookies()
    log_on(window, teller.cast.auditor.username)
    window.goto(f"/log/{entry.pk}/")
    main = window.get_by_role("main")
    expect(main).to_contain_text(PLATE)
    expect(main).to_contain_text("Alice Moreno")
    expect(main).to_contain_text(str(entry.pk))
    teller.see("8-entry")


def test_story_of_a_wrong_read_up_to_the_vendors_queue(teller: Teller) -> None:
    """QRY-10."""
    window = teller.window
    log_on(window, teller.cast.investigator.username)
    fill_in(window, PLATE)
    window.get_by_role("button", name="Search").click()
    # Another read for each size: one person reports a read once.
    at = 4 if teller.size == "desk" else 6
    window.get_by_role("link", name="Report an error").nth(at).click()
    teller.see("9-error-report")
    window.get_by_text("Make, model or color", exact=True).click()
    window.locator("[name=color]").fill("maroon")
    window.get_by_role("button", name="Send the report").click()
    teller.see("10-error-reported")
    window.context.clear_cookies()
    log_on(window, teller.cast.vendor.username)
    window.goto("/admin/ingest/errorreport/")
    teller.top("11-vendor-queue")
