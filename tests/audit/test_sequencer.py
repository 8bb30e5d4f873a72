"""Events find their place in the tree, and the log is signed only as long as it grows (AUD-4)."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.types.json import Jsonb

from audit.actors import VENDOR_LOG_ID, system
from audit.kinds import Kind
from audit.models import Event
from audit.services import leaf_hash_of, record_alone
from audit.tree import merkle, notes, sequencing, signing, store
from audit.tree.notes import Checkpoint, Signer
from audit.tree.running import Sequencer
from audit.tree.signing import Memory, WillNotSign
from audit.tree.store import StoredTree, TreeBroken
from lprsvc.lib.ids import uuid7
from tests.harness.database import AsRole, Connect

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
JOB = system("tests")
Run = Callable[[], int]


def act(count: int = 1) -> list[UUID]:
    """Record events of the vendor's log, which has some of its own from set-up already."""
    return [
        record_alone(actor=JOB, kind=Kind.SYSTEM_STARTED, fields={"n": n}).id for n in range(count)
    ]


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "state.json")


@pytest.fixture
def run(as_role: AsRole, memory: Memory) -> Run:
    """One round of the sequencer a minute later, as its own database role."""
    minutes = iter(range(0, 10_000, 61))
    sequencer = Sequencer(key=KEY, memory=memory, clock=lambda: float(next(minutes)))

    def step() -> int:
        with as_role("lpr_sequencer"):
            sequencer.alarms.clear()
            placed = sequencer.step()
            if sequencer.alarms:
                raise WillNotSign(next(iter(sequencer.alarms.values())))
            return placed

    return step


@pytest.fixture
def superuser(committed_db: None, connect_as: Connect) -> psycopg.Connection:
    """Who can do anything, the triggers aside that even replication obeys."""
    return connect_as("postgres")


def unguarded(superuser: psycopg.Connection, table: str, sql: str) -> None:
    superuser.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER ALL")
    superuser.execute(sql)
    superuser.execute(f"ALTER TABLE audit.{table} ENABLE TRIGGER ALL")


def head() -> store.Head:
    return store.get_head(VENDOR_LOG_ID)


def test_each_event_has_one_place_and_its_receipts_hash(run: Run) -> None:
    """AUD-4: the receipt a person was given is the leaf an auditor finds."""
    act(3)
    run()
    events = list(Event.objects.filter(log_id=VENDOR_LOG_ID).order_by("at", "id"))
    found = [store.find_leaf(VENDOR_LOG_ID, event.id) for event in events]
    assert sorted(leaf.idx for leaf in found if leaf) == list(range(len(events)))
    for event, leaf in zip(events, found, strict=True):
        assert leaf is not None
        expected = leaf_hash_of(event.id, event.at, event.kind, bytes(event.seed), event.fields)
        assert leaf.hash.hex() == expected
    assert run() == 0


def test_proofs_of_a_tree_of_several_tiles_hold(run: Run) -> None:
    """AUD-4: of tiles, of the partial ones, and of an older size."""
    act(700)
    run()
    now = head()
    assert now.size > 700
    tree = StoredTree(VENDOR_LOG_ID, now.size)
    assert tree.root() == now.root
    for leaf in (store.find_leaf(VENDOR_LOG_ID, one) for one in _some_events()):
        assert leaf is not None
        proof = tree.inclusion_proof(leaf.idx)
        assert merkle.root_from_inclusion(leaf.hash, leaf.idx, now.size, proof) == now.root
    for old in (1, 255, 256, 257, 512, 700, now.size):
        earlier = StoredTree(VENDOR_LOG_ID, old).root()
        merkle.check_consistency(old, earlier, now.size, now.root, tree.consistency_proof(old))


def _some_events() -> list[UUID]:
    ids = list(Event.objects.filter(log_id=VENDOR_LOG_ID).values_list("id", flat=True))
    return ids[:3] + ids[254:258] + ids[-3:]


def test_a_checkpoint_is_signed_and_says_what_the_tree_is(run: Run, memory: Memory) -> None:
    """AUD-4."""
    act()
    run()
    note = store.find_checkpoint(VENDOR_LOG_ID)
    assert note is not None
    point = Checkpoint.parse(notes.opened(note, Signer("lprsvc/vendor", KEY).verifier))
    assert point.root == StoredTree(VENDOR_LOG_ID, point.size).root()
    assert Memory(memory.path).signed["lprsvc/vendor"] == point
    assert memory.path.stat().st_mode & 0o077 == 0


def test_a_bad_row_does_not_stop_the_log(run: Run, connect_as: Connect) -> None:
    """AUD-4: what can't be hashed is told, once, and the others go on."""
    run()
    bad = uuid7()
    connect_as("lpr_app").execute(
        "INSERT INTO audit.event (id, log_id, kind, seed, fields)"
        " VALUES (%s, %s, 'session.login', %s, %s)",
        [bad, VENDOR_LOG_ID, bytes(32), Jsonb({"actor": "x", "outcome": "ok", "rate": 0.5})],
    )
    (good,) = act()
    run()
    assert store.find_leaf(VENDOR_LOG_ID, good)
    assert store.find_leaf(VENDOR_LOG_ID, bad) is None
    (told,) = Event.objects.filter(kind=Kind.AUDIT_REJECTED)
    assert told.fields["object"] == str(bad)
    assert "rate" in told.fields["message"]
    run()
    assert store.find_leaf(VENDOR_LOG_ID, told.id)


def test_what_was_taken_from_the_queue_is_queued_again_and_told(
    run: Run, superuser: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUD-4: deleting from the queue hides nothing."""
    run()
    (hidden,) = act()
    superuser.execute("DELETE FROM audit.pending")
    monkeypatch.setattr(sequencing, "LOST_AFTER", "0 seconds")
    run()
    (told,) = Event.objects.filter(kind=Kind.SYSTEM_GUARD_CHANGED)
    assert str(hidden) in told.fields["events"]
    run()
    assert store.find_leaf(VENDOR_LOG_ID, hidden)


def test_a_head_set_back_is_not_signed(run: Run, superuser: psycopg.Connection) -> None:
    """AUD-4: the tail cut off and the head set back, triggers or not."""
    run()
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only grow"):
        superuser.execute("UPDATE audit.head SET size = size - 1")
    before = head().size - 1
    root = StoredTree(VENDOR_LOG_ID, before).root().hex()
    unguarded(
        superuser,
        "head",
        f"UPDATE audit.head SET size = {before}, root = '\\x{root}'"
        f" WHERE log_id = '{VENDOR_LOG_ID}'",
    )
    unguarded(superuser, "leaf", f"DELETE FROM audit.leaf WHERE idx >= {before}")
    unguarded(superuser, "checkpoint", "DELETE FROM audit.checkpoint")
    with pytest.raises(WillNotSign, match="when signed"):
        run()


def test_a_history_made_anew_is_not_signed(run: Run, superuser: psycopg.Connection) -> None:
    """AUD-4: even when every hash, tile and head fits again."""
    act(3)
    run()
    for table in ("leaf", "tile", "checkpoint"):
        unguarded(superuser, table, f"DELETE FROM audit.{table}")
    unguarded(superuser, "head", "UPDATE audit.head SET size = 0, root = sha256('')")
    act(5)
    superuser.execute(
        "INSERT INTO audit.pending SELECT log_id, at, id FROM audit.event ON CONFLICT DO NOTHING"
    )
    unguarded(
        superuser, "event", 'UPDATE audit.event SET fields = fields || \'{"actor": "nobody"}\''
    )
    with pytest.raises(WillNotSign, match="signed before"):
        run()


def test_an_edited_leaf_stops_the_log(run: Run, superuser: psycopg.Connection) -> None:
    """AUD-4."""
    act(3)
    run()
    unguarded(superuser, "leaf", "UPDATE audit.leaf SET hash = sha256('x') WHERE idx = 1")
    act()
    with pytest.raises(WillNotSign, match="do not lead to"):
        run()


def test_without_its_memory_nothing_is_signed(run: Run, memory: Memory) -> None:
    """AUD-4: who removes the file can't have a rewound log signed."""
    run()
    memory.path.unlink()
    memory.signed.clear()
    with pytest.raises(WillNotSign, match="not remembered"):
        run()


def test_a_memory_that_can_not_be_read_is_no_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("{", "utf-8")
    with pytest.raises(WillNotSign):
        Memory(path)


def test_a_crash_after_remembering_is_made_good(
    run: Run, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUD-4: the process dies between its file and the database."""
    with monkeypatch.context() as dying:
        dying.setattr(signing, "_publish", _die)
        with pytest.raises(RuntimeError):
            run()
    assert memory.signed
    assert store.find_checkpoint(VENDOR_LOG_ID) is None
    run()
    assert store.find_checkpoint(VENDOR_LOG_ID)


def _die(*_: object) -> None:
    raise RuntimeError


def test_two_sequencers_do_no_harm(run: Run, superuser: psycopg.Connection) -> None:
    """AUD-4: the second finds the lock taken."""
    act()
    superuser.autocommit = False
    superuser.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"audit.tree:{VENDOR_LOG_ID}"]
    )
    assert run() == 0
    superuser.rollback()
    assert run() > 0


def test_a_head_that_moved_meanwhile_undoes_the_round(committed_db: None, as_role: AsRole) -> None:
    act()
    with as_role("lpr_sequencer"):
        sequencing.sequence(VENDOR_LOG_ID)
        old = store.Head(VENDOR_LOG_ID, "lprsvc/vendor", 0, merkle.EMPTY_ROOT)
        with pytest.raises(TreeBroken, match="moved"):
            store.add(old, [], [], store.read_edge(head()))


def test_another_key_is_announced_in_the_log(run: Run, as_role: AsRole, memory: Memory) -> None:
    run()
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with as_role("lpr_sequencer"):
        Sequencer(key=other, memory=memory, clock=lambda: 0.0).step()
    first, second = Event.objects.filter(
        kind=Kind.SYSTEM_KEY_ROTATED, log_id=VENDOR_LOG_ID
    ).order_by("at")
    assert (first.fields["before"], second.fields["before"]) == (None, first.fields["object"])


@pytest.mark.parametrize("table", ["leaf", "tile", "checkpoint", "signing_key", "head"])
@pytest.mark.parametrize("verb", ["DELETE FROM", "TRUNCATE"])
def test_nobody_removes_from_the_tree(
    run: Run, superuser: psycopg.Connection, table: str, verb: str
) -> None:
    """AUD-3: not in replica mode either."""
    act(300)
    run()
    superuser.execute("SET session_replication_role = replica")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        superuser.execute(f"{verb} audit.{table}")
