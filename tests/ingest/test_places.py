"""Places: queued with their reads, looked up once, looked up anew when data change (ING-3)."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from celery import current_app
from django.db import connection

from audit.kinds import Kind
from ingest import nearest, selectors
from ingest.cells import cell_of, centre_of
from ingest.interpolation import Range
from ingest.models import AddressMethod, GeoDataset, KnownPlace, QueuedPlace
from ingest.selectors import Place, places_for, streets_within
from ingest.services import places
from ingest.tasks import fill_places, sweep_places
from tests.audited import events_of
from tests.harness.database import AsRole, Connect
from tests.ingest.feed import NOW, Feed, payload
from tests.ingest.geography import (
    HERE_E7,
    address,
    crossing,
    e7,
    load_addresses,
    load_streets,
    street,
)

SOON = NOW + timedelta(seconds=10)


@pytest.fixture(autouse=True)
def tasks_sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that would go to the broker."""
    sent: list[str] = []
    monkeypatch.setattr(current_app, "send_task", sent.append)
    return sent


def load_town() -> None:
    load_addresses(address("115 STATE ST", east=20))
    load_streets(street("State St", (-9, 9), (9, 9)), crossing("A St & B St", north=50))


def mobile(east: float = 0.0, north: float = 0.0, **changes: Any) -> dict[str, Any]:
    latitude, longitude = e7(east=east, north=north)
    return payload(camera="MOBILE", latitude=latitude / 1e7, longitude=longitude / 1e7, **changes)


def queued() -> set[int]:
    return set(QueuedPlace.objects.values_list("cell", flat=True))


def place(point: tuple[int, int] = HERE_E7) -> Place:
    return places_for([point])[point]


class TestStoring:
    """What a delivery leaves to be looked up."""

    def test_a_new_cell_is_queued_with_its_reads_and_the_worker_told(
        self, feed: Feed, committed_db: None, tasks_sent: list[str]
    ) -> None:
        feed.store(payload())
        assert queued() == {cell_of(*HERE_E7)}
        assert tasks_sent == ["ingest.tasks.fill_places"]
        assert places_for([HERE_E7]) == {}

    def test_a_known_cell_is_not_queued_again(self, feed: Feed, db: None) -> None:
        load_town()
        feed.store(payload())
        places.fill_waiting(now=SOON)
        feed.store(payload(plate="OTHER"), payload(plate="THIRD"))
        assert queued() == set()

    def test_one_unknown_cell_among_known_ones_is_queued(self, feed: Feed, db: None) -> None:
        feed.store(payload())
        places.fill_waiting(now=SOON)
        feed.store(payload(plate="OTHER"), mobile(east=100))
        assert queued() == {cell_of(*e7(east=100))}

    def test_a_fixed_camera_resolves_once(self, feed: Feed, db: None) -> None:
        load_town()
        without_place = {"latitude": None, "longitude": None}
        for plate in ("ONE", "TWO", "THREE"):
            feed.store(payload(plate=plate, **without_place))
            places.fill_waiting(now=SOON)
        [known] = KnownPlace.objects.all()
        assert known.cell == cell_of(*HERE_E7)

    def test_a_delivery_that_is_rolled_back_queues_nothing(
        self, feed: Feed, committed_db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from ingest import insertion

        def fail(*_: Any, **__: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr(insertion, "update_batch", fail)
        with pytest.raises(RuntimeError):
            feed.store(payload())
        assert queued() == set()

    def test_a_duplicate_queues_its_place_where_that_was_lost(self, feed: Feed, db: None) -> None:
        feed.store(payload())
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE lpr_places")
            cursor.execute("DELETE FROM ingest_placequeue")
            cursor.execute("SET LOCAL ROLE NONE")
        feed.store(payload())
        assert queued() == {cell_of(*HERE_E7)}

    def test_losing_the_broker_loses_nothing(
        self, feed: Feed, committed_db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(_: str) -> None:
            raise OSError("no broker")

        monkeypatch.setattr(current_app, "send_task", away)
        assert feed.store(payload()).stored == 1
        load_town()
        places.sweep(now=SOON)
        assert place().address == "115 STATE ST"

    def test_one_task_waits_however_many_deliveries_come(
        self, feed: Feed, committed_db: None, tasks_sent: list[str]
    ) -> None:
        for number in range(3):
            feed.store(mobile(east=number * 50.0, plate=f"P{number}"))
        assert len(tasks_sent) == 1
        places.fill_waiting(now=SOON)
        feed.store(mobile(east=999))
        assert len(tasks_sent) == 2


class TestFilling:
    """What the worker does with the queue."""

    def test_place_holds_method_distance_and_version(self, feed: Feed, db: None) -> None:
        load_town()
        feed.store(payload())
        assert places.fill_waiting(now=SOON) == 1
        found = place()
        assert (found.address, found.address_method) == ("115 STATE ST", AddressMethod.ROOFTOP)
        assert found.address_distance_m == pytest.approx(15.3, abs=3)
        assert found.intersection == "A St & B St"
        assert found.intersection_distance_m == pytest.approx(38.3, abs=3)
        assert found.address_text == "115 STATE ST"
        assert found.address_note.startswith("address point, 1")
        assert found.address_note.endswith(" m away; test-addresses 2026")
        assert found.intersection_note.endswith(" m away; test-streets 2026")
        assert queued() == set()

    def test_the_worker_itself_fills(self, feed: Feed, committed_db: None, as_role: AsRole) -> None:
        load_town()
        feed.store(payload(), *(mobile(east=n * 9.0, plate=f"P{n}") for n in range(1_100)))
        with as_role("lpr_worker"):
            fill_places()
            sweep_places()
            assert place().address == "115 STATE ST"
        assert queued() == set()

    def test_several_workers_share_the_queue_and_double_nothing(
        self, feed: Feed, committed_db: None
    ) -> None:
        load_town()
        feed.store(*(mobile(east=n * 9.0, plate=f"P{n}") for n in range(2_000)))
        filled: list[int] = []

        def work() -> None:
            try:
                filled.append(places.fill_waiting(now=SOON))
            finally:
                connection.close()

        threads = [Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert queued() == set()
        assert sum(filled) == KnownPlace.objects.count()

    def test_what_is_locked_by_another_is_left_to_it(
        self, feed: Feed, committed_db: None, connect_as: Connect
    ) -> None:
        feed.store(payload(), mobile(east=100))
        other = connect_as("lpr_worker")
        other.execute("SET ROLE lpr_places")
        other.execute("BEGIN")
        other.execute(
            "SELECT FROM ingest_placequeue WHERE cell = %s FOR UPDATE", [cell_of(*HERE_E7)]
        )
        assert places.fill_waiting(now=SOON) == 1
        # Nor does a delivery of the same place wait for the other.
        feed.store(payload(plate="OTHER"))
        other.execute("ROLLBACK")
        assert places.fill_waiting(now=SOON) == 1

    def test_a_failure_leaves_the_places_empty_for_the_sweep(
        self, feed: Feed, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load_town()
        feed.store(payload(), mobile(east=100))

        def fail(_: Any) -> Any:
            raise RuntimeError("on purpose")

        with monkeypatch.context() as broken:
            broken.setattr(places, "find_nearest", fail)
            places.fill_waiting(now=SOON)
        assert KnownPlace.objects.count() == 0
        assert len(queued()) == 2
        # Not at once, lest it fill the log; and then one by one.
        assert places.fill_waiting(now=SOON) == 0
        assert places.fill_waiting(now=SOON + timedelta(minutes=1)) == 2
        assert queued() == set()

    def test_a_cell_that_always_fails_holds_up_no_other(
        self, feed: Feed, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load_town()
        feed.store(payload(), *(mobile(east=n * 90.0 + 90, plate=f"P{n}") for n in range(5)))
        find, bad = nearest.find_nearest, centre_of(cell_of(*HERE_E7))

        def fail(points: Any) -> Any:
            if bad in points:
                raise RuntimeError("on purpose")
            return find(points)

        monkeypatch.setattr(places, "find_nearest", fail)
        for minute in range(3):
            places.fill_waiting(now=SOON + timedelta(minutes=minute))
        assert queued() == {cell_of(*HERE_E7)}
        assert KnownPlace.objects.count() == 5
        [waiting] = QueuedPlace.objects.all()
        assert (waiting.attempts, waiting.due_at > SOON + timedelta(minutes=3)) == (3, True)

    def test_without_any_data_that_is_what_is_said(self, feed: Feed, db: None) -> None:
        feed.store(payload())
        places.fill_waiting(now=SOON)
        assert place().address_text == "no address data for this area"
        assert place().intersection_text == "no street data for this area"

    def test_one_place_can_be_had_at_once(self, feed: Feed, db: None) -> None:
        load_town()
        feed.store(payload())
        found = places.place_now(HERE_E7, now=SOON)
        assert found is not None
        assert found.address == "115 STATE ST"
        assert queued() == set()

    def test_one_place_that_cannot_be_had_is_not_waited_for(
        self, feed: Feed, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: Any) -> Any:
            raise RuntimeError("on purpose")

        monkeypatch.setattr(places, "find_nearest", fail)
        feed.store(payload())
        assert places.place_now(HERE_E7, now=SOON) is None
        assert queued() == {cell_of(*HERE_E7)}


class TestRefreshing:
    """What happens to known places when a data set comes or goes."""

    @pytest.fixture
    def known(self, feed: Feed, db: None) -> None:
        feed.store(payload(), mobile(east=100), mobile(east=50_000, north=900, plate="FAR"))
        places.fill_waiting(now=SOON)

    def test_places_are_looked_up_anew_with_progress(self, known: None) -> None:
        load_town()
        places.sweep(now=SOON)
        assert place().address == "115 STATE ST"
        dataset = GeoDataset.objects.get(name="test-addresses")
        assert (dataset.refresh_total, dataset.refresh_done, dataset.refreshed_at) == (2, 2, SOON)
        assert {event.fields["places_refreshed"] for event in _refreshed()} == {2}

    def test_it_goes_on_where_it_stopped(
        self, known: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load_addresses(address("115 STATE ST", east=20))
        monkeypatch.setattr(places, "PLACES_PER_STATEMENT", 1)
        dataset = GeoDataset.objects.get()
        assert places._refresh_some(dataset, SOON) == 1
        dataset.refresh_from_db()
        assert (dataset.refresh_total, dataset.refresh_done, dataset.refreshed_at) == (2, 1, None)
        assert places.refresh(now=SOON) == 1
        dataset.refresh_from_db()
        assert (dataset.refresh_done, dataset.refreshed_at) == (2, SOON)

    def test_no_time_no_step(self, known: None) -> None:
        load_town()
        assert places.refresh(now=SOON, seconds=0) == 0

    def test_a_newer_version_is_what_places_say(self, known: None) -> None:
        load_town()
        places.sweep(now=SOON)
        load_addresses(address("115 STATE STREET", east=20), version="2027", now=SOON)
        places.sweep(now=SOON)
        assert place().address_text == "115 STATE STREET"
        assert place().address_dataset == "test-addresses 2027"

    def test_where_only_the_old_data_set_reached_places_change_too(self, known: None) -> None:
        load_addresses(address("115 STATE ST", east=20))
        places.sweep(now=SOON)
        load_addresses(address("1 Elsewhere", east=90_000), version="2027", now=SOON)
        places.sweep(now=SOON)
        assert place().address_method == AddressMethod.NO_DATA

    def test_a_second_sweep_meanwhile_does_nothing(
        self, committed_db: None, connect_as: Connect
    ) -> None:
        other = connect_as("lpr_worker")
        other.execute("SELECT pg_advisory_lock(hashtextextended('ingest.places.sweep', 0))")
        assert places.sweep(now=SOON) is None


class TestReading:
    """The selectors."""

    @pytest.mark.django_db
    def test_places_come_by_one_query(self, feed: Feed, django_assert_num_queries: Any) -> None:
        feed.store(payload(), *(mobile(east=n * 60.0, plate=f"P{n}") for n in range(50)))
        places.fill_waiting(now=SOON)
        points = [HERE_E7, *(e7(east=n * 60.0) for n in range(50))]
        with django_assert_num_queries(1):
            assert set(places_for(points)) == set(points)
        with django_assert_num_queries(0):
            assert places_for([]) == {}

    @pytest.mark.parametrize(
        ("method", "text"),
        [
            (AddressMethod.ROOFTOP, "1 A St"),
            (AddressMethod.INTERPOLATED, "approx. 1 A St"),
            (AddressMethod.STREET, "1 A St (street only)"),
        ],
    )
    def test_text_never_hides_what_an_address_is_worth(
        self, method: AddressMethod, text: str
    ) -> None:
        assert _place(address="1 A St", address_method=method).address_text == text

    def test_text_says_that_nothing_is_near(self) -> None:
        none = _place(address="", address_method=AddressMethod.NONE, intersection="")
        assert none.address_text == "no address within 1 km"
        assert none.intersection_text == "no intersection within 5 km"

    def test_distances_are_given_as_far_as_they_are_worth(self) -> None:
        assert "; d 1" in _place().address_note
        assert _place(address_distance_m=3.4).address_note.startswith("address point, 3 m away")
        assert _place(intersection_distance_m=1_340.0).intersection_note == "1.3 km away; d 1"
        assert _place(intersection_distance_m=None).intersection_note == "d 1"

    @pytest.mark.django_db
    def test_streets_of_a_box_come_main_roads_first(self) -> None:
        load_streets(
            street("Side St", (0, 0), (0, 90), key=1),
            street("I-95", (-90, 50), (90, 50), key=2, rank=1, left=Range(1, 9)),
            street("Far St", (9_000, 0), (9_000, 90), key=3),
        )
        box = _box()
        found = streets_within(**box, limit=9)
        assert [(one.name, one.rank) for one in found] == [("I-95", 1), ("Side St", 3)]
        latitude, longitude = found[1].points[0]
        assert (round(latitude * 1e7), round(longitude * 1e7)) == pytest.approx(HERE_E7, abs=2)
        assert len(found[1].points) == 2
        assert [one.name for one in streets_within(**box, limit=1)] == ["I-95"]

    @pytest.mark.django_db
    def test_no_street_is_drawn_twice(self) -> None:
        load_streets(street("Old name", (0, 0), (0, 90)), name="tiger")
        load_streets(street("New name", (0, 0), (0, 90)), name="osm", now=SOON)
        assert [one.name for one in streets_within(**_box(), limit=9)] == ["New name"]

    @pytest.mark.django_db
    def test_where_nothing_is_loaded_nothing_is_drawn(self) -> None:
        assert streets_within(**_box(), limit=9) == []


def _refreshed() -> list[Any]:
    return [
        event for event in events_of(Kind.SYSTEM_MAINTAINED) if "places_refreshed" in event.fields
    ]


def _box() -> dict[str, float]:
    south, west = e7(east=-200, north=-200)
    north, east = e7(east=200, north=200)
    return {"south": south / 1e7, "west": west / 1e7, "north": north / 1e7, "east": east / 1e7}


def _place(**changes: Any) -> selectors.Place:
    values: dict[str, Any] = {
        "address": "1 A St",
        "address_method": AddressMethod.ROOFTOP,
        "address_distance_m": 12.0,
        "address_dataset": "d 1",
        "intersection": "A & B",
        "intersection_distance_m": 30.0,
        "intersection_dataset": "d 1",
    }
    return selectors.Place(**values | changes)
