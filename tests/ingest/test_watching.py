"""`watch_folder`: what is put into a folder is loaded once, whatever dies (ING-2, ING-4)."""

import io
import json
import os
import signal
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from audit.kinds import Kind
from ingest.files.inbox import Inbox
from ingest.models import Batch, QuarantinedRead
from ingest.services import loading
from ingest.services.loading import Stopped
from ingest.services.reads import store_reads
from ingest.services.sources import name_camera, pause_source, resume_source
from ingest.services.watching import Watch
from lprsvc.runtime.places import ROOT
from lprsvc.runtime.process import Command
from tests.audited import recorded
from tests.harness.mail import Inbox as Mails
from tests.harness.processes import environment_for, running_process
from tests.ingest.feed import ACTOR, CLOSE_UP, NOW, SCENE, WHY, Feed, hits, payload
from tests.ingest.test_vendor_files import line, write_csv
from tests.ingest.vendors import sharpv

FILES = [{"role": "scene", "file": "pictures/s.jpg"}, {"role": "plate", "file": "pictures/p.jpg"}]


@pytest.fixture
def folder(tmp_path: Path, feed: Feed) -> Path:
    """A watched folder with two pictures in it; the fixed camera is the vendors' GATE."""
    name_camera(actor=ACTOR, camera=feed.fixed, name="GATE", reason=WHY, now=NOW)
    path = tmp_path / "in"
    put_pictures(path)
    return path


def put_pictures(path: Path) -> None:
    (path / "pictures").mkdir(parents=True, exist_ok=True)
    (path / "pictures" / "s.jpg").write_bytes(SCENE)
    (path / "pictures" / "p.jpg").write_bytes(CLOSE_UP)


def put(folder: Path, *reads: Any, name: str = "reads.ndjson") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(read) + "\n" for read in reads))
    return path


def read(plate: str = "ABC 123", **changes: Any) -> dict[str, Any]:
    return payload(plate=plate, photos=FILES, **changes)


def watch(folder: Path, *options: str) -> str:
    out = io.StringIO()
    arguments = ("--source", "DE-TOLL", "--once", "--settle", "0", "--jobs", "1", *options)
    call_command("watch_folder", str(folder), *arguments, stdout=out)
    return out.getvalue()


def in_folder(folder: Path, where: str) -> list[str]:
    """The files in one of the watcher's folders, without the day and what makes names unique."""
    found = (path for path in (folder / where).rglob("[!.]*") if path.is_file())
    depth = 1 if where == "working" else 2
    return sorted("/".join(path.relative_to(folder / where).parts[depth:]) for path in found)


def watcher(feed: Feed, folder: Path, **changes: Any) -> Watch:
    inbox = Inbox(folder, settle=0)
    inbox.prepare()
    return Watch(
        actor=ACTOR, source=feed.source, inbox=inbox, clock=lambda: NOW, say=print, **changes
    )


def test_file_is_loaded_and_put_away_with_its_receipts_and_pictures(
    feed: Feed, folder: Path
) -> None:
    put(folder, read(), read("A2"), read(""))
    with recorded() as events:
        said = watch(folder)
    assert "reads.ndjson: 2 stored, 0 duplicate, 1 quarantined → done/" in said
    assert in_folder(folder, "done") == [
        "pictures/p.jpg",
        "pictures/s.jpg",
        "reads.ndjson",
        "receipts.json",
    ]
    (event,) = events
    assert (event.kind, event.fields["file"]) == (Kind.INGEST_LOADED, "reads.ndjson")
    (kept,) = (folder / "done").rglob("receipts.json")
    (receipt,) = json.loads(kept.read_text())
    assert receipt["receipt"] == str(Batch.objects.get().pk)
    assert (receipt["stored"], receipt["quarantined"]) == (2, 1)
    assert sorted(path.name for path in folder.iterdir()) == ["done", "failed", "working"]


def test_same_file_again_doubles_nothing(feed: Feed, folder: Path) -> None:
    for _ in range(2):
        put_pictures(folder)
        put(folder, read(), read(""))
        watch(folder)
    assert (len(hits()), QuarantinedRead.objects.count()) == (1, 1)
    assert len(in_folder(folder, "done")) == 8


def test_vendors_files_are_known_by_what_they_are(feed: Feed, folder: Path) -> None:
    (folder / "GATE_screenshots").mkdir()
    (folder / "GATE_screenshots" / "1.jpg").write_bytes(SCENE)
    write_csv(folder, line(plate="a1", file="/GATE_screenshots/1.jpg"))
    (folder / "2.xml").write_bytes(sharpv(Plate="A2", Guid="2"))
    pictures = {"ContextImage": "pictures/s.jpg", "PlateImage": "pictures/p.jpg"}
    (folder / "3.xml").write_bytes(sharpv(Plate="A3", Guid="3", **pictures))
    watch(folder)
    assert [len(hits(plate)) for plate in ("A1", "A2", "A3")] == [1, 1, 1]
    assert {batch.format for batch in Batch.objects.all()} == {"platerecognizer", "genetec"}
    # Those two came together and are one load, so that a file for each plate is no load for each.
    assert Batch.objects.filter(format="genetec").count() == 1


def test_zip_and_folder_are_taken_whole(feed: Feed, folder: Path) -> None:
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("reads.ndjson", json.dumps(read("A1")))
        archive.writestr("pictures/s.jpg", SCENE)
        archive.writestr("pictures/p.jpg", CLOSE_UP)
    put_pictures(folder / "sub")
    put(folder / "sub", read("A2"))
    watch(folder)
    assert (len(hits("A1")), len(hits("A2"))) == (1, 1)
    assert "sub/pictures/s.jpg" in in_folder(folder, "done")
    assert (folder / "pictures" / "s.jpg").exists()


# --- what can't be loaded ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.ndjson", b'{"plate": \n', "No JSON at line 1"),
        ("a.csv", b"plate,password\nA,x\n", "password"),
        ("a.csv", b"plate,state\nA,PA,more\n", "Line 2"),
        ("a.xml", b"<AutoVu>", "No XML at line 1"),
        ("a.json", b"{}", "--format"),
        ("a.zip", b"PK no zip", "No JSON"),
    ],
)
def test_file_that_cannot_be_read_is_set_aside_with_the_reason(
    feed: Feed, folder: Path, name: str, content: bytes, reason: str
) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(CommandError, match="Not everything"):
        watch(folder)
    assert in_folder(folder, "failed") == [name, "reason.txt"]
    (kept,) = (folder / "failed").rglob("reason.txt")
    assert reason in kept.read_text()


def test_what_was_stored_before_the_fault_is_told(
    feed: Feed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "LOAD_BATCH_READS", 2)
    path = put(folder, *(read(f"A{number}") for number in range(5)))
    path.write_text(path.read_text() + "{\n")
    with pytest.raises(CommandError):
        watch(folder)
    (kept,) = (folder / "failed").rglob("reason.txt")
    assert "line 6" in kept.read_text()
    assert "Before that: 4 stored" in kept.read_text()
    # Its pictures stay, so that it can be mended and put there again.
    assert (folder / "pictures" / "s.jpg").exists()


def test_broken_message_costs_no_other(feed: Feed, folder: Path) -> None:
    (folder / "1.xml").write_bytes(b"<AutoVu>")
    (folder / "2.xml").write_bytes(sharpv())
    with pytest.raises(CommandError):
        watch(folder)
    assert len(hits()) == 1
    assert in_folder(folder, "failed") == ["1.xml", "reason.txt"]
    assert in_folder(folder, "done") == ["2.xml", "receipts.json"]


def test_fault_of_ours_holds_up_no_other_file(
    feed: Feed, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def store(*, reads: Any, **more: Any) -> Any:
        if reads[0].plate == "BAD":
            raise ZeroDivisionError
        return real(reads=reads, **more)

    real = store_reads
    monkeypatch.setattr(loading, "store_reads", store)
    put(folder, read("BAD"), name="1.ndjson")
    put(folder, read("GOOD1"), name="2.ndjson")
    with pytest.raises(CommandError):
        watch(folder)
    assert len(hits("GOOD1")) == 1
    assert "ZeroDivisionError" in next((folder / "failed").rglob("reason.txt")).read_text()
    assert "1.ndjson" in caplog.text


# --- what is not the file's fault ----------------------------------------------------------------


def test_file_of_a_paused_source_waits(feed: Feed, folder: Path) -> None:  # ING-1
    put(folder, read())
    pause_source(actor=ACTOR, source=feed.source, reason=WHY, now=NOW)
    with pytest.raises(CommandError):
        watch(folder)
    assert "reads.ndjson" in in_folder(folder, "working")
    resume_source(actor=ACTOR, source=feed.source, reason=WHY, now=NOW)
    assert "taken up again" in watch(folder)
    assert len(hits()) == 1


def test_file_waits_for_a_disk_or_database_that_is_away(
    feed: Feed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, read())
    one = watcher(feed, folder)
    real, faults = store_reads, [OperationalError("gone"), OSError("disk full")]

    def store(**more: Any) -> Any:
        if faults:
            raise faults.pop()
        return real(**more)

    monkeypatch.setattr(loading, "store_reads", store)
    for second in range(5):
        one.look(seconds=second)
    assert (one.watched.done, one.watched.failed, one.watched.put_off) == (1, 0, 0)
    assert len(hits()) == 1


# --- files that are still being written ----------------------------------------------------------


def test_file_is_left_until_it_stops_growing(feed: Feed, folder: Path) -> None:
    one = watcher(feed, folder)
    one.inbox.settle = 10
    path = put(folder, read("A1"))
    assert [one.look(seconds=second) for second in (0, 5, 9)] == [0, 0, 0]
    put(folder, read("A1"), read("A2"))
    assert [one.look(seconds=second) for second in (11, 20)] == [0, 0]
    assert path.exists()
    assert one.look(seconds=21) == 1
    assert (len(hits("A1")), len(hits("A2"))) == (1, 1)


def test_folder_is_left_until_all_of_it_stops_growing(feed: Feed, folder: Path) -> None:
    one = watcher(feed, folder)
    one.inbox.settle = 10
    (folder / "sub").mkdir()
    put(folder / "sub", read("A1"))
    one.look(seconds=0)
    put_pictures(folder / "sub")
    assert [one.look(seconds=second) for second in (10, 19, 20)] == [0, 0, 1]
    assert len(hits("A1")) == 1


def test_file_that_keeps_growing_is_left_when_asked_once(
    feed: Feed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(folder, read())
    pick_up = Inbox.pick_up

    def grow(inbox: Inbox, *, clock: float) -> Any:
        path.write_text(path.read_text() + "\n")
        return pick_up(inbox, clock=clock)

    monkeypatch.setattr(Inbox, "pick_up", grow)
    assert "reads.ndjson: left: it still changes" in watch(folder)
    assert path.exists()


@pytest.mark.parametrize(
    "name", ["a.ndjson.part", ".a.ndjson", "a.csv.tmp", "a.xml~", "a.filepart"]
)
def test_name_of_an_unfinished_file_is_left(feed: Feed, folder: Path, name: str) -> None:
    put(folder, read(), name=name)
    watch(folder)
    assert (folder / name).exists()
    assert hits() == []


def test_other_files_are_left(feed: Feed, folder: Path) -> None:
    (folder / "notes.txt").write_text("not for you")
    os.mkfifo(folder / "pipe.csv")
    watch(folder)
    assert {"notes.txt", "pipe.csv", "pictures"} <= {path.name for path in folder.iterdir()}


# --- links and names -----------------------------------------------------------------------------


def test_link_is_set_aside_and_never_followed(feed: Feed, folder: Path) -> None:  # SAF-2
    secret = put(folder.parent, read(), name="secret.ndjson")
    (folder / "a.ndjson").symlink_to(secret)
    (folder / "b").symlink_to(folder.parent)
    with pytest.raises(CommandError):
        watch(folder)
    assert hits() == []
    assert secret.exists()
    reasons = [path.read_text() for path in (folder / "failed").rglob("reason.txt")]
    assert len(reasons) == 2
    assert all("link" in reason for reason in reasons)


def test_picture_outside_is_not_read(feed: Feed, folder: Path) -> None:  # SAF-2
    (folder.parent / "secret.jpg").write_bytes(SCENE)
    photos = [{"role": "scene", "file": "../secret.jpg"}, FILES[1]]
    put(folder, payload(photos=photos))
    watch(folder)
    assert QuarantinedRead.objects.get().reason == "photographs_missing"
    assert (folder.parent / "secret.jpg").exists()


@pytest.mark.parametrize(
    "name",
    [
        "with space.ndjson",
        "new\nline.ndjson",
        "\u202eright.ndjson",
        "'; rm -rf *.ndjson",
        "a" * 240 + ".ndjson",
        os.fsdecode(b"bytes\xff\xfe.ndjson"),
        "-rf.ndjson",
        "done.ndjson",
    ],
)
def test_odd_names_are_names(feed: Feed, folder: Path, name: str) -> None:
    put(folder, read(), name=name)
    with recorded() as events:
        said = watch(folder)
    assert len(hits()) == 1
    assert name in in_folder(folder, "done")
    assert said.isprintable() or set(filter(lambda c: not c.isprintable(), said)) == {"\n"}
    assert events[0].fields["file"]


# --- death in between ----------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(1, 6))
def test_crash_anywhere_loses_and_doubles_nothing(
    feed: Feed, folder: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(loading, "LOAD_BATCH_READS", 1)
    put(folder, read("A1"), read("A2"), read(""))
    steps = iter(range(1, 99))

    def dies(real: Any) -> Any:
        def step(*arguments: Any, **more: Any) -> Any:
            if next(steps) == at:
                raise KeyboardInterrupt
            return real(*arguments, **more)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(loading, "store_reads", dies(store_reads))
        patch.setattr(Inbox, "_move_picture", dies(Inbox._move_picture))
        with pytest.raises(KeyboardInterrupt):
            watch(folder)
    watch(folder)
    assert (len(hits("A1")), len(hits("A2"))) == (1, 1)
    assert QuarantinedRead.objects.count() == 1
    assert in_folder(folder, "working") == []
    assert {"reads.ndjson", "pictures/s.jpg", "pictures/p.jpg"} <= set(in_folder(folder, "done"))


def test_stop_ends_between_reads_and_the_file_is_taken_up_again(
    feed: Feed, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "LOAD_BATCH_READS", 1)
    put(folder, *(read(f"A{number}") for number in range(5)))
    one = watcher(feed, folder, stopping=lambda: Batch.objects.count() >= 2)
    one.look(seconds=0)
    with recorded() as events, pytest.raises(Stopped):
        one.look(seconds=1)
    assert (events[0].outcome, events[0].fields["outcome_code"]) == ("partial", "stopped")
    assert "3 stored, 2 duplicate" in watch(folder)


def test_folder_has_one_watcher(feed: Feed, folder: Path) -> None:
    inbox = Inbox(folder, settle=0)
    inbox.prepare()
    with inbox.alone(), pytest.raises(CommandError, match="another process"):
        watch(folder)


@pytest.mark.parametrize("path", ["missing", "pictures/s.jpg"])
def test_what_is_no_folder_is_named(feed: Feed, folder: Path, path: str) -> None:
    with pytest.raises(CommandError, match="no folder"):
        watch(folder / path)


def test_unknown_source_is_named(feed: Feed, folder: Path) -> None:
    with pytest.raises(CommandError, match="NOBODY"):
        call_command("watch_folder", str(folder), "--source", "NOBODY")


class TestProcess:
    """The real process, ended by real signals."""

    @pytest.fixture
    def command(self, committed_db: None, smtp_server: Mails, folder: Path) -> Command:
        arguments = ["--source", "DE-TOLL", "--settle", "0", "--interval", "0.1"]
        return Command(
            name="watch",
            argv=[sys.executable, "manage.py", "watch_folder", str(folder), *arguments],
            environment=environment_for(smtp_server) | {"LPRSVC_PROCESS": "web"},
            directory=ROOT,
        )

    def test_signal_ends_it_cleanly(self, feed: Feed, folder: Path, command: Command) -> None:
        with running_process(command, folder.parent, lambda one: "watching" in one.output()) as one:
            put(folder, read())
            self.wait_for(lambda: "1 stored" in one.output())
            one.child.send_signal(signal.SIGTERM)
            assert one.child.wait(20) == 0
            assert "1 done, 0 failed, 0 put off" in one.output()
        assert len(hits()) == 1

    def test_death_in_the_middle_of_a_file(
        self, feed: Feed, folder: Path, command: Command
    ) -> None:
        with running_process(command, folder.parent, lambda one: "watching" in one.output()) as one:
            put(folder, *(read(f"A{number}") for number in range(4_200)))
            self.wait_for(Batch.objects.exists)
            one.child.kill()
            one.child.wait()
        assert in_folder(folder, "working")
        watch(folder)
        assert Batch.objects.exists()
        assert all(len(hits(f"A{number}")) == 1 for number in (0, 1, 1_999, 2_000, 4_199))

    @staticmethod
    def wait_for(condition: Any) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "it did not come about"
            time.sleep(0.05)
