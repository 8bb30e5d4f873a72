"""RFC 6962 trees: roots, inclusion and consistency proofs, made and checked. Pure.

What a proof is made from is asked for node by node, so that tiles can answer as well as lists:
`Nodes(level, index)` is the hash of the `index`-th complete subtree of ``2 ** level`` leaves.

Sources: RFC 6962 section 2.1 (hashing, proofs), RFC 9162 section 2.1.3 and 2.1.4 (checking them).
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

Nodes = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_BYTES = 32


class InvalidProof(ValueError):
    """A proof that does not show what it claims."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The complete, aligned subtrees that [start, end) consists of, left to right, each as large as
    can be: (level, index)."""
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield level, start >> level
        start += 1 << level


def range_hash(nodes: Nodes, start: int, end: int) -> bytes:
    """The hash over the leaves [start, end), where `start` is 0 or the range lies on the right edge
    of a tree: MTH of RFC 6962."""
    if start == end:
        return EMPTY_ROOT
    parts = [nodes(level, index) for level, index in subtrees(start, end)]
    result = parts.pop()
    while parts:
        result = node_hash(parts.pop(), result)
    return result


def root_hash(nodes: Nodes, size: int) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return range_hash(nodes, 0, size)


def middle_of(start: int, end: int) -> int:
    """Where the leaves [start, end) of a subtree part: at the largest power of two that is smaller
    than their number."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves, nearest the leaf first.

    Raises ValueError unless 0 ≤ index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = middle_of(start, end)
        if index < middle:
            path.append(range_hash(nodes, middle, end))
            end = middle
        else:
            path.append(range_hash(nodes, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """That the tree of `old` leaves is the beginning of that of `new` ones.

    Empty for `old` 0 or `old` = `new`. Raises ValueError unless 0 ≤ old ≤ new.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} leaves is no beginning of one of {new}")
    if old in {0, new}:
        return []
    proof: list[bytes] = []
    start, end, is_whole = 0, new, True
    while old != end:
        middle = middle_of(start, end)
        if old <= middle:
            proof.append(range_hash(nodes, middle, end))
            end = middle
        else:
            proof.append(range_hash(nodes, start, middle))
            start, is_whole = middle, False
    if not is_whole:
        proof.append(range_hash(nodes, start, end))
    return proof[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a leaf's hash and its audit path lead to. Raises InvalidProof for a path that
    is no path in a tree of that size (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise InvalidProof(f"leaf {index} is not in a tree of {size}")
    position, last = index, size - 1
    result = leaf
    for part in proof:
        if last == 0:
            raise InvalidProof("the proof is too long")
        if position & 1 or position == last:
            result = node_hash(part, result)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            result = node_hash(result, part)
        position, last = position >> 1, last >> 1
    if last:
        raise InvalidProof("the proof is too short")
    return result


def check_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise InvalidProof unless the proof shows that the new tree only adds to the old one
    (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        raise InvalidProof(f"a tree of {new} leaves has no beginning of {old}")
    if old in {0, new}:
        _check_same(EMPTY_ROOT if old == 0 else new_root, old_root, proof)
        return
    # A whole subtree stands for itself: its root is not said again.
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        raise InvalidProof("the proof is empty")
    if _roots_of(path, old - 1, new - 1) != (old_root, new_root):
        raise InvalidProof("the new tree does not hold the old one")


def _check_same(expected: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise InvalidProof("the proof should be empty")
    if root != expected:
        raise InvalidProof("the roots differ")


def _roots_of(path: Sequence[bytes], position: int, last: int) -> tuple[bytes, bytes]:
    """The old and the new root that a consistency proof leads to."""
    while position & 1:
        position, last = position >> 1, last >> 1
    was = now = path[0]
    for part in path[1:]:
        if last == 0:
            raise InvalidProof("the proof is too long")
        if position & 1 or position == last:
            was, now = node_hash(part, was), node_hash(part, now)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            now = node_hash(now, part)
        position, last = position >> 1, last >> 1
    if last:
        raise InvalidProof("the proof is too short")
    return was, now
