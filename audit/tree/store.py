"""The tree as the database holds it: its edge and its nodes read, what is new written.

Through the connection's own role: only the sequencer's may write.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from audit.tree import merkle
from audit.tree.notes import Checkpoint
from audit.tree.tiles import TILE_HEIGHT, TILE_WIDTH, Edge, Tile, fold, hashes_in, row_sizes


class TreeBroken(Exception):
    """What is stored of a log contradicts itself: somebody has changed it."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far a log has been sequenced."""

    log_id: UUID
    origin: str
    size: int
    root: bytes

    @property
    def checkpoint(self) -> Checkpoint:
        """What is signed of it."""
        return Checkpoint(self.origin, self.size, self.root)


@dataclass(frozen=True, slots=True)
class Leaf:
    """An event in the tree; `body` commits to its fields."""

    idx: int
    id: UUID
    at: datetime
    kind: str
    body: bytes
    hash: bytes


_HEADS = (
    "SELECT h.log_id, l.origin, h.size, h.root FROM audit.head h JOIN audit.log l ON l.id ="
    " h.log_id"
)


def list_heads() -> list[Head]:
    """Every log's head, by its origin."""
    return [Head(row[0], row[1], row[2], bytes(row[3])) for row in _all(f"{_HEADS} ORDER BY 2", [])]


def get_head(log_id: UUID) -> Head:
    """One log's head."""
    ((_, origin, size, root),) = _all(f"{_HEADS} WHERE h.log_id = %s", [log_id])
    return Head(log_id, origin, size, bytes(root))


def read_edge(head: Head) -> Edge:
    """Where the tree goes on. Raises TreeBroken when it is not what the head says."""
    nodes = StoredTree(head.log_id, head.size)
    rows = [
        nodes.row(row, length >> TILE_HEIGHT) if length % TILE_WIDTH else []
        for row, length in enumerate(row_sizes(head.size))
    ]
    try:
        edge = Edge(head.size, rows)
    except ValueError as error:
        raise TreeBroken(f"{head.origin}: {error}") from None
    if edge.root() != head.root:
        raise TreeBroken(f"{head.origin}: the leaves do not lead to the root of the head")
    return edge


class StoredTree:
    """The nodes of a stored log's tree of `size` leaves, which may be an earlier one's."""

    def __init__(self, log_id: UUID, size: int) -> None:
        self.log_id = log_id
        self.size = size
        self.row = lru_cache(maxsize=256)(self._row)

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree; see `audit.tree.merkle.Nodes`."""
        row, height = divmod(level, TILE_HEIGHT)
        start = index << height
        tile, at = divmod(start, TILE_WIDTH)
        hashes = self.row(row, tile)[at : at + (1 << height)]
        if len(hashes) != 1 << height:
            raise TreeBroken(f"node {level}/{index} of a tree of {self.size} is not there")
        return fold(hashes)

    def root(self) -> bytes:
        """The root over the first `size` leaves."""
        return merkle.root_hash(self.node, self.size) if self.size else merkle.EMPTY_ROOT

    def inclusion_proof(self, index: int) -> list[bytes]:
        """That leaf `index` is in this tree."""
        return merkle.inclusion_proof(self.node, index, self.size)

    def consistency_proof(self, old: int) -> list[bytes]:
        """That this tree only adds to the one of `old` leaves."""
        return merkle.consistency_proof(self.node, old, self.size)

    def _row(self, row: int, tile: int) -> list[bytes]:
        """The hashes of a tile, full or not."""
        where = [self.log_id, row, tile]
        if found := _all(
            "SELECT data FROM audit.tile WHERE log_id = %s AND level = %s AND n = %s", where
        ):
            return hashes_in(bytes(found[0][0]))
        first = tile * TILE_WIDTH
        end = min(first + TILE_WIDTH, self.size >> TILE_HEIGHT * row)
        if row == 0:
            sql = "SELECT hash FROM audit.leaf WHERE log_id = %s AND idx >= %s AND idx < %s"
            return _hashes(f"{sql} ORDER BY idx", [self.log_id, first, end])
        sql = "SELECT root FROM audit.tile WHERE log_id = %s AND level = %s AND n >= %s AND n < %s"
        return _hashes(f"{sql} ORDER BY n", [self.log_id, row - 1, first, end])


def find_leaf(log_id: UUID, event_id: UUID) -> Leaf | None:
    """An event's leaf; None while it is not sequenced."""
    found = _all(f"{_LEAVES} WHERE log_id = %s AND id = %s", [log_id, event_id])
    return _leaf(found[0]) if found else None


_LEAVES = "SELECT idx, id, at, kind, body, hash FROM audit.leaf"


def _leaf(row: Sequence[Any]) -> Leaf:
    idx, event_id, at, kind, body, leaf_hash = row
    return Leaf(idx, event_id, at, kind, bytes(body), bytes(leaf_hash))


def add(head: Head, leaves: Iterable[Leaf], tiles: Iterable[Tile], grown: Edge) -> None:
    """Store what a log has grown by, and its new head, where the head still is `head`.

    Raises TreeBroken when it is not: another sequencer was here in spite of the lock.
    """
    with connection.cursor() as cursor:
        into = "COPY audit.leaf (log_id, idx, id, at, kind, body, hash) FROM STDIN"
        with cursor.copy(into) as copy:
            for one in leaves:
                copy.write_row((head.log_id, one.idx, one.id, one.at, one.kind, one.body, one.hash))
        with cursor.copy("COPY audit.tile (log_id, level, n, data, root) FROM STDIN") as copy:
            for tile in tiles:
                copy.write_row((head.log_id, tile.row, tile.number, tile.data, tile.root))
        cursor.execute(
            "UPDATE audit.head SET size = %s, root = %s, updated_at = clock_timestamp()"
            " WHERE log_id = %s AND size = %s AND root = %s",
            [grown.size, grown.root(), head.log_id, head.size, head.root],
        )
        if cursor.rowcount != 1:
            raise TreeBroken(f"{head.origin}: its head has moved")


def find_checkpoint(log_id: UUID, size: int | None = None) -> str | None:
    """The newest signed checkpoint as a note, or that of `size` leaves."""
    sql = (
        "SELECT note FROM audit.checkpoint WHERE log_id = %s AND (%s::bigint IS NULL OR size = %s)"
    )
    found = _all(f"{sql} ORDER BY size DESC LIMIT 1", [log_id, size, size])
    return found[0][0] if found else None


def list_keys(log_id: UUID) -> list[str]:
    """The public keys that have signed a log, oldest first."""
    sql = "SELECT verifier FROM audit.signing_key WHERE log_id = %s ORDER BY since"
    return [row[0] for row in _all(sql, [log_id])]


def list_checkpoint_sizes(log_id: UUID) -> list[int]:
    """The sizes of the checkpoints that somebody may well have kept: the last hundred, and each
    day's last."""
    sql = """
    SELECT size FROM (SELECT size FROM audit.checkpoint WHERE log_id = %s
                       ORDER BY size DESC LIMIT 100) newest
    UNION SELECT max(size) FROM audit.checkpoint WHERE log_id = %s
           GROUP BY date_trunc('day', at AT TIME ZONE 'UTC') ORDER BY 1
    """
    return [row[0] for row in _all(sql, [log_id, log_id])]


def _hashes(sql: str, parameters: Sequence[Any]) -> list[bytes]:
    return [bytes(row[0]) for row in _all(sql, parameters)]


def _all(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
