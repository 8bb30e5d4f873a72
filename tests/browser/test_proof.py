"""The auditor's view of the log's proof, in a real browser (AUD-4)."""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.audit.test_proof_pages import sign
from tests.browser.conftest import Look
from tests.browser.test_log_on import log_on
from tests.browser.test_states import ask, size_of
from tests.cast import Cast
from tests.story import Road

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sequencer keeps what it signed last: of one log there is one such place."""
    return tmp_path_factory.mktemp("sequencer")


@pytest.fixture(params=["page", "phone"])
def window(request: pytest.FixtureRequest) -> Page:
    opened: Page = request.getfixturevalue(request.param)
    return opened


def test_an_auditor_follows_an_entry_up_to_the_signed_root(
    window: Page, cast: Cast, road: Road, look: Look, memory: Path
) -> None:
    """AUD-4, AUD-6."""
    size = size_of(window)
    log_on(window, cast.investigator.username)
    ask(window)
    window.context.clear_cookies()
    sign(memory)
    log_on(window, cast.auditor.username)
    window.goto("/log/?kind=query.run")
    window.locator("#event-rows a").first.click()
    window.get_by_text("Draw the path").click()
    expect(window.get_by_role("img", name="The path from the entry's leaf")).to_be_visible()
    look(window, f"proof-entry-{size}")
    with window.expect_download() as download:
        window.get_by_role("link", name="Download the proof").click()
    assert download.value.path().read_bytes().startswith(b"c2sp.org/tlog-proof@v1\n")
    window.get_by_role("link", name="What this proves, and what it can’t").click()
    window.get_by_role("button", name="Check it now").click()
    expect(window.get_by_role("heading", name="All of it holds")).to_be_visible()
    look(window, f"proof-checked-{size}")


def test_an_auditor_takes_what_they_found_out_of_the_log(
    window: Page, cast: Cast, road: Road, look: Look, memory: Path
) -> None:
    """AUD-6: by the real worker, with the proof in the same file."""
    size = size_of(window)
    log_on(window, cast.auditor.username)
    window.goto("/log/exports/")
    look(window, f"exports-empty-{size}")
    sign(memory)
    window.goto("/log/")
    window.get_by_text("Export what was found").click()
    window.locator("#export").scroll_into_view_if_needed()
    window.screenshot(path=f"var/screenshots/exports-choice-{size}.png")
    window.get_by_role("button", name="PDF").click()
    expect(window.get_by_role("heading", level=1)).to_have_text("Exports of the log")
    expect(window.get_by_text("Ready")).to_be_visible(timeout=30_000)
    look(window, f"exports-ready-{size}")
    with window.expect_download() as download:
        window.get_by_role("link", name="Download").click()
    download.value.save_as(f"var/screenshots/export-{size}.zip")
    with zipfile.ZipFile(f"var/screenshots/export-{size}.zip") as taken:
        assert {"log.pdf", "entries.jsonl", "checkpoint", "cover"} <= set(taken.namelist())
    window.get_by_role("button", name="Remove").click()
    expect(window.get_by_text("The export and its file are removed.")).to_be_visible()
