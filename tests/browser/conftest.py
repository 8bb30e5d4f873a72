"""A browser for tests: Debian's Chromium, driven by Playwright, looked over by axe-core.

`page` is a desk's window and `phone` a phone's, each in a browser profile of its own, on the
running service: web, worker, database, broker and mail server. It is started once for all tests of
this folder, and `cast` and `road` are made once with it: what a test does, later ones may find. At
the end of each test the fixture fails it if any page logged an error, broke the content policy or
asked another host for anything (SAF-2).

`axe(page)` fails on any violation of WCAG 2.1 AA (SAF-4). `screenshot(page, "name")` leaves a
picture in ``var/screenshots/``. `look(page, "name")` does both, and fails on what is too wide.

Playwright's `wait_for_function` is blocked by the content policy: wait for selectors.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_django
import redis
from aiosmtpd.controller import Controller
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from accounts.models import Agency, Aor, Component
from accounts.roles import Role
from accounts.services.agencies import create_agency, create_aor, create_component
from accounts.services.log_on_policy import set_log_on_policy
from audit.actors import system
from lprsvc.runtime import commands
from tests.cast import NOW, Cast, Member, QuickHasher, build_cast, make_user
from tests.harness.database import create_anew
from tests.harness.mail import Inbox, free_port
from tests.harness.plugin import this_key_space, this_run
from tests.harness.processes import Running, environment_for, running_process
from tests.story import Road, make_road

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "var" / "screenshots"
DESK = (1280, 800)
PHONE = (390, 844)
# WCAG 2.1 A and AA, and what axe-core's authors count as good practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
# The second line stops Chromium's own calls home, which fail, noisily, on a closed network.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

Axe = Callable[[Page], None]
Screenshot = Callable[[Page, str], Path]
Look = Callable[[Page, str], None]
_numbers = count(1)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; without one the test is skipped, but fails where CI says it must be there."""
    path = _find_chromium()
    if path is None:
        _unavailable("no Chromium found: apt-get install chromium, or set LPRSVC_CHROMIUM")
    # Playwright keeps an event loop in this thread, by which Django takes us for asynchronous code.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def committed_db(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """As everywhere, but one database for all tests of this folder."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            create_anew()


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """As everywhere, but what the broker keeps beside the cache belongs to a running worker."""
    with redis.Redis.from_url(this_run().valkey.url(this_key_space())) as client:
        for key in client.scan_iter(f"{settings.CACHES['default']['KEY_PREFIX']}:*"):
            client.delete(key)


@pytest.fixture(scope="package")
def cast(committed_db: None) -> Cast:
    """The cast, made once."""
    hasher = f"{QuickHasher.__module__}.{QuickHasher.__name__}"
    with override_settings(PASSWORD_HASHERS=[hasher]):
        return build_cast()


@pytest.fixture(scope="package")
def road(committed_db: None) -> Road:
    """Thirty reads of one plate, with drawn photographs: more than one page of an answer shows."""
    return make_road(reads=30)


@pytest.fixture(scope="package")
def smtp_server() -> Iterator[Inbox]:
    """The mail server of the running service; `inbox` is it, emptied."""
    inbox = Inbox("127.0.0.1", free_port())
    controller = Controller(inbox, hostname=inbox.host, port=inbox.port)
    controller.start()
    yield inbox
    controller.stop()


@pytest.fixture
def inbox(smtp_server: Inbox) -> Inbox:
    """What arrives by mail during this test."""
    smtp_server.messages.clear()
    return smtp_server


@pytest.fixture(scope="package")
def live_service(
    committed_db: None, smtp_server: Inbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The web process (`.url`) with a worker beside it; links in its mail lead to it."""
    folder, port = tmp_path_factory.mktemp("service"), free_port()
    url = f"http://{commands.HOST}:{port}"
    environment = environment_for(smtp_server) | {"LPRSVC_BASE_URL": url}
    worker, web = commands.worker(environment, concurrency=1), commands.web(environment, port)
    with (
        running_process(worker, folder, lambda running: " ready." in running.output()),
        running_process(web, folder, lambda _: commands.answers(port), url) as running,
    ):
        yield running


@pytest.fixture
def page(chromium: Browser, live_service: Running) -> Iterator[Page]:
    """A window of a desk's size on the running service."""
    with watched_page(chromium, live_service.url, DESK) as window:
        yield window


@pytest.fixture
def phone(chromium: Browser, live_service: Running) -> Iterator[Page]:
    """A window of a phone's size on the running service."""
    with watched_page(chromium, live_service.url, PHONE) as window:
        yield window


@dataclass(frozen=True)
class Office:
    """An agency of this test's own: what it demands and whom it locks concerns no other test."""

    agency: Agency
    component: Component
    aor: Aor
    investigator: Member
    manager: Member

    def demand_second_factor(self) -> None:
        """From the next log-on."""
        set_log_on_policy(
            actor=system("tests"),
            agency=self.agency,
            wanted={"require_second_factor": True},
            reason="tests",
            now=NOW,
        )


@pytest.fixture
def office(cast: Cast) -> Office:
    """Made anew for each test."""
    code = f"OFF{next(_numbers)}"
    common: dict[str, Any] = {"actor": system("tests"), "reason": "tests", "now": NOW}
    agency = create_agency(code=code, name=f"Office {code}", timezone="America/New_York", **common)
    component = create_component(
        agency=agency,
        code="OPS",
        name="Operations",
        max_lookback_years=5,
        lookback_source="tests",
        **common,
    )
    aor = create_aor(agency=agency, name="Boston", timezone="America/New_York", **common)
    investigator, manager = (
        make_user(f"{name}-{code.lower()}", full_name, [role], component=component, aor=aor)
        for name, full_name, role in (
            ("wren", "Wren Adeyemi", Role.INVESTIGATOR),
            ("holly", "Holly Tran", Role.AGENCY_MANAGER),
        )
    )
    return Office(agency, component, aor, investigator, manager)


@contextmanager
def watched_page(browser: Browser, url: str, size: tuple[int, int]) -> Iterator[Page]:
    """A window with nothing remembered; fails afterwards if a page misbehaved in it."""
    context = browser.new_context(
        base_url=url, viewport={"width": size[0], "height": size[1]}, locale="en-US"
    )
    faults: list[str] = []
    window = context.new_page()
    window.on("console", lambda message: _note_console(message, faults))
    window.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    window.on("request", lambda request: _note_request(request, url, faults))
    window.set_default_timeout(10_000)
    yield window
    context.close()
    assert faults == []


@pytest.fixture
def axe() -> Axe:
    """Fails when the page has a violation that axe-core can see."""
    if not AXE.exists():
        _unavailable("axe-core is not installed: make frontend")
    source = AXE.read_text("utf-8")

    def check(window: Page) -> None:
        window.evaluate(source)
        found: list[dict[str, Any]] = window.evaluate(
            # Its preloading of imported style sheets adds inline style, which the policy forbids.
            "rules => axe.run(document, {runOnly: rules, preload: false})"
            ".then(result => result.violations)",
            RULES,
        )
        assert [_violation(one) for one in found] == [], window.url

    return check


@pytest.fixture
def screenshot() -> Screenshot:
    """Takes a picture of the whole page, for people to look at."""

    def take(window: Page, name: str) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        window.screenshot(path=path, full_page=True)
        return path

    return take


@pytest.fixture
def look(axe: Axe, screenshot: Screenshot) -> Look:
    """Looks a page over as a whole, and leaves a picture of it."""

    def check(window: Page, name: str) -> None:
        screenshot(window, name)
        too_wide = window.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert too_wide <= 0, f"{window.url} is {too_wide} pixels too wide"
        axe(window)

    return check


def _find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("LPRSVC_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def _unavailable(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _note_console(message: ConsoleMessage, faults: list[str]) -> None:
    # A refused form answers 4xx, which Chromium logs as an error: the tests look at the page.
    if message.type == "error" and "the server responded with a status of 4" not in message.text:
        faults.append(f"console: {message.text}")


def _note_request(request: Request, url: str, faults: list[str]) -> None:
    address = urlsplit(request.url)
    if address.scheme not in {"data", "blob", "about"} and address.netloc != urlsplit(url).netloc:
        faults.append(f"asked another host: {request.url}")


def _violation(found: dict[str, Any]) -> str:
    places = ", ".join(" ".join(map(str, node["target"])) for node in found["nodes"][:3])
    return f"{found['id']} ({found['impact']}): {found['help']} at {places}"
