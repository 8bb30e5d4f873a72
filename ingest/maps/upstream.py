"""Asking a tile server: this service asks, never the browser, and says nothing of who looks.

No referrer, no cookie, no header of the person's, the same name for the asker always. Nothing that
comes back is trusted: type, size and time are limited, and a redirect to another host is a fault.
"""

import time
from functools import cache
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from ingest.maps.pictures import MAX_BYTES, NotATile, checked
from ingest.maps.sources import TileSource

# places.md: three seconds, then the map goes without.
PATIENCE = 3.0
_AGENT = "lprsvc-tiles/1"
_MAX_REDIRECTS = 2
_NOT_THERE = {HTTPStatus.NOT_FOUND, HTTPStatus.NO_CONTENT, HTTPStatus.GONE}
_MOVED = {301, 302, 303, 307, 308}


class UpstreamFault(Exception):
    """The server can't be reached, is too slow, or sends what is no tile."""


def fetch(source: TileSource, z: int, x: int, y: int) -> bytes:
    """The tile's bytes, checked; empty where the server has none. Raises UpstreamFault."""
    url, deadline = source.address(z, x, y), time.monotonic() + PATIENCE
    for _ in range(_MAX_REDIRECTS + 1):
        try:
            response = _pool().request(
                "GET",
                url,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(total=max(0.1, deadline - time.monotonic())),
            )
        except HTTPError as error:
            raise UpstreamFault(type(error).__name__) from error
        try:
            if response.status not in _MOVED:
                return _content(response, deadline)
            url = _same_origin(url, response.headers.get("Location", ""))
        finally:
            # Not given back to the pool: what was not read to its end can't be used again.
            response.close()
    raise UpstreamFault("too many redirects")


def _content(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    if response.status in _NOT_THERE:
        return b""
    if response.status != HTTPStatus.OK:
        raise UpstreamFault(f"status {response.status}")
    kind = response.headers.get("Content-Type", "")
    if not kind.startswith("image/"):
        raise UpstreamFault(f"content type {kind[:40]!r}")
    content = _body(response, deadline)
    try:
        checked(content)
    except NotATile as error:
        raise UpstreamFault(str(error)) from error
    return content


def _body(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """All of it, unless there is too much or it takes too long; drop by drop is too long too."""
    parts, size = [], 0
    try:
        while part := response.read1(64 * 1024, decode_content=False):
            parts.append(part)
            size += len(part)
            if size > MAX_BYTES:
                raise UpstreamFault(f"more than {MAX_BYTES} bytes")
            if time.monotonic() > deadline:
                raise UpstreamFault("too slow")
    except HTTPError as error:
        raise UpstreamFault(type(error).__name__) from error
    return b"".join(parts)


def _same_origin(url: str, location: str) -> str:
    target = urljoin(url, location)
    if urlsplit(target)[:2] != urlsplit(url)[:2]:
        # Not even the name of the other host: it may be one inside our own network.
        raise UpstreamFault("redirect to another host")
    return target


@cache
def _pool() -> urllib3.PoolManager:
    headers = {"User-Agent": _AGENT, "Accept": "image/*", "Accept-Encoding": "identity"}
    return urllib3.PoolManager(num_pools=4, maxsize=8, headers=headers)
