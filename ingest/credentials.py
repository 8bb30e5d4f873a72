"""The secrets of feed keys: how one is drawn, and what is kept of it."""

import hashlib
import secrets

# So that a key found in a log or a mail is known for what it is.
_PREFIX = "lprfeed_"


def new_secret() -> str:
    """A new secret of 256 random bits."""
    return _PREFIX + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> bytes:
    """What is kept of a secret. Plain SHA-256: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()
