"""One recognised plate as Plate Recognizer's programs and ParkPow write it, in both their modes.

Either the plate with its vehicle beside it, or ("vehicle mode") the vehicle with its plate, of
which every property is a list of guesses, and which may have no plate at all.
"""

from typing import Any

from ingest.formats import boxes, states
from ingest.formats.nodes import Node
from ingest.formats.sightings import photo
from ingest.schemas import PhotoRole


def fields_of(result: Node, scene: str) -> dict[str, Any]:
    """What a result says, with the names of our own JSON; `scene` is its picture's name."""
    if isinstance(result.value.get("plate"), str):
        return _of_plate(result, scene)
    return _of_vehicle(result, scene)


def _of_plate(result: Node, scene: str) -> dict[str, Any]:
    return {
        "plate": result.text("plate"),
        "state": states.from_region(_region(result)),
        "confidence": result.share("score"),
        "make": result.best("model_make", "make", score="score"),
        "model": result.best("model_make", "model", score="score"),
        "color": result.best("color", "color", "value", score="score"),
        "photos": photo(PhotoRole.SCENE, scene, boxes.from_corners(result.node("box"))),
    }


def _region(result: Node) -> str:
    region = result.value.get("region")
    return region if isinstance(region, str) else result.node("region").text("code")


def _of_vehicle(result: Node, scene: str) -> dict[str, Any]:
    plate = result.node("plate")
    found, vehicle = plate.node("props"), result.node("vehicle").node("props")
    return {
        "plate": found.best("plate", "value", score="score"),
        "state": states.from_region(found.best("region", "value", score="score")),
        "confidence": plate.share("score"),
        "make": vehicle.best("make_model", "make", score="score"),
        "model": vehicle.best("make_model", "model", score="score"),
        "color": vehicle.best("color", "value", "color", score="score"),
        "photos": photo(PhotoRole.SCENE, scene, boxes.from_corners(plate.node("box"))),
    }
