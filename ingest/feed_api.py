"""`POST /api/v1/feeds/<format>/`: camera software delivers as its vendor made it (ING-2, ING-4)."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ingest.bodies import Malformed
from ingest.formats.feeds import FORMATS, Delivery, FeedFormat, understand
from ingest.models import FeedKey
from ingest.services.reads import store_reads
from ingest.transport import (
    MULTIPART,
    body_errors,
    check_transport,
    file_part,
    for_feeds,
    in_authorization,
    json_answer,
    whole_body,
)
from lprsvc.lib.errors import NotFound

_FORM = "application/x-www-form-urlencoded"


def _in_own_header(request: HttpRequest) -> str:
    return request.headers.get("X-API-Key", "").strip()


def _in_address(request: HttpRequest) -> str:
    """For software that can be given an address and nothing else."""
    return request.GET.get("key", "").strip()


@for_feeds("POST", key_places=(in_authorization, _in_own_header, _in_address))
def deliver_vendor(request: HttpRequest, feed_key: FeedKey, format: str) -> HttpResponse:  # noqa: A002
    """Store what a vendor's software sends and answer after the commit, with the receipt.

    What is no read in it, as a heartbeat, is counted or named in `heartbeats` and `note`.
    """
    feed_format = _format(format)
    understood = understand(feed_format, _delivery(request))
    receipt = store_reads(
        source=feed_key.source,
        feed_key=feed_key,
        reads=understood.reads,
        heartbeats=understood.heartbeats,
        note=understood.note,
        format=feed_format.name,
        now=timezone.now(),
    )
    return json_answer(
        {
            "receipt": receipt.receipt,
            "stored": receipt.stored,
            "duplicate": receipt.duplicate,
            "quarantined": receipt.quarantined,
            "refused": receipt.refused,
            "reads": receipt.reads,
            "heartbeats": len(understood.heartbeats),
            "note": understood.note,
        }
    )


def _format(name: str) -> FeedFormat:
    if name not in FORMATS:
        raise NotFound("feed format")
    return FORMATS[name]


def _delivery(request: HttpRequest) -> Delivery:
    """The request's body, whatever it says it is: vendors' software often says the wrong thing."""
    check_transport(request)
    camera = request.GET.get("camera", "").strip()
    with body_errors():
        body = whole_body(request)
        if request.content_type in {MULTIPART, _FORM}:
            return Delivery(parts=_parts(request), camera=camera)
        return Delivery(document=body, camera=camera)


def _parts(request: HttpRequest) -> dict[str, bytes]:
    # A part without a file name is a field to Django, even if it is a picture: in this encoding
    # its bytes come through as they are.
    request.encoding = "latin-1"
    try:
        parts = {name: str(value).encode("latin-1") for name, value in request.POST.items()}
    except UnicodeEncodeError as error:
        raise Malformed(f"The body can't be read: {error.reason}.") from None
    for name in request.FILES:
        if (content := file_part(request, name)) is not None:
            parts[name] = content
            # Some software names the part as it likes, and tells what it is by the file's name.
            parts.setdefault(str(getattr(request.FILES[name], "name", "")), content)
    return parts
