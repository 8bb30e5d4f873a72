"""Our own interface for feeds: deliver reads, and ask for a receipt again."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ingest import selectors
from ingest.bodies import Malformed, decode_either, decode_json, decode_ndjson
from ingest.formats import generic
from ingest.models import FeedKey
from ingest.services.reads import store_reads
from ingest.transport import (
    JSON,
    MULTIPART,
    body_errors,
    check_transport,
    file_part,
    for_feeds,
    json_answer,
    unsupported,
    whole_body,
)

_NDJSON = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})


@for_feeds("POST")
def deliver_reads(request: HttpRequest, feed_key: FeedKey) -> HttpResponse:
    """`POST /api/v1/reads/`: store a delivery and answer after the commit (ING-2, ING-4)."""
    payloads, attachments = _payloads(request), _attachments(request)
    receipt = store_reads(
        source=feed_key.source,
        feed_key=feed_key,
        reads=[generic.parse(payload, attachments) for payload in payloads],
        format=generic.NAME,
        now=timezone.now(),
    )
    return json_answer(receipt)


@for_feeds("GET")
def show_receipt(_request: HttpRequest, feed_key: FeedKey, receipt: UUID) -> HttpResponse:
    """`GET /api/v1/receipts/<uuid>/`: what became of a delivery of the same source.

    `reads` lists those that were not stored; the answer to the delivery listed all.
    """
    batch = selectors.get_batch(receipt, source=feed_key.source)
    return json_answer(
        {
            "receipt": batch.pk,
            "received_at": batch.received_at,
            "format": batch.format,
            "stored": batch.stored,
            "duplicate": batch.duplicate,
            "quarantined": batch.quarantined,
            "refused": batch.refused,
            "reads": batch.exceptions,
            "note": batch.note,
        }
    )


def _payloads(request: HttpRequest) -> list[Any]:
    """The decoded body, whichever of the three forms it has. Raises Malformed, TooMuch, …"""
    check_transport(request)
    with body_errors():
        body = whole_body(request)
        if request.content_type == JSON:
            return decode_json(body)
        if request.content_type in _NDJSON:
            return decode_ndjson(body)
        if request.content_type == MULTIPART:
            return decode_either(_reads_part(request))
    accepted = ", ".join((JSON, *sorted(_NDJSON), MULTIPART))
    raise unsupported(f"Content type “{request.content_type}”; send one of {accepted}.")


def _reads_part(request: HttpRequest) -> bytes:
    if (content := file_part(request, "reads")) is not None:
        return content
    if "reads" in request.POST:
        return request.POST["reads"].encode()
    raise Malformed("The multipart body has no part named “reads”.")


def _attachments(request: HttpRequest) -> generic.Attachments:
    read: dict[str, bytes] = {}

    def find(way: str, name: str) -> bytes:
        if way != "part":
            raise LookupError(f"{way} “{name}”: over HTTP send data, part or sha256.")
        if name not in read:
            content = file_part(request, name)
            if content is None:
                raise LookupError(f"part “{name}”: the request has no such part.")
            read[name] = content
        return read[name]

    return find
