"""Which passwords are too easy to guess, whoever guesses (NIST SP 800-63B-4, 3.1.1.2).

No rule about kinds of characters and no periodic change: both make passwords worse. What matters is
length (`accounts.services.passwords`), lists of common ones, and what is known of the person.
"""

import re
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator

from accounts.models import User

_MIN_DIFFERENT = 5
_MIN_REST = 6
_SIMILAR = 0.7
_MIN_PERSONAL = 3
_RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_WORD = re.compile(r"[^\W_]+")


def faults_of(password: str, user: User) -> list[str]:
    """What makes `password` easy to guess for somebody who knows of `user`; empty: nothing."""
    checks = (
        (_is_common(password), "This password is on the lists that attackers try first."),
        (_is_monotonous(password), "This password repeats itself or runs along the keyboard."),
        (
            _is_personal(password, user),
            "This password is made of your name, user name, e-mail address, agency or service.",
        ),
    )
    return [message for wrong, message in checks if wrong]


def _is_common(password: str) -> bool:
    """On the list itself, or a listed word repeated or wrapped in digits and marks."""
    lowered = password.strip().lower()
    core = lowered.strip("0123456789!@#$%^&*()-_=+.,;:?/ ")
    return bool({lowered, core, _unit_of(lowered), _unit_of(core)} & _common())


def _is_monotonous(password: str) -> bool:
    lowered = password.lower()
    if len(set(lowered)) < _MIN_DIFFERENT:
        return True
    return len(_without_runs(lowered)) < _MIN_REST


def _is_personal(password: str, user: User) -> bool:
    """Much like a name or address of the person's, or little else beside words of theirs."""
    lowered = password.lower()
    whole = (user.username, user.email, user.full_name)
    if any(_is_similar(lowered, item.lower()) for item in whole if item):
        return True
    rest = lowered
    for word in sorted(_personal_words(user), key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != lowered and len("".join(_WORD.findall(rest))) < _MIN_REST


def _is_similar(one: str, other: str) -> bool:
    return SequenceMatcher(a=one, b=other).ratio() >= _SIMILAR


def _personal_words(user: User) -> set[str]:
    known = [user.username, user.email, user.full_name, user.title, settings.SERVICE_NAME]
    if user.agency is not None:
        known += [user.agency.code, user.agency.name]
    words = {word.lower() for text in known for word in _WORD.findall(text)}
    return {word for word in words if len(word) >= _MIN_PERSONAL}


def _unit_of(text: str) -> str:
    """The shortest text of whose repetition `text` consists; itself where there is none."""
    at = (text + text).find(text, 1)
    return text[:at] if text and at < len(text) else text


def _without_runs(text: str) -> str:
    """`text` with stretches like "abcd", "4321" and "qwer" reduced to one character each."""
    kept = [text[:1]]
    for before, here in pairwise(text):
        pair = before + here
        if before != here and not any(pair in run or pair in run[::-1] for run in _RUNS):
            kept.append(here)
    return "".join(kept)


@cache
def _common() -> frozenset[str]:
    """The twenty thousand most common passwords, as Django ships them."""
    return frozenset(CommonPasswordValidator().passwords)
