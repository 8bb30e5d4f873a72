"""The story of one account, as people would tell it: asked for, opened, trained, used, ended."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import Termination, TerminationState
from tests.accounts.access_world import CHOSEN
from tests.browser.conftest import DESK, PHONE, Look, watched_page
from tests.browser.newcomer import Newcomer, approve, ask_for_access, key_link, open_key, register
from tests.browser.test_governance import LIST
from tests.browser.test_log_on import enter, log_on
from tests.browser.test_states import ask
from tests.cast import COURSE, Cast, Member
from tests.harness.mail import Inbox
from tests.harness.processes import Running
from tests.story import PLATE, STATE, Road

pytestmark = pytest.mark.browser
INES = Newcomer("Ines Falk", "ines.falk@example.test", "ines.falk", "governance-1")


@dataclass
class Tellers:
    """The newcomer on a phone, the manager at a desk; each page is looked over and pictured."""

    newcomer: Page
    manager: Page
    boss: Member
    look: Look

    def see(self, window: Page, name: str) -> None:
        self.look(window, f"governance-{name}")


@pytest.fixture
def tellers(chromium: Browser, live_service: Running, cast: Cast, look: Look) -> Iterator[Tellers]:
    with (
        watched_page(chromium, live_service.url, PHONE) as phone,
        watched_page(chromium, live_service.url, DESK) as desk,
    ):
        yield Tellers(phone, desk, cast.manager, look)


def test_story_of_an_account(tellers: Tellers, road: Road, inbox: Inbox) -> None:
    """ACC-3, ACC-4, ACC-5, ACC-8, ACC-10, ACC-13, SAF-4."""
    ask_for_access(tellers.newcomer, INES, tellers.look)
    log_on(tellers.manager, tellers.boss.username)
    see_board(tellers)
    approve(tellers.manager, INES, tellers.look)
    open_key(tellers.newcomer, key_link(inbox, INES), tellers.look, INES)
    register(tellers.newcomer, INES)
    expect(tellers.newcomer.get_by_text("You are registered")).to_be_visible()
    log_on_first(tellers)
    be_kept_out(tellers)
    import_training(tellers)
    ask_first_query(tellers, road.count)
    found = enter_request(tellers)
    carry_out(tellers, found)
    be_cut_off(tellers)


def heading(window: Page, text: str | re.Pattern[str]) -> None:
    expect(window.get_by_role("heading", level=1)).to_have_text(text)


def see_board(tellers: Tellers) -> None:
    window = tellers.manager
    window.goto("/admin/")
    expect(window.locator("#board-requests")).to_contain_text("Oldest:")
    tellers.see(window, "2-board-request")


def log_on_first(tellers: Tellers) -> None:
    window = tellers.newcomer
    enter(window, INES.username, CHOSEN)
    heading(window, "Rules of behavior")
    tellers.see(window, "3-rules")
    window.get_by_role("button", name="I affirm").click()


def be_kept_out(tellers: Tellers) -> None:
    """Home says what is missing; the page of queries is closed, and says why and what to do."""
    window = tellers.newcomer
    heading(window, "Home")
    expect(window.get_by_role("main")).to_contain_text("Training is missing")
    tellers.see(window, "4-home-untrained")
    window.goto("/queries/new/")
    heading(window, "Your training is not current")
    expect(window.get_by_role("main")).to_contain_text("Use of the license plate service")
    expect(window.get_by_role("main")).to_contain_text(tellers.boss.full_name)
    tellers.see(window, "5-query-closed")


def import_training(tellers: Tellers) -> None:
    """A file of the training system: uploaded, shown, confirmed."""
    window = tellers.manager
    window.goto("/admin/accounts/trainingrecord/")
    tellers.see(window, "6-training")
    window.get_by_role("link", name="Import a file").click()
    tellers.see(window, "7-import")
    day = (timezone.now() - timedelta(days=2)).date().isoformat()
    text = (
        "Course code,User name,E-mail,Full name,Completed on,Certificate\r\n"
        f"{COURSE},,{INES.email},{INES.full_name},{day},C-2001\r\n"
        f"COOKING,,{INES.email},{INES.full_name},{day},C-2002\r\n"
    )
    window.get_by_label("File").set_input_files(
        {"name": "lms.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    window.get_by_role("button", name="Read the file").click()
    expect(window.get_by_role("button", name="Import 1 completion")).to_be_visible()
    expect(window.get_by_text("Unknown course").first).to_be_visible()
    tellers.see(window, "8-preview")
    window.get_by_role("button", name="Import 1 completion").click()
    expect(window.get_by_text("The file was imported and recorded.")).to_be_visible()
    tellers.see(window, "9-imported")


def ask_first_query(tellers: Tellers, count: int) -> None:
    """In the session that was open all the while."""
    window = tellers.newcomer
    ask(window)
    heading(window, f"{count} hits for {PLATE} {STATE}")
    expect(window.locator(".lpr-photograph img").first).to_be_visible()
    tellers.see(window, "10-hits")


def enter_request(tellers: Tellers) -> Termination:
    """It came by mail a minute ago; the account is hardly older."""
    window = tellers.manager
    window.goto(f"{LIST}enter/")
    window.get_by_label("Person").fill(INES.username)
    window.get_by_label("Who asked").fill("Headquarters <hq@example.test>")
    received = timezone.now().astimezone(ZoneInfo(tellers.boss.timezone))
    window.get_by_label("Received at").fill(received.strftime("%Y-%m-%dT%H:%M:%S"))
    window.get_by_label("Reason").fill("Left the agency")
    tellers.see(window, "11-termination-enter")
    window.get_by_role("button", name="Enter a request received by e-mail").click()
    expect(window.locator(".messagelist")).to_contain_text("done and recorded")
    found = Termination.objects.get(user__username=INES.username)
    window.goto("/admin/")
    countdown = window.locator(f"#countdown-{found.pk}")
    expect(countdown).to_have_text(re.compile(r"^2[34] h( \d+ min)? left$"))
    expect(countdown).to_have_class(re.compile("lpr-countdown--calm"))
    assert countdown.evaluate("one => getComputedStyle(one).backgroundColor") != "rgba(0, 0, 0, 0)"
    tellers.see(window, "12-board-countdown")
    return found


def carry_out(tellers: Tellers, found: Termination) -> None:
    # Until now nothing is cut.
    tellers.newcomer.goto("/queries/")
    heading(tellers.newcomer, "Recent queries")
    window = tellers.manager
    window.goto(f"{LIST}{found.pk}/change/")
    window.get_by_role("link", name="Carry it out: end the access now").click()
    tellers.see(window, "13-carry-out")
    window.get_by_label("Reason").fill("Confirmed with headquarters")
    window.get_by_role("button", name="Carry it out: end the access now").click()
    expect(window.locator(".field-took")).to_contain_text("min")
    tellers.see(window, "14-carried-out")
    found.refresh_from_db()
    assert found.state == TerminationState.DONE


def be_cut_off(tellers: Tellers) -> None:
    """The open session ends with the very next request, and no other begins."""
    window = tellers.newcomer
    window.goto("/queries/")
    expect(window).to_have_url(re.compile("/accounts/login/"))
    tellers.see(window, "15-session-ended")
    enter(window, INES.username, CHOSEN)
    expect(window.locator(".lpr-error-summary")).to_be_focused()
    tellers.see(window, "16-log-on-refused")
