"""What hands do to a form in a real browser: click twice, go back, send again (QRY-1)."""

import pytest
from playwright.sync_api import Page, expect

from audit.kinds import Kind
from tests.audited import events_of
from tests.browser.test_log_on import log_on
from tests.browser.test_states import ask, fill_in
from tests.cast import Cast
from tests.story import Road

pytestmark = pytest.mark.browser


@pytest.fixture(params=["page", "phone"])
def window(request: pytest.FixtureRequest, cast: Cast, road: Road) -> Page:
    """A desk's and a phone's, logged on."""
    opened: Page = request.getfixturevalue(request.param)
    log_on(opened, cast.colleague.username)
    return opened


def plates_asked() -> list[str]:
    return [event.fields["plate"] for event in events_of(Kind.QUERY_RUN)]


def test_double_click_on_search_is_one_query(window: Page) -> None:
    before = len(plates_asked())
    fill_in(window, "TWICE1")
    window.get_by_role("button", name="Search").dblclick()
    expect(window.get_by_role("heading", level=1)).to_contain_text("0 hits for TWICE1")
    assert plates_asked()[before:] == ["TWICE1"]


def test_return_key_and_click_at_once_is_one_query(window: Page) -> None:
    before = len(plates_asked())
    fill_in(window, "TWICE2")
    window.locator("#id_plate").evaluate(
        "({ form }) => { form.requestSubmit(); form.querySelector('[type=submit]').click(); }"
    )
    expect(window.get_by_role("heading", level=1)).to_contain_text("0 hits for TWICE2")
    assert plates_asked()[before:] == ["TWICE2"]


def test_back_button_shows_an_empty_form_and_asks_nothing(window: Page) -> None:
    """Nothing of a case stays in the browser's history (SAF-2); to change it, ask again."""
    before = len(plates_asked())
    ask(window, "BACK1")
    window.go_back()
    expect(window.get_by_label("Plate number")).to_have_value("")
    window.go_forward()
    expect(window.get_by_role("heading", level=1)).to_contain_text("0 hits for BACK1")
    assert plates_asked()[before:] == ["BACK1"]
    window.go_back()
    fill_in(window, "BACK2")
    window.get_by_role("button", name="Search").click()
    expect(window.get_by_role("heading", level=1)).to_contain_text("0 hits for BACK2")
    assert plates_asked()[before:] == ["BACK1", "BACK2"]


def test_back_button_after_a_refusal_asks_nothing(window: Page) -> None:
    before = len(plates_asked())
    fill_in(window, "ABC%")
    window.get_by_role("button", name="Search").click()
    plate = window.get_by_label("Plate number")
    expect(plate).to_have_value("ABC%")  # what was entered stays, with what is wrong beside it
    expect(window.locator("#id_plate_error")).to_be_visible()
    window.go_back()
    expect(plate).to_have_value("")
    assert plates_asked()[before:] == []


def test_loading_an_answer_again_asks_nothing_anew(window: Page) -> None:
    before = len(plates_asked())
    ask(window, "AGAIN1")
    window.reload()
    expect(window.get_by_role("heading", level=1)).to_contain_text("0 hits for AGAIN1")
    assert plates_asked()[before:] == ["AGAIN1"]
