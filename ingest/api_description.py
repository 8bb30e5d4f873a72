"""What the addresses for feeds take and answer, for the service's OpenAPI description (MOB-3).

Their views are plain Django (see `ingest.transport`), which no generator can read: the classes here
stand for them in the description alone, and are at no address.
"""

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.views import APIView

from ingest.formats.feeds import FORMATS
from ingest.rules import MAX_DELIVERY_KEYS, QuarantineReason, RefusalReason
from ingest.schemas import Outcome

JSON, NDJSON, MULTIPART = "application/json", "application/x-ndjson", "multipart/form-data"
PROBLEM = "application/problem+json"
_TAG = "Reads"
# Of any type: the generator's own says names, and it writes down what it is given.
_HEADER_KEY: Any = [{"feedKey": []}]
_ANY_KEY: Any = [
    {"feedKey": []},
    {"feedKeyInOwnHeader": []},
    {"feedKeyInAddress": []},
]
_PLATE = "ABC 123"
_READ_ID = "6f0c2f5e-5d0b-8a63-9d5d-3b0e7c3f2a11"
_RECEIPT_ID = "019b8ef4-7f3c-7b1a-a2cf-4a1c1f0f9e55"

SECURITY_SCHEMES: dict[str, Any] = {
    "feedKey": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "“Token”, a space, and the feed key that the vendor's administrator issued.",
    },
    "feedKeyInOwnHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "The feed key, for camera software that has a header of its own.",
    },
    "feedKeyInAddress": {
        "type": "apiKey",
        "in": "query",
        "name": "key",
        "description": "The feed key, for camera software that can be given an address only.",
    },
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(about: str, properties: dict[str, Any], *, closed: bool = True) -> dict[str, Any]:
    """An answer has each of its members; what is sent may lack any, and hold others."""
    schema = {"type": "object", "description": about, "properties": properties}
    return schema | ({"required": list(properties)} if closed else {})


def _text(about: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": about, **more}


def _number(about: str, **more: Any) -> dict[str, Any]:
    return {"type": ["number", "null"], "description": about, **more}


def _count(about: str) -> dict[str, Any]:
    return {"type": "integer", "minimum": 0, "description": about}


_PHOTO = _object(
    "One photograph: exactly one of data, part and sha256 says which.",
    {
        "role": _text("Which of the two photographs.", enum=["scene", "plate"]),
        "data": _text("The picture (JPEG, PNG or WebP) as base64.", contentEncoding="base64"),
        "part": _text("The name of the part of the multipart body that holds the picture."),
        "sha256": _text(
            "SHA-256 of a photograph that this source has sent before.", pattern="^[0-9a-f]{64}$"
        ),
        "box": {
            "type": ["array", "null"],
            "items": {"type": "number", "minimum": 0, "maximum": 100_000},
            "minItems": 4,
            "maxItems": 4,
            "description": "The plate in the scene: x, y, width, height in pixels. With it the"
            " scene alone is enough: the close-up is cut from it.",
        },
    },
    closed=False,
)
_READ = _object(
    "A read. Any object is taken: what lacks something, or has it wrong, waits in quarantine with"
    " its reason, and costs none of the other reads. Other members are kept with it; whole numbers"
    " in them have 64 bits at most.",
    {
        "id": _text("The sender's own id of the read; not used."),
        "plate": _text("The plate as it was read."),
        "state": _text("State of registration: postal or NCIC code, or as us-pa."),
        "captured_at": _text(
            "Date and time with its zone, by ISO 8601.",
            examples=["2026-01-05T14:03:11.250Z"],
        ),
        "captured_at_local": _text("Without zone, by the camera's own clock; if no captured_at."),
        "latitude": _number(
            "Degrees north; without it the camera's own place.", minimum=-90, maximum=90
        ),
        "longitude": _number("Degrees east.", minimum=-180, maximum=180),
        "camera": _text("The camera's code."),
        "camera_names": {
            "type": ["array", "null"],
            "items": {"type": "string"},
            "description": "Further names that the camera may be known by.",
        },
        "keys": {
            "type": ["array", "null"],
            "items": {"type": "string"},
            "description": "The software's own ids of this sighting: sent again under one of them"
            f" it is a duplicate, however it is told. The first {MAX_DELIVERY_KEYS} count.",
        },
        "confidence": _number("Of the plate's reading.", minimum=0, maximum=1),
        "make": {"type": ["string", "null"], "description": "Of the vehicle."},
        "model": {"type": ["string", "null"], "description": "Of the vehicle."},
        "color": {"type": ["string", "null"], "description": "Of the vehicle."},
        "photos": {
            "type": ["array", "null"],
            "items": _ref("Photo"),
            "description": "The scene, and the plate's close-up or its box in the scene.",
        },
    },
    closed=False,
)
_OUTCOME = _object(
    "What became of one read.",
    {
        "index": _count("Its place in the delivery, from 0."),
        "outcome": _text(
            "stored; duplicate: it was there already; quarantined: it waits for repair;"
            " refused: the law of its place forbids it and nothing of it is kept.",
            enum=[outcome.value for outcome in Outcome],
        ),
        "id": {
            "type": ["string", "null"],
            "format": "uuid",
            "description": "The read's id, the same for each delivery of it; of a quarantined one"
            " the entry's; null of a refused one.",
        },
        "reason": {
            "type": ["string", "null"],
            "enum": [*(reason.value for reason in (*QuarantineReason, *RefusalReason)), None],
            "description": "Why it is quarantined or refused.",
        },
        "rule": {
            "type": ["integer", "null"],
            "description": "Of a refused read: the number of the rule that refused it.",
        },
    },
)
_OUTCOME["required"].remove("rule")
_COUNTS = {
    "stored": _count("New reads."),
    "duplicate": _count("Reads that were there already."),
    "quarantined": _count("Reads that wait for repair."),
    "refused": _count("Reads that the law of their place forbids."),
}
_RECEIPT_NUMBER = _text("The number of the receipt.", format="uuid")
_OUTCOMES = {"type": "array", "items": _ref("ReadOutcome"), "description": "One entry a read."}
_NOTE = _text("What was no read, as a heartbeat or a test.")

SCHEMAS: dict[str, Any] = {
    "Photo": _PHOTO,
    "Read": _READ,
    "ReadOutcome": _OUTCOME,
    "Receipt": _object(
        "What became of a delivery; sent after it is on disk.",
        {"receipt": _RECEIPT_NUMBER, **_COUNTS, "reads": _OUTCOMES},
    ),
    "FeedReceipt": _object(
        "What became of what camera software sent.",
        {
            "receipt": _RECEIPT_NUMBER,
            **_COUNTS,
            "reads": _OUTCOMES,
            "heartbeats": _count("Devices that told how they are."),
            "note": _NOTE,
        },
    ),
    "KeptReceipt": _object(
        "A receipt asked for again.",
        {
            "receipt": _RECEIPT_NUMBER,
            "received_at": _text("When it came.", format="date-time"),
            "format": _text("generic, or the camera software's."),
            **_COUNTS,
            "reads": {**_OUTCOMES, "description": "Those that were not stored."},
            "note": _NOTE,
        },
    ),
    "Problem": _object(
        "Why a request was not done (RFC 9457).",
        {
            "type": _text("Always about:blank."),
            "title": _text("The status in words."),
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": _text("Stable, for programs."),
            "detail": _text("What happened and what to do, for people."),
        },
    ),
}

_PROBLEMS = {
    400: "The body can't be read; the detail says where. Nothing was kept.",
    401: "No valid feed key.",
    403: "The source is paused.",
    404: "There is no such receipt, or no such format.",
    405: "Another method is wanted.",
    411: "The body's length is missing.",
    413: "Over a limit: bytes, parts or reads. Nothing was kept.",
    415: "Another content type or encoding is wanted.",
    503: "The database or the photographs' disk is away: nothing is acknowledged. Send it again.",
}


def _problems(*statuses: int) -> dict[Any, OpenApiResponse]:
    return {
        (status, PROBLEM): OpenApiResponse(response=_ref("Problem"), description=_PROBLEMS[status])
        for status in statuses
    }


def _answers(receipt: str, about: str, *statuses: int) -> dict[Any, OpenApiResponse]:
    found = OpenApiResponse(response=_ref(receipt), description=about)
    return {(200, JSON): found} | _problems(*statuses)


_EXAMPLE_READ: dict[str, Any] = {
    "plate": _PLATE,
    "state": "PA",
    "captured_at": "2026-01-05T14:03:11.250Z",
    "latitude": 39.95,
    "longitude": -75.16,
    "camera": "DE-TOLL-014",
    "confidence": 0.97,
    "make": "Toyota",
    "model": "Camry",
    "color": "silver",
}
_BY_DATA = _EXAMPLE_READ | {
    "photos": [{"role": "scene", "data": "/9j/4AAQ…"}, {"role": "plate", "data": "/9j/4AAQ…"}]
}
_BY_PART = _EXAMPLE_READ | {
    "photos": [{"role": "scene", "part": "scene-1", "box": [310, 420, 180, 60]}]
}
_BY_HASH = (
    '{"plate":"ABC 123","state":"PA","captured_at":"2026-01-05T14:03:11.250Z","camera":"GATE-1",'
    '"photos":[{"role":"scene","sha256":"…64 digits…"},{"role":"plate","sha256":"…64 digits…"}]}\n'
    '{"plate":"XYZ 987","state":"NJ","captured_at":"2026-01-05T14:03:12.500Z","camera":"GATE-1",'
    '"photos":[{"role":"scene","sha256":"…64 digits…"},{"role":"plate","sha256":"…64 digits…"}]}\n'
)
_EXAMPLE_RECEIPT = {
    "receipt": _RECEIPT_ID,
    "stored": 1,
    "duplicate": 0,
    "quarantined": 0,
    "refused": 0,
    "reads": [{"index": 0, "outcome": "stored", "id": _READ_ID, "reason": None}],
}
_EXAMPLE_VENDOR = {
    "camera": "GATE",
    "time": "2026-01-05 14:03:11.000000+0000",
    "results": [{"plate": "abc123", "score": 0.97, "region": {"code": "us-pa"}}],
}


class DescribedReads(APIView):
    """Stands for `ingest.api.deliver_reads`."""

    @extend_schema(
        operation_id="deliver_reads",
        tags=[_TAG],
        auth=_HEADER_KEY,
        summary="Deliver reads",
        description=(
            "One read, or up to 5,000. 200 comes after everything is on disk, and says what"
            " became of each read. To send a delivery again is harmless: what was stored is a"
            " duplicate then, with the same id. Anything but 200 acknowledges nothing: send it"
            " again."
        ),
        request={
            JSON: {
                "oneOf": [
                    _ref("Read"),
                    {"type": "array", "items": _ref("Read"), "maxItems": 5000},
                ]
            },
            NDJSON: {
                "type": "string",
                "format": "binary",
                "description": "Lines of UTF-8 text, each a read as a JSON object of its own; empty"
                " lines do not count. application/ndjson and application/jsonl are the same.",
            },
            MULTIPART: {
                "type": "object",
                "description": "The reads, and their photographs as named parts.",
                "properties": {
                    "reads": {
                        "type": "string",
                        "description": "Reads as JSON, or as lines of JSON.",
                    }
                },
                "required": ["reads"],
                "additionalProperties": {"type": "string", "format": "binary"},
            },
        },
        responses=_answers(
            "Receipt", "On disk; what became of each read.", 400, 401, 403, 411, 413, 415, 503
        ),
        examples=[
            OpenApiExample("One read", value=_BY_DATA, request_only=True, media_type=JSON),
            OpenApiExample("Lines", value=_BY_HASH, request_only=True, media_type=NDJSON),
            OpenApiExample(
                "With photographs as parts",
                summary="A part named scene-1 follows, with the picture.",
                value={"reads": _BY_PART},
                request_only=True,
                media_type=MULTIPART,
            ),
            OpenApiExample(
                "Stored", value=_EXAMPLE_RECEIPT, response_only=True, status_codes=[200]
            ),
        ],
    )
    def post(self) -> None:
        """Never called."""


class DescribedReceipt(APIView):
    """Stands for `ingest.api.show_receipt`."""

    @extend_schema(
        operation_id="show_receipt",
        tags=[_TAG],
        auth=_HEADER_KEY,
        summary="Ask for a receipt again",
        description="Of a delivery of the same source, by whichever of its keys.",
        parameters=[
            OpenApiParameter(
                "receipt",
                {"type": "string", "format": "uuid"},
                OpenApiParameter.PATH,
                description="The receipt's number.",
            )
        ],
        responses=_answers("KeptReceipt", "What became of the delivery.", 401, 404, 503),
        examples=[
            OpenApiExample(
                "Kept",
                value={
                    **_EXAMPLE_RECEIPT,
                    "received_at": "2026-01-05T14:03:12Z",
                    "format": "generic",
                    "reads": [],
                    "note": "",
                },
                response_only=True,
                status_codes=[200],
            )
        ],
    )
    def get(self) -> None:
        """Never called."""


class DescribedFeed(APIView):
    """Stands for `ingest.feed_api.deliver_vendor`."""

    @extend_schema(
        operation_id="deliver_vendor",
        tags=[_TAG],
        auth=_ANY_KEY,
        summary="Deliver as camera software does",
        description=(
            "The body as the software's vendor made it, whatever its content type says. What"
            " is not understood waits in quarantine; heartbeats and tests are no reads."
        ),
        parameters=[
            OpenApiParameter(
                "format",
                {"type": "string", "enum": sorted(FORMATS)},
                OpenApiParameter.PATH,
                description="Whose software it is.",
            ),
            OpenApiParameter(
                "camera",
                {"type": "string"},
                OpenApiParameter.QUERY,
                description="The camera's code, where the software can't name it.",
            ),
        ],
        request={
            JSON: {"type": "object", "description": "One message."},
            "text/plain": {"type": "string", "description": "JSON or XML that says otherwise."},
            MULTIPART: {
                "type": "object",
                "description": "The document and its pictures, each in a part.",
                "additionalProperties": {"type": "string", "format": "binary"},
            },
        },
        responses=_answers(
            "FeedReceipt", "On disk; what became of it.", 400, 401, 403, 404, 411, 413, 415, 503
        ),
        examples=[
            OpenApiExample("ParkPow", value=_EXAMPLE_VENDOR, request_only=True, media_type=JSON),
            OpenApiExample(
                "Stored",
                value={**_EXAMPLE_RECEIPT, "heartbeats": 0, "note": ""},
                response_only=True,
                status_codes=[200],
            ),
        ],
    )
    def post(self) -> None:
        """Never called."""


# The generator calls only bodies required that it has made itself.
NEED_A_BODY = frozenset({"deliver_reads", "deliver_vendor"})
# The addresses of `ingest.urls`; a test compares the two.
DESCRIBED: list[URLPattern] = [
    path("api/v1/feeds/<str:format>/", DescribedFeed.as_view()),
    path("api/v1/reads/", DescribedReads.as_view()),
    path("api/v1/receipts/<uuid:receipt>/", DescribedReceipt.as_view()),
]
