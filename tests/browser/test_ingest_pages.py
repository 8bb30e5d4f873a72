"""The vendor's pages about feeds, quarantine, rules and coverage, looked over at both widths
(ING-1, ING-4, ING-5, ING-6, ING-7, SAF-4)."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from ingest.models import Batch, QuarantinedRead
from tests.browser.conftest import DESK, PHONE, Look, watched_page
from tests.browser.test_log_on import log_on
from tests.cast import Cast
from tests.harness.processes import Running
from tests.ingest.feed import Feed, make_feed, payload

pytestmark = pytest.mark.browser
ADMIN = "/admin/ingest/"


@pytest.fixture(scope="module")
def delivered(cast: Cast) -> Feed:
    """A feed with a read stored, three in quarantine, and a delivery turned away."""
    feed = make_feed("PHL-TOLL")
    feed.store(
        payload(plate="SEEN 1"),
        payload(plate=""),
        payload(plate="NEW 1", camera="NOBODY"),
        payload(plate="NEW 2", camera="NOBODY"),
        now=timezone.now(),
    )
    return feed


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def window(
    request: pytest.FixtureRequest, chromium: Browser, live_service: Running, cast: Cast
) -> Iterator[Page]:
    """The vendor's window of each size."""
    with watched_page(chromium, live_service.url, request.param) as page:
        log_on(page, cast.vendor.username)
        yield page


def named(page: Page, name: str) -> str:
    size = page.viewport_size
    return f"{name}-{'desk' if size and size['width'] == DESK[0] else 'phone'}"


@pytest.mark.parametrize(
    "noun",
    [
        "source",
        "batch",
        "quarantinedread",
        "quarantinejob",
        "camera",
        "feedkey",
        "jurisdictionrule",
        "geodataset",
        "errorreport",
    ],
)
def test_lists(window: Page, delivered: Feed, look: Look, noun: str) -> None:
    response = window.goto(f"{ADMIN}{noun}/")
    assert response is not None
    assert response.status == 200
    expect(window.get_by_role("heading", level=1)).to_have_count(1)
    look(window, named(window, f"ingest-{noun}"))


def test_pages_of_one_object(window: Page, delivered: Feed, look: Look) -> None:
    quarantined = QuarantinedRead.objects.filter(source=delivered.source).first()
    batch = Batch.objects.filter(source=delivered.source).first()
    assert quarantined is not None
    assert batch is not None
    for noun, key in (
        ("source", delivered.source.pk),
        ("batch", batch.pk),
        ("quarantinedread", quarantined.pk),
        ("camera", delivered.fixed.pk),
        ("feedkey", delivered.issued.key.pk),
    ):
        response = window.goto(f"{ADMIN}{noun}/{key}/change/")
        assert response is not None
        assert response.status == 200
        look(window, named(window, f"ingest-{noun}-one"))


@pytest.mark.parametrize("page", ["source/new", "jurisdictionrule/new"])
def test_forms(window: Page, look: Look, page: str) -> None:
    window.goto(f"{ADMIN}{page}/")
    look(window, named(window, f"ingest-{page.replace('/', '-')}"))


def test_coverage(window: Page, delivered: Feed, look: Look) -> None:
    window.goto("/coverage/")
    window.get_by_label("Table by").select_option("area")
    window.get_by_role("button", name="Show").click()
    expect(window.get_by_role("heading", name="By metropolitan area")).to_be_visible()
    window.get_by_role("link", name="Place").click()
    expect(window.locator("th[aria-sort=ascending]")).to_have_text("Place ▲")
    look(window, named(window, "coverage"))
