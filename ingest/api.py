"""What cameras' software calls: deliver reads, and ask for a receipt again.

Plain Django views: a feed needs neither forms nor negotiation, and REST framework would add some
5 % of CPU to a request of one read (measured with the same parser and renderer).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from ingest import selectors
from ingest.bodies import Malformed, TooMuch, decode_either, decode_json, decode_ndjson
from ingest.formats import generic
from ingest.models import FeedKey
from ingest.services.reads import store_reads
from lprsvc.lib.access import feed_only
from lprsvc.lib.errors import DomainError

P = ParamSpec("P")
FeedView = Callable[Concatenate[HttpRequest, FeedKey, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

_NDJSON = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
_JSON = "application/json"
_MULTIPART = "multipart/form-data"


def for_feeds(method: str) -> Callable[[FeedView[P]], View[P]]:
    """A view for feeds: the method it takes, the key checked, a database that is away named."""

    def decorate(view: FeedView[P]) -> View[P]:
        def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method != method:
                error = DomainError("method_not_allowed", f"Use {method}.", status=405)
                return _problem(error, Allow=method)
            with _database_needed():
                feed_key = _authenticate(request)
                if feed_key is None:
                    error = DomainError("feed_key_wrong", "Send a valid feed key.", status=401)
                    return _problem(error, **{"WWW-Authenticate": 'Token realm="reads"'})
                return view(request, feed_key, *args, **kwargs)

        update_wrapper(checked, view)
        return feed_only(csrf_exempt(checked))

    return decorate


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
    return _json(receipt)


@for_feeds("GET")
def show_receipt(_request: HttpRequest, feed_key: FeedKey, receipt: UUID) -> HttpResponse:
    """`GET /api/v1/receipts/<uuid>/`: what became of a delivery of the same source.

    `reads` lists those that were not stored; the answer to the delivery listed all.
    """
    batch = selectors.get_batch(receipt, source=feed_key.source)
    return _json(
        {
            "receipt": batch.pk,
            "received_at": batch.received_at,
            "format": batch.format,
            "stored": batch.stored,
            "duplicate": batch.duplicate,
            "quarantined": batch.quarantined,
            "refused": batch.refused,
            "reads": batch.exceptions,
        }
    )


def _authenticate(request: HttpRequest) -> FeedKey | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "token" or not secret:
        return None
    feed_key = selectors.find_feed_key(secret.strip())
    return feed_key if feed_key and feed_key.revoked_at is None else None


def _payloads(request: HttpRequest) -> list[Any]:
    """The decoded body, whichever of the three forms it has. Raises Malformed, TooMuch, …"""
    _check_transport(request)
    with _body_errors():
        if request.content_type == _JSON:
            return decode_json(request.body)
        if request.content_type in _NDJSON:
            return decode_ndjson(request.body)
        if request.content_type == _MULTIPART:
            return decode_either(_reads_part(request))
    accepted = ", ".join((_JSON, *sorted(_NDJSON), _MULTIPART))
    raise _unsupported(f"Content type “{request.content_type}”; send one of {accepted}.")


def _check_transport(request: HttpRequest) -> None:
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        # A few kilobytes could unpack to all of memory.
        raise _unsupported(f"Content encoding “{encoding}”; send the body as it is.")
    if "Transfer-Encoding" in request.headers:
        # Django would take the body for empty.
        raise DomainError("length_required", "Say the body's Content-Length.", status=411)
    limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        raise TooMuch(f"The body is longer than {limit} bytes.")


def _reads_part(request: HttpRequest) -> bytes:
    if (content := _file_part(request, "reads")) is not None:
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
            content = _file_part(request, name)
            if content is None:
                raise LookupError(f"part “{name}”: the request has no such part.")
            read[name] = content
        return read[name]

    return find


def _file_part(request: HttpRequest, name: str) -> bytes | None:
    part = request.FILES.get(name)
    return bytes(part.read()) if isinstance(part, UploadedFile) else None


@contextmanager
def _body_errors() -> Iterator[None]:
    """Django's complaints about a body, in ours."""
    try:
        yield
    except (RequestDataTooBig, TooManyFilesSent) as error:
        raise TooMuch(str(error)) from None
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError) as error:
        raise Malformed(f"The body can't be read: {error}") from None


@contextmanager
def _database_needed() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        message = "The database does not answer. Nothing was kept; send it again."
        raise DomainError("database_unavailable", message, status=503) from error


def _unsupported(message: str) -> DomainError:
    return DomainError("unsupported", message, status=415)


def _json(content: Any) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), content_type=_JSON)


def _problem(error: DomainError, **headers: str) -> HttpResponse:
    """Problem details (RFC 9457) with a header of its own; the rest is raised, not returned."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": error.message,
    }
    return HttpResponse(
        orjson.dumps(body),
        status=error.status,
        content_type="application/problem+json",
        headers=headers,
    )
