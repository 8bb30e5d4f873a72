"""Asking for access, deciding, registering: in a real browser, on a desk and on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.accounts.access_world import CHOSEN, ask
from tests.browser.conftest import Axe, Look, Screenshot
from tests.browser.newcomer import Newcomer, approve, ask_for_access, key_link, open_key, register
from tests.browser.test_log_on import enter, log_on
from tests.cast import Cast
from tests.harness.mail import Inbox

pytestmark = pytest.mark.browser


def test_from_the_request_to_the_log_on(
    page: Page, phone: Page, cast: Cast, look: Look, inbox: Inbox
) -> None:
    """ACC-4, ACC-5, SAF-4."""
    nora = Newcomer("Nora Ek", "nora.ek@example.test", "nora.ek", "access")
    ask_for_access(phone, nora, look)
    log_on(page, cast.manager.username)
    approve(page, nora, look)
    open_key(phone, key_link(inbox, nora), look, nora)
    register(phone, nora, username=cast.investigator.username)
    expect(phone.get_by_label("User name")).to_have_accessible_description(re.compile("taken"))
    look(phone, "access-register-taken")
    register(phone, nora)
    expect(phone.get_by_text("You are registered")).to_be_visible()
    enter(phone, nora.username, CHOSEN)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Rules of behavior")


def test_managing_people_and_groups(
    page: Page, cast: Cast, axe: Axe, screenshot: Screenshot
) -> None:
    """ACC-9, ACC-12, SAF-4."""
    ask(cast)
    log_on(page, cast.manager.username)
    page.goto("/admin/accounts/user/")
    axe(page)
    screenshot(page, "admin-people")
    page.get_by_role("link", name="Add a person").click()
    axe(page)
    screenshot(page, "admin-add-person")
    page.goto(f"/admin/accounts/user/{cast.investigator.pk}/change/")
    screenshot(page, "admin-person")
    page.get_by_role("link", name="Delete this account for ever").click()
    axe(page)
    screenshot(page, "admin-person-close")
    page.goto(f"/admin/accounts/user/{cast.investigator.pk}/edit/")
    axe(page)
    screenshot(page, "admin-person-edit")
    page.goto("/admin/accounts/usergroup/add-group/")
    page.get_by_label("Name").fill("Task Force Harbor")
    page.get_by_label("Purpose").fill("Cargo thefts")
    page.get_by_label("Reason").fill("Order 12")
    screenshot(page, "admin-add-group")
    page.get_by_role("button", name="Make a group").click()
    page.get_by_role("link", name="Task Force Harbor").click()
    page.get_by_role("link", name="Add a member").click()
    page.get_by_label("Person").select_option(str(cast.investigator.pk))
    page.get_by_label("Reason").fill("Detailed to it")
    page.get_by_role("button", name="Add a member").click()
    expect(page.get_by_text("Alice Moreno")).to_be_visible()
    screenshot(page, "admin-group")
