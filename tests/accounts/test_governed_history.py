"""Whatever is governed keeps who, when, from, to and why (ACC-13)."""

import html
import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models

from accounts.governed_admin import GovernedAdmin
from accounts.history import save_governed
from accounts.models import Notice
from accounts.services import agencies
from accounts.services.people import suspend_user
from accounts.services.terminations import enter_termination, withdraw_termination
from tests.cast import NOW, Cast, client_for

_WHY = "because the letter says so"
# What is made once and never changes, or holds no decision of anybody's; with the reason.
_WITHOUT_HISTORY = {
    "accounts.Certification": "insert-only",
    "accounts.FailedLogOns": "counted by the service",
    "accounts.HelpRequest": "asked once and ended once; each is an event",
    "accounts.KnownPlace": "noted by the service",
    "accounts.Notice": "sent by the service; each end is an event",
    "accounts.PastPassword": "hashes alone, which no history may keep",
    "accounts.RegistrationKey": "holds a hash; its ends are events",
    "accounts.Reminded": "noted by the service",
    "accounts.RulesOfBehavior": "insert-only",
    "accounts.SecurityAnswer": "hashes alone, which no history may keep",
    "accounts.TemporaryPassword": "hashes alone, which no history may keep",
    "accounts.TrainingImport": "a preview; what it imports has history",
    "ingest.Amendment": "asked once; each end is an event",
    "ingest.Batch": "insert-only",
    "ingest.CameraActivity": "kept by the service, which records what it does",
    "ingest.Correction": "what was corrected, kept as it was",
    "ingest.Coverage": "kept by the service, which records what it does",
    "ingest.DeliveryKey": "kept by the service, which records what it does",
    "ingest.Device": "kept by the service, which records what it does",
    "ingest.ErasedPhotograph": "kept by the service, which records what it does",
    "ingest.Erasure": "an order to erase, carried out by the service",
    "ingest.ErrorReport": "reported once and ended once; each is an event",
    "ingest.FeedHour": "kept by the service, which records what it does",
    "ingest.FeedsCounted": "kept by the service, which records what it does",
    "ingest.GeoDataset": "loaded by the service; loading and leaving are events",
    "ingest.KnownPlace": "kept by the service, which records what it does",
    "ingest.OutboxEntry": "a queue",
    "ingest.Photograph": "insert-only",
    "ingest.QuarantineJob": "an order, carried out by the service",
    "ingest.QuarantinedRead": "insert-only",
    "ingest.QueuedPlace": "kept by the service, which records what it does",
    "ingest.Read": "insert-only",
    "ingest.ReadTally": "kept by the service, which records what it does",
    "ingest.Retraction": "kept by the service, which records what it does",
    "ingest.SuspectPhotograph": "kept by the service, which records what it does",
    "ingest.TurnedAway": "kept by the service, which records what it does",
}


def governed_models() -> list[type[models.Model]]:
    """The tables of the two rooms that people govern."""
    return [
        model
        for room in ("accounts", "ingest")
        for model in apps.get_app_config(room).get_models()
        if not model.__name__.startswith("Historical")
    ]


def test_every_table_has_a_history_or_a_reason_for_none() -> None:
    without = {model._meta.label for model in governed_models() if not hasattr(model, "history")}
    assert without == set(_WITHOUT_HISTORY)


def test_nothing_without_history_is_saved_as_governed(cast: Cast) -> None:
    with pytest.raises(TypeError, match="Notice has no history"):
        save_governed(Notice(), actor=cast.vendor.person, reason=_WHY, now=NOW)


def test_every_history_can_be_read_in_the_admin() -> None:
    shown = {
        model for model, page in admin.site._registry.items() if isinstance(page, GovernedAdmin)
    }
    # Shown on the page of the person, group or camera they belong to.
    parts = {"accounts.ManagedAor", "accounts.GroupMember", "ingest.CameraName"}
    hidden = {
        model._meta.label
        for model in governed_models()
        if hasattr(model, "history") and model not in shown
    }
    assert hidden <= parts


def _rows(page: str) -> list[str]:
    """The rows of the history's table, as a person reads them."""
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    plain = [re.sub(r"<[^>]+>", " ", row) for row in body.split("</tr>")[:-1]]
    return [" ".join(html.unescape(row).split()) for row in plain]


def test_history_shows_who_when_from_to_and_why(cast: Cast) -> None:
    agencies.change_component(
        actor=cast.vendor.person,
        component=cast.ero,
        name=cast.ero.name,
        max_lookback_years=2,
        lookback_source="a memo",
        reason=_WHY,
        now=NOW,
    )
    client = client_for(cast.vendor)

    newest, oldest = _rows(client.get(f"/admin/accounts/component/{cast.ero.pk}/history/").text)

    assert newest.startswith("2026-03-02 10:00:00 EST")  # by the vendor's own clock
    for said in ("Vera Lund", str(cast.vendor.pk), _WHY, "5 → 2", "PIA p. 7 → a memo"):
        assert said in newest
    assert "system:tests" in oldest


def test_history_of_a_person_shows_who_suspended_them(cast: Cast) -> None:
    suspend_user(actor=cast.manager.person, user=cast.investigator, reason=_WHY, now=NOW)
    page = client_for(cast.manager).get(f"/admin/accounts/user/{cast.investigator.pk}/history/")
    newest = _rows(page.text)[0]
    assert "Grace Whitfield" in newest
    assert "True → False" in newest
    assert _WHY in newest


def test_history_of_a_termination_shows_each_step(cast: Cast) -> None:
    found = enter_termination(
        actor=cast.vendor.person,
        user=cast.investigator,
        requested_by="Headquarters",
        received_at=NOW,
        reason="left",
        now=NOW,
    )
    withdraw_termination(actor=cast.manager.person, termination=found, reason=_WHY, now=NOW)
    page = client_for(cast.manager).get(f"/admin/accounts/termination/{found.pk}/history/")
    newest, oldest = _rows(page.text)
    assert "Waiting to be carried out → Withdrawn" in newest
    assert "Grace Whitfield" in newest
    assert "Vera Lund" in oldest
