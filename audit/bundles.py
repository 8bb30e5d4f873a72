"""Bundles: what of a log is disclosed, with all that an outsider needs to check it off-line.

Format ``lprsvc-audit-bundle/1``: `checkpoint`, `entries.jsonl` (the disclosed leaves), `cover` (the
roots of the largest subtrees in which nothing is disclosed), `consistency/`, `policy`,
`bundle.json`. `audit.verifier` checks it, and shares no line with this.
"""

import base64
import hashlib
import json
import zipfile
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from audit import leaf
from audit.kinds import Kind
from audit.tree import merkle, notes, store
from audit.tree.notes import Checkpoint
from audit.tree.store import Leaf, StoredTree

FORMAT = "lprsvc-audit-bundle/1"
_CHUNK = 2_000
# Every this many entries a place to stop or to tell how far it is.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Which leaves are disclosed, and how far.

    `indexes`: ascending. `opens(fields)`: the names that are opened of an entry; None opens all.
    """

    indexes: Sequence[int]
    opens: Callable[[dict[str, Any]], frozenset[str] | None] = field(default=lambda _fields: None)


@dataclass(frozen=True, slots=True)
class Written:
    """A finished bundle: of which checkpoint, how many entries, and the SHA-256 of its entries."""

    checkpoint: Checkpoint
    count: int
    sha256: str


class NotSigned(Exception):
    """The log has no checkpoint yet; the sequencer signs one within seconds."""


def write(
    path: Path,
    log_id: UUID,
    disclosed: Callable[[int], Disclosure],
    *,
    about: dict[str, Any],
    kind: str = "full",
    progress: Progress = lambda _count: None,
) -> Written:
    """Write the bundle as a zip at `path`, as of the newest checkpoint.

    `disclosed(size)` says what of the tree of that size is in it; `about` is the search that made
    it, kept beside and proven by nothing. Raises NotSigned.
    """
    note = store.find_checkpoint(log_id)
    if note is None:
        raise NotSigned
    point = Checkpoint.parse(notes.split(note)[0])
    tree = StoredTree(log_id, point.size)
    chosen = disclosed(point.size)
    digest, count = hashlib.sha256(), 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("checkpoint", note)
        with bundle.open("entries.jsonl", "w", force_zip64=True) as file:
            for line in _lines(log_id, chosen):
                file.write(line)
                digest.update(line)
                count += 1
                progress(count)
        with bundle.open("cover", "w", force_zip64=True) as file:
            for one in cover(tree, chosen.indexes):
                file.write(base64.b64encode(one) + b"\n")
        for size in store.list_checkpoint_sizes(log_id):
            if size == point.size:
                continue
            proof = tree.consistency_proof(size)
            bundle.writestr(f"consistency/{size}-{point.size}", _consistency(size, proof, note))
        bundle.writestr("policy", policy(log_id))
        facts = {"format": FORMAT, "origin": point.origin, "size": point.size, "count": count}
        facts |= {"kind": kind, "entries_sha256": digest.hexdigest(), "about": about}
        bundle.writestr("bundle.json", json.dumps(facts, indent=1, sort_keys=True) + "\n")
    return Written(point, count, digest.hexdigest())


def cover(tree: StoredTree, indexes: Sequence[int]) -> Iterator[bytes]:
    """The roots of the largest subtrees that hold none of `indexes` (ascending), left to right."""

    def within(start: int, end: int) -> Iterator[bytes]:
        at = bisect_left(indexes, start)
        if at == len(indexes) or indexes[at] >= end:
            yield merkle.range_hash(tree.node, start, end)
        elif end - start > bisect_left(indexes, end) - at:
            middle = merkle.middle_of(start, end)
            yield from within(start, middle)
            yield from within(middle, end)

    if tree.size:
        yield from within(0, tree.size)


def policy(log_id: UUID) -> str:
    """The log's keys as a policy (C2SP tlog-policy); for convenience, an auditor uses their own."""
    return "".join(f"log {key}\n" for key in store.list_keys(log_id))


def all_of(size: int) -> Disclosure:
    """The whole log."""
    return Disclosure(range(size))


def _consistency(old: int, proof: Iterable[bytes], note: str) -> str:
    hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
    return f"old {old}\n{hashes}\n{note}"


_ENTRIES = """
SELECT l.idx, l.id, l.at, l.kind, l.body, l.hash, e.seed, e.fields::text
  FROM audit.leaf l
  LEFT JOIN audit.event e ON e.log_id = l.log_id AND e.at = l.at AND e.id = l.id
 WHERE l.log_id = %s AND l.idx = ANY(%s)
 ORDER BY l.idx
"""


def _lines(log_id: UUID, chosen: Disclosure) -> Iterator[bytes]:
    for one, seed, fields in read(log_id, chosen.indexes):
        yield leaf.canonical(_entry(one, seed, fields, chosen)) + b"\n"


def read(log_id: UUID, indexes: Sequence[int]) -> Iterator[tuple[Leaf, bytes | None, str | None]]:
    """The leaves at `indexes` (ascending), with seed and fields (JSON); None where erased."""
    for start in range(0, len(indexes), _CHUNK):
        wanted = list(indexes[start : start + _CHUNK])
        with connection.cursor() as cursor:
            cursor.execute(_ENTRIES, [log_id, wanted])
            rows = cursor.fetchall()
        for idx, event_id, at, kind, body, leaf_hash, seed, fields in rows:
            one = Leaf(idx, event_id, at, kind, bytes(body), bytes(leaf_hash))
            yield one, bytes(seed) if seed is not None else None, fields


def _entry(
    one: Leaf, seed: bytes | None, written: str | None, chosen: Disclosure
) -> dict[str, leaf.Value]:
    head: dict[str, leaf.Value] = {"i": one.idx, "leaf": _leaf_of(one)}
    if seed is None or written is None:
        return head  # erased: the leaf alone is left
    fields: dict[str, leaf.Value] = json.loads(written)
    # An order to erase is always open: without it nothing erased would be believed.
    opened = None if one.kind == Kind.AUDIT_ERASURE else chosen.opens(fields)
    if opened is None:
        return head | {"seed": seed.hex(), "fields": fields}
    return head | _redacted(seed, fields, opened)


def _leaf_of(one: Leaf) -> dict[str, leaf.Value]:
    return {
        "at": leaf.format_at(one.at),
        "body": one.body.hex(),
        "id": str(one.id),
        "kind": one.kind,
        "v": 1,
    }


def _redacted(
    seed: bytes, fields: dict[str, leaf.Value], opened: frozenset[str]
) -> dict[str, leaf.Value]:
    shown = {name: value for name, value in fields.items() if name in opened}
    salts: dict[str, leaf.Value] = {name: leaf.salt(seed, name).hex() for name in shown}
    closed: dict[str, leaf.Value] = {
        name: leaf.commitment(seed, name, value).hex()
        for name, value in fields.items()
        if name not in opened
    }
    return {"fields": shown, "salts": salts, "closed": closed}
