"""What the vendor enters about quarantined reads: which are shown, and how one is repaired."""

import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.forms import ReasonForm
from accounts.people import Person
from ingest.feed_forms import midnight
from ingest.models import Camera, QuarantinedRead, QuarantineState
from ingest.quarantine import Which
from ingest.schemas import Box
from ingest.services.quarantine import Repair
from lprsvc.lib.jurisdictions import UnknownState, state_choices, state_id


class QuarantineFilterForm(forms.Form):
    """Which quarantined reads a list shows, from the address."""

    source = forms.IntegerField(required=False, min_value=1, max_value=2**31)
    reason = forms.SlugField(required=False, max_length=60)
    camera = forms.CharField(required=False, max_length=60)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    state = forms.ChoiceField(
        choices=[*QuarantineState.choices, ("any", "Any")],
        required=False,
    )

    def chosen(self, timezone: str) -> Which:
        """The filter; what can't be read is left out. Days are those of `timezone`, both whole."""
        self.is_valid()
        data = self.cleaned_data
        state = data.get("state") or QuarantineState.WAITING
        until: date | None = data.get("until")
        return Which(
            source_id=data.get("source"),
            reason=data.get("reason", ""),
            camera=data.get("camera", ""),
            since=midnight(data.get("since"), timezone),
            until=midnight(until + timedelta(days=1) if until else None, timezone),
            state="" if state == "any" else state,
        )


class RepairForm(ReasonForm):
    """A quarantined read as it is to be stored."""

    plate = forms.CharField(required=False, max_length=40)
    state = forms.ChoiceField(label="State of registration", required=False)
    captured_at = forms.CharField(
        label="Captured at",
        required=False,
        max_length=40,
        help_text="Date, time and zone, as 2026-01-05T14:03:11-05:00; Z for UTC.",
    )
    camera = forms.ChoiceField(required=False)
    latitude = forms.FloatField(
        required=False, help_text="Degrees north. Empty: where the fixed camera stands."
    )
    longitude = forms.FloatField(required=False, help_text="Degrees east; west is negative.")
    confidence = forms.FloatField(
        required=False, help_text="From 0 to 1, as the camera's software gave it."
    )
    scene = forms.ChoiceField(label="Photograph of the vehicle", required=False)
    scene_file = forms.FileField(
        label="… or a new one",
        required=False,
        help_text="JPEG, PNG or WebP; both together 9 MB at most.",
    )
    close_up = forms.ChoiceField(label="Photograph of the plate", required=False)
    close_up_file = forms.FileField(label="… or a new one", required=False)
    box = forms.CharField(
        label="… or cut out of the vehicle's",
        required=False,
        max_length=80,
        help_text="The plate's place in it in pixels: left, top, width, height, as 410 320 96 48.",
    )
    field_order = (
        "plate",
        "state",
        "captured_at",
        "camera",
        "latitude",
        "longitude",
        "confidence",
        "scene",
        "scene_file",
        "close_up",
        "close_up_file",
        "box",
        "reason",
    )

    def clean_scene_file(self) -> bytes | None:
        """The picture's bytes."""
        return _picture(self.cleaned_data["scene_file"])

    def clean_close_up_file(self) -> bytes | None:
        """The picture's bytes."""
        return _picture(self.cleaned_data["close_up_file"])

    def clean_box(self) -> Box | None:
        """Four numbers, or nothing."""
        text: str = self.cleaned_data["box"].replace(",", " ")
        if not text.split():
            return None
        try:
            left, top, width, height = (float(part) for part in text.split())
        except ValueError:
            raise forms.ValidationError("Enter four numbers: left, top, width, height.") from None
        if not all(math.isfinite(side) for side in (left, top, width, height)):
            raise forms.ValidationError("Enter four numbers: left, top, width, height.")
        return left, top, width, height


def repair_of(data: Mapping[str, Any]) -> Repair:
    """What a valid form asks for."""
    return Repair(
        plate=data["plate"],
        state=data["state"],
        captured_at=data["captured_at"],
        camera=data["camera"],
        latitude=data["latitude"],
        longitude=data["longitude"],
        confidence=data["confidence"],
        scene=data["scene_file"] or _number(data["scene"]),
        close_up=data["close_up_file"] or _number(data["close_up"]),
        box=data["box"],
    )


def prepare_repair(form: RepairForm, _: Person, held: QuarantinedRead | None) -> None:
    """The choices of this read's source, and what came."""
    if held is None:
        return
    came = held.read
    cameras = Camera.objects.filter(source=held.source_id).values_list("code", "name")
    _choose(form, "state", [("", "The camera's default state"), *state_choices()])
    _choose(form, "camera", [("", "–"), *((code, f"{code} ({name})") for code, name in cameras)])
    roles = kept_roles(held)
    pictures = [
        (str(number), f"Photograph {number + 1}, sent as “{role}”")
        for number, role in enumerate(roles)
    ]
    _choose(form, "scene", [("", "None that came"), *pictures])
    _choose(form, "close_up", [("", "None that came"), *pictures])
    boxes: list[list[float]] = [photo["box"] for photo in came.get("photos", []) if "box" in photo]
    form.initial = {
        "plate": came.get("plate", ""),
        "state": _known_state(came.get("state")),
        "captured_at": came.get("captured_at", ""),
        "camera": held.camera,
        "latitude": came.get("latitude"),
        "longitude": came.get("longitude"),
        "confidence": came.get("confidence"),
        "scene": _first(roles, "scene"),
        "close_up": _first(roles, "plate"),
        "box": " ".join(f"{side:g}" for side in boxes[0]) if boxes else "",
    }


def kept_roles(held: QuarantinedRead) -> list[str]:
    """The roles of the photographs that came and were kept, in their order."""
    return [photo.get("role", "") for photo in held.read.get("photos", []) if "sha256" in photo]


def _first(roles: list[str], role: str) -> str:
    return str(roles.index(role)) if role in roles else ""


def _known_state(code: Any) -> str:
    try:
        return state_id(str(code))
    except UnknownState:
        return ""


def _choose(form: forms.Form, name: str, choices: Any) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  the form says so above
    field.choices = choices


def _picture(file: "UploadedFile[Any] | None") -> bytes | None:
    return bytes(file.read()) if file is not None else None


def _number(text: str) -> int | None:
    return int(text) if text else None
