"""The growing edge of a tree, in tiles of 256 hashes (C2SP tlog-tiles). Pure.

Row 0 holds the leaves' hashes; row n + 1 the roots of row n's full tiles. A tile that is full never
changes; the partial one at the end of each row is all that is needed to go on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from audit.tree.merkle import EMPTY_ROOT, HASH_BYTES, node_hash, root_hash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT


@dataclass(frozen=True, slots=True)
class Tile:
    """A full tile: its row, its place in the row, its 256 hashes, and the root over them."""

    row: int
    number: int
    data: bytes
    root: bytes


def hashes_in(data: bytes) -> list[bytes]:
    """The hashes that stand side by side in a tile."""
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def fold(hashes: list[bytes]) -> bytes:
    """The root over 2 ** n hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def row_sizes(size: int) -> list[int]:
    """How many hashes each row has in a tree of `size` leaves."""
    sizes = [size]
    while sizes[-1] >= TILE_WIDTH:
        sizes.append(sizes[-1] >> TILE_HEIGHT)
    return sizes


@dataclass(slots=True)
class Edge:
    """A tree of `size` leaves by the partial tile at the end of each row."""

    size: int = 0
    rows: list[list[bytes]] = field(default_factory=lambda: [[]])

    def __post_init__(self) -> None:
        lengths = [length % TILE_WIDTH for length in row_sizes(self.size)]
        if [len(row) for row in self.rows] != lengths:
            raise ValueError(f"the rows are not those of a tree of {self.size} leaves")

    def append(self, leaves: Iterable[bytes]) -> list[Tile]:
        """Add leaves' hashes; returns the tiles that became full, lower rows first."""
        full: list[Tile] = []
        added, row, before = list(leaves), 0, self.size
        self.size += len(added)
        while added:
            if row == len(self.rows):
                self.rows.append([])
            waiting = self.rows[row] + added
            number = before >> TILE_HEIGHT
            added = []
            for start in range(0, len(waiting) - TILE_WIDTH + 1, TILE_WIDTH):
                hashes = waiting[start : start + TILE_WIDTH]
                tile = Tile(row, number + len(added), b"".join(hashes), fold(hashes))
                full.append(tile)
                added.append(tile.root)
            self.rows[row] = waiting[len(added) * TILE_WIDTH :]
            before >>= TILE_HEIGHT
            row += 1
        if len(self.rows) < len(row_sizes(self.size)):
            self.rows.append([])
        return full

    def root(self) -> bytes:
        """The root over all leaves."""
        return root_hash(self._node, self.size) if self.size else EMPTY_ROOT

    def _node(self, level: int, index: int) -> bytes:
        row, height = divmod(level, TILE_HEIGHT)
        length = self.size >> TILE_HEIGHT * row
        start = (index << height) - (length - length % TILE_WIDTH)
        return fold(self.rows[row][start : start + (1 << height)])
