"""Agencies, people and rules change by services: policy, change, event (ACC-1, ACC-9, ACC-13)."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts import policy
from accounts.models import Agency, Aor, RulesOfBehavior, User
from accounts.people import Person, person_for
from accounts.roles import Role
from accounts.selectors import current_rules_for
from accounts.services.agencies import (
    create_agency,
    create_aor,
    create_component,
    create_reason_code,
)
from accounts.services.people import create_user, reinstate_user, suspend_user
from accounts.services.rules import accept_rules, decline_rules, publish_rules, show_rules
from audit.actors import VENDOR_LOG_ID, Actor, system
from audit.kinds import Kind
from lprsvc.lib.errors import DomainError, InvalidInput, PolicyDenied
from lprsvc.lib.permissions import Permission
from tests.audited import assert_audited, recorded
from tests.cast import NOW, PASSWORD, Cast

_SETUP = system("tests")


def _new_user(cast: Cast, actor: Actor, **changes: Any) -> User:
    given: dict[str, Any] = {
        "actor": actor,
        "username": "newcomer",
        "password": PASSWORD,
        "email": "newcomer@example.test",
        "full_name": "Nora Ek",
        "roles": [Role.INVESTIGATOR.value],
        "timezone": "America/New_York",
        "reason": "joins the team",
        "now": NOW,
        "agency": cast.agency,
        "component": cast.ero,
        "aor": cast.new_york,
    }
    return create_user(**given | changes)


def test_no_two_user_names_differ_by_case_alone_even_past_the_services(cast: Cast) -> None:  # ACC-1
    with pytest.raises(IntegrityError, match="user_username_lowercase"), transaction.atomic():
        User.objects.filter(pk=cast.investigator.pk).update(username="Colleague")
    with pytest.raises(IntegrityError, match="username"), transaction.atomic():
        User.objects.filter(pk=cast.investigator.pk).update(username="colleague")


def test_create_user_refuses_a_password_made_of_the_persons_name(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="made of your name"):
        _new_user(cast, _SETUP, full_name="Wilhelmina Osterhout", password="WilhelminaOsterhout1")


# --- agencies and their parts ---------------------------------------------------------------------


def test_create_agency_makes_a_log_of_its_own(cast: Cast) -> None:
    agency = create_agency(
        actor=cast.vendor.person,
        code="THIRD",
        name="Third Agency",
        timezone="America/Denver",
        reason="contract 7",
        now=NOW,
    )
    assert agency.log.origin == "lprsvc/third"
    assert agency.log_id not in {cast.agency.log_id, cast.other_agency.log_id, VENDOR_LOG_ID}


def test_create_agency_is_audited(cast: Cast) -> None:
    [event] = assert_audited(
        lambda: create_agency(
            actor=cast.vendor.person,
            code="THIRD",
            name="Third Agency",
            timezone="America/Denver",
            reason="contract 7",
            now=NOW,
        ),
        Kind.ADMIN_CREATED,
    )
    assert event.fields["after"]["code"] == "THIRD"
    assert event.fields["before"] is None
    assert event.fields["reason"] == "contract 7"
    assert event.log_id == VENDOR_LOG_ID


def test_parts_of_an_agency_are_audited_in_its_own_log(cast: Cast) -> None:
    common: dict[str, Any] = {
        "actor": cast.vendor.person,
        "agency": cast.agency,
        "reason": "contract 7",
        "now": NOW,
    }
    for call in (
        lambda: create_aor(name="Miami", timezone="America/New_York", **common),
        lambda: create_reason_code(code="fugitive", label="Fugitive", **common),
        lambda: create_component(
            code="OPR", name="OPR", max_lookback_years=5, lookback_source="order 2", **common
        ),
    ):
        [event] = assert_audited(call, Kind.ADMIN_CREATED)
        # The vendor did it; the agency's own auditors have to see it.
        assert event.log_id == cast.agency.log_id
        assert event.actor == cast.vendor.person.id


@pytest.mark.parametrize("who", ["investigator", "supervisor", "manager", "auditor", "other"])
def test_create_aor_refused_to_all_but_the_vendor(cast: Cast, who: str) -> None:
    person = cast.everybody[who].person
    with recorded() as events, pytest.raises(PolicyDenied, match="Only the vendor"):
        create_aor(
            actor=person, agency=cast.agency, name="X", timezone="UTC", reason="why", now=NOW
        )
    [event] = events
    assert (event.kind, event.outcome) == (Kind.ADMIN_REFUSED, "refused")
    assert event.fields["outcome_code"] == "agencies_vendor_only"
    assert event.actor == person.id
    assert not Aor.objects.filter(name="X").exists()


def test_create_agency_refuses_a_code_that_differs_by_case_alone(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="with this code"):
        create_agency(actor=_SETUP, code="example", name="X", timezone="UTC", reason="why", now=NOW)
    assert Agency.objects.count() == 2


def test_create_aor_refuses_a_zone_that_does_not_exist(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="IANA"):
        create_aor(
            actor=_SETUP,
            agency=cast.agency,
            name="X",
            timezone="America/Gotham",
            reason="why",
            now=NOW,
        )


@pytest.mark.parametrize("reason", ["", "   ", "\0", "\ud800"])
def test_a_change_needs_a_reason_that_can_be_kept(cast: Cast, reason: str) -> None:
    with recorded() as events, pytest.raises(InvalidInput, match="reason"):
        create_reason_code(
            actor=_SETUP, agency=cast.agency, code="x", label="X", reason=reason, now=NOW
        )
    assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]


# --- people ---------------------------------------------------------------------------------------


def test_create_user_is_audited_without_the_password(cast: Cast) -> None:
    [event] = assert_audited(lambda: _new_user(cast, cast.manager.person), Kind.ADMIN_CREATED)
    text = json.dumps(event.fields)
    assert "password" not in text
    assert PASSWORD not in text
    assert event.fields["after"]["username"] == "newcomer"
    assert event.log_id == cast.agency.log_id


def test_create_user_keeps_history_with_actor_and_reason(cast: Cast) -> None:  # ACC-13
    user = _new_user(cast, cast.manager.person)
    [row] = user.history.all()
    assert row.history_user_id == cast.manager.person.id
    assert row.history_change_reason == "joins the team"
    assert row.history_date == NOW
    assert not hasattr(row, "password")


def test_create_user_keeps_names_in_small_letters(cast: Cast) -> None:  # ACC-1
    assert _new_user(cast, _SETUP, username=" NewComer ").username == "newcomer"
    with pytest.raises(InvalidInput, match="username"):
        _new_user(cast, _SETUP, username="NEWCOMER")


@pytest.mark.parametrize(
    "username",
    [
        "",
        "ab",
        "a" * 61,
        "a" * 100_000,
        "two words",
        "né",
        "x\0y",
        "x\ny",
        "<b>x</b>",
        "-ab",
        "aẞb",
    ],
)
def test_create_user_refuses_a_hostile_name(cast: Cast, username: str) -> None:
    with recorded() as events, pytest.raises(InvalidInput, match="username"):
        _new_user(cast, _SETUP, username=username)
    assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]


@pytest.mark.parametrize(
    "password", ["", "short", "1qaz2wsx3edc4rfv", "newcomer@example.tes", "x" * 1_001, "a\0" * 10]
)
def test_create_user_refuses_a_bad_password(cast: Cast, password: str) -> None:
    with pytest.raises(InvalidInput, match="password"):
        _new_user(cast, _SETUP, password=password)
    assert not User.objects.filter(username="newcomer").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"roles": []},
        {"roles": ["king"]},
        {"roles": [Role.VENDOR_ADMINISTRATOR.value]},
        {"agency": None, "component": None, "aor": None},
        {"email": "no address"},
        {"full_name": ""},
        {"full_name": "x" * 121},
        {"full_name": "x\0y"},
        {"timezone": "Mars/Olympus"},
    ],
)
def test_create_user_names_the_fault(cast: Cast, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        _new_user(cast, _SETUP, **changes)


@pytest.mark.parametrize("part", ["component", "aor", "supervisor"])
def test_create_user_refuses_parts_of_another_agency(cast: Cast, part: str) -> None:
    other = cast.other
    foreign = {"component": other.component, "aor": other.aor, "supervisor": other}
    with pytest.raises(InvalidInput, match=part):
        _new_user(cast, _SETUP, **{part: foreign[part]})


@pytest.mark.parametrize("who", ["investigator", "supervisor", "auditor", "other", "suspended"])
def test_create_user_refused_to_who_manages_nobody(cast: Cast, who: str) -> None:
    with pytest.raises(PolicyDenied, match="Only managers"):
        _new_user(cast, cast.everybody[who].person)


def test_create_user_refused_for_another_aor(cast: Cast) -> None:  # ACC-9
    with pytest.raises(PolicyDenied, match="own AOR"):
        _new_user(cast, cast.manager.person, aor=cast.chicago)
    with pytest.raises(PolicyDenied, match="own AOR"):
        _new_user(cast, cast.manager.person, aor=None)


def test_create_user_refused_with_a_role_not_the_managers_to_give(cast: Cast) -> None:
    with recorded() as events, pytest.raises(PolicyDenied, match="auditor"):
        _new_user(cast, cast.manager.person, roles=[Role.AUDITOR.value])
    assert events[0].fields["outcome_code"] == "role_not_yours_to_give"


def test_vendor_makes_an_agencys_manager_but_no_investigator(cast: Cast) -> None:
    made = _new_user(cast, cast.vendor.person, roles=[Role.AGENCY_MANAGER.value])
    assert made.roles == ["agency_manager"]
    with pytest.raises(PolicyDenied, match="investigator"):
        _new_user(cast, cast.vendor.person, username="second")


def test_nobody_passes_for_the_service_by_name(cast: Cast) -> None:
    impostor = replace(cast.investigator.person, id="system:setup")
    assert isinstance(impostor, Person)
    with pytest.raises(PolicyDenied):
        _new_user(cast, impostor)
    with pytest.raises(PolicyDenied):
        _new_user(cast, Actor(id="feed:1", name="feed", log_id=VENDOR_LOG_ID))


def test_suspend_user_is_audited_with_before_and_after(cast: Cast) -> None:
    [event] = assert_audited(
        lambda: suspend_user(
            actor=cast.manager.person, user=cast.investigator, reason="left", now=NOW
        ),
        Kind.ADMIN_CHANGED,
    )
    assert event.fields["object"] == f"user:{cast.investigator.pk}"
    assert event.fields["before"] == {"is_active": True}
    assert event.fields["after"] == {"is_active": False}
    assert event.fields["reason"] == "left"


def test_suspend_user_takes_every_permission(cast: Cast) -> None:
    user = suspend_user(actor=cast.manager.person, user=cast.investigator, reason="left", now=NOW)
    assert user.permissions == frozenset[Permission]()


def test_suspend_user_twice_is_refused(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="already suspended"):
        suspend_user(actor=cast.manager.person, user=cast.suspended, reason="again", now=NOW)


def test_reinstate_user_is_audited(cast: Cast) -> None:
    [event] = assert_audited(
        lambda: reinstate_user(
            actor=cast.manager.person, user=cast.suspended, reason="cleared", now=NOW
        ),
        Kind.ADMIN_CHANGED,
    )
    assert event.fields["after"] == {"is_active": True}
    assert cast.suspended.history.first().history_change_reason == "cleared"


@pytest.mark.parametrize(
    ("who", "whom", "code"),
    [
        ("manager", "manager", "not_oneself"),
        ("manager", "colleague", "aor_not_yours"),
        ("manager", "other", "aor_not_yours"),
        ("manager", "vendor", "aor_not_yours"),
        ("manager", "auditor", "aor_not_yours"),
        ("vendor", "investigator", "users_managers_only"),
        ("vendor", "vendor", "not_oneself"),
        ("supervisor", "investigator", "users_managers_only"),
        ("auditor", "investigator", "users_managers_only"),
        ("investigator", "colleague", "users_managers_only"),
        ("other", "investigator", "users_managers_only"),
        ("suspended", "investigator", "users_managers_only"),
    ],
)
def test_suspend_user_refused(cast: Cast, who: str, whom: str, code: str) -> None:
    subject = cast.everybody[whom]
    with recorded() as events, pytest.raises(PolicyDenied):
        suspend_user(actor=cast.everybody[who].person, user=subject, reason="because", now=NOW)
    [event] = events
    assert (event.kind, event.fields["outcome_code"]) == (Kind.ADMIN_REFUSED, code)
    subject.refresh_from_db()
    assert subject.is_active


def test_nobody_acts_without_being_somebody(cast: Cast) -> None:
    """ACC-9, SAF-1: an actor who is neither a person nor the service's own is refused."""
    nobody = Actor(id="nobody", name="", log_id=cast.agency.log_id)
    with pytest.raises(PolicyDenied, match="Only managers"):
        policy.check_can_manage_user(nobody, cast.investigator)
    with pytest.raises(PolicyDenied, match="Only managers"):
        policy.check_can_manage_courses(nobody, agency_id=cast.agency.pk)


def test_manager_without_area_manages_nobody(cast: Cast) -> None:
    User.objects.filter(pk=cast.manager.pk).update(aor=None)
    manager = person_for(User.objects.get(pk=cast.manager.pk))
    with pytest.raises(PolicyDenied) as refused:
        suspend_user(actor=manager, user=cast.investigator, reason="because", now=NOW)
    assert refused.value.code == "aor_missing"


# --- rules of behavior ----------------------------------------------------------------------------


def test_publish_rules_is_audited_with_the_whole_text(cast: Cast) -> None:
    [event] = assert_audited(
        lambda: publish_rules(
            actor=cast.vendor.person, agency=None, text="New\r\ntext", reason="review", now=NOW
        ),
        Kind.ADMIN_CREATED,
    )
    assert event.fields["after"] == {"text": "New\ntext"}
    assert event.fields["rules_version"] == 2
    assert event.fields["rules_sha256"] == hashlib.sha256(b"New\ntext").hexdigest()


def test_publish_rules_leaves_old_versions_as_they_were(cast: Cast) -> None:  # ACC-3
    publish_rules(actor=cast.vendor.person, agency=None, text="New", reason="review", now=NOW)
    old, new = RulesOfBehavior.objects.order_by("version")
    assert (old.version, old.text) == (1, cast.rules.text)
    assert (new.version, new.text) == (2, "New")


def test_an_agencys_own_rules_hold_for_it_alone(cast: Cast) -> None:
    own = publish_rules(
        actor=cast.manager.person, agency=cast.agency, text="Ours", reason="order", now=NOW
    )
    assert own.version == 1
    assert current_rules_for(cast.agency.pk) == own
    assert current_rules_for(cast.other_agency.pk) == cast.rules
    assert current_rules_for(None) == cast.rules


@pytest.mark.parametrize("who", ["investigator", "supervisor", "auditor", "other", "suspended"])
def test_publish_rules_refused_to_who_manages_nothing(cast: Cast, who: str) -> None:
    person = cast.everybody[who].person
    with recorded() as events, pytest.raises(PolicyDenied):
        publish_rules(actor=person, agency=cast.agency, text="x", reason="why", now=NOW)
    assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]


@pytest.mark.parametrize("whose", ["everybody", "other"])
def test_publish_rules_refused_to_a_manager_for_others(cast: Cast, whose: str) -> None:
    agency = cast.other_agency if whose == "other" else None
    with pytest.raises(PolicyDenied, match="own agency"):
        publish_rules(actor=cast.manager.person, agency=agency, text="x", reason="why", now=NOW)


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 50_001, "a\0b", "\udfff"])
def test_publish_rules_refuses_a_text_nobody_could_affirm(cast: Cast, text: str) -> None:
    with pytest.raises(InvalidInput, match="text"):
        publish_rules(actor=_SETUP, agency=None, text=text, reason="why", now=NOW)
    assert RulesOfBehavior.objects.count() == 1


def test_showing_affirming_and_declining_are_audited(cast: Cast) -> None:
    person = cast.investigator.person
    digest = hashlib.sha256(cast.rules.text.encode()).hexdigest()
    for call, kind in (
        (lambda: show_rules(person=person), Kind.SESSION_RULES_SHOWN),
        (
            lambda: accept_rules(person=person, rules_id=cast.rules.pk),
            Kind.SESSION_RULES_ACCEPTED,
        ),
        (lambda: decline_rules(person=person), Kind.SESSION_RULES_DECLINED),
    ):
        [event] = assert_audited(call, kind)
        assert event.actor == person.id
        assert event.fields["rules_version"] == 1
        assert event.fields["rules_sha256"] == digest


def test_accept_rules_refuses_what_is_no_longer_current(cast: Cast) -> None:
    # Its number is that of the rules it replaces: the version alone would not tell.
    publish_rules(
        actor=cast.manager.person, agency=cast.agency, text="Ours", reason="order", now=NOW
    )
    with recorded() as events, pytest.raises(DomainError, match="changed meanwhile"):
        accept_rules(person=cast.investigator.person, rules_id=cast.rules.pk)
    assert events == []
