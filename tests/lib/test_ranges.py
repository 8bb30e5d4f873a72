"""Which bytes of a file are handed out, whatever a request asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lprsvc.lib.ranges import RangeNotThere, wanted_bytes

FILE = bytes(range(100))
SIZE = len(FILE)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-", FILE),
        ("bytes=10-19", FILE[10:20]),
        ("bytes=90-1000", FILE[90:]),
        ("bytes=-5", FILE[-5:]),
        ("bytes=-1000", FILE),
        ("bytes=99-99", FILE[99:]),
    ],
)
def test_bytes_that_are_there(header: str, wanted: bytes) -> None:
    found = wanted_bytes(header, SIZE)
    assert found is not None
    assert FILE[found[0] : found[1] + 1] == wanted


@pytest.mark.parametrize(
    "header", ["", "bytes=", "bytes=-", "items=0-1", "bytes=0-1,5-6", "bytes=9-3"]
)
def test_what_may_be_ignored_gives_the_whole_file(header: str) -> None:
    assert wanted_bytes(header, SIZE) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_bytes_beyond_the_end(header: str) -> None:
    with pytest.raises(RangeNotThere):
        wanted_bytes(header, SIZE)


@given(
    st.one_of(st.text(max_size=30), st.from_regex(r"bytes=\d{0,18}-\d{0,18}")),
    st.integers(1, 10**9),
)
def test_never_beyond_the_file(header: str, size: int) -> None:
    try:
        found = wanted_bytes(header, size)
    except RangeNotThere:
        return
    if found is not None:
        assert 0 <= found[0] <= found[1] < size
