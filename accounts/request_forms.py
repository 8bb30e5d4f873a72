"""The paper request form as an uploaded scan: what is accepted, told by its content (ACC-4, SAF-2).

Forms lie in storage under the SHA-256 of their bytes and are handed out by the admin alone.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol, runtime_checkable

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from PIL import Image, UnidentifiedImageError

from lprsvc.lib.errors import DomainError, InvalidInput

STORAGE = "request_forms"
MAX_BYTES = 10 * 1024 * 1024
# A page of A3 at 600 dpi; more is no scan of a form, and takes memory to look at.
MAX_PIXELS = 80_000_000
PDF = "application/pdf"
_IMAGES = {"JPEG": "image/jpeg", "PNG": "image/png"}
ACCEPTED = "PDF, JPEG or PNG"
_EXTENSIONS = {PDF: "pdf", "image/jpeg": "jpg", "image/png": "png"}


@dataclass(frozen=True, slots=True)
class RequestForm:
    """A checked form: its bytes, its type by content, and the name it came with."""

    data: bytes
    type: str
    name: str

    @property
    def sha256(self) -> str:
        """By which it is stored, and can be shown to be what was handed in."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def download_name(self) -> str:
        """A name that can't mislead a browser, whatever the form was called."""
        return f"request-form-{self.sha256[:12]}.{_EXTENSIONS[self.type]}"


@runtime_checkable
class _Durable(Protocol):
    """Storage that can say when files are on disk."""

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Write and flush."""


def read_upload(upload: Any) -> RequestForm:
    """Check an uploaded file (Django's `UploadedFile`). Raises InvalidInput, field "form"."""
    if upload.size is None or upload.size > MAX_BYTES:
        raise _fault(f"The file is larger than {MAX_BYTES // 1024 // 1024} MB.")
    return check_form(upload.read(MAX_BYTES + 1), name=upload.name or "")


def check_form(data: bytes, *, name: str) -> RequestForm:
    """A form that is what it says it is. Raises InvalidInput, field "form"."""
    if not data:
        raise _fault("The file is empty.")
    if len(data) > MAX_BYTES:
        raise _fault(f"The file is larger than {MAX_BYTES // 1024 // 1024} MB.")
    kind = PDF if data.startswith(b"%PDF-") else _image_type(data)
    if kind == PDF and b"%%EOF" not in data[-2048:]:
        raise _fault("The PDF is incomplete: scan or save it again.")
    printable = "".join(letter for letter in name if letter.isprintable())
    return RequestForm(data=data, type=kind, name=printable[-200:])


def store_form(form: RequestForm) -> None:
    """Put a form into storage, before the row that names it. Raises DomainError (503)."""
    storage = storages[STORAGE]
    name = _stored_name(form.sha256)
    try:
        if isinstance(storage, _Durable):
            storage.put_all({name: form.data})
        elif not storage.exists(name):
            storage.save(name, ContentFile(form.data))
    except OSError as error:
        raise _unavailable() from error


def load_form(sha256: str) -> bytes:
    """The bytes of a stored form. Raises DomainError (503), also when they are not the same."""
    try:
        with storages[STORAGE].open(_stored_name(sha256)) as file:
            data: bytes = file.read()
    except OSError as error:
        raise _unavailable() from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DomainError(
            "form_damaged", "The stored form is not the one that was handed in.", status=503
        )
    return data


def _image_type(data: bytes) -> str:
    """The type of a whole, decodable picture."""
    try:
        with Image.open(BytesIO(data), formats=tuple(_IMAGES)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _fault("The picture has too many pixels: scan it at 300 dpi.")
            kind = _IMAGES[str(image.format)]
            image.load()
    # Pillow raises any of these for damaged files, depending on where the damage is.
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise _fault(f"This is no readable {ACCEPTED} file.") from error
    return kind


def _stored_name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _fault(message: str) -> InvalidInput:
    return InvalidInput({"form": [message]})


def _unavailable() -> DomainError:
    return DomainError(
        "storage_unavailable", "Request forms cannot be stored or read right now.", status=503
    )
