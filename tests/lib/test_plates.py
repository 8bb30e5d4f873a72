"""Normalising plates: separators and case fold, nothing else bends (QRY-5)."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lprsvc.lib.plates import InvalidPlate, plate_key

KEYS = st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=10)
SEPARATORS = st.text(" -._/\u00a0\u200b\u00b7\u2022\u2013", max_size=3)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("XYZ-1234", "XYZ1234"),
        ("xyz 1234", "XYZ1234"),
        (" x.y_z/1•2·3–4 ", "XYZ1234"),
        ("ＡＢＣ１２３", "ABC123"),
        ("ab\u200bc\u00a0123", "ABC123"),
        ("O0", "O0"),
        ("I1", "I1"),
        ("A" * 10, "A" * 10),
    ],
)
def test_separators_case_and_width_do_not_matter(text: str, key: str) -> None:  # QRY-5
    assert plate_key(text) == key


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ABC%", "%"),
        ("A*", r"\*"),
        ("AB?", r"\?"),
        ("'; DROP TABLE x", "'"),
        ("ıABC", "ı"),
        ("ßABC", "ß"),
        ("АBC123", "U\\+0410"),  # Cyrillic A
        ("AB🚗", "U\\+1F697"),
        ("A\0B", "U\\+0000"),
        ("É12", "É"),
        ("²", "²"),
        ("①", "①"),
    ],
)
def test_anything_else_is_refused_by_name(text: str, named: str) -> None:  # QRY-2, QRY-5
    with pytest.raises(InvalidPlate, match=named):
        plate_key(text)


@pytest.mark.parametrize("text", ["", "  ", "--", "\u200b"])
def test_nothing_is_no_plate(text: str) -> None:
    with pytest.raises(InvalidPlate, match="Enter the plate"):
        plate_key(text)


def test_eleven_characters_are_too_many() -> None:
    with pytest.raises(InvalidPlate, match="at most 10"):
        plate_key("A" * 11)


@given(KEYS, st.data())
def test_any_spelling_of_a_plate_has_its_key(key: str, data: st.DataObject) -> None:  # QRY-5
    spelled = "".join(
        data.draw(SEPARATORS) + data.draw(st.sampled_from([letter, letter.lower()]))
        for letter in key
    )
    assert plate_key(spelled) == key


@given(KEYS, KEYS)
def test_different_plates_never_share_a_key(one: str, other: str) -> None:  # QRY-5: O is not 0
    assert (plate_key(one) == plate_key(other)) == (one == other)


@given(st.text(max_size=14))
def test_any_text_has_a_key_of_letters_and_digits_or_is_refused(text: str) -> None:
    try:
        key = plate_key(text)
    except InvalidPlate:
        return
    assert 1 <= len(key) <= 10
    assert set(key) <= set(string.ascii_uppercase + string.digits)
    assert plate_key(key) == key
