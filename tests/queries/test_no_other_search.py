"""There is no other way to search (QRY-2): what could list reads is named here, and is no more."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

from ingest import selectors as ingest_selectors
from ingest.models import Photograph, QuarantinedRead, Read
from queries.forms import QueryForm
from queries.limits import ComponentRule
from queries.policy import Grounds
from queries.schemas import QueryIn
from queries.services import answers, asking, behalf, looking, offenses, recall, reviews, viewing
from tests.queries.test_forms import ENTRIES

ROOT: Path = settings.BASE_DIR
ROOMS = ("lprsvc", "audit", "accounts", "ingest", "queries", "alerts")
# Who may name the read table or its model, and why.
MAY_NAME_READS = {
    "ingest/models/reads.py": "defines it",
    "ingest/insertion.py": "stores what cameras send",
    "ingest/selectors.py": "selects what an event of this transaction opened",
    "ingest/services/mistakes.py": "names a read in a report, after its event",
    "ingest/services/amendments.py": "reports what the office's event opened, and shows none of it",
    "ingest/services/reviewing.py": "passes on the one reported read, after its event",
    "ingest/services/corrections.py": "stores the next version of the one reported read",
    "ingest/services/telling.py": "asks the log who saw the one reported read",
    "ingest/revision.py": "compares what is entered with the one reported read",
    "ingest/review_form.py": "begins with the one reported read",
    "ingest/review_presenting.py": "shows the one reported read",
    "queries/services/answers.py": "passes on what the selector gave, after its event",
    "queries/services/reports.py": "prints the chosen hits of an own answer, after its event",
    "alerts/presenting.py": "shows what the selector gave",
    "alerts/selectors.py": "selects one match's read, after its event",
    "alerts/services/viewing.py": "passes on what the selector gave, after its event",
}
# The whole of the addresses that begin with /queries/.
ADDRESSES = {
    "queries/",
    "queries/new/",
    "queries/new/limit/",
    "queries/in-my-name/",
    "queries/in-my-name/<uuid:pk>/",
    "queries/reviews/",
    "queries/reviews/<uuid:pk>/",
    "queries/<uuid:pk>/",
    "queries/forget/",
    "queries/<uuid:pk>/keep/",
    "queries/<uuid:pk>/marks/",
    "queries/<uuid:pk>/printed/",
    "queries/<uuid:pk>/forget/",
    "queries/<uuid:pk>/report/",
    "queries/<uuid:pk>/reports/<uuid:report_id>/",
    "queries/<uuid:pk>/reports/<uuid:report_id>/do/",
    "queries/<uuid:pk>/reports/<uuid:report_id>/file/",
    "queries/<uuid:pk>/hits/<uuid:read_id>/",
    "queries/<uuid:pk>/hits/<uuid:read_id>/report/",
    "queries/<uuid:pk>/hits/<uuid:read_id>/photographs/<str:role>/",
}
# What the admin shows of the room: rules, no queries and nothing they found.
RULES = ("admin/queries/offense/",)
SQL = re.compile(r"\b(FROM|JOIN|TABLE|INTO)\s+(public\.)?ingest_read\b", re.IGNORECASE)
SUSPICIOUS = ("search", "find", "suggest", "autocomplete", "nearby", "convoy", "area", "plates")


def sources() -> list[Path]:
    return [
        path
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def names_reads(path: Path) -> bool:
    """Whether the module selects from the table in SQL, or imports or defines the model."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    imported = {
        alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "ingest.models"
        for alias in node.names
    }
    classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    texts = [str(node.value) for node in nodes if isinstance(node, ast.Constant)]
    return "Read" in imported | classes or any(map(SQL.search, texts))


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> list[str]:
    found = []
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += routes(pattern.url_patterns, route)
        else:
            found.append(route)
    return found


def test_only_these_modules_name_the_reads() -> None:
    found = {str(path.relative_to(ROOT)) for path in sources() if names_reads(path)}
    assert {"ingest/models/reads.py", "ingest/selectors.py"} <= found
    assert found <= MAY_NAME_READS.keys()


def test_addresses_of_queries_are_exactly_these() -> None:
    found = {route for route in routes(get_resolver().url_patterns) if "queries" in route}
    # What the admin has of this room are its rules.
    rules = {route for route in found if route.startswith(RULES)}
    index = {route for route in found if route.startswith("admin/^(?P<app_label>")}
    assert found - rules - index == ADDRESSES


def test_no_address_promises_a_search() -> None:
    ours = [route for route in routes(get_resolver().url_patterns) if "admin/" not in route]
    assert len(ours) > 15
    assert [route for route in ours if any(word in route.lower() for word in SUSPICIOUS)] == []


@pytest.mark.parametrize("model", [Read, Photograph])
def test_admin_knows_no_reads_and_no_photographs(model: type) -> None:
    assert model not in admin.site._registry


def test_whatever_selects_reads_needs_plate_state_and_both_ends() -> None:
    selects = (
        ingest_selectors.list_hits,
        ingest_selectors.list_sightings,
        ingest_selectors.get_read,
    )
    for select in selects:
        parameters = inspect.signature(select).parameters.values()
        mandatory = {one.name for one in parameters if one.default is inspect.Parameter.empty}
        assert {"plate_key", "state", "start", "end"} <= mandatory


def test_question_has_one_plate_and_one_state_and_no_pattern() -> None:
    assert set(QueryIn.__annotations__) == {
        "plate_text",
        "plate_key",
        "state",
        "reason_code",
        "case_reference",
        "frame",
        "submission",
        "behalf_user",
        "behalf_name",
        "start_text",
        "end_text",
        "offense",
        "geography",
        "group",
    }
    taking = [
        name
        for module in (answers, asking, behalf, looking, offenses, recall, reviews, viewing)
        for name, service in inspect.getmembers(module, inspect.isfunction)
        if service.__module__ == module.__name__
        and not name.startswith("_")
        and "ask" in inspect.signature(service).parameters
    ]
    assert taking == ["run_query"]


@pytest.mark.parametrize("pattern", ["ABC%", "AB*", "AB?", "A[BC]", "ABC.*", "^ABC", "ABC|XYZ"])
def test_pattern_is_no_plate(pattern: str) -> None:
    grounds = Grounds(ComponentRule("ERO", 5, "x"), {"criminal": "Criminal"}, {}, ())
    assert "plate" in QueryForm(ENTRIES | {"plate": pattern}, grounds=grounds).errors


def test_quarantined_reads_show_in_the_admin_to_the_vendor_alone() -> None:
    """ING-5 lets the vendor see them; they are no reads an agency could search."""
    registered = admin.site._registry.get(QuarantinedRead)
    assert registered is None or not registered.search_fields
