"""Which bytes of a file a request wants (RFC 9110, 14): so that a broken download goes on. Pure."""

import re

from lprsvc.lib.errors import DomainError

_ONE_RANGE = re.compile(r"bytes=(\d{1,15})?-(\d{1,15})?")


class RangeNotThere(DomainError):
    """The bytes asked for lie beyond the file's end."""

    def __init__(self, size: int) -> None:
        super().__init__("range_not_there", f"The file has {size:,} bytes.", status=416)
        self.size = size


def wanted_bytes(header: str, size: int) -> tuple[int, int] | None:
    """The first and last byte (both included) that a ``Range`` header asks for of `size` bytes.

    None: the whole file, as where there is no header, or one that RFC 9110 lets a server ignore
    (other units, several ranges, no sense). Raises RangeNotThere.
    """
    found = _ONE_RANGE.fullmatch(header.strip())
    if found is None or found.groups() == (None, None):
        return None
    first, last = found.groups()
    if first is None:
        length = int(last)
        if length == 0:
            raise RangeNotThere(size)
        return max(size - length, 0), size - 1
    begin = int(first)
    end = int(last) if last is not None else size - 1
    if end < begin and last is not None:
        return None
    if begin >= size:
        raise RangeNotThere(size)
    return begin, min(end, size - 1)
