"""Files that vendors' software writes, loaded by `load_reads` (ING-2)."""

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from ingest.bodies import Malformed
from ingest.files.opening import open_reads
from ingest.formats import stream_csv
from ingest.models import Batch, QuarantinedRead
from ingest.schemas import ReadIn, Unreadable
from ingest.services.sources import name_camera
from tests.ingest.feed import ACTOR, CAPTURED, CLOSE_UP, NOW, SCENE, WHY, Feed, hits
from tests.ingest.formats_base import REAL
from tests.ingest.test_loading import load
from tests.ingest.vendors import sharpv, stream_result, stream_webhook

PICTURE = "GATE_screenshots/26-01-05/14-03-11.25.jpg"


@pytest.fixture
def folder(tmp_path: Path, feed: Feed) -> Path:
    """Stream's folder with a picture in it; the fixed camera is its GATE."""
    name_camera(actor=ACTOR, camera=feed.fixed, name="GATE", reason=WHY, now=NOW)
    picture = tmp_path / "in" / PICTURE
    picture.parent.mkdir(parents=True)
    picture.write_bytes(SCENE)
    return tmp_path / "in"


def line(**changes: str) -> dict[str, str]:
    """A line of Stream's file."""
    result = stream_result()
    return {
        "timestamp": CAPTURED.isoformat(sep=" "),
        "plate": "abc123",
        "score": "0.781",
        "dscore": "0.441",
        "file": f"/{PICTURE}",
        "box": repr(result["box"]),
        "model_make": repr(result["model_make"]),
        "color": repr(result["color"]),
        "vehicle": repr(result["vehicle"]),
        "region": repr(result["region"]),
        "candidates": repr(result["candidates"]),
    } | changes


def write_csv(folder: Path, *lines: dict[str, str], name: str = "GATE_26-01-05.csv") -> Path:
    path = folder / name
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return path


def parsed(**changes: str) -> Any:
    return stream_csv.parse(line(**changes), name="GATE_26-01-05", beside=lambda _: SCENE)


class TestStreamCsv:
    """Plate Recognizer Stream's CSV."""

    def test_line_is_a_read_with_its_picture(self, feed: Feed, folder: Path) -> None:
        assert load(write_csv(folder, line(), line(plate="xyz9"))).startswith("2 stored")
        (read,) = hits()
        assert (read.make, read.model, read.color) == ("Toyota", "Camry", "silver")
        assert read.confidence == pytest.approx(0.781)
        assert (read.captured_at, read.plate_is_derived) == (CAPTURED, True)
        assert set(Batch.objects.values_list("format", flat=True)) == {"platerecognizer"}

    @pytest.mark.parametrize("option", [[], ["--format", "platerecognizer"]])
    def test_it_is_known_by_its_columns_or_by_being_told(
        self, feed: Feed, folder: Path, option: list[str]
    ) -> None:
        assert load(write_csv(folder, line()), *option).startswith("1 stored")

    def test_camera_is_known_by_picture_or_by_file(self) -> None:
        read = parsed()
        assert (read.camera, *read.camera_names) == ("GATE", "GATE_26-01-05")
        assert parsed(file="elsewhere/1.jpg").camera == "GATE"

    @pytest.mark.parametrize(
        "literal",
        [
            "__import__('os').system('true')",
            "open('/etc/passwd').read()",
            "[" * 5_000,
            "-" * 15_000 + "1",
            "[" + "1," * 15_000 + "]",
            "{'code': }",
            "{[]: 1}",
        ],
    )
    def test_literals_are_read_and_never_run(self, literal: str) -> None:  # SAF-2
        fault = parsed(region=literal)
        assert isinstance(fault, Unreadable)
        assert (fault.reason, fault.detail[:7]) == ("payload_invalid", "region:")

    def test_empty_columns_are_left_out(self) -> None:
        empty = {"model_make": "", "color": "", "region": "", "vehicle": "", "candidates": ""}
        read = parsed(**empty)
        assert isinstance(read, ReadIn)
        assert (read.make, read.state) == (None, "")

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"timestamp": "yesterday"}, "time_invalid"),
            ({"timestamp": ""}, "time_missing"),
            ({"score": "high"}, "payload_invalid"),
            ({"box": "[1, 2]"}, "payload_invalid"),
            ({"region": "7"}, "payload_invalid"),
        ],
    )
    def test_line_that_is_wrong_is_quarantined(self, changes: dict[str, str], reason: str) -> None:
        assert parsed(**changes).reason == reason

    def test_picture_outside_is_not_read(self, feed: Feed, folder: Path) -> None:
        (folder.parent / "secret.jpg").write_bytes(SCENE)
        load(write_csv(folder, line(file="/../secret.jpg")))
        assert QuarantinedRead.objects.get().reason == "photographs_missing"

    def test_missing_column_is_named(self, feed: Feed, folder: Path) -> None:
        row = line()
        del row["box"]
        with pytest.raises(CommandError, match="box"):
            load(write_csv(folder, row), "--format", "platerecognizer")

    def test_real_line(self) -> None:
        path = REAL / "platerecognizer_stream.csv"
        if not path.exists():
            pytest.skip(f"no real file at {path}")
        with open_reads(path) as file:
            (read,) = file.reads()
        assert isinstance(read, ReadIn)
        assert (read.plate, read.confidence, read.camera) == ("sjubi1", 0.781, "camera-1")
        assert (read.make, read.color, read.state) == ("Volkswagen", "white", "")
        (scene,) = read.photos
        assert "can't be read" in scene.problem
        assert scene.box == (847, 80, 97, 25)


class TestMessageFiles:
    """A message in each file: SharpV's XML, and others' JSON."""

    def test_one_file(self, feed: Feed, folder: Path) -> None:
        path = folder / "read.xml"
        path.write_bytes(sharpv())
        assert load(path, "--format", "genetec").startswith("1 stored")
        assert load(path).startswith("0 stored, 1 duplicate")
        assert Batch.objects.filter(format="genetec").count() == 2

    @pytest.mark.parametrize("packed", [True, False])
    def test_many_with_the_pictures_they_name(self, feed: Feed, folder: Path, packed: bool) -> None:
        inside = {
            "1.xml": sharpv(ContextImage="pictures/s.jpg", PlateImage="pictures/p.jpg"),
            "2.xml": sharpv(Plate="XYZ9", Guid="other"),
            "pictures/s.jpg": SCENE,
            "pictures/p.jpg": CLOSE_UP,
        }
        target = folder / "all.zip"
        with zipfile.ZipFile(target, "w") as archive:
            for name, data in inside.items():
                archive.writestr(name, data)
        if not packed:
            target = folder / "all"
            zipfile.ZipFile(folder / "all.zip").extractall(target)
        assert load(target, "--format", "genetec").startswith("2 stored")
        assert not hits()[0].plate_is_derived

    def test_broken_one_costs_no_other(self, feed: Feed, folder: Path) -> None:
        (folder / "1.xml").write_bytes(b"<AutoVu><Plate>")
        (folder / "2.xml").write_bytes(sharpv())
        with pytest.raises(CommandError, match=r"1\.xml: No XML at line 1.* 1 stored"):
            load(folder, "--format", "genetec")
        assert len(hits()) == 1

    def test_picture_outside_is_not_read(self, feed: Feed, folder: Path) -> None:  # SAF-2
        (folder.parent / "secret.jpg").write_bytes(SCENE)
        (folder / "1.xml").write_bytes(sharpv(ContextImage="../secret.jpg"))
        load(folder / "1.xml")
        assert QuarantinedRead.objects.get().reason == "photographs_missing"

    def test_lines_of_messages(self, feed: Feed, folder: Path) -> None:
        """As Stream writes them: each names its picture."""
        data = stream_webhook(filename=PICTURE)["data"]
        path = folder / "GATE.jsonl"
        path.write_text(json.dumps(data) + "\n" + json.dumps({"new": 1}) + "\n")
        assert load(path, "--format", "platerecognizer").startswith(
            "1 stored, 0 duplicate, 1 quarantined"
        )

    @pytest.mark.parametrize(
        ("name", "option", "named"),
        [
            ("1.json", [], "--format"),
            ("1.json", ["--format", "generic"], "no NDJSON or CSV"),
            ("1.csv", ["--format", "openalpr"], "openalpr"),
        ],
    )
    def test_what_cannot_be_told_is_asked(
        self, feed: Feed, folder: Path, name: str, option: list[str], named: str
    ) -> None:
        (folder / name).write_text("{}")
        with pytest.raises(CommandError, match=named):
            load(folder / name, *option)

    def test_file_too_long_is_broken(
        self, feed: Feed, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ingest.files.messages.MAX_LINE_BYTES", 100)
        (folder / "1.xml").write_bytes(sharpv())
        with pytest.raises(CommandError, match="longer than 100 bytes"):
            load(folder / "1.xml")

    def test_link_in_a_folder_leads_nowhere(self, feed: Feed, folder: Path) -> None:  # SAF-2
        (folder.parent / "secret.csv").write_text("plate\n")
        (folder / "all").mkdir()
        (folder / "all" / "reads.csv").symlink_to(folder.parent / "secret.csv")
        with pytest.raises(Malformed, match="outside"):
            open_reads(folder / "all")
