"""An exported log proves itself off-line, and no changed one does (AUD-4, AUD-6, AUD-10)."""

import ast
import json
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit import bundles, verifier
from audit.actors import VENDOR_LOG_ID, Actor, system
from audit.bundles import Disclosure
from audit.kinds import Kind
from audit.services import Recorded, record_alone
from audit.tree import store
from audit.tree.notes import Checkpoint, Signer
from audit.tree.running import Sequencer
from audit.tree.signing import Memory
from audit.verifier import Invalid, Policy
from tests.harness.database import logged_on_as

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
POLICY = f"log {Signer('lprsvc/vendor', KEY).verifier}\n"
OFFICER, OTHER = (Actor(f"user:{n}", f"Officer {n}", VENDOR_LOG_ID) for n in "XY")


class House:
    """A log that grows, its sequencer, and the bundles somebody takes away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.memory = Memory(folder / "state.json")

    def act(self, count: int, actor: Actor = OTHER, **fields: Any) -> list[Recorded]:
        return [
            record_alone(
                actor=actor, kind=Kind.QUERY_REFUSED, fields={"n": n, "plate": f"P{n}", **fields}
            )
            for n in range(count)
        ]

    def sign(self) -> str:
        with logged_on_as("lpr_sequencer"):
            Sequencer(key=KEY, memory=self.memory, clock=lambda: 0.0).step()
        note = store.find_checkpoint(VENDOR_LOG_ID)
        assert note
        return note

    def bundle(self, disclosed: Callable[[int], Disclosure] = bundles.all_of) -> Path:
        path = self.folder / "bundle.zip"
        bundles.write(path, VENDOR_LOG_ID, disclosed, about={})
        return path

    def unpacked(self, disclosed: Callable[[int], Disclosure] = bundles.all_of) -> Path:
        folder = self.folder / "bundle"
        shutil.rmtree(folder, ignore_errors=True)
        with zipfile.ZipFile(self.bundle(disclosed)) as packed:
            packed.extractall(folder)
        return folder


@pytest.fixture
def house(committed_db: None, tmp_path: Path) -> House:
    return House(tmp_path)


def check(path: Path, **more: Any) -> verifier.Report:
    return verifier.verify(path, policy=Policy.parse(POLICY), **more)


def some(*indexes: int) -> Callable[[int], Disclosure]:
    return lambda _size: Disclosure(indexes)


def lines_of(folder: Path) -> list[str]:
    return (folder / "entries.jsonl").read_text("utf-8").splitlines(keepends=True)


def test_a_whole_log_proves_itself(house: House) -> None:
    """AUD-4: with the receipts people were given, and the checkpoint an auditor kept."""
    receipts = house.act(300)
    kept = house.sign()
    house.act(30)
    house.sign()
    told = "".join(f"{one.id} {one.leaf_hash}\n" for one in receipts)
    report = check(house.bundle(), receipts=told, kept=[kept])
    assert report.counts == {"full": report.point.size}
    assert "300 receipts: each entry is there, unchanged." in report.said


@pytest.mark.parametrize("indexes", [(), (0,), (7,), (3, 4, 5), (0, 1, 255, 256, 257, 299)])
def test_a_part_of_a_log_proves_itself(house: House, indexes: tuple[int, ...]) -> None:
    """AUD-6: and shows nothing of the rest."""
    house.act(300)
    house.sign()
    folder = house.unpacked(some(*indexes))
    assert check(folder).counts.get("full", 0) == len(indexes)
    assert len(lines_of(folder)) == len(indexes)


def test_all_queries_of_an_officer_and_nothing_of_others(house: House) -> None:
    """AUD-6: that nothing of the officer was left out shows, and nobody else is disclosed."""
    house.act(20, OTHER)
    house.act(5, OFFICER)
    house.act(20, OTHER)
    house.sign()

    def opens(fields: dict[str, Any]) -> frozenset[str] | None:
        return None if fields["actor"] == OFFICER.id else frozenset({"actor"})

    folder = house.unpacked(lambda size: Disclosure(range(size), opens))
    report = check(folder)
    assert report.counts["full"] == 5
    closed = [json.loads(line) for line in lines_of(folder) if '"closed"' in line]
    assert all(set(one["fields"]) == {"actor"} for one in closed)
    assert len({name for one in closed for name in one["closed"]} & {"plate", "n"}) == 2


@pytest.mark.parametrize("kind", ["dropped", "swapped", "edited", "added", "field added", "twice"])
def test_a_changed_bundle_is_refused(house: House, kind: str) -> None:
    """AUD-4: edit, removal, reordering, insertion."""
    house.act(10)
    house.sign()
    folder = house.unpacked()
    lines = lines_of(folder)
    if kind == "dropped":
        lines.pop(4)
    elif kind == "swapped":
        lines[2], lines[3] = lines[3], lines[2]
    elif kind == "edited":
        lines[5] = lines[5].replace('"plate":"P', '"plate":"Q')
    elif kind == "added":
        lines.append(lines[-1].replace(f'"i":{len(lines) - 1},', f'"i":{len(lines)},'))
    elif kind == "field added":
        lines[5] = lines[5].replace('"n":', '"extra":1,"n":')
    else:
        lines.insert(3, lines[3])
    (folder / "entries.jsonl").write_text("".join(lines), "utf-8")
    with pytest.raises(Invalid):
        check(folder)


def test_no_flipped_byte_is_overlooked(house: House) -> None:
    """AUD-4: in whatever file that is proven, at whatever place."""
    house.act(6)
    house.sign()
    house.act(3)
    kept = house.sign()
    house.act(2)
    house.sign()
    folder = house.unpacked(some(0, 3, 4, 9))
    check(folder, kept=[kept])
    (proof,) = (folder / "consistency").glob(f"{kept.splitlines()[1]}-*")
    source = random.Random("flips")
    for file in (folder / "entries.jsonl", folder / "cover", folder / "checkpoint", proof):
        whole = file.read_bytes()
        end = (
            whole.index(b"\n\n") if file == proof else len(whole)
        )  # what follows is the checkpoint
        places = range(end) if end < 300 else source.sample(range(end), 300)
        for place in places:
            changed = bytearray(whole)
            changed[place] ^= 1 << source.randrange(8)
            file.write_bytes(changed)
            with pytest.raises(Invalid):
                check(folder, kept=[kept])
        file.write_bytes(whole)
    check(folder, kept=[kept])


def test_another_log_than_the_kept_one_is_refused(house: House) -> None:
    """AUD-4: a rewind, or a history made anew, shows by what an auditor kept."""
    house.act(4)
    kept = house.sign()
    house.act(2)
    house.sign()
    point = verifier.read_checkpoint(kept, Policy.parse(POLICY))
    forged = str(Checkpoint(point.origin, point.size, bytes(32)))
    with pytest.raises(Invalid, match="not the one of your checkpoint"):
        check(house.bundle(), kept=[Signer(point.origin, KEY).sign(forged)])


def test_a_receipt_of_what_is_not_there_is_refused(house: House) -> None:
    """AUD-4: an event that was destroyed before it was sequenced."""
    house.act(1)
    house.sign()
    with pytest.raises(Invalid, match="Receipt"):
        check(house.bundle(), receipts=f"01a21d86-f314-736e-b37c-8fb3e5c50d55 {'0' * 64}\n")


def test_without_the_logs_key_nothing_is_proven(house: House) -> None:
    """AUD-4."""
    house.act(1)
    house.sign()
    other = Signer("lprsvc/vendor", Ed25519PrivateKey.from_private_bytes(bytes(32))).verifier
    with pytest.raises(Invalid, match="no key of your policy"):
        verifier.verify(house.bundle(), policy=Policy.parse(f"log {other}\n"))
    with pytest.raises(Invalid, match="witnesses"):
        verifier.verify(house.bundle(), policy=Policy.parse(POLICY + "quorum 1\n"))


def erase(superuser: psycopg.Connection, where: str) -> None:
    superuser.execute("ALTER TABLE audit.event DISABLE TRIGGER ALL")
    superuser.execute(f"DELETE FROM audit.event WHERE {where}")


@pytest.mark.parametrize("approvers", [["user:1", "user:2"], ["user:1", "user:1"], []])
def test_erased_entries_need_an_order_of_two(
    house: House, connect_as: Callable[[str], psycopg.Connection], approvers: list[str]
) -> None:
    """AUD-10."""
    house.act(4)
    house.sign()
    record_alone(
        actor=system("tests"),
        kind=Kind.AUDIT_ERASURE,
        fields={"from_idx": 1, "to_idx": 3, "basis": "retention", "approved_by": [*approvers]},
    )
    house.sign()
    ids = "SELECT id FROM audit.leaf WHERE idx IN (1, 2)"
    erase(connect_as("postgres"), f"id IN ({ids})")
    if len(set(approvers)) == 2:
        assert check(house.bundle()).counts["erased"] == 2
    else:
        with pytest.raises(Invalid, match="no order to erase"):
            check(house.bundle())


def test_a_log_without_a_checkpoint_has_no_bundle(house: House) -> None:
    with pytest.raises(bundles.NotSigned):
        house.bundle()


def test_the_verifier_stands_alone(house: House) -> None:
    """AUD-4: it shares the format with the service, and no code."""
    house.act(3)
    house.sign()
    path = Path(verifier.__file__)
    imported = [
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    own = {name.partition(".")[0] for name in imported if name} - set(sys.stdlib_module_names)
    assert own == {"cryptography"}
    policy = house.folder / "policy"
    policy.write_text(POLICY, "utf-8")
    command = [sys.executable, "-I", str(path), str(house.bundle()), "--policy", str(policy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("VALID. lprsvc/vendor")


@pytest.mark.parametrize("what", ["nothing", "text", "empty zip", "zip of something"])
def test_what_is_no_bundle_is_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / "bundle"
    if what == "text":
        path.write_text("hello", "utf-8")
    elif what != "nothing":
        with zipfile.ZipFile(path, "w") as packed:
            if what == "zip of something":
                packed.writestr("checkpoint", "hello")
    with pytest.raises(Invalid):
        check(path)


@given(st.text())
def test_no_line_breaks_the_verifier(text: str) -> None:
    with pytest.raises(Invalid):
        verifier.read_entry(text, "a line")
