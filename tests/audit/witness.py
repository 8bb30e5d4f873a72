"""A witness, as an agency may run one: it states when it saw a checkpoint (C2SP cosignature/v1)."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.tree import notes

_COSIGNATURE = 4


@dataclass(frozen=True)
class Witness:
    """Signs under `name` whatever it is given: whether the log only grew it does not ask."""

    name: str
    key: Ed25519PrivateKey

    @property
    def verifier(self) -> str:
        """Its public key, as a policy names it."""
        key = bytes([_COSIGNATURE]) + self.key.public_key().public_bytes_raw()
        return f"{self.name}+{self._id.hex()}+{base64.b64encode(key).decode()}"

    def cosign(self, note: str, now: datetime) -> str:
        """The line to be added to a checkpoint's note."""
        text, _ = notes.split(note)
        seconds = int(now.timestamp())
        signature = self.key.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
        signed = self._id + seconds.to_bytes(8, "big") + signature
        return f"— {self.name} {base64.b64encode(signed).decode()}\n"

    @property
    def _id(self) -> bytes:
        key = bytes([_COSIGNATURE]) + self.key.public_key().public_bytes_raw()
        return hashlib.sha256(self.name.encode() + b"\n" + key).digest()[:4]
