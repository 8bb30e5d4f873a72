"""Normalising a licence plate to the key it is indexed under (QRY-5).

Case, spaces, dots, hyphens and the like do not matter; nothing else is ever bent: O is not 0.
"""

import re

# Full-width ASCII, as some cameras and copied documents send it, folded to plain ASCII.
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# What separates the groups of a plate and carries no meaning.
_SEPARATORS = dict.fromkeys(
    map(
        ord,
        " \t\n\r\f\v\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
        "\u200b\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff\u00ad"
        "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63._/\u00b7\u2022\u2219\u30fb",
    )
)
_ASCII_UPPER = {ord("a") + i: ord("A") + i for i in range(26)}
_KEY = re.compile(r"[A-Z0-9]{1,10}", re.ASCII)

MAX_LENGTH = 10


class InvalidPlate(ValueError):
    """The text is no plate number; the message names the character or the length at fault."""


def plate_key(text: str) -> str:
    """The key ``[A-Z0-9]{1,10}`` under which a plate is stored and searched.

    Raises InvalidPlate naming the first character that is neither letter, digit nor separator.
    Never NFKC and ``str.upper``: they turn the dotless i into I and the sharp s into SS.
    """
    key = text.translate(_FULL_WIDTH).translate(_SEPARATORS).translate(_ASCII_UPPER)
    if _KEY.fullmatch(key):
        return key
    for character in key:
        if not ("A" <= character <= "Z" or "0" <= character <= "9"):
            raise InvalidPlate(
                f"“{character}” (U+{ord(character):04X}) cannot be part of a plate number."
                " Enter the whole number in letters A to Z and digits."
            )
    if not key:
        raise InvalidPlate("Enter the plate number.")
    raise InvalidPlate(f"A plate number has at most {MAX_LENGTH} letters and digits.")
