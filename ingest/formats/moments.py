"""The ways in which cameras' software writes a time, made into ISO 8601 for our own JSON."""

import math
import re
from datetime import UTC, datetime, timedelta

from ingest.rules import Quarantined, QuarantineReason

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_HTTP_DATE = re.compile(
    r"[a-z]{3},?\s+(\d{1,2})\s+([a-z]{3})\s+(\d{4})\s+(\d{2}):(\d{2}):(\d{2})\s+(?:gmt|utc)",
    re.ASCII | re.IGNORECASE,
)


def from_epoch_ms(value: float | None) -> str:
    """Milliseconds since 1970, UTC. Empty for None. Raises Quarantined (time_invalid)."""
    if value is None:
        return ""
    if not math.isfinite(value) or not 0 <= value < 253_402_300_800_000:
        raise _no_time(f"{value:g} milliseconds since 1970")
    return (_EPOCH + timedelta(milliseconds=value)).isoformat()


def from_epoch_seconds(value: float | None) -> str:
    """Seconds since 1970, UTC. Empty for None. Raises Quarantined (time_invalid)."""
    return from_epoch_ms(None if value is None else value * 1000)


def iso(text: str) -> datetime | None:
    """An ISO 8601 time with or without a zone."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def as_utc(text: str) -> str:
    """An ISO 8601 time that is UTC where it names no zone. Raises Quarantined (time_invalid)."""
    if not text:
        return ""
    at = iso(text)
    if at is None:
        raise _no_time(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


def from_http_date(text: str) -> str:
    """As "Tue, 19 Nov 2024 23:51:20 GMT", with or without its comma, in any locale.

    Raises Quarantined (time_invalid).
    """
    found = _HTTP_DATE.fullmatch(text.strip())
    month = _MONTHS.get(found[2].lower()) if found else None
    if found is None or month is None:
        raise _no_time(text)
    day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).isoformat()
    except ValueError:
        raise _no_time(text) from None


def from_parts(date: str, time: str, *date_formats: str) -> str:
    """A date and a time of UTC in two fields, the date in one of the formats of `strptime`.

    Raises Quarantined (time_invalid).
    """
    if not date and not time:
        return ""
    for date_format in date_formats:
        for time_format in ("%H:%M:%S.%f", "%H:%M:%S"):
            try:
                at = datetime.strptime(f"{date} {time} +0000", f"{date_format} {time_format} %z")
            except ValueError:
                continue
            return at.isoformat()
    raise _no_time(f"{date} {time}")


def _no_time(text: str) -> Quarantined:
    return Quarantined(QuarantineReason.TIME_INVALID, f"“{text:.60}” is no time that we know.")
