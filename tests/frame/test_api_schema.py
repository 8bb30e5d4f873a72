"""The description of the programs' interface, and its page (MOB-3)."""

import re

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from drf_spectacular.validation import validate_schema
from rest_framework.views import APIView

from ingest.api_description import DESCRIBED
from lprsvc.api_page import page_of
from lprsvc.api_schema import api_schema
from tests.test_doors import doors

_OWN = {"/api/v1/schema/", "/api/v1/docs/"}
_METHODS = {"get", "post", "put", "patch", "delete"}


def test_schema_is_openapi_3_1_and_everybody_may_read_it(db: None) -> None:  # MOB-3
    answer = Client().get("/api/v1/schema/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    schema = answer.json()
    assert schema["openapi"].startswith("3.1.")
    validate_schema(schema)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("address", sorted(_OWN))
def test_description_is_only_read(db: None, address: str) -> None:
    assert Client().post(address).status_code in {403, 405}
    assert Client(enforce_csrf_checks=True).post(address).status_code in {403, 405}


def test_every_address_for_programs_is_described(db: None) -> None:  # MOB-3
    described = {re.sub(r"\{\w+\}", "*", address) for address in api_schema()["paths"]}
    found = {re.sub(r"<[^>]+>", "*", route) for route in _routes() if route.startswith("/api/")}
    assert found - _OWN == described


def _routes() -> set[str]:
    """Every address, as it stands in the address lists."""

    def walk(entries: list[object], before: str) -> set[str]:
        routes: set[str] = set()
        for entry in entries:
            route = before + str(getattr(entry, "pattern", ""))
            inner = getattr(entry, "url_patterns", None)
            routes |= {route} if inner is None else walk(list(inner), route)
        return routes

    return walk(list(get_resolver().url_patterns), "/")


def test_described_addresses_are_those_of_the_views() -> None:
    real = {
        str(entry.pattern) for entry in get_resolver("ingest.urls").url_patterns
        if isinstance(entry, URLPattern) and str(entry.pattern).startswith("api/")
    }  # fmt: skip
    assert {str(entry.pattern) for entry in DESCRIBED} == real


def test_what_stands_for_a_view_is_at_no_address(db: None) -> None:
    """Described classes answer nothing, so nobody may reach one."""
    for entry in DESCRIBED:
        assert issubclass(entry.callback.cls, APIView)  # type: ignore[attr-defined]
    names = {door.name for door in doors()}
    assert not [name for name in names if "described" in name.lower()]


def test_each_operation_has_an_example_its_answers_and_who_asks() -> None:
    for item in api_schema()["paths"].values():
        for method in _METHODS & item.keys():
            operation = item[method]
            assert operation["summary"]
            assert operation["description"]
            assert operation["security"]
            assert {"200", "401"} <= operation["responses"].keys()
            (answer,) = operation["responses"]["200"]["content"].values()
            assert answer["examples"]
            for status in operation["responses"].keys() - {"200"}:
                assert "application/problem+json" in operation["responses"][status]["content"]


def test_page_shows_every_operation_and_every_member(db: None) -> None:  # MOB-3, SAF-2
    page = Client().get("/api/v1/docs/").content.decode()
    for operation in page_of(api_schema()).operations:
        assert f'id="{operation.id}"' in page
        assert f"{operation.method} {operation.address}" in page
    for name, shape in api_schema()["components"]["schemas"].items():
        assert f'id="shape-{name}"' in page
        for member in shape["properties"]:
            assert f"<code>{member}</code>" in page
    # Each link within the page leads somewhere.
    assert set(re.findall(r'href="#([\w-]+)"', page)) <= set(re.findall(r'id="([\w-]+)"', page))


def test_page_asks_nobody_and_runs_no_script_of_its_own(db: None) -> None:  # SAF-2
    answer = Client().get("/api/v1/docs/")
    page = answer.content.decode()
    assert not re.findall(r"<script(?![^>]* src=\"/static/)", page)
    assert not re.findall(r"<style| style=| on\w+=", page)
    assert not re.findall(r"(?:src|href)=\"(?!/|#)", page)
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_page_knows_other_forms_of_description() -> None:
    """What other rooms may come to describe."""
    page = page_of(
        {
            "info": {"title": "T", "version": "1"},
            "paths": {
                "/x/": {
                    "get": {
                        "operationId": "x",
                        "parameters": [{"name": "n", "in": "query", "schema": {"type": "integer"}}],
                        "responses": {"default": {"description": "All"}},
                    }
                }
            },
            "components": {
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer"},
                    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
                },
                "schemas": {
                    "Any": {"properties": {"a": {}, "b": {"type": "array", "items": {}}}},
                    "Word": {"type": "string", "enum": ["one", "two", None]},
                },
            },
        }
    )
    (operation,) = page.operations
    assert (operation.parameters[0].type, operation.parameters[0].where) == (
        "integer",
        "in the query",
    )
    assert [answer.status for answer in operation.answers] == ["default"]
    assert [member.type for member in page.shapes[0].members] == ["anything", "list of anything"]
    assert [credential.place for credential in page.credentials] == ["bearer", "cookie sessionid"]
