"""The running web process as camera software meets it: bytes on a socket, and what comes back."""

import http.client
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from tests.harness.processes import Running

URL = "/api/v1/reads/"
JSON = "application/json"
NDJSON = "application/x-ndjson"


@dataclass(frozen=True)
class Answer:
    """What the web process said."""

    status: int
    content_type: str
    body: bytes

    def json(self) -> dict[str, Any]:
        """The document it sent."""
        document: dict[str, Any] = orjson.loads(self.body)
        return document

    def problem(self, status: int, code: str) -> str:
        """The sentence of a problem document; it must have this status and code."""
        assert (self.status, self.content_type) == (status, "application/problem+json"), self
        document = self.json()
        assert (document["status"], document["code"]) == (status, code), document
        detail: str = document["detail"]
        return detail


@dataclass(frozen=True)
class Wire:
    """One sender of a feed."""

    running: Running
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.running.url)
        return str(parts.hostname), int(parts.port or 0)

    def post(self, body: bytes, content_type: str = JSON, *, to: str = URL, **more: str) -> Answer:
        """Send it whole, and read the answer."""
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        headers = {**self.headers, "Content-Type": content_type}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        try:
            connection.request("POST", to, body, headers)
            return _answer(connection.getresponse())
        finally:
            connection.close()

    def post_in_pieces(self, length: int, piece: bytes) -> Answer:
        """Say `length`, and send so many bytes as simple software does: to the end, whatever
        comes back meanwhile."""
        with socket.create_connection(self.address, timeout=60) as sock:
            sock.sendall(self.head(length))
            for _ in range(length // len(piece)):
                sock.sendall(piece)
            response = http.client.HTTPResponse(sock)
            response.begin()
            return _answer(response)

    def break_off(self, body: bytes, *, missing: int) -> None:
        """Send all but the last `missing` bytes of what was promised, and hang up."""
        with socket.create_connection(self.address, timeout=60) as sock:
            sock.sendall(self.head(len(body)) + body[: len(body) - missing])
            sock.shutdown(socket.SHUT_WR)
            # Until the other side hangs up too: then it is done with this delivery.
            while sock.recv(4096):
                pass

    def head(self, length: int) -> bytes:
        """The request line and headers of a delivery of `length` bytes."""
        lines = [f"POST {URL} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {JSON}"]
        lines += [f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def workers(self) -> list[int]:
        """The process numbers of those that answer."""
        children = Path(f"/proc/{self.running.child.pid}/task").glob("*/children")
        return [int(pid) for path in children for pid in path.read_text().split()]


def _answer(response: http.client.HTTPResponse) -> Answer:
    return Answer(response.status, response.headers.get_content_type(), response.read())


def multipart(parts: Mapping[str, bytes | tuple[str, bytes]]) -> tuple[bytes, str]:
    """A body of these parts (name → content, or file name and content), and its content type."""
    boundary = f"edge{os.urandom(8).hex()}"
    pieces = []
    for name, part in parts.items():
        filename, content = part if isinstance(part, tuple) else ("", part)
        disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
        head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n"
        pieces += [head.encode(), content, b"\r\n"]
    body = b"".join([*pieces, f"--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"
