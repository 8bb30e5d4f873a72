"""What somebody says is wrong with a read, and what it should be: checked, no more. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ingest.models import Wrong
from ingest.rules import REPORT_TEXT_MAX
from lprsvc.lib.errors import InvalidInput
from lprsvc.lib.jurisdictions import JURISDICTIONS
from lprsvc.lib.plates import InvalidPlate, plate_key

MAX_PLATE_TEXT = 40
# What the columns of a read hold.
MAX_LENGTHS = {"make": 60, "model": 60, "color": 40, "place": 200}
# Which parts of a claim speak of which part of a read; a photograph has no right value.
_SAYS: dict[Wrong, tuple[str, ...]] = {
    Wrong.PLATE: ("plate",),
    Wrong.STATE: ("state",),
    Wrong.VEHICLE: ("make", "model", "color"),
    Wrong.PLACE: ("place",),
    Wrong.PHOTOGRAPH: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is wrong and what it should be, as entered; what nobody said is empty.

    `state` is our id, `place` in the reporter's words, `text` whatever else there is to say.
    """

    wrong: tuple[Wrong, ...]
    plate: str = ""
    state: str = ""
    make: str = ""
    model: str = ""
    color: str = ""
    place: str = ""
    text: str = ""

    def values(self) -> dict[str, str]:
        """What it should be, by part: the parts that were said of what is wrong."""
        said = asdict(self)
        names = [name for wrong in self.wrong for name in _SAYS[wrong]]
        return {name: said[name].strip() for name in names if said[name].strip()}


def check_claim(claim: Claim, *, read: Mapping[str, str]) -> None:
    """Raise InvalidInput unless it says what is wrong and nothing that can't be or is so already.

    `read`: plate (its key), state, make, model and color as they are recorded.
    """
    errors: dict[str, list[str]] = {}
    if not claim.wrong:
        errors["wrong"] = ["Say what is wrong."]
    values = claim.values()
    _check_plate(values, read, errors)
    state = values.get("state")
    if state is not None and state not in JURISDICTIONS:
        errors["state"] = ["Choose a state of registration."]
    elif state is not None and state == read.get("state"):
        errors["state"] = ["This is the state that is recorded."]
    for name, limit in MAX_LENGTHS.items():
        if len(values.get(name, "")) > limit:
            errors[name] = [f"Use {limit} characters at most."]
    _check_vehicle(values, read, errors)
    _check_text(claim, values, errors)
    if errors:
        raise InvalidInput(errors)


def _check_plate(
    values: Mapping[str, str], read: Mapping[str, str], errors: dict[str, list[str]]
) -> None:
    plate = values.get("plate")
    if plate is None:
        return
    try:
        key = plate_key(plate)
    except InvalidPlate as fault:
        errors["plate"] = [str(fault)]
        return
    if len(plate) > MAX_PLATE_TEXT:
        errors["plate"] = [f"Use {MAX_PLATE_TEXT} characters at most."]
    elif key == read.get("plate"):
        errors["plate"] = ["This is the plate that is recorded; spaces and hyphens do not matter."]


def _check_vehicle(
    values: Mapping[str, str],
    read: Mapping[str, str],
    errors: dict[str, list[str]],
) -> None:
    said = {name: values[name] for name in _SAYS[Wrong.VEHICLE] if name in values}
    if said and all(text == read.get(name) for name, text in said.items()):
        errors.setdefault("make", ["This is the vehicle that is recorded."])


def _check_text(claim: Claim, values: Mapping[str, str], errors: dict[str, list[str]]) -> None:
    """Where nothing says what it should be, words must say what is wrong."""
    if len(claim.text) > REPORT_TEXT_MAX:
        errors["text"] = [f"Use {REPORT_TEXT_MAX:,} characters at most."]
    silent = [w for w in claim.wrong if not any(name in values for name in _SAYS[w])]
    if silent and not claim.text.strip():
        parts = ", ".join(wrong.label.lower() for wrong in silent)
        errors["text"] = [f"Say what is wrong with: {parts}."]
