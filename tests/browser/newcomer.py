"""Somebody's way into the service, step by step in a browser: asked, approved, registered."""

import re
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.accounts.access_world import ANSWERS, CHOSEN
from tests.accounts.test_access_forms import PDF
from tests.browser.conftest import Look
from tests.harness.mail import Inbox


@dataclass(frozen=True)
class Newcomer:
    """Who asks for access to New York; pictures of the way begin with `pictures`."""

    full_name: str
    email: str
    username: str
    pictures: str


def ask_for_access(window: Page, who: Newcomer, look: Look) -> None:
    """The public pages: the agency's code, then the request with its signed form."""
    window.goto("/accounts/login/")
    window.get_by_role("link", name="Ask for access").click()
    look(window, f"{who.pictures}-start")
    window.get_by_label("Agency code").fill("example")
    window.get_by_role("button", name="Continue").click()
    window.get_by_role("button", name="Send the request").click()
    expect(window.locator(".lpr-error-summary")).to_be_focused()
    look(window, f"{who.pictures}-request-faulty")
    window.get_by_label("Full name").fill(who.full_name)
    window.get_by_label("Work e-mail address").fill(who.email)
    window.get_by_label("Title").fill("Deportation Officer")
    window.get_by_label("Area of responsibility").select_option(label="New York")
    window.get_by_label("Why access is needed").fill("Fugitive cases.")
    window.get_by_label("Signed request form").set_input_files(
        {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    look(window, f"{who.pictures}-request")
    window.get_by_role("button", name="Send the request").click()
    expect(window.get_by_role("heading", level=1)).to_have_text("Your request was sent")
    look(window, f"{who.pictures}-requested")


def approve(window: Page, who: Newcomer, look: Look) -> None:
    """In the admin of a manager who is logged on."""
    window.goto("/admin/accounts/accessrequest/")
    look(window, f"{who.pictures}-admin-requests")
    window.get_by_role("link", name=who.full_name).click()
    look(window, f"{who.pictures}-admin-request")
    window.get_by_role("link", name="Approve this request").click()
    look(window, f"{who.pictures}-admin-approve")
    window.get_by_label("Component").select_option(label="ERO – Component ERO (EXAMPLE)")
    window.get_by_label("Reason").fill("In my unit.")
    window.get_by_role("button", name="Approve this request").click()
    expect(window.get_by_text("done and recorded")).to_be_visible()


def key_link(inbox: Inbox, who: Newcomer) -> str:
    """The link of the mail with the registration key, without the service's address."""
    wanted = 1
    while True:
        for letter in inbox.wait_for(wanted):
            text = letter.get_body(("plain",))
            assert text is not None
            found = re.search(r"(/accounts/register/#\S+)", text.get_content())
            if letter["To"] == who.email and found:
                return found[1]
        wanted += 1


def open_key(window: Page, link: str, look: Look, who: Newcomer) -> None:
    """The link fills in the key, and the page takes it out of the address."""
    window.goto(link)
    expect(window).to_have_url(re.compile("/accounts/register/$"))
    expect(window.get_by_label("Registration key")).not_to_have_value("")
    look(window, f"{who.pictures}-register")


def register(window: Page, who: Newcomer, *, username: str = "") -> None:
    """Fill in the open form and send it."""
    window.get_by_label("E-mail address").fill(who.email)
    window.get_by_label("User name").fill(username or who.username)
    window.locator("#id_password1").fill(CHOSEN)
    window.locator("#id_password2").fill(CHOSEN)
    for number, (question, answer) in enumerate(ANSWERS, start=1):
        window.get_by_label(f"Question {number}").select_option(question)
        window.get_by_label(f"Answer {number}").fill(answer)
    window.get_by_role("button", name="Register").click()
