"""The main story, as a person would tell it: asked, seen, watched, told, all on record."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from audit.kinds import LABELS, Kind
from tests.browser.conftest import DESK, PHONE, Look, watched_page
from tests.browser.test_log_on import enter, log_on
from tests.cast import PASSWORD, Cast, Member
from tests.harness.mail import Inbox
from tests.harness.processes import Running
from tests.story import PLATE, STATE, Road

pytestmark = pytest.mark.browser

# As people type it; what the pages show of an alert is this in capitals.
ASKED, WATCHED = "abc-123", "ABC-123"
CASE = "Case 2026-0117, subject Q. Example"
# What the story leaves in the log: found by the person's name, and by the plate.
OF_PERSON = (
    Kind.SESSION_RULES_SHOWN,
    Kind.SESSION_RULES_ACCEPTED,
    Kind.SESSION_LOGIN,
    Kind.QUERY_RUN,
    Kind.QUERY_RESULT,
    Kind.RESULT_VIEWED,
    Kind.RESULT_PHOTO_VIEWED,
    Kind.ALERT_ADDED,
    Kind.ALERT_MATCH_VIEWED,
    Kind.SESSION_LOGOUT,
)
OF_PLATE = (
    Kind.QUERY_RUN,
    Kind.RESULT_PHOTO_VIEWED,
    Kind.ALERT_ADDED,
    Kind.ALERT_MATCHED,
    Kind.ALERT_NOTIFIED,
    Kind.ALERT_MATCH_VIEWED,
)


@dataclass
class Teller:
    """A person at a window of one size; each page is looked over and pictured."""

    window: Page
    look: Look
    size: str
    person: Member
    auditor: Member

    def see(self, name: str) -> None:
        self.look(self.window, f"story-{name}-{self.size}")

    def heading(self, text: str | re.Pattern[str]) -> None:
        expect(self.window.get_by_role("heading", level=1)).to_have_text(text)


@pytest.fixture(params=["desk", "phone"])
def teller(
    request: pytest.FixtureRequest,
    chromium: Browser,
    live_service: Running,
    cast: Cast,
    look: Look,
) -> Iterator[Teller]:
    # Two people, so that neither finds the other's alert.
    sizes = {"desk": (DESK, cast.investigator), "phone": (PHONE, cast.supervisor)}
    size, person = sizes[request.param]
    with watched_page(chromium, live_service.url, size) as window:
        yield Teller(window, look, request.param, person, cast.auditor)


def test_story_from_log_on_to_the_log(
    teller: Teller, road: Road, live_service: Running, inbox: Inbox
) -> None:
    """ACC-3, QRY-1, QRY-5, QRY-6, QRY-7, QRY-9, ALT-2, ALT-5, AUD-1, AUD-2, AUD-5, SAF-4."""
    affirm_rules(teller, teller.person)
    ask(teller)
    see_hits(teller, road.count)
    open_hit(teller)
    watch_plate(teller)
    road.deliver(live_service.url)
    link = mailed_link(inbox, teller.person.email)
    log_out(teller)
    follow_link(teller, link)
    log_out(teller)
    read_log(teller)


def affirm_rules(teller: Teller, person: Member) -> None:
    window = teller.window
    window.goto("/accounts/login/")
    teller.see("1-log-on")
    enter(window, person.username)
    teller.heading("Rules of behavior")
    teller.see("2-rules")
    window.get_by_role("button", name="I affirm").click()
    teller.heading("Home")
    teller.see("3-home")


def ask(teller: Teller) -> None:
    window = teller.window
    window.get_by_role("main").get_by_role("link", name="New query").click()
    window.get_by_label("Plate number").fill(ASKED)
    window.get_by_label("State of registration").select_option(label=STATE)
    window.locator("#id_reason").select_option(label="Criminal investigation")
    window.get_by_label("Case or subject").fill(CASE)
    window.get_by_text("Myself").click()
    window.get_by_text("Previous 5 years").click()
    teller.see("4-query")
    window.get_by_role("button", name="Search").click()


def see_hits(teller: Teller, count: int) -> None:
    window = teller.window
    teller.heading(f"{count} hits for {PLATE} {STATE}")
    expect(window.get_by_text("Corroborate before you act")).to_be_visible()
    expect(window.locator(".lpr-marker").first).to_be_visible()
    pictures = window.locator(".lpr-photograph img")
    expect(pictures).to_have_count(2 * 25)
    for place in range(4):
        assert_shown(pictures.nth(place))
    teller.see("5-hits")
    window.get_by_role("link", name="Page 2").click()
    expect(pictures).to_have_count(2 * (count - 25))
    teller.see("6-hits-page-2")


def open_hit(teller: Teller) -> None:
    window = teller.window
    window.get_by_role("link", name="Open this hit").first.click()
    teller.heading(f"{PLATE} {STATE}")
    assert_both_shown(window)
    teller.see("7-hit")


def watch_plate(teller: Teller) -> None:
    window = teller.window
    window.get_by_role("link", name="Watch this plate").click()
    expect(window.get_by_label("License plate")).to_have_value(ASKED)
    expect(window.get_by_text(CASE)).to_be_visible()
    teller.see("8-watch")
    window.get_by_role("button", name="Start watching").click()
    teller.heading(f"Alert for {WATCHED} {STATE}")
    expect(window.get_by_text("No new read of this plate so far")).to_be_visible()
    teller.see("9-alert")


def mailed_link(inbox: Inbox, address: str) -> str:
    """The link in the mail to `address`, which names plate and place and shows no photograph."""
    message = mail_to(inbox, address)
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert WATCHED in text
    assert "Delaware toll road camera" in text
    assert [part.get_content_type() for part in message.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
    ]
    (link,) = re.findall(r"http://\S+", text)
    return str(link)


def mail_to(inbox: Inbox, address: str) -> EmailMessage:
    wanted = 1
    while True:
        found = [one for one in inbox.wait_for(wanted) if one["To"] == address]
        if found:
            return found[0]
        wanted += 1


def log_out(teller: Teller) -> None:
    window = teller.window
    window.locator(".lpr-pop--user > summary").click()
    window.get_by_role("button", name="Log out").click()
    expect(window).to_have_url(re.compile("/accounts/login/"))


def follow_link(teller: Teller, link: str) -> None:
    """The mail's link needs log-on, and leads on to the match afterwards."""
    window = teller.window
    window.goto(link)
    expect(window).to_have_url(re.compile("/accounts/login/"))
    window.get_by_label("User name").fill(teller.person.username)
    log_on_here(window)
    teller.heading(re.compile(f"{PLATE} {STATE} was read .* ago"))
    assert_both_shown(window)
    teller.see("10-match")


def log_on_here(window: Page) -> None:
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Log on").click()
    window.get_by_role("button", name="I affirm").click()


def read_log(teller: Teller) -> None:
    window = teller.window
    log_on(window, teller.auditor.username)
    window.goto("/log/")
    teller.see("11-log")

    # Yesterday too: where the reader is, today may not have begun.
    today = datetime.now(UTC).date()
    days = today - timedelta(days=1), today
    find(window, days, user=teller.person.username)
    assert_all_there(OF_PERSON, rows(window))
    teller.see("12-log-of-person")

    find(window, days, plate=ASKED)
    assert_all_there(OF_PLATE, rows(window))
    teller.see("13-log-of-plate")

    find(window, (date(2020, 1, 1), date(2020, 1, 31)), user=teller.person.username)
    expect(window.get_by_role("heading", name="No entry fits")).to_be_visible()
    teller.see("14-log-empty")

    find(window, days, plate=ASKED)
    of_query = window.locator("tr", has_text=LABELS[Kind.QUERY_RUN]).first
    of_query.get_by_role("link").click()
    see_entry(teller)


def see_entry(teller: Teller) -> None:
    """AUD-2: who, what exactly, why, and how it was asked."""
    teller.heading(LABELS[Kind.QUERY_RUN])
    whole = teller.window.get_by_role("main")
    for part in (teller.person.full_name, PLATE, "US-PA", "criminal", CASE, "127.0.0.1", "Chrome"):
        expect(whole).to_contain_text(part)
    teller.see("15-log-entry")


def assert_all_there(kinds: tuple[Kind, ...], found: list[str]) -> None:
    assert [kind for kind in kinds if not any(LABELS[kind] in row for row in found)] == []


def assert_both_shown(window: Page) -> None:
    pictures = window.locator(".lpr-photograph img")
    expect(pictures).to_have_count(2)
    for picture in pictures.all():
        assert_shown(picture)


def assert_shown(picture: Locator) -> None:
    """The photograph was sent, decoded and drawn."""
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("picture => picture.naturalWidth") > 0


def find(window: Page, days: tuple[date, date], *, user: str = "", plate: str = "") -> None:
    start, end = days
    window.get_by_label("User").fill(user)
    window.get_by_label("Plate").fill(plate)
    window.get_by_label("From").fill(start.isoformat())
    window.get_by_label("To", exact=True).fill(end.isoformat())
    window.get_by_role("button", name="Find").click()


def rows(window: Page) -> list[str]:
    """Every row that fits, older ones included."""
    older = window.get_by_role("link", name="Older entries")
    while older.count():
        shown = window.locator("#event-rows > tr").count()
        older.click()
        expect(window.locator("#event-rows > tr").nth(shown)).to_be_attached()
    return window.locator("#event-rows > tr").all_inner_texts()
