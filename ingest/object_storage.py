"""Photographs in an S3-compatible object store, for whoever runs more than one machine (ADR 0015).

The bucket is private and stays so: nobody is ever given an address in it, the bytes go through this
service's own links. What the store has taken it keeps, so there is nothing to flush.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile
from storages.backends.s3 import S3Storage

Result = TypeVar("Result")

_NOT_FOUND = 404
# Asking over the network is waiting.
_THREADS = 8


class PrivateObjectStorage(S3Storage):  # type: ignore[misc]
    """Raises OSError, as file systems do, when the store is away or refuses."""

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Store the files that are not there yet; all are there when it returns."""
        client = self.connection.meta.client

        def put(name: str) -> None:
            key = self._normalize_name(name)
            if not self._has(client, key):
                self._ask(client.put_object, Bucket=self.bucket_name, Key=key, Body=files[name])

        with ThreadPoolExecutor(_THREADS) as pool:
            # list(): an error in a thread is raised here.
            list(pool.map(put, files))

    def list_below(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """Name and last change of each file whose name begins with this folder's."""
        prefix = self._normalize_name(folder) + "/"
        client = self.connection.meta.client
        more: dict[str, str] = {}
        while True:
            page = self._ask(client.list_objects_v2, Bucket=self.bucket_name, Prefix=prefix, **more)
            for found in page.get("Contents", ()):
                yield f"{folder}/{found['Key'].removeprefix(prefix)}", found["LastModified"]
            if not page["IsTruncated"]:
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is none to remove."""
        client, key = self.connection.meta.client, self._normalize_name(name)
        self._ask(client.delete_object, Bucket=self.bucket_name, Key=key)

    def url(self, *_: Any, **__: Any) -> NoReturn:
        """There is none (QRY-7)."""
        raise NotImplementedError("Photographs have no address but this service's own links.")

    def _open(self, name: str, mode: str = "rb") -> ContentFile:  # type: ignore[type-arg] # noqa: ARG002
        client, key = self.connection.meta.client, self._normalize_name(name)

        def read() -> bytes:
            body: bytes = client.get_object(Bucket=self.bucket_name, Key=key)["Body"].read()
            return body

        return ContentFile(self._ask(read), name)

    def _has(self, client: Any, key: str) -> bool:
        try:
            self._ask(client.head_object, Bucket=self.bucket_name, Key=key)
        except FileNotFoundError:
            return False
        return True

    def _ask(self, question: Callable[..., Result], **what: Any) -> Result:
        try:
            return question(**what)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            code = error.response.get("Error", {}).get("Code")
            if status == _NOT_FOUND and code != "NoSuchBucket":
                raise FileNotFoundError(what.get("Key")) from error
            raise OSError(f"the object store refused: {code}") from error
        except BotoCoreError as error:
            raise OSError("the object store is away") from error
