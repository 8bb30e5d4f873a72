"""Requests made up from the API's own description: what is promised there is what happens (MOB-3).

schemathesis makes the requests and compares the answers: no 5xx, no status, content type or
member that is not described.
"""

from copy import deepcopy
from functools import cache
from typing import Any

import orjson
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, SerializationContext
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lprsvc.api_schema import api_schema
from tests.ingest.feed import Feed, make_feed

READS, RECEIPT, FEED = "/api/v1/reads/", "/api/v1/receipts/{receipt}/", "/api/v1/feeds/{format}/"
JSON, NDJSON, MULTIPART = "application/json", "application/x-ndjson", "multipart/form-data"
_CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_SOME = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@schemathesis.serializer(NDJSON)
def _as_it_is(ctx: SerializationContext, value: Any) -> Any:
    """The body of lines is bytes already."""
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture
def feed(committed_db: None) -> Feed:
    return make_feed()


@cache
def operation(
    address: str, method: str = "POST", media_type: str = ""
) -> APIOperation[Any, Any, Any, Any]:
    """As described; with `media_type` as if it took no other."""
    described = deepcopy(api_schema())
    if media_type:
        body = described["paths"][address][method.lower()]["requestBody"]
        body["content"] = {media_type: body["content"][media_type]}
    schema = schemathesis.openapi.from_dict(described)
    schema.app = application()
    return schema[address][method]


@cache
def application() -> Any:
    return get_wsgi_application()


def delivery() -> st.SearchStrategy[Any]:
    """Reads as described; there whole numbers have 64 bits, which no schema can say of members
    that have no name."""

    def has_64_bits(case: Any) -> bool:
        try:
            orjson.dumps(case.body)
        except TypeError:
            return False
        return True

    return operation(READS, media_type=JSON).as_strategy().filter(has_64_bits)


def send(case: Any, feed: Feed | None) -> Any:
    """The answer, which is as described; a success accounts for each read (ING-4)."""
    headers = feed.headers() if feed else {}
    response = case.call(headers=headers)
    case.validate_response(response, checks=_CHECKS)
    if response.status_code == 200:
        check_receipt(orjson.loads(response.content))
    return response


def check_receipt(receipt: dict[str, Any]) -> None:
    counts = [receipt[name] for name in ("stored", "duplicate", "quarantined", "refused")]
    if "received_at" not in receipt:
        assert sum(counts) == len(receipt["reads"])
        assert [read["index"] for read in receipt["reads"]] == list(range(sum(counts)))


@_SOME
@given(data=st.data())
def test_reads_as_described_are_each_accounted_for(feed: Feed, data: st.DataObject) -> None:
    case = data.draw(delivery())
    response = send(case, feed)
    assert response.status_code == 200
    sent = len(case.body) if isinstance(case.body, list) else 1
    assert len(orjson.loads(response.content)["reads"]) == sent


@_SOME
@given(data=st.data())
def test_lines_of_such_reads_are_each_accounted_for(feed: Feed, data: st.DataObject) -> None:
    case = data.draw(delivery())
    reads = case.body if isinstance(case.body, list) else [case.body]
    lines = operation(READS).Case(body=b"\n".join(map(orjson.dumps, reads)), media_type=NDJSON)
    response = send(lines, feed)
    assert response.status_code == (200 if reads else 400)
    if reads:
        assert len(orjson.loads(response.content)["reads"]) == len(reads)


@pytest.mark.parametrize("media_type", [NDJSON, MULTIPART])
@_SOME
@given(data=st.data())
def test_any_bytes_and_parts_are_answered_as_described(
    feed: Feed, data: st.DataObject, media_type: str
) -> None:
    send(data.draw(operation(READS, media_type=media_type).as_strategy()), feed)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("address", [READS, FEED])
@_SOME
@given(data=st.data())
def test_what_is_and_what_is_not_described_is_answered_as_described(
    feed: Feed, data: st.DataObject, address: str, mode: GenerationMode
) -> None:
    send(data.draw(operation(address).as_strategy(generation_mode=mode)), feed)


@_SOME
@given(data=st.data())
def test_receipt_is_answered_as_described(feed: Feed, data: st.DataObject) -> None:
    case = data.draw(operation(RECEIPT, "GET").as_strategy())
    assert send(case, feed).status_code == 404


def test_receipt_that_there_is_is_answered_as_described(feed: Feed) -> None:
    receipt = feed.store({"plate": "ABC 123"}).receipt
    case = operation(RECEIPT, "GET").Case(path_parameters={"receipt": str(receipt)})
    assert send(case, feed).status_code == 200


@pytest.mark.parametrize(("address", "method"), [(READS, "POST"), (FEED, "POST"), (RECEIPT, "GET")])
@settings(_SOME, max_examples=8)
@given(data=st.data())
def test_who_has_no_key_hears_so_whatever_is_sent(
    feed: Feed, data: st.DataObject, address: str, method: str
) -> None:
    case = data.draw(operation(address, method).as_strategy())
    for given_key, places in (("Authorization", case.headers), ("key", case.query)):
        if places and given_key in places:
            del places[given_key]
    if case.headers and "X-API-Key" in case.headers:
        del case.headers["X-API-Key"]
    assert send(case, None).status_code in {401, 404}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_named(feed: Feed, method: Any) -> None:
    response = operation(READS).Case(method=method).call(headers=feed.headers())
    assert response.status_code == 405
    assert response.headers["allow"] == ["POST"]
