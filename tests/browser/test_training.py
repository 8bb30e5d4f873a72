"""Training and certification in a real browser (ACC-8, ACC-15)."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Certification, TrainingRecord
from accounts.services.training import create_course
from audit.actors import system
from tests.browser.conftest import Axe, Screenshot
from tests.browser.test_log_on import log_on
from tests.cast import NOW, Cast, train

pytestmark = pytest.mark.browser


@pytest.fixture
def yearly(cast: Cast) -> None:
    """A yearly course that the supervisor's completion runs out of, and nobody else has."""
    create_course(
        actor=system("tests"),
        agency=None,
        code="LPR-PRIV",
        title="Privacy and security, yearly",
        covers=["privacy_security"],
        validity_months=12,
        is_required=True,
        reason="tests",
        now=NOW,
    )
    ran_out = timezone.now().date() - timedelta(days=340)
    if ran_out <= NOW.date():
        train(cast.supervisor, course="LPR-PRIV", on=ran_out)
    train(cast.suspended, course="LPR-PRIV", on=date(2024, 2, 29))


def test_import_opens_queries_to_who_was_kept_out(
    page: Page, cast: Cast, yearly: None, axe: Axe, screenshot: Screenshot
) -> None:
    log_on(page, cast.investigator.username)
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="New query").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your training is not current")
    axe(page)
    screenshot(page, "training-missing")
    page.get_by_role("link", name="See all your training").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My training")
    axe(page)
    screenshot(page, "training-own")
    page.context.clear_cookies()

    log_on(page, cast.manager.username)
    page.goto("/admin/accounts/trainingrecord/")
    screenshot(page, "training-list")
    page.get_by_role("link", name="Import a file").click()
    screenshot(page, "training-import")
    rows = [
        "Course code;User name;E-mail;Full name;Completed on;Certificate",
        "LPR-PRIV;investigator;;Alice Moreno;2 Feb 2026;C-1042",
        "LPR-PRIV;;nora.ek@example.test;Nora Ek;2026-02-02;",
        "LPR-PRIV;manager;;;03/04/2026;",
        "LPR-PRIV;colleague;;;2026-02-02;",
        "COOKING;investigator;;;2026-02-02;",
        "LPR-USE;supervisor;;;2020-01-13;C-7",
    ]
    page.get_by_label("File").set_input_files(
        {"name": "lms.csv", "mimeType": "text/csv", "buffer": "\r\n".join(rows).encode()}
    )
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_text("This is March 4 or April 3")).to_be_visible()
    screenshot(page, "training-preview")
    page.get_by_role("button", name="Import 3 completions").click()
    expect(page.get_by_text("The file was imported and recorded.")).to_be_visible()
    assert TrainingRecord.objects.filter(course__code="LPR-PRIV", user=cast.investigator).exists()

    page.get_by_role("link", name="Users against records").click()
    expect(page.get_by_text("Nora Ek")).to_be_visible()
    screenshot(page, "training-comparison")
    page.context.clear_cookies()

    log_on(page, cast.investigator.username)
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="New query").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Your training is not current")


def test_certification_is_signed(page: Page, cast: Cast, screenshot: Screenshot) -> None:
    log_on(page, cast.manager.username)
    page.goto("/admin/accounts/certification/")
    screenshot(page, "certification-list")
    page.get_by_role("link", name="Certify New York").click()
    # Other tests may have brought more people to New York.
    for keeps in page.get_by_label("keeps the account").all():
        keeps.check()
    page.get_by_role("row", name="Sam Okafor").get_by_label("remove, because").check()
    page.get_by_label("Signature").fill("Grace Whitfield")
    page.get_by_role("button", name="Sign the certification").click()
    expect(page.get_by_text("Say why Sam Okafor's account is removed.")).to_be_visible()
    screenshot(page, "certification-sign")
    page.get_by_label("Why Sam Okafor's account is removed").fill("Left the agency")
    page.get_by_role("button", name="Sign the certification").click()
    expect(page.get_by_text("Signed and recorded.")).to_be_visible()
    screenshot(page, "certification-signed")
    assert Certification.objects.get().removed == 1
