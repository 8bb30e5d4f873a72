"""A data set comes into use whole or not at all, and its places are looked up anew (ING-3)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.people import person_for
from audit.kinds import Kind
from ingest.geodata.rows import GeoRow
from ingest.models import GeoDataset, GeoKind, GeoStatus
from ingest.nearest import find_nearest
from ingest.services import geodata
from ingest.services.geodata import Description, GeoLoad, NothingToLoad, retire_dataset
from lprsvc.lib.alone import only_one
from lprsvc.lib.errors import AuditUnavailable, InvalidInput, PolicyDenied
from tests.audited import assert_audited, broken_log, events_of, recorded
from tests.cast import Cast
from tests.harness.database import AsRole, Connect
from tests.ingest.feed import ACTOR, NOW
from tests.ingest.geography import X, Y, address, crossing, load_addresses, load_streets, street

LATER = NOW + timedelta(minutes=5)


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent ="
            " ANY('{geo_address,geo_segment,geo_intersection}'::regclass[])"
        )
        return {name for (name,) in cursor.fetchall()}


def nearest_address() -> str:
    return find_nearest([(X, Y)])[0].address


def loading(**changes: Any) -> GeoLoad:
    what = Description(
        kind=GeoKind.ADDRESSES,
        name="test-addresses",
        version="2027",
        format="test",
        file="test.csv",
        content_sha256=b"another",
    )
    values: dict[str, Any] = {"actor": ACTOR, "what": what, "clock": lambda: LATER}
    return GeoLoad(**values | changes)


@pytest.mark.django_db
def test_a_load_is_recorded_with_what_it_brought() -> None:
    with recorded() as events:
        dataset = load_streets(
            street("Main St", (0, 0), (9, 9)), crossing("A & B"), skipped={"no name": 2}
        )
    [event] = events
    assert event.kind == Kind.PLACES_LOADED
    wanted = {"dataset_kind": "streets", "dataset": "test-streets", "version": "2026",
              "segments": 1, "intersections": 1, "addresses": 0, "skipped": {"no name": 2},
              "file": "test.csv", "replaces": None}  # fmt: skip
    assert wanted.items() <= event.fields.items()
    assert dataset.status == GeoStatus.ACTIVE
    assert dataset.activated_at == NOW


@pytest.mark.django_db
def test_no_event_no_change() -> None:
    load_addresses(address("1 Old St"))
    with broken_log(), pytest.raises(AuditUnavailable):
        loading().run([address("1 New St")])
    assert nearest_address() == "1 Old St"
    assert GeoDataset.objects.get(version="2027").status == GeoStatus.FAILED


@pytest.mark.django_db
def test_files_that_hold_nothing_leave_the_old_data_set_in_use() -> None:
    load_addresses(address("1 Old St"))
    with recorded() as events, pytest.raises(NothingToLoad):
        loading().run([])
    [event] = events
    assert (event.fields["outcome"], event.fields["outcome_code"]) == ("failed", "nothing_to_load")
    assert nearest_address() == "1 Old St"


@pytest.mark.django_db
def test_a_new_data_set_takes_the_old_ones_place_and_its_tables_go() -> None:
    old = load_addresses(address("1 Old St"))
    other = load_addresses(address("9 Other St", east=5), name="other")
    new = loading().run([address("1 New St")]).dataset
    assert nearest_address() == "1 New St"
    old.refresh_from_db()
    assert (old.status, old.retired_at, old.dropped_at) == (GeoStatus.RETIRED, LATER, LATER)
    assert new.replaces == old
    ends = {name.rsplit("_d", 1)[1] for name in partitions()}
    assert ends == {str(other.pk), str(new.pk)}


@pytest.mark.django_db
def test_the_same_load_again_changes_nothing_and_says_so() -> None:
    first = load_addresses(address("1 Old St"))
    with recorded() as events:
        again = load_addresses(address("1 Old St"))
    assert again == first
    assert [event.fields["unchanged"] for event in events] == [True]
    assert GeoDataset.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError("row 7")])
def test_a_load_that_breaks_off_leaves_the_old_data_set_in_use(error: Any) -> None:
    load_addresses(address("1 Old St"))
    before = partitions()

    def rows() -> Iterator[GeoRow]:
        yield address("1 New St")
        raise error

    with (
        recorded() as events,
        pytest.raises(type(error) if isinstance(error, Exception) else error),
    ):
        loading().run(rows())
    assert nearest_address() == "1 Old St"
    assert partitions() == before
    assert GeoDataset.objects.get(version="2027").status == GeoStatus.FAILED
    assert [event.fields["outcome"] for event in events] == ["failed"]


@pytest.mark.django_db
def test_what_a_killed_load_left_goes_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    load_addresses(address("1 Old St"))

    def die(*_: Any) -> None:
        raise SystemExit

    # Killed between the last step but one and the switch: nothing after it runs.
    monkeypatch.setattr(GeoLoad, "_activate", die)
    monkeypatch.setattr(GeoLoad, "_give_up", die)
    with pytest.raises(SystemExit):
        loading().run([address("1 New St")])
    monkeypatch.undo()
    left = GeoDataset.objects.get(version="2027")
    assert left.status == GeoStatus.LOADING
    assert nearest_address() == "1 Old St"

    load_addresses(address("2 Newer St"), version="2028")
    left.refresh_from_db()
    assert left.status == GeoStatus.FAILED
    assert f"geo_address_d{left.pk}" not in partitions()
    assert nearest_address() == "2 Newer St"


def test_only_one_load_at_a_time(committed_db: None, connect_as: Connect) -> None:
    other = connect_as("lpr_app")
    other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [geodata.LOADING])
    with pytest.raises(PolicyDenied, match="Another load"):
        loading().run([address("1 New St")])
    assert not GeoDataset.objects.exists()


@pytest.mark.django_db
def test_who_may_not_manage_sources_loads_nothing(cast: Cast) -> None:
    for person in (cast.investigator, cast.manager, cast.auditor):
        with pytest.raises(PolicyDenied):
            loading(actor=person_for(person)).run([address("1 New St")])
    assert not GeoDataset.objects.exists()


@pytest.mark.django_db
def test_a_data_set_can_be_taken_out_of_use_with_a_reason() -> None:
    dataset = load_addresses(address("1 Old St"))
    with pytest.raises(InvalidInput):
        retire_dataset(actor=ACTOR, dataset=dataset, reason=" ", now=LATER)
    [event] = assert_audited(
        lambda: retire_dataset(actor=ACTOR, dataset=dataset, reason="licence ended", now=LATER),
        Kind.PLACES_RETIRED,
    )
    assert event.fields["reason"] == "licence ended"
    assert nearest_address() == ""
    with pytest.raises(PolicyDenied, match="not in use"):
        retire_dataset(actor=ACTOR, dataset=dataset, reason="again", now=LATER)
    assert len(events_of(Kind.ADMIN_REFUSED)) == 2


def test_service_roles_cannot_write_streets_or_places_but_by_their_door(
    committed_db: None, connect_as: Connect
) -> None:
    load_addresses(address("1 Old St"))
    for role in ("lpr_app", "lpr_worker"):
        outside = connect_as(role)
        for statement in (
            "INSERT INTO geo_address VALUES (1, '(0,0)', 'x')",
            "UPDATE ingest_geodataset SET status = 'retired'",
            "INSERT INTO ingest_placequeue VALUES (1, now(), now(), 0)",
            "UPDATE ingest_place SET address = 'x'",
            "SELECT geo_drop_partitions(1)",
        ):
            with pytest.raises(Exception, match="permission denied"):
                outside.execute(statement)


def test_the_door_to_places_opens_no_read(committed_db: None, connect_as: Connect) -> None:  # ING-9
    inside = connect_as("lpr_worker")
    inside.execute("SET ROLE lpr_places")
    for table in ("ingest_read", "ingest_outbox", "ingest_camera", "alerts_match", "audit.event"):
        with pytest.raises(Exception, match="permission denied"):
            inside.execute(f"SELECT FROM {table}")


def test_the_database_keeps_what_is_in_use(committed_db: None, connect_as: Connect) -> None:
    dataset = load_addresses(address("1 Old St"))
    inside = connect_as("lpr_worker")
    inside.execute("SET ROLE lpr_places")
    with pytest.raises(Exception, match="is in use"):
        inside.execute("SELECT geo_drop_partitions(%s)", [dataset.pk])
    with pytest.raises(Exception, match="not being loaded"):
        inside.execute("SELECT geo_make_partitions(%s)", [dataset.pk])
    with pytest.raises(Exception, match="geodataset_one_in_use"):
        inside.execute(
            "INSERT INTO ingest_geodataset (kind, name, version, format, content_sha256, addresses,"
            " segments, intersections, status, started_at, refresh_total, refresh_done)"
            " SELECT kind, name, 'other', format, content_sha256, 0, 0, 0, 'active', now(), 0, 0"
            " FROM ingest_geodataset"
        )


def test_the_worker_loads_too(as_role: AsRole) -> None:
    with as_role("lpr_worker"), only_one("unrelated"):
        load_addresses(address("1 Old St"))
        assert nearest_address() == "1 Old St"
