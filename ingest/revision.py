"""What a read should say, as the vendor entered it: checked against the read. Pure."""

from dataclasses import dataclass
from typing import Self

from audit.leaf import Value
from ingest.checking import is_on_the_map
from ingest.claims import MAX_LENGTHS, MAX_PLATE_TEXT
from ingest.models import Read, Wrong
from lprsvc.lib.errors import InvalidInput
from lprsvc.lib.jurisdictions import JURISDICTIONS
from lprsvc.lib.plates import InvalidPlate, plate_key

_E7 = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """All that a correction can change, whether it does or not; empty text for what is not known.

    `latitude_e7`, `longitude_e7`: degrees × 10⁷.
    """

    plate_text: str
    plate_key: str
    state: str
    make: str
    model: str
    color: str
    latitude_e7: int
    longitude_e7: int

    @classmethod
    def entered(
        cls,
        *,
        plate: str,
        state: str,
        make: str,
        model: str,
        color: str,
        latitude: float,
        longitude: float,
    ) -> Self:
        """From what was typed; coordinates in degrees. Raises InvalidInput."""
        errors: dict[str, list[str]] = {}
        key = ""
        try:
            key = plate_key(plate)
        except InvalidPlate as fault:
            errors["plate"] = [str(fault)]
        if len(plate) > MAX_PLATE_TEXT:
            errors["plate"] = [f"Use {MAX_PLATE_TEXT} characters at most."]
        if state not in JURISDICTIONS:
            errors["state"] = ["Choose a state of registration."]
        for name, text in (("make", make), ("model", model), ("color", color)):
            if len(text) > MAX_LENGTHS[name]:
                errors[name] = [f"Use {MAX_LENGTHS[name]} characters at most."]
            if "\0" in text:
                errors[name] = ["It holds a character that can't be stored."]
        if not is_on_the_map(latitude, longitude):
            errors["latitude"] = ["No camera stands there. Are latitude and longitude swapped?"]
        if errors:
            raise InvalidInput(errors)
        return cls(
            plate_text=plate.strip(),
            plate_key=key,
            state=state,
            make=make.strip(),
            model=model.strip(),
            color=color.strip(),
            latitude_e7=round(latitude * _E7),
            longitude_e7=round(longitude * _E7),
        )


def changed_parts(read: Read, revision: Revision) -> list[Wrong]:
    """The parts of the read that the revision makes another; not how a plate is spaced."""
    vehicle = (read.make or "", read.model or "", read.color or "")
    differs = {
        Wrong.PLATE: read.plate_key != revision.plate_key,
        Wrong.STATE: read.state != revision.state,
        Wrong.VEHICLE: vehicle != (revision.make, revision.model, revision.color),
        Wrong.PLACE: (read.latitude_e7, read.longitude_e7)
        != (revision.latitude_e7, revision.longitude_e7),
    }
    return [part for part, is_other in differs.items() if is_other]


def check_revision(read: Read, revision: Revision) -> None:
    """Raise InvalidInput for a revision that changes nothing."""
    if not changed_parts(read, revision):
        raise InvalidInput(
            {"": ["Nothing differs from what is recorded. Change what is wrong, or reject."]}
        )


def revised(revision: Revision) -> dict[str, Value]:
    """What the log holds of a revision, and by which the database looks for the corrected key."""
    return {
        "plate": revision.plate_key,
        "plate_raw": revision.plate_text,
        "state": revision.state,
        "make": revision.make or None,
        "model": revision.model or None,
        "color": revision.color or None,
        "latitude_e7": revision.latitude_e7,
        "longitude_e7": revision.longitude_e7,
    }


def as_revision(read: Read) -> Revision:
    """The read as it is."""
    return Revision(
        plate_text=read.plate_text,
        plate_key=read.plate_key,
        state=read.state,
        make=read.make or "",
        model=read.model or "",
        color=read.color or "",
        latitude_e7=read.latitude_e7,
        longitude_e7=read.longitude_e7,
    )
