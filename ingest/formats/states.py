"""States of registration as cameras' software names them, where a country may stand instead.

What names a state is passed on as it is, and `ingest.checking` looks it up. A plain country says no
more than the camera's own record does; a neighbour's plate is at least known to be the neighbour's.
Any other country is passed on too, and its read waits in quarantine: more often than a car from
Poland it is a camera set up for Poland.
"""

import re

_NOTHING_KNOWN = frozenset(
    {"", "US", "USA", "UNITED STATES", "UNITED STATES OF AMERICA", "UNKNOWN", "UNDEFINED"}
    | {"NONE", "N/A", "NOT AVAILABLE", "-"}
)
_STATE_OF_COUNTRY = re.compile(r"[A-Z]{2}[-_][A-Z]{2,3}", re.ASCII)
_NEIGHBOURS = {
    "CAN": "CA-XX",
    "CANADA": "CA-XX",
    "MEX": "MX-XXX",
    "MX": "MX-XXX",
    "MEXICO": "MX-XXX",
}
_COUNTRIES = {"CA": "CA-XX", **_NEIGHBOURS}


def from_state(text: str) -> str:
    """Of software that names states, as "us-ca", "mo" or "CA", and sometimes just "us"."""
    code = text.strip().upper()
    if code in _NOTHING_KNOWN:
        return ""
    return _NEIGHBOURS.get(code, text.strip())


def from_region(text: str) -> str:
    """Of software that names countries, as "USA", or a country's states, as "us-ca".

    Without a hyphen "ca" is Canada, "in" is India, and a number is nobody's state.
    """
    code = text.strip().upper()
    if code in _NOTHING_KNOWN or code.isdecimal():
        return ""
    if code in _COUNTRIES:
        return _COUNTRIES[code]
    # A name that no state has: "de" must not become Delaware.
    return text.strip() if _STATE_OF_COUNTRY.fullmatch(code) else f"country {text.strip()}"
