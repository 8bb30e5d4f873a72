"""The need affirmed, the owner reminded, the end and the removal (ALT-7, ALT-8, ALT-9)."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connections, transaction

from accounts.models import Notice, User
from accounts.notices import kind_named
from accounts.services.people import suspend_user
from alerts.models import AlertEntry, AlertList, EntryStatus, Match, Notification
from alerts.services import lifetime
from alerts.services.lifetime import Kept, affirm_need, keep_time
from audit.kinds import Kind
from lprsvc.lib.errors import DomainError, InvalidInput, NotFound
from tests.alerts.world import NOW, World, alert_on, events
from tests.audited import assert_audited, broken_log
from tests.cast import Cast

DAY = timedelta(days=1)
ENDS = NOW.replace(year=2027)
# The daily job's hour, on the day before the end.
MORNING = ENDS.replace(hour=11, minute=10)

Job = Callable[[datetime], Kept]


@pytest.fixture
def job(world: World) -> Job:
    """The daily job, with the worker's rights."""

    def run(now: datetime) -> Kept:
        kept: Kept = world.worker(keep_time, now=now)
        return kept

    return run


def affirm(cast: Cast, *entries: AlertEntry, now: datetime, reason: str = "trial in May") -> int:
    pks = [entry.pk for entry in entries]
    return affirm_need(person=cast.investigator.person, pks=pks, reason=reason, now=now)


def test_a_year_day_by_day(world: World, cast: Cast, job: Job) -> None:
    """Reminded three times, ended, removed a week later; and each of it once."""
    alert_on(cast.investigator.person)
    world.match(world.deliver())
    done: dict[str, list[int]] = {"reminded": [], "ended": [], "removed": []}
    for day in range(380):
        for _ in range(2):  # a second run finds nothing to do
            kept = job(NOW.replace(hour=11) + day * DAY)
            for name in done:
                done[name] += [day - 365] * getattr(kept, name)
    # The end is in the afternoon: the job sees it the morning after.
    assert done == {"reminded": [-14, -7, 0], "ended": [1], "removed": [8]}
    for model in (AlertList, AlertEntry, Match, Notification):
        assert model.objects.count() == 0
    assert Notice.objects.filter(kind=lifetime.EXPIRING).count() == 3
    told = Counter(event.kind for event in events() if event.kind.startswith("alert."))
    assert told["alert.reminded"] == 3
    for kind in ("alert.expired", "alert.removed", "alert.erased"):
        assert told[kind] == 1, kind
    [removed] = events("alert.removed")
    assert removed.fields["cause"] == "not renewed"
    assert (removed.plate, removed.fields["days_watched"]) == ("ABC123", 372)
    assert removed.log_id == cast.agency.log_id


def test_ended_alert_matches_nothing(world: World, cast: Cast, job: Job) -> None:
    alert_on(cast.investigator.person)
    later = ENDS + timedelta(seconds=1)
    for run in (False, True):  # whether or not the job has marked it
        if run:
            assert job(later).ended == 1
        world.match(world.deliver(now=later), later)
        assert not Match.objects.exists()


def test_affirmed_need_begins_a_new_year(cast: Cast, job: Job) -> None:
    entry = alert_on(cast.investigator.person)
    job(MORNING - 10 * DAY)
    [event] = assert_audited(lambda: affirm(cast, entry, now=MORNING - 9 * DAY), Kind.ALERT_RENEWED)
    assert event.fields["renewal_reason"] == "trial in May"
    assert (event.plate, event.reason) == ("ABC123", "criminal")
    entry.refresh_from_db()
    assert entry.expires_at == (MORNING - 9 * DAY).replace(year=2028)
    assert job(MORNING + 9 * DAY) == Kept(0, 0, 0)
    # And is reminded of anew, at its new end.
    assert job(entry.expires_at - 14 * DAY).reminded == 1


def test_ended_alert_is_affirmed_within_a_week_and_no_later(
    world: World, cast: Cast, job: Job
) -> None:
    first, second = alert_on(cast.investigator.person), alert_on(cast.investigator.person, "B 2")
    job(ENDS + DAY)
    with pytest.raises(InvalidInput, match="over"):
        affirm(cast, first, now=ENDS + 7 * DAY)
    last = ENDS + 7 * DAY - timedelta(seconds=1)
    affirm(cast, second, now=last)
    second.refresh_from_db()
    assert second.status == EntryStatus.ACTIVE
    world.match(world.deliver("B2", now=last), last)
    assert Match.objects.get().entry == second
    assert job(ENDS + 8 * DAY).removed == 1
    assert AlertEntry.objects.get() == second


def test_one_of_several_that_can_not_leaves_all_as_they_were(cast: Cast) -> None:
    early = alert_on(cast.investigator.person)
    later = alert_on(cast.investigator.person, "B 2", now=NOW + 30 * DAY)
    with pytest.raises(InvalidInput, match="can be affirmed from"):
        affirm(cast, early, later, now=MORNING)
    early.refresh_from_db()
    assert early.expires_at == ENDS
    (refused,) = events("alert.refused")
    assert refused.fields["entries"] == sorted([str(early.pk), str(later.pk)])


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2_001])
def test_need_is_affirmed_with_a_reason(cast: Cast, reason: str) -> None:
    entry = alert_on(cast.investigator.person)
    with pytest.raises(InvalidInput) as refused:
        affirm(cast, entry, now=MORNING, reason=reason)
    assert refused.value.errors.keys() == {"reason"}


@pytest.mark.parametrize("who", ["colleague", "supervisor", "other"])
def test_others_alert_is_affirmed_by_nobody(cast: Cast, who: str) -> None:
    entry = alert_on(cast.everybody[who].person)
    for pks in ([entry.pk], [uuid4()], []):
        with pytest.raises(NotFound):
            affirm_need(person=cast.investigator.person, pks=pks, reason="x", now=MORNING)


def test_plate_that_was_added_anew_meanwhile_is_not_watched_twice(cast: Cast) -> None:  # ALT-5
    entry = alert_on(cast.investigator.person)
    alert_on(cast.investigator.person, now=ENDS + DAY)
    with pytest.raises(InvalidInput, match="already watch"):
        affirm(cast, entry, now=ENDS + 2 * DAY)


@pytest.mark.parametrize("who", ["manager", "auditor", "vendor"])
def test_who_keeps_no_alerts_affirms_none(cast: Cast, who: str) -> None:
    with pytest.raises(DomainError):
        affirm_need(person=cast.everybody[who].person, pks=[uuid4()], reason="x", now=NOW)


# --- the job --------------------------------------------------------------------------------------


def test_one_mail_for_all_of_an_owners_alerts_and_none_names_a_plate(cast: Cast, job: Job) -> None:
    for number in range(3):
        alert_on(cast.investigator.person, f"N{number}")
    alert_on(cast.colleague.person)
    assert job(MORNING - 14 * DAY).reminded == 4
    notices = {notice.recipient: notice for notice in Notice.objects.all()}
    assert set(notices) == {cast.investigator.email, cast.colleague.email}
    letter = kind_named(lifetime.EXPIRING).compose(
        notices[cast.investigator.email], MORNING - 14 * DAY
    )
    assert letter is not None
    assert (letter.context["ending"], letter.context["ended"]) == (3, 0)
    assert letter.context["first_end"] == "March 2, 2027"


def test_after_an_outage_it_is_told_once_and_removed_a_run_later(cast: Cast, job: Job) -> None:
    alert_on(cast.investigator.person)
    late = ENDS + 20 * DAY
    assert job(late) == Kept(removed=0, reminded=1, ended=1)
    assert Notice.objects.count() == 1
    assert job(late + DAY) == Kept(removed=1, reminded=0, ended=0)


def test_mail_says_what_has_ended_and_is_dropped_once_seen_to(cast: Cast, job: Job) -> None:
    entry = alert_on(cast.investigator.person)
    job(ENDS + DAY)
    compose = kind_named(lifetime.EXPIRING).compose
    notice = Notice.objects.get()
    letter = compose(notice, ENDS + DAY)
    assert letter is not None
    assert (letter.context["ending"], letter.context["ended"]) == (0, 1)
    assert letter.context["removed_from"] == "March 9, 2027"
    affirm(cast, entry, now=ENDS + DAY)
    assert compose(notice, ENDS + DAY) is None
    suspend_user(actor=cast.manager.person, user=cast.investigator, reason="left", now=NOW)
    assert compose(notice, ENDS + DAY) is None


@pytest.mark.parametrize("step", ["_end", "_remove"])
def test_one_that_breaks_does_not_hold_up_the_others(
    cast: Cast, job: Job, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    broken = alert_on(cast.investigator.person)
    alert_on(cast.colleague.person)
    now = ENDS + DAY
    if step == "_remove":
        job(now)
        now = ENDS + 8 * DAY
    real = getattr(lifetime, step)

    def fragile(entry: AlertEntry, at: datetime) -> None:
        if entry.pk == broken.pk:
            raise RuntimeError("on purpose")
        real(entry, at)

    monkeypatch.setattr(lifetime, step, fragile)
    kept = job(now)
    assert (kept.ended if step == "_end" else kept.removed) == 1
    assert AlertEntry.objects.filter(pk=broken.pk).exists()
    monkeypatch.setattr(lifetime, step, real)
    kept = job(now)
    assert (kept.ended if step == "_end" else kept.removed) == 1


def test_owner_who_cannot_be_reminded_does_not_keep_the_others_from_it(
    cast: Cast, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert_on(cast.investigator.person)
    alert_on(cast.colleague.person)
    User.objects.filter(pk=cast.investigator.pk).update(timezone="No/Where")
    assert job(MORNING).reminded == 1


def test_nothing_happens_without_a_record(cast: Cast, job: Job) -> None:
    alert_on(cast.investigator.person)
    for now in (MORNING, ENDS + DAY):
        with broken_log():
            assert job(now) == Kept(0, 0, 0)
        assert not Notice.objects.exists()
    entry = AlertEntry.objects.get()
    assert (entry.status, entry.reminded) == (EntryStatus.ACTIVE, 0)


def test_what_somebody_holds_is_left_to_the_next_run(world: World, cast: Cast) -> None:
    entry = alert_on(cast.investigator.person)
    with transaction.atomic():
        AlertEntry.objects.select_for_update().get(pk=entry.pk)
        kept: list[Kept] = []
        run_elsewhere(lambda: kept.append(keep_time(now=ENDS + DAY)))
        assert kept == [Kept(0, 0, 0)]
    assert world.worker(keep_time, now=ENDS + DAY).ended == 1


def run_elsewhere(work: Callable[[], None]) -> None:
    def done() -> None:
        work()
        connections.close_all()

    other = Thread(target=done)
    other.start()
    other.join()
