"""Signed notes and checkpoints, as C2SP writes them down (AUD-4)."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit.tree import notes
from audit.tree.notes import Checkpoint, InvalidNote, Signer, Verifier

# The example of the Go module golang.org/x/mod/sumdb/note, from which the format comes.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_NOTE = (
    f"{GO_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKv"
    "qfqdngotpRZb6KE6RyyBwJnAM=\n"
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
POINT = Checkpoint("example.test/log", 7, bytes(range(32)))


def test_a_note_of_another_implementation_is_read() -> None:
    assert notes.opened(GO_NOTE, Verifier.parse(GO_KEY)) == GO_TEXT
    assert str(Verifier.parse(GO_KEY)) == GO_KEY


@pytest.mark.parametrize("change", ["know", "cryptography", "x08go/Z"])
def test_a_changed_note_is_refused(change: str) -> None:
    changed = GO_NOTE.replace(change, change.swapcase())
    with pytest.raises(InvalidNote):
        notes.opened(changed, Verifier.parse(GO_KEY))


def test_a_checkpoint_goes_through_a_note_and_back() -> None:
    """AUD-4."""
    signer = Signer(POINT.origin, KEY)
    note = signer.sign(str(POINT))
    assert Checkpoint.parse(notes.opened(note, signer.verifier)) == POINT
    with pytest.raises(InvalidNote, match="not signed"):
        notes.opened(note, Verifier.parse(GO_KEY))


@pytest.mark.parametrize(
    "text",
    [
        "origin\n7\n",
        "origin\n07\nAAAA\n",
        "origin\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nextension\n",
        "\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n7\nnot base64\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(InvalidNote):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "key", ["", "a+b+c", GO_KEY[:-1], GO_KEY.replace("c74f", "c74e"), "x" * 99]
)
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidNote):
        Verifier.parse(key)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(InvalidNote):
        notes.opened(text, Verifier.parse(GO_KEY))


@pytest.mark.parametrize("text", ["no end", "two\n\nparts\n", "tab\there\n"])
def test_what_is_no_text_is_not_signed(text: str) -> None:
    with pytest.raises(InvalidNote):
        Signer("a", KEY).sign(text)


def test_a_name_with_a_space_can_not_sign() -> None:
    with pytest.raises(InvalidNote, match="name"):
        Signer("a b", KEY)
