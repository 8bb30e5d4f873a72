"""Which passwords are taken, and what an agency under CJIS asks besides; sessions that end."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts.log_on_rules import LogOnRules, rules_for
from accounts.models import Agency, LogOnPolicy, Notice, PastPassword, User
from accounts.password_validation import faults_of
from accounts.services import passwords, sessions
from accounts.services.log_on_policy import set_log_on_policy
from accounts.services.people import reinstate_user, suspend_user
from audit.actors import system
from audit.kinds import Kind
from lprsvc.lib.errors import InvalidInput, PolicyDenied
from tests.audited import assert_audited, recorded
from tests.cast import NOW, PASSWORD, Cast, client_at_rules, client_for, new_client

GOOD = "seven-wet-umbrellas-sing"
DAY = timedelta(days=1)


def demand(agency: Agency, **wanted: Any) -> LogOnPolicy:
    """Set an agency's log-on policy."""
    return set_log_on_policy(
        actor=system("tests"), agency=agency, wanted=wanted, reason="tests", now=NOW
    )


def fresh(user: User) -> User:
    """The person as the next request finds them."""
    return User.objects.select_related("agency__log_on_policy").get(pk=user.pk)


def refused(user: User, password: str) -> list[str]:
    """Why a password is refused; empty: it is not."""
    try:
        passwords.check_new_password(user, password)
    except InvalidInput as error:
        return error.errors["password"]
    return []


def change(user: User, password: str, now: datetime = NOW) -> None:
    """Check and set, as every page does."""
    user = fresh(user)
    assert refused(user, password) == []
    passwords.set_password(person=user_person(user), user=user, password=password, now=now)


def user_person(user: User) -> Any:
    """The person behind a row."""
    from accounts.people import person_for

    return person_for(user)


# --- good enough ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    [GOOD, "correct horse battery staple", "пять мокрых зонтов", "🦀" * 3 + "rust is not iron"],
)
def test_long_unlikely_passwords_are_taken(cast: Cast, password: str) -> None:
    assert refused(cast.investigator, password) == []


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("fourteen-chars", "at least 15"),
        ("", "at least 15"),
        ("aaaaaaaaaaaaaaaaaaaa", "repeats itself"),
        ("abababababababababab", "repeats itself"),
        ("abcdefghijklmnopqrst", "repeats itself"),
        ("qwertyuiopasdfghjkl", "repeats itself"),
        ("09876543210987654321", "repeats itself"),
        ("passwordpassword", "lists"),
        ("Password123456789!", "lists"),
        ("letmeinletmeinletmein", "lists"),
        ("investigator-2026", "made of your name"),
        ("Alice Moreno 2026!", "made of your name"),
        ("alicemoreno.alice", "made of your name"),
        ("investigator@example.test", "made of your name"),
        ("ExampleAgency-123", "made of your name"),
        ("x" * 1_001, "1,000 characters at most"),
    ],
)
def test_poor_passwords_are_refused_and_told_why(cast: Cast, password: str, why: str) -> None:
    assert why in " ".join(refused(cast.investigator, password))


def test_password_that_cannot_be_stored_is_refused(cast: Cast) -> None:
    assert "can't be stored" in " ".join(refused(cast.investigator, GOOD + "\0"))


def test_common_short_words_in_a_long_phrase_are_no_fault(cast: Cast) -> None:
    assert faults_of("password of the moonlit badger", cast.investigator) == []
    assert faults_of("alice sees nine purple trams", cast.investigator) == []


def test_current_password_is_refused(cast: Cast) -> None:
    assert refused(fresh(cast.investigator), PASSWORD) == [
        "Choose another password than the current one."
    ]


def test_djangos_own_check_says_the_same(cast: Cast) -> None:
    validate_password(GOOD, cast.investigator)
    validate_password(GOOD)
    with pytest.raises(ValidationError):
        validate_password("fourteen-chars", cast.investigator)
    assert "15" in passwords.HouseRules().get_help_text()


def test_no_password_change_is_demanded_by_time_alone(cast: Cast) -> None:
    assert not passwords.is_change_due(fresh(cast.investigator), now=NOW + 3_000 * DAY)


# --- an agency's own rules ------------------------------------------------------------------------


def test_eight_characters_do_beside_a_demanded_second_factor(cast: Cast) -> None:
    assert refused(fresh(cast.investigator), "vuqa-7kx") != []
    demand(cast.agency, require_second_factor=True)
    assert refused(fresh(cast.investigator), "vuqa-7kx") == []
    assert refused(fresh(cast.investigator), "vuqa-7k") == ["Use at least 8 characters."]
    assert refused(fresh(cast.other), "vuqa-7kx") != []


def test_short_password_is_to_be_changed_once_no_factor_stands_beside_it(cast: Cast) -> None:
    demand(cast.agency, require_second_factor=True)
    change(cast.investigator, "vuqa-7kx")
    assert not passwords.is_change_due(fresh(cast.investigator), now=NOW)
    demand(cast.agency, require_second_factor=False)
    assert passwords.is_change_due(fresh(cast.investigator), now=NOW)
    change(cast.investigator, GOOD)
    assert not passwords.is_change_due(fresh(cast.investigator), now=NOW)


def test_agency_may_ask_for_another_length(cast: Cast) -> None:
    demand(cast.agency, min_password_length=20)
    assert refused(fresh(cast.investigator), "nineteen-chars-4-us") == [
        "Use at least 20 characters."
    ]
    demand(cast.agency, min_password_length=8, max_password_age_days=90)
    assert refused(fresh(cast.investigator), "vuqa-7kx") == []
    change(cast.investigator, "vuqa-7kx")
    assert not passwords.is_change_due(fresh(cast.investigator), now=NOW)


@pytest.mark.parametrize(
    "wanted",
    [
        {"min_password_length": 14},
        {"min_password_length": 8, "max_password_age_days": 91},
    ],
)
def test_short_password_needs_a_factor_or_a_short_life(cast: Cast, wanted: dict[str, int]) -> None:
    """CJIS Security Policy IA-5: whether the policy is new or is being changed."""
    for before in (None, {"min_password_length": 15}):
        if before:
            demand(cast.agency, **before)
        with pytest.raises(InvalidInput, match="second factor"):
            demand(cast.agency, **wanted)
    demand(cast.agency, **wanted, require_second_factor=True)
    with pytest.raises(InvalidInput, match="second factor"):
        demand(cast.agency, require_second_factor=False)
    demand(cast.agency, require_second_factor=False, max_password_age_days=90)


def test_agency_may_ask_for_a_new_password_after_some_days(cast: Cast) -> None:
    demand(cast.agency, max_password_age_days=90)
    assert not passwords.is_change_due(fresh(cast.investigator), now=NOW + 90 * DAY - DAY / 24)
    assert passwords.is_change_due(fresh(cast.investigator), now=NOW + 90 * DAY)
    # Set before that was noted: since the account was made.
    User.objects.filter(pk=cast.investigator.pk).update(password_set_at=None)
    assert passwords.is_change_due(fresh(cast.investigator), now=NOW + 90 * DAY)
    # A clock put back makes nobody change.
    assert not passwords.is_change_due(fresh(cast.investigator), now=NOW - 400 * DAY)


def test_password_too_old_is_changed_before_the_rules(cast: Cast) -> None:
    demand(cast.agency, max_password_age_days=90)  # the cast's is of March
    client = new_client()
    data = {"login": "investigator", "password": PASSWORD}
    assert client.post("/accounts/login/", data)["Location"] == "/accounts/password/new/"
    assert "Your agency asks" in client.get("/accounts/password/new/").content.decode()
    done = client.post("/accounts/password/new/", {"password1": GOOD, "password2": GOOD})
    assert done["Location"] == "/accounts/rules/"


def test_last_passwords_must_not_come_again(cast: Cast) -> None:
    demand(cast.agency, password_history=3)
    for number in range(4):
        change(cast.investigator, f"{GOOD}-{number}", NOW + number * DAY)
    for number, word in ((3, "current"), (2, "last 3"), (1, "last 3")):
        assert word in refused(fresh(cast.investigator), f"{GOOD}-{number}")[0]
    assert refused(fresh(cast.investigator), f"{GOOD}-0") == []
    assert PastPassword.objects.filter(user=cast.investigator).count() == 2


def test_no_hash_outlives_its_password_where_nobody_asks(cast: Cast) -> None:
    demand(cast.agency, password_history=3)
    change(cast.investigator, f"{GOOD}-0")
    assert PastPassword.objects.exists()
    demand(cast.agency, password_history=0)
    change(cast.investigator, f"{GOOD}-1")
    assert not PastPassword.objects.exists()


@pytest.mark.parametrize(
    "wanted",
    [
        {"idle_minutes": 4},
        {"idle_minutes": 31},
        {"min_password_length": 7},
        {"min_password_length": 65},
        {"max_password_age_days": 29},
        {"max_password_age_days": 731},
        {"password_history": 25},
    ],
)
def test_policy_beyond_reason_is_refused(cast: Cast, wanted: dict[str, int]) -> None:
    with pytest.raises(InvalidInput) as error:
        demand(cast.agency, **wanted)
    assert error.value.errors.keys() == wanted.keys()


def test_policy_is_the_vendors_to_set_and_stands_in_the_agencys_log(cast: Cast) -> None:
    def set_it(actor: Any, minutes: int = 10) -> LogOnPolicy:
        return set_log_on_policy(
            actor=actor,
            agency=cast.agency,
            wanted={"idle_minutes": minutes},
            reason="On the agency's order of March 1",
            now=NOW,
        )

    [event] = assert_audited(lambda: set_it(cast.vendor.person), Kind.ADMIN_CREATED)
    assert event.log_id == cast.agency.log_id
    [event] = assert_audited(lambda: set_it(cast.vendor.person, 15), Kind.ADMIN_CHANGED)
    assert (event.fields["before"], event.fields["after"]) == (
        {"idle_minutes": 10},
        {"idle_minutes": 15},
    )
    row = LogOnPolicy.objects.get()
    assert [past.idle_minutes for past in row.history.all()] == [15, 10]
    with pytest.raises(InvalidInput):
        set_it(cast.vendor.person, 15)
    for who in ("manager", "auditor", "investigator", "other"):
        with pytest.raises(PolicyDenied):
            set_it(cast.everybody[who].person, 20)


def test_policy_pages_of_the_admin(cast: Cast) -> None:
    client = client_for(cast.vendor)
    new = "/admin/accounts/logonpolicy/add-policy/"
    assert client.get("/admin/accounts/logonpolicy/").status_code == 200
    assert "A second factor is demanded" in client.get(new).content.decode()
    data = {"agency": cast.agency.pk, "password_history": "0", "reason": "On their order"}
    assert client.post(new, data | {"idle_minutes": "3"}).status_code == 422
    done = client.post(new, data | {"idle_minutes": "10", "require_second_factor": "on"})
    assert done.status_code == 302
    row = LogOnPolicy.objects.get()
    assert (row.idle_minutes, row.require_second_factor) == (10, True)
    assert cast.agency.name not in client.get(new).content.decode()
    edit = f"/admin/accounts/logonpolicy/{row.pk}/edit/"
    assert 'value="10"' in client.get(edit).content.decode()
    assert client.post(edit, data | {"max_password_age_days": "90"}).status_code == 302
    row.refresh_from_db()
    assert (row.idle_minutes, row.max_password_age_days) == (None, 90)
    assert client.get(f"/admin/accounts/logonpolicy/{row.pk}/history/").status_code == 200


def test_rules_without_a_policy_are_the_services() -> None:
    assert rules_for(None) == LogOnRules(idle_seconds=1_800)


# --- sessions that end (ACC-2) --------------------------------------------------------------------


def _set_seen(client: Client, ago: timedelta) -> None:
    session = client.session
    session["lprsvc_seen"] = int((timezone.now() - ago).timestamp())
    session.save()


def test_agency_may_ask_for_a_shorter_idle_time(cast: Cast) -> None:
    here, elsewhere = client_for(cast.investigator), client_for(cast.other)
    demand(cast.agency, idle_minutes=10)
    for client in (here, elsewhere):
        _set_seen(client, timedelta(minutes=11))
    with recorded() as events:
        assert here.get("/").status_code == 302
    assert [event.kind for event in events] == [Kind.SESSION_TIMEOUT]
    assert elsewhere.get("/").status_code == 200


def test_suspension_ends_sessions_that_reinstating_does_not_revive(cast: Cast) -> None:
    client = client_for(cast.investigator)
    suspend_user(actor=system("tests"), user=cast.investigator, reason="tests", now=NOW)
    reinstate_user(actor=system("tests"), user=cast.investigator, reason="tests", now=NOW)
    assert client.get("/").status_code == 302


def test_log_on_that_waits_ends_with_the_sessions(cast: Cast) -> None:
    client = client_at_rules(cast.investigator)
    sessions.end_everywhere(cast.investigator)
    with recorded() as events:
        done = client.post("/accounts/rules/", {"decision": "affirm", "rules": cast.rules.pk})
    assert done["Location"] == "/accounts/login/"
    assert events[-1].fields["outcome_code"] == "outdated"
    assert client.get("/").status_code == 302
    assert "changed meanwhile" in client.get("/accounts/login/").content.decode()


def test_new_password_page_ends_with_the_sessions(cast: Cast) -> None:
    User.objects.filter(pk=cast.investigator.pk).update(must_change_password=True)
    client = new_client()
    client.post("/accounts/login/", {"login": "investigator", "password": PASSWORD})
    sessions.end_everywhere(cast.investigator)
    response = client.post("/accounts/password/new/", {"password1": GOOD, "password2": GOOD})
    assert "changed meanwhile" in response.content.decode()
    assert fresh(cast.investigator).check_password(PASSWORD)


def test_session_survives_a_change_of_the_secret_key(cast: Cast, settings: Any) -> None:
    client = client_for(cast.investigator)
    before = settings.SECRET_KEY
    hashed = fresh(cast.investigator).get_session_auth_hash()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [before]
    assert hashed in list(fresh(cast.investigator).get_session_auth_fallback_hash())
    assert client.session["_auth_user_hash"] == hashed


def test_password_change_is_told_by_mail(cast: Cast) -> None:
    user = fresh(cast.investigator)
    [event] = assert_audited(
        lambda: passwords.set_password(
            person=cast.investigator.person, user=user, password=GOOD, now=NOW
        ),
        Kind.CREDENTIAL_CHANGED,
    )
    assert event.fields == event.fields | {"what": "password", "sessions_ended": True}
    notice = Notice.objects.get()
    assert (notice.kind, notice.recipient) == ("password_changed", cast.investigator.email)
    assert user.password_set_at == NOW


def test_change_page_refuses_poor_passwords(cast: Cast) -> None:
    client = client_for(cast.investigator)
    for poor, why in (("fourteen-chars", "at least 15"), ("Alice Moreno 2026!", "your name")):
        response = client.post(
            "/accounts/password/change/",
            {"oldpassword": PASSWORD, "password1": poor, "password2": poor},
        )
        assert why in response.content.decode()
