"""Photographs in an S3-compatible store, as in a folder (ING-6, QRY-7)."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.test import override_settings
from moto.server import ThreadedMotoServer

from ingest import selectors, storage
from ingest.models import ErasedPhotograph, Photograph
from ingest.services.erased_files import remove_files
from tests.harness.database import AsRole
from tests.harness.mail import free_port
from tests.ingest.feed import CLOSE_UP, SCENE, Feed, payload

_BOTH = {hashlib.sha256(data).digest(): data for data in (SCENE, CLOSE_UP)}
_BUCKET = "photographs"


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """The address of an object store on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=(port := free_port()), verbose=False)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def bucket(store: str, photograph_folder: Any) -> Iterator[Any]:
    """An empty bucket, in which photographs lie; yields it."""
    access = {
        "endpoint_url": store, "region_name": "us-east-1",
        "aws_access_key_id": "x", "aws_secret_access_key": "x",
    }  # fmt: skip
    made = boto3.resource("s3", **access).create_bucket(Bucket=_BUCKET)
    options = {
        "bucket_name": _BUCKET, "endpoint_url": store, "region_name": "us-east-1",
        "access_key": "x", "secret_key": "x",
    }  # fmt: skip
    backend = {"BACKEND": "ingest.object_storage.PrivateObjectStorage", "OPTIONS": options}
    with override_settings(STORAGES={**settings.STORAGES, "default": backend}):
        yield made
    made.objects.delete()
    made.delete()


def keys(bucket: Any) -> set[str]:
    return {found.key for found in bucket.objects.all()}


def test_read_is_stored_with_its_photographs_and_they_are_served(feed: Feed, bucket: Any) -> None:
    assert feed.post([payload()]).json()["stored"] == 1
    assert keys(bucket) == {storage.photograph_name(sha256) for sha256 in _BOTH}
    for sha256, data in _BOTH.items():
        assert selectors.open_photograph(sha256) == (data, "image/jpeg")


def test_store_that_refuses_acknowledges_nothing(feed: Feed, bucket: Any) -> None:  # ING-4
    bucket.delete()
    try:
        assert feed.post([payload()]).status_code == 503
    finally:
        bucket.create()
    assert not Photograph.objects.exists()
    assert feed.post([payload()]).json()["stored"] == 1


def test_photograph_that_is_gone_is_told_from_a_store_that_is_away(bucket: Any) -> None:
    with pytest.raises(storage.PhotographGone):
        storage.read_photograph(b"x" * 32)
    bucket.delete()
    try:
        with pytest.raises(storage.StorageUnavailable) as caught:
            storage.read_photograph(b"x" * 32)
    finally:
        bucket.create()
    assert not isinstance(caught.value, storage.PhotographGone)


def test_nobody_is_given_an_address_in_the_store() -> None:  # QRY-7
    storage.put_photographs(_BOTH)
    with pytest.raises(NotImplementedError):
        storages["default"].url(storage.photograph_name(next(iter(_BOTH))))


def test_files_are_listed_with_their_age(bucket: Any) -> None:
    storage.put_photographs(_BOTH)
    bucket.put_object(Key="ab/cd/README", Body=b"a stranger")
    found = [file for number in range(256) for file in storage.list_files(f"{number:02x}")]
    assert {file.sha256 for file in found} == set(_BOTH)
    now = datetime.now(UTC)
    assert all(abs(file.changed_at - now) < timedelta(hours=1) for file in found)


def test_removing_goes_on_when_the_store_is_back_and_twice_is_once(
    db: None, bucket: Any
) -> None:  # ING-6
    storage.put_photographs(_BOTH)
    bucket.put_object(Key=(kept := storage.photograph_name(b"k" * 32)), Body=b"another's")
    for _ in range(2):
        storage.remove_photographs(_BOTH)
    assert keys(bucket) == {kept}


def test_note_stays_while_the_store_is_away(bucket: Any, as_role: AsRole) -> None:  # ING-6
    now = datetime.now(UTC)
    with as_role("lpr_worker"):
        storage.put_photographs(_BOTH)
        for sha256 in _BOTH:
            ErasedPhotograph.objects.create(sha256=sha256, queued_at=now)
        bucket.objects.delete()
        bucket.delete()
        try:
            with pytest.raises(storage.StorageUnavailable):
                remove_files(now=now, is_over=lambda: False)
        finally:
            bucket.create()
        assert ErasedPhotograph.objects.filter(removed_at=None).count() == 2
        storage.put_photographs(_BOTH)
        assert remove_files(now=now, is_over=lambda: False) == 2
        assert keys(bucket) == set()
