"""The documents that are written from the code say what the code says (ACC-13, SAF-1)."""

import inspect
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings

import accounts.policy
import ingest.policy
from accounts.notices import NEVER_ASKS, all_kinds, rendered
from lprsvc.lib.permissions import Permission
from lprsvc.written import DOCUMENTS
from lprsvc.written.policy import ACTS, PERMISSION_WORDS, PERSONS, answer

# Of the state of a thing, not of who acts.
_NOT_OF_PERSONS = {
    "check_can_deliver",
    "check_is_trained",
    "check_keeps_managers",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_is_as_the_code_says(name: str) -> None:
    written = (Path(settings.BASE_DIR) / name).read_text("utf-8")
    assert written == DOCUMENTS[name](), f"{name} is old: run manage.py write_docs"


def test_every_permission_is_explained() -> None:
    assert set(PERMISSION_WORDS) == set(Permission)


@pytest.mark.parametrize("module", [accounts.policy, ingest.policy])
def test_every_policy_stands_in_the_matrix(module: ModuleType) -> None:
    policies = {
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("check_") and function.__module__ == module.__name__
    }
    asked = {act.asks.__name__ for act in ACTS}
    assert policies - asked - _NOT_OF_PERSONS == set()


def test_nobody_acts_on_themselves() -> None:
    for act in ACTS:
        if "one's own" in act.words or "oneself" in act.words:
            answers = {answer(act, person) for person in PERSONS.values()}
            assert "✓" not in answers, act.words


def test_nothing_of_another_area_or_agency_is_a_managers() -> None:
    manager = PERSONS["Agency manager"]
    for act in ACTS:
        if "AOR 2" in act.words or "agency B" in act.words:
            assert answer(act, manager) != "✓", act.words


@pytest.mark.parametrize("kind", [kind.name for kind in all_kinds()])
def test_every_mail_says_why_and_what_is_never_asked_in_both_parts(kind: str) -> None:
    [found] = [known for known in all_kinds() if known.name == kind]
    subject, text, html = rendered(found, found.sample())
    assert subject
    assert "\n" not in subject
    assert len(subject) <= 90
    assert NEVER_ASKS in text
    assert found.why in text
    assert html.startswith("<!DOCTYPE html>")
    assert "<small>" in html
    # Context that a template asks for and the sample lacks would leave a hole.
    assert "  ." not in text
    assert settings.SERVICE_NAME in text
