"""RFC 6962 trees and their growing edge in tiles (AUD-4)."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.leaf import leaf_hash
from audit.tree import merkle, tiles
from audit.tree.merkle import InvalidProof, Nodes

# The leaves and roots that Certificate Transparency's own implementations are tested by.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
LEAVES += ["606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """MTH as RFC 6962 writes it down."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return merkle.node_hash(plain_root(leaves[:middle]), plain_root(leaves[middle:]))


def nodes_of(leaves: Sequence[bytes]) -> Nodes:
    def node(level: int, index: int) -> bytes:
        part = leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "asked for a subtree that is not complete"
        return plain_root(part)

    return node


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    """AUD-4."""
    leaves = [leaf_hash(bytes.fromhex(text)) for text in LEAVES[:size]]
    assert merkle.root_hash(nodes_of(leaves), size).hex() == ROOTS[size]


@given(st.integers(0, 600), st.data())
def test_every_leaf_is_shown_to_be_in_and_no_other(size: int, data: st.DataObject) -> None:
    """AUD-4."""
    leaves = hashes(size + 1)
    size += 1
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(nodes_of(leaves), index, size)
    assert merkle.root_from_inclusion(leaves[index], index, size, proof) == plain_root(leaves)
    other = data.draw(
        st.integers(0, size - 1).filter(lambda one: one != index) if size > 1 else st.just(0)
    )
    if other != index:
        assert is_not_in(leaves[other], index, size, proof, plain_root(leaves))
        assert is_not_in(leaves[index], other, size, proof, plain_root(leaves))
    assert is_not_in(leaves[index], index, size, [*proof, bytes(32)], plain_root(leaves))
    if proof:
        assert is_not_in(leaves[index], index, size, proof[:-1], plain_root(leaves))


def is_not_in(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    try:
        return merkle.root_from_inclusion(leaf, index, size, proof) != root
    except InvalidProof:
        return True


@given(st.integers(0, 600), st.data())
def test_a_tree_that_only_grew_is_shown_to_and_no_other(new: int, data: st.DataObject) -> None:
    """AUD-4: edits, removals and rewinds show."""
    old = data.draw(st.integers(0, new))
    leaves = hashes(new)
    proof = merkle.consistency_proof(nodes_of(leaves), old, new)
    roots = plain_root(leaves[:old]), plain_root(leaves)
    merkle.check_consistency(old, roots[0], new, roots[1], proof)
    # Of nothing every tree is a continuation.
    for wrong in ((bytes(32), roots[1]), (roots[0], bytes(32)))[: 2 if old else 1]:
        with pytest.raises(InvalidProof):
            merkle.check_consistency(old, wrong[0], new, wrong[1], proof)
    with pytest.raises(InvalidProof):
        merkle.check_consistency(old, roots[0], new, roots[1], [*proof, bytes(32)])
    for place in range(len(proof)):
        broken = [*proof]
        broken[place] = bytes(32)
        with pytest.raises(InvalidProof):
            merkle.check_consistency(old, roots[0], new, roots[1], broken)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_proof(nodes_of(hashes(3)), index, size)
    with pytest.raises(InvalidProof):
        merkle.root_from_inclusion(bytes(32), index, size, [])


def test_a_tree_does_not_shrink() -> None:
    with pytest.raises(ValueError, match="no beginning"):
        merkle.consistency_proof(nodes_of(hashes(3)), 4, 3)
    with pytest.raises(InvalidProof):
        merkle.check_consistency(4, bytes(32), 3, bytes(32), [])


@given(st.lists(st.integers(0, 700), max_size=6))
def test_an_edge_grows_to_the_same_root_in_whatever_steps(steps: list[int]) -> None:
    """AUD-4."""
    leaves = hashes(sum(steps))
    edge = tiles.Edge()
    full: list[tiles.Tile] = []
    for step in steps:
        start = edge.size
        full += edge.append(leaves[start : start + step])
        # As it is read back from what is stored.
        edge = tiles.Edge(edge.size, [list(row) for row in edge.rows])
    assert edge.root() == plain_root(leaves)
    bottom = [tile for tile in full if tile.row == 0]
    assert [tile.number for tile in bottom] == list(range(len(leaves) // 256))
    for tile in bottom:
        part = leaves[tile.number * 256 : (tile.number + 1) * 256]
        assert (tiles.hashes_in(tile.data), tile.root) == (part, plain_root(part))


def test_tiles_of_higher_rows_hold_the_roots_of_lower_ones() -> None:
    edge = tiles.Edge()
    full = edge.append(hashes(65_536 + 300))
    roots = [tile.root for tile in full if tile.row == 0]
    (top,) = [tile for tile in full if tile.row == 1]
    assert tiles.hashes_in(top.data) == roots[:256]
    assert [len(row) for row in edge.rows] == [300 - 256, 1, 1]


def test_an_edge_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="rows"):
        tiles.Edge(3, [hashes(2)])
