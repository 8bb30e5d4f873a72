"""The example world as a delivery: every read with two photographs, the names of the interface."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lprsvc.example.drawing.scenes import Pictures
from lprsvc.example.feed import draw_album, payload_batches, write_folder
from lprsvc.example.people import AGENCIES, EXAMPLE_PASSWORD, PEOPLE
from lprsvc.example.world import ExampleRead, PictureKey, make_world

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
Delivery = tuple[tuple[ExampleRead, ...], dict[PictureKey, Pictures]]


@pytest.fixture(scope="module")
def delivery() -> Delivery:
    reads = make_world(NOW).reads[-10:]
    return reads, draw_album(reads, workers=1)


def test_every_read_has_two_photographs(delivery: Delivery) -> None:
    reads, album = delivery
    for batch in payload_batches(reads, album):
        for read in batch:
            assert [photo["role"] for photo in read["photos"]] == ["scene", "plate"]
            assert all(photo["data"].startswith(b"\xff\xd8") for photo in read["photos"])


def test_batches_hold_every_read_once_and_in_order(delivery: Delivery) -> None:
    reads, album = delivery
    batches = list(payload_batches(reads, album, size=4))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    sent = [read["captured_at"] for batch in batches for read in batch]
    assert [datetime.fromisoformat(at) for at in sent] == [read.captured_at for read in reads]


def test_payload_has_the_names_of_the_interface(delivery: Delivery) -> None:
    reads, album = delivery
    first = next(payload_batches(reads, album))[0]
    assert set(first) == {
        "id", "plate", "state", "captured_at", "latitude", "longitude", "camera", "confidence",
        "make", "model", "color", "photos",
    }  # fmt: skip
    assert first["state"] == reads[0].vehicle.state[3:]
    assert first["captured_at"].endswith("Z")
    assert 0 < first["confidence"] <= 1


def test_album_draws_each_picture_once_and_tells_progress() -> None:
    reads = make_world(NOW, 700).reads[:3]
    told: list[tuple[int, int]] = []
    album = draw_album((*reads, *reads), workers=1, progress=lambda *steps: told.append(steps))
    assert set(album) == {read.picture for read in reads}
    assert told[-1] == (len(album), len(album))


def test_two_processes_draw_the_same_bytes_as_one(delivery: Delivery) -> None:
    reads, album = delivery
    assert draw_album(reads[:3], workers=2).items() <= album.items()


def test_folder_names_photographs_by_their_hash(delivery: Delivery, tmp_path: Path) -> None:
    reads, album = delivery
    path = write_folder(reads, album, tmp_path / "feed")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["plate"] for line in lines] == [read.vehicle.plate for read in reads]
    for line in lines:
        for photo in line["photos"]:
            data = (path.parent / photo["file"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == Path(photo["file"]).stem


def test_people_have_the_promised_names_and_places() -> None:
    names = [person.username for person in PEOPLE]
    assert set(names) == {
        "investigator", "investigator2", "supervisor", "manager", "auditor", "vendor",
        "other-investigator",
    }  # fmt: skip
    agencies = {agency.code: agency for agency in AGENCIES}
    for person in PEOPLE:
        if person.agency:
            agency = agencies[person.agency]
            assert person.component in {"", *(part.code for part in agency.components)}
            assert person.aor in {"", *(aor.name for aor in agency.aors)}
        # Made in this order, so a supervisor comes first.
        assert not person.supervisor or person.supervisor in names[: names.index(person.username)]
    assert {aor.name for aor in agencies["EXAMPLE"].aors} == {"New York", "Chicago"}
    assert len(EXAMPLE_PASSWORD) >= 15
