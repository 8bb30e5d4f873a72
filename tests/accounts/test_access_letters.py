"""What the mails about access say, and when they are no longer needed (ACC-4, ACC-5)."""

from accounts.models import Notice
from accounts.notices import kind_named, message_of
from accounts.services.access import refuse_request, send_user_key, withdraw_request
from accounts.services.people import change_user
from accounts.services.registration import register
from lprsvc.lib.ids import uuid7
from tests.accounts.access_world import FROM, LATER, NORA, approved, ask, credentials
from tests.cast import NOW, Cast


def _said(kind: str) -> str | None:
    """The text of the newest mail of a kind; None when it is not needed any more."""
    notice = Notice.objects.filter(kind=kind).order_by("-created_at", "-pk")[0]
    letter = kind_named(kind).compose(notice, NOW)
    return str(message_of(notice, letter).body) if letter else None


def _about_nobody(kind: str) -> Notice:
    return Notice(kind=kind, recipient="x@example.test", about=f"x:{uuid7()}")


def test_key_comes_with_its_end_in_the_persons_own_time(cast: Cast) -> None:
    approved(cast)
    text = _said("registration_key")
    assert text is not None
    assert "March 9, 2026, 11:00 a.m. (America/New_York)" in text  # summer time began
    assert "/accounts/register/#" in text
    key = next(line for line in text.splitlines() if line.startswith("Registration key: "))[18:]
    user = register(key=key, email=NORA.email, credentials=credentials(), origin=FROM, now=LATER)
    assert user.username == "nora.ek"


def test_key_for_an_account_names_its_user_name(cast: Cast) -> None:
    send_user_key(actor=cast.manager.person, user=cast.investigator, reason="forgot", now=NOW)
    text = _said("registration_key")
    assert text is not None
    assert "Your user name stays investigator" in text


def test_key_that_was_revoked_is_not_sent(cast: Cast) -> None:
    request = approved(cast)
    withdraw_request(actor=cast.manager.person, request=request, reason="left", now=NOW)
    assert _said("registration_key") is None


def test_managers_are_told_of_what_waits_and_of_nothing_that_was_decided(cast: Cast) -> None:
    request = ask(cast)
    text = _said("access_requested")
    assert text is not None
    assert f"/admin/accounts/accessrequest/{request.pk}/change/" in text
    refuse_request(actor=cast.manager.person, request=request, reason="no <need>", now=NOW)
    assert _said("access_requested") is None


def test_refusal_gives_the_reason(cast: Cast) -> None:
    request = ask(cast)
    refuse_request(actor=cast.manager.person, request=request, reason="no <need>", now=NOW)
    text = _said("access_refused")
    assert text is not None
    assert "no <need>" in text


def test_former_address_learns_whom_to_ask(cast: Cast) -> None:
    for user in (cast.investigator, cast.auditor):
        change_user(
            actor=cast.manager.person if user is cast.investigator else cast.vendor.person,
            user=user, full_name=user.full_name, email="new@example.test", title="",
            component=user.component, aor=user.aor, supervisor=user.supervisor,
            roles=user.roles, timezone=user.timezone, reason="order", now=NOW,
        )  # fmt: skip
        text = _said("email_changed")
        assert text is not None
        assert ("(Grace Whitfield)" in text) == (user is cast.investigator)


def test_mails_about_what_is_gone_are_dropped(cast: Cast) -> None:
    for kind in ("registration_key", "access_requested", "access_refused", "email_changed"):
        assert kind_named(kind).compose(_about_nobody(kind), NOW) is None
