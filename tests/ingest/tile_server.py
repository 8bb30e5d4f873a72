"""A real tile server on loopback, which does what it is told: well, slowly or with bad intent."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image


def picture(side: int = 256, kind: str = "PNG", color: str = "teal") -> bytes:
    """A square of one color."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), color).save(buffer, kind)
    return buffer.getvalue()


TILE = picture()


@dataclass
class Asked:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]


@dataclass
class TileServer:
    """What it does (`answer`), and what it was asked. `release` ends all waiting."""

    url: str = ""
    answer: str = "tile"
    content: bytes = TILE
    content_type: str = "image/png"
    status: int = 200
    location: str = ""
    paint: Callable[[str], bytes] | None = None
    asked: list[Asked] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def source(self) -> dict[str, Any]:
        """A source of this server as the setting `TILE_SOURCES` holds it, in the order z/y/x."""
        return {
            "code": "topo",
            "kind": "http",
            "label": "Topographic",
            "credit": "Map: the tests",
            "url": f"{self.url}/tiles/{{z}}/{{y}}/{{x}}",
            "max_zoom": 16,
        }

    @property
    def paths(self) -> list[str]:
        """What was asked for."""
        return [one.path for one in self.asked]


class _Handler(BaseHTTPRequestHandler):
    """Answers as the server's state says."""

    protocol_version = "HTTP/1.1"

    @property
    def state(self) -> TileServer:
        assert isinstance(self.server, _Server)
        return self.server.state

    def do_GET(self) -> None:
        self.state.asked.append(Asked(self.path, dict(self.headers)))
        getattr(self, f"_{self.state.answer}")()

    def _tile(self) -> None:
        paint = self.state.paint
        self._send(self.state.status, paint(self.path) if paint else self.state.content)

    def _redirect(self) -> None:
        if self.path.startswith("/moved"):
            self._tile()
        else:
            self._send(302, b"", Location=self.state.location.replace("PATH", self.path))

    def _silence(self) -> None:
        self.state.release.wait(30)
        self.close_connection = True

    def _drip(self) -> None:
        """A byte now and then: never long enough for a time-out of a single wait."""
        self._begin(len(TILE))
        for byte in TILE:
            if self.state.release.wait(0.2) or not self._write(bytes([byte])):
                break

    def _endless(self) -> None:
        self._begin(10**9)
        while self._write(bytes(256 * 1024)):
            pass

    def _begin(self, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.close_connection = True

    def _write(self, part: bytes) -> bool:
        try:
            self.wfile.write(part)
        except OSError:
            return False
        return True

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": self.state.content_type, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, state: TileServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = state

    def handle_error(self, *_: object) -> None:
        """Who hangs up on a bad answer does so on purpose."""


@contextmanager
def tile_server() -> Iterator[TileServer]:
    """The server, running."""
    state = TileServer()
    server = _Server(state)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
