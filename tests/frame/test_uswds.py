"""The tags that draw forms, times and page links."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory

from lprsvc.templatetags import uswds

MOMENT = datetime(2026, 1, 6, 2, 30, 5, tzinfo=UTC)


class AskForm(forms.Form):
    """One field of each kind the pages use."""

    plate = forms.CharField(label="Plate", help_text="Whole.")
    state = forms.ChoiceField(choices=[("", "Choose"), ("US-PA", "Pennsylvania")])
    whom = forms.ChoiceField(
        choices=[("self", "myself"), ("officer", "an officer")], widget=forms.RadioSelect
    )
    start = forms.DateField(required=False, widget=forms.DateInput)
    note = forms.CharField(required=False, widget=forms.Textarea)
    sure = forms.BooleanField(label="I am sure")
    secret = forms.CharField(required=False, widget=forms.PasswordInput)
    kept = forms.CharField(required=False, widget=forms.HiddenInput)


def draw(source: str, **context: Any) -> str:
    """The text that a template with our tags gives."""
    request = RequestFactory().get("/list/", {"page": "2", "plate": "AB C"})
    return engines["django"].from_string("{% load uswds %}" + source).render(context, request)


def field(form: forms.Form, name: str) -> str:
    """One field of a form as drawn."""
    return draw("{% field bound %}", bound=form[name])


def test_field_names_its_hint_and_its_error() -> None:
    """SAF-4: what is wrong stands at the field and is read with it."""
    drawn = field(AskForm({}), "plate")

    assert 'aria-describedby="id_plate_hint id_plate_error"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert 'id="id_plate_hint">Whole.</div>' in drawn
    assert 'id="id_plate_error" role="alert"' in drawn
    assert "usa-input usa-input--error" in drawn


def test_field_without_fault_names_only_its_hint() -> None:
    drawn = field(AskForm(), "plate")

    assert 'aria-describedby="id_plate_hint"' in drawn
    assert "error" not in drawn


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("state", '<select name="state" class="usa-select"'),
        ("note", 'class="usa-textarea"'),
        ("start", '<input type="date" name="start" class="usa-input"'),
        ("sure", 'class="usa-checkbox__input"'),
        ("secret", '<input type="password"'),
        ("whom", '<fieldset class="usa-fieldset"'),
    ],
)
def test_field_draws_each_kind_in_its_own_markup(name: str, expected: str) -> None:
    assert expected in field(AskForm(), name)


def test_field_of_radios_marks_the_chosen_one() -> None:
    drawn = field(AskForm({"whom": "officer"}), "whom")

    assert 'value="officer" id="id_whom_1" checked' in drawn
    assert drawn.count("checked") == 1


def test_field_of_date_shows_what_was_entered_in_iso() -> None:
    drawn = field(AskForm(initial={"start": date(2026, 1, 5)}), "start")

    assert 'value="2026-01-05"' in drawn


def test_field_that_is_hidden_has_no_label() -> None:
    drawn = field(AskForm(), "kept")

    assert drawn.strip() == '<input type="hidden" name="kept" id="id_kept">'


def test_field_a_form_lacks_draws_nothing() -> None:
    assert draw("{% field form.nowhere %}", form=AskForm()).strip() == ""


def test_field_escapes_what_was_entered() -> None:
    assert "<script>" not in field(AskForm({"plate": '"><script>'}), "plate")


def test_error_summary_links_each_fault_to_its_field() -> None:
    """QRY-1: what is missing is named."""
    drawn = draw("{% error_summary form %}", form=AskForm({"sure": "on"}))

    assert "3 things need your attention" in drawn
    assert 'href="#id_plate">Plate: This field is required.</a>' in drawn
    assert 'href="#id_whom_0"' in drawn


def test_error_summary_of_a_fresh_form_is_empty() -> None:
    assert draw("{% error_summary form %}", form=AskForm()).strip() == ""


def test_localtime_shows_the_place_and_utc_with_its_day() -> None:
    """QRY-6: in January, 02:30 UTC is still the evening before in New York."""
    drawn = draw("{% localtime t 'America/New_York' %}", t=MOMENT)

    assert "Jan 5, 2026, 21:30:05 EST" in drawn
    assert "Jan 6, 2026, 02:30:05 UTC" in drawn
    assert 'datetime="2026-01-06T02:30:05+00:00"' in drawn


def test_localtime_without_a_place_is_utc_once() -> None:
    assert draw("{% localtime t %}", t=MOMENT).count("UTC") == 1


def test_localtime_of_nothing_is_a_dash() -> None:
    assert draw("{% localtime t 'America/New_York' %}", t=None) == "—"


def test_page_links_keep_the_rest_of_the_query_string() -> None:
    page = Paginator(range(100), 10).page(2)

    drawn = draw("{% page_links page %}", page=page)

    assert 'href="?page=3&amp;plate=AB+C"' in drawn
    assert 'aria-current="page">2</a>' in drawn


def test_page_links_of_one_page_are_nothing() -> None:
    assert draw("{% page_links page %}", page=Paginator([1], 10).page(1)).strip() == ""


def test_map_point_is_inert_and_escaped() -> None:
    hit = SimpleNamespace(
        latitude=39.68,
        longitude=-75.75,
        captured_at=MOMENT,
        timezone="America/New_York",
        camera_name="</script><script>alert(1)",
        source_name="Toll road",
    )

    drawn = draw("{% map_point hit 'points' %}", hit=hit)

    assert drawn.startswith('<div id="points" hidden>{"cameras":')
    assert "<script" not in drawn
    assert "[39.68,-75.75,0]" in drawn


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "—"),
        ("", "—"),
        (0, "0"),
        (False, "no"),
        (["a", None], "a, —"),
        ({"a": [1, 2]}, "a: 1, 2"),
    ],
)
def test_plain_reads_every_logged_value(value: object, expected: str) -> None:
    assert uswds.plain(value) == expected


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "did not say"), (0.99, "was sure"), (0.9, "fairly"), (0.7, "unsure"), (0, "guessing")],
)
def test_confidence_is_told_in_words(value: float | None, words: str) -> None:
    assert words in uswds.confidence_words(value)


def test_percent_of_nothing_says_so() -> None:
    assert (uswds.percent(None), uswds.percent(0.968)) == ("not given", "97 %")
