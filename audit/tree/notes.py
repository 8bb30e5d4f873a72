"""Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature).

    origin\\nsize\\nbase64 root\\n\\n— name base64(key id ‖ signature)\\n

A key is named by who signs; its id is the first four bytes of
SHA-256(name ‖ "\\n" ‖ algorithm ‖ public key). Algorithm 1 is Ed25519 over the note's text, 4 is
a witness's cosignature over "cosignature/v1\\ntime <seconds>\\n" and the text.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 1
COSIGNATURE = 4
_DASH = "\N{EM DASH}"
_NAME = re.compile(r"[^\s+]+")
_MAX_NOTE = 1_000_000


class InvalidNote(ValueError):
    """A note, key or signature that is malformed, or that nobody known has signed."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Somebody's public key: `name`, the algorithm, and the key itself."""

    name: str
    algorithm: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature names this key."""
        named = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return hashlib.sha256(named).digest()[:4]

    def __str__(self) -> str:
        key = base64.b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """The inverse of ``str``. Raises InvalidNote."""
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            key = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise InvalidNote(f"{text!r} is no verifier key") from None
        if len(key) != 33 or key[0] not in {ED25519, COSIGNATURE} or not _NAME.fullmatch(name):
            raise InvalidNote(f"{text!r} is no Ed25519 verifier key")
        found = cls(name, key[0], key[1:])
        if found.key_id.hex() != key_id:
            raise InvalidNote(f"{text!r}: the key has another id")
        return found

    def has_signed(self, text: str, signature: bytes) -> datetime | None:
        """When `signature` over the note's `text` was given (the epoch, where the algorithm says
        no time); None when it was not given by this key."""
        if self.algorithm == COSIGNATURE:
            seconds = int.from_bytes(signature[:8], "big")
            signed, signature = _cosigned(text, seconds), signature[8:]
        else:
            seconds, signed = 0, text.encode()
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, signed)
            return datetime.fromtimestamp(seconds, UTC)
        except (InvalidSignature, OverflowError, ValueError):
            return None


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody's private key, under the name by which they sign."""

    name: str
    key: Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidNote(f"{self.name!r} can't sign: a name has neither spaces nor +")

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, ED25519, self.key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The note of `text` with this signature. Raises InvalidNote for a text that is none."""
        _check_text(text)
        return f"{text}\n{_line(self.verifier, self.key.sign(text.encode()))}"


@dataclass(frozen=True, slots=True)
class Witness(Signer):
    """A key that states when it saw a checkpoint that extends those it had seen before."""

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, COSIGNATURE, self.key.public_key().public_bytes_raw())

    def cosign(self, note: str, now: datetime) -> str:
        """The line to be added to `note`."""
        text, _ = split(note)
        seconds = int(now.timestamp())
        signature = seconds.to_bytes(8, "big") + self.key.sign(_cosigned(text, seconds))
        return _line(self.verifier, signature)


def _line(verifier: Verifier, signature: bytes) -> str:
    encoded = base64.b64encode(verifier.key_id + signature).decode()
    return f"{_DASH} {verifier.name} {encoded}\n"


def _check_text(text: str) -> None:
    if not text.endswith("\n") or "\n\n" in text:
        raise InvalidNote("a note's text is lines, none of them empty")
    if any(ord(sign) < 0x20 and sign != "\n" for sign in text):
        raise InvalidNote("a note's text has no control characters")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note."""

    name: str
    key_id: bytes
    signature: bytes


def split(note: str) -> tuple[str, list[Signature]]:
    """A note's text and its signature lines, unchecked. Raises InvalidNote."""
    if len(note) > _MAX_NOTE:
        raise InvalidNote("the note is longer than a million characters")
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise InvalidNote("the note has no signature")
    text += "\n"
    _check_text(text)
    return text, [_signature(line) for line in lines[:-1].split("\n")]


def _signature(line: str) -> Signature:
    try:
        dash, name, encoded = line.split(" ")
        decoded = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise InvalidNote(f"{line!r} is no signature line") from None
    if dash != _DASH or not _NAME.fullmatch(name) or len(decoded) < 5:
        raise InvalidNote(f"{line!r} is no signature line")
    return Signature(name, decoded[:4], decoded[4:])


def opened(note: str, verifier: Verifier) -> str:
    """The text of a note that `verifier` has signed. Raises InvalidNote for any other."""
    text, signatures = split(note)
    for one in signatures:
        if (one.name, one.key_id) == (verifier.name, verifier.key_id):
            if verifier.has_signed(text, one.signature) is None:
                raise InvalidNote(f"the signature of {verifier.name} is wrong")
            return text
    raise InvalidNote(f"{verifier.name} has not signed this note")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed: of which log, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The inverse of ``str``; extension lines are refused. Raises InvalidNote."""
        try:
            origin, size, root, rest = text.split("\n")
            decoded = base64.b64decode(root, validate=True)
        except (ValueError, binascii.Error):
            raise InvalidNote("the note is no checkpoint") from None
        if rest or not origin or len(decoded) != 32:
            raise InvalidNote("the note is no checkpoint")
        if not re.fullmatch(r"0|[1-9][0-9]{0,18}", size, re.ASCII):
            raise InvalidNote(f"{size!r} is no size of a tree")
        return cls(origin, int(size), decoded)
