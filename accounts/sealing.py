"""Encryption of the few secrets the database must hold in a form that can be read back.

Keys come from FIELD_ENCRYPTION_KEYS: apart from SECRET_KEY, so that either can be changed without
the other, and several at once, so that they can be changed at all (the first one encrypts, all of
them decrypt). Where none is given, SECRET_KEY stands in: no default secret, nothing to set up.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes


class Unreadable(Exception):
    """Sealed with a key that is no longer configured, or damaged."""


def seal(text: str) -> str:
    """Encrypt and authenticate `text` for storage."""
    return _box().encrypt(text.encode()).decode()


def unseal(token: str) -> str:
    """What `seal` was given. Raises Unreadable."""
    try:
        return _box().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise Unreadable("no key in FIELD_ENCRYPTION_KEYS opens this") from error


def seal_bytes(content: bytes) -> bytes:
    """Encrypt and authenticate `content` for storage."""
    return base64.urlsafe_b64decode(_box().encrypt(content))


def unseal_bytes(sealed: bytes) -> bytes:
    """What `seal_bytes` was given. Raises Unreadable."""
    try:
        return _box().decrypt(base64.urlsafe_b64encode(sealed))
    except InvalidToken as error:
        raise Unreadable("no key in FIELD_ENCRYPTION_KEYS opens this") from error


def _box() -> MultiFernet:
    stand_ins = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    secrets = settings.FIELD_ENCRYPTION_KEYS or stand_ins
    return MultiFernet([Fernet(_derive(secret)) for secret in secrets])


def _derive(secret: str | bytes) -> bytes:
    """A key for this purpose alone: what else is derived from the secret says nothing of it."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"lprsvc field encryption")
    return base64.urlsafe_b64encode(kdf.derive(force_bytes(secret)))
