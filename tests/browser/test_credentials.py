"""Passwords, security questions and second factors in a real browser, under the content policy."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from accounts.security_questions import text_of
from accounts.services import recovery
from audit.kinds import Kind
from tests.audited import events_of
from tests.browser.conftest import DESK, PHONE, Axe, Office, Screenshot, watched_page
from tests.browser.test_log_on import enter, log_on
from tests.cast import PASSWORD
from tests.harness.mail import Inbox
from tests.harness.processes import Running

pytestmark = pytest.mark.browser

ANSWERS = [
    ("first-boss", "Marguerite"),
    ("first-concert", "The Paper Kites"),
    ("grandparent-job", "Lighthouse keeper"),
]
NEW = "seven-wet-umbrellas-sing"


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def window(
    request: pytest.FixtureRequest, chromium: Browser, live_service: Running
) -> Iterator[Page]:
    """A window of each size on the service under a name: security keys know no addresses."""
    url = live_service.url.replace("127.0.0.1", "localhost")
    with watched_page(chromium, url, request.param) as page:
        yield page


def plug_in_key(page: Page) -> None:
    """Give the browser a virtual security key that a person always touches."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasResidentKey": False,
        "hasUserVerification": False,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def size_of(page: Page) -> str:
    """What the window is like, for the names of pictures."""
    size = page.viewport_size
    return "phone" if size and size["width"] < DESK[0] else "desk"


def heading(page: Page, text: str) -> None:
    """The page has this heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_forgotten_password_to_new_one(
    window: Page, office: Office, inbox: Inbox, axe: Axe, screenshot: Screenshot
) -> None:
    """ACC-6."""
    size = size_of(window)
    user = office.investigator
    recovery.set_answers(user=user, answers=ANSWERS, now=timezone.now())

    window.goto("/accounts/login/")
    window.get_by_role("link", name="Forgotten your password?").click()
    heading(window, "Forgotten password")
    axe(window)
    screenshot(window, f"forgotten-{size}")
    window.get_by_label("User name").fill(office.investigator.username)
    window.get_by_role("button", name="Continue").click()

    heading(window, "Security question")
    field = window.get_by_role("textbox")
    field.fill("wrong")
    window.get_by_role("button", name="Send a temporary password").click()
    expect(window.locator(".lpr-error-summary")).to_be_focused()
    axe(window)
    screenshot(window, f"question-wrong-{size}")
    label = window.locator("form.lpr-form label").inner_text().removesuffix("*").strip()
    said = {text_of(question): answer for question, answer in ANSWERS}[label]
    window.get_by_role("textbox").fill(said.upper())
    window.get_by_role("button", name="Send a temporary password").click()
    heading(window, "Look into your mail")
    axe(window)
    screenshot(window, f"password-sent-{size}")

    mails = inbox.wait_for(2)
    own = next(mail for mail in mails if user.email in str(mail["To"]))
    assert any(office.manager.email in str(mail["To"]) for mail in mails)
    body = own.get_body(("plain",))
    assert body is not None
    found = re.search(r"^\s+([A-Z2-7-]{31})\s*$", body.get_content(), re.MULTILINE)
    assert found

    enter(window, office.investigator.username, found[1])
    heading(window, "Choose a new password")
    axe(window)
    window.get_by_label("New password", exact=False).first.fill("short")
    window.get_by_label("New password, again").fill("short")
    window.get_by_role("button", name="Change password and go on").click()
    expect(window.locator(".lpr-error-summary")).to_contain_text("at least 15 characters")
    axe(window)
    screenshot(window, f"new-password-{size}")
    window.get_by_label("New password", exact=False).first.fill(NEW)
    window.get_by_label("New password, again").fill(NEW)
    window.get_by_role("button", name="Change password and go on").click()
    heading(window, "Rules of behavior")
    window.get_by_role("button", name="I affirm").click()
    heading(window, "Home")


def test_demanded_factor_is_enrolled_as_an_app(
    window: Page, office: Office, axe: Axe, screenshot: Screenshot
) -> None:
    """ACC-7."""
    size = size_of(window)
    office.demand_second_factor()
    enter(window, office.investigator.username)
    heading(window, "Set up a second factor")
    axe(window)
    screenshot(window, f"enroll-{size}")
    # The QR code is shown: the content policy allows it.
    assert window.locator("img.lpr-qr").evaluate("image => image.naturalWidth > 0")
    secret = window.locator("section code").first.inner_text().replace(" ", "")
    code = format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))
    window.get_by_label("Code", exact=False).fill(code)
    window.get_by_role("button", name="Set up the app").click()
    heading(window, "Your recovery codes")
    axe(window)
    screenshot(window, f"recovery-codes-{size}")
    window.get_by_role("button", name="I have kept the codes").click()
    heading(window, "Rules of behavior")
    window.get_by_role("button", name="I affirm").click()
    heading(window, "Home")


def test_demanded_factor_is_enrolled_as_a_key_and_used(
    window: Page, office: Office, axe: Axe, screenshot: Screenshot
) -> None:
    """ACC-7: a security key under the strict content policy."""
    size = size_of(window)
    office.demand_second_factor()
    plug_in_key(window)
    enter(window, office.investigator.username)
    window.get_by_role("button", name="Set up a key").click()
    heading(window, "Your recovery codes")
    window.get_by_role("button", name="I have kept the codes").click()
    window.get_by_role("button", name="I affirm").click()
    heading(window, "Home")

    window.goto("/accounts/logout/")
    window.get_by_role("main").get_by_role("button", name="Log out").click()
    enter(window, office.investigator.username)
    expect(window).to_have_url(re.compile("/accounts/2fa/authenticate/"))
    axe(window)
    screenshot(window, f"second-factor-{size}")
    window.get_by_role("button", name="Use a security key").click()
    heading(window, "Rules of behavior")
    window.get_by_role("button", name="I affirm").click()
    heading(window, "Home")
    assert "webauthn" in events_of(Kind.SESSION_LOGIN)[-1].fields["auth"]


def test_own_factors_are_managed_in_the_pages(
    window: Page, office: Office, axe: Axe, screenshot: Screenshot
) -> None:
    """ACC-7: key and app by one's own choice; every page of it is accessible."""
    size = size_of(window)
    plug_in_key(window)
    log_on(window, office.investigator.username)
    window.goto("/accounts/2fa/")
    axe(window)
    screenshot(window, f"factors-{size}")
    window.goto("/accounts/2fa/webauthn/add/")
    heading(window, "Confirm that it is you")
    axe(window)
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Confirm").click()
    expect(window).to_have_url(re.compile("/webauthn/add/"))
    axe(window)
    screenshot(window, f"key-add-{size}")
    window.locator("#mfa_webauthn_add").click()
    expect(window).to_have_url(re.compile("/recovery-codes/"))
    axe(window)
    screenshot(window, f"codes-{size}")
    for address, name in (
        ("/accounts/2fa/webauthn/", "keys"),
        ("/accounts/2fa/totp/activate/", "app-add"),
        ("/accounts/2fa/recovery-codes/generate/", "codes-new"),
        ("/accounts/security-questions/", "questions"),
        ("/accounts/password/change/", "password-change"),
    ):
        window.goto(address)
        axe(window)
        screenshot(window, f"{name}-{size}")
    assert User.objects.filter(pk=office.investigator.pk, authenticator__type="webauthn").exists()


def test_manager_unlocks_in_the_admin(
    window: Page, office: Office, axe: Axe, screenshot: Screenshot
) -> None:
    """ACC-11."""
    size = size_of(window)
    for _ in range(5):
        enter(window, office.investigator.username, "not the password")
    enter(window, office.investigator.username)
    expect(window.locator(".lpr-error-summary")).to_contain_text("Too many failed attempts")
    axe(window)
    screenshot(window, f"locked-{size}")
    log_on(window, office.manager.username)
    window.goto(f"/admin/accounts/user/{office.investigator.pk}/unlock/")
    axe(window)
    screenshot(window, f"unlock-{size}")
    window.get_by_label("Reason").fill("She called me")
    window.get_by_role("main").get_by_role("button").first.click()
    window.goto("/accounts/logout/")
    window.get_by_role("main").get_by_role("button", name="Log out").click()
    log_on(window, office.investigator.username)
