"""Checkpoints: what the log's key signs, and when it refuses to.

The signer keeps the size and root it signed last in a file of its own, outside the database. It
signs nothing that is not an extension of that: who puts an old back-up in the database's place, or
rewrites what was signed, gets no signature any more.
"""

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from audit.actors import system
from audit.kinds import Kind
from audit.services import record
from audit.tree import merkle, store
from audit.tree.notes import Checkpoint, Signer
from audit.tree.store import Head, StoredTree


class WillNotSign(Exception):
    """The log is not what was signed before, or what was signed before is not known."""


@dataclass(slots=True)
class Memory:
    """What was signed last, by origin, kept in a file that is replaced whole and flushed to disk.

    Raises WillNotSign for a file that is there and can't be read.
    """

    path: Path
    signed: dict[str, Checkpoint] = field(init=False)

    def __post_init__(self) -> None:
        try:
            kept: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
            self.signed = {
                origin: Checkpoint(origin, one["size"], bytes.fromhex(one["root"]))
                for origin, one in kept.items()
            }
        except FileNotFoundError:
            self.signed = {}
        except (ValueError, KeyError, TypeError) as fault:
            raise WillNotSign(f"{self.path} can't be read: {fault}") from fault

    def remember(self, checkpoint: Checkpoint) -> None:
        """On disk before this returns."""
        self.signed[checkpoint.origin] = checkpoint
        kept = {
            one.origin: {"size": one.size, "root": one.root.hex()} for one in self.signed.values()
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_name(f"{self.path.name}.partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def parse_key(text: str) -> Ed25519PrivateKey:
    """The log's private key: base64 of its 32 bytes. Raises ValueError."""
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))


def sign(head: Head, *, key: Ed25519PrivateKey, memory: Memory) -> str | None:
    """Sign a log's head and store the note; None when it has not grown since the last time.

    Remembered first and published after, so that a crash between the two leaves nothing published
    that is not remembered. Raises WillNotSign, which is an alarm.
    """
    last = memory.signed.get(head.origin)
    if last is None:
        if store.find_checkpoint(head.log_id):
            raise WillNotSign(
                f"{head.origin} has checkpoints, and what was signed last is not remembered"
            )
        last = Checkpoint(head.origin, 0, merkle.EMPTY_ROOT)
    _check_extends(head, last)
    published = store.find_checkpoint(head.log_id, head.size)
    if head.size == 0 or published:
        return None
    memory.remember(head.checkpoint)
    note = Signer(head.origin, key).sign(str(head.checkpoint))
    _publish(head, note)
    return note


def _check_extends(head: Head, last: Checkpoint) -> None:
    if head.size < last.size:
        raise WillNotSign(f"{head.origin} has {head.size} entries, and had {last.size} when signed")
    tree = StoredTree(head.log_id, head.size)
    try:
        if tree.root() != head.root:
            raise WillNotSign(f"{head.origin}: its leaves do not lead to its root")
        proof = tree.consistency_proof(last.size)
        merkle.check_consistency(last.size, last.root, head.size, head.root, proof)
    except (merkle.InvalidProof, store.TreeBroken) as fault:
        raise WillNotSign(f"{head.origin} is not what was signed before: {fault}") from fault


def _publish(head: Head, note: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit.checkpoint (log_id, size, root, note) VALUES (%s, %s, %s, %s)",
            [head.log_id, head.size, head.root, note],
        )


def announce_key(head: Head, key: Ed25519PrivateKey) -> None:
    """Make the public key known beside the log; that it changed is an event in it."""
    verifier = str(Signer(head.origin, key).verifier)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            "SELECT verifier FROM audit.signing_key WHERE log_id = %s ORDER BY since DESC",
            [head.log_id],
        )
        before = [row[0] for row in cursor.fetchall()]
        if verifier in before:
            return
        cursor.execute(
            "INSERT INTO audit.signing_key (log_id, verifier) VALUES (%s, %s)",
            [head.log_id, verifier],
        )
        record(
            actor=system("audit.sequencer", log_id=head.log_id),
            kind=Kind.SYSTEM_KEY_ROTATED,
            fields={"object": verifier, "before": before[0] if before else None},
        )
