"""Sources, their cameras and feed keys (ING-1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.governed_admin import GovernedAdmin, GovernedPage
from accounts.people import Person
from accounts.services.governed import record_viewed
from ingest.admin.access import VENDOR, for_vendor, given
from ingest.admin.feed_pages import feed_context, list_context
from ingest.feed_forms import FeedFilterForm, SilenceForm, prepare_silence
from ingest.feeds import has_key
from ingest.forms import (
    CameraForm,
    CameraNameForm,
    CameraUnnameForm,
    FeedKeyForm,
    SourceForm,
)
from ingest.models import Camera, FeedKey, Source
from ingest.services import sources

Data = Mapping[str, Any]


def _create_source(person: Person, _: Source | None, data: Data, now: datetime) -> None:
    sources.create_source(actor=person, now=now, **data)


def _create_camera(person: Person, source: Source | None, data: Data, now: datetime) -> None:
    sources.create_camera(actor=person, source=given(source), now=now, **data)


def _create_feed_key(person: Person, source: Source | None, data: Data, now: datetime) -> str:
    issued = sources.create_feed_key(actor=person, source=given(source), now=now, **data)
    return f"Copy the key now, it is shown this once: {issued.secret}"


def _pause(person: Person, source: Source | None, data: Data, now: datetime) -> None:
    sources.pause_source(actor=person, source=given(source), now=now, **data)


def _resume(person: Person, source: Source | None, data: Data, now: datetime) -> None:
    sources.resume_source(actor=person, source=given(source), now=now, **data)


def _cut_off(person: Person, source: Source | None, data: Data, now: datetime) -> None:
    sources.cut_off_source(actor=person, source=given(source), now=now, **data)


def _set_silence(person: Person, source: Source | None, data: Data, now: datetime) -> None:
    sources.set_silence(actor=person, source=given(source), now=now, **data)


def _switch_on(person: Person, camera: Camera | None, data: Data, now: datetime) -> None:
    sources.switch_camera(actor=person, camera=given(camera), on=True, now=now, **data)


def _switch_off(person: Person, camera: Camera | None, data: Data, now: datetime) -> None:
    sources.switch_camera(actor=person, camera=given(camera), on=False, now=now, **data)


def _name_camera(person: Person, camera: Camera | None, data: Data, now: datetime) -> None:
    sources.name_camera(actor=person, camera=given(camera), now=now, **data)


def _unname_camera(person: Person, _: Camera | None, data: Data, now: datetime) -> None:
    sources.unname_camera(actor=person, now=now, **data)


def _prepare_unname(form: CameraUnnameForm, _: Person, camera: Camera | None) -> None:
    field = form.fields["name"]
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - as declared there
    field.queryset = given(camera).names.all()


def _revoke(person: Person, key: FeedKey | None, data: Data, now: datetime) -> None:
    sources.revoke_feed_key(actor=person, feed_key=given(key), now=now, **data)


@admin.register(Source)
class SourceAdmin(GovernedAdmin[Source]):
    """Operators of cameras."""

    view_permissions = VENDOR
    pages = (
        GovernedPage(
            "new", "Add a source", VENDOR, _create_source, form=SourceForm, of_object=False
        ),
        GovernedPage("camera", "Add a camera", VENDOR, _create_camera, form=CameraForm),
        GovernedPage("key", "Issue a feed key", VENDOR, _create_feed_key, form=FeedKeyForm),
        GovernedPage(
            "pause",
            "Pause",
            VENDOR,
            _pause,
            offered=lambda _, source: source is not None and not source.is_paused,
        ),
        GovernedPage(
            "resume",
            "Resume",
            VENDOR,
            _resume,
            offered=lambda _, source: source is not None and source.is_paused,
        ),
        GovernedPage(
            "cut-off",
            "Cut off all keys",
            VENDOR,
            _cut_off,
            offered=lambda _, source: source is not None and has_key(source),
            consequences=lambda _, __: (
                "Every key of this source stops working at once, for good, even in mid-delivery.",
                "Its software needs a new key. What it sends until then is turned away.",
            ),
        ),
        GovernedPage(
            "silence",
            "Warn when silent",
            VENDOR,
            _set_silence,
            form=SilenceForm,
            prepare=prepare_silence,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[Source]":
        """All of them, for the vendor."""
        return for_vendor(Source, person)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """All feeds and how they fare, by the filter in the address; recorded as seen."""
        person, now = _person(request), timezone.now()
        record_viewed(person=person, subject="source", search=request.GET.urlencode())
        context = self._context(request, "Feeds", None) | list_context(
            FeedFilterForm(request.GET),
            self.visible_to(person),
            now=now,
            timezone=person.timezone,
        )
        context |= {"governed_links": self._links(person, None)} | (extra_context or {})
        return TemplateResponse(request, "ingest/feed_list.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One source: how its feed fares, and what can be done; recorded as seen."""
        source = self._object_or_404(request, object_id)
        person, now = _person(request), timezone.now()
        record_viewed(person=person, subject=f"source:{source.pk}")
        context = self._context(request, source.name, source) | feed_context(
            source, now=now, timezone=person.timezone
        )
        context |= {"governed_links": self._links(person, source)} | (extra_context or {})
        return TemplateResponse(request, "ingest/feed_detail.html", context)


@admin.register(Camera)
class CameraAdmin(GovernedAdmin[Camera]):
    """Cameras, fixed and mobile."""

    view_permissions = VENDOR
    list_display = ("code", "source", "name", "is_mobile", "timezone", "is_active")
    list_filter = ("source", "is_mobile", "is_active")
    list_select_related = ("source",)
    search_fields = ("code", "name")
    fields = (
        "source",
        "code",
        "name",
        "is_mobile",
        "place",
        "timezone",
        "default_state",
        "further_names",
        "is_active",
        "created_at",
    )
    pages = (
        GovernedPage(
            "off",
            "Switch off",
            VENDOR,
            _switch_off,
            offered=lambda _, camera: camera is not None and camera.is_active,
        ),
        GovernedPage(
            "on",
            "Switch on",
            VENDOR,
            _switch_on,
            offered=lambda _, camera: camera is not None and not camera.is_active,
        ),
        GovernedPage(
            "name", "Add a name its software uses", VENDOR, _name_camera, form=CameraNameForm
        ),
        GovernedPage(
            "unname",
            "Take a name away",
            VENDOR,
            _unname_camera,
            form=CameraUnnameForm,
            prepare=_prepare_unname,
            offered=lambda _, camera: camera is not None and camera.names.exists(),
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[Camera]":
        """All of them, for the vendor."""
        return for_vendor(Camera, person)

    @admin.display(description="Names its software uses")
    def further_names(self, camera: Camera) -> str:
        """Beside its code: serial numbers, agents' ids, network addresses."""
        return ", ".join(name.name for name in camera.names.all()) or "–"

    @admin.display(description="Place")
    def place(self, camera: Camera) -> str:
        """Degrees north and east, of a fixed camera."""
        if camera.latitude_e7 is None or camera.longitude_e7 is None:
            return "mobile"
        return f"{camera.latitude_e7 / 1e7:.6f}, {camera.longitude_e7 / 1e7:.6f}"


@admin.register(FeedKey)
class FeedKeyAdmin(GovernedAdmin[FeedKey]):
    """Credentials of sources; their secrets are kept nowhere."""

    view_permissions = VENDOR
    list_display = ("label", "source", "created_at", "revoked_at")
    list_filter = ("source",)
    list_select_related = ("source",)
    search_fields = ("label",)
    fields = ("source", "label", "created_at", "revoked_at")
    pages = (
        GovernedPage(
            "revoke",
            "Revoke",
            VENDOR,
            _revoke,
            offered=lambda _, key: key is not None and key.revoked_at is None,
        ),
    )

    def visible_to(self, person: Person) -> "QuerySet[FeedKey]":
        """All of them, for the vendor."""
        return for_vendor(FeedKey, person)


def _person(request: HttpRequest) -> Person:
    person: Person = request.person  # type: ignore[attr-defined]
    return person
