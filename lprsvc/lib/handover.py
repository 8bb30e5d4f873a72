"""What the query room hands to the alert room when a person wants to watch a plate (ALT-2).

The rooms never import each other: the link on a hit carries a sealed proposal, which the page that
adds alerts opens. Encrypted, not merely signed: addresses end up in histories and server logs, and
this one names a plate, a case and its subject.
"""

import base64
import json
import zlib
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac

from lprsvc.lib.errors import DomainError

_SALT = "alert-from-query"
# What an address line of a careful server still takes.
_LONGEST_TOKEN = 3_000
MAX_AGE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class AlertProposal:
    """The plate to watch, and the query that gives the reason. `query_id` is that of its event.

    `case_reference` is empty where it would make the address too long: it is asked for again.
    """

    plate: str
    state: str
    reason_code: str
    case_reference: str
    query_id: UUID


class StaleProposal(DomainError):
    """The token is too old, was changed, or was made for somebody else: the three look the same."""

    def __init__(self) -> None:
        super().__init__(
            "stale_proposal",
            "This link is no longer valid. Open the query again and choose “Watch this plate”.",
        )


def seal(proposal: AlertProposal, user_id: UUID) -> str:
    """A token for the address of the alert form; only `user_id` can open it."""
    token = _encrypt(proposal, user_id)
    if len(token) > _LONGEST_TOKEN:
        token = _encrypt(replace(proposal, case_reference=""), user_id)
    return token


def unseal(token: str, user_id: UUID, max_age: timedelta = MAX_AGE) -> AlertProposal:
    """The proposal that `seal` was given for this user within `max_age`; else StaleProposal."""
    try:
        packed = _box(user_id).decrypt(token, ttl=int(max_age.total_seconds()))
    except (InvalidToken, ValueError):
        raise StaleProposal from None
    members = json.loads(zlib.decompress(packed))
    return AlertProposal(**members | {"query_id": UUID(members["query_id"])})


def _encrypt(proposal: AlertProposal, user_id: UUID) -> str:
    members = asdict(proposal) | {"query_id": str(proposal.query_id)}
    return _box(user_id).encrypt(zlib.compress(json.dumps(members).encode())).decode()


def _box(user_id: UUID) -> Fernet:
    """A key per user, derived from the service's secret."""
    key = salted_hmac(_SALT, str(user_id), algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
