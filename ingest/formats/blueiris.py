"""Blue Iris: the JSON that people compose of its macros for an alert's web request.

Best is `ai_dump`, the recogniser's whole answer with the place of each plate; else `memo`, the list
of all that was recognised with its confidence; else the one plate of `plate_number`.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from ingest.formats import boxes, moments
from ingest.formats.nodes import Node, invalid
from ingest.formats.sightings import Message, Pictures, each, kept, make, of_result, photo
from ingest.rules import Quarantined, QuarantineReason
from ingest.schemas import Delivered, PhotoRole, Understood

NAME = "blueiris"
DOCUMENT_PARTS = ("json",)

_CORNERS = ("x_min", "y_min", "x_max", "y_max")
_NO_PLATE = "no plate in the picture"
_SEEN = re.compile(
    r"\s*\[?(?P<label>[^:\[\]]{1,60})\]?\s*:\s*(?P<percent>\d{1,3})\s*%\s*", re.ASCII
)
# What the recognisers name beside plates, in a memo.
_NAMES = (
    "person,people,face,bicycle,car,motorcycle,motorbike,airplane,bus,train,truck,van,"
    "vehicle,boat,trailer,suv,pickup,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,"
    "giraffe,deer,rabbit,raccoon,fox,skunk,squirrel,pig,backpack,umbrella,handbag,tie,"
    "suitcase,frisbee,skis,snowboard,kite,skateboard,surfboard,bottle,cup,fork,knife,spoon,"
    "bowl,banana,apple,sandwich,orange,broccoli,carrot,pizza,donut,cake,chair,couch,bed,"
    "toilet,tv,laptop,mouse,remote,keyboard,microwave,oven,toaster,sink,refrigerator,book,"
    "clock,vase,scissors,toothbrush,bench,table,package,plate,dayplate,nightplate,"
    "traffic light,fire hydrant,stop sign,parking meter,sports ball,baseball bat,"
    "baseball glove,tennis racket,wine glass,hot dog,potted plant,dining table,cell phone,"
    "teddy bear,hair drier"
)
_THINGS = frozenset(_NAMES.split(","))


def understand(message: Message) -> Understood:
    """What an alert's message holds. Raises Quarantined for one of no known kind."""
    document = Node(message.document)
    if document.text("api") and "found" in document:
        # The recogniser's answer alone, with nothing around it.
        document = Node({"ai_dump": message.document})
    if "ai_dump" in document:
        return _of_dump(document, message)
    if "memo" in document:
        return _of_memo(document, message)
    if "plate_number" in document:
        return Understood((_of_plate(document, message),))
    raise invalid("The message", "one of ai_dump, memo, plate_number", sorted(document.value)[:10])


def _of_dump(document: Node, message: Message) -> Understood:
    pictures = Pictures(message)
    scene = _scene(document, pictures)
    predictions = list(_predictions(document))
    original = of_result(document.value, without="ai_dump")

    def read_one(_index: int, item: Any) -> Delivered:
        found, index, given = item
        prediction = Node(given, f"predictions[{index}]")
        request = found.text("requestId")
        fields = {
            # `label` may say something else, and `plate` is what was read.
            "plate": prediction.text("plate"),
            "confidence": prediction.share("confidence"),
            **_when(document, found),
            "cameras": [document.text("camera"), message.camera],
            "photos": photo(PhotoRole.SCENE, scene, boxes.from_corners(prediction, _CORNERS)),
            "keys": [f"{NAME}:{request}:{index}"] if request else [],
        }
        return make(fields, pictures=pictures, original=original(given))

    reads = each(predictions, read_one, pictures=pictures, original=lambda item: original(item[-1]))
    return Understood(reads, note="" if reads else _NO_PLATE)


def _predictions(document: Node) -> Iterator[tuple[Node, int, Any]]:
    """Each plate that was found, with the answer it stands in and its place there."""
    for answer in Node({"ai_dump": _dumped(document.value["ai_dump"])}).nodes("ai_dump"):
        if answer.text("api") == "alpr":
            found = answer.node("found")
            for index, prediction in enumerate(found.items("predictions")):
                yield found, index, prediction


def _dumped(value: Any) -> Any:
    """The macro's content, which stands in quotation marks where people put some around it."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise invalid("ai_dump", "the recogniser's answer", value) from None


def _of_memo(document: Node, message: Message) -> Understood:
    pictures = Pictures(message)
    scene = _scene(document, pictures)
    seen = [_SEEN.fullmatch(item) for item in document.text("memo").split(",") if item.strip()]
    if not seen or None in seen:
        detail = f"memo: expected as “ABC123:97%,car:85%”, got “{document.text('memo'):.60}”."
        raise Quarantined(QuarantineReason.PLATE_UNREADABLE, detail)
    plates = {
        found["label"].strip(): int(found["percent"]) / 100
        for found in seen
        if found and found["label"].strip().lower() not in _THINGS
    }

    def read_one(_index: int, item: Any) -> Delivered:
        plate, confidence = item
        fields = _common(document, message) | {"plate": plate, "confidence": confidence}
        fields["photos"] = photo(PhotoRole.SCENE, scene)
        return make(fields, pictures=pictures, original=kept(message.document))

    reads = each(list(plates.items()), read_one, pictures=pictures, original=kept)
    return Understood(reads, note="" if reads else _NO_PLATE)


def _of_plate(document: Node, message: Message) -> Delivered:
    pictures = Pictures(message)
    fields = _common(document, message) | {
        "plate": document.text("plate_number"),
        "photos": photo(PhotoRole.SCENE, _scene(document, pictures)),
    }
    return make(fields, pictures=pictures, original=kept(message.document))


def _common(document: Node, message: Message) -> dict[str, Any]:
    when = _when(document, Node({}))
    return {"cameras": [document.text("camera"), message.camera], **when}


def _scene(document: Node, pictures: Pictures) -> str:
    text = document.text("Image", "image")
    return pictures.add("Image", text) or pictures.part("image", "upload")


def _when(document: Node, found: Node) -> dict[str, str]:
    """The alert's own time where it tells its zone, else the recogniser's, else the camera's clock.

    A date with slashes is nobody's guess: the month may stand first or second.
    """
    given = document.text("timestamp")
    at = moments.iso(given) if given else None
    if at is not None and at.tzinfo is not None:
        return {"captured_at": at.isoformat()}
    if spelt := found.text("timestampUTC"):
        return {"captured_at": moments.from_http_date(spelt)}
    return {"captured_at_local": at.isoformat()} if at else {"captured_at": given}
