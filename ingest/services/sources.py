"""Sources, their cameras and credentials: created, changed, paused, cut off (ING-1, ACC-13)."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from accounts.services.governed import (
    change_governed,
    create_governed,
    governing,
    remove_governed,
)
from audit.actors import Actor
from ingest import policy
from ingest.credentials import hash_secret, new_secret
from ingest.models import Camera, CameraName, FeedKey, Source
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from lprsvc.lib.jurisdictions import JURISDICTIONS

_E7 = 10_000_000


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new feed key with its secret, which is shown once and kept nowhere."""

    key: FeedKey
    secret: str


def create_source(
    *, actor: Actor, code: str, name: str, kind: str, state: str, reason: str, now: datetime
) -> Source:
    """An operator of cameras; `state` is our id, as "US-DE". Raises PolicyDenied, InvalidInput."""
    with governing(actor, subject=f"source {code}", reason=reason):
        policy.check_can_manage_sources(actor)
        _check_state("state", state)
        source = Source(code=code, name=name, kind=kind, state=state, created_at=now)
        create_governed(source, actor=actor, reason=reason, now=now)
    return source


def create_camera(
    *,
    actor: Actor,
    source: Source,
    code: str,
    name: str,
    timezone: str,
    reason: str,
    now: datetime,
    latitude: float | None = None,
    longitude: float | None = None,
    is_mobile: bool = False,
    default_state: str = "",
) -> Camera:
    """A camera of `source`; a fixed one needs its coordinates (degrees), a mobile one has none.

    Raises PolicyDenied, InvalidInput.
    """
    with governing(actor, subject=f"camera {source.code} {code}", reason=reason):
        policy.check_can_manage_sources(actor)
        _check_place(latitude, longitude, is_mobile=is_mobile)
        if timezone not in available_timezones():
            raise InvalidInput({"timezone": [f"“{timezone}” is no time zone's name."]})
        if default_state:
            _check_state("default_state", default_state)
        Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        if CameraName.objects.filter(source=source, name__iexact=code.strip()).exists():
            raise InvalidInput({"code": [f"“{code}” is a further name of another camera."]})
        camera = Camera(
            source=source,
            code=code,
            name=name,
            is_mobile=is_mobile,
            latitude_e7=None if latitude is None else round(latitude * _E7),
            longitude_e7=None if longitude is None else round(longitude * _E7),
            timezone=timezone,
            default_state=default_state,
            created_at=now,
        )
        create_governed(camera, actor=actor, reason=reason, now=now)
    return camera


def switch_camera(*, actor: Actor, camera: Camera, on: bool, reason: str, now: datetime) -> None:
    """Switch a camera on or off; reads of one that is off wait in quarantine.

    Raises PolicyDenied, InvalidInput.
    """
    with governing(actor, subject=f"camera {camera.code}", reason=reason):
        policy.check_can_manage_sources(actor)
        camera = Camera.objects.select_for_update().get(pk=camera.pk)
        if camera.is_active == on:
            raise PolicyDenied("camera_already", f"It is {'on' if on else 'off'} already.")
        change_governed(camera, {"is_active": on}, actor=actor, reason=reason, now=now)


def name_camera(
    *, actor: Actor, camera: Camera, name: str, reason: str, now: datetime
) -> CameraName:
    """Another name for a camera: what its software calls it. Reads under that name are its own
    from now on. Raises PolicyDenied, InvalidInput."""
    with governing(actor, subject=f"camera {camera.code} name {name}", reason=reason):
        policy.check_can_manage_sources(actor)
        text = name.strip()
        # Of one source at a time, so that a code and a name can't be given to two at once.
        Source.objects.select_for_update(no_key=True).get(pk=camera.source_id)
        taken = Camera.objects.filter(source_id=camera.source_id, code__iexact=text)
        if taken.exists():
            raise InvalidInput({"name": [f"“{text}” is the code of a camera of this source."]})
        row = CameraName(source_id=camera.source_id, camera=camera, name=text, created_at=now)
        create_governed(row, actor=actor, reason=reason, now=now)
    return row


def unname_camera(*, actor: Actor, name: CameraName, reason: str, now: datetime) -> None:
    """Take a further name from its camera. Raises PolicyDenied, InvalidInput."""
    with governing(actor, subject=f"camera name {name.name}", reason=reason):
        policy.check_can_manage_sources(actor)
        row = CameraName.objects.select_for_update().filter(pk=name.pk).first()
        if row is None:
            raise PolicyDenied("camera_name_gone", f"No camera is named “{name.name}” any more.")
        remove_governed(row, actor=actor, reason=reason, now=now)


def create_feed_key(
    *, actor: Actor, source: Source, label: str, reason: str, now: datetime
) -> IssuedKey:
    """A credential for `source`. Raises PolicyDenied, InvalidInput."""
    with governing(actor, subject=f"feed key {source.code} {label}", reason=reason):
        policy.check_can_manage_sources(actor)
        secret = new_secret()
        key = FeedKey(source=source, label=label, key_hash=hash_secret(secret), created_at=now)
        create_governed(key, actor=actor, reason=reason, now=now)
    return IssuedKey(key, secret)


def revoke_feed_key(*, actor: Actor, feed_key: FeedKey, reason: str, now: datetime) -> None:
    """Cut a credential off, at once and for good. Raises PolicyDenied, InvalidInput."""
    with governing(actor, subject=f"feed key {feed_key.label}", reason=reason):
        policy.check_can_manage_sources(actor)
        key = FeedKey.objects.select_for_update().get(pk=feed_key.pk)
        if key.revoked_at is not None:
            raise PolicyDenied("feed_key_revoked", "This feed key is revoked already.")
        change_governed(key, {"revoked_at": now}, actor=actor, reason=reason, now=now)


def cut_off_source(*, actor: Actor, source: Source, reason: str, now: datetime) -> int:
    """Cut off every credential of a source, at once and for good; returns how many there were.

    Raises PolicyDenied, InvalidInput.
    """
    with governing(actor, subject=f"source {source.code}", reason=reason):
        policy.check_can_manage_sources(actor)
        keys = list(
            FeedKey.objects.select_for_update()
            .filter(source=source, revoked_at=None)
            .order_by("pk")
        )
        if not keys:
            raise PolicyDenied("source_has_no_key", f"Source {source.code} has no key to cut off.")
        for key in keys:
            change_governed(key, {"revoked_at": now}, actor=actor, reason=reason, now=now)
    return len(keys)


def set_silence(
    *, actor: Actor, source: Source, silent_after_hours: int, reason: str, now: datetime
) -> None:
    """Warn when a source has delivered no new read for so many hours; 0: never.

    Raises PolicyDenied, InvalidInput.
    """
    with governing(actor, subject=f"source {source.code}", reason=reason):
        policy.check_can_manage_sources(actor)
        row = Source.objects.select_for_update().get(pk=source.pk)
        changes = {"silent_after_hours": silent_after_hours}
        change_governed(row, changes, actor=actor, reason=reason, now=now)


def pause_source(*, actor: Actor, source: Source, reason: str, now: datetime) -> None:
    """Take no more deliveries of `source` for now. Raises PolicyDenied, InvalidInput."""
    _set_paused(actor, source, reason, now, is_paused=True)


def resume_source(*, actor: Actor, source: Source, reason: str, now: datetime) -> None:
    """Take deliveries of a paused source again. Raises PolicyDenied, InvalidInput."""
    _set_paused(actor, source, reason, now, is_paused=False)


def _set_paused(
    actor: Actor, source: Source, reason: str, now: datetime, *, is_paused: bool
) -> None:
    with governing(actor, subject=f"source {source.code}", reason=reason):
        policy.check_can_manage_sources(actor)
        row = Source.objects.select_for_update().get(pk=source.pk)
        if row.is_paused == is_paused:
            state = "paused" if is_paused else "not paused"
            raise PolicyDenied("source_already", f"Source {row.code} is {state} already.")
        change_governed(row, {"is_paused": is_paused}, actor=actor, reason=reason, now=now)
    # Not before the commit: the caller's object never claims what was rolled back.
    source.is_paused = is_paused


def _check_state(field: str, state: str) -> None:
    if state not in JURISDICTIONS:
        raise InvalidInput({field: [f"“{state}” is no id of a state, as US-PA."]})


def _check_place(latitude: float | None, longitude: float | None, *, is_mobile: bool) -> None:
    if is_mobile:
        if latitude is not None or longitude is not None:
            raise InvalidInput({"latitude": ["A mobile camera has no coordinates of its own."]})
    elif not (_is_within(latitude, 90) and _is_within(longitude, 180)):
        raise InvalidInput({"latitude": ["A fixed camera needs latitude and longitude."]})


def _is_within(degrees: float | None, limit: float) -> bool:
    return degrees is not None and -limit <= degrees <= limit
