"""A finished report's file in the database: in parts, each sealed to its report and its place.

Whoever copies the database, or puts a part elsewhere, has nothing to read.
"""

from collections.abc import Iterable, Iterator
from uuid import UUID

from accounts.sealing import Unreadable, seal_bytes, unseal_bytes
from queries.models import ReportPart

# Bytes of the file in a part: what a resumed download has to open at least.
PART_BYTES = 1 << 20


def write_file(report_id: UUID, content: bytes) -> None:
    """Keep the file, in place of any that is there."""
    erase_files([report_id])
    ReportPart.objects.bulk_create(
        [
            ReportPart(report_id=report_id, number=number, content=_sealed(report_id, number, part))
            for number, part in enumerate(_parts(content))
        ],
        batch_size=8,
    )


def read_file(report_id: UUID, first: int, last: int) -> bytes:
    """Bytes `first` to `last` (both included) of the file.

    The event that opens it has been recorded. Raises Unreadable where a part is missing, damaged
    or another's.
    """
    numbers = range(first // PART_BYTES, last // PART_BYTES + 1)
    rows = ReportPart.objects.filter(report_id=report_id, number__in=numbers).order_by("number")
    parts = [
        _opened(report_id, row.number, bytes(row.content)) for row in rows.iterator(chunk_size=8)
    ]
    if len(parts) != len(numbers):
        raise Unreadable("a part of the file is missing")
    begin = first - numbers.start * PART_BYTES
    return b"".join(parts)[begin : begin + last - first + 1]


def erase_files(report_ids: Iterable[UUID]) -> int:
    """Remove the files of these reports; returns how many parts that were."""
    erased, _ = ReportPart.objects.filter(report_id__in=list(report_ids)).delete()
    return erased


def _parts(content: bytes) -> Iterator[bytes]:
    for begin in range(0, len(content), PART_BYTES):
        yield content[begin : begin + PART_BYTES]


def _place(report_id: UUID, number: int) -> bytes:
    return report_id.bytes + number.to_bytes(4, "big")


def _sealed(report_id: UUID, number: int, part: bytes) -> bytes:
    return seal_bytes(_place(report_id, number) + part)


def _opened(report_id: UUID, number: int, sealed: bytes) -> bytes:
    content, place = unseal_bytes(sealed), _place(report_id, number)
    if not content.startswith(place):
        raise Unreadable("this part belongs elsewhere")
    return content[len(place) :]
