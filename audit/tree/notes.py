"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint).

    origin\\nsize\\nbase64 root\\n\\n— name base64(key id ‖ signature)\\n

A key is named by who signs; its id is the first four bytes of
SHA-256(name ‖ "\\n" ‖ algorithm ‖ public key). Algorithm 1 is Ed25519 over the note's text; a
line of another, as a witness's, is for whoever trusts its key (`audit.verifier`).
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 1
_DASH = "\N{EM DASH}"
_NAME = re.compile(r"[^\s+]+")
_MAX_NOTE = 1_000_000


class InvalidNote(ValueError):
    """A note, key or signature that is malformed, or that nobody known has signed."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """Somebody's public key, of Ed25519, under the name by which they sign."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature names this key."""
        named = self.name.encode() + b"\n" + bytes([ED25519]) + self.public
        return hashlib.sha256(named).digest()[:4]

    def __str__(self) -> str:
        key = base64.b64encode(bytes([ED25519]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """The inverse of ``str``. Raises InvalidNote."""
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            key = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise InvalidNote(f"{text!r} is no verifier key") from None
        if len(key) != 33 or key[0] != ED25519 or not _NAME.fullmatch(name):
            raise InvalidNote(f"{text!r} is no Ed25519 verifier key")
        found = cls(name, key[1:])
        if found.key_id.hex() != key_id:
            raise InvalidNote(f"{text!r}: the key has another id")
        return found

    def has_signed(self, text: str, signature: bytes) -> bool:
        """Whether `signature` over the note's `text` was given by this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


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
        return Verifier(self.name, self.key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The note of `text` with this signature. Raises InvalidNote for a text that is none."""
        _check_text(text)
        return f"{text}\n{_line(self.verifier, self.key.sign(text.encode()))}"


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
            if not verifier.has_signed(text, one.signature):
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
