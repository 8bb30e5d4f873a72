"""What the log can show for itself right now: an entry's proof, and a check of what is stored.

For pages. Whoever does not trust the service takes a bundle and `audit.verifier` instead.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from audit import leaf
from audit.tree import merkle, notes, store
from audit.tree.notes import Checkpoint, InvalidNote, Verifier
from audit.tree.store import Leaf, StoredTree, TreeBroken

# How many of the newest entries a check hashes anew; the whole log is a bundle's to check.
CHECKED_ENTRIES = 5_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A log as it stands: what is placed, what is signed, by which keys (oldest first)."""

    origin: str
    size: int
    root: bytes
    note: str | None
    keys: tuple[str, ...]

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The newest signed one, its signature unchecked; None too for a note that is none."""
        try:
            return Checkpoint.parse(notes.split(self.note)[0]) if self.note else None
        except InvalidNote:
            return None


@dataclass(frozen=True, slots=True)
class EntryProof:
    """That an entry is in the signed tree: its leaf, the hashes up to the root, the checkpoint."""

    leaf: Leaf
    path: tuple[bytes, ...]
    checkpoint: Checkpoint
    note: str

    @property
    def text(self) -> str:
        """As a file an outsider's program reads (C2SP tlog-proof)."""
        hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in self.path)
        return f"c2sp.org/tlog-proof@v1\nindex {self.leaf.idx}\n{hashes}\n{self.note}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked, and whether it held."""

    what: str
    holds: bool
    detail: str = ""


def standing_of(log_id: UUID) -> Standing:
    """The log's head, newest checkpoint and keys."""
    head = store.get_head(log_id)
    keys = tuple(store.list_keys(log_id))
    return Standing(head.origin, head.size, head.root, store.find_checkpoint(log_id), keys)


def find_proof(log_id: UUID, event_id: UUID) -> EntryProof | None:
    """An entry's proof; None until a checkpoint over it is signed, seconds after it happened.

    None as well where the stored tree is not whole: that is for `check` to say.
    """
    found, standing = store.find_leaf(log_id, event_id), standing_of(log_id)
    point = standing.checkpoint
    if found is None or point is None or standing.note is None or found.idx >= point.size:
        return None
    try:
        path = StoredTree(log_id, point.size).inclusion_proof(found.idx)
    except TreeBroken:
        return None
    return EntryProof(found, tuple(path), point, standing.note)


def check(log_id: UUID) -> list[Finding]:
    """Check what is stored of a log: the tree against its head, the newest checkpoint against key
    and tree, that it continues the earlier ones, and the newest entries against their leaves."""
    standing = standing_of(log_id)
    checks: list[tuple[str, Callable[[], str]]] = [
        ("All leaves lead to the root", lambda: _tree(log_id, standing)),
        ("The newest checkpoint is signed by the log's key", lambda: _signature(standing)),
        ("The tree continues every checkpoint that may have been kept", lambda: _past(log_id)),
        ("The newest entries are what their leaves say", lambda: _entries(log_id, standing.size)),
    ]
    return [_finding(what, does) for what, does in checks]


class _Fails(Exception):
    pass


def _finding(what: str, does: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, does())
    except (_Fails, TreeBroken, InvalidNote, merkle.InvalidProof) as fault:
        return Finding(what, False, str(fault))


def _tree(log_id: UUID, standing: Standing) -> str:
    if StoredTree(log_id, standing.size).root() != standing.root:
        raise _Fails("they lead to another root")
    return f"{standing.size} entries"


def _signature(standing: Standing) -> str:
    if standing.note is None:
        raise _Fails("there is no checkpoint yet")
    for key in reversed(standing.keys):
        try:
            point = Checkpoint.parse(notes.opened(standing.note, Verifier.parse(key)))
        except InvalidNote:
            continue
        return f"{point.size} entries, signed by {key}"
    raise _Fails("no key of this log has signed it")


def _past(log_id: UUID) -> str:
    head = store.get_head(log_id)
    tree = StoredTree(log_id, head.size)
    sizes = store.list_checkpoint_sizes(log_id)
    for size in sizes:
        note = store.find_checkpoint(log_id, size) or ""
        old = Checkpoint.parse(notes.split(note)[0])
        proof = tree.consistency_proof(size)
        merkle.check_consistency(size, old.root, head.size, head.root, proof)
    return f"{len(sizes)} checkpoints"


_NEWEST = """
SELECT l.idx, l.id, l.at, l.kind, l.hash, e.seed, e.fields::text
  FROM audit.leaf l
  LEFT JOIN audit.event e ON e.log_id = l.log_id AND e.at = l.at AND e.id = l.id
 WHERE l.log_id = %s AND l.idx >= %s
 ORDER BY l.idx
"""


def _entries(log_id: UUID, size: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [log_id, max(0, size - CHECKED_ENTRIES)])
        rows = cursor.fetchall()
    erased = 0
    for idx, event_id, at, kind, leaf_hash, seed, fields in rows:
        if seed is None:
            erased += 1
            continue
        body = leaf.body_hash(bytes(seed), json.loads(fields))
        placed = leaf.leaf_bytes(at=at, body=body, event_id=event_id, kind=kind)
        if leaf.leaf_hash(placed) != bytes(leaf_hash):
            raise _Fails(f"entry {idx} ({event_id}) was changed after it was recorded")
    said = f"{len(rows) - erased} entries"
    return f"{said}; {erased} were erased by order" if erased else said
