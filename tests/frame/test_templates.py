"""What holds for every template of the service."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines

ROOT: Path = settings.BASE_DIR
TEMPLATES = sorted(
    path
    for pattern in ("*/templates/**/*.html", "lprsvc/*/templates/**/*.html")
    for path in ROOT.glob(pattern)
)
# The policy in the response header refuses each of these, silently for the person.
FORBIDDEN = {
    "inline style": re.compile(r"<style|\sstyle\s*="),
    "event attribute": re.compile(r"\son[a-z]+\s*=", re.IGNORECASE),
    "script in the page": re.compile(r"<script(?![^>]*\b(src=|application/json))"),
    "address of another host": re.compile(r"""(src|href|action)=["']?(https?:)?//"""),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
}


def name_of(path: Path) -> str:
    """The template's path in the checkout, as a test's id."""
    return str(path.relative_to(ROOT))


def test_templates_are_found() -> None:
    assert len(TEMPLATES) > 40


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_template_compiles(path: Path) -> None:
    engines["django"].from_string(path.read_text("utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_template_asks_for_nothing_the_policy_forbids(path: Path) -> None:
    """SAF-2."""
    source = path.read_text("utf-8")

    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(source)]

    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_template_has_no_comment_over_several_lines(path: Path) -> None:
    """Django shows `{# … #}` as text when it spans lines."""
    assert re.search(r"\{#[^#}]*\n", path.read_text("utf-8")) is None


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_form_that_posts_carries_its_token(path: Path) -> None:
    source = path.read_text("utf-8")

    forms = re.findall(r'<form\b[^>]*method="post".*?</form>', source, re.DOTALL)

    assert [form for form in forms if "{% csrf_token %}" not in form] == []
