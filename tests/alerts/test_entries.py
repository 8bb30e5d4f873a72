"""Adding and removing hot plates (ALT-2, ALT-8, ALT-9)."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections
from psycopg import sql

from accounts.services.agencies import create_reason_code
from alerts import selectors
from alerts.models import AlertEntry, AlertList, Match, Notification
from alerts.services.entries import NewAlert, add_single_alert, from_query, remove_entries
from audit.actors import system
from audit.leaf import format_at
from lprsvc.lib.errors import AuditUnavailable, DomainError, InvalidInput, NotFound, PolicyDenied
from lprsvc.lib.handover import AlertProposal
from tests.alerts.world import NOW, World, alert_on, events
from tests.cast import Cast
from tests.harness.database import Connect


def test_added_alert_is_recorded_whole(cast: Cast) -> None:  # ALT-8
    query_id = uuid4()
    entry = alert_on(cast.investigator.person, " abc-123 ", query_id=query_id)

    assert (entry.plate_key, entry.plate_text, entry.state) == ("ABC123", "abc-123", "US-PA")
    created, added = events("alert.list_created", "alert.added")
    assert added.actor == cast.investigator.person.id
    expected = {
        "list": str(entry.alert_list_id),
        "entry": str(entry.pk),
        "plate": "ABC123",
        "state": "US-PA",
        "reason": "criminal",
        "note": "Case 2026-17, subject Q",
        "scope": "own",
        "recipients": [cast.investigator.person.id],
        "expires": format_at(NOW.replace(year=2027)),
        "cause": "query",
        "parent": str(query_id),
    }
    assert expected.items() <= added.fields.items()
    assert expected.items() <= created.fields.items()


def test_list_is_the_persons_own_and_names_no_plate(cast: Cast) -> None:
    entry = alert_on(cast.investigator.person)
    assert entry.alert_list.owner_id == cast.investigator.pk
    assert entry.alert_list.agency_id == cast.agency.pk
    assert "ABC" not in entry.alert_list.name


def test_same_plate_twice_is_refused_and_recorded(cast: Cast) -> None:
    alert_on(cast.investigator.person, "ABC 123")
    with pytest.raises(PolicyDenied) as refused:
        alert_on(cast.investigator.person, "abc-123")
    assert (refused.value.code, refused.value.field) == ("already_watched", "plate")
    assert AlertEntry.objects.count() == 1
    (event,) = events("alert.refused")
    assert (event.outcome, event.fields["outcome_code"]) == ("refused", "already_watched")
    assert event.fields["plate_raw"] == "abc-123"


def test_others_and_other_states_and_ended_ones_do_not_stand_in_the_way(cast: Cast) -> None:
    alert_on(cast.investigator.person, now=NOW - timedelta(days=365))
    for person in (cast.investigator.person, cast.colleague.person, cast.other.person):
        alert_on(person)
    alert_on(cast.investigator.person, state="US-NJ")
    assert AlertEntry.objects.count() == 5


def test_two_additions_at_once_make_one(world: World, cast: Cast) -> None:
    barrier, results = threading.Barrier(3), []

    def work() -> None:
        try:
            barrier.wait()
            alert_on(cast.investigator.person)
            results.append("added")
        except PolicyDenied as error:
            results.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["added", "already_watched", "already_watched"]


@pytest.mark.parametrize("who", ["supervisor", "manager", "auditor", "vendor", "suspended"])
def test_who_may_not_watch_is_refused(cast: Cast, who: str) -> None:
    person = cast.everybody[who].person
    if who == "supervisor":  # investigates too
        alert_on(person)
        return
    with pytest.raises(PolicyDenied):
        alert_on(person)
    assert AlertEntry.objects.count() == 0
    assert [event.actor for event in events("alert.refused")] == [person.id]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"plate": ""}, "plate"),
        ({"plate": "ABC*"}, "plate"),
        ({"plate": "A" * 11}, "plate"),
        ({"plate": "A" + " " * 40 + "B"}, "plate"),
        ({"state": "PA"}, "state"),
        ({"reason_code": "boredom"}, "reason"),
        ({"case_reference": "  "}, "note"),
        ({"case_reference": "x" * 2001}, "note"),
    ],
)
def test_bad_input_names_the_field(cast: Cast, changes: dict[str, str], field: str) -> None:
    good: dict[str, Any] = {
        "plate": "ABC123",
        "state": "US-PA",
        "reason_code": "criminal",
        "case_reference": "c",
    }
    with pytest.raises(InvalidInput) as refused:
        add_single_alert(person=cast.investigator.person, new=NewAlert(**good | changes), now=NOW)
    assert set(refused.value.errors) == {field}
    assert AlertEntry.objects.count() == 0


def test_other_agencys_reason_code_is_unknown(cast: Cast) -> None:
    create_reason_code(
        actor=system("tests"),
        agency=cast.other_agency,
        code="theirs",
        label="Theirs",
        reason="test",
        now=NOW,
    )
    assert selectors.find_reason(cast.other.person, "theirs") is not None
    assert selectors.find_reason(cast.investigator.person, "theirs") is None


@pytest.mark.parametrize(
    ("plate", "state", "is_of_query"),
    [("abc 123", "US-PA", True), ("ABC124", "US-PA", False), ("ABC123", "US-NJ", False)],
)
def test_query_is_the_cause_only_of_its_own_plate(
    plate: str, state: str, is_of_query: bool
) -> None:
    proposal = AlertProposal("ABC-123", "US-PA", "criminal", "case", uuid4())
    new = NewAlert(plate=plate, state=state, reason_code="criminal", case_reference="case")
    assert from_query(new, proposal).query_id == (proposal.query_id if is_of_query else None)


def test_removal_erases_and_records(world: World, cast: Cast) -> None:
    entry = alert_on(cast.investigator.person)
    world.match(world.deliver(times=2))
    erased = remove_entries(
        person=cast.investigator.person,
        pks=[entry.pk],
        reason=" case closed ",
        now=NOW + timedelta(days=3),
    )
    assert (erased.entries, erased.matches, erased.notifications) == (1, 2, 2)
    for model in (AlertList, AlertEntry, Match, Notification):
        assert model.objects.count() == 0
    removed, gone = events("alert.removed", "alert.erased")
    assert removed.fields["removal_reason"] == "case closed"
    assert removed.fields["days_watched"] == 3
    assert (removed.plate, removed.reason) == ("ABC123", "criminal")
    assert gone.fields["parent"] == str(removed.pk)
    assert (gone.fields["matches"], gone.fields["notifications"]) == (2, 2)


def test_removed_plate_is_in_no_table_but_the_log(
    world: World, cast: Cast, connect_as: Connect
) -> None:  # ALT-9
    """Every column of every table is searched as text, by somebody who may see all."""
    entry = alert_on(cast.investigator.person, "ZQ9-77X", note="Operation Kestrel")
    # The camera's own reads are no part of the alert; this one reads another plate.
    world.match(world.deliver("OTHER1"))
    owner = connect_as("postgres")

    def tables_with(text: str) -> set[str]:
        tables = owner.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        query = sql.SQL("SELECT count(*) FROM {} AS t WHERE t::text ILIKE %s")
        found = set()
        for schema, table in tables:
            where = sql.Identifier(schema, table)
            row = owner.execute(query.format(where), [f"%{text}%"]).fetchone()
            if row and row[0]:
                found.add(f"{schema}.{table}")
        return found

    assert "public.alerts_alertentry" in tables_with("ZQ977X")
    remove_entries(person=cast.investigator.person, pks=[entry.pk], reason="closed", now=NOW)

    for text in ("ZQ977X", "ZQ9-77X", "Operation Kestrel", str(entry.pk)):
        found = tables_with(text)
        assert found, text
        assert all(table.startswith("audit.event") for table in found), (text, found)


@pytest.mark.parametrize("who", ["colleague", "supervisor", "other"])
def test_others_alert_looks_like_none(cast: Cast, who: str) -> None:
    entry = alert_on(cast.investigator.person)
    person = cast.everybody[who].person
    answers = []
    for pk in (entry.pk, uuid4()):
        with pytest.raises(NotFound) as refused:
            remove_entries(person=person, pks=[pk], reason="mine now", now=NOW)
        answers.append((refused.value.code, refused.value.message))
    assert answers[0] == answers[1]
    assert AlertEntry.objects.count() == 1
    assert len(events("alert.refused")) == 2


def test_removal_needs_a_reason(cast: Cast) -> None:
    entry = alert_on(cast.investigator.person)
    with pytest.raises(InvalidInput):
        remove_entries(person=cast.investigator.person, pks=[entry.pk], reason=" ", now=NOW)
    assert AlertEntry.objects.count() == 1


def _add(cast: Cast) -> None:
    alert_on(cast.investigator.person, "NEW1")


def _remove(cast: Cast) -> None:
    pk = AlertEntry.objects.get().pk
    remove_entries(person=cast.investigator.person, pks=[pk], reason="closed", now=NOW)


@pytest.mark.parametrize("change", [_add, _remove])
def test_failed_audit_undoes_the_change(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, change: Callable[[Cast], None]
) -> None:  # AUD-3
    entry = alert_on(cast.investigator.person)

    def refuse(**_: object) -> None:
        raise AuditUnavailable

    monkeypatch.setattr("alerts.services.entries.record", refuse)
    with pytest.raises(DomainError):
        change(cast)
    assert [kept.pk for kept in AlertEntry.objects.all()] == [entry.pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM alerts_alertlist")
        assert cursor.fetchone() == (1,)
