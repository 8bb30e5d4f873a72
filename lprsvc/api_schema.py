"""The description of the programs' interface (OpenAPI 3.1), made from the code (MOB-3)."""

from functools import lru_cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_resolver
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from ingest import api_description
from lprsvc.api_page import page_of
from lprsvc.lib.access import public

_WHY = "how programs speak to the service; it holds nothing of anybody"


def add_components(
    result: dict[str, Any],
    **_: object,
) -> dict[str, Any]:
    """The hook that brings in what the described addresses refer to."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update(api_description.SCHEMAS)
    components.setdefault("securitySchemes", {}).update(api_description.SECURITY_SCHEMES)
    for item in result["paths"].values():
        body = item.get("post", {}).get("requestBody")
        if body and item["post"]["operationId"] in api_description.NEED_A_BODY:
            body["required"] = True
    return result


@lru_cache(maxsize=1)
def api_schema() -> dict[str, Any]:
    """The whole description; the same as long as the process lives."""
    # What is in the address list, and what stands for those that no generator can read.
    patterns = [*get_resolver().url_patterns, *api_description.DESCRIBED]
    generator = SchemaGenerator(patterns=patterns)  # type: ignore[no-untyped-call]
    schema = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    # Without the generator's own classes of texts and mappings.
    plain: dict[str, Any] = orjson.loads(orjson.dumps(schema, default=str))
    return plain


@public(_WHY)
@require_safe
def show_schema(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """`GET /api/v1/schema/`: the OpenAPI document, as JSON."""
    return HttpResponse(orjson.dumps(api_schema()), content_type="application/json")


@public(_WHY)
@require_safe
def show_docs(request: HttpRequest) -> HttpResponse:
    """`GET /api/v1/docs/`: the same for people. Its own page, for the usual viewers of such
    documents want scripts and styles that our policy forbids (SAF-2)."""
    return render(request, "api_docs.html", {"api": page_of(api_schema())})
