"""The helper that shows "no event, no change" fails where the promise is broken."""

import pytest
from django.db import transaction

from accounts.models import User
from accounts.services.people import suspend_user
from audit.actors import system
from audit.kinds import Kind
from audit.services import record_alone
from lprsvc.lib.errors import AuditUnavailable
from tests.audited import assert_audited
from tests.cast import NOW, Cast


def _suspend(cast: Cast) -> None:
    suspend_user(actor=system("tests"), user=cast.investigator, reason="x", now=NOW)


def test_helper_passes_a_service_that_keeps_the_promise(cast: Cast) -> None:
    [event] = assert_audited(lambda: _suspend(cast), Kind.ADMIN_CHANGED)
    assert event.fields["reason"] == "x"


def test_helper_fails_on_a_change_without_an_event(cast: Cast) -> None:
    def change() -> None:
        User.objects.filter(pk=cast.investigator.pk).update(title="changed")

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        assert_audited(change, Kind.ADMIN_CHANGED)


def test_helper_fails_on_a_change_that_outlives_its_event(cast: Cast) -> None:
    def change() -> None:
        User.objects.filter(pk=cast.investigator.pk).update(title="changed")
        record_alone(actor=system("tests"), kind=Kind.ADMIN_CHANGED, fields={})

    with pytest.raises(AssertionError, match="accounts_user"):
        assert_audited(change, Kind.ADMIN_CHANGED)


def test_helper_fails_on_a_swallowed_failure(cast: Cast) -> None:
    def change() -> None:
        try:
            with transaction.atomic():
                _suspend(cast)
        except (AuditUnavailable, RuntimeError):
            return

    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        assert_audited(change, Kind.ADMIN_CHANGED)


def test_helper_fails_on_another_kind_of_event(cast: Cast) -> None:
    with pytest.raises(AssertionError):
        assert_audited(lambda: _suspend(cast), Kind.ADMIN_CREATED)
