"""Sources, their cameras, and a feed key to try deliveries with."""

from pathlib import Path

from django.conf import settings

from ingest.models import Camera, Source
from ingest.services.sources import create_camera, create_feed_key, create_source
from lprsvc.example.cameras import CAMERAS, SOURCES, ExampleCamera
from lprsvc.example.load.setting import REASON, Loading
from lprsvc.runtime.environment import write_private

# The source whose key a newcomer tries: its cameras are the ones the documentation names.
KEY_SOURCE = "DE-TOLL"


def load_sources(loading: Loading) -> dict[str, Source]:
    """The example sources by code, with their cameras and the feed key."""
    sources = {}
    for example in SOURCES:
        sources[example.code] = Source.objects.filter(code=example.code).first() or create_source(
            actor=loading.actor,
            code=example.code,
            name=example.name,
            kind=example.kind,
            state=example.state,
            reason=REASON,
            now=loading.now,
        )
    there = set(Camera.objects.values_list("source__code", "code"))
    missing = [camera for camera in CAMERAS if (camera.source, camera.code) not in there]
    for camera in missing:
        _create_camera(loading, sources[camera.source], camera)
    if missing:
        loading.say(f"made {len(missing)} cameras")
    _load_feed_key(loading, sources[KEY_SOURCE])
    return sources


def _create_camera(loading: Loading, source: Source, camera: ExampleCamera) -> None:
    create_camera(
        actor=loading.actor,
        source=source,
        code=camera.code,
        name=camera.name,
        timezone=camera.timezone,
        latitude=None if camera.mobile else camera.latitude,
        longitude=None if camera.mobile else camera.longitude,
        is_mobile=camera.mobile,
        reason=REASON,
        now=loading.now,
    )


def feed_key_file() -> Path:
    """Where the example's feed key lies, for its owner alone: the service keeps only its hash."""
    return settings.DATA_DIR / "example-feed-key"


def _load_feed_key(loading: Loading, source: Source) -> None:
    path = feed_key_file()
    if path.exists():
        return
    issued = create_feed_key(
        actor=loading.actor, source=source, label="Example", reason=REASON, now=loading.now
    )
    write_private(path, issued.secret + "\n")
    loading.say(f"the feed key of {source.code} is in {path}")
