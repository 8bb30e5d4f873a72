"""Uploaded request forms: known by their content, kept under their hash (ACC-4, ACC-9, SAF-2)."""

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import InMemoryStorage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts import request_forms
from accounts.request_forms import (
    MAX_BYTES,
    RequestForm,
    check_form,
    load_form,
    read_upload,
    store_form,
)
from lprsvc.lib.errors import DomainError, InvalidInput

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def picture(kind: str, size: tuple[int, int] = (20, 30)) -> bytes:
    """A small picture."""
    buffer = BytesIO()
    Image.new("RGB", size, "white").save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (PDF, "form.pdf", "application/pdf"),
        (picture("JPEG"), "scan.jpg", "image/jpeg"),
        (picture("PNG"), "scan.png", "image/png"),
        # What it is called does not matter.
        (PDF, "form.exe", "application/pdf"),
        (picture("PNG"), "", "image/png"),
    ],
)
def test_type_is_told_by_content(data: bytes, name: str, kind: str) -> None:
    form = check_form(data, name=name)
    assert (form.type, form.sha256) == (kind, hashlib.sha256(data).hexdigest())
    assert form.download_name.startswith("request-form-")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nothing that is a form",
        b"<html><script>alert(1)</script></html>",
        b"\xff\xd8\xff\xe0 no picture",
        picture("JPEG")[:200],
        picture("PNG")[:-30],
        picture("GIF"),
        b"MZ" + PDF,
        PDF[:-8],
        b"PK\x03\x04" + b"x" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_what_is_no_form_is_refused_beside_its_field(data: bytes) -> None:
    with pytest.raises(InvalidInput) as raised:
        check_form(data, name="form.pdf")
    assert list(raised.value.errors) == ["form"]


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(InvalidInput, match="10 MB"):
        check_form(PDF + b" " * MAX_BYTES, name="form.pdf")
    upload = SimpleUploadedFile("form.pdf", b"")
    upload.size = MAX_BYTES + 1
    with pytest.raises(InvalidInput, match="10 MB"):
        read_upload(upload)


def test_a_picture_that_would_take_all_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_forms, "MAX_PIXELS", 599)
    with pytest.raises(InvalidInput, match="pixels"):
        check_form(picture("PNG"), name="scan.png")


def test_a_hostile_name_is_kept_harmless() -> None:
    form = check_form(PDF, name="../../etc/\0pass\r\nwd\u202e" + "x" * 300)
    assert form.name.isprintable()
    assert len(form.name) == 200
    assert form.download_name == f"request-form-{form.sha256[:12]}.pdf"


def test_a_form_is_stored_once_under_its_hash() -> None:
    form = check_form(PDF, name="form.pdf")
    store_form(form)
    store_form(form)
    assert load_form(form.sha256) == PDF
    storage = storages[request_forms.STORAGE]
    assert Path(storage.path(f"{form.sha256[:2]}/{form.sha256}")).read_bytes() == PDF


def test_a_form_in_an_object_store(monkeypatch: pytest.MonkeyPatch) -> None:
    store = InMemoryStorage()
    monkeypatch.setattr(request_forms, "storages", {request_forms.STORAGE: store})
    form = RequestForm(b"of any kind", "application/pdf", "")
    store_form(form)
    store_form(form)
    assert load_form(form.sha256) == b"of any kind"
    assert store.listdir(form.sha256[:2])[1] == [form.sha256]


def test_a_form_that_was_changed_or_lost_is_not_shown() -> None:
    form = check_form(PDF + b"\n% one\n%%EOF", name="form.pdf")
    store_form(form)
    path = Path(storages[request_forms.STORAGE].path(f"{form.sha256[:2]}/{form.sha256}"))
    path.write_bytes(b"another")
    with pytest.raises(DomainError, match="not the one"):
        load_form(form.sha256)
    path.unlink()
    with pytest.raises(DomainError, match="cannot be stored or read"):
        load_form(form.sha256)


def test_a_disk_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(storages[request_forms.STORAGE], "put_all", refuse)
    with pytest.raises(DomainError) as raised:
        store_form(check_form(PDF, name="form.pdf"))
    assert raised.value.status == 503
