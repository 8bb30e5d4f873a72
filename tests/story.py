"""What the stories are about: cameras of the example, a key to deliver with, drawn photographs."""

import base64
import http.client
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from audit.actors import system
from ingest.models import Source
from ingest.services.reads import store_reads
from ingest.services.sources import create_camera, create_feed_key, create_source
from lprsvc.example.cameras import CAMERAS, SOURCES
from lprsvc.example.feed import Album, draw_album, payload
from lprsvc.example.load.reads import as_delivered
from lprsvc.example.world import ExampleRead, make_world

# A commuter from Pennsylvania; the example's own vehicle, with its own story.
PLATE, STATE = "ABC123", "Pennsylvania"
# The new read comes from this one.
OPERATOR = "DE-TOLL"
_SETUP = system("tests")
_WHY = "cameras of the tests' stories"
# The named vehicles of a small world share its reads evenly.
_NAMED = 8


@dataclass
class Road:
    """Reads of one vehicle, stored, and the means to deliver more."""

    reads: list[ExampleRead]
    feed_key: str
    _album: Album
    _delivered: int = 0

    @property
    def count(self) -> int:
        """How many reads of the vehicle are stored by now."""
        return len(self.reads) + self._delivered

    def new_read(self, captured_at: datetime | None = None) -> dict[str, Any]:
        """One more read of the vehicle as its operator sends it, photographs drawn and encoded."""
        like = [read for read in self.reads if read.camera.source == OPERATOR][-1]
        sent: dict[str, Any] = {**payload(like, self._album[like.picture])}
        at = captured_at or datetime.now(UTC) - timedelta(seconds=3)
        sent |= {"id": "", "captured_at": at.isoformat(timespec="milliseconds")}
        sent["photos"] = [
            {**photo, "data": base64.b64encode(photo["data"]).decode()} for photo in sent["photos"]
        ]
        return sent

    def deliver(self, url: str) -> dict[str, Any]:
        """Send one more read over HTTP; returns the service's answer."""
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        try:
            connection.request(
                "POST",
                "/api/v1/reads/",
                json.dumps(self.new_read()),
                {"Content-Type": "application/json", "Authorization": f"Token {self.feed_key}"},
            )
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == http.HTTPStatus.OK, body
            self._delivered += 1
            receipt: dict[str, Any] = json.loads(body)
            return receipt
        finally:
            connection.close()


def make_road(*, reads: int) -> Road:
    """Store `reads` reads of `PLATE`, of the last two years, through the ingest room's services."""
    now = datetime.now(UTC)
    own = [read for read in make_world(now, reads * _NAMED).reads if read.vehicle.plate == PLATE]
    album = draw_album(own, workers=1)
    sources = {code: _make_source(code, own, now) for code in _sources_of(own)}
    for code, source in sources.items():
        delivered = [as_delivered(read, album) for read in own if read.camera.source == code]
        receipt = store_reads(source=source, reads=delivered, format="example", now=now)
        assert receipt.stored == len(delivered), receipt
    issued = create_feed_key(
        actor=_SETUP, source=sources[OPERATOR], label="their software", reason=_WHY, now=now
    )
    return Road(own, issued.secret, album)


def _sources_of(reads: list[ExampleRead]) -> set[str]:
    return {read.camera.source for read in reads}


def _make_source(code: str, reads: list[ExampleRead], now: datetime) -> Source:
    example = next(source for source in SOURCES if source.code == code)
    source = create_source(
        actor=_SETUP, code=code, name=example.name, kind=example.kind, state=example.state,
        reason=_WHY, now=now,
    )  # fmt: skip
    used = {read.camera.code for read in reads}
    for camera in CAMERAS:
        if camera.source == code and camera.code in used:
            create_camera(
                actor=_SETUP, source=source, code=camera.code, name=camera.name,
                timezone=camera.timezone, is_mobile=camera.mobile, reason=_WHY, now=now,
                latitude=None if camera.mobile else camera.latitude,
                longitude=None if camera.mobile else camera.longitude,
            )  # fmt: skip
    return source
