"""`load_reads`: files of reads with their photographs, as often as one likes (ING-2)."""

import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit.kinds import Kind
from ingest.models import Batch, Camera, QuarantinedRead
from ingest.services import loading
from tests.audited import recorded
from tests.harness.real import REAL_DATA
from tests.ingest.feed import CLOSE_UP, SCENE, Feed, hits, make_feed, payload

FILES = [{"role": "scene", "file": "pictures/s.jpg"}, {"role": "plate", "file": "pictures/p.jpg"}]
REAL = REAL_DATA / "plates" / "reads.ndjson"


def load(path: Path, *options: str, source: str = "DE-TOLL") -> str:
    out = io.StringIO()
    call_command("load_reads", str(path), "--source", source, "--jobs", "1", *options, stdout=out)
    return out.getvalue()


def write_ndjson(folder: Path, reads: Iterable[Any]) -> Path:
    path = folder / "reads.ndjson"
    path.write_text("".join(json.dumps(read) + "\n" for read in reads))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two photographs in it."""
    (tmp_path / "in" / "pictures").mkdir(parents=True)
    (tmp_path / "in" / "pictures" / "s.jpg").write_bytes(SCENE)
    (tmp_path / "in" / "pictures" / "p.jpg").write_bytes(CLOSE_UP)
    return tmp_path / "in"


def test_ndjson_with_photographs_beside_it(feed: Feed, folder: Path) -> None:
    reads = [payload(photos=FILES), payload(plate="A2", photos=FILES), payload(plate="")]
    path = write_ndjson(folder, reads)
    with recorded() as events:
        assert load(path).startswith("2 stored, 0 duplicate, 1 quarantined")
    (event,) = events
    assert (event.kind, event.outcome) == (Kind.INGEST_LOADED, "ok")
    expected = {"file": "reads.ndjson", "source": "DE-TOLL", "reads": 3, "stored": 2}
    assert expected.items() <= event.fields.items()
    assert len(hits()) == 1


def test_running_it_twice_doubles_nothing(feed: Feed, folder: Path) -> None:
    path = write_ndjson(folder, [payload(photos=FILES), payload(plate="")])
    load(path)
    assert load(path).startswith("0 stored, 1 duplicate, 1 quarantined")
    assert (len(hits()), QuarantinedRead.objects.count()) == (1, 1)


def test_folder_is_loaded_by_its_one_file(feed: Feed, folder: Path) -> None:
    write_ndjson(folder, [payload(photos=FILES)])
    assert load(folder).startswith("1 stored")


def test_csv(feed: Feed, folder: Path) -> None:
    columns = (
        "plate,state,captured_at,latitude,longitude,camera,confidence,make,"
        "scene_file,plate_file,box"
    )
    at = payload()["captured_at"]
    rows = [
        f"ABC 123,PA,{at},39.95,-75.16,FIXED,0.9,Toyota,pictures/s.jpg,pictures/p.jpg,",
        f"A2,PA,{at},,,FIXED,,,pictures/s.jpg,,4 4 30 12",
        f"A3,PA,{at},north,,FIXED,,,pictures/s.jpg,pictures/p.jpg,",
    ]
    path = folder / "reads.csv"
    path.write_text("\ufeff" + "\r\n".join([columns, *rows]), "utf-8")
    assert load(path).startswith("2 stored, 0 duplicate, 1 quarantined")
    (read,) = hits()
    assert read.make == "Toyota"
    assert read.confidence == pytest.approx(0.9)
    assert hits("A2")[0].plate_is_derived


def test_zip_holds_all_or_the_photographs_alone(feed: Feed, folder: Path) -> None:
    path = write_ndjson(folder, [payload(photos=FILES)])
    everything, pictures = folder / "all.zip", folder / "pictures.zip"
    with zipfile.ZipFile(everything, "w") as archive:
        archive.write(path, "reads.ndjson")
        archive.write(folder / "pictures" / "s.jpg", "pictures/s.jpg")
        archive.write(folder / "pictures" / "p.jpg", "pictures/p.jpg")
    with zipfile.ZipFile(pictures, "w") as archive:
        archive.write(folder / "pictures" / "s.jpg", "pictures/s.jpg")
        archive.write(folder / "pictures" / "p.jpg", "pictures/p.jpg")
    assert load(everything).startswith("1 stored")
    (folder / "pictures" / "s.jpg").unlink()
    path = write_ndjson(folder, [payload(plate="A2", photos=FILES)])
    assert load(path, "--photographs", str(pictures)).startswith("1 stored")


# SAF-2
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd", "pictures/../../secret.jpg"])
def test_no_name_leads_out_of_the_folder(feed: Feed, folder: Path, name: str, packed: bool) -> None:
    (folder.parent / "secret.jpg").write_bytes(SCENE)
    photos = [{"role": "scene", "file": name}, {"role": "plate", "file": "pictures/p.jpg"}]
    path = write_ndjson(folder, [payload(photos=photos)])
    if packed:
        target = folder / "all.zip"
        with zipfile.ZipFile(target, "w") as archive:
            archive.write(path, "reads.ndjson")
            archive.write(folder / "pictures" / "p.jpg", "pictures/p.jpg")
        path = target
    load(path)
    assert QuarantinedRead.objects.get().reason == "photographs_missing"


def test_link_that_leads_out_of_the_folder_is_not_followed(feed: Feed, folder: Path) -> None:
    (folder.parent / "secret.jpg").write_bytes(SCENE)
    (folder / "pictures" / "s.jpg").unlink()
    (folder / "pictures" / "s.jpg").symlink_to(folder.parent / "secret.jpg")
    load(write_ndjson(folder, [payload(photos=FILES)]))
    assert QuarantinedRead.objects.get().reason == "photographs_missing"


# SAF-2
def test_bomb_in_a_zip_is_not_unpacked(feed: Feed, folder: Path) -> None:
    target = folder / "all.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("reads.ndjson", json.dumps(payload(photos=FILES)))
        archive.writestr("pictures/s.jpg", SCENE + b"\0" * 200_000_000)
        archive.writestr("pictures/p.jpg", CLOSE_UP)
    load(target)
    entry = QuarantinedRead.objects.get()
    assert entry.reason == "photograph_invalid"
    assert "at most" in entry.detail


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("reads.ndjson", b'{"plate": \n', "line 2"),
        ("reads.csv", b"plate,state\nA,PA,extra\n", "Line 2"),
        ("reads.csv", b"plate,password\nA,x\n", "password"),
        ("reads.csv", b"plate,state\n\xff,PA\n", "Line 2"),
    ],
)
def test_file_that_cannot_be_read_ends_with_the_line(
    feed: Feed, folder: Path, name: str, content: bytes, where: str
) -> None:
    path = folder / name
    good = json.dumps(payload(photos=FILES)).encode() + b"\n"
    path.write_bytes(good + content if name.endswith("ndjson") else content)
    with recorded() as events, pytest.raises(CommandError, match=where):
        load(path)
    assert [(event.kind, event.outcome) for event in events] == [(Kind.INGEST_LOADED, "failed")]


def test_what_came_before_a_bad_line_stays_and_loading_goes_on(
    feed: Feed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "LOAD_BATCH_READS", 2)
    reads = [json.dumps(payload(plate=f"A{n}", photos=FILES)) for n in range(5)]
    path = folder / "reads.ndjson"
    path.write_text("\n".join([*reads[:4], "{", reads[4]]))
    with pytest.raises(CommandError, match="4 stored"):
        load(path)
    path.write_text("\n".join(reads))
    assert load(path).startswith("1 stored, 4 duplicate")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("damaged", ["reads.ndjson", "s.jpg"])
def test_damaged_zip_says_what_cannot_be_read(
    feed: Feed, folder: Path, damaged: str, method: int
) -> None:
    target = folder / "all.zip"
    photos = [{"role": "scene", "file": "s.jpg"}, {"role": "plate", "file": "p.jpg"}]
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr("reads.ndjson", json.dumps(payload(photos=photos)) + " " * 50_000)
        archive.writestr("s.jpg", SCENE)
        archive.writestr("p.jpg", CLOSE_UP)
        start = archive.getinfo(damaged).header_offset + 30 + len(damaged)
    data = bytearray(target.read_bytes())
    data[start + 9 : start + 40] = b"\xff" * 31
    target.write_bytes(data)
    if damaged == "s.jpg":
        load(target)
        assert QuarantinedRead.objects.get().reason == "photographs_missing"
    else:
        with pytest.raises(CommandError, match=r"reads\.ndjson can't be read after line 0"):
            load(target)


@pytest.mark.parametrize("name", ["missing.ndjson", "missing/"])
def test_path_that_is_not_there_is_named(feed: Feed, folder: Path, name: str) -> None:
    with pytest.raises(CommandError, match="missing"):
        load(folder / name)


def test_unknown_source_is_named(feed: Feed, folder: Path) -> None:
    with pytest.raises(CommandError, match="NOBODY"):
        load(write_ndjson(folder, []), source="NOBODY")


def test_unknown_cameras_are_made_where_asked(feed: Feed, folder: Path) -> None:
    reads = [payload(camera="NEW", photos=FILES), payload(camera="BLIND", latitude=None,
             longitude=None, photos=FILES)]  # fmt: skip
    path = write_ndjson(folder, reads)
    assert load(path).startswith("0 stored, 0 duplicate, 2 quarantined")
    with recorded() as events:
        assert load(path, "--create-cameras").startswith("1 stored, 0 duplicate, 1 quarantined")
    assert [event.kind for event in events] == [Kind.ADMIN_CREATED, Kind.INGEST_LOADED]
    camera = Camera.objects.get(code="NEW")
    assert (camera.latitude_e7, camera.timezone) == (399_500_000, "America/New_York")


def test_several_deliveries_are_stored_at_once(
    committed_db: None, feed: Feed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "LOAD_BATCH_READS", 10)
    path = write_ndjson(folder, [payload(plate=f"A{n}", photos=FILES) for n in range(95)])
    assert load(path, "--jobs", "3").startswith("95 stored, 0 duplicate, 0 quarantined")
    assert Batch.objects.count() == 10


@pytest.mark.skipif(not REAL.exists(), reason=f"no real photographs at {REAL}")
def test_real_photographs_load_with_their_cameras(db: None) -> None:
    """ING-2, ING-3 on real scenes: each brings one photograph and the plate's box."""
    make_feed("VT")
    assert load(REAL, "--create-cameras", source="VT").startswith("26 stored, 0 duplicate, 0 quar")
    (read,) = hits("YG9X2G", "US-MO")
    assert read.plate_is_derived
    assert read.camera.code == "VT-TOLL-02"
    assert load(REAL, "--create-cameras", source="VT").startswith("0 stored, 26 duplicate")


class TestCommands:
    """The other commands: what they print, a script can use."""

    def test_source_and_key_can_be_made_from_a_shell(self, db: None) -> None:
        call_command(
            "create_source", "NEW", "New one", kind="parking", state="NJ", stdout=io.StringIO()
        )
        out = io.StringIO()
        call_command("create_feed_key", "NEW", "their software", stdout=out)
        assert out.getvalue().strip().startswith("lprfeed_")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("create_source", "DE-TOLL", "Again", "--kind", "parking", "--state", "NJ"),
            ("create_source", "NEW", "New", "--kind", "parking", "--state", "ZZ"),
            ("create_feed_key", "NOBODY", "label"),
        ],
    )
    def test_fault_ends_with_its_reason(self, feed: Feed, arguments: tuple[str, ...]) -> None:
        with pytest.raises(CommandError):
            call_command(*arguments)
