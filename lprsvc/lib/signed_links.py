"""Tokens for addresses that open one thing to one person for a while (QRY-7).

What a token opens is part of its salt, so it fits nothing else; a note that the opener needs
stands in it, readable and signed. Nothing is kept anywhere.
"""

from datetime import UTC, datetime, timedelta

from django.core import signing

from lprsvc.lib.errors import NotFound

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def sign(*opens: object, until: datetime, note: datetime | None = None) -> str:
    """A token that opens exactly `opens` (who, what, …) before `until`; `note` is an instant."""
    parts = [until] if note is None else [until, note]
    return _signer(opens).sign(".".join(str(_micros(part)) for part in parts))


def check(token: str, *opens: object, now: datetime) -> datetime | None:
    """The note of a token that `sign` made for exactly `opens`.

    Raises NotFound for anything else: a token that is over, changed or made for another.
    """
    try:
        until, *note = map(_moment, _signer(opens).unsign(token).split("."))
    except (ValueError, OverflowError, signing.BadSignature):
        raise NotFound("photograph") from None
    if now >= until:
        raise NotFound("photograph")
    return note[0] if note else None


def _signer(opens: tuple[object, ...]) -> signing.Signer:
    return signing.Signer(salt="|".join(map(str, opens)))


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(micros: str) -> datetime:
    return _EPOCH + int(micros) * _MICROSECOND
