"""Asking within the rules, as people meet it: the limit, a circle, whom it names, who reviews."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.roles import Role
from accounts.services.agencies import change_component, create_reason_code
from accounts.services.groups import add_member, create_group
from audit.actors import system
from queries.models import Offense
from tests.browser.conftest import DESK, PHONE, Look, Office, watched_page
from tests.browser.test_log_on import log_on
from tests.cast import NOW, Member, make_user
from tests.harness.processes import Running
from tests.queries.test_offenses import made

pytestmark = pytest.mark.browser

CASE = "Case 2026-0117, subject Q. Example"
COMMON = {"actor": system("tests"), "reason": "tests", "now": NOW}


@dataclass
class Bureau:
    """An office whose component goes by the offense, with a colleague, a supervisor and a group."""

    office: Office
    colleague: Member
    supervisor: Member


@pytest.fixture
def bureau(office: Office) -> Bureau:
    """Made anew for each test."""
    change_component(
        component=office.component,
        name="Operations",
        lookback_by_offense=True,
        max_lookback_years=None,
        lookback_source="tests",
        **COMMON,  # type: ignore[arg-type]
    )
    for code, years, note in (("fraud", 6, ""), ("capital", None, "No limitation.")):
        if not Offense.objects.filter(code=code).exists():
            made(code, title=code.title(), years=years, note=note)
    create_reason_code(
        agency=office.agency,
        code="criminal",
        label="Criminal investigation",
        **COMMON,  # type: ignore[arg-type]
    )
    suffix = office.agency.code.lower()
    where: dict[str, Any] = {"component": office.component, "aor": office.aor}
    supervisor = make_user(f"sam-{suffix}", "Sam Vane", [Role.SUPERVISOR], **where)
    colleague = make_user(f"cora-{suffix}", "Cora Bell", [Role.INVESTIGATOR], **where)
    office.investigator.supervisor = supervisor
    office.investigator.save(update_fields=["supervisor"])
    group = create_group(aor=office.aor, name="Harbor", purpose="Thefts", **COMMON)  # type: ignore[arg-type]
    for user in (office.investigator, colleague):
        add_member(group=group, user=user, **COMMON)  # type: ignore[arg-type]
    return Bureau(office, colleague, supervisor)


@pytest.fixture(params=["desk", "phone"])
def window(
    request: pytest.FixtureRequest, chromium: Browser, live_service: Running
) -> Iterator[Page]:
    size = {"desk": DESK, "phone": PHONE}[request.param]
    with watched_page(chromium, live_service.url, size) as page:
        yield page


@dataclass
class Teller:
    """A window in which the story is told; each page is looked over and pictured."""

    window: Page
    look: Look
    size: str

    def see(self, name: str) -> None:
        self.look(self.window, f"asking-{name}-{self.size}")

    def shows(self, words: str) -> None:
        expect(self.window.get_by_role("main")).to_contain_text(words)

    def change_to(self, person: Member) -> None:
        self.window.context.clear_cookies()
        log_on(self.window, person.username)


@pytest.fixture
def teller(window: Page, look: Look, request: pytest.FixtureRequest) -> Teller:
    return Teller(window, look, request.node.callspec.params["window"])


def test_rules_show_as_one_asks_and_reach_everybody_they_concern(
    teller: Teller, bureau: Bureau
) -> None:
    """QRY-1, QRY-3, QRY-4, QRY-13, SAF-4."""
    teller.change_to(bureau.office.investigator)
    see_the_limit_move(teller)
    name_a_colleague(teller)
    draw_a_circle(teller)
    search(teller)
    name_and_delete(teller)
    teller.change_to(bureau.colleague)
    object_to_it(teller)
    teller.change_to(bureau.supervisor)
    review_it(teller)


def see_the_limit_move(teller: Teller) -> None:
    window = teller.window
    window.goto("/queries/new/")
    window.get_by_label("Plate number").fill("abc-123")
    window.get_by_label("State of registration").select_option(label="Pennsylvania")
    window.locator("#id_reason").select_option(label="Criminal investigation")
    window.get_by_label("Case or subject").fill(CASE)
    limit = window.locator("#time-limit")
    expect(limit).to_contain_text("Choose the offense first")
    teller.see("1-form")
    offense = window.get_by_label("Offense under investigation")
    offense.select_option("fraud")
    expect(limit).to_contain_text("a limitation of 6 years: from")
    window.get_by_text("Two dates").click()
    window.get_by_label("First day").fill("2010-01-01")
    window.get_by_label("Last day").fill("2010-02-01")
    expect(limit).to_contain_text("The dates you chose begin before that")
    teller.see("2-too-long")
    window.get_by_text("Previous 60 days").click()
    expect(limit).not_to_contain_text("begin before that")
    offense.select_option("capital")
    expect(limit).to_contain_text("your supervisor will review")


def name_a_colleague(teller: Teller) -> None:
    window = teller.window
    window.get_by_text("A colleague who uses this service").click()
    window.get_by_role("combobox", name="Colleague").fill("cora")
    window.get_by_role("option", name="Cora Bell").click()


def draw_a_circle(teller: Teller) -> None:
    window = teller.window
    window.get_by_text("Within a circle").click()
    picker = window.locator("[data-circle-picker]")
    picker.scroll_into_view_if_needed()
    expect(picker.locator(".leaflet-control-scale")).to_be_visible()
    picker.click(position={"x": 120, "y": 120})
    latitude = window.get_by_label("Latitude of the center")
    expect(latitude).not_to_have_value("")
    expect(window.get_by_label("Radius in miles")).to_have_value("5")
    chosen = latitude.input_value()
    window.get_by_role("button", name="Use the middle of the map").focus()
    window.keyboard.press("Enter")
    expect(latitude).not_to_have_value(chosen)
    window.get_by_label("Share this question with a group").select_option(label="Harbor")
    teller.see("3-filled")


def search(teller: Teller) -> None:
    teller.window.get_by_role("button", name="Search").click()
    expect(teller.window.get_by_role("heading", level=1)).to_contain_text("0 hits")
    teller.shows("for Cora Bell")
    teller.shows("Within 5.00 miles of")
    teller.see("4-answer")


def name_and_delete(teller: Teller) -> None:
    window = teller.window
    window.goto("/queries/")
    teller.shows("Harbor")
    teller.see("5-recent")
    window.get_by_role("link", name="Name, share").click()
    window.get_by_label("Name", exact=True).fill("Grey van")
    teller.see("6-name-and-share")
    window.get_by_role("button", name="Save").click()
    teller.shows("Grey van")
    window.get_by_role("checkbox").focus()
    window.keyboard.press("Space")
    window.get_by_role("button", name="Delete those ticked").click()
    teller.see("7-delete")


def object_to_it(teller: Teller) -> None:
    window = teller.window
    window.goto("/queries/in-my-name/")
    teller.see("8-in-my-name")
    window.get_by_role("link", name="See what was asked").click()
    teller.shows(CASE)
    window.get_by_label("Why you object").fill("I asked for nothing.")
    teller.see("9-object")
    window.get_by_role("button", name="Object to this query").click()
    teller.shows("You objected on")


def review_it(teller: Teller) -> None:
    window = teller.window
    window.goto("/queries/reviews/")
    teller.shows("Offense without limitation")
    teller.see("10-reviews")
    window.get_by_role("row", name="objects").get_by_role("link").click()
    teller.shows("I asked for nothing.")
    window.get_by_text("Not in order: spoken").click()
    window.get_by_label("Reason").fill("Spoke with both.")
    teller.see("11-review")
    window.get_by_role("button", name="Record what you find").click()
    window.goto("/queries/reviews/?state=done")
    teller.shows("spoken with the person")
    teller.see("12-reviewed")


def test_vendor_verifies_an_offense(page: Page, cast: object, look: Look) -> None:
    if not Offense.objects.filter(code="arson-x").exists():
        made("arson-x", citation="18 U.S.C. 3295", title="Arson", years=10, verified=False)
    row = Offense.objects.get(code="arson-x")
    log_on(page, "vendor")
    page.goto("/admin/queries/offense/")
    look(page, "offenses-1-list")
    page.goto(f"/admin/queries/offense/{row.pk}/verify/")
    look(page, "offenses-2-verify")
