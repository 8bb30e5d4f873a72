"""Second factors: demanded by an agency, enrolled at log-on, spent once, taken away (ACC-7)."""

import re
import time
from threading import Barrier, Thread
from typing import Any
from unittest.mock import patch

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts.models import Notice, User
from accounts.services import factors
from accounts.services.log_on_policy import set_log_on_policy
from audit.actors import system
from audit.kinds import Kind
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from tests.audited import assert_audited, broken_log, events_of, recorded
from tests.cast import NOW, PASSWORD, Cast, client_for, new_client

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
# The clock stands still here while codes are checked: about now, at the beginning of a code's time.
AT = time.time() // 30 * 30 + 5
ENROLL = "/accounts/second-factor/"
CODE = "/accounts/2fa/authenticate/"


def code(secret: str = SECRET, *, at: float = AT) -> str:
    """What an authenticator app shows."""
    shown: str = format_hotp_value(hotp_value(secret, int(at) // 30))
    return shown


def at(moment: float) -> Any:
    """The clock that codes go by."""
    return patch("allauth.mfa.totp.internal.auth.time.time", return_value=moment)


def demand(cast: Cast, *, on: bool = True) -> None:
    """The example agency demands a second factor, or no longer does."""
    set_log_on_policy(
        actor=system("tests"),
        agency=cast.agency,
        wanted={"require_second_factor": on},
        reason="tests",
        now=NOW,
    )


def log_on(username: str = "investigator") -> tuple[Client, str]:
    """The password is right; where it leads."""
    client = new_client()
    response = client.post("/accounts/login/", {"login": username, "password": PASSWORD})
    return client, response["Location"]


def with_app(user: User) -> User:
    """The person with an authenticator app and recovery codes."""
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


# --- demanded by the agency -----------------------------------------------------------------------


def test_nobody_is_asked_where_nobody_demands_it(cast: Cast) -> None:
    demand(cast)
    assert log_on("other-investigator")[1] == "/accounts/rules/"
    assert log_on("vendor")[1] == "/accounts/rules/"


def test_who_has_none_enrolls_an_app_before_anything_opens(cast: Cast) -> None:
    demand(cast)
    client, where = log_on()
    assert where == ENROLL
    assert client.get("/accounts/rules/").status_code == 302
    assert client.get("/").status_code == 302
    page = client.get(ENROLL).content.decode()
    assert "data:image/svg+xml;base64," in page
    secret = client.session["mfa.totp.secret"]
    assert secret in page.replace(" ", "")
    assert client.post(ENROLL, {"code": "000000"}).status_code == 422
    with recorded() as events, at(AT):
        done = client.post(ENROLL, {"code": code(secret)})
    assert [event.kind for event in events] == [Kind.CREDENTIAL_MFA_ENROLLED] * 2
    assert done["Location"] == ENROLL
    shown = client.get(ENROLL).content.decode()
    codes = re.findall(r"<li><code>(\d{8})</code>", shown)
    assert codes == factors.recovery_codes_of(cast.investigator)
    assert len(codes) == 10
    assert client.post(ENROLL)["Location"] == "/accounts/rules/"
    client.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
    assert client.get("/").status_code == 200
    [event] = events_of(Kind.SESSION_LOGIN, actor=cast.investigator.pk)
    assert event.fields["second_factor"] == "totp"
    assert log_on()[1] == CODE
    # The code that enrolled the app is spent.
    again, _ = log_on()
    with at(AT):
        assert again.post(CODE, {"code": code(secret)}).status_code == 200


def test_secret_stays_the_same_after_a_wrong_code(cast: Cast) -> None:
    demand(cast)
    client, _ = log_on()
    client.get(ENROLL)
    before = client.session["mfa.totp.secret"]
    assert before in client.post(ENROLL, {"code": "1"}).content.decode().replace(" ", "")


@pytest.mark.parametrize(
    "posted", [{"credential": ""}, {"credential": "{}"}, {"credential": "no json"}, {}]
)
def test_hostile_answers_of_a_key_enroll_nothing(cast: Cast, posted: dict[str, str]) -> None:
    demand(cast)
    client, _ = log_on()
    client.get(ENROLL)
    assert client.post(ENROLL, posted).status_code in {200, 422}
    assert not Authenticator.objects.exists()


def test_enrolling_in_two_windows_shows_no_codes_to_the_second(cast: Cast) -> None:
    """Somebody with the password alone must not get the codes of who enrolled meanwhile."""
    demand(cast)
    first, _ = log_on()
    second, _ = log_on()
    first.get(ENROLL)
    second.get(ENROLL)
    with at(AT):
        first.post(ENROLL, {"code": code(first.session["mfa.totp.secret"])})
    assert second.get(ENROLL)["Location"] == "/accounts/login/"
    assert second.get(ENROLL)["Location"] == "/accounts/login/"


def test_enrollment_page_is_for_who_must(cast: Cast) -> None:
    assert new_client().get(ENROLL)["Location"] == "/accounts/login/"
    assert client_for(cast.investigator).get(ENROLL)["Location"] == "/"


def test_nothing_is_enrolled_that_cannot_be_recorded(cast: Cast) -> None:
    demand(cast)
    client, _ = log_on()
    client.get(ENROLL)
    with broken_log(), at(AT):
        response = client.post(ENROLL, {"code": code(client.session["mfa.totp.secret"])})
    assert response.status_code == 503
    assert not Authenticator.objects.exists()


# --- one's own pages ------------------------------------------------------------------------------


def _confirmed(user: User) -> Client:
    client = client_for(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def test_app_is_activated_with_recovery_codes_and_told(cast: Cast) -> None:
    client = _confirmed(cast.investigator)
    page = client.get("/accounts/2fa/totp/activate/")
    assert "data:image/svg+xml;base64," in page.content.decode()
    with at(AT):
        done = client.post(
            "/accounts/2fa/totp/activate/", {"code": code(client.session["mfa.totp.secret"])}
        )
    assert done["Location"] == "/accounts/2fa/recovery-codes/"
    assert (
        factors.recovery_codes_of(cast.investigator)[0]
        in client.get(done["Location"]).content.decode()
    )
    assert {notice.kind for notice in Notice.objects.all()} == {"second_factor_changed"}


def test_app_is_not_activated_when_it_cannot_be_recorded(cast: Cast) -> None:
    client = _confirmed(cast.investigator)
    client.get("/accounts/2fa/totp/activate/")
    with broken_log(), at(AT):
        response = client.post(
            "/accounts/2fa/totp/activate/", {"code": code(client.session["mfa.totp.secret"])}
        )
    assert response.status_code == 503
    assert not Authenticator.objects.exists()


def test_factor_is_not_removed_when_it_cannot_be_recorded(cast: Cast) -> None:
    client = _confirmed(cast.investigator)
    with_app(cast.investigator)
    with broken_log():
        assert client.post("/accounts/2fa/totp/deactivate/").status_code == 503
    assert Authenticator.objects.count() == 2
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.exists()


def test_last_factor_stays_while_it_is_demanded(cast: Cast) -> None:
    client = _confirmed(cast.investigator)
    with_app(cast.investigator)
    demand(cast)
    page = client.post("/accounts/2fa/totp/deactivate/")
    assert "cannot deactivate" in page.content.decode()
    assert Authenticator.objects.filter(type="totp").exists()
    key = Authenticator.objects.create(
        user=cast.investigator, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"}
    )
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    refused = client.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/")
    assert refused["Location"] == "/accounts/2fa/webauthn/"
    assert Authenticator.objects.filter(pk=key.pk).exists()
    demand(cast, on=False)
    client.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/")
    assert not Authenticator.objects.filter(pk=key.pk).exists()


def test_recovery_codes_may_always_be_replaced(cast: Cast) -> None:
    demand(cast)
    with_app(cast.investigator)
    codes = Authenticator.objects.get(type="recovery_codes")
    assert factors.may_remove(codes)


def test_key_of_somebody_else_is_out_of_reach(cast: Cast) -> None:
    key = Authenticator.objects.create(
        user=cast.colleague, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"}
    )
    client = _confirmed(cast.investigator)
    assert client.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/").status_code == 404


# --- codes ----------------------------------------------------------------------------------------


def test_code_counts_half_a_minute_around_its_own_and_once(cast: Cast) -> None:
    with_app(cast.investigator)
    for shift, status in ((-60, 200), (60, 200), (-30, 302)):
        client, _ = log_on()
        with at(AT):
            assert client.post(CODE, {"code": code(at=AT + shift)}).status_code == status
    cache.clear()  # which is all that allauth remembers used codes by
    client, _ = log_on()
    with at(AT):
        assert client.post(CODE, {"code": code(at=AT - 30)}).status_code == 200
        assert client.post(CODE, {"code": code()}).status_code == 302


def test_code_is_spent_once_of_many_at_once(cast: Cast, committed_db: None) -> None:
    app = TOTP.activate(cast.investigator, SECRET).instance
    gate = Barrier(8)
    spent: list[bool] = []

    def spend() -> None:
        gate.wait()
        spent.append(factors.spend_code(app, code()))
        connection.close()

    with at(AT):
        threads = [Thread(target=spend) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(spent) == [False] * 7 + [True]


def test_recovery_code_opens_once(cast: Cast) -> None:
    with_app(cast.investigator)
    [first, *_] = factors.recovery_codes_of(cast.investigator)
    assert log_on()[0].post(CODE, {"code": first}).status_code == 302
    assert log_on()[0].post(CODE, {"code": first}).status_code == 200
    assert len(factors.recovery_codes_of(cast.investigator)) == 9


def test_wrong_codes_lock_like_wrong_passwords(cast: Cast) -> None:  # ACC-11
    with_app(cast.investigator)
    client, _ = log_on()
    for _ in range(5):
        assert client.post(CODE, {"code": "000000"}).status_code == 200
    with at(AT):
        refused = client.post(CODE, {"code": code()})
    assert "Too many failed attempts" in refused.content.decode()
    again = new_client().post("/accounts/login/", {"login": "investigator", "password": PASSWORD})
    assert "Too many failed attempts" in again.content.decode()
    locked, *refusals = events_of(Kind.SESSION_LOCKED)
    assert locked.outcome == "ok"
    assert {event.outcome for event in refusals} == {"refused"}


def test_wrong_answer_of_a_key_is_recorded_and_counts(cast: Cast) -> None:
    with_app(cast.investigator)
    client, _ = log_on()
    client.get(CODE)
    with recorded() as events:
        assert client.post(CODE, {"credential": '{"id": "x"}'}).status_code == 200
    assert [event.fields["what"] for event in events] == ["webauthn"]
    for _ in range(4):
        client.post(CODE, {"credential": '["x"]'})
    assert events_of(Kind.SESSION_LOCKED)[0].outcome == "ok"


def test_page_of_a_user_name_and_password_is_the_only_way_in(cast: Cast) -> None:  # ACC-2
    assert new_client().get("/accounts/2fa/webauthn/login/").status_code == 404
    assert new_client().get("/accounts/2fa/trust/").status_code == 404


# --- lost factors ---------------------------------------------------------------------------------


def test_manager_takes_lost_factors_away(cast: Cast) -> None:
    client = client_for(cast.investigator)
    with_app(cast.investigator)
    [event] = assert_audited(
        lambda: factors.reset_factors(
            actor=cast.manager.person, user=cast.investigator, reason="Lost the phone", now=NOW
        ),
        Kind.ADMIN_CHANGED,
    )
    assert event.actor == cast.manager.person.id
    assert event.fields["before"] == {"second_factors": ["recovery_codes", "totp"]}
    assert not Authenticator.objects.exists()
    assert client.get("/").status_code == 302
    assert Notice.objects.filter(kind="second_factor_changed").exists()
    with pytest.raises(InvalidInput):
        factors.reset_factors(
            actor=cast.manager.person, user=cast.investigator, reason="again", now=NOW
        )


@pytest.mark.parametrize("who", ["investigator", "colleague", "supervisor", "auditor", "other"])
def test_nobody_else_takes_factors_away(cast: Cast, who: str) -> None:
    with_app(cast.investigator)
    with pytest.raises(PolicyDenied):
        factors.reset_factors(
            actor=cast.everybody[who].person, user=cast.investigator, reason="x", now=NOW
        )
    assert Authenticator.objects.count() == 2


def test_reset_page_is_offered_where_there_is_something(cast: Cast) -> None:
    client = client_for(cast.manager)
    page = f"/admin/accounts/user/{cast.investigator.pk}/reset-factors/"
    person = f"/admin/accounts/user/{cast.investigator.pk}/change/"
    assert page not in client.get(person).content.decode()
    with_app(cast.investigator)
    assert page in client.get(person).content.decode()
    assert "Make sure who asks" in client.get(page).content.decode().replace("make", "Make")
    assert client.post(page, {"reason": "Lost the phone"}).status_code == 302
    assert not Authenticator.objects.exists()


def test_every_page_of_ones_own_factors_opens(cast: Cast) -> None:
    client = _confirmed(cast.investigator)
    for factors_there in (False, True):
        if factors_there:
            with_app(cast.investigator)
            client.post("/accounts/2fa/reauthenticate/", {"password": PASSWORD})
        for page in (
            "",
            "totp/activate/",
            "totp/deactivate/",
            "recovery-codes/",
            "recovery-codes/generate/",
            "recovery-codes/download/",
            "webauthn/",
            "webauthn/add/",
        ):
            response = client.get(f"/accounts/2fa/{page}")
            assert response.status_code in {200, 302, 404}, page


def test_key_is_enrolled_with_recovery_codes_or_not_at_all(cast: Cast) -> None:
    def enroll() -> None:
        factors.enroll_key(cast.investigator, name="Blue key", credential={})

    assert_audited(enroll, Kind.CREDENTIAL_MFA_ENROLLED, Kind.CREDENTIAL_MFA_ENROLLED)
    assert len(factors.recovery_codes_of(cast.investigator)) == 10
