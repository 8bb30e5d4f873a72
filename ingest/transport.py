"""What every address of feeds does with a request: the key, the method, the body's transport, and
problem details for what fails.

Plain Django views: a feed needs neither forms nor negotiation, and REST framework would add some
5 % of CPU to a request of one read (measured with the same parser and renderer).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import update_wrapper
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

import orjson
from django.conf import settings
from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from psycopg.errors import DiskFull

from ingest import selectors
from ingest.bodies import Malformed, TooMuch
from ingest.formats import generic
from ingest.models import FeedKey
from ingest.services.turned_away import LEDGER, Refusal
from lprsvc.lib.access import feed_only
from lprsvc.lib.errors import DomainError

P = ParamSpec("P")
FeedView = Callable[Concatenate[HttpRequest, FeedKey, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
# Where a request may hold its secret; the first that has one counts.
KeyPlace = Callable[[HttpRequest], str]

JSON = "application/json"
MULTIPART = "multipart/form-data"

# What is longer is cut off instead: twice the longest delivery.
_HEAR_OUT_BYTES = 128 * 2**20
_PIECE = 64 * 1024


def in_authorization(request: HttpRequest) -> str:
    """The secret of `Authorization: Token …`."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "token" else ""


def for_feeds(
    method: str, *, key_places: tuple[KeyPlace, ...] = (in_authorization,)
) -> Callable[[FeedView[P]], View[P]]:
    """A view for feeds: the method it takes, the key checked, a database that is away named."""

    def decorate(view: FeedView[P]) -> View[P]:
        def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method != method:
                error = DomainError("method_not_allowed", f"Use {method}.", status=405)
                _hear_out(request)
                return problem_answer(error, Allow=method)
            delivery = _Delivery(str(kwargs.get("format", generic.NAME)), is_one=method == "POST")
            try:
                with _database_needed():
                    feed_key = _authenticate(request, key_places, delivery)
                    answer = view(request, feed_key, *args, **kwargs)
            except FeedKeyWrong as error:
                _hear_out(request)
                delivery.turn_away(error)
                return problem_answer(error, **{"WWW-Authenticate": 'Token realm="reads"'})
            except Exception as error:
                _hear_out(request)
                delivery.turn_away(error)
                raise
            LEDGER.flush_due()
            return answer

        update_wrapper(checked, view)
        return feed_only(csrf_exempt(checked))

    return decorate


class FeedKeyWrong(DomainError):
    """No key, an unknown one, or one that was cut off; the sender is not told which."""

    def __init__(self) -> None:
        super().__init__("feed_key_wrong", "Send a valid feed key.", status=401)


@dataclass(slots=True)
class _Delivery:
    """What is known of a delivery when it is turned away; a look at a receipt (`is_one` False) is
    none, and is not counted."""

    format: str
    is_one: bool
    source_id: int | None = None
    is_cut_off: bool = False

    def turn_away(self, error: Exception) -> None:
        """Count it, with the answer it gets."""
        if not self.is_one:
            return
        code, status, detail = "internal", 500, type(error).__name__
        if isinstance(error, DomainError):
            code, status, detail = error.code, error.status, error.message
        LEDGER.note(
            Refusal(
                source_id=self.source_id,
                # Of who has no key nothing is believed.
                format=self.format if self.source_id else "",
                code="feed_key_revoked" if self.is_cut_off else code,
                status=status,
                detail=detail,
            ),
            now=timezone.now(),
        )


def _authenticate(
    request: HttpRequest, key_places: tuple[KeyPlace, ...], delivery: _Delivery
) -> FeedKey:
    secret = next(filter(None, (place(request) for place in key_places)), "")
    feed_key = selectors.find_feed_key(secret) if secret else None
    if feed_key is None:
        raise FeedKeyWrong
    delivery.source_id = feed_key.source_id
    if feed_key.revoked_at is not None:
        delivery.is_cut_off = True
        raise FeedKeyWrong
    return feed_key


def check_transport(request: HttpRequest) -> None:
    """Refuse what is packed, of unknown length or too long, unread. Raises TooMuch, DomainError."""
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        # A few kilobytes could unpack to all of memory.
        raise unsupported(f"Content encoding “{encoding}”; send the body as it is.")
    if "Transfer-Encoding" in request.headers:
        # Django would take the body for empty.
        raise DomainError("length_required", "Say the body's Content-Length.", status=411)
    limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        raise TooMuch(f"The body is longer than {limit} bytes.")
    request.upload_handlers = [_InMemory(request)]


class _InMemory(MemoryFileUploadHandler):
    """Keeps every part in memory, which the limit of a body bounds. Django's own way opens a file a
    part: ten thousand photographs are more than a process may open, and would lie about as well."""

    def handle_raw_input(self, *_args: Any, **_kwargs: Any) -> None:
        self.activated = True


def whole_body(request: HttpRequest) -> bytes:
    """All of the body, as long as it said it would be. Raises Malformed for one that breaks off."""
    body = request.body
    promised = int(request.META.get("CONTENT_LENGTH") or 0)
    if len(body) < promised:
        # What came may be a document, or lines, by itself: it is not what was sent.
        raise Malformed(f"The body breaks off after {len(body)} of {promised} bytes.")
    return body


def _hear_out(request: HttpRequest) -> None:
    """Read and drop what is left of a body that is refused: much software sends to the end before
    it listens, and would find a broken connection where the reason should be."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > _HEAR_OUT_BYTES:
        return
    try:
        while request.read(_PIECE):
            pass
    except OSError:
        return  # who has hung up hears nothing anyhow


def file_part(request: HttpRequest, name: str) -> bytes | None:
    """The content of an uploaded file by the name of its part."""
    part = request.FILES.get(name)
    return bytes(part.read()) if isinstance(part, UploadedFile) else None


@contextmanager
def body_errors() -> Iterator[None]:
    """Django's complaints about a body, in ours."""
    try:
        yield
    except RequestDataTooBig as error:
        raise TooMuch(str(error)) from None
    except (TooManyFieldsSent, TooManyFilesSent):
        fields: int = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        files: int = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        raise TooMuch(f"Over {files} parts with file names, or {fields} without.") from None
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError) as error:
        raise Malformed(f"The body can't be read: {error}") from None


@contextmanager
def _database_needed() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        # Where it died while it committed nobody knows what it kept: to send again is safe.
        has_room = not isinstance(error.__cause__, DiskFull)
        what = "does not answer" if has_room else "has no room left on its disk"
        message = (
            f"The database {what}, so nothing is acknowledged. Keep it and send it again: what was"
            " kept already is not stored twice."
        )
        raise DomainError("database_unavailable", message, status=503) from error


def unsupported(message: str) -> DomainError:
    """The body is in a form that this address does not take."""
    return DomainError("unsupported", message, status=415)


def json_answer(content: Any) -> HttpResponse:
    """200 with this content."""
    return HttpResponse(orjson.dumps(content), content_type=JSON)


def problem_answer(error: DomainError, **headers: str) -> HttpResponse:
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
