"""Verifiers of transparency logs that others wrote agree with what ours is made of (AUD-4)."""

from datetime import UTC, datetime

import metamorphic_log
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales import signing, tlog

from audit import verifier
from audit.tree import merkle
from audit.tree.notes import Checkpoint, Signer
from tests.audit.test_merkle import hashes, nodes_of, plain_root
from tests.audit.witness import Witness

SIGNER = Signer("lprsvc.example/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
VKEY = str(SIGNER.verifier)


def note_of(size: int) -> str:
    return SIGNER.sign(str(Checkpoint(SIGNER.name, size, plain_root(hashes(size)))))


def test_a_checkpoint_is_what_others_call_one() -> None:
    note = note_of(7)
    head = metamorphic_log.checkpoint_verify(note, [VKEY])
    assert (head.origin, head.size, head.root) == (SIGNER.name, 7, plain_root(hashes(7)))
    point = tlog.Checkpoint.from_text(note)
    point.verify(signing.Vkey.from_string(VKEY))
    assert point.serialize() == note


def test_a_witnesss_line_is_what_others_call_one() -> None:
    witness = Witness("witness.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    note = note_of(7)
    seen = note + witness.cosign(note, datetime(2026, 3, 1, 12, tzinfo=UTC))
    tlog.Checkpoint.from_text(seen).verify(signing.Vkey.from_string(witness.verifier))
    wanted = f"log {VKEY}\nwitness example {witness.verifier}\nquorum all\n"
    policy = verifier.Policy.parse(wanted)
    assert verifier.read_checkpoint(seen, policy).witnesses == (witness.name,)
    for without in (note, seen.replace(" witness.example ", " witness.other ")):
        with pytest.raises(verifier.Invalid, match="witnesses"):
            verifier.read_checkpoint(without, policy)


@given(st.integers(1, 400), st.data())
def test_others_accept_our_proofs(size: int, data: st.DataObject) -> None:
    leaves = hashes(size)
    nodes, root, note = nodes_of(leaves), plain_root(leaves), note_of(size)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_proof(nodes, index, size)
    metamorphic_log.checkpoint_verify_inclusion(note, [VKEY], index, leaves[index], path)
    tlog.InclusionProof(index, size, path).check(leaves[index], root)
    old = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(nodes, old, size)
    metamorphic_log.checkpoint_verify_consistency(note_of(old), note, [VKEY], proof)
    tlog.ConsistencyProof(old, size, proof).check(plain_root(leaves[:old]), root)


def test_others_refuse_what_we_refuse() -> None:
    """Or their agreement would be worth nothing."""
    leaves = hashes(9)
    path = merkle.inclusion_proof(nodes_of(leaves), 4, 9)
    with pytest.raises(Exception, match=r"."):
        metamorphic_log.checkpoint_verify_inclusion(note_of(9), [VKEY], 5, leaves[4], path)
    with pytest.raises(tlog.InclusionProofInvalid):
        tlog.InclusionProof(5, 9, path).check(leaves[4], plain_root(leaves))
    with pytest.raises(Exception, match=r"."):
        metamorphic_log.checkpoint_verify(note_of(9).replace("\n9\n", "\n8\n"), [VKEY])
