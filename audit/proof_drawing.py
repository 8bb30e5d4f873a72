"""The path from an entry to the signed root, as a drawing: which hash joins from which side."""

from dataclasses import dataclass

from audit.tree import merkle
from audit.tree.proving import EntryProof

_ROW, _WIDTH, _BOX = 44, 460, 150
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Step:
    """One node of the path at height `y`: its own hash at `x`, the sibling it is hashed with, and
    where above stands what they become."""

    y: int
    x: int
    own: str
    sibling_x: int
    sibling: str
    parent_x: int


@dataclass(frozen=True, slots=True)
class Path:
    """The drawing: from the entry's leaf (first) to below the root; sizes in SVG units."""

    width: int
    height: int
    box: int
    root_y: int
    root_x: int
    root: str
    steps: tuple[Step, ...]


def proof_path(proof: EntryProof) -> Path:
    """The nodes from leaf to root, each with the sibling it is hashed with."""
    middle = (_WIDTH - _BOX) // 2
    sides, nodes = _walk(proof)
    count = len(sides)
    xs = [(_WIDTH - _BOX if is_left else 0) for is_left in sides] + [middle]
    steps = tuple(
        Step(
            y=(count - number) * _ROW,
            x=xs[number],
            own=_short(nodes[number]),
            sibling_x=_WIDTH - _BOX - xs[number],
            sibling=_short(proof.path[number]),
            parent_x=xs[number + 1],
        )
        for number in range(count)
    )
    return Path(_WIDTH, (count + 1) * _ROW, _BOX, 0, middle, _short(nodes[-1]), steps)


def _walk(proof: EntryProof) -> tuple[list[bool], list[bytes]]:
    """Of each step whether its sibling stands to the left; and the nodes, the root last."""
    position, last = proof.leaf.idx, proof.checkpoint.size - 1
    sides: list[bool] = []
    nodes = [proof.leaf.hash]
    for part in proof.path:
        is_left = bool(position & 1) or position == last
        sides.append(is_left)
        pair = (part, nodes[-1]) if is_left else (nodes[-1], part)
        nodes.append(merkle.node_hash(*pair))
        while is_left and position and not position & 1:
            position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
    return sides, nodes


def _short(value: bytes) -> str:
    return f"{value.hex()[:_SHOWN]}…"
