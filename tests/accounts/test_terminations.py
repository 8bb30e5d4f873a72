"""A termination cuts access at once, or counts down until it is carried out (ACC-10)."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connections

from accounts.countdown import Countdown, Tone, count_down
from accounts.models import (
    Notice,
    Termination,
    TerminationEffect,
    TerminationOrigin,
    TerminationState,
    User,
)
from accounts.people import Person
from accounts.roles import Role
from accounts.services import notices, terminations
from accounts.services.people import delete_user, reinstate_user, suspend_user
from accounts.services.terminations import (
    carry_out_termination,
    enter_termination,
    escalate_overdue,
    terminate_now,
    withdraw_termination,
    zone_of,
)
from audit.actors import VENDOR_LOG_ID
from audit.kinds import Kind
from lprsvc.lib.errors import InvalidInput, NotFound, PolicyDenied
from tests.accounts.test_business_time import NEW_YORK
from tests.audited import assert_audited, broken_log, recorded
from tests.cast import NOW, Cast, client_for, make_user
from tests.harness.database import AsRole
from tests.harness.mail import Inbox

_WHY = "left the agency"
DUE = NOW + timedelta(days=1)  # NOW is a Monday


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_tell", lambda notice_id: None)


def at_once(
    actor: Person, user: User, *, effect: str = "closed", reason: str = _WHY, now: datetime = NOW
) -> Termination:
    return terminate_now(actor=actor, user=user, effect=effect, reason=reason, now=now)


def by_mail(
    actor: Person,
    user: User,
    *,
    received_at: datetime = NOW,
    requested_by: str = "Grace Whitfield",
    reason: str = _WHY,
    now: datetime = NOW,
) -> Termination:
    return enter_termination(
        actor=actor,
        user=user,
        requested_by=requested_by,
        received_at=received_at,
        reason=reason,
        now=now,
    )


def carry_out(
    actor: Person, found: Termination, *, effect: str = "closed", now: datetime = NOW
) -> Termination:
    return carry_out_termination(
        actor=actor, termination=found, effect=effect, reason=_WHY, now=now
    )


def withdraw(actor: Person, found: Termination, *, now: datetime = NOW) -> Termination:
    return withdraw_termination(actor=actor, termination=found, reason="a mistake", now=now)


def is_denied(call: Callable[[], object], code: str) -> bool:
    with recorded() as events, pytest.raises(PolicyDenied) as caught:
        call()
    assert [event.kind for event in events] == [Kind.ADMIN_REFUSED]
    return caught.value.code == code


# --- made in the system ---------------------------------------------------------------------------


def test_made_in_the_system_cuts_access_at_once(cast: Cast) -> None:
    client = client_for(cast.investigator)
    assert client.get("/queries/new/").status_code == 200

    made = at_once(cast.manager.person, cast.investigator)

    assert client.get("/queries/new/").status_code == 302  # to the log-on page
    user = User.objects.get(pk=cast.investigator.pk)
    assert (user.is_active, user.deleted_at) == (False, NOW)
    assert (made.origin, made.state, made.effect, made.ended_at, made.taken) == (
        TerminationOrigin.SYSTEM,
        TerminationState.DONE,
        TerminationEffect.CLOSED,
        NOW,
        timedelta(),
    )
    assert made.entered_by_id == cast.manager.pk


def test_made_in_the_system_may_suspend_instead(cast: Cast) -> None:
    at_once(cast.manager.person, cast.investigator, effect="suspended")
    user = User.objects.get(pk=cast.investigator.pk)
    assert (user.is_active, user.deleted_at) == (False, None)


def test_at_once_is_recorded_with_the_account(cast: Cast) -> None:
    events = assert_audited(
        lambda: at_once(cast.manager.person, cast.investigator),
        Kind.ADMIN_CHANGED,
        Kind.ADMIN_CREATED,
    )
    changed, created = events
    assert changed.fields["object"] == f"user:{cast.investigator.pk}"
    assert created.fields["reason"] == _WHY
    assert created.fields["after"]["state"] == "done"
    assert {event.log_id for event in events} == {cast.agency.log_id}


def test_at_once_carries_out_an_open_request(cast: Cast) -> None:
    entered = by_mail(cast.vendor.person, cast.investigator)

    made = at_once(cast.manager.person, cast.investigator, now=NOW + timedelta(hours=3))

    assert made.pk == entered.pk
    assert made.taken == timedelta(hours=3)
    assert Termination.objects.count() == 1


# --- received by e-mail ---------------------------------------------------------------------------


def test_received_by_mail_is_due_and_cuts_nothing_yet(cast: Cast) -> None:
    received = NOW - timedelta(minutes=30)
    later = NOW + timedelta(hours=1)

    entered = by_mail(cast.vendor.person, cast.investigator, received_at=NOW, now=later)

    assert received < entered.received_at == NOW
    assert (entered.due_at, entered.entered_at, entered.state) == (DUE, later, "open")
    assert User.objects.get(pk=cast.investigator.pk).is_active


def test_week_end_does_not_count(cast: Cast) -> None:
    friday = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)  # 15:00 in New York; clocks change on Sunday
    entered = by_mail(cast.vendor.person, cast.investigator, received_at=friday, now=friday)
    assert entered.due_at == datetime(2026, 3, 9, 19, 0, tzinfo=UTC)


def test_entering_is_recorded(cast: Cast) -> None:
    [event] = assert_audited(
        lambda: by_mail(cast.manager.person, cast.investigator), Kind.ADMIN_CREATED
    )
    assert event.fields["after"]["requested_by"] == "Grace Whitfield"
    assert event.fields["after"]["due_at"] == DUE.isoformat()


@pytest.mark.parametrize(
    ("received_at", "fault"),
    [
        (NOW + timedelta(seconds=1), "This lies in the future."),
        (NOW - timedelta(seconds=1), "The account did not exist yet."),
    ],
)
def test_time_of_receipt_must_be_possible(cast: Cast, received_at: datetime, fault: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        by_mail(cast.manager.person, cast.investigator, received_at=received_at)
    assert caught.value.errors == {"received_at": [fault]}


@pytest.mark.parametrize("requested_by", ["", "  "])
def test_who_asked_must_be_said(cast: Cast, requested_by: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        by_mail(cast.manager.person, cast.investigator, requested_by=requested_by)
    assert caught.value.errors == {"requested_by": ["Say who asked."]}


def test_one_open_request_about_a_person(cast: Cast) -> None:
    by_mail(cast.manager.person, cast.investigator)
    with pytest.raises(InvalidInput, match="open request"):
        by_mail(cast.vendor.person, cast.investigator)


def test_closed_account_takes_no_request(cast: Cast) -> None:
    delete_user(actor=cast.manager.person, user=cast.investigator, reason=_WHY, now=NOW)
    with pytest.raises(InvalidInput, match="closed for ever"):
        by_mail(cast.manager.person, cast.investigator)
    with pytest.raises(InvalidInput, match="closed for ever"):
        at_once(cast.manager.person, cast.investigator)


# --- carrying out ---------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", TerminationEffect.values)
def test_carried_out_notes_the_business_time_taken(cast: Cast, effect: str) -> None:
    friday = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)
    monday = datetime(2026, 3, 9, 21, 0, tzinfo=UTC)
    entered = by_mail(cast.vendor.person, cast.investigator, received_at=friday, now=friday)

    done = carry_out(cast.manager.person, entered, effect=effect, now=monday)

    assert (done.state, done.effect, done.ended_at) == ("done", effect, monday)
    assert done.taken == timedelta(hours=26)
    assert not User.objects.get(pk=cast.investigator.pk).is_active


def test_carrying_out_is_recorded(cast: Cast) -> None:
    entered = by_mail(cast.vendor.person, cast.investigator)
    changed, ended = assert_audited(
        lambda: carry_out(cast.manager.person, entered), Kind.ADMIN_CHANGED, Kind.ADMIN_CHANGED
    )
    assert changed.fields["object"] == f"user:{cast.investigator.pk}"
    assert ended.fields["after"]["state"] == "done"


@pytest.mark.parametrize("effect", TerminationEffect.values)
def test_time_until_an_earlier_suspension_counts(cast: Cast, effect: str) -> None:
    entered = by_mail(cast.vendor.person, cast.investigator)
    manager = cast.manager.person
    suspend_user(actor=manager, user=cast.investigator, reason=_WHY, now=NOW + timedelta(minutes=1))
    reinstate_user(
        actor=manager, user=cast.investigator, reason=_WHY, now=NOW + timedelta(minutes=2)
    )
    cut = NOW + timedelta(hours=2)
    suspend_user(actor=manager, user=cast.investigator, reason=_WHY, now=cut)

    done = carry_out(manager, entered, effect=effect, now=NOW + timedelta(hours=9))

    assert (done.ended_at, done.taken, done.effect) == (cut, timedelta(hours=2), effect)


def test_person_suspended_before_the_request_took_no_time(cast: Cast) -> None:
    entered = by_mail(cast.manager.person, cast.suspended, received_at=NOW)
    done = carry_out(cast.manager.person, entered, now=NOW + timedelta(hours=1))
    assert (done.taken, done.ended_at) == (timedelta(), NOW)
    assert User.objects.get(pk=cast.suspended.pk).deleted_at == NOW + timedelta(hours=1)


def test_account_deleted_meanwhile_counts_as_closed_then(cast: Cast) -> None:
    entered = by_mail(cast.vendor.person, cast.investigator)
    cut = NOW + timedelta(hours=4)
    delete_user(actor=cast.manager.person, user=cast.investigator, reason=_WHY, now=cut)

    done = carry_out(cast.manager.person, entered, effect="suspended", now=NOW + timedelta(hours=5))

    assert (done.effect, done.ended_at, done.taken) == ("closed", cut, timedelta(hours=4))


def test_repeat_is_refused_and_changes_nothing(cast: Cast) -> None:
    entered = by_mail(cast.vendor.person, cast.investigator)
    carry_out(cast.manager.person, entered)
    for again in (carry_out, withdraw):
        with pytest.raises(InvalidInput, match="meanwhile"):
            again(cast.manager.person, entered)


def test_unknown_effect_is_refused(cast: Cast) -> None:
    entered = by_mail(cast.vendor.person, cast.investigator)
    with pytest.raises(InvalidInput, match="effect"):
        carry_out(cast.manager.person, entered, effect="nonsense")
    with pytest.raises(InvalidInput, match="effect"):
        at_once(cast.manager.person, cast.investigator, effect="")


def test_unknown_request_is_not_found(cast: Cast) -> None:
    nowhere = Termination(pk=uuid4(), user=cast.investigator)
    with pytest.raises(NotFound):
        carry_out(cast.manager.person, nowhere)


def test_last_manager_of_an_area_stays_for_a_manager(cast: Cast) -> None:
    boss = make_user("chief", "Chief", [Role.AGENCY_MANAGER], component=cast.ero, aor=cast.chicago)
    entered = by_mail(cast.vendor.person, boss)
    with pytest.raises(PolicyDenied):
        carry_out(cast.manager.person, entered)
    # The vendor acts on the agency's order.
    assert carry_out(cast.vendor.person, entered).state == "done"


# --- withdrawing ----------------------------------------------------------------------------------


def test_withdrawn_request_cuts_nothing(cast: Cast) -> None:
    entered = by_mail(cast.vendor.person, cast.investigator)

    [event] = assert_audited(lambda: withdraw(cast.manager.person, entered), Kind.ADMIN_CHANGED)

    assert event.fields["reason"] == "a mistake"
    found = Termination.objects.get()
    assert (found.state, found.taken, found.ended_at) == ("withdrawn", None, NOW)
    assert User.objects.get(pk=cast.investigator.pk).is_active
    # A new one may be entered.
    by_mail(cast.vendor.person, cast.investigator)


def test_every_act_wants_a_reason(cast: Cast) -> None:
    entered = by_mail(cast.vendor.person, cast.investigator)
    acts: list[Callable[[], object]] = [
        lambda: at_once(cast.manager.person, cast.colleague, reason=" "),
        lambda: by_mail(cast.manager.person, cast.supervisor, reason=""),
        lambda: carry_out_termination(
            actor=cast.manager.person, termination=entered, effect="closed", reason="", now=NOW
        ),
        lambda: withdraw_termination(
            actor=cast.manager.person, termination=entered, reason="", now=NOW
        ),
    ]
    for act in acts:
        with pytest.raises(InvalidInput, match="Say why"):
            act()


# --- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["investigator", "supervisor", "auditor", "other"])
def test_others_end_nobodys_access(cast: Cast, who: str) -> None:
    entered = by_mail(cast.vendor.person, cast.colleague)
    person = cast.everybody[who].person
    assert is_denied(lambda: at_once(person, cast.colleague), "users_managers_only")
    assert is_denied(lambda: by_mail(person, cast.suspended), "users_managers_only")
    assert is_denied(lambda: carry_out(person, entered), "users_managers_only")
    assert is_denied(lambda: withdraw(person, entered), "users_managers_only")


def test_manager_of_another_area_or_agency_may_not(cast: Cast) -> None:
    for subject in (cast.colleague, cast.other):
        entered = by_mail(cast.vendor.person, subject)
        assert is_denied(lambda: at_once(cast.manager.person, subject), "aor_not_yours")  # noqa: B023
        assert is_denied(lambda: carry_out(cast.manager.person, entered), "aor_not_yours")  # noqa: B023


def test_manager_may_not_end_the_access_of_who_oversees_managers(cast: Cast) -> None:
    overseer = make_user(
        "overseer",
        "Olga",
        [Role.AUDITOR, Role.INVESTIGATOR],
        component=cast.ero,
        aor=cast.new_york,
    )
    assert is_denied(lambda: at_once(cast.manager.person, overseer), "overseer_not_yours")
    assert at_once(cast.vendor.person, overseer).state == "done"


@pytest.mark.parametrize("who", ["manager", "vendor"])
def test_nobody_ends_or_keeps_their_own_access(cast: Cast, who: str) -> None:
    member = cast.everybody[who]
    second = make_user("vendor-two", "Second", [Role.VENDOR_ADMINISTRATOR])
    entered = by_mail(second.person, member)
    assert is_denied(lambda: at_once(member.person, member), "not_oneself")
    assert is_denied(lambda: withdraw(member.person, entered), "not_oneself")
    assert entered.user_id == member.pk


def test_vendors_own_people_count_in_their_own_zone_and_log(cast: Cast) -> None:
    second = make_user("vendor-two", "Second", [Role.VENDOR_ADMINISTRATOR])
    with recorded() as events:
        entered = by_mail(cast.vendor.person, second)
        carry_out(cast.vendor.person, entered)
    assert {event.log_id for event in events} == {VENDOR_LOG_ID}
    assert zone_of(second).key == second.timezone


# --- the countdown --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "tone", "words"),
    [
        (timedelta(), Tone.CALM, "24 h 0 min left"),
        (timedelta(hours=17, minutes=59), Tone.CALM, "6 h 1 min left"),
        (timedelta(hours=18), Tone.SOON, "6 h 0 min left"),
        (timedelta(hours=23, minutes=30), Tone.SOON, "30 min left"),
        (timedelta(hours=24), Tone.OVERDUE, "overdue by 0 min"),
        (timedelta(hours=25, minutes=5), Tone.OVERDUE, "overdue by 1 h 5 min"),
    ],
)
def test_countdown_in_words_and_tone(after: timedelta, tone: Tone, words: str) -> None:
    assert count_down(DUE, NOW + after, NEW_YORK) == Countdown(tone, words)


def test_countdown_stands_still_over_the_week_end() -> None:
    monday = datetime(2026, 3, 9, 19, 0, tzinfo=UTC)
    saturday, sunday = datetime(2026, 3, 7, 15, tzinfo=UTC), datetime(2026, 3, 8, 15, tzinfo=UTC)
    assert count_down(monday, saturday, NEW_YORK) == count_down(monday, sunday, NEW_YORK)


# --- escalation -----------------------------------------------------------------------------------


@pytest.fixture
def overdue(committed_db: None, cast: Cast) -> Termination:
    """A request that nobody carried out."""
    return by_mail(cast.vendor.person, cast.investigator)


def told() -> list[str]:
    return sorted(Notice.objects.values_list("recipient", flat=True))


def sweep(as_role: AsRole, now: datetime) -> int:
    with as_role("lpr_worker"):
        return escalate_overdue(now=now)


def test_overdue_tells_the_manager_then_the_vendor_each_once(
    overdue: Termination, cast: Cast, as_role: AsRole
) -> None:
    manager, vendor = cast.manager.email, cast.vendor.email
    assert sweep(as_role, DUE - timedelta(seconds=1)) == 0
    assert sweep(as_role, DUE) == 1
    assert told() == [manager]
    assert sweep(as_role, DUE + timedelta(hours=4) - timedelta(seconds=1)) == 0
    assert sweep(as_role, DUE + timedelta(hours=4)) == 1
    assert told() == [manager, vendor]
    assert sweep(as_role, DUE + timedelta(days=9)) == 0


def test_escalation_is_recorded_and_nothing_happens_without(
    overdue: Termination, cast: Cast, as_role: AsRole
) -> None:
    with broken_log():
        assert sweep(as_role, DUE) == 0
    assert told() == []
    with recorded() as events:
        sweep(as_role, DUE)
    [event] = events
    assert (event.kind, event.actor, event.log_id) == (
        Kind.ADMIN_CHANGED,
        "system:accounts.escalate_terminations",
        cast.agency.log_id,
    )
    assert event.fields["after"] == {"managers_told_at": DUE.isoformat()}


def test_two_sweeps_at_once_tell_once(overdue: Termination, as_role: AsRole) -> None:
    start, done = threading.Barrier(2), []

    def work() -> None:
        start.wait()
        done.append(sweep(as_role, DUE))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 1
    assert len(told()) == 1


def test_nothing_is_overdue_while_the_account_is_shut(
    overdue: Termination, cast: Cast, as_role: AsRole
) -> None:
    suspend_user(actor=cast.manager.person, user=cast.investigator, reason="away", now=NOW)
    assert sweep(as_role, DUE + timedelta(days=9)) == 0
    board = client_for(cast.manager).get("/admin/").content.decode()
    assert "access is cut already" in board
    reinstate_user(actor=cast.manager.person, user=cast.investigator, reason="back", now=NOW)
    assert sweep(as_role, DUE + timedelta(days=9)) == 1


def test_without_manager_the_vendor_is_told_at_once(
    committed_db: None, cast: Cast, as_role: AsRole
) -> None:
    by_mail(cast.vendor.person, cast.other)  # nobody manages Dallas
    assert sweep(as_role, DUE) == 1
    assert told() == [cast.vendor.email]


def test_nobody_is_told_about_themselves(committed_db: None, cast: Cast, as_role: AsRole) -> None:
    second = make_user("vendor-two", "Second", [Role.VENDOR_ADMINISTRATOR])
    by_mail(cast.vendor.person, second)
    assert sweep(as_role, DUE) == 1
    assert told() == [cast.vendor.email]


def test_mail_says_who_and_since_when(
    overdue: Termination, cast: Cast, as_role: AsRole, smtp_server: Inbox
) -> None:
    sweep(as_role, DUE)
    with as_role("lpr_worker"):
        assert notices.sweep_notices(now=DUE + timedelta(minutes=65)) == 1
    [message] = smtp_server.messages
    for subtype in ("plain", "html"):
        part = message.get_body((subtype,))
        assert part is not None
        text = " ".join(part.get_content().split())
        for said in (
            "Alice Moreno",
            "Grace Whitfield",
            "Monday, March 2, 2026, 10:00 EST",
            "Tuesday, March 3, 2026, 10:00 EST",
            "overdue by 1 h 5 min",
            f"/admin/accounts/termination/{overdue.pk}/change/",
            "you manage the person&#x27;s area" if subtype == "html" else "you manage the person's",
        ):
            assert said in text, (subtype, said)


def test_mail_is_dropped_once_it_is_carried_out(
    overdue: Termination, cast: Cast, as_role: AsRole, smtp_server: Inbox
) -> None:
    sweep(as_role, DUE)
    carry_out(cast.manager.person, overdue, now=DUE)
    with as_role("lpr_worker"):
        notices.sweep_notices(now=DUE)
    assert smtp_server.messages == []
    assert Notice.objects.get().status == "dropped"


def test_one_that_breaks_does_not_hold_up_the_others(
    overdue: Termination, cast: Cast, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_mail(cast.vendor.person, cast.supervisor, received_at=NOW)
    real = terminations._steps_due

    def fragile(found: Termination, now: datetime) -> dict[str, list[User]]:
        if found.pk == overdue.pk:
            raise RuntimeError("on purpose")
        return real(found, now)

    monkeypatch.setattr(terminations, "_steps_due", fragile)
    assert sweep(as_role, DUE) == 1
    assert len(told()) == 1
