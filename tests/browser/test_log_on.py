"""Logging on in a real browser, on a desk and on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Axe, Screenshot
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.browser


def enter(window: Page, username: str, password: str = PASSWORD) -> None:
    """Fill in the log-on form and send it."""
    window.goto("/accounts/login/")
    window.get_by_label("User name").fill(username)
    window.get_by_label("Password").fill(password)
    window.get_by_role("button", name="Log on").click()


def log_on(window: Page, username: str) -> None:
    """Log on and affirm the rules."""
    enter(window, username)
    window.get_by_role("button", name="I affirm").click()
    expect(window.get_by_role("heading", level=1)).to_have_text("Home")


def test_log_on_shows_the_rules_and_then_the_person(
    page: Page, cast: Cast, axe: Axe, screenshot: Screenshot
) -> None:
    """ACC-3, SAF-4."""
    page.goto("/accounts/login/")
    axe(page)
    screenshot(page, "log-on")

    enter(page, cast.investigator.username)
    expect(page.get_by_role("heading", level=1)).to_have_text("Rules of behavior")
    axe(page)
    screenshot(page, "rules")
    # A click on the page is no reason to draw a ring around all of it.
    page.get_by_role("heading", level=1).click()
    expect(page.locator("main")).to_be_focused()
    expect(page.locator("main")).to_have_css("outline-style", "none")

    page.get_by_role("button", name="I affirm").click()
    expect(page.get_by_role("navigation", name="Sections")).to_contain_text("New query")
    axe(page)
    screenshot(page, "home")


def test_wrong_password_takes_the_focus_to_what_is_wrong(page: Page, cast: Cast, axe: Axe) -> None:
    enter(page, cast.investigator.username, "not the password")

    summary = page.locator(".lpr-error-summary")
    expect(summary).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    axe(page)


def test_declining_the_rules_logs_out(page: Page, cast: Cast) -> None:
    """ACC-3."""
    enter(page, cast.investigator.username)
    page.get_by_role("button", name="Decline and log out").click()
    page.goto("/queries/new/")

    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_menu_of_a_phone_opens_by_keyboard_and_closes_by_escape(
    phone: Page, cast: Cast, axe: Axe, screenshot: Screenshot
) -> None:
    """SAF-4."""
    log_on(phone, cast.investigator.username)
    menu = phone.locator("summary", has_text="Menu")
    menu.focus()
    menu.press("Enter")
    expect(phone.get_by_role("navigation", name="Menu")).to_be_visible()
    axe(phone)
    screenshot(phone, "home-phone")

    phone.keyboard.press("Escape")
    expect(phone.get_by_role("navigation", name="Menu")).to_be_hidden()


def test_query_form_shows_dates_and_officer_only_when_chosen(
    page: Page, cast: Cast, axe: Axe, screenshot: Screenshot
) -> None:
    """QRY-1."""
    log_on(page, cast.investigator.username)
    page.goto("/queries/new/")
    expect(page.get_by_label("First day")).to_be_hidden()

    page.get_by_text("Two dates").click()
    page.get_by_text("Another officer or agent").click()

    expect(page.get_by_label("First day")).to_be_visible()
    expect(page.get_by_label("Officer's first and last name")).to_be_visible()
    expect(page.get_by_label("Officer's unit")).to_be_visible()
    axe(page)
    screenshot(page, "query-form")


def test_empty_query_names_each_missing_field_beside_it(
    page: Page, cast: Cast, axe: Axe, screenshot: Screenshot
) -> None:
    """QRY-1: what is missing is named, beside its field, and nothing is searched."""
    log_on(page, cast.investigator.username)
    page.goto("/queries/new/")
    page.get_by_role("button", name="Search").click()

    plate = page.get_by_role("textbox", name="Plate number")
    expect(plate).to_have_accessible_description(re.compile("Enter the whole plate number"))
    page.get_by_role("link", name=re.compile("^Plate number")).click()
    expect(plate).to_be_focused()
    axe(page)
    screenshot(page, "query-form-refused")
